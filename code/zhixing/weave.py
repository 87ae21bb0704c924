"""Weave: a bound article becomes plain Markdown and assets, which any Python-Markdown generator builds.

The word is Knuth's ("Literate Programming", The Computer Journal 27(2), 1984).
"""

from __future__ import annotations

import base64
import os
import re
import shutil
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from . import cite
from .article import Article, Cell, Citation, Diagram, Formula, Listing, Part, Prose, Reference, Value
from .bind import SVG, Bound, anchor_of, picture_kind
from .blocks import fenced, indented, plain
from .config import Config
from .headers import SHAPES
from .legend import Legend
from .picture import clean_html, clean_svg
from .store import Entry, write_whole
from .syntax import header, targets
from .wording import words


@dataclass
class Page:
    """One woven Markdown page: its text, and which source line each stretch of it comes from.

    ``source`` is relative to the root, ``target`` to the language's docs folder.
    """

    source: PurePosixPath
    target: PurePosixPath
    text: str = ""
    _offsets: list[int] = field(default_factory=list)
    _lines: list[tuple[int, bool]] = field(default_factory=list)

    def add(self, text: str, line: int, verbatim: bool = False) -> None:
        self._offsets.append(len(self.text))
        self._lines.append((line, verbatim))
        self.text += text

    def line_at(self, offset: int) -> int:
        """The source line of a place in the text."""
        i = max(0, bisect_right(self._offsets, offset) - 1)
        line, verbatim = self._lines[i]
        return line + self.text.count("\n", self._offsets[i], offset) if verbatim else line


def weave(bound: Bound) -> Page:
    """Weave one article. Its front matter gains the slug, its text the title as heading."""
    article = bound.article
    page = Page(article.path, target_of(article))
    fence = article.front_text.rstrip().splitlines()[-1]
    page.add(article.front_text.rstrip().removesuffix(fence), 1, verbatim=True)
    page.add(f"slug: {article.slug}\n{fence}\n\n", 1)
    if not any(re.search(r"^# ", prose.text, re.M) for prose in article.of(Prose) if not prose.fenced):
        page.add(f"# {article.front['title']}\n\n", 1)
    for part in article.parts:
        woven = _woven(part, bound)
        page.add(part.text if woven is None else woven, part.line, verbatim=woven is None or isinstance(part, Diagram))
    page.add(reference_list(bound), 1)
    return page


def target_of(article: Article) -> PurePosixPath:
    """Where the article lies in the woven tree: as in the source, below the language's folder."""
    return article.path.relative_to(PurePosixPath("docs", article.language))


def assets(article: Article, entry: Entry) -> dict[PurePosixPath, bytes]:
    """What the run wrote, as files of the page: ``articles/<slug>/<name>``."""
    folder = PurePosixPath("articles", article.slug)
    files = {folder / name: base64.b64decode(data) for name, data in entry.assets.items()}
    for cell in article.cells:
        for name, data in _pictures(cell.id, entry.outputs.get(cell.id, [])):
            files[folder / name] = data
    return files


def _pictures(id: str, outputs: list[dict]) -> Iterable[tuple[str, bytes]]:
    for n, output in enumerate(outputs):
        kind = picture_kind(output.get("data", {}))
        if kind and kind != SVG:
            yield _picture_name(id, n, kind), base64.b64decode(output["data"][kind])


def _picture_name(id: str, n: int, kind: str) -> str:
    return f"{id}-{n}.{kind.partition('/')[2]}"


def _woven(part: Part, bound: Bound) -> str | None:
    """What stands for a part on the page; None where it stands for itself."""
    match part:
        case Listing():
            return _listing(part, bound)
        case Diagram():
            return indented(fenced(part.body.removesuffix("\n"), "mermaid"), part.indent)
        case Cell():
            return indented(_cell(part, bound), part.indent)
        case Value():
            spelled = plain(f"{{{part.expression}:{part.format}}}" if part.format else part.expression)
            return f'<span class="zx-value" title="{spelled}">{plain(part.printed(bound.values))}</span>'
        case Formula():
            block = f"/// html | div.zx-equation\n    attrs: {{id: {part.id}}}\n\n{bound.display(part)}\n///\n"
            return indented(block + cite.under_formula(part, bound), part.indent)
        case Reference():
            if part.target not in bound.anchors:
                return None  # bind has reported it
            id = next((f.id for f in bound.article.of(Formula) if anchor_of("eq", f.id) == part.target), part.target)
            return f"[{bound.numbered(part.target)}](#{id}){{.zx-ref}}"
        case Citation():
            numbers = zip(part.keys, bound.cited_numbers(part), strict=True)
            links = [f"[{number}](#ref-{key}){{.zx-citation}}" for key, number in numbers if number]
            return f"&#91;{', '.join(links)}&#93;"
    return None


def _listing(listing: Listing, bound: Bound) -> str:
    language, classes, id, options = header(listing.header)
    options.pop(SHAPES, None)
    options.setdefault("title", ", ".join(targets(listing.body)))
    names = " ".join(f".{name}" for name in (language or "text", *classes, "zx-listing"))
    attributes = names + (f" #{id}" if id else "") + "".join(f' {key}="{value}"' for key, value in options.items())
    code, note = bound.code.get(listing.line, ""), ""
    if legend := bound.legends.get(listing.line):
        code, note = legend.beside_rows(code), _measured(legend, words(bound.article.language))
    block = fenced(code, f"{{{attributes}}}") + note
    return indented(block + cite.under_listing(listing, bound), listing.indent)


def _measured(legend: Legend, text: Mapping[str, str]) -> str:
    """The line below a listing that says where its shapes come from."""
    said = text["measured_with"].format(plain(legend.meaning)) if legend.meaning else text["measured"]
    return f"\n{said}\n{{: .zx-measured }}\n"


def _cell(cell: Cell, bound: Bound) -> str:
    blocks = []
    output = cell.options.get("output", "show")
    if cell.options.get("echo", True) and output != "only":
        claim = " .zx-claim" if cell.claim else ""
        blocks.append(fenced(bound.code[cell.line], f"{{.python .zx-cell{claim} #cell-{cell.id}}}"))
    if cell.shown:
        blocks += [block for n, out in enumerate(bound.outputs[cell.id]) if (block := _output(cell, n, out, bound))]
        if blocks and (caption := cell.options.get("caption")):
            blocks.append(_caption(cell, caption, bound))
    if cell.claim:
        blocks.append(f"✓ {words(bound.article.language)['held']}\n{{: .zx-held }}\n")
    return "\n".join(blocks)


def _caption(cell: Cell, caption: str, bound: Bound) -> str:
    """A caption block (pymdownx.blocks.caption) for the output above it, numbered where prose can refer to it."""
    if anchor := bound.captioned.get(cell.id):
        text = words(bound.article.language)["caption"].format(bound.numbered(anchor), caption)
        return f"/// caption\n    attrs: {{id: {anchor}, class: zx-figure}}\n\n{text}\n\n///\n"
    return f"/// caption\n    attrs: {{class: zx-figure}}\n\n{caption}\n\n///\n"


def _output(cell: Cell, n: int, output: dict, bound: Bound) -> str:
    """One nbformat output as Markdown: its richest form that a page can show."""
    if output["output_type"] == "stream":
        return fenced(output["text"].rstrip("\n"), "{.text .zx-output}") if output["text"].strip() else ""
    if output["output_type"] == "error":
        return fenced(f"{output['ename']}: {output['evalue']}", "{.text .zx-output .zx-error}")
    data = {kind: "".join(value) if isinstance(value, list) else value for kind, value in output["data"].items()}
    alt = cell.options.get("alt", "")
    article = bound.article
    kind = picture_kind(data)
    if kind == SVG:
        svg = page_svg(data[SVG], n, cell, article)
        return fenced(f'<div class="zx-output zx-picture" data-search-exclude>{svg}</div>', "{.zx-html}")
    if kind:
        name = _picture_name(cell.id, n, kind)
        return f"![{plain(alt)}]({name if article.folder else f'{article.slug}/{name}'}){{.zx-output .zx-picture}}\n"
    if "text/html" in data:
        table = clean_html(data["text/html"], article.front.get("labels", {}))
        return fenced(f'<div class="zx-output zx-table">{table}</div>', "{.zx-html}")
    if "text/markdown" in data:
        return data["text/markdown"].strip() + "\n"
    if "text/latex" in data:
        return f"$$\n{data['text/latex'].strip().strip('$').strip()}\n$$\n"
    return fenced(data.get("text/plain", ""), "{.text .zx-output}") if data.get("text/plain") else ""


def page_svg(svg: str, n: int, cell: Cell, article: Article, prefix: str = "") -> str:
    """A cell's n-th output as the SVG of an article's page: described, its texts in the article's language."""
    name = f"{prefix}{article.slug}-{cell.id}-{n}"
    return clean_svg(svg, name, cell.options.get("alt", ""), article.front.get("labels", {}))


def reference_list(bound: Bound) -> str:
    """The sources that the article cites, as its last section; nothing where it cites none."""
    if not bound.cited:
        return ""
    heading = words(bound.article.language)["references"]
    rows = [f'1. <span id="ref-{key}"></span>{format_source(source)}' for key, source in bound.cited.items()]
    return f"\n\n## {heading} {{#references}}\n\n" + "\n".join(rows) + "\n"


def format_source(source: dict) -> str:
    """A CSL source as one line of Markdown: authors, year, title, where, link."""
    authors = source.get("author", [])
    authors = ", ".join(_author(a) for a in (authors if isinstance(authors, list) else [authors]))
    year = source.get("issued", "")
    year = year.get("year", year.get("date-parts", [[""]])[0][0]) if isinstance(year, dict) else year
    place = source.get("container-title") or source.get("publisher") or ""
    volume = str(source.get("volume", "")) + (f"({source['issue']})" if source.get("issue") else "")
    where = ", ".join(filter(None, [f"*{place}*" if place else "", volume, str(source.get("page", ""))]))
    link = f"https://doi.org/{source['DOI']}" if source.get("DOI") else source.get("URL", "")
    parts = [f"{authors} ({year})" if year else authors, source.get("title", ""), where, f"<{link}>" if link else ""]
    return ". ".join(part for part in parts if part) + ("" if link else ".")


def _author(author: dict | str) -> str:
    if isinstance(author, str):
        return author
    return author.get("literal") or f"{author.get('given', '')} {author.get('family', '')}".strip()


def publish(folder: PurePosixPath | str, files: dict[PurePosixPath, bytes], config: Config) -> int:
    """Make ``folder`` (below build/) hold exactly ``files``; returns how many changed.

    Files that are the same stay untouched, so that a watching server sees no change.
    """
    base = config.build / folder
    changed = 0
    for name, data in files.items():
        path = base / name
        if path.is_dir():
            shutil.rmtree(path)
        if not path.is_file() or path.stat().st_size != len(data) or path.read_bytes() != data:
            for parent in path.parents:
                if parent.is_file():  # where a folder is wanted now
                    parent.unlink()
            write_whole(path, data)
            changed += 1
    wanted = {str(base / name) for name in files}
    for folder, _, names in os.walk(base, topdown=False):
        for gone in {os.path.join(folder, name) for name in names} - wanted:
            os.unlink(gone)
            changed += 1
        if folder != str(base) and not os.listdir(folder):
            os.rmdir(folder)
    return changed
