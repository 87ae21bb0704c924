"""Tables for a terminal: columns aligned, as wide as a terminal shows their characters."""

from __future__ import annotations

from collections.abc import Sequence

WIDEST = 60  # columns of one text


def text_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a table. Where a text is too long, its middle is left out."""
    from wcwidth import ljust, width  # not loaded where no table is shown

    texts = [[shortened(text) for text in row] for row in [headings, *rows]]
    widths = [max(map(width, column)) for column in zip(*texts, strict=True)]
    return ["  ".join(map(ljust, row, widths)).rstrip() for row in texts]


def shortened(text: str) -> str:
    """A text of at most so many characters, without line breaks."""
    text = " ".join(text.split())
    half = (WIDEST - 1) // 2
    return text if len(text) <= WIDEST else f"{text[:half]}…{text[-half:]}"
