"""The Markdown extension ``zhixing``: formulas and diagrams in the HTML, and no unwoven cell ever.

It brings the dialect of articles with it: each extension below that a site has not configured itself.
"""

from __future__ import annotations

import html
import re
from typing import Any

from markdown import Extension, Markdown
from markdown.postprocessors import Postprocessor
from markdown.preprocessors import Preprocessor
from markdown.treeprocessors import Treeprocessor
from pymdownx.slugs import slugify

from . import render
from .article import Cell, Value
from .errors import ZhixingError
from .legend import MARK
from .syntax import split


class UnwovenError(ZhixingError, ValueError):
    """A cell or an inline value would be published as source."""


class PageErrors(ZhixingError, ValueError):
    """All of a page's formulas and diagrams that cannot be drawn."""

    def __init__(self, errors: list[render.RenderError]) -> None:
        self.errors = errors
        super().__init__("; ".join(f"{error.what} {error.source.strip()!r}: {error}" for error in errors))


def _raw(source: str, language: str, css_class: str, options: dict, md: Markdown, **_: Any) -> str:
    return source


def _dialect(drawing: _Drawing) -> dict[str, dict[str, Any]]:
    fences = [
        {"name": "mermaid", "class": "mermaid", "format": drawing.diagram},
        {"name": "zx-html", "class": "zx-html", "format": _raw},
    ]
    return {
        "attr_list": {},
        "md_in_html": {},
        "tables": {},
        "footnotes": {},
        "def_list": {},
        "admonition": {},
        "toc": {"slugify": slugify(case="lower")},
        "pymdownx.highlight": {"use_pygments": True},
        "pymdownx.superfences": {"custom_fences": fences},
        "pymdownx.arithmatex": {"generic": True},
        "pymdownx.blocks.html": {},
        "pymdownx.blocks.caption": {"auto": False, "types": ["caption"], "prepend": False},
    }


# what articles rest on, whatever a site lists: these are set even where a site lists them too
OURS = {"pymdownx.superfences", "pymdownx.arithmatex", "pymdownx.blocks.caption"}


class _Drawing:
    """Draws what a page holds, and keeps what cannot be drawn until the page's end."""

    def __init__(self) -> None:
        self.errors: list[render.RenderError] = []

    def draw(self, how, *args) -> str:
        try:
            return how(*args)
        except render.RenderError as error:
            self.errors.append(error)
            return ""

    def diagram(self, source: str, language: str, css_class: str, options: dict, md: Markdown, **_: Any) -> str:
        return self.draw(render.diagram, source)


class ZhixingExtension(Extension):
    """See the module. Takes no options."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802, Python-Markdown's name
        self.drawing = _Drawing()
        md.registerExtension(self)
        for name, options in _dialect(self.drawing).items():
            if name in OURS or not _configured(md, name):
                md.registerExtensions([name], {name: options})
        md.preprocessors.register(_NothingUnwoven(md), "zhixing-unwoven", 28)  # before fences become code (25)
        md.postprocessors.register(_Measured(md), "zhixing-measured", 25)  # after fences have become HTML (30)
        md.treeprocessors.register(_Formulas(md, self.drawing), "zhixing-formulas", 15)  # after inline (20), before toc (5)

    def reset(self) -> None:
        self.drawing.errors = []


def _configured(md: Markdown, name: str) -> bool:
    return any(type(e).__module__.removeprefix("markdown.extensions.") == name for e in md.registeredExtensions) or (
        name == "toc" and "toc" in md.treeprocessors
    )


class _NothingUnwoven(Preprocessor):
    """Refuses a page that still holds a cell or an inline value."""

    def run(self, lines: list[str]) -> list[str]:
        for part in split("\n".join(lines), "", 1, lambda problem: None):
            if isinstance(part, (Cell, Value)):
                first = part.text.strip().splitlines()[0]
                raise UnwovenError(f"line {part.line}: {first} was not run; build with zhixing, or write it in an article")
        return lines


class _Measured(Postprocessor):
    """Sets the shapes beside a listing's lines apart from its source: they are no comments of it."""

    COMMENT = re.compile(rf'(?:<span class="w"> *</span>| *)<span class="c1">(?P<own>[^<\n]*?) *{MARK}(?P<shape>[^<\n]*)</span>')

    def run(self, text: str) -> str:
        return self.COMMENT.sub(self._apart, text) if MARK in text else text

    @staticmethod
    def _apart(match: re.Match) -> str:
        own = f'  <span class="c1">{match["own"]}</span>' if match["own"] else ""
        return f'{own}<span class="zx-shape">  → {match["shape"]}</span>'


class _Formulas(Treeprocessor):
    """Puts KaTeX's HTML where arithmatex left TeX."""

    def __init__(self, md: Markdown, drawing: _Drawing) -> None:
        super().__init__(md)
        self.drawing = drawing

    def run(self, root) -> None:
        for element in root.iter():
            if "arithmatex" in element.get("class", "").split() and element.text:
                display = element.tag == "div"
                opening, closing = ("\\[", "\\]") if display else ("\\(", "\\)")
                tex = html.unescape(element.text).strip().removeprefix(opening).removesuffix(closing)
                element.text = self.md.htmlStash.store(self.drawing.draw(render.formula, tex.strip(), display))
        if self.drawing.errors:
            raise PageErrors(self.drawing.errors)


def makeExtension(**options: Any) -> ZhixingExtension:  # noqa: N802, Python-Markdown's name
    return ZhixingExtension(**options)
