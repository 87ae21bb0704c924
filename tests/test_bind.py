"""Binding: sources, numbers and values find their places; what is missing is reported where it is asked for.

What each part is bound to is held by the golden cases (test_cases.py).
"""

import pytest

from zhixing.article import Value
from zhixing.bind import bind, read_sources
from zhixing.config import load
from zhixing.read import read_works
from zhixing.store import Entry

FIGURE = {"output_type": "display_data", "data": {"image/svg+xml": "<svg></svg>"}, "metadata": {}}
TABLE = {"output_type": "execute_result", "data": {"text/html": "<table></table>"}, "metadata": {}}


def bound(blog, body, outputs=None, values=(), front=""):
    """An article bound to these outputs and values, and what is wrong with it."""
    blog.article("a", body, front=front)
    config, problems = load(blog.root), []
    (work,) = read_works(config, pytest.fail)
    entry = Entry("a", {}, {}, outputs or {}, list(values), {}, {})
    sources = read_sources([work], config, problems.append)
    return bind(work.original, work, entry, config, sources, problems.append), [str(problem) for problem in problems]


def cell(id, options=""):
    return f'```python {{.cell #{id} alt="a" {options}}}\n1\n```\n\n'


def test_each_kind_is_counted_by_itself(blog):
    """Figures, tables and formulas are numbered in order, each kind from 1, and only those that can be referred to."""
    body = cell("one", "caption=c") + cell("two", "caption=c") + cell("tbl-three", "caption=c")
    body += cell("plain") + cell("hidden", "caption=c output=hide") + cell("four", "caption=c")
    body += "$$ x $$ {#eq-five}\n\n$$ x $$ {#six}\n"
    outputs = {id: [TABLE if id in ("two", "tbl-three") else FIGURE] for id in ("one", "two", "tbl-three", "plain", "hidden", "four")}
    result, problems = bound(blog, body, outputs)
    assert problems == []
    assert result.anchors == {"fig-one": 1, "tbl-two": 1, "tbl-three": 2, "fig-four": 2, "eq-five": 1, "eq-six": 2}


def test_values_are_found_by_expression_and_format(blog):
    """The same expression with two formats is two values; a tolerance stands behind the number as it is written."""
    result, _ = bound(blog, "`{python} x:.1f` `{python} x:.2f ± 0.05`\n", values=[["x", ".1f", "1.0"], ["x", ".2f", "1.00"]])
    assert [value.printed(result.values) for value in result.article.of(Value)] == ["1.0", "1.00 ± 0.05"]


def test_streams_are_joined_for_the_page(blog):
    """Neighbouring streams of both channels are one block; another output between them keeps them apart."""
    streams = [{"output_type": "stream", "name": name, "text": text} for name, text in (("stdout", "a"), ("stderr", "b"), ("stdout", "c"))]
    result, _ = bound(blog, cell("one"), {"one": [*streams, TABLE, *streams]})
    texts = [output.get("text") for output in result.outputs["one"]]
    assert texts == ["abc", None, "abc"]


@pytest.mark.parametrize("shape", ["- {id: a, title: A}\n", "references:\n  - {id: a, title: A}\n"])
def test_sources_as_pandoc_reads_them(shape, blog):
    """docs/references.yaml is a list of sources, or a table that holds it under ``references``."""
    blog.write("docs/references.yaml", shape)
    result, problems = bound(blog, "[@a]\n")
    assert (problems, result.cited["a"]["title"]) == ([], "A")


def test_source_of_the_front_matter_comes_first(blog):
    """A source of the article's own front matter is taken before one of the same id in docs/references.yaml."""
    blog.write("docs/references.yaml", "- {id: a, title: shared}\n")
    result, _ = bound(blog, "[@a]\n", front="references: [{id: a, title: own}]\n")
    assert result.cited["a"]["title"] == "own"


@pytest.mark.parametrize(
    ("text", "line"),
    [("- {id: a\n", 2), ("- title: no id\n", 1), ("just text\n", 1), ("\n- !!python/object/apply:os.system [id]\n", 2)],
)
def test_sources_that_cannot_be_read(text, line, blog):
    """docs/references.yaml that is no list of sources is reported at its line, and makes no Python objects."""
    blog.write("docs/references.yaml", text)
    _, problems = bound(blog, "[@a]\n")
    assert problems[0].startswith(f"docs/references.yaml:{line}: cannot read the sources: ")
    assert problems[0].endswith("; write a list of sources, each with id, author, title and issued")


def test_sources_are_read_only_where_cited(blog):
    """A blog without citations needs no sources."""
    blog.write("docs/references.yaml", "broken: [\n")
    assert bound(blog, "text\n")[1] == []
