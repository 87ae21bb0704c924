"""Tree: all files of one language below ``build/docs``, proven."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from . import cite, notebook
from .bind import Bound
from .bundle import Bundle
from .colophon import colophon, download
from .config import Config
from .errors import Problem
from .outcome import Build
from .prove import Dialect, front_end_files, prove
from .read import article_paths, read_pages, read_text
from .script import script
from .store import Entry
from .weave import Page, assets, weave


def weave_language(
    language: str, bound: list[tuple[Bound, Entry]], bundles: Mapping[str, Bundle], config: Config, how: Dialect, result: Build
) -> dict[PurePosixPath, bytes]:
    """One language's woven tree, proven: {path below its docs folder: content}."""
    own = [(b, entry) for b, entry in bound if b.article.language == language]
    pages: list[Page] = []
    tree: dict[PurePosixPath, bytes] = {}
    for b, entry in own:
        pages.append(weave(b))
        pages[-1].add(colophon(b, config), 1)
        tree |= assets(b.article, entry)
        made = notebook.notebook(b)
        tree[notebook.target(b.article.slug)] = notebook.written(made)
        if b.article.runs:
            tree |= downloads(b, made, bundles[b.article.slug])
    if own:
        tree[notebook.INDEX] = notebook.index([b for b, _ in own], language)
    if cited := cite.page([b for b, _ in own], language):
        pages.append(Page(cite.PAGE, cite.PAGE, cited))
    for target, path in read_pages(config, language, result.report):
        if cited and target == cite.PAGE:
            what = "a page of this name is made, with the tests that articles cite"
            result.report(Problem(path.relative_to(config.root), 1, what, "rename this file"))
        elif path.suffix != ".md":
            tree[target] = path.read_bytes()
        elif page := _plain_page(target, path, config, result):
            pages.append(page)
    articles = {PurePosixPath(path.relative_to(config.docs / language)) for path in article_paths(config, language)}  # failed ones too
    needs = prove(pages, set(tree) | articles, how, result.report)
    tree |= {page.target: page.text.encode() for page in pages}
    return tree | front_end_files(needs)


def downloads(bound: Bound, made: dict[str, Any], had: Bundle) -> dict[PurePosixPath, bytes]:
    """What a reader can download and run: the article's notebook and script, with what its run had."""
    slug = bound.article.slug
    return {download(slug, "ipynb"): notebook.written(notebook.standing_alone(made, had)), download(slug, "py"): script(bound, had)}


def _plain_page(target: PurePosixPath, path: Path, config: Config, result: Build) -> Page | None:
    """A page that is no article: it goes to the woven tree as it is."""
    page = Page(PurePosixPath(path.relative_to(config.root).as_posix()), target)
    text = read_text(path, page.source, result.report)
    if text is None:
        return None
    page.add(text, 1, verbatim=True)
    return page
