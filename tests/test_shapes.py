"""Shapes: what the first call of a function binds and returns is measured, and measured code does what it did."""

import ast
import asyncio
import fractions
import inspect
import json.decoder
import statistics
import textwrap
import threading
import traceback
import types

import pytest

from zhixing.running.functions import ENTERED, marked, named
from zhixing.running.shapes import RECORDER, Recorder, shape, statements


class Array:
    """What any library's array has."""

    def __init__(self, *shape):
        self.shape = shape

    def __add__(self, other):
        return Array(*self.shape, 1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


def load(source, *names, path="/code/m.py"):
    """A module of which these functions are measured (all, where none is named), and its recorder."""
    names = names or [name for name, _ in named(ast.parse(source))]
    recorder = Recorder([f"m.py:{name}" for name in names], "/code")
    module = types.ModuleType("m")
    module.__dict__.update({ENTERED: bytearray(), RECORDER: recorder, "A": Array})
    asked = {name: f"m.py:{name}" for name in names}
    exec(marked(source.encode(), path, module.__dict__[ENTERED], asked), module.__dict__)
    return module, recorder


def rows(recorder, name="f"):
    """What was noted of a function: [(number of the statement, names with shapes)]."""
    noted = recorder.rows[f"m.py:{name}"].items()
    return [(number, *(f"{name}{tuple(sizes)}" for name, sizes in found)) for number, found in noted if found]


def measured(body, call="f()", header="def f(x=None):"):
    module, recorder = load(f"{header}\n" + textwrap.indent(body, "    "))
    eval(call, module.__dict__)
    return rows(recorder)


@pytest.mark.parametrize(
    ("value", "sizes"),
    [
        (Array(2, 3), [2, 3]),
        (Array(), []),
        (Array(0, 3), [0, 3]),
        (Array("N", 3), None),
        (Array(True), None),
        (types.SimpleNamespace(shape=[2, 3]), None),
        (types.SimpleNamespace(shape="circle"), None),
        ([Array(1)], None),
        (None, None),
    ],
)
def test_a_shape_is_a_tuple_of_integers(value, sizes):
    """Whatever has such an attribute has a shape, one without axes too; lists of arrays and other attributes have none."""
    assert shape(value) == sizes


def test_a_shape_that_is_made_up_or_fails_is_none():
    """An object that answers to any name is not asked, and an error of the attribute is no error of the run."""

    class Proxy:
        def __getattr__(self, name):
            pytest.fail(f"asked for {name}")

    class Broken:
        @property
        def shape(self):
            raise RuntimeError

    assert (shape(Proxy()), shape(Broken())) == (None, None)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("y = A(2)\nreturn y + 1", [(0, "y(2,)"), (1, "(2, 1)")]),
        ("a, (b, n) = A(1), (A(2), 3)", [(0, "a(1,)", "b(2,)")]),
        ("a = b = A(1)", [(0, "a(1,)", "b(1,)")]),
        ("a, *rest = A(1), A(2), A(3)", [(0, "a(1,)")]),
        ("a = A()\na += 1", [(0, "a()"), (1, "a(1,)")]),
        ("a: object = A(1)\nb: int", [(0, "a(1,)")]),
        ("n = 1\na = A(n)\nreturn [a]", [(1, "a(1,)")]),
        ("f.kept = A(1)\nreturn", []),
        ("for n in (3, 4):\n    a = A(n)\nelse:\n    b = A(5)", [(0, "a(3,)"), (1, "b(5,)")]),
        ("with A(1) as a:\n    b = A(2)", [(0, "b(2,)")]),
        (
            "try:\n    a = A(1)\n    1 / 0\nexcept ZeroDivisionError:\n    b = A(2)\nfinally:\n    c = A(3)",
            [(0, "a(1,)"), (1, "b(2,)"), (2, "c(3,)")],
        ),
        ("match 1:\n    case 1:\n        a = A(1)", [(0, "a(1,)")]),
        ("if x:\n    a = A(1)\nelse: b = A(2)", [(1, "b(2,)")]),
        ("g = lambda: A(1)\na = g()", [(1, "a(1,)")]),
        ("global z\nz = A(1)\nreturn z", [(0, "z(1,)"), (1, "(1,)")]),
        ("z = A(1)\ndef g():\n    nonlocal z\n    z = A(2)\n    return z\nb = g()", [(0, "z(1,)"), (1, "b(2,)")]),
    ],
)
def test_statements_that_bind_or_return_are_measured(body, found):
    """Each name that a statement binds and each result has its shape, where the statement is first reached; others have none."""
    assert measured(body) == found


def test_only_the_first_call_counts():
    """A later call, and a call inside the first one, note nothing, also for lines that the first did not reach."""
    body = "if x is None:\n    return f(A(7))\ny = x + 1\nreturn y"
    module, recorder = load(f"def f(x=None):\n{textwrap.indent(body, '    ')}\n")
    module.f()
    module.f(Array(9))
    assert rows(recorder) == [(0, "(7, 1)")]


def test_a_call_that_fails_does_not_count():
    """What was noted before an error is forgotten, and the next call is the first."""
    module, recorder = load("def f(x):\n    y = x + A(1)\n    return y.shape[x.fails]\n")
    x, other = Array(1), Array(2)
    x.fails, other.fails = 9, 0
    for _ in range(2):
        with pytest.raises(IndexError):
            module.f(x)
    module.f(other)
    assert rows(recorder) == [(0, "y(2, 1)")]


def test_generators_and_coroutines_are_measured():
    """What is yielded, sent and awaited has its shape; a generator's first call is the first that is started."""
    body = "a = yield x\nyield A(1)\nb = yield\nreturn A(4)"
    module, recorder = load(f"def f(x):\n{textwrap.indent(body, '    ')}\n")
    module.f(Array(8))
    generator = module.f(Array(2))
    next(generator)
    generator.send(Array(3))
    generator.close()
    assert rows(recorder) == [(0, "a(3,)"), (1, "(1,)")]
    body = "async def g():\n    return A(5)\na = await g()\nreturn a"
    assert measured(body, "run(f())", "from asyncio import run\nasync def f():") == [(0, "a(5,)"), (1, "(5,)")]
    assert asyncio.iscoroutinefunction(load("async def f():\n    return A(1)\n")[0].f)


def test_a_function_inside_a_function_is_measured_by_itself():
    """An inner function's statements are its own, in whichever of them shapes are asked for."""
    source = "def f():\n    def g():\n        b = A(2)\n        return b\n    a = g()\n    return a\n"
    for names in (("f",), ("f.g",), ("f", "f.g")):
        module, recorder = load(source, *names)
        module.f()
        for name in names:
            assert [number for number, *_ in rows(recorder, name)] == [0, 1]


def test_two_threads_note_one_call():
    """Calls at the same time give one row for each statement."""
    module, recorder = load("def f(n):\n    y = A(n)\n    return y\n")
    threads = [threading.Thread(target=module.f, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [number for number, *_ in rows(recorder)] == [0, 1]


def test_statements_have_the_numbers_of_the_run():
    """A statement's number is the same when the source is read again, wherever comments moved its line."""
    source = 'def f():\n    """Doc."""\n    # why\n    a = A(1)\n\n    if a:\n        b = A(2)\n    return (a,\n            b)\n'
    ((_, function),) = named(ast.parse(source))
    assert [(s.lineno, s.end_lineno) for s in statements(function)] == [(4, 4), (7, 7), (8, 9)]


CALLS = {
    statistics: [
        "mean(DATA)",
        "median(DATA)",
        "mode(DATA)",
        "stdev(DATA)",
        "quantiles(DATA)",
        "harmonic_mean(DATA)",
        "NormalDist(1, 2).cdf(1.5)",
    ],
    textwrap: ["wrap('some words that are wrapped ' * 9, 30)", "dedent('  a\\n   b')", "shorten('some words', 7)"],
    fractions: ["Fraction('0.125') + Fraction(1, 3)", "Fraction(0.1).limit_denominator(10)", "hash(Fraction(1, 3))"],
}


@pytest.mark.parametrize("module", CALLS, ids=lambda module: module.__name__)
def test_measured_code_computes_what_it_did(module):
    """Modules of the standard library give the same results, twice, when all their functions are measured."""
    source = inspect.getsource(module)
    measured, recorder = load(source, path=module.__file__)
    measured.DATA = data = [1.5, 2.5, 2.5, 2.75, 3.25, 4.75]
    for call in CALLS[module] * 2:
        assert repr(eval(call, measured.__dict__)) == repr(eval(call, {**vars(module), "DATA": data}))
    assert len(recorder.rows) > 3


WITH_LINES = '''\
def f(x):
    """Doc."""
    y = [
        n for n in
        range(3)
    ]
    z = g(
        x)
    return sorted(
        locals())


def g(x):
    return (1 /
        x)
'''


def places(f):
    """Where the error of ``f(0)`` was, function by function."""
    with pytest.raises(ZeroDivisionError) as caught:
        f(0)
    assert caught.value.__context__ is None
    return [(frame.name, frame.lineno, frame.colno) for frame in traceback.extract_tb(caught.value.__traceback__)][1:]


def test_tracebacks_and_locals_are_those_of_the_source():
    """An error in the first call is shown as in any other, with the same lines, and a function's locals are its own."""
    plain = types.ModuleType("m")
    exec(compile(WITH_LINES, "/code/m.py", "exec"), plain.__dict__)
    module, _ = load(WITH_LINES)
    assert places(module.f) == places(plain.f)
    assert module.f(1) == module.f(1) == plain.f(1) == ["x", "y", "z"]
    assert places(module.f) == places(plain.f)
    lines = {line for *_, line in module.f.__code__.co_lines()} | {None}  # an instruction without a line is no place
    assert lines == {line for *_, line in plain.f.__code__.co_lines()} | {1, None}


def test_what_is_not_asked_for_is_compiled_as_ever():
    """In a module of which nothing is measured, no instruction is another."""
    source = inspect.getsource(json.decoder).encode()
    recorder = Recorder(["other.py:JSONDecoder.decode", "sub/decoder.py:JSONDecoder.decode"], "/code")
    assert recorder.asked("/code/decoder.py") == {}
    assert recorder.asked("/code/sub/decoder.py") == {"JSONDecoder.decode": "sub/decoder.py:JSONDecoder.decode"}
    codes = [marked(source, "decoder.py", bytearray(), asked) for asked in (None, {}, recorder.asked("/code/decoder.py"))]
    assert codes[0] == codes[1] == codes[2]
