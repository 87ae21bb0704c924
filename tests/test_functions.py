"""Functions: which ones a run entered is known, each changes with its own body alone, and marked code does what it did."""

import ast
import inspect
import statistics
import sys
import textwrap
import traceback
import types

import pytest

from zhixing.running.functions import ENTERED, entered, marked, outline

SOURCE = '''\
"""A module."""
from __future__ import annotations

LIMIT = 3


def outer(x: int = LIMIT):
    """What it does."""
    def inner(y):
        return x + y
    return inner(1) if x else (lambda: 2)()


class Model:
    rate = 0.1

    @property
    def size(self):
        return 1

    @size.setter
    def size(self, value):
        self.kept = value

    def only_documented(self):
        """Nothing else."""


async def waits():
    return 1


def counts():
    yield LIMIT


if LIMIT:
    def outer_two(): return 2
else:
    def outer_two(): return 3
'''
NAMES = [
    "outer.inner", "outer", "Model.size", "Model.size (2)", "Model.only_documented", "waits", "counts", "outer_two", "outer_two (2)",
]  # fmt: skip


def load(source, path="module.py"):
    """Execute marked code as an import does: the module, and its marks."""
    marks = bytearray()
    module = types.ModuleType("module")
    module.__dict__[ENTERED] = marks
    exec(marked(source.encode(), path, marks), module.__dict__)
    return module, marks


def called(*calls):
    """The functions that are entered by an import of SOURCE and these calls."""
    module, marks = load(SOURCE)
    for call in calls:
        eval(call, module.__dict__)
    return list(entered(outline(SOURCE.encode()), marks))[1:]


def test_every_function_has_its_name():
    """Methods, inner functions and the second definition of a name are told apart."""
    assert list(outline(SOURCE.encode())) == ["", *NAMES]


@pytest.mark.parametrize(
    ("calls", "names"),
    [
        ([], []),
        (["outer(0)"], ["outer"]),
        (["outer(1)"], ["outer.inner", "outer"]),
        (["Model().size"], ["Model.size"]),
        (["setattr(Model(), 'size', 1)"], ["Model.size (2)"]),
        (["Model().only_documented()"], ["Model.only_documented"]),
        (["counts()"], []),
        (["next(counts())"], ["counts"]),
        (["waits().close()"], []),
        (["outer_two()"], ["outer_two"]),
    ],
)
def test_a_function_is_marked_when_it_is_entered(calls, names):
    """An import marks no function; a call marks the function that it enters, a generator's when it starts."""
    assert called(*calls) == names


@pytest.mark.parametrize(
    ("old", "new", "names"),
    [
        ("x + y", "x - y", ["outer.inner"]),
        ("inner(1)", "inner(2)", ["outer"]),
        ("lambda: 2", "lambda: 3", ["outer"]),
        ("return 1\n\n    @size", "return 2\n\n    @size", ["Model.size"]),
        ("self.kept = value", "pass", ["Model.size (2)"]),
        ("yield LIMIT", "yield 1", ["counts"]),
        ("return 3", "return 4", ["outer_two (2)"]),
        ("yield LIMIT", "return LIMIT", ["", "counts"]),
        ("LIMIT = 3", "LIMIT = 4", [""]),
        ("rate = 0.1", "rate = 0.2", [""]),
        ("int = LIMIT", "int = 4", [""]),
        ("x: int", "x: float", [""]),
        ("What it does", "What it did", [""]),
        ("@property\n", "@staticmethod\n", [""]),
        ("def inner(y)", "def inner(y=2)", ["outer"]),
        ("return x + y", "# why\n\n        return x + y  # how", []),
        ("return x + y", "return (x +\n                y)", []),
        ("return inner(1)", "return 1 is x or inner(1)", ["", "outer"]),  # a warning of the compiler
    ],
)
def test_an_edit_changes_the_digest_of_what_it_changes(old, new, names):
    """A body is its function's alone; headers, defaults, docstrings and the module's own statements are what an import executes."""
    assert SOURCE.count(old) == 1
    before, after = outline(SOURCE.encode()), outline(SOURCE.replace(old, new).encode())
    assert list(before) == list(after)
    assert [name for name in before if before[name] != after[name]] == names


@pytest.mark.parametrize("source", ["def f(:", "def f():\n    break\n", "def f(x, x): pass\n", "x = '\0'\n"])
def test_what_is_no_python_has_no_outline(source):
    """What the parser or the compiler refuses raises, also where no run entered it."""
    with pytest.raises((SyntaxError, ValueError)):
        outline(source.encode())


def functions(namespace):
    """The functions and methods of a module's namespace that its own source defines, by name."""
    found = {}
    for name, value in namespace.items():
        members = vars(value).items() if isinstance(value, type) and value.__module__ == namespace["__name__"] else [("", value)]
        for member, function in members:
            if isinstance(function, types.FunctionType) and function.__globals__ is namespace:
                found[name, member] = function
    return found


@pytest.mark.parametrize("module", [ast, statistics, textwrap, traceback, types], ids=lambda module: module.__name__)
def test_marked_code_looks_like_its_source(module):
    """Signatures, docstrings, closures, first lines and the lines of all instructions are those of the code without marks."""
    source = inspect.getsource(module)
    plain = types.ModuleType(module.__name__)
    exec(compile(source, module.__file__, "exec", dont_inherit=True), plain.__dict__)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, module.__name__, plain)  # where dataclasses look for annotations
        held = types.ModuleType(module.__name__)
        held.__dict__[ENTERED] = bytearray()
        exec(marked(source.encode(), module.__file__, held.__dict__[ENTERED]), held.__dict__)
    ours, theirs = functions(held.__dict__), functions(plain.__dict__)
    assert ours.keys() == theirs.keys()
    assert len(ours) > 5
    for name, function in ours.items():
        other = theirs[name]
        assert (function.__doc__, function.__closure__ is None) == (other.__doc__, other.__closure__ is None)
        assert str(inspect.signature(function)) == str(inspect.signature(other))
        assert function.__code__.co_flags == other.__code__.co_flags
        assert function.__code__.co_firstlineno == other.__code__.co_firstlineno
        lines = {line for *_, line in other.__code__.co_lines()}
        assert {line for *_, line in function.__code__.co_lines()} == lines | {function.__code__.co_firstlineno}


def test_marked_code_computes_what_it_did():
    """A module of the standard library gives the same results with marks."""
    module, _ = load(inspect.getsource(statistics), statistics.__file__)
    data = [1.5, 2.5, 2.5, 2.75, 3.25, 4.75]
    for name in ("mean", "median", "mode", "stdev", "pvariance", "quantiles", "harmonic_mean"):
        assert getattr(module, name)(data) == getattr(statistics, name)(data)


def test_an_error_in_marked_code_names_its_line():
    """A traceback points at the line of the source that raised."""
    module, _ = load("def f(x):\n    '''Doc.'''\n\n    return 1 / x\n")
    with pytest.raises(ZeroDivisionError) as caught:
        module.f(0)
    assert caught.traceback[-1].lineno + 1 == 4
