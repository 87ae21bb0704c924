"""Listings: code of ``code/`` by file, by section or by Python qualified name."""

from __future__ import annotations

import ast
import re
import textwrap
from functools import lru_cache
from pathlib import Path

LINES = re.compile(r"^(?P<start>\d*):(?P<end>\d+)$")


class ListingError(ValueError):
    """The code that a listing names is not there; ``fix`` says what to do."""

    def __init__(self, what: str, fix: str) -> None:
        self.fix = fix
        super().__init__(what)


def listed(code: Path, target: str) -> str:
    """The code that ``target`` names, dedented, without a final newline.

    ``target`` is ``file.py``, ``file.py:Class.method`` (or a module-level name), ``file.py:section``
    (pymdownx.snippets' markers) or ``file.py:3:9`` (lines, from 1, both included).
    Raises ListingError where the file or the name is missing or outside ``code``.
    """
    return textwrap.dedent("\n".join(row for _, row in numbered(code, target))).strip("\n")


def numbered(code: Path, target: str) -> list[tuple[int, str]]:
    """The rows of the file that ``target`` names, each with its line number, from 1."""
    name, _, part = target.partition(":")
    path = (code / name).resolve()
    if not path.is_relative_to(code.resolve()):
        raise ListingError(f"listing {target!r} is outside code/", "name a file below code/")
    if not path.is_file():
        raise ListingError(f"listing {target!r}: there is no code/{name}", "name an existing file below code/")
    text = path.read_text(encoding="utf-8")
    rows = list(enumerate(text.removesuffix("\n").split("\n"), 1))
    if not part:
        return _without_markers(rows)
    if lines := LINES.match(part):
        span = (int(lines["start"] or 1), int(lines["end"])) if int(lines["end"]) <= len(rows) else None
    elif span := _section(text, part):
        rows = _without_markers(rows)
    elif path.suffix == ".py":
        span = _symbol(text, part)
    if span is None:
        raise ListingError(f"listing {target!r}: code/{name} has no {part}", _names_fix(path, text))
    return [(number, row) for number, row in rows if span[0] <= number <= span[1]]


def _marker(kind: str, name: str = r"[\w-]+") -> str:
    return rf"^[^\n]*-{{1,}}8<-{{1,}}[ \t]+\[[ \t]*{kind}[ \t]*:[ \t]*{name}[ \t]*\][^\n]*$"


def _section(text: str, name: str) -> tuple[int, int] | None:
    """The first and the last line of what the markers of a section enclose."""
    match = re.search(_marker("start", re.escape(name)) + r"\n(?P<body>.*?)" + _marker("end", re.escape(name)), text, re.M | re.S)
    return (text.count("\n", 0, match.start("body")) + 1, text.count("\n", 0, match.end("body"))) if match else None


def _without_markers(rows: list[tuple[int, str]]) -> list[tuple[int, str]]:
    return [(number, row) for number, row in rows if not re.match(_marker("(?:start|end)"), row)]


@lru_cache(maxsize=64)
def _parsed(text: str) -> list[ast.stmt]:
    """The statements of a file, parsed once for all that is listed of it."""
    return ast.parse(text).body


def _symbol(text: str, name: str) -> tuple[int, int] | None:
    """The first and the last line of a class, function, method or assigned name, its decorators included."""
    body = _parsed(text)
    node: ast.stmt | None = None
    for step in name.split("."):
        node = next((n for n in body if step in _defined(n)), None)
        if node is None:
            return None
        body = getattr(node, "body", [])
    first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
    return first, node.end_lineno or first


def _defined(node: ast.stmt) -> set[str]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {node.name}
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return {target.id for target in targets if isinstance(target, ast.Name)}


def _names_fix(path: Path, text: str) -> str:
    if path.suffix != ".py":
        return "name a section that the file marks"
    names = [name for node in _parsed(text) for name in sorted(_defined(node))]
    return f"the file defines {', '.join(names)}" if names else "name a section that the file marks"
