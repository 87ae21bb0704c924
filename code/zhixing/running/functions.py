"""Functions: which of a module's functions a run entered, and what each was.

A module's outline is {name: digest}: "" for what an import executes, "f" or "Class.f" for the body of a function. The body of
an inner function is no part of the outer one's. Comments, blank lines and line numbers are in no digest.
"""

from __future__ import annotations

import ast
import hashlib
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from types import CodeType

from .shapes import measure

FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)
ENTERED = "__zhixing_entered__"  # the module's global that holds the marks: a bytearray, which also torch's compiler understands


def outline(source: bytes) -> dict[str, str]:
    """The outline of a module, functions in the order of their marks; raises SyntaxError or ValueError where it is no Python."""
    tree = ast.parse(source)
    digests = {}
    for name, function in named(tree):
        documentation, body = _parts(function)
        digests[name] = _digest(ast.Module(body, []))
        yields = any(isinstance(node, (ast.Yield, ast.YieldFrom)) for statement in body for node in ast.walk(statement))
        function.body = [*documentation, ast.Expr(ast.Constant("yields" if yields else "returns"))]
    return {"": _digest(tree, *_warnings(source))} | digests


def marked(source: bytes, path: str, marks: bytearray, measured: Mapping[str, str] | None = None) -> CodeType:
    """Compile a module each of whose functions sets its mark when it is entered.

    ``marks`` is made long enough, one byte a function; the module has to hold it as ``ENTERED`` when it is executed.
    Functions that are ``measured`` ({name: target}) note shapes, too; the module has to hold a recorder.
    """
    tree = ast.parse(source, path)
    functions = list(named(tree))
    for number, (name, function) in enumerate(functions):
        documentation, body = _parts(function)
        mark = ast.parse(f"{ENTERED}[{number}] = 1").body[0]
        for node in ast.walk(mark):
            ast.copy_location(node, function)
        function.body = [*documentation, mark, *body]
        if measured and name in measured:
            measure(function, measured[name])
    marks.extend(bytes(len(functions) - len(marks)))
    return compile(tree, path, "exec", dont_inherit=True)


def entered(outlined: dict[str, str], marks: bytearray) -> dict[str, str]:
    """The part of a module's outline that a run depends on: what the import executed, and the functions with a mark."""
    names = [name for name in outlined if name]
    return {"": outlined[""]} | {name: outlined[name] for name, mark in zip(names, marks, strict=True) if mark}


def _warnings(source: bytes) -> list[str]:
    """What the compiler says of the source, which a run would show."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        compile(source, "", "exec", dont_inherit=True)
    return [f"{warning.lineno}: {warning.message}" for warning in said]


def named(tree: ast.AST) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """All functions of a module with their names, inner ones first; the second of the same name is "f (2)"."""
    seen: Counter[str] = Counter()
    for name, function in _functions(tree, ""):
        seen[name] += 1
        yield name if seen[name] == 1 else f"{name} ({seen[name]})", function


def _functions(node: ast.AST, prefix: str) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for child in ast.iter_child_nodes(node):
        scope = f"{child.name}." if isinstance(child, (*FUNCTION, ast.ClassDef)) else ""
        yield from _functions(child, prefix + scope)
        if isinstance(child, FUNCTION):
            yield prefix + child.name, child


def _parts(function: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[list[ast.stmt], list[ast.stmt]]:
    """Its docstring, which the definition executes, and its other statements."""
    documented = ast.get_docstring(function, clean=False) is not None
    return function.body[:documented], function.body[documented:]


def _digest(tree: ast.AST, *more: str) -> str:
    return hashlib.sha256("\0".join([ast.dump(tree), *more]).encode("utf-8", "surrogatepass")).hexdigest()
