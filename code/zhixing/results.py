"""Results: what an article publishes, as a ledger keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

from .article import Cell, Work
from .errors import Problem
from .quantity import is_finite, quantity
from .running.dependency import digest
from .store import Entry
from .syntax import Report

Table = list[list[str]]
DIGITS = 16  # of a digest: enough to tell one figure from another


@dataclass(frozen=True)
class Results:
    """What can be compared of a run.

    ``claims`` maps ids of claims to digests of what they assert, ``values`` "expression:format" to printed texts with
    their tolerances, ``tables`` ids of cells to the texts of their tables by row, ``tolerances`` such ids to what the
    numbers of their tables may differ by, ``digests`` ids of cells and names of files to digests of all other outputs.
    """

    claims: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, Table] = field(default_factory=dict)
    tolerances: Mapping[str, str] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)


def results_of(work: Work, entry: Entry, report: Report) -> Results:
    """The results of a work's run. One that cannot be compared (NaN, a tolerance on text) goes to ``report``."""
    claims = {cell.id: _digest([cell.code.strip()]) for cell in work.cells if cell.claim}
    tables: dict[str, Table] = {}
    digests: dict[str, str] = {}
    for cell in _published(work):
        found, others = _split(entry.outputs.get(cell.id, []))
        tables |= {cell.id if n == 0 else f"{cell.id}-{n + 1}": table for n, table in enumerate(found)}
        if others:
            digests[cell.id] = _digest(others)
        _check_tables(work, cell, found, report)
    digests |= {name: _digest([data]) for name, data in entry.assets.items()}
    tolerances = {cell.id: str(cell.options["tolerance"]) for cell in work.cells if "tolerance" in cell.options}
    return Results(claims, _values(work, entry, report), tables, tolerances, digests)


def _digest(texts: list[str]) -> str:
    return digest("\0".join(texts).encode("utf-8", "surrogatepass"))[:DIGITS]


def _published(work: Work) -> list[Cell]:
    """The cells whose outputs are shown in at least one language."""
    seen = {cell.id for article in work.articles.values() for cell in article.cells if cell.shown}
    return [cell for cell in work.cells if cell.id in seen]


def _values(work: Work, entry: Entry, report: Report) -> dict[str, str]:
    """Each inline value once, with the tolerance that is stated of it anywhere."""
    texts, values = entry.texts, {}
    for article, value in work.values:
        name = value.name
        text = value.printed(texts)
        if not is_finite(text):
            fix = "say what there is when there is no number, or mend what it is computed from"
            report(Problem(article.path, value.line, f"the inline value {name!r} is {text}", fix))
        elif value.tolerance and quantity(text) is None:
            fix = "state a tolerance of a number, as a number from 0 up"
            report(Problem(article.path, value.line, f"the inline value {name!r} with its tolerance is {text!r}", fix))
        before = values.get(name, "")
        if value.tolerance and "±" in before and before != text:
            fix = "state the same one everywhere"
            report(Problem(article.path, value.line, f"the inline value {name!r} has two tolerances: {before!r} and {text!r}", fix))
        if name not in values or value.tolerance:
            values[name] = text
    return values


def _split(outputs: list[dict]) -> tuple[list[Table], list[str]]:
    """The tables among a cell's outputs, and what is published of the others: streams are one text, whatever their channel."""
    tables, others, printed = [], [], ""
    for output in outputs:
        data = output.get("data", {})
        if output["output_type"] == "stream":
            printed += "".join(output["text"])
        elif "<table" in (page := "".join(data.get("text/html", ""))):
            tables.append(rows(page))
        elif data:
            others += ["".join(data[kind]) for kind in sorted(data) if kind != "text/plain" or len(data) == 1]
        else:
            others.append(f"{output['ename']}: {output['evalue']}")
    return tables, [printed, *others] if printed or others else []


def rows(page: str) -> Table:
    """The texts of an HTML table's cells, row by row."""
    reader = _Rows()
    reader.feed(page)
    return [[" ".join(cell.split()) for cell in row] for row in reader.rows if row]


class _Rows(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.rows: Table = []
        self.open = False

    def handle_starttag(self, tag: str, attributes: list) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th") and self.rows:
            self.rows[-1].append("")
            self.open = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "table"):
            self.open = False

    def handle_data(self, data: str) -> None:
        if self.open:
            self.rows[-1][-1] += data


def _check_tables(work: Work, cell: Cell, tables: list[Table], report: Report) -> None:
    texts = [text for table in tables for row in table for text in row]
    for text in filter(lambda text: not is_finite(text), texts):
        fix = "show – where there is no number, or mend what it is computed from"
        report(Problem(work.original.path, cell.line, f"the table of cell #{cell.id} holds {text}", fix))
        break
    if "tolerance" in cell.options and not any(map(quantity, texts)):
        what = f"cell #{cell.id} has a tolerance, and its outputs are no table with numbers"
        report(Problem(work.original.path, cell.line, what, "remove tolerance=, or show the numbers in a table"))


def places(work: Work) -> dict[str, tuple[str, int]]:
    """Where results stand, as path and line: "#id" of cells, and the names of inline values, in the original if they are there."""
    values = {value.name: (article.path.as_posix(), value.line) for article, value in reversed(work.values)}
    return values | {f"#{cell.id}": (work.original.path.as_posix(), cell.line) for cell in work.cells}
