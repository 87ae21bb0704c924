"""Notebooks: a bound article as the executed .ipynb of its run, to read or to download."""

from __future__ import annotations

import json
import platform
import posixpath
import re
from pathlib import PurePosixPath
from typing import Any

from .article import Article, Cell, Citation, Diagram, Formula, Listing, Reference, Value
from .bind import SVG, Bound
from .blocks import fenced
from .bundle import Bundle, set_up, source_of
from .colophon import download
from .standalone import zx_set_up
from .syntax import header
from .weave import page_svg, reference_list, target_of
from .wording import words

INDEX = PurePosixPath("notebooks", "index.md")
FIGURES = """\
# figures as the article has them
get_ipython().config.InlineBackend.update(
    figure_formats={"svg"}, print_figure_kwargs={"bbox_inches": "tight", "metadata": {"Date": None}}
)
"""


def target(slug: str) -> PurePosixPath:
    return PurePosixPath("notebooks", f"{slug}.ipynb")


def notebook(bound: Bound) -> dict[str, Any]:
    """The article as a notebook of nbformat 4.5: prose with its values, cells with their outputs."""
    article = bound.article
    cells: list[dict] = []
    text = f"# {article.front['title']}\n\n"

    def close() -> None:
        nonlocal text
        if text.strip():
            source = _page_links(text.strip(), article)
            cells.append({"cell_type": "markdown", "id": f"text-{len(cells)}", "metadata": {}, "source": source})
        text = ""

    for part in article.parts:
        if isinstance(part, Cell):
            close()
            cells.append(_code(part, bound))
        elif isinstance(part, Value):
            text += part.printed(bound.values)
        elif isinstance(part, Listing):
            text += fenced(bound.code.get(part.line, ""), header(part.header)[0] or "text")
        elif isinstance(part, Diagram):
            text += fenced(part.body.removesuffix("\n"), "mermaid")
        elif isinstance(part, Formula):
            text += bound.display(part)
        elif isinstance(part, Reference):
            text += bound.numbered(part.target)
        elif isinstance(part, Citation):
            text += f"[{', '.join(map(str, bound.cited_numbers(part)))}]"
        else:
            text += part.text
    text += reference_list(bound)
    close()
    metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python", "version": platform.python_version()},
        "title": article.front["title"],
    }
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def standing_alone(made: dict[str, Any], bundle: Bundle) -> dict[str, Any]:
    """The notebook with a first cell, folded away, that gives it what the run had: it runs by itself."""
    requirements = {"requires-python": bundle.requires_python, "dependencies": bundle.requirements}
    return made | {"cells": [_set_up(bundle), *made["cells"]], "metadata": made["metadata"] | {"requirements": requirements}}


def written(made: dict[str, Any]) -> bytes:
    return (json.dumps(made, ensure_ascii=False, sort_keys=True) + "\n").encode()


def _set_up(bundle: Bundle) -> dict:
    """The cell that gives a notebook what its run had."""
    how = f"# To have the same packages: %pip install {' '.join(bundle.requirements)}\n" if bundle.requirements else ""
    figures = FIGURES if "matplotlib" in bundle.versions else ""
    return {
        "cell_type": "code",
        "id": "zx-set-up",
        "metadata": {"tags": ["set-up"], "jupyter": {"source_hidden": True}},
        "execution_count": None,
        "source": f"{bundle.inline_metadata}{how}\n{source_of(zx_set_up)}\n\n{set_up(bundle)}{figures}",
        "outputs": [],
    }


def _code(cell: Cell, bound: Bound) -> dict:
    tags = [*(["claim"] if cell.claim else []), *(["raises-exception"] if cell.raises else [])]
    return {
        "cell_type": "code",
        "id": cell.id[:64],
        "metadata": {"tags": tags} if tags else {},
        "execution_count": 1,
        "source": bound.code[cell.line],
        "outputs": [_output(output, n, cell, bound) for n, output in enumerate(bound.outputs[cell.id])],
    }


def _output(output: dict, n: int, cell: Cell, bound: Bound) -> dict:
    """An output that stands by itself: its error is readable, its figure described and in the article's language."""
    if output["output_type"] == "error":
        return {**output, "traceback": [f"{output['ename']}: {output['evalue']}"]}
    if output["output_type"] == "execute_result":
        output = {**output, "execution_count": 1}
    if svg := output.get("data", {}).get(SVG):
        return {**output, "data": {**output["data"], SVG: page_svg(svg, n, cell, bound.article, "notebook-")}}
    return output


def _page_links(text: str, article: Article) -> str:
    """Links to Markdown files as links to their pages, from where the notebook's own page is."""

    def page(match: re.Match) -> str:
        if "://" in match["path"] or match["path"].startswith("/"):
            return match[0]
        path = posixpath.normpath(posixpath.join(str(target_of(article).parent), match["path"]))
        folder = re.sub(r"(?:(?:^|/)index)?\.md$", "", path)
        return f"](../../{folder}{'/' if folder else ''}{match['anchor'] or ''})"

    return re.sub(r"\]\((?P<path>[^)#\s]+\.md)(?P<anchor>#[^)\s]*)?\)", page, text)


def index(bounds: list[Bound], language: str) -> bytes:
    """The page that lists the notebooks of one language; a search finds the articles, not this list."""
    text = words(language)
    rows = [f"- [{b.article.front['title']}]({b.article.slug}.ipynb){_to_download(b.article)}" for b in bounds]
    return f"---\nsearch:\n  exclude: true\n---\n\n# {text['notebooks']}\n\n{text['notebooks_intro']}\n\n{chr(10).join(rows)}\n".encode()


def _to_download(article: Article) -> str:
    if not article.runs:
        return ""
    name = f"{article.slug}.ipynb"
    return f' · [{words(article.language)["save"]}](../{download(article.slug, "ipynb")}){{download="{name}"}}'
