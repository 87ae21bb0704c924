"""Store: the outputs of runs on disk, by key; same key, same outputs.

``build/store/<slug>/<key>.json`` holds one entry: its digest on the first line, its data on the second.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from . import __version__
from .dependency import digest

SCHEMA = 2


@dataclass(frozen=True)
class Entry:
    """What one run gave, and what it depended on.

    ``recipe`` holds the digests of what was asked for: each cell, the inline values, the interpreter.
    ``outputs`` maps cell ids to nbformat outputs, ``values`` holds [expression, format, text] rows,
    ``assets`` maps file names to base64, ``seconds`` cell ids to wall time.
    """

    slug: str
    recipe: dict[str, Any]
    dependencies: dict[str, Any]
    outputs: dict[str, list[dict]]
    values: list[list[str]]
    assets: dict[str, str]
    seconds: dict[str, float]

    @property
    def key(self) -> str:
        return digest(canonical([self.slug, self.recipe, self.dependencies]))


def canonical(data: Any) -> bytes:
    """The same data as the same bytes."""
    return json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


@cache
def made_by(*modules: str) -> str:
    """The engine's version and the digest of those of its modules that made something: what others made is not reused."""
    here = Path(__file__).parent
    return f"{__version__}/{digest(b''.join((here / name).read_bytes() for name in modules))[:12]}"


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that a reader sees the old content or the new, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


class Store:
    """All entries of one blog. A damaged entry is set aside (``.damaged``) and counted in ``damaged``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.damaged: list[Path] = []

    def entries(self, slug: str) -> Iterator[Entry]:
        """The readable entries of one article, the newest first."""
        paths = (self.folder / slug).glob("*.json")
        for path in sorted(paths, key=lambda p: (p.stat().st_mtime_ns, p.name), reverse=True):
            if entry := self.read(path):
                yield entry

    def read(self, path: Path) -> Entry | None:
        """One entry; None, and the file set aside, where it is damaged; None where another schema wrote it."""
        data = path.read_bytes()
        written, _, body = data.partition(b"\n")
        try:
            if digest(body) != written.decode():
                raise ValueError
            content = json.loads(body)
            if content.pop("schema") != SCHEMA:
                return None
            return Entry(**content)
        except (ValueError, TypeError, KeyError):
            path.replace(path.with_suffix(".damaged"))
            self.damaged.append(path)
            return None

    def save(self, entry: Entry) -> Path:
        body = canonical({"schema": SCHEMA, **asdict(entry)})
        path = self.folder / entry.slug / f"{entry.key}.json"
        write_whole(path, digest(body).encode() + b"\n" + body)
        return path

    def paths(self) -> list[Path]:
        return sorted(self.folder.glob("*/*.json"))

    def prune(self, keep: set[Path]) -> list[Path]:
        """Remove every entry but those to keep, and what was set aside; returns what was removed."""
        gone = [path for path in [*self.paths(), *self.folder.glob("*/*.damaged")] if path not in keep]
        for path in gone:
            path.unlink()
        return gone
