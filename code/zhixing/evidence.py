"""Evidence: which tests executed the code that articles list, and which tests check their formulas.

``pytest --evidence`` (pytest_plugin.py) writes ``build/evidence.json``, sealed as the store's entries are::

    {"schema": 1,
     "content": digest of what was tested,
     "environment": digest of what it was tested with,
     "files": {"code/x.py": {"statements": [lines], "imported": [those that an import executed]}},
     "tests": {"tests/test_x.py::test_y": {"lines": {"code/x.py": [lines]}, "formulas": ["slug#eq-id"]}}}

A statement stands at its first line. Lines that a test executed are those of functions that it entered.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import posixpath
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .article import Listing, Work
from .listing import ListingError, listed, numbered
from .running.dependency import ABSENT, FILE, FOLDER, digest
from .store import Entry, canonical, sealed, unsealed, write_whole

SCHEMA = 1
RECORD = "build/evidence.json"
REMEDY = "run `pytest --evidence`"


class Untested(ValueError):
    """There is no record of tests that passed at this content."""


@dataclass(frozen=True)
class Executed:
    """What tests executed of a listing: their names, and how many of its statements were executed."""

    tests: list[str]
    executed: int
    statements: int


@dataclass(frozen=True)
class Evidence:
    """What the tests of a blog showed; nothing where it has none."""

    root: Path
    files: Mapping[str, Any]
    tests: Mapping[str, Any]

    def of_listing(self, targets: Iterable[str]) -> Executed:
        """What tests executed of the code that a listing's targets name."""
        shown = {(file, line) for target in targets for file, line in self._lines(target)}
        statements = shown & {(file, line) for file, found in self.files.items() for line in found["statements"]}
        executed = {(file, line) for file, found in self.files.items() for line in found["imported"]}
        names = []
        for name, test in self.tests.items():
            entered = {(file, line) for file, lines in test["lines"].items() for line in lines}
            executed |= entered
            if entered & statements:
                names.append(name)
        return Executed(names, len(executed & statements), len(statements))

    def _lines(self, target: str) -> Iterable[tuple[str, int]]:
        try:
            return [(file_of(target), line) for line, _ in numbered(self.root / "code", target)]
        except (ListingError, SyntaxError):  # reported where the listing is bound
            return []

    def of_formula(self, name: str) -> list[str]:
        """The tests that check ``slug#id``."""
        return [test for test, found in self.tests.items() if name in found["formulas"]]

    def source(self, test: str) -> str:
        """A test's source; empty where its file does not define it itself, as with an inherited one."""
        path, _, name = test.partition("::")
        try:
            return listed(self.root, f"{path}:{name.replace('::', '.')}")
        except (ListingError, SyntaxError):
            return ""


def file_of(target: str) -> str:
    """The file of a listing's target, relative to the root."""
    return posixpath.normpath(f"code/{target.partition(':')[0]}")


def uses_code(work: Work, entry: Entry | None) -> bool:
    """Whether an article lists code of code/, or its run read some."""
    if any(next(article.of(Listing), None) for article in work.articles.values()):
        return True
    files = entry.dependencies.get("files", {}) if entry else {}
    return any(name.startswith("code/") and state not in (ABSENT, FILE, FOLDER) for name, state in files.items())


def read(root: Path, listed_files: Iterable[str]) -> Evidence:
    """The evidence of a blog at its present content; that of one without tests says nothing.

    Raises Untested, with the reason, where its tests have not passed at this content.
    """
    if not (root / "tests").is_dir():
        return Evidence(root, {}, {})
    record = _load(root / RECORD)
    if record.get("content") != content(root, listed_files):
        raise Untested("the tests of code/ have not passed at exactly this content")
    return Evidence(root, record["files"], record["tests"])


def is_fresh(root: Path, listed_files: Iterable[str]) -> bool:
    """Whether the tests have passed at the present content in the present environment."""
    try:
        record = _load(root / RECORD)
    except Untested:
        return False
    return (record.get("content"), record.get("environment")) == (content(root, listed_files), environment())


def _load(path: Path) -> dict[str, Any]:
    """The record in a file, an empty one where there is no file; raises Untested where it cannot be read."""
    if not path.exists():
        return {}
    try:
        record = json.loads(unsealed(path.read_bytes()))
    except (OSError, ValueError):
        raise Untested(f"{RECORD}, which tells what the tests have executed, is damaged") from None
    if not isinstance(record, dict) or record.get("schema") != SCHEMA:
        raise Untested(f"{RECORD}, which tells what the tests have executed, is of another version of zhixing")
    return record


def write(root: Path, record: Mapping[str, Any]) -> None:
    write_whole(root / RECORD, sealed(canonical({"schema": SCHEMA, "environment": environment(), **record})))


def content(root: Path, listed_files: Iterable[str]) -> str:
    """The digest of what is tested: all files of code/ and tests/, and which of them articles list."""
    found = hashlib.sha256(canonical(sorted(listed_files)))
    for path in sorted(path for folder in ("code", "tests") for path in (root / folder).rglob("*") if path.is_file()):
        name = path.relative_to(root)
        if not any(part.startswith(".") or part == "__pycache__" for part in name.parts):
            found.update(f"\0{name.as_posix()}\0{digest(path.read_bytes())}".encode())
    return found.hexdigest()


def environment() -> str:
    """The digest of what tests run with: the interpreter and the versions of all that is installed."""
    versions = {f"{found.name} {found.version}" for found in importlib.metadata.distributions()}
    return digest(canonical([sys.version, sys.platform, sorted(versions)]))
