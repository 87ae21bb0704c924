"""Weaving: what is not the engine's stays as it is, every stretch knows its source line, publishing touches only what changed.

What each part becomes is held by the golden cases (test_cases.py).
"""

import os
import re
from pathlib import PurePosixPath

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from zhixing.article import Article, Prose, Value
from zhixing.bind import Bound
from zhixing.config import load
from zhixing.syntax import split
from zhixing.weave import Page, format_source, publish, weave

FRONT = "---\ntitle: Title\ndate: 2026-01-02\n---\n"
MARKDOWN = st.lists(
    st.sampled_from(
        [
            *("text ", "卷积", "\n", "\n\n", "# Heading\n", "- item\n", "    code\n", "```\ncode\n```\n", "`code` ", "[^1]", "{#id}", "\t"),
            *("````\n```python {.cell}\n```\n````\n", "$x$ ", "$$\nx\n$$\n", "[link](a.md) ", "<b>", "<!-- `{python} 1` -->", "\\`"),
            *("  \n", "| a | b |\n", "> quote\n"),
        ]
    ),
    max_size=30,
).map("".join)


def bound_of(text, values=None, slug="slug"):
    """An article of this text, bound to nothing but inline values."""
    problems = []
    path = PurePosixPath(f"docs/en/articles/{slug}.md")
    parts = split(text, path, 1 + FRONT.count("\n"), problems.append)
    if problems:
        assume(False)
    article = Article(slug, "en", path, {"title": "Title"}, FRONT, parts)
    return Bound(article, {}, {}, values or {}, {}, {}, {})


@given(MARKDOWN)
@settings(max_examples=300, deadline=None)
def test_prose_is_untouched(text):
    """An article without engine parts is woven as it is, behind its front matter and, if it has no heading, its title."""
    bound = bound_of(text)
    assume(all(isinstance(part, Prose) for part in bound.article.parts))
    page = weave(bound)
    assert page.text.startswith("---\ntitle: Title\ndate: 2026-01-02\nslug: slug\n---\n\n")
    body = page.text.removeprefix("---\ntitle: Title\ndate: 2026-01-02\nslug: slug\n---\n\n")
    assert body in (text, f"# Title\n\n{text}")


@given(MARKDOWN, MARKDOWN)
@settings(max_examples=200, deadline=None)
def test_woven_lines_know_their_source(before, after):
    """A place in the woven text leads back to the line of the source where its text stands."""
    text = f"{before}\n\nmarker-one `{{python}} x` \n\nmarker-two\n{after}"
    bound = bound_of(text, {("x", ""): "many\nlines\nof\nvalue"})
    assume([type(part) for part in bound.article.parts if not isinstance(part, Prose)] == [Value])
    page = weave(bound)
    source = bound.article.source
    for marker in ("marker-one", "marker-two"):
        assert page.line_at(page.text.index(marker)) == 1 + source.count("\n", 0, source.index(marker))


def test_lines_of_what_the_engine_wrote():
    """What stands for a part leads back to the part's line, however many lines it has; verbatim text to its own lines."""
    page = Page(PurePosixPath("docs/en/a.md"), PurePosixPath("a.md"))
    page.add("one\ntwo\n", 1, verbatim=True)
    page.add("woven\nwoven\n", 3)
    page.add("ten\neleven\n", 10, verbatim=True)
    assert [page.line_at(match.start()) for match in re.finditer(r"\w+", page.text)] == [1, 2, 3, 3, 10, 11]


def test_a_diagram_with_a_model_keeps_its_lines():
    """Only its header is woven: what cannot be drawn is at its own line of the source."""
    bound = bound_of('text\n\n```mermaid {model="m" input="x"}\nflowchart TD\n  a --> marker\n```\n')
    page = weave(bound)
    assert "```mermaid\nflowchart TD\n  a --> marker\n```\n" in page.text
    assert page.line_at(page.text.index("marker")) == 9


def test_title_becomes_the_heading():
    """The title is the page's heading, unless the text has one; a comment in code is none."""
    titled = "# Title\n\n"
    assert titled in weave(bound_of("text\n")).text
    assert titled in weave(bound_of("```python\n# comment\n```\n")).text
    assert titled in weave(bound_of("## Section\n")).text
    assert titled not in weave(bound_of("\n# Own\n")).text
    assert titled not in weave(bound_of("`{python} x` text\n\n# Own\n", {("x", ""): "1"})).text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ({"title": "T"}, "T."),
        ({"author": [{"family": "F", "given": "G"}], "title": "T", "issued": 2001}, "G F (2001). T."),
        ({"author": "Someone", "title": "T", "issued": {"year": 2001}}, "Someone (2001). T."),
        ({"author": [{"family": "F"}, {"literal": "L"}], "title": "T", "publisher": "P", "page": 3}, "F, L. T. *P*, 3."),
        ({"title": "T", "container-title": "C", "volume": 1, "issue": 2, "URL": "https://u"}, "T. *C*, 1(2). <https://u>"),
        ({"title": "T", "DOI": "10.1/x", "URL": "https://u"}, "T. <https://doi.org/10.1/x>"),
    ],
)
def test_source_is_one_line(source, text):
    """A source is one line: authors, year, title, where it appeared, and the most lasting link."""
    assert format_source(source) == text


def test_publish_touches_only_what_changed(blog):
    """Publishing writes what is new or changed, removes what is gone with its empty folders, and leaves the rest alone."""
    config = load(blog.root)
    paths = {name: PurePosixPath(name) for name in ("same.md", "changed.md", "gone/deep/file.txt", "becomes", "was/file")}
    assert publish("docs/en", {path: name.encode() for name, path in paths.items()}, config) == 5
    folder = config.woven("en")
    for path in folder.rglob("*"):
        os.utime(path, ns=(1, 1))
    wanted = {"same.md": b"same.md", "changed.md": b"CHANGED.md", "becomes/file": b"x", "was": b"y"}
    assert publish("docs/en", {PurePosixPath(name): data for name, data in wanted.items()}, config) == 4
    assert {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()} == wanted
    assert sorted(path.name for path in folder.rglob("*") if path.is_dir()) == ["becomes"]
    assert ((folder / "same.md").stat().st_mtime_ns, (folder / "changed.md").stat().st_mtime_ns == 1) == (1, False)
