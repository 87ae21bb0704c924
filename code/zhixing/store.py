"""Store: the outputs of runs on disk, by key; same key, same outputs.

``build/store/<slug>/<key>.json`` holds one entry: its digest on the first line, its data on the second.
A damaged one is set aside as ``<key>.damaged``; a file ``.new-…`` was not written to its end.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from . import __version__
from .running.dependency import ABSENT, digest

SCHEMA = 4
WHOLE, ASIDE = ".json", ".damaged"  # how the file of an entry ends, and of one that was set aside
UNFINISHED = ".new-"  # how a file begins that is still being written


@dataclass(frozen=True)
class Entry:
    """What one run gave, and what it depended on.

    ``recipe`` holds the digests of what was asked for: each cell, the inline values, the interpreter.
    ``outputs`` maps cell ids to nbformat outputs, ``values`` holds [expression, format, text] rows,
    ``assets`` maps file names to base64, ``seconds`` cell ids to wall time. ``conditions`` holds on what
    it ran (see ``machine``), with which ``seed`` at its start, in how many CPU seconds (``cpu``), with how many MB at most (``memory``).
    ``shapes`` maps measured functions to [number of the statement, [[name, shape], …]] rows, ``models`` holds
    [model, input, layers] rows (see ``layers``).
    """

    slug: str
    recipe: dict[str, Any]
    dependencies: dict[str, Any]
    outputs: dict[str, list[dict]]
    values: list[list[str]]
    assets: dict[str, str]
    seconds: dict[str, float]
    conditions: dict[str, Any] = field(default_factory=dict)
    shapes: dict[str, list] = field(default_factory=dict)
    models: list[list] = field(default_factory=list)

    @property
    def texts(self) -> dict[tuple[str, str], str]:
        """The printed inline values by expression and format."""
        return {(expression, spec): text for expression, spec, text in self.values}

    @property
    def versions(self) -> dict[str, str]:
        """The installed versions that the run depends on."""
        found = self.dependencies.get("distributions", {})
        return {name: version for name, version in found.items() if version != ABSENT}

    @cached_property
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


def write_whole(path: Path, data: bytes, durable: bool = False) -> None:
    """Write a file so that a reader sees the old content or the new, never a part; ``durable``: also after a power cut."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=UNFINISHED)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    if durable:
        _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Bring a folder's names to the disk, where the system opens folders (POSIX)."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def sealed(body: bytes) -> bytes:
    """The content of a file that tells whether it is damaged: its digest on the first line."""
    return digest(body).encode() + b"\n" + body


def unsealed(data: bytes) -> bytes:
    """What was sealed; raises ValueError where it is damaged."""
    written, _, body = data.partition(b"\n")
    if digest(body) != written.decode():
        raise ValueError("the digest is another")
    return body


def load(path: Path) -> Entry | None:
    """The entry in a file; None where another schema wrote it.

    Raises ValueError where the content is not what its digest says, or the entry is not what the file's name says.
    """
    body = unsealed(path.read_bytes())
    try:
        content = json.loads(body)
        if content.pop("schema") != SCHEMA:
            return None
        entry = Entry(**content)
    except (TypeError, KeyError, AttributeError):
        raise ValueError(f"{path}: no entry") from None
    if (path.parent.name, path.stem) != (entry.slug, entry.key):
        raise ValueError(f"{path}: the entry of another key")
    return entry


@dataclass(frozen=True)
class Kept:
    """One file of a store and its state: "whole" with its ``entry``, "damaged", "set aside" or "of another version"."""

    path: Path
    state: str
    entry: Entry | None = None


def look(path: Path) -> Kept:
    if path.suffix == ASIDE:
        return Kept(path, "set aside")
    try:
        entry = load(path)
    except ValueError:
        return Kept(path, "damaged")
    return Kept(path, "whole" if entry else "of another version", entry)


def set_aside(path: Path) -> Path:
    """Rename a damaged entry, so that it is no entry any more."""
    return path.replace(path.with_suffix(ASIDE))


class Store:
    """All entries of one blog. One that ``mends`` sets a damaged entry aside when it meets it."""

    def __init__(self, folder: Path, mends: bool = False) -> None:
        self.folder, self.mends = folder, mends
        self.damage = "its kept outputs are damaged" + (" and set aside" if mends else "")

    def entries(self, slug: str) -> Iterator[Entry | None]:
        """The entries of one article, the newest first; None for one that is damaged."""
        for path in _newest_first((self.folder / slug).glob("*")):
            kept = look(path)
            if kept.state == "damaged" and self.mends:
                set_aside(path)
            if kept.state != "of another version":
                yield kept.entry

    def save(self, entry: Entry) -> Path:
        body = canonical({"schema": SCHEMA, **asdict(entry)})
        path = self.path(entry)
        write_whole(path, sealed(body), durable=True)
        return path

    def path(self, entry: Entry) -> Path:
        return self.folder / entry.slug / f"{entry.key}{WHOLE}"

    def all(self) -> list[Kept]:
        """Everything that is kept, by slug, the newest first."""
        return [look(path) for folder in sorted(self.folder.glob("*")) for path in _newest_first(folder.glob("*"))]


def _newest_first(paths: Iterable[Path]) -> list[Path]:
    """The files that are or were entries."""
    found = (path for path in paths if path.suffix in (WHOLE, ASIDE))
    return sorted(found, key=lambda path: (path.stat().st_mtime_ns, path.name), reverse=True)
