"""Typed numbers: what an article says as a result, and no run gave.

A number is bound by an inline value, named by a number in the article's code, or excused by ``<!-- typed: why -->`` after it.
"""

from __future__ import annotations

import ast
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from .article import Article, Fenced, Formula, Listing, Prose, Value, Work
from .config import Config
from .errors import Problem
from .listing import ListingError, listed
from .literals import Excuse, Literal, read
from .syntax import LISTED, Report


@dataclass(frozen=True)
class Counts:
    """How many numbers of an article's prose its run gave, and how many are excused."""

    bound: int
    excused: int


def counts(article: Article) -> Counts:
    """The article's bound and excused numbers."""
    return Counts(sum(1 for _ in article.of(Value)), len(read(_prose(article))[1]))


def check_typed(work: Work, config: Config, report: Report) -> None:
    """Report each number that is typed in the work's articles, and each excuse that excuses nothing or gives no reason."""
    for article in work.articles.values():
        text = _prose(article)
        literals, excuses = read(text)
        excused = _excused(text, literals, excuses)
        first = 1 + article.front_text.count("\n")
        for excuse in excuses:
            _check_excuse(excuse, excuse in excused, article, first, report)
        typed = [(literal, first + literal.line, True) for literal in literals if literal not in excused.values()]
        typed += [(literal, line, False) for line, said in _labels(article) for literal in read(said)[0]]
        named = _named(work, article, config) if typed else frozenset()
        for literal, line, bindable in typed:
            if not literal.values or not literal.values <= named:
                report(_problem(literal, line, bindable, article))


def _prose(article: Article) -> str:
    """The article's text, line for line, without its fences, numbered formulas and inline values."""
    return "".join(_readable(part) for part in article.parts)


def _readable(part) -> str:
    if isinstance(part, Prose) and not part.fenced:
        return part.text
    return "\n" * part.text.count("\n") if isinstance(part, (Prose, Fenced, Formula)) else "\0"


def _labels(article: Article) -> Iterator[tuple[int, str]]:
    """What readers see beside the prose: (line, text)."""
    for key in ("title", "description"):
        if said := article.front.get(key):
            line = next((n for n, row in enumerate(article.front_text.splitlines(), 1) if row.startswith(key)), 1)
            yield line, str(said)
    for cell in article.cells:
        for key in ("caption", "alt"):
            yield cell.line, cell.options.get(key, "")


def _excused(text: str, literals: list[Literal], excuses: list[Excuse]) -> dict[Excuse, Literal]:
    """Each excuse with the nearest literal before it in its paragraph, if no other excuse has it."""
    ends = [literal.end for literal in literals]
    excused: dict[Excuse, Literal] = {}
    for excuse in excuses:
        nearest = bisect_right(ends, excuse.start) - 1
        if nearest >= 0 and literals[nearest] not in excused.values() and not re.search(r"\n[ \t>]*\n", text[ends[nearest] : excuse.start]):
            excused[excuse] = literals[nearest]
    return excused


def _check_excuse(excuse: Excuse, excuses: bool, article: Article, first: int, report: Report) -> None:
    if not excuse.why:
        report(
            Problem(
                article.path, first + excuse.line, "this excuse gives no reason", "write where the number comes from: <!-- typed: why -->"
            )
        )
    elif not excuses:
        what = "this excuse has no typed number before it in its paragraph"
        report(Problem(article.path, first + excuse.line, what, "put it right after the number, or remove it"))


def _named(work: Work, article: Article, config: Config) -> frozenset[float]:
    """The decimals in the code of the work's cells and of the article's listings."""
    named = set()
    for code in [*(cell.code for cell in work.cells), *_listed(article, config)]:
        try:
            nodes = list(ast.walk(ast.parse(code)))
        except SyntaxError:  # a cell that fails as it should, a listing of some lines
            continue
        named |= {round(node.value, 12) for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, float)}
    return frozenset(named)


def _listed(article: Article, config: Config) -> Iterator[str]:
    for row in (row for listing in article.of(Listing) for row in listing.body.splitlines()):
        if match := LISTED.match(row):
            try:
                yield listed(config.code, match["target"])
            except (ListingError, SyntaxError):  # bind reports it
                continue


def _problem(literal: Literal, line: int, bindable: bool, article: Article) -> Problem:
    bind = f"bind it: `{{python}} expression:{literal.format}`, or excuse it: <!-- typed: why -->"
    return Problem(
        article.path, line, f"the number {literal.text} is typed", bind if bindable else "leave it to the prose, where a run can give it"
    )
