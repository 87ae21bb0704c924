"""The spelling of an article: no character is lost, every part knows its line, only the engine's parts change."""

import itertools
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhixing.article import Cell, Citation, Formula, Listing, Prose, Reference, Value
from zhixing.errors import Problem
from zhixing.syntax import OPTIONS, header, split, split_field

CASES = [path.read_text(encoding="utf-8") for path in sorted((Path(__file__).parent / "cases").glob("*.md"))]
# what articles are made of, in pieces that can meet in any order
PIECES = st.sampled_from(
    [
        *("```python {.cell #a}\n", "```python {.cell", "```\n", "````\n", "~~~\n", "    ", "> ", "\n", "\n\n", "`", "``"),
        *("`{python} x:.3f`", "`{python}", "{python} y`", "± 0.1", "[@key]", "[@a; @b]", "@fig-one", "@eq-", "\\", "<!--", "-->"),
        *("$$", "$", "$$ {#eq-a}\n", '--8<-- "a.py:b"\n', "--8<-- 'a'", "text", "卷积", "|", "- ", "1. ", "# ", "***", "<b>", "&amp;"),
        *("\t", "\x0b", "\x0c", "\x85", "\u2028", "\x1c"),  # what str.splitlines takes for ends of lines
    ]
)
SOURCES = st.one_of(st.lists(PIECES, max_size=40).map("".join), st.text(max_size=200), st.sampled_from(CASES))


def parts_of(text, line=1):
    problems = []
    return split(text, "a.md", line, problems.append), problems


@given(SOURCES)
@settings(max_examples=400, deadline=None)
def test_splitting_loses_no_character(text):
    """The parts of any text are, one after the other, that text."""
    parts, _ = parts_of(text)
    assert "".join(part.text for part in parts) == text


@given(SOURCES, st.integers(1, 50))
@settings(max_examples=400, deadline=None)
def test_parts_know_their_lines(text, first):
    """A part's line is the number of newlines before it, wherever the text starts; so are the lines of problems."""
    parts, problems = parts_of(text, first)
    before = itertools.accumulate((part.text.count("\n") for part in parts), initial=first)
    assert [part.line for part in parts] == list(before)[: len(parts)]
    assert all(isinstance(p, Problem) and first <= p.line <= first + text.count("\n") for p in problems)
    for cell in (part for part in parts if isinstance(part, Cell) and part.code.strip()):
        rows = text.split("\n")[cell.code_line - first :]
        assert [row.strip(" \t>") for row in cell.code.split("\n")[:-1]] == [row.strip(" \t>") for row in rows[: cell.code.count("\n")]]


@given(SOURCES)
@settings(max_examples=200, deadline=None)
def test_a_fence_that_stays_prose_is_left_alone(text):
    """A fence that is neither cell nor listing is one part, in which nothing of the engine is looked for."""
    parts, problems = parts_of(text)
    starts = itertools.accumulate((len(part.text) for part in parts), initial=0)
    for part, start in zip(parts, starts, strict=False):
        if isinstance(part, Prose) and part.fenced and not problems and text[:start].endswith(("", "\n")[start > 0]):
            assert [type(again) for again in parts_of(part.text)[0]] == [Prose]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("`{python} x`", [Value]),
        ("``{python} x``", [Value]),
        ("`` `{python} x` ``", [Prose]),
        ("\\`{python} x`", [Prose]),
        ("<!-- `{python} x` -->", [Prose]),
        ("$a_`{python} x`$", [Prose]),
        ("costs $5, or `{python} x`, or $6", [Prose, Value, Prose]),
        ("`{ python} x`", [Prose]),
        ("`{python} x`{python} y`", [Value, Prose]),
        ("a `b` c `{python} x` d `e`", [Prose, Value, Prose]),
        ("见@fig-one。", [Prose, Reference, Prose]),
        ("见@fig-one和@eq-two", [Prose, Reference, Prose, Reference]),
        ("mail@fig-one", [Prose]),
        ("@figure", [Prose]),
        ("[@a]", [Citation]),
        ("[@a](b)", [Prose]),
        ("[@a][b]", [Prose]),
        ("[see @a]", [Prose]),
        ("$$ x $$ {#eq-x}", [Formula]),
        ("$$ x $$", [Prose]),
        ("text $$ x $$ {#eq-x}", [Prose]),
        ("```python {.cell}\n```", [Cell]),
        ("```{.python .cell}\n```", [Cell]),
        ("~~~ py { .cell }\n~~~", [Cell]),
        ("```python\n.cell\n```", [Prose]),
        ('```\n--8<-- "a"\n```', [Listing]),
        ('```\n;--8<-- "a"\n```', [Prose]),
        ('--8<-- "a"', [Prose]),
        ("````\n```python {.cell}\n```\n````", [Prose]),
        ("```python {.cell}\n~~~\n```\n", [Cell]),
    ],
)
def test_what_is_a_part(text, expected):
    """Only the spellings of the reference are parts; what looks like one is left alone."""
    parts, problems = parts_of(text)
    assert problems == []
    assert [type(part) for part in parts] == expected


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("x", ("x", "")),
        ("x:.3f", ("x", ".3f")),
        ("x : .3f", ("x", ".3f")),
        ("d['a:b']:>4", ("d['a:b']", ">4")),
        ("a[1:2]", ("a[1:2]", "")),
        ("f(lambda: 1):d", ("f(lambda: 1)", "d")),
        ("{1: 2}", ("{1: 2}", "")),
        ("'a\\':b'", ("'a\\':b'", "")),
        ('"it\'s: 1":s', ('"it\'s: 1"', "s")),
        ("(x := 1)", ("(x := 1)", "")),
        ("x:=+5d", ("x:=+5d", "")),
    ],
)
def test_last_top_level_colon_splits(field, expected):
    """The last colon outside brackets and quotations separates the expression from its format."""
    assert split_field(field) == expected


def test_value_keeps_expression_format_and_tolerance():
    """An inline value has an f-string field's two halves, and the tolerance that is stated behind it."""
    (value,), _ = parts_of("`{python} run.accuracy\n  :.3f ± 0.01`")
    assert (value.expression, value.format, value.tolerance) == ("run.accuracy", ".3f", "0.01")


def test_header_is_read_as_superfences_does():
    """A header gives language, classes, id and options, in any order and with quotations."""
    assert header('python {.cell #a caption="two words" timeout=3 .claim}') == (
        "python",
        ["cell", "claim"],
        "a",
        {"caption": "two words", "timeout": "3"},
    )
    assert header("{ .python .cell }")[:2] == ("python", ["cell"])
    assert header("") == ("", [], "", {})


@pytest.mark.parametrize("text", ["python {.cell", 'python {caption="a}'])
def test_header_that_is_not_closed_is_refused(text):
    """A brace or quotation that is never closed raises ValueError."""
    with pytest.raises(ValueError, match="clos"):
        header(text)


def test_cells_without_id_are_counted():
    """A cell without an id is called by its place among the cells."""
    parts, _ = parts_of("```python {.cell}\n```\n\n```python {.cell #named}\n```\n\n```python {.cell}\n```\n")
    assert [part.id for part in parts if isinstance(part, Cell)] == ["cell-1", "named", "cell-3"]


def test_every_option_is_read():
    """Each option's value is converted, and each has a spelling to show where that fails."""
    written = 'echo=false output=only caption="c" alt="a" timeout=1.5 tolerance=0.01 raises=ValueError'
    parts, problems = parts_of(f"```python {{.cell {written}}}\n```\n")
    assert problems == []
    assert parts[0].options == {
        "echo": False,
        "output": "only",
        "caption": "c",
        "alt": "a",
        "timeout": 1.5,
        "tolerance": "0.01",
        "raises": "ValueError",
    }
    assert set(parts[0].options) == set(OPTIONS)


@pytest.mark.parametrize("text", ["0", "-1", "nan", "soon", ""])
def test_timeout_is_a_number_above_zero(text):
    """A time limit that is no number above zero is refused."""
    _, problems = parts_of(f'```python {{.cell timeout="{text}"}}\n```\n')
    assert [problem.message for problem in problems] == [f"timeout={text!r} cannot be read; write timeout=SECONDS, a number above 0"]


def test_parts_are_values():
    """Parts cannot be changed, so that an article read once can be woven any number of times."""
    (cell,), _ = parts_of("```python {.cell}\n```\n")
    with pytest.raises(AttributeError):
        cell.code = ""
    assert {field.name for field in fields(cell)} >= {"text", "line", "indent", "id", "code"}
