"""Cache: what the command of this name does with the kept outputs of runs, while no build is running."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from . import pipeline
from .config import Config
from .errors import Problem
from .lock import one_at_a_time, remove_leftovers
from .outcome import Build
from .store import Kept, Store, set_aside

Done = dict[str, list[Path]]  # what was done: the files that it was done to


def manage(action: str, config: Config, result: Build) -> list[str]:
    """Show, verify, repair or prune; returns lines for a person, and leaves in ``result.more`` what there is now and what was done."""
    done: Done = {"set_aside": [], "removed": []}
    with one_at_a_time(config):
        store = Store(config.build / "store")
        ACTIONS[action](store, config, result, done)
        kept = store.all()
    names = {what: [path.relative_to(config.root).as_posix() for path in paths] for what, paths in done.items()}
    result.more = {"entries": [_as_json(one, config) for one in kept], **names}
    listed = [_line(one) for one in kept] if action == "show" else []
    changes = [f"{what.replace('_', ' ')} {name}" for what, found in names.items() for name in found]
    return [*listed, *changes, _summary(kept)]


def _show(store: Store, config: Config, result: Build, done: Done) -> None:
    """Change nothing: what is kept is told after every action."""


def _verify(store: Store, config: Config, result: Build, done: Done) -> None:
    """Report each damaged entry, and change nothing."""
    for one in _damaged(store):
        place = one.path.relative_to(config.root)
        result.report(Problem(place, 1, "this entry is damaged", "run `zhixing cache repair`: its article will run again"))


def _repair(store: Store, config: Config, result: Build, done: Done) -> None:
    """Set damaged entries aside and remove what killed builds left behind."""
    done["set_aside"] = [set_aside(one.path) for one in _damaged(store)]
    done["removed"] = remove_leftovers(config)


def _prune(store: Store, config: Config, result: Build, done: Done) -> None:
    """Remove what no article uses now, what is damaged or set aside, and what killed builds left behind.

    The last entry of an article that is not fresh now is kept.
    """
    fresh = {made.work.slug: made.entry for made in pipeline.status(config, result) if made.entry}
    last = {slug: next(filter(None, store.entries(slug)), None) for slug in result.outcomes}
    used = {store.path(entry) for entry in {**last, **fresh}.values() if entry}
    done["removed"] = [one.path for one in store.all() if one.path not in used]
    for path in done["removed"]:
        path.unlink()
    done["removed"] += remove_leftovers(config)


ACTIONS = {"show": _show, "verify": _verify, "repair": _repair, "prune": _prune}


def _damaged(store: Store) -> list[Kept]:
    return [one for one in store.all() if one.state == "damaged"]


def _as_json(one: Kept, config: Config) -> dict:
    return {"path": one.path.relative_to(config.root).as_posix(), "bytes": one.path.stat().st_size, "state": one.state}


def _line(one: Kept) -> str:
    state = "" if one.state == "whole" else f"  {one.state}"
    return f"{one.path.stat().st_size:>10,}  {one.path.parent.name}/{one.path.stem[:12]}{state}"


def _summary(kept: list[Kept]) -> str:
    """How many there are in each state, and how large they are together."""
    count = Counter(one.state for one in kept)
    states = ", ".join(f"{count[state]} {state}" for state in ("whole", *sorted(count.keys() - {"whole"})))
    return f"{sum(one.path.stat().st_size for one in kept):>10,}  bytes kept: {states}"
