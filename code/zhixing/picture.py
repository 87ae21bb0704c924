"""Pictures and tables of runs made fit for a page: sanitised, themeable, without clashing ids."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from functools import lru_cache

TABLE_TAGS = {"div", "p", "span", "b", "strong", "i", "em", "code", "sub", "sup", "br", "caption"}
TABLE_TAGS |= {"table", "thead", "tbody", "tfoot", "tr", "th", "td", "colgroup", "col"}

# what can run a script or load from elsewhere, and what it cannot be without: that is found three times as fast
ACTIVE = re.compile(r"""\son\w+\s*=\s*("[^"]*"|'[^']*')|\s(?:xlink:)?href\s*=\s*("(?!\#|data:)[^"]*"|'(?!\#|data:)[^']*')|@import[^;]*;""")
SUSPECT = re.compile(r"""on\w+\s*=|href\s*=\s*["'](?!\#|data:)|@import""")


def clean_html(text: str, labels: Mapping[str, str]) -> str:
    """A cell's HTML reduced to tables and text, its texts translated by ``labels``.

    No script, style, link to elsewhere or event handler is left.
    """
    import nh3

    spans = {"colspan", "rowspan", "scope"}
    clean = nh3.clean(text, tags=TABLE_TAGS, attributes={"th": spans, "td": spans}, link_rel=None).strip()
    return re.sub(r"(<t[hd]\b[^>]*>)([^<]*)(</t[hd]>)", lambda m: m[1] + _translated(m[2], labels) + m[3], clean)


def clean_svg(svg: str, prefix: str, alt: str, labels: Mapping[str, str]) -> str:
    """An SVG to stand in a page: described by ``alt``, in the page's ink and font, its texts translated by ``labels``.

    Ids get the prefix (a page holds several figures). Black becomes the page's text colour.
    """
    svg = _clean(svg).replace("url(#", f"url(#{prefix}-").replace('href="#', f'href="#{prefix}-')
    svg = re.sub(r'id="(?<=\sid=")', f'id="{prefix}-', svg)
    svg = re.sub(r"(<text\b[^>]*>)([^<]*)(</text>)", lambda m: m[1] + _translated(m[2], labels) + m[3], svg)
    role = f'role="img" aria-label="{html.escape(alt, quote=True)}" fill="currentColor"'
    return re.sub(r"<svg\b", f"<svg {role}", svg, count=1).strip()


@lru_cache(maxsize=16)  # a figure stands on its page and in its notebook, in each language
def _clean(svg: str) -> str:
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<script.*?</script>", "", svg, flags=re.S)
    if SUSPECT.search(svg):
        svg = ACTIVE.sub("", svg)
    return re.sub(r"#000000\b", "currentColor", svg.replace("'DejaVu Sans'", "system-ui, sans-serif"))


def _translated(text: str, labels: Mapping[str, str]) -> str:
    label = labels.get(html.unescape(text).strip())
    return text if label is None else html.escape(label)
