"""The MkDocs plugin ``zhixing``: runs the pipeline, then lets MkDocs build the woven tree."""

from __future__ import annotations

import logging
import os
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from mkdocs.config import base, config_options
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import ConfigurationError, PluginError
from mkdocs.plugins import BasePlugin, event_priority
from mkdocs.structure.files import Files
from mkdocs.structure.toc import get_toc

from . import config as settings
from . import notebook_page, pipeline
from .colophon import open_in_colab
from .errors import ZhixingError
from .lock import one_at_a_time
from .outcome import Build, Outcome, progress_line
from .prove import FRONTEND

log = logging.getLogger("mkdocs.plugins.zhixing")


class Options(base.Config):
    """``notebooks_branch`` is the branch of ``repo_url`` that holds what is below build/docs, for Colab to open notebooks from."""

    notebooks_branch = config_options.Optional(config_options.Type(str))


class ZhixingPlugin(BasePlugin[Options]):
    """``docs_dir`` is ``<root>/docs/<lang>``; pages are read from ``<root>/build/docs/<lang>``.

    The blog's lock is held until the site is built, so that no other build changes the pages meanwhile.
    """

    def __init__(self) -> None:
        self.lock = ExitStack()
        self.lenient = False

    def on_startup(self, command: str, **_: Any) -> None:
        self.lenient = command == "serve"

    def on_config(self, config: MkDocsConfig) -> MkDocsConfig:
        if not hasattr(self, "source"):
            self.source = Path(config.docs_dir)
        root, self.language = self.source.parent.parent, self.source.name
        if self.source.parent.name != "docs":
            raise ConfigurationError(f"zhixing: docs_dir is {self.source}; set it to docs/<language>")
        try:
            self.settings = settings.load(root)
            self.lock.enter_context(one_at_a_time(self.settings))
            result = Build(lenient=self.lenient)
            pipeline.build_alone(self.settings, result, _progress)
        except ZhixingError as error:
            raise PluginError(f"nothing is published:\n{error}") from None
        for warning in result.warnings:
            log.warning("%s", warning)
        woven = self.settings.woven(self.language)
        config.docs_dir = str(woven)
        styles = [f"{FRONTEND}/{path.name}" for path in sorted((woven / FRONTEND).glob("*.css"))]
        config.extra_css = [*styles, *(style for style in config.extra_css if style not in styles)]
        config.watch += [str(p) for p in (self.source.parent, root / "code") if p.exists() and str(p) not in config.watch]
        return config

    def on_post_build(self, **_: Any) -> None:
        self.lock.close()

    def on_build_error(self, **_: Any) -> None:
        self.lock.close()

    @event_priority(-100)  # after the blog, which moves what lies below articles/ to the root
    def on_files(self, files: Files, config: MkDocsConfig) -> Files:
        for file in files.media_files():
            if file.src_uri.startswith("articles/"):
                file.dest_uri = file.url = file.src_uri
                file.abs_dest_path = os.path.join(config.site_dir, file.dest_uri)
        return files

    def on_page_markdown(self, markdown: str, page: Any, config: MkDocsConfig, **_: Any) -> str:
        """Lead from an article to Colab, where the site has a repository with its notebooks."""
        if not (config.repo_url and self.config.notebooks_branch and "slug" in page.meta):
            return markdown
        return open_in_colab(markdown, config.repo_url, self.config.notebooks_branch, self.language, page.meta["slug"])

    def on_page_content(self, html: str, page: Any, **_: Any) -> str:
        """Make a page of this site of what mkdocs-jupyter made; the search finds the article, not its notebook too."""
        if not page.file.src_uri.endswith(".ipynb"):
            return html
        page.meta["search"] = {"exclude": True}
        body = notebook_page.fit(html)
        page.toc = get_toc(notebook_page.headings(body))  # mkdocs-jupyter's has other ids than its headings
        return body

    def on_page_context(self, context: dict[str, Any], page: Any, **_: Any) -> dict[str, Any]:
        """Tell the theme where the page's translations are, and what cannot be edited."""
        uri = page.file.src_uri
        others = (lang for lang in self.settings.languages if lang != self.language)
        spellings = {uri, uri.removesuffix(".md") + "/index.md", uri.removesuffix("/index.md") + ".md"}
        page.meta["translations"] = {
            lang: page.url for lang in others if any((self.settings.woven(lang) / spelling).is_file() for spelling in spellings)
        }
        if not (self.source / uri).is_file():
            page.edit_url = None
        return context


def _progress(outcome: Outcome, done: int, total: int) -> None:
    log.info(progress_line(outcome, done, total))
