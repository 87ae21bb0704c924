"""Shapes: what the lines of a function bind and return, measured in the run.

A value has a shape where its ``shape`` is a tuple of integers, whichever library made it. The first call of a measured
function runs a copy of its body that notes shapes; all later calls run the body as it is written.
"""

from __future__ import annotations

import ast
import copy
import inspect
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

RECORDER = "__zhixing_shapes__"  # the global of a module in which functions are measured
Function = ast.FunctionDef | ast.AsyncFunctionDef


def shape(value: Any) -> list[int] | None:
    """The shape of a value; None where it has none. An attribute that is made up when it is asked for is no shape."""
    found = None
    with suppress(Exception):
        if inspect.getattr_static(value, "shape", None) is not None:
            found = value.shape
    return list(found) if isinstance(found, tuple) and all(type(n) is int for n in found) else None


class Recorder:
    """Notes shapes in the first call of each target that does not fail: {target: {number of the statement: [[name, shape]]}}.

    A target is "file.py:Class.method", its file below ``code``.
    """

    def __init__(self, targets: Iterable[str] = (), code: str = "") -> None:
        self.targets, self.code = list(targets), code
        self.rows: dict[str, dict[int, list]] = {}

    def asked(self, path: str) -> dict[str, str]:
        """The functions of a module that are to be measured: {name: target}."""
        prefix = os.path.relpath(path, self.code).replace(os.sep, "/") + ":" if self.targets else ""
        return {target.removeprefix(prefix): target for target in self.targets if target.startswith(prefix)}

    def begins(self, target: str) -> bool:
        first = target not in self.rows
        self.rows.setdefault(target, {})
        return first

    def failed(self, target: str) -> None:
        """The call raised an error: the next one counts."""
        self.rows.pop(target, None)

    def note(self, target: str, number: int, names: str, *values: Any) -> Any:
        """Note the shapes of what a statement gave where it is reached for the first time; returns the last value."""
        found = self.rows.get(target, {})
        if number not in found:
            named = zip(names.split(" "), map(shape, values), strict=True)
            found[number] = [[name, sizes] for name, sizes in named if sizes is not None]
        return values[-1]


class _Own(ast.NodeTransformer):
    """Visits a function's own statements: functions and classes inside it are others."""

    def _leave(self, node: ast.AST) -> ast.AST:
        return node

    visit_FunctionDef = visit_AsyncFunctionDef = visit_ClassDef = visit_Lambda = _leave  # noqa: N815

    def through(self, statements: list[ast.stmt]) -> list[ast.stmt]:
        return self.generic_visit(ast.Module(statements, [])).body


class _Declared(_Own):
    """Takes out the declarations of names that are global or nonlocal, which must stand before both copies of a body."""

    def __init__(self) -> None:
        self.found: list[ast.stmt] = []

    def visit_Global(self, node: ast.Global | ast.Nonlocal) -> ast.stmt:
        self.found.append(node)
        return ast.copy_location(ast.Pass(), node)

    visit_Nonlocal = visit_Global  # noqa: N815


class _Noting(_Own):
    """Lets each statement that binds names, returns or yields note what it gave; ``statements`` are these, in order."""

    def __init__(self, target: str = "") -> None:
        self.target = target
        self.statements: list[ast.stmt] = []

    def _note(self, statement: ast.stmt, names: list[str], value: ast.expr | None = None) -> ast.Expr:
        note = f"{RECORDER}.note({self.target!r}, {len(self.statements)}, {' '.join(names)!r}, {', '.join(names) or None})"
        self.statements.append(statement)
        made = _at(statement, ast.parse(note).body[0])
        if value is not None:
            made.value.args[-1] = value
        return made

    def visit_Assign(self, node: ast.Assign | ast.AugAssign | ast.AnnAssign) -> ast.stmt | list[ast.stmt]:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        names = [name for target in targets for name in _names(target)]
        return [node, self._note(node, names)] if names and node.value else node

    visit_AugAssign = visit_AnnAssign = visit_Assign  # noqa: N815

    def visit_Return(self, node: ast.Return) -> ast.Return:
        if node.value:
            node.value = self._note(node, [], node.value).value
        return node

    def visit_Expr(self, node: ast.Expr) -> ast.Expr:
        if isinstance(node.value, ast.Yield) and node.value.value:
            node.value.value = self._note(node, [], node.value.value).value
        return node


def _names(target: ast.expr) -> Iterator[str]:
    """The names that an assignment's target binds, in order."""
    if isinstance(target, ast.Name):
        yield target.id
    elif isinstance(target, (ast.Tuple, ast.List)):
        for element in target.elts:
            yield from _names(element)


def _at(place: ast.AST, made: ast.stmt) -> Any:
    """A statement whose parts all stand where ``place`` begins."""
    for node in ast.walk(made):
        ast.copy_location(node, place)
        node.end_lineno, node.end_col_offset = place.lineno, place.col_offset
    return made


def statements(function: Function) -> list[ast.stmt]:
    """The statements of a function that are measured, in the order of their numbers."""
    noting = _Noting()
    noting.through(copy.deepcopy(function.body))
    return noting.statements


def measure(function: Function, target: str) -> None:
    """Let the first call of a function note shapes."""
    documented = ast.get_docstring(function, clean=False) is not None
    declared = _Declared()
    body = declared.through(function.body[documented:])
    choice = _at(function, ast.parse(_CHOICE.format(recorder=RECORDER, target=target)).body[0])
    choice.body[0].body = _Noting(target).through(copy.deepcopy(body))
    choice.orelse = body
    function.body = [*function.body[:documented], *declared.found, choice]


_CHOICE = """
if {recorder}.begins({target!r}):
    try:
        pass
    except Exception:
        {recorder}.failed({target!r})
        raise
"""
