"""Review: hold the results of a run against those that were accepted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from .article import Work
from .errors import Problem
from .ledger import Ledger, path_of
from .quantity import agree, quantity
from .results import Results, Table, places
from .text_table import text_table
from .wording import counted

SAME, WITHIN, DIFFERENT, NEW, GONE, ELSEWHERE = "same", "within tolerance", "different", "new", "gone", "not comparable"
EXACTLY = "the same"
CLAIM, VALUE, TABLE, OUTPUT = "claim", "value", "table", "output"


@dataclass(frozen=True)
class Comparison:
    """One result: of which kind, what it is called, what was accepted, what a run gave, what it may be, and how the two compare.

    ``place`` is "#id" of a cell or the name of an inline value. Bytes are ``ELSEWHERE``, "not comparable", where another
    machine or other versions may be why they differ.
    """

    kind: str
    place: str
    name: str
    accepted: str
    now: str
    allowed: str
    state: str

    @property
    def is_change(self) -> bool:
        return self.state in (DIFFERENT, NEW, GONE)


def compare(ledger: Ledger, results: Results, run: Mapping[str, Any]) -> list[Comparison]:
    """Every accepted or new result: claims, inline values, tables, digests of all else."""
    then = ledger.results
    alike = not list(differences(ledger.run, run))
    return [
        *_each(CLAIM, then.claims, results.claims, lambda old, new: (EXACTLY, SAME if old == new else DIFFERENT)),
        *_each(VALUE, then.values, results.values, lambda old, new: (_allowed(old), _agreement(old, new))),
        *_tables(then, results),
        *_each(OUTPUT, then.digests, results.digests, lambda old, new: _bytes(old, new, alike)),
    ]


def differences(one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """What was not the same for two runs, time and memory left out: its name, here, there."""
    for name in ("python", "platform", "processor", "seed"):
        if one.get(name) != other.get(name):
            yield name, str(one.get(name, "–")), str(other.get(name, "–"))
    for kind in ("versions", "environment"):
        mine, theirs = one.get(kind, {}), other.get(kind, {})
        for name in sorted({*mine, *theirs}):
            if mine.get(name) != theirs.get(name):
                yield name, str(mine.get(name) or "–"), str(theirs.get(name) or "–")


def _each(kind: str, then: Mapping[str, str], now: Mapping[str, str], judge: Callable[[str, str], tuple[str, str]]) -> Iterator[Comparison]:
    for key in dict.fromkeys([*then, *now]):
        name = key if kind == VALUE else f"#{key}"
        old, new = then.get(key), now.get(key)
        if old is None or new is None:
            yield Comparison(kind, name, name, old or "–", new or "–", "–", NEW if old is None else GONE)
        else:
            yield Comparison(kind, name, name, old, new, *judge(old, new))


def _allowed(accepted: str, tolerance: str = "") -> str:
    stated = quantity(accepted)
    if stated is None or (stated.tolerance is None and not tolerance):
        return EXACTLY
    return f"± {tolerance if stated.tolerance is None else stated.tolerance}"


def _agreement(accepted: str, now: str, tolerance: str = "") -> str:
    if accepted == now:
        return SAME
    return WITHIN if agree(accepted, now, tolerance) else DIFFERENT


def _bytes(accepted: str, now: str, alike: bool) -> tuple[str, str]:
    if accepted == now:
        return EXACTLY, SAME
    return (EXACTLY, DIFFERENT) if alike else ("–", ELSEWHERE)


def _tables(then: Results, now: Results) -> Iterator[Comparison]:
    for id in dict.fromkeys([*then.tables, *now.tables]):
        place, old, new = f"#{id}", then.tables.get(id), now.tables.get(id)
        if old is None or new is None or _shape(old) != _shape(new):
            state = NEW if old is None else GONE if new is None else DIFFERENT
            yield Comparison(TABLE, place, place, _size(old), _size(new), EXACTLY, state)
            continue
        tolerance, stated = then.tolerances.get(id, ""), now.tolerances.get(id, "")
        if tolerance != stated:
            yield Comparison(TABLE, place, f"{place} tolerance", tolerance or "–", stated or "–", EXACTLY, DIFFERENT)
        for heading, accepted, text in _cells(old, new):
            judged = _allowed(accepted, tolerance), _agreement(accepted, text, tolerance)
            yield Comparison(TABLE, place, f"{place} {heading}", accepted or "–", text or "–", *judged)


def _shape(table: Table) -> list[int]:
    return [len(row) for row in table]


def _size(table: Table | None) -> str:
    return f"{len(table)} rows of {max(map(len, table))}" if table else "–"


def _cells(old: Table, new: Table) -> Iterator[tuple[str, str, str]]:
    """The numbers of two tables of one shape, and what else differs: what a reader calls it, and its two texts."""
    for row, (before, after) in enumerate(zip(old, new, strict=True)):
        for column, (accepted, text) in enumerate(zip(before, after, strict=True)):
            if accepted != text or quantity(accepted):
                yield _heading(old, row, column), accepted, text


def _heading(table: Table, row: int, column: int) -> str:
    """The first text of its row and of its column, where it is not one of these itself."""
    names = [table[row][0], table[0][column]] if row and column else []
    return ", ".join(filter(None, names)) or f"row {row + 1}, column {column + 1}"


@dataclass(frozen=True)
class Review:
    """A run's results and those of the article's ledger; no comparisons where it has none."""

    results: Results
    run: Mapping[str, Any]
    ledger: Ledger | None

    @cached_property
    def comparisons(self) -> list[Comparison]:
        return compare(self.ledger, self.results, self.run) if self.ledger else []

    @property
    def is_as_accepted(self) -> bool:
        """Whether every result is the same: told without comparing them one by one."""
        return self.ledger is not None and self.ledger.results == self.results

    @property
    def changes(self) -> list[Comparison]:
        return [] if self.is_as_accepted else [one for one in self.comparisons if one.is_change]

    @property
    def elsewhere(self) -> list[Comparison]:
        """Outputs that are other than the accepted ones, where other conditions may be why."""
        return [] if self.is_as_accepted else [one for one in self.comparisons if one.state == ELSEWHERE]


def changed_problem(work: Work, reviewed: Review) -> Problem:
    """The results that are not as accepted, as one problem at the first of them, with a table."""
    where = places(work)
    path, line = next((where[one.place] for one in reviewed.changes if one.place in where), (str(work.original.path), 1))
    what = f"{counted('{n} result is|{n} results are', len(reviewed.changes))} not as accepted in {path_of(work.slug)}"
    fix = f'mend what changed them, or accept them: zhixing accept {work.slug} --reason "why they are right"'
    return Problem(path, line, what, fix, change_table(work, reviewed))


def change_table(work: Work, reviewed: Review) -> list[str]:
    """What changed, a line each, for whoever decides on it; nothing where nothing has."""
    where, rows = places(work), []
    for one in reviewed.changes:
        _, line = where.get(one.place, ("", "–"))
        rows.append([str(line), f"{one.kind} {one.name}", one.accepted, one.now, one.allowed, one.state])
    return text_table(["line", "result", "accepted", "now", "allowed", ""], rows) if rows else []


def elsewhere_note(slug: str, reviewed: Review) -> str:
    """Which outputs are other bytes than the accepted ones, and because of what that is no error."""
    ids = ", ".join(one.place for one in reviewed.elsewhere)
    reasons = ", ".join(f"{name} {here} (accepted: {there})" for name, here, there in differences(reviewed.run, reviewed.ledger.run))
    return f"{slug}: {ids} {'are' if len(reviewed.elsewhere) > 1 else 'is'} not byte for byte as accepted, which may come from {reasons}"
