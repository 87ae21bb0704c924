"""Proving: every woven page is rendered once, as the site will, so that its errors have source lines.

The errors themselves are held by the golden cases (cases/error-links.md, cases/error-rendering.md).
"""

import signal
from pathlib import PurePosixPath

import pytest

from zhixing.config import load
from zhixing.prove import dialect, prove, time_limit
from zhixing.weave import Page


def page_of(name, text):
    page = Page(PurePosixPath("docs/en", name), PurePosixPath(name))
    page.add(text, 1, verbatim=True)
    return page


def proven(blog, files=(), **pages):
    """The front-end packages that pages need, and what is wrong with them."""
    problems = []
    made = [page_of(name.replace("__", "/") + ".md", text) for name, text in pages.items()]
    needs = prove(made, {PurePosixPath(name) for name in files}, dialect(load(blog.root)), problems.append)
    return needs, [str(problem) for problem in problems]


@pytest.mark.parametrize(
    "link",
    [
        *("b.md", "b.md#part", "#here", "sub/c.md", "sub/../b.md", "data/x.csv", "sub/", "", "%E5%8D%B7.md", "<b.md>", "b.md 'title'"),
        *("https://example.org/x#y", "mailto:a@b", "/root.html", "assets/zhixing/katex.min.css", "b.md?x=1"),
    ],
)
def test_good_links(link, blog):
    """Links to pages, their headings, files, other sites and folders are left alone."""
    pages = {"a": f"# Here\n\n[link]({link})\n", "b": "# B\n\n## Part\n", "sub__c": "[up](../a.md#here)\n", "卷": "# 卷\n"}
    assert proven(blog, ["data/x.csv"], **pages) == (set(), [])


@pytest.mark.parametrize(
    ("link", "message"),
    [
        ("c.md", "the link c.md leads to no page; name the .md file of an existing page"),
        ("../b.md", None),
        ("../en/b.md", None),
        ("b.md#absent", "the link b.md#absent names no heading or id of its page; name an existing #id"),
        ("#absent", "the link #absent names no heading or id of its page; name an existing #id"),
        ("data/y.csv", "the link data/y.csv leads to nothing; name an existing file, a page by its .md file"),
        ("b", "the link b leads to nothing; name an existing file, a page by its .md file"),
        ("b.html", "the link b.html leads to nothing; name an existing file, a page by its .md file"),
        ("卷.md", "the link 卷.md leads to no page; name the .md file of an existing page"),
    ],
)
def test_broken_links(link, message, blog):
    """A link to a page, heading or file that is not there is reported at its line."""
    _, problems = proven(blog, a=f"# Here\n\ntext\n[link]({link})\n", b="# B\n\n## Part\n")
    assert len(problems) == 1
    assert problems[0].startswith("docs/en/a.md:4: ")
    assert message is None or problems[0] == f"docs/en/a.md:4: {message}"


def test_each_place_of_a_broken_link(blog):
    """The same broken link on two pages is reported on both."""
    _, problems = proven(blog, a="[x](c.md)\n", b="\n[x](c.md)\n")
    assert [problem.partition(": ")[0] for problem in problems] == ["docs/en/a.md:1", "docs/en/b.md:2"]


def test_ids_of_every_kind_can_be_linked(blog):
    """Headings, attribute lists, raw HTML, footnotes and blocks give ids that links may name."""
    text = "# 卷积 A\n\n## B {#own}\n\npara\n{: #para }\n\n<a id='raw'></a>\n\n/// html | div\n    attrs: {id: block}\n\ntext\n\n///\n"
    links = "".join(f"\n[x](#{id})\n" for id in ("卷积-a", "own", "para", "raw", "block"))
    assert proven(blog, a=text + links) == (set(), [])


def test_links_inside_drawings_are_not_looked_at(blog):
    """References inside an SVG belong to the drawing."""
    assert proven(blog, a='<div><svg><use href="#x"/><a href="gone.md">x</a></svg></div>\n') == (set(), [])


def test_needs_of_pages(blog, katex):
    """A page with a formula needs KaTeX's files, one with a diagram that is left to the browser Mermaid's; others none."""
    pytest.importorskip("merman")
    assert proven(blog, a="$x$\n")[0] == {"katex"}
    assert proven(blog, a='```mermaid\nflowchart TD\n  a["$$x$$"]\n```\n')[0] == {"mermaid"}
    assert proven(blog, a="```mermaid\nflowchart TD\n  a\n```\n")[0] == set()


def test_proof_is_kept_only_where_the_page_is_whole(blog):
    """A page with an error is rendered again, and reported again, each time."""
    pytest.importorskip("merman")
    text = "kept proof\n\n```mermaid\nno diagram\n```\n"
    first = proven(blog, a=text)
    assert len(first[1]) == 1
    assert proven(blog, a=text) == first


def test_site_s_own_dialect(blog):
    """The extensions of the site's mkdocs.yml are used, in either spelling, with tags of Python and of MkDocs in it."""
    slugify = "!!python/object/apply:pymdownx.slugs.slugify {kwds: {case: none}}"
    blog.write("mkdocs.yml", f"site_name: !ENV [NAME, x]\nmarkdown_extensions:\n  - abbr\n  - toc:\n      slugify: {slugify}\n")
    assert proven(blog, a="# Abc\n\n[x](#Abc)\n") == (set(), [])
    blog.write("mkdocs.yml", "markdown_extensions:\n  toc: {toc_depth: 2}\n  abbr:\n")
    assert proven(blog, a="# Abc\n\n[x](#abc)\n") == (set(), [])


def test_front_matter_is_no_text(blog):
    """A page's front matter is not rendered, and lines count from the file's first."""
    text = "---\ntitle: '[x](gone.md)'\n---\n\n[y](gone-too.md)\n"
    assert [problem.partition(": ")[0] for problem in proven(blog, a=text)[1]] == ["docs/en/a.md:5"]


def test_extension_that_raises_is_the_page_s_error(blog):
    """Whatever a Markdown extension raises is reported as this page's, and the other pages are proven."""
    blog.write("mkdocs.yml", "markdown_extensions:\n  - no_such_extension\n")
    _, problems = proven(blog, a="a\n", b="b\n")
    assert [problem.partition(": ")[0] for problem in problems] == ["docs/en/a.md:1", "docs/en/b.md:1"]
    assert all("no_such_extension" in problem for problem in problems)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="the limit needs POSIX's timer")
def test_time_limit():
    """What takes longer than its limit is interrupted, and the signal's former handler comes back."""
    before = signal.getsignal(signal.SIGALRM)
    with pytest.raises(TimeoutError), time_limit(0.01):
        signal.pause()
    assert signal.getsignal(signal.SIGALRM) == before
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
