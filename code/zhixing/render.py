"""Formulas and diagrams as HTML: KaTeX in V8, Mermaid by merman. Each is drawn once and kept in the cache."""

from __future__ import annotations

import atexit
import html
import json
import re
from collections.abc import Callable
from functools import cache
from importlib.metadata import version as installed

from . import frontend
from .running.dependency import digest
from .store import canonical, made_by, sealed, unsealed, write_whole

FALLBACK = '<div class="mermaid">'  # what mermaid2 draws in the browser (for <pre> Material would fetch its own mermaid.js)
THEMES = {"light": "default", "dark": "dark"}


class RenderError(ValueError):
    """TeX or Mermaid that cannot be drawn; ``what`` names it, the message is the renderer's."""

    def __init__(self, what: str, source: str, message: str) -> None:
        self.what, self.source = what, source
        super().__init__(message)


def _kept(kind: str, version: str, source: str, draw: Callable[[], str]) -> str:
    key = digest(canonical([kind, version, made_by("render.py"), source]))
    path = frontend.cache_folder() / "rendered" / key[:2] / f"{key}.html"
    try:
        return unsealed(path.read_bytes()).decode()
    except (OSError, ValueError):  # not there, or damaged
        drawn = draw()
        write_whole(path, sealed(drawn.encode()))
        return drawn


def formula(tex: str, display: bool) -> str:
    """TeX as KaTeX's HTML with MathML. Raises RenderError."""
    kind = "display" if display else "inline"
    return _kept(kind, frontend.version("katex"), tex, lambda: _katex_html(tex, display))


@cache
def _katex():
    from py_mini_racer import MiniRacer

    engine = MiniRacer()
    atexit.register(engine.close)  # left to the interpreter's end, its thread is waited for without end on Python 3.13
    engine.eval((frontend.package("katex") / "katex.min.js").read_text(encoding="utf-8"))
    return engine


def _katex_html(tex: str, display: bool) -> str:
    from py_mini_racer import JSEvalException

    options = {"displayMode": display, "throwOnError": True, "strict": "ignore", "output": "htmlAndMathml"}
    try:
        return _katex().call("katex.renderToString", tex, options)
    except JSEvalException as error:
        found = re.search(r"KaTeX parse error: (.*?)(?:\n|$)", str(error))
        raise RenderError("formula", tex, found[1] if found else str(error).splitlines()[0]) from None


def diagram(source: str) -> str:
    """Mermaid as inline SVG, once for the light and once for the dark page.

    What merman cannot draw (labels with ``$$``), or has no wheel for, is left to mermaid.js on that page. Raises RenderError.
    """
    try:
        drawn_by = installed("merman")
    except ModuleNotFoundError:
        return fallback(source)
    return _kept("mermaid", drawn_by, source, lambda: _drawn(source))


def fallback(source: str) -> str:
    return f"{FALLBACK}{html.escape(source)}</div>"


def _drawn(source: str) -> str:
    import merman

    drawings = []
    for scheme, theme in THEMES.items():
        id = f"zx-{digest(source.encode())[:8]}-{scheme}"
        options = {
            "svg": {"diagram_id": id},
            "site_config": {
                "theme": theme,
                "look": "classic",
                "fontFamily": "system-ui, sans-serif",
                "flowchart": {"wrappingWidth": 320, "padding": 8},
            },
        }
        try:
            svg = merman.Merman().render_svg(source, json.dumps(options))
        except merman.MermanError as error:
            if getattr(error, "capability_id", None) == "math":
                return fallback(source)
            message = getattr(error, "message", str(error)).removeprefix("Diagram parse error ")
            raise RenderError("diagram", source, message) from None
        drawings.append(f'<div class="zx-diagram zx-{scheme}">{_steady(svg, id)}</div>')
    return f'<div class="zx-diagrams" data-search-exclude>{"".join(drawings)}</div>'


def _steady(svg: str, id: str) -> str:
    """The SVG with a size of its own, so that the page does not jump, and labels that are never cut.

    merman lays out for letters a fifth narrower than system fonts': they are drawn at 14 px in boxes for 16 px.
    mermaid2 parses every page in which it finds its name, so the name goes.
    """
    width = re.search(r"max-width:\s*([\d.]+)px", svg)
    height = re.search(r'viewBox="[\d.-]+ [\d.-]+ [\d.-]+ ([\d.]+)"', svg)
    if width and height:
        svg = svg.replace('width="100%"', f'width="{width[1]}" height="{height[1]}"', 1)
    svg = svg.replace("font-size:16px", "font-size:14px").replace("mermaidTooltip", "tooltip").replace("--mermaid-font", "--font")
    return svg.replace("</style>", f"#{id} foreignObject{{overflow:visible}}#{id} foreignObject div{{white-space:nowrap}}</style>", 1)
