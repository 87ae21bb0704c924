"""The box at an article's end."""

import pytest

from zhixing.colophon import open_in_colab

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
