"""Notebook pages: what mkdocs-jupyter renders, fitted to the site.

Its pages bring 590 KB of styles, a loader of mermaid.js from another host, a second copy of all code, and neither formulas nor
Markdown extensions. The body is kept, formulas, diagrams and figures are drawn as on every other page.
"""

from __future__ import annotations

import base64
import html
import re

from . import render

LEAVE_OUT = (
    r'<div class="zeroclipboard-container">.*?</clipboard-copy>\s*</div>',
    r'<div id="cell-\d+" class="clipboard-copy-txt">.*?</div>',
    r'<a class="anchor-link"[^>]*>¶</a>',
)
TEX = re.compile(r"\$\$(.+?)\$\$|(?a:(?<![\\$\w])\$(?=[^\s$<])([^$<]+?)(?<![\s\\])\$(?!\d))", re.S)
PROTECTED = re.compile(r"(<(pre|code|script|style)\b.*?</\2>)", re.S)
DIAGRAM = re.compile(r'<div class="jp-Mermaid">\s*<pre class="mermaid">(.*?)</pre>\s*</div>', re.S)
FIGURE = re.compile(r'<img src="data:image/svg\+xml;base64,([^"]+)"[^>]*>')


def fit(page: str) -> str:
    """The body of a page by mkdocs-jupyter as a page of this site."""
    body = page[page.index('<div class="jupyter-wrapper">') : page.rindex("</div> <!-- jupyter-wrapper -->")] + "</div>"
    for pattern in LEAVE_OUT:
        body = re.sub(pattern, "", body, flags=re.S)
    body = _with_formulas(body)
    body = DIAGRAM.sub(lambda match: render.diagram(html.unescape(match[1])), body)
    return FIGURE.sub(lambda match: base64.b64decode(match[1]).decode(), body)


def _with_formulas(text: str) -> str:
    """HTML whose text holds TeX between dollars, as nbconvert leaves it, with the formulas drawn."""
    pieces = PROTECTED.split(text)
    for i in range(0, len(pieces), 3):  # text, protected element, its name
        pieces[i] = TEX.sub(lambda match: render.formula(html.unescape(match[1] or match[2]).strip(), bool(match[1])), pieces[i])
        pieces[i + 2 : i + 3] = [""]
    return "".join(pieces)


def headings(body: str) -> list[dict]:
    """The page's headings as Python-Markdown's toc tokens: level, id, name, children."""
    outline: list[dict] = []
    for level, id, title in re.findall(r'<h([1-6]) id="([^"]*)"[^>]*>(.*?)</h\1>', body, re.S):
        siblings = outline
        while siblings and siblings[-1]["level"] < int(level):
            siblings = siblings[-1]["children"]
        name = re.sub(r"<[^>]*>", "", title).strip()
        siblings.append({"level": int(level), "id": html.unescape(id), "name": name, "children": []})
    return outline
