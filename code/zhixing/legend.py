"""Legend: the shapes that a run measured, beside the lines of a listing, and the comments there held against them.

A comment names the shape of what its line binds or returns, last: ``# (B, 512) -> (B, 64)``. A capital letter stands for one
number throughout a function; several shapes are those of the line's names in order, ``# each (B, H)`` is that of all.
"""

from __future__ import annotations

import ast
import io
import math
import re
import tokenize
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from .article import Article, Listing
from .config import Config
from .errors import Problem
from .listing import ListingError, listed
from .running.functions import named
from .running.shapes import statements
from .store import Entry
from .syntax import LISTED, Report

MARK = "#⇥ "  # begins what is measured on a woven line; the page shows what follows beside the code
SYMBOL = r"[A-Z][a-z]*\d*'*"
SIZE = rf"(?:\d+|{SYMBOL})(?:\*?(?:\d+|{SYMBOL}))*"
SHAPE = re.compile(rf"(?<!\w)\((?P<sizes>{SIZE},|{SIZE}(?:, ?{SIZE})+,?)\)")


@dataclass
class Legend:
    """What is measured of one listing: the text ``beside`` each of its rows (from 0), and by function what symbols stand for."""

    beside: dict[int, str] = field(default_factory=dict)
    symbols: dict[str, dict[str, int]] = field(default_factory=dict)

    @property
    def meaning(self) -> str:
        """What the symbols of its comments stand for: "B = 64"."""
        known = list(dict.fromkeys(pair for sizes in self.symbols.values() for pair in sizes.items()))
        if len(dict(known)) == len(known):
            return _sizes(known)
        return "; ".join(f"{name}: {_sizes(sizes.items())}" for name, sizes in self.symbols.items() if sizes)

    def beside_rows(self, code: str) -> str:
        """The listing's code with what was measured as comments, each behind its mark."""
        rows = code.split("\n")
        return "\n".join(f"{row}  {MARK}{self.beside[n]}" if n in self.beside else row for n, row in enumerate(rows))


def legends(article: Article, entry: Entry, config: Config, report: Report) -> dict[int, Legend]:
    """The legend of each listing that asks for shapes, by the listing's line."""
    return {listing.line: _legend(listing, article, entry, config, report) for listing in article.of(Listing) if listing.shapes}


def _legend(listing: Listing, article: Article, entry: Entry, config: Config, report: Report) -> Legend:
    legend, start = Legend(), 0
    for offset, row in enumerate(listing.body.removesuffix("\n").split("\n"), 1):
        if not (match := LISTED.match(row)):
            start += 1
            continue
        try:
            code = listed(config.code, match["target"])
        except (ListingError, SyntaxError):
            continue  # bind reports it
        try:
            for problem in _measured(match["target"], start, legend, entry, config):
                report(Problem(article.path, listing.line + offset, problem, "mend the comment or the code"))
        except ListingError as error:
            report(Problem(article.path, listing.line + offset, str(error), error.fix))
        start += len(code.splitlines())
    return legend


def _measured(target: str, start: int, legend: Legend, entry: Entry, config: Config) -> Iterator[str]:
    """Add one function, listed from row ``start`` on, to the legend; its comments that are wrong."""
    file, _, name = target.partition(":")
    text = (config.code / file).read_text(encoding="utf-8")
    function = dict(named(ast.parse(text))).get(name) if file.endswith(".py") else None
    if function is None:
        fix = 'list it as "file.py:function" or "file.py:Class.method"'
        raise ListingError(f"listing {target!r} has no shapes: it is no function", fix)
    rows = dict(entry.shapes.get(target, []))
    if not any(rows.values()):
        what = "gave nothing with a shape" if target in entry.shapes else "was not called, or only failed"
        raise ListingError(f"listing {target!r} has no shapes: in this run it {what}", "call it in a cell, or remove shapes=true")
    first = min([function.lineno, *(decorator.lineno for decorator in function.decorator_list)])
    comments = _comments(text)
    symbols = legend.symbols.setdefault(name, {})
    for number, statement in enumerate(statements(function)):
        shapes = rows.get(number, [])
        said = [comment for line in range(statement.lineno, statement.end_lineno + 1) if SHAPE.search(comment := comments.get(line, ""))]
        if said and shapes:
            wrong = _difference(said[-1], shapes, symbols)
            yield from (f"code/{file}:{statement.end_lineno}: {what}" for what in wrong)
        elif shapes:
            row = start + statement.end_lineno - first
            legend.beside[row] = ", ".join(filter(None, [legend.beside.get(row), _text(shapes)]))


def _comments(text: str) -> dict[int, str]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return {token.start[0]: token.string for token in tokens if token.type == tokenize.COMMENT}


def _difference(comment: str, shapes: Sequence[tuple[str, list[int]]], symbols: dict[str, int]) -> Iterator[str]:
    """The shapes that the comment says otherwise; symbols that it is the first to name get their meaning."""
    said = [match["sizes"] for match in SHAPE.finditer(comment.rpartition("->")[2])]
    if len(shapes) == 1 or re.search(r"\beach\b", comment):
        said = said[-1:] * len(shapes)
    for sizes, (name, shape) in zip(said, shapes, strict=False):
        written = [size.strip() for size in sizes.split(",") if size.strip()]
        if len(written) != len(shape) or not all(_agrees(*pair, symbols) for pair in zip(written, shape, strict=True)):
            known = {symbol: symbols[symbol] for symbol in re.findall(SYMBOL, sizes) if symbol in symbols}
            where = f", where {', '.join(f'{symbol} is {size}' for symbol, size in known.items())}," if known else ""
            yield f"the comment says {name or 'the result'} is ({sizes}){where} but the run measured {_tuple(shape)}"


def _agrees(size: str, measured: int, symbols: dict[str, int]) -> bool:
    """Whether a size as written can be the measured one; a product of which a factor is not known can."""
    if re.fullmatch(SYMBOL, size):
        return symbols.setdefault(size, measured) == measured
    factors = [int(factor) if factor.isdigit() else symbols.get(factor) for factor in re.findall(rf"\d+|{SYMBOL}", size)]
    return None in factors or math.prod(factors) == measured


def _text(shapes: Sequence[tuple[str, list[int]]]) -> str:
    """The shape of what a line gave; of several names, each with its own."""
    if len(shapes) == 1:
        return _tuple(shapes[0][1])
    return ", ".join(f"{name} {_tuple(shape)}" for name, shape in shapes)


def _sizes(pairs: Iterable[tuple[str, int]]) -> str:
    return ", ".join(f"{symbol} = {size}" for symbol, size in pairs)


def _tuple(shape: Sequence[int]) -> str:
    return str(tuple(shape))
