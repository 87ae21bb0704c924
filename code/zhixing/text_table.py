"""Tables for a terminal: columns aligned, as wide as a terminal shows their characters."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

WIDEST = 60  # columns of one text


def text_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a table. Where a text is too long, its middle is left out."""
    texts = [[shortened(text) for text in row] for row in [headings, *rows]]
    widths = [max(map(width, column)) for column in zip(*texts, strict=True)]
    padded = ([text + " " * (wide - width(text)) for text, wide in zip(row, widths, strict=True)] for row in texts)
    return ["  ".join(row).rstrip() for row in padded]


def width(text: str) -> int:
    """How many columns of a terminal a text takes: Chinese characters take two, combining ones none."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else not unicodedata.combining(char) for char in text)


def shortened(text: str) -> str:
    """A text of at most so many characters, without line breaks."""
    text = " ".join(text.split())
    half = (WIDEST - 1) // 2
    return text if len(text) <= WIDEST else f"{text[:half]}…{text[-half:]}"
