"""Blocks: the Markdown that the engine writes, and text that Markdown leaves alone."""

from __future__ import annotations

import re

SPECIAL = re.compile(r"[\\`*_\[\]<>&|$~^=#{}\"'\n]")


def plain(text: str) -> str:
    """Text that Markdown and HTML leave alone."""
    return SPECIAL.sub(lambda match: f"&#{ord(match[0])};", text)


def indented(block: str, indent: str) -> str:
    if not indent:
        return block
    return "".join(indent + row if row.strip() else indent.rstrip(" \t") + row for row in block.splitlines(keepends=True))


def fenced(code: str, info: str) -> str:
    """A fence with this info string, long enough for what it encloses."""
    longest = max([2, *(len(run) for run in re.findall(r"`{3,}", code))])
    mark = "`" * (longest + 1)
    return f"{mark}{info}\n{code}\n{mark}\n"


def details(summary: str, body: str, name: str) -> str:
    """One line that a reader can open: an HTML ``details`` of the class ``name``, which no search finds."""
    attributes = f"    attrs: {{class: {name}, data-search-exclude: ''}}\n"
    return f"\n//// html | details\n{attributes}\n/// html | summary\n{summary}\n///\n\n{body}\n////\n"
