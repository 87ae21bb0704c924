"""Runs: from articles to entries: what is fresh comes from the store, what is stale is run."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor, as_completed, wait
from contextlib import nullcontext
from dataclasses import dataclass, field

from .article import Work
from .config import Config
from .errors import Problem, Problems
from .outcome import Build, Outcome, Progress
from .plan import Plan, plan
from .running.dependency import States, find_providers
from .store import Entry, Store


def make_plans(works: list[Work], config: Config, store: Store, result: Build) -> list[Plan]:
    """A plan for each work that was read without a problem."""
    environment = {name: os.environ[name] for name in config.environment if name in os.environ}
    states = States(config.root, environment)
    plans = []
    for work in works:
        if result.is_broken(work):
            result.outcomes[work.slug] = Outcome(work.slug, "failed", "its source has a problem")
            continue
        made = plan(work, config, store, states)
        result.outcomes[work.slug] = Outcome(work.slug, "fresh" if made.fresh else "stale", made.why)
        plans.append(made)
    return plans


def run_plans(
    plans: list[Plan], config: Config, store: Store, result: Build, progress: Progress, pool: Executor | None
) -> dict[str, Entry]:
    """The entry of each work: from the store, or from a run. A failure is reported and never stored."""
    entries = {made.work.slug: made.entry for made in plans if made.entry}
    stale = [made for made in plans if not made.fresh]
    for made in stale:
        progress(result.outcomes[made.work.slug], 0, len(stale))
    with nullcontext(pool) if pool else ThreadPoolExecutor(_cores()) as workers:
        for done, (made, outcome) in enumerate(_run(stale, config, workers), 1):
            result.outcomes[made.work.slug] = outcome
            if isinstance(outcome, _Ran):
                entries[made.work.slug] = outcome.entry
                _keep(outcome, store)
            else:
                result.problems += outcome.problems
            progress(outcome, done, len(stale))
    return entries


def _cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass
class _Ran(Outcome):
    entry: Entry | None = None


@dataclass
class _Failed(Outcome):
    problems: list[Problem] = field(default_factory=list)


def _run(stale: list[Plan], config: Config, pool: Executor) -> Iterator[tuple[Plan, Outcome]]:
    if not stale:
        return
    from .running.process import end_all

    futures = {pool.submit(_execute, made, config): made for made in stale}
    try:
        find_providers()  # 0.3 s, while the first run starts
        for future in as_completed(futures):
            yield futures[future], future.result()
    finally:
        for future in futures:
            future.cancel()
        while wait(futures, timeout=0.1).not_done:
            end_all()
        end_all()


def _execute(made: Plan, config: Config, listen: Callable[[dict], None] = lambda event: None) -> Outcome:
    from .execute import execute  # not loaded where nothing has to run

    started = time.perf_counter()
    slug = made.work.slug
    try:
        entry = execute(made.work, dict(made.recipe), config, listen)
    except (Problem, Problems) as error:
        problems = error.problems if isinstance(error, Problems) else [error]
        return _Failed(slug, "failed", made.why, time.perf_counter() - started, problems=problems)
    return _Ran(slug, "ran", made.why, time.perf_counter() - started, entry=entry)


def _keep(outcome: _Ran, store: Store) -> None:
    """Store the entry, unless the run did what no trace follows and nothing is declared: then it runs again each time."""
    untraceable = outcome.entry.dependencies["untraceable"]
    if untraceable and "depends" not in outcome.entry.recipe:
        did = f"it {' and '.join(untraceable)}"
        outcome.why += f" (not kept: {did})"
        outcome.unkept = f"{did}; declare what that read with depends: [] in its front matter"
    else:
        store.save(outcome.entry)


def run_one(made: Plan, config: Config, result: Build, listen: Callable[[dict], None]) -> Entry | None:
    """Run one article, fresh or not, and keep what it gave; None where it fails. The caller holds the blog's lock."""
    from .running.process import end_all

    try:
        outcome = _execute(made, config, listen)
    finally:
        end_all()
    result.outcomes[made.work.slug] = outcome
    if isinstance(outcome, _Failed):
        result.problems += outcome.problems
        return None
    _keep(outcome, Store(config.build / "store"))
    return outcome.entry
