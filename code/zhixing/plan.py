"""Plan: which articles run, and because of what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .article import Work
from .config import Config
from .machine import interpreter
from .running.dependency import States, digest
from .store import Entry, Store, canonical, made_by

# of running/, what a run's outputs and its record can depend on
RUN_BY = (
    *("runner.py", "outputs.py", "process.py", "matplotlibrc", "layers.py", "shapes.py"),
    *("imports.py", "functions.py", "project.py", "callers.py", "trace.py", "dependency.py"),
)


@dataclass(frozen=True)
class Plan:
    """One work's state: ``entry`` where it is fresh, else ``why`` it has to run."""

    work: Work
    recipe: Mapping[str, Any]
    entry: Entry | None
    why: str

    @property
    def fresh(self) -> bool:
        return self.entry is not None


def recipe(work: Work, config: Config) -> dict[str, Any]:
    """What a work's run is asked to do: prose, captions and places left out."""
    declared = {} if work.depends is None else {"depends": work.depends}
    return declared | {
        "cells": [[cell.id, digest(canonical([cell.code.rstrip(), cell.raises]))] for cell in work.cells],
        "values": [list(field) for field in work.fields],
        "shapes": work.shapes,
        "models": [list(pair) for pair in work.models],
        "preload": list(config.preload),
        "interpreter": interpreter(),
        "zhixing": made_by(*(f"running/{name}" for name in RUN_BY)),
    }


def plan(work: Work, config: Config, store: Store, states: States) -> Plan:
    """Find an entry of the store that is still true, or the reason why there is none.

    An article without cells, inline values and models has nothing to run: its entry is empty.
    """
    wanted = recipe(work, config)
    if not work.runs:
        nothing = Entry(work.slug, wanted, {}, {}, [], {}, {})
        return Plan(work, wanted, nothing, "")
    why = ""
    for entry in store.entries(work.slug):
        reason = store.damage if entry is None else _change(entry, wanted, states)
        if not reason:
            return Plan(work, wanted, entry, "")
        why = why or reason
    return Plan(work, wanted, None, why or "it has never run")


def _change(entry: Entry, wanted: Mapping[str, Any], states: States) -> str:
    """The first thing that is not as it was when the entry was made, in words; empty where all is the same."""
    return _difference(entry.recipe, wanted) or next(iter(states.changes(entry.dependencies)), "")


def _difference(then: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """The first thing in which two recipes differ, in words; empty where they are the same."""
    for what in ("interpreter", "zhixing", "preload"):
        if then[what] != now[what]:
            return f"{what} {_words(then[what])} is now {_words(now[what])}"
    if then["cells"] != now["cells"]:
        before, after = dict(then["cells"]), dict(now["cells"])
        for id in after:
            if id not in before:
                return f"cell #{id} is new"
            if before[id] != after[id]:
                return f"cell #{id} changed"
        gone = [id for id in before if id not in after]
        return f"cell #{gone[0]} is gone" if gone else "the cells' order changed"
    if then.get("depends") != now.get("depends"):
        return "depends: in its front matter changed"
    if then["values"] != now["values"]:
        other = [f for f in now["values"] if f not in then["values"]]
        return f"the inline value {other[0][0]!r} is new" if other else "the inline values changed"
    for what, words in (("shapes", "the listings that show shapes"), ("models", "the models that diagrams are checked against")):
        if then[what] != now[what]:
            return f"{words} are others"
    return ""


def _words(value: Any) -> str:
    return ", ".join(value) or "nothing" if isinstance(value, list) else str(value)
