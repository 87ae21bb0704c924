"""Verify: what the command of this name does: run an article again and hold the reader's results beside the published ones."""

from __future__ import annotations

import sys
from dataclasses import asdict

from . import ledger
from .article import Work
from .config import Config
from .errors import Problem
from .lock import one_at_a_time
from .outcome import Build
from .pipeline import plan_one, review_of
from .results import places
from .review import CLAIM, DIFFERENT, ELSEWHERE, GONE, NEW, OUTPUT, SAME, TABLE, VALUE, WITHIN, Comparison, Review, differences
from .runs import run_one
from .terminal import Clock
from .text_table import text_table
from .wording import counted

STATES = (SAME, WITHIN, ELSEWHERE, DIFFERENT, NEW, GONE)
TITLES = {
    CLAIM: "What the article asserts, checked by this run",
    VALUE: "Numbers in the prose",
    TABLE: "Numbers in tables",
    OUTPUT: "Figures and printed texts, by the digest of their bytes",
}


def verify(slug: str, config: Config, result: Build) -> list[str]:
    """Run an article afresh, compare with its ledger, and leave the comparison in ``result.more``; returns lines for a person.

    What is different goes to ``result`` as one problem. Raises Problem where nothing of the article was accepted.
    """
    with one_at_a_time(config), Clock(sys.stderr) as clock:
        made = plan_one(slug, config, result)
        work = made.work
        accepted = ledger.load(slug, config)
        if accepted is None:
            what = f"no results of {slug} were accepted, so there is nothing to compare with"
            raise Problem(ledger.path_of(slug), 1, what, f'accept them first: zhixing accept {slug} --reason "…"')
        entry = run_one(made, config, result, clock.hear)
        result.raise_problems()
        reviewed = review_of(work, entry, accepted, result)
    result.raise_problems()
    result.more = {"results": [asdict(one) for one in reviewed.comparisons], "published": reviewed.ledger.run, "here": reviewed.run}
    if reviewed.changes:
        what = f"{len(reviewed.changes)} of {len(reviewed.comparisons)} results are different here"
        result.report(Problem(work.original.path, 1, what, "other versions or another processor may be why: see the table, and report it"))
    title = " / ".join(article.front["title"] for article in work.articles.values())
    return [f"{title} ({work.original.path})", *_results(work, reviewed), "", *_conditions(reviewed), "", _summary(reviewed)]


def _results(work: Work, reviewed: Review) -> list[str]:
    """One table, its rows by kind, each kind below its heading."""
    rows = [[_where(work, one), one.name, *_shown(one), one.allowed, one.state] for one in reviewed.comparisons]
    heading, *lines = text_table(["line", "result", "published", "yours", "may differ by", ""], rows)
    found = []
    for kind, title in TITLES.items():
        own = [line for one, line in zip(reviewed.comparisons, lines, strict=True) if one.kind == kind]
        found += ["", title, heading, *own] if own else []
    return found


def _where(work: Work, one: Comparison) -> str:
    path, line = places(work).get(one.place, (str(work.original.path), 1))
    return str(line) if path == str(work.original.path) else f"{path}:{line}"


def _shown(one: Comparison) -> tuple[str, str]:
    """What was published and what came out here; a claim that was run has held."""
    return ("held", "held") if one.kind == CLAIM and one.state == SAME else (one.accepted, one.now)


def _conditions(reviewed: Review) -> list[str]:
    then, here = reviewed.ledger.run, reviewed.run
    rows = [[name, str(then.get(name, "–")), str(here.get(name, "–"))] for name in ("python", "platform", "processor")]
    rows += [[name, theirs, mine] for name, theirs, mine in differences(then, here) if name not in ("python", "platform", "processor")]
    if then["versions"] == here["versions"]:
        rows.append(["versions", f"{len(then['versions'])} packages", "the same"])
    rows += [["CPU seconds", str(then.get("cpu", "–")), str(here.get("cpu", "–"))]]
    rows += [["memory, MB", str(then.get("memory", "–")), str(here.get("memory", "–"))]]
    return text_table(["run with", "published", "yours"], rows)


def _summary(reviewed: Review) -> str:
    counts = {state: sum(one.state == state for one in reviewed.comparisons) for state in STATES}
    said = ", ".join(f"{n} {state}" for state, n in counts.items() if n)
    verdict = "some results are different" if reviewed.changes else "nothing is different"
    return f"{counted('{n} result|{n} results', len(reviewed.comparisons))}: {said}: {verdict}"
