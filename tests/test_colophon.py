"""The box at an article's end."""

import platform
import re
import shutil
import sys
from dataclasses import replace

import pytest

from zhixing import ledger, pipeline
from zhixing.colophon import open_in_colab
from zhixing.config import load
from zhixing.outcome import Build

LINKS = {
    "en": '[notebook]({}downloads/a.ipynb){{download="a.ipynb"}} · [script]({}downloads/a.py){{download="a.py"}}',
    "zh": '[笔记本]({}downloads/a.ipynb){{download="a.ipynb"}} · [脚本]({}downloads/a.py){{download="a.py"}}',
}


@pytest.mark.parametrize("language", LINKS)
@pytest.mark.parametrize(("name", "up"), [("a", "../"), ("a/index", "../../")])
def test_an_article_offers_its_downloads(blog, language, name, up):
    """An article that runs something leads to its notebook and script, which the browser saves under their names."""
    blog.article(name, "`{python} 6 * 7`\n", language)
    blog.built()
    assert LINKS[language].format(up, up) in blog.page("a", language)
    assert {path.name for path in (blog.root / f"build/docs/{language}/downloads").iterdir()} == {"a.ipynb", "a.py"}


def test_an_article_without_code_offers_none(blog):
    """Where nothing runs there is nothing to download, no box and no link in the list of notebooks."""
    blog.article("a", "Words.\n")
    blog.built()
    assert "zx-colophon" not in blog.page("a")
    assert "downloads" not in (blog.root / "build/docs/en/notebooks/index.md").read_text()
    assert not (blog.root / "build/docs/en/downloads").exists()


@pytest.fixture
def accepted(blog, monkeypatch):
    """A blog with an article whose results were accepted on the second day of 1970."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    blog.article("a", "`{python} 6 * 7`\n")
    assert blog.run("accept", "a", "--reason", "first").status == 0
    return blog


def box(blog, language="en"):
    return blog.page("a", language).partition("div.zx-colophon\n\n")[2]


def test_box_says_when_and_on_what_results_were_accepted(accepted):
    """Day, seconds, Python and platform come from the ledger; the command that repeats it is the blog's own."""
    accepted.built()
    version, system = platform.python_version(), f"{sys.platform} {platform.machine()}"
    wanted = rf"These results were accepted on 1970-01-02\. They took \d+ CPU seconds on CPython {re.escape(version)}, {system}\.\n"
    assert re.match(wanted, box(accepted))
    assert "\nNo corrections so far.\n\nTo check them on your machine: `zhixing verify a`\n" in box(accepted)
    accepted.write("pyproject.toml", "[tool.zhixing]\nverify_command = 'make check-{slug}'\n")
    accepted.built()
    assert "`make check-a`" in box(accepted)


def test_box_is_the_same_whatever_a_later_run_cost(accepted):
    """Seconds and day are the accepted run's: a page does not change because it was built again."""
    accepted.built()
    before = accepted.page("a")
    shutil.rmtree(accepted.root / "build")
    accepted.built()
    assert accepted.page("a") == before


def test_box_tells_every_correction(accepted):
    """An acceptance that changed results is a correction: how many there were, and why each was made, without Markdown of its own."""
    accepted.article("a", "`{python} 6 * 8`\n")
    accepted.run("accept", "a", "--reason", "it was *eight*")
    accepted.built()
    assert "summary\nCorrections so far: 1\n///\n\n- 1970-01-02: it was &#42;eight&#42;\n" in box(accepted)


def test_box_names_the_commit(accepted):
    """The commit is named in short, and whether there were changes since."""
    path = accepted.root / "docs/ledger/a.json"
    config = load(accepted.root)
    kept = ledger.load("a", config)
    for commit, wanted in (("0123456789ab", ", at commit 0123456. They"), ("0123456789ab+", ", on commit 0123456 and changes since. They")):
        ledger.save("a", replace(kept, acceptances=(replace(kept.acceptances[0], commit=commit),)), config)
        accepted.built()
        assert wanted in box(accepted)
    assert path.exists()


def test_box_says_what_nobody_reviewed(accepted):
    """In a blog with ledgers an article without one says so; in a blog without any there is nothing to say."""
    accepted.article("b", "`{python} 1`\n")
    accepted.built()
    assert "These results have not been reviewed yet." in accepted.page("b")
    shutil.rmtree(accepted.root / "docs/ledger")
    accepted.built()
    assert "reviewed" not in accepted.page("a") + accepted.page("b")
    assert "verify" not in box(accepted)


def test_box_counts_what_is_not_bound(accepted):
    """Numbers that come from elsewhere and numbered formulas that no test checks are counted; without any there is no such line."""
    accepted.built()
    assert "elsewhere" not in box(accepted)
    assert "formula" not in box(accepted)
    accepted.article("a", "`{python} 6 * 7`, not 0.5<!-- typed: a guess -->.\n\n$$\nx\n$$ {#eq-x}\n")
    accepted.built()
    assert "come from elsewhere and not from this run: 1.\n\nNumbered formulas that no test checks: 1 of 1.\n" in box(accepted)


def test_box_warns_while_writing(accepted):
    """A lenient build, which publishes nothing, says in the box how many results are not as accepted."""
    accepted.article("a", "`{python} 6 * 8` and `{python} 1`\n")
    result = Build(lenient=True)
    pipeline.build(load(accepted.root), result)
    assert [warning.path for warning in result.warnings] == ["docs/en/articles/a.md"]
    assert "**3 of them are not as accepted.**" in box(accepted)


BOX = "Download: notebook<!-- colab -->\n"


@pytest.mark.parametrize("repository", ["https://github.com/owner/name", "https://github.com/owner/name/"])
def test_colab_opens_the_notebook_from_its_branch(repository):
    """The link names owner, repository, branch and the notebook's place below build/docs."""
    link = "[open in Colab](https://colab.research.google.com/github/owner/name/blob/books/en/downloads/a-%E5%8D%B7.ipynb)"
    assert open_in_colab(BOX, repository, "books", "en", "a-卷") == f"Download: notebook · {link}\n"


@pytest.mark.parametrize("repository", ["https://gitlab.com/owner/name", "https://github.com/owner", "https://github.com/owner/name/tree"])
def test_what_colab_cannot_open_has_no_link(repository):
    """A repository elsewhere, or an address that is no repository's, leaves the page as it is."""
    assert open_in_colab(BOX, repository, "books", "en", "a") == BOX
