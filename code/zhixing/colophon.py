"""Colophon: the quiet box at an article's end, on how the page came about."""

from __future__ import annotations

from pathlib import PurePosixPath
from urllib.parse import quote

from .article import Article
from .wording import words

FOLDER = PurePosixPath("downloads")
COLAB = "<!-- colab -->"  # what open_in_colab replaces; it shows nothing


def download(slug: str, ending: str) -> PurePosixPath:
    """Where a download lies in the woven tree."""
    return FOLDER / f"{slug}.{ending}"


def colophon(article: Article) -> str:
    """The box of an article that runs something: its downloads."""
    if not article.runs:
        return ""
    text = words(article.language)
    up = "../../" if article.folder else "../"
    links = [
        f'[{text[what]}]({up}{download(article.slug, ending)}){{download="{article.slug}.{ending}"}}'
        for what, ending in (("notebook", "ipynb"), ("script", "py"))
    ]
    return f"\n\n/// html | div.zx-colophon\n\n{text['download'].format(' · '.join(links))}{COLAB}\n\n///\n"


def open_in_colab(page: str, repository: str, branch: str, language: str, slug: str) -> str:
    """A woven page whose box also leads to Colab, which opens notebooks from a repository on GitHub; others stay as they are."""
    owner, _, name = repository.rstrip("/").removeprefix("https://github.com/").partition("/")
    if not repository.startswith("https://github.com/") or not name or "/" in name:
        return page
    path = quote(f"{branch}/{language}/{download(slug, 'ipynb')}")
    link = f"[{words(language)['colab']}](https://colab.research.google.com/github/{owner}/{name}/blob/{path})"
    return page.replace(COLAB, f" · {link}")
