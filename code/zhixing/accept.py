"""Accept: what the command of this name does: write the results of articles to their ledgers, with a reason."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime

from . import ledger
from .article import Work
from .config import Config
from .ledger import Acceptance, Ledger
from .lock import one_at_a_time
from .outcome import Build
from .pipeline import plan_one, review_of
from .review import Review, change_table
from .runs import run_one
from .terminal import Clock


def accept(slugs: list[str], reason: str, config: Config, result: Build) -> list[str]:
    """Accept the results of some articles, running what is stale; returns lines for a person.

    Nothing is written where any of them has a problem. What is as accepted stays as it is.
    """
    with one_at_a_time(config):
        reviewed = [_reviewed(slug, config, result) for slug in slugs]
        result.raise_problems()
        return [line for work, review in reviewed for line in _accept(work, review, reason, config)]


def _reviewed(slug: str, config: Config, result: Build) -> tuple[Work, Review | None]:
    """An article's results beside those of its ledger, from its fresh entry or from a run; None where it fails."""
    alone = Build()
    made = plan_one(slug, config, alone)
    entry = made.entry
    if entry is None:
        with Clock(sys.stderr) as clock:
            entry = run_one(made, config, alone, clock.hear)
    review = review_of(made.work, entry, ledger.load(slug, config), alone) if entry else None
    result.outcomes |= alone.outcomes
    result.problems += alone.problems
    return made.work, review


def _accept(work: Work, reviewed: Review, reason: str, config: Config) -> list[str]:
    before = reviewed.ledger
    if before and not reviewed.changes:
        return [f"{work.slug}: nothing to accept, all {len(reviewed.comparisons)} results are as accepted"]
    changed = len(reviewed.changes)
    acceptance = Acceptance(_today(), _commit(work, config), reason, changed)
    made = Ledger((*(before.acceptances if before else ()), acceptance), reviewed.run, reviewed.results)
    path = ledger.save(work.slug, made, config).relative_to(config.root)
    said = f"{changed} changed results" if before else "its first results"
    return [f"{work.slug}: accepted {said} in {path.as_posix()}; commit it", *(f"  {row}" for row in change_table(work, reviewed))]


def _today() -> str:
    moment = os.environ.get("SOURCE_DATE_EPOCH")
    return (datetime.fromtimestamp(int(moment), UTC) if moment else datetime.now(UTC)).date().isoformat()


def _commit(work: Work, config: Config) -> str:
    """The commit that the results rest on, with a "+" where articles or code have changed since; empty without git."""
    commit = _git(config, "rev-parse", "--short=12", "HEAD")
    changes = _git(config, "status", "--porcelain", "--", "code", *sorted(work.paths))
    return f"{commit}+" if commit and changes else commit


def _git(config: Config, *arguments: str) -> str:
    try:
        return subprocess.run(["git", "-C", config.root, *arguments], capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""
