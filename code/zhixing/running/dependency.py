"""What a run depends on, and whether that is still as it was.

A dependency record is plain data::

    {"files": {path: digest, "file", "folder" or "absent"},   # read, or looked for
     "functions": {path: {name: digest}},                     # of a file that was only imported: what it executed
     "folders": {path: digest of its names},
     "modules": [names imported from outside code/],          # code/ must not come to shadow them
     "distributions": {name: version},
     "environment": {name: value},
     "untraceable": [what no trace can follow]}

Paths are relative to the root where they lie below it.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from .functions import outline

T = TypeVar("T")
ABSENT, FILE, FOLDER, UNREADABLE = "absent", "file", "folder", "unreadable"


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def kind(path: Path) -> str:
    """Whether there is a file, a folder or nothing."""
    return FOLDER if path.is_dir() else FILE if path.exists() else ABSENT


def file_state(path: Path) -> str:
    """The digest of a file's content; what else is there where it has none that can be read."""
    try:
        return digest(path.read_bytes()) if path.is_file() else kind(path)
    except OSError:
        return UNREADABLE


def folder_state(path: Path) -> str:
    """The digest of a folder's names, Python's own caches left out; "absent" for nothing."""
    try:
        return digest("\0".join(sorted(n for n in os.listdir(path) if n != "__pycache__")).encode())
    except OSError:
        return ABSENT


def declared(root: Path, names: Iterable[str]) -> dict[str, dict[str, str]]:
    """The part of a record for files that no trace has seen: each file, and all that lies in each folder."""
    paths = [path for name in names for path in (root / name, *sorted((root / name).rglob("*"))) if "__pycache__" not in path.parts]
    return {
        "files": {os.path.relpath(path, root): file_state(path) for path in paths if not path.is_dir()},
        "folders": {os.path.relpath(path, root): folder_state(path) for path in paths if path.is_dir()},
    }


def outline_of(path: Path) -> dict[str, str]:
    """The outline of a module; empty where it cannot be compiled."""
    try:
        return outline(path.read_bytes())
    except (SyntaxError, ValueError, OSError):
        return {}


def distribution_version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ABSENT


def distributions(modules: Iterable[str], missing: Iterable[str]) -> dict[str, str]:
    """The installed versions that provide the modules; "absent" for one of the ``missing`` that nothing provides."""
    providers = find_providers()
    absent = set(missing)
    found: dict[str, str] = {}
    for module in modules:
        if module in sys.stdlib_module_names or module in sys.builtin_module_names:
            continue
        for name in providers.get(module, [module] if module in absent else []):
            found[name] = distribution_version(name)
    return dict(sorted(found.items()))


def find_providers() -> Mapping[str, list[str]]:
    """Which distributions provide a module; found once, as long as nothing is installed: that takes 0.3 s."""
    return _providers(tuple((path, os.stat(path).st_mtime_ns) for path in sys.path if os.path.isdir(path)))


@cache
def _providers(path: tuple[tuple[str, int], ...]) -> Mapping[str, list[str]]:
    return importlib.metadata.packages_distributions()


class States:
    """The present state of dependencies, each looked at once in a build."""

    def __init__(self, root: Path, environment: dict[str, str]) -> None:
        self.root = root
        self.environment = environment
        self._known: dict[tuple[Callable, str], Any] = {}
        self._versions: dict[str, str] = {}
        code = root / "code"
        self._project_names = {p.name.partition(".")[0] for p in code.iterdir()} if code.is_dir() else set()

    def _now(self, look: Callable[[Path], T], name: str) -> T:
        if (look, name) not in self._known:
            self._known[look, name] = look(self.root / name)
        return self._known[look, name]

    def _version(self, name: str) -> str:
        if name not in self._versions:
            self._versions[name] = distribution_version(name)
        return self._versions[name]

    def _changed_functions(self, name: str, then: dict[str, str]) -> Iterable[str]:
        """Which functions that were entered are others now, or what an import of the file executes."""
        now = self._now(outline_of, name)
        for function, digest_then in then.items():
            if now.get(function) != digest_then:
                yield f"{name}: {function} changed" if function and now else f"{name} changed"

    def changes(self, recorded: dict[str, Any]) -> Iterable[str]:
        """What is no longer as recorded, each in words for a person; nothing where all is the same."""
        for name, then in recorded["files"].items():
            now = self._now(kind if then in (FILE, FOLDER) else file_state, name)
            if now != then:
                change = "is new" if then == ABSENT else "is gone" if now == ABSENT else "changed"
                outlined = recorded["functions"].get(name, {}) if change == "changed" else {}
                yield from self._changed_functions(name, outlined) if outlined else [f"{name} {change}"]
        for name, then in recorded["folders"].items():
            if self._now(folder_state, name) != then:
                yield f"the files in {name} are others"
        for name in self._project_names.intersection(recorded["modules"]):
            yield f"code/ now has a {name} of its own"
        for name, then in recorded["distributions"].items():
            if (now := self._version(name)) != then:
                yield f"{name} {then} is now {now}"
        for name, then in recorded["environment"].items():
            if self.environment.get(name) != then:
                yield f"the environment variable {name} changed"
