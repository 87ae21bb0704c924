"""The order of the stages: read → plan → execute → store → review → bind → weave → prove."""

from __future__ import annotations

import logging
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import PurePosixPath

from . import evidence, ledger
from .article import Article, Listing, Work
from .bind import Bound, bind, foresee, read_sources
from .bundle import bundle
from .config import Config
from .errors import Problem
from .evidence import Evidence
from .ledger import Ledger
from .lock import one_at_a_time, remove_leftovers
from .outcome import Build, Outcome, Progress
from .plan import Plan
from .prove import dialect
from .read import read_works
from .results import results_of
from .review import Review, changed_problem, elsewhere_note
from .runs import make_plans, run_plans
from .store import Entry, Store
from .syntax import targets
from .tree import weave_language
from .typed_numbers import check_typed
from .weave import publish

log = logging.getLogger("zhixing")


def build(config: Config, result: Build, progress: Progress = lambda *_: None, pool: Executor | None = None) -> None:
    """Bring ``build/docs`` up to date with the sources, or raise Problems and leave it as it was.

    Articles run in ``pool``, at once as many as it allows; without one, as many as there are cores.
    """
    with one_at_a_time(config):
        build_alone(config, result, progress, pool)


def build_alone(config: Config, result: Build, progress: Progress, pool: Executor | None = None) -> None:
    """``build``, by a caller that holds the blog's lock."""
    remove_leftovers(config)
    store = Store(config.build / "store", mends=True)
    works = _read(config, result)
    plans = make_plans(works, config, store, result)
    entries = run_plans(plans, config, store, result, progress, pool)
    reviews = review_all(works, entries, config, result)
    tested = find_evidence(works, entries, config, result)
    bound = bind_all(works, entries, reviews, tested, config, result)
    how = dialect(config)
    bundles = {work.slug: bundle(work, entries[work.slug], config) for work in works if work.slug in entries and work.runs}
    trees = {language: weave_language(language, bound, bundles, config, how, result) for language in config.languages}
    _mark_failed(works, result)
    result.raise_problems()
    for language, tree in trees.items():
        result.changed += publish(PurePosixPath("docs", language), tree, config)


def _read(config: Config, result: Build) -> list[Work]:
    """The blog's works, and what is wrong with their texts."""
    works = read_works(config, result.report)
    for work in works:
        check_typed(work, config, result.report)
    return works


def read_ledgers(works: list[Work], config: Config, result: Build) -> dict[str, Ledger]:
    """The accepted results by slug. A ledger that is damaged or of no article is reported."""
    for slug in sorted(set(ledger.slugs(config)) - {work.slug for work in works}):
        result.report(Problem(ledger.path_of(slug), 1, f"there is no article {slug!r}", "remove its ledger, or bring the article back"))
    found = {}
    for work in works:
        try:
            if accepted := ledger.load(work.slug, config):
                found[work.slug] = accepted
        except Problem as damaged:
            result.report(damaged)
    return found


def review_all(works: list[Work], entries: dict[str, Entry], config: Config, result: Build) -> dict[str, Review]:
    """The results of each work beside the accepted ones. What has changed is reported."""
    ledgers, reviews = read_ledgers(works, config, result), {}
    for work in (work for work in works if work.slug in entries):
        reviewed = reviews[work.slug] = review_of(work, entries[work.slug], ledgers.get(work.slug), result)
        if reviewed.changes:
            result.refuse(changed_problem(work, reviewed))
        if reviewed.elsewhere:
            log.warning(elsewhere_note(work.slug, reviewed))
    return reviews


def review_of(work: Work, entry: Entry, accepted: Ledger | None, result: Build) -> Review:
    return Review(results_of(work, entry, result.report), ledger.run_of(entry), accepted)


def listed_files(works: list[Work]) -> set[str]:
    """The files of code/ that articles list, relative to the root."""
    listings = (listing for work in works for article in work.articles.values() for listing in article.of(Listing))
    return {evidence.file_of(target) for listing in listings for target in targets(listing.body)}


def find_evidence(works: list[Work], entries: dict[str, Entry], config: Config, result: Build) -> Evidence | None:
    """What the tests showed; where they have not passed at this content it is None, and a site that shows or uses code/ is refused."""
    try:
        return evidence.read(config.root, listed_files(works))
    except evidence.Untested as error:
        if users := [work.slug for work in works if evidence.uses_code(work, entries.get(work.slug))]:
            result.refuse(Problem("code", 1, f"{error} (shown or used by {', '.join(users)})", evidence.REMEDY))
        return None


def bind_all(
    works: list[Work], entries: dict[str, Entry], reviews: dict[str, Review], tested: Evidence | None, config: Config, result: Build
) -> list[tuple[Bound, Entry]]:
    sources = read_sources(works, config, result.report)

    def bound(article: Article, work: Work) -> Bound:
        made = bind(article, work, entries[work.slug], config, sources, result.report)
        return replace(made, review=reviews.get(work.slug), evidence=tested)

    return [(bound(article, work), entries[work.slug]) for work in works if work.slug in entries for article in work.articles.values()]


def _mark_failed(works: list[Work], result: Build) -> None:
    """What was read and ran, but could not be woven or proven, has failed too."""
    for work in works:
        if result.is_broken(work):
            result.outcomes[work.slug].state = "failed"


def check(config: Config, result: Build) -> None:
    """Say what can be said without running anything: outcomes are sound or failed."""
    works = _read(config, result)
    read_ledgers(works, config, result)
    sources = read_sources(works, config, result.report)
    for work in works:
        for article in work.articles.values():
            foresee(article, config, sources, result.report)
        result.outcomes[work.slug] = Outcome(work.slug, "sound")
    _mark_failed(works, result)


def status(config: Config, result: Build) -> list[Plan]:
    """What a build would do, without doing it: outcomes are fresh, stale or failed."""
    works = _read(config, result)
    plans = make_plans(works, config, Store(config.build / "store"), result)
    result.problems.sort(key=lambda problem: (problem.path, problem.line))
    return plans


def plan_one(slug: str, config: Config, result: Build) -> Plan:
    """One article's plan; raises Problems where no article is called so, or its source has some."""
    plans = status(config, result)
    result.keep_only(slug)
    result.raise_problems()
    return next(made for made in plans if made.work.slug == slug)
