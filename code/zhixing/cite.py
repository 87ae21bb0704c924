"""Cite: what a page says of the tests that executed its code and checked its formulas, and the page that shows these tests."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import PurePosixPath

from .article import Article, Formula, Listing
from .bind import Bound
from .blocks import details, fenced, plain
from .evidence import Evidence
from .syntax import targets
from .wording import counted, words

PAGE = PurePosixPath("tests.md")


def under_listing(listing: Listing, bound: Bound) -> str:
    """How many tests executed the code of a listing, to be opened for which; nothing for what is no Python, or where nothing is known."""
    python = [target for target in targets(listing.body) if target.partition(":")[0].endswith(".py")]
    if bound.evidence is None or not python:
        return ""
    found = bound.evidence.of_listing(python)
    text = words(bound.article.language)
    if found.tests:
        summary = counted(text["executed"], len(found.tests), executed=found.executed, statements=found.statements)
        return _opened(summary, found.tests, bound)
    imported = 0 < found.executed == found.statements
    return f"\n{text['imported' if imported else 'unexecuted']}\n{{: .zx-evidence }}\n"


def under_formula(formula: Formula, bound: Bound) -> str:
    """How many tests check a formula, to be opened for which; nothing where none does."""
    tests = _checks(formula, bound)
    return _opened(counted(words(bound.article.language)["checked"], len(tests)), tests, bound) if tests else ""


def formulas_checked(bound: Bound) -> tuple[int, int]:
    """How many of the article's numbered formulas a test checks, and how many there are."""
    formulas = list(bound.article.of(Formula))
    return sum(bool(_checks(formula, bound)) for formula in formulas), len(formulas)


def _checks(formula: Formula, bound: Bound) -> list[str]:
    return bound.evidence.of_formula(f"{bound.article.slug}#{formula.id}") if bound.evidence else []


def _opened(summary: str, tests: list[str], bound: Bound) -> str:
    rows = [f"- [`{_name(test)}`]({_way(bound.article)}#{_anchor(test)}){_told(test, bound.evidence)}\n" for test in tests]
    return details(summary, "".join(rows), "zx-evidence")


def _told(test: str, evidence: Evidence) -> str:
    """The first sentence of a test's docstring."""
    source = evidence.source(test)
    told = ast.get_docstring(ast.parse(source).body[0]) if source else None
    sentence = re.split(r"(?<=[.!?])\s|(?<=[。！？])|\n\s*\n", told or "", maxsplit=1)[0]
    return f": {plain(' '.join(sentence.split()))}" if sentence else ""


def _way(article: Article) -> str:
    """The tests' page as seen from an article, which lies below docs/<language>/articles/."""
    return "../" * (len(article.path.parts) - 3) + str(PAGE)


def _name(test: str) -> str:
    return test.partition("::")[2].replace("::", ".")


def _anchor(test: str) -> str:
    return re.sub(r"\W+", "-", test)


def page(bounds: Iterable[Bound], language: str) -> str:
    """The page with the source of each test that these articles cite; empty where they cite none. A search does not find it."""
    found = {test: bound.evidence for bound in bounds for test in _cited(bound)}
    if not found:
        return ""
    text = words(language)
    blocks = [f"---\nsearch:\n  exclude: true\n---\n\n# {text['tests']}\n\n{text['tests_intro']}\n"]
    for file, tests in groupby(sorted(found), key=lambda test: test.partition("::")[0]):
        blocks.append(f"## `{file}`\n")
        for test in tests:
            blocks += [f"### `{_name(test)}` {{#{_anchor(test)}}}\n", fenced(found[test].source(test), "python")]
    return "\n".join(blocks)


def _cited(bound: Bound) -> Iterator[str]:
    if bound.evidence:
        for listing in bound.article.of(Listing):
            yield from bound.evidence.of_listing(targets(listing.body)).tests
        for formula in bound.article.of(Formula):
            yield from _checks(formula, bound)
