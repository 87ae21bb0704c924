"""The noun: an article as a sequence of parts that together are its source text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, TypeVar

from .quantity import number


@dataclass(frozen=True)
class Part:
    """A stretch of source: ``text`` verbatim, and the line (from 1) where it starts."""

    text: str
    line: int


@dataclass(frozen=True)
class Prose(Part):
    """Text that goes to the page as it is, other fences and diagrams included."""

    @property
    def fenced(self) -> bool:
        return self.text.lstrip(" \t>").startswith(("```", "~~~"))


@dataclass(frozen=True)
class Fenced(Part):
    """A fenced block that the engine acts on; ``indent`` stands before each of its lines."""

    indent: str = ""


@dataclass(frozen=True)
class Listing(Fenced):
    """A fence that shows code from ``code/``: ``header`` is its info string, ``body`` what it encloses.

    ``shapes`` are those of its targets of which the run is to measure shapes.
    """

    header: str = ""
    body: str = ""
    shapes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Diagram(Fenced):
    """A Mermaid flowchart that is checked against a model: ``model`` and ``input`` are expressions."""

    body: str = ""
    model: str = ""
    input: str = ""

    @property
    def measured(self) -> tuple[str, str]:
        """What is evaluated, wherever it stands."""
        return self.model, self.input


@dataclass(frozen=True)
class Cell(Fenced):
    """A fenced Python block that is executed.

    ``code_line`` is the line of the first line of code; ``options`` are as written in the header.
    """

    id: str = ""
    code: str = ""
    code_line: int = 0
    claim: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def shown(self) -> bool:
        """Whether its outputs are on the page."""
        return self.options.get("output") != "hide"

    @property
    def raises(self) -> str | None:
        return self.options.get("raises")


@dataclass(frozen=True)
class Value(Part):
    """An expression in prose, replaced with its formatted value after all cells have run.

    ``tolerance`` is what the result may differ by elsewhere: a number as written, or an expression that the run computes.
    """

    expression: str = ""
    format: str = ""
    tolerance: str = ""

    @property
    def name(self) -> str:
        """Its expression and format as they are spelled."""
        return f"{self.expression}:{self.format}" if self.format else self.expression

    @property
    def field(self) -> tuple[str, str]:
        """What is computed, wherever it stands: the expression and its format."""
        return self.expression, self.format

    @property
    def spread(self) -> tuple[str, str] | None:
        """The field that computes the tolerance, formatted as the value is; None where a number is written, or nothing."""
        return (self.tolerance, self.format) if self.tolerance and number(self.tolerance) is None else None

    def printed(self, texts: Mapping[tuple[str, str], str]) -> str:
        """The result as it is printed, with its tolerance where one is stated; ``texts`` are those of fields."""
        tolerance = texts.get(self.spread, "") if self.spread else self.tolerance
        text = texts.get(self.field, "")
        return f"{text} ± {tolerance}" if tolerance else text


@dataclass(frozen=True)
class Formula(Part):
    """A display formula with an id."""

    tex: str = ""
    id: str = ""
    indent: str = ""


@dataclass(frozen=True)
class Reference(Part):
    """``@fig-…``, ``@tbl-…`` or ``@eq-…`` in prose."""

    target: str = ""


@dataclass(frozen=True)
class Citation(Part):
    """``[@key; @key]`` in prose."""

    keys: tuple[str, ...] = ()


P = TypeVar("P", bound=Part)


@dataclass(frozen=True)
class Article:
    """One article in one language.

    ``path`` is relative to the root; ``front`` is the front matter as data and
    ``front_text`` as written, its fences included; ``folder`` tells whether it has files beside it.
    """

    slug: str
    language: str
    path: PurePosixPath
    front: Mapping[str, Any]
    front_text: str
    parts: tuple[Part, ...]

    @property
    def folder(self) -> bool:
        return self.path.name == "index.md"

    def of(self, kind: type[P]) -> Iterator[P]:
        """Its parts of one kind, in order."""
        return (part for part in self.parts if isinstance(part, kind))

    @property
    def cells(self) -> list[Cell]:
        return list(self.of(Cell))

    @property
    def runs(self) -> bool:
        """Whether it has anything that is run."""
        return any(isinstance(part, (Cell, Value, Diagram)) for part in self.parts)

    @property
    def source(self) -> str:
        return self.front_text + "".join(part.text for part in self.parts)


@dataclass(frozen=True)
class Work:
    """An article with its translations: one slug, one run."""

    slug: str
    articles: Mapping[str, Article]
    original: Article

    @property
    def cells(self) -> list[Cell]:
        return self.original.cells

    @property
    def paths(self) -> set[str]:
        """The files of its articles."""
        return {str(article.path) for article in self.articles.values()}

    @property
    def runs(self) -> bool:
        return any(article.runs for article in self.articles.values())

    @property
    def depends(self) -> list[str] | None:
        """What its run is declared to read beside what is seen to be read; None where nothing is declared."""
        return self.original.front.get("depends")

    @property
    def fields(self) -> list[tuple[str, str]]:
        """The distinct (expression, format) pairs that all languages publish, the original's first, then those of tolerances."""
        values = [value for _, value in self.values]
        return list(dict.fromkeys([*(value.field for value in values), *filter(None, (value.spread for value in values))]))

    @property
    def values(self) -> list[tuple[Article, Value]]:
        """Every inline value with where it stands, the original's first."""
        return self._of(Value)

    @property
    def shapes(self) -> list[str]:
        """The listed functions whose shapes the run measures, in any language."""
        return sorted({target for _, listing in self._of(Listing) for target in listing.shapes})

    @property
    def models(self) -> list[tuple[str, str]]:
        """The distinct (model, input) pairs that diagrams of all languages are checked against."""
        return list(dict.fromkeys(diagram.measured for _, diagram in self._of(Diagram)))

    def _of(self, kind: type[P]) -> list[tuple[Article, P]]:
        """The parts of one kind with where they stand, the original's first."""
        articles = [self.original, *(a for a in self.articles.values() if a is not self.original)]
        return [(article, part) for article in articles for part in article.of(kind)]
