"""The order of the stages: read → plan → execute → store → review → bind → weave → prove."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor, as_completed, wait
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

from . import cite, evidence, ledger, notebook
from .article import Article, Listing, Work
from .bind import Bound, bind, foresee, read_sources
from .bundle import Bundle, bundle
from .colophon import colophon, download
from .config import Config
from .dependency import States, find_providers
from .errors import Problem, Problems
from .evidence import Evidence
from .lock import one_at_a_time, remove_leftovers
from .plan import Plan, plan
from .prove import Dialect, dialect, front_end_files, prove
from .read import article_paths, read_pages, read_text, read_works
from .results import results_of
from .review import Review, changed_problem, elsewhere_note
from .script import script
from .store import Entry, Store
from .syntax import targets
from .typed_numbers import check_typed
from .weave import Page, assets, publish, weave

log = logging.getLogger("zhixing")


@dataclass
class Outcome:
    """One work in one build: ``state`` is ran, fresh, stale or failed; ``seconds`` what its run took; ``unkept`` why it will run again."""

    slug: str
    state: str
    why: str = ""
    seconds: float = 0.0
    unkept: str = ""


@dataclass
class Build:
    """What a command found and did. ``more`` is what only one command tells: ``cache`` of the store, ``run`` of the run.

    A ``lenient`` build, for those who are writing, warns of what forbids publishing and goes on.
    """

    outcomes: dict[str, Outcome] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    changed: int = 0
    more: dict[str, Any] = field(default_factory=dict)
    lenient: bool = False
    warnings: list[Problem] = field(default_factory=list)

    def report(self, problem: Problem) -> None:
        self.problems.append(problem)

    def refuse(self, problem: Problem) -> None:
        """Report what forbids publishing although pages can be made of it."""
        (self.warnings if self.lenient else self.problems).append(problem)

    def is_broken(self, work: Work) -> bool:
        """Whether a problem is reported of one of the work's articles."""
        return any(problem.path in work.paths for problem in self.problems)

    def keep_only(self, *slugs: str) -> None:
        """Forget all but some articles' outcomes and problems; raises Problem where no article is called so."""
        own = {slug: (f"/articles/{slug}.md", f"/articles/{slug}/index.md") for slug in slugs}
        for slug in slugs:
            if slug not in self.outcomes and not any(problem.path.endswith(own[slug]) for problem in self.problems):
                known = ", ".join(sorted(self.outcomes)) or "none"
                raise Problem("docs", 1, f"there is no article {slug!r}", f"there is {known}")
        self.outcomes = {slug: self.outcomes[slug] for slug in slugs if slug in self.outcomes}
        self.problems = [problem for problem in self.problems if problem.path.endswith(sum(own.values(), ()))]

    def raise_problems(self) -> None:
        if self.problems:
            raise Problems(self.problems)


Progress = Callable[[Outcome, int, int], None]


def progress_line(outcome: Outcome, done: int, total: int) -> str:
    """One line for a person who waits: what is to run and why, then what has run, in how many seconds."""
    if outcome.state == "stale":
        return f"[{done}/{total}] {outcome.slug} is to run: {outcome.why}"
    unkept = f", and will each time: {outcome.unkept}" if outcome.unkept else ""
    return f"[{done}/{total}] {outcome.slug} {outcome.state} in {outcome.seconds:.1f} s{unkept}"


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
    from .process import end_all

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


def review_all(works: list[Work], entries: dict[str, Entry], config: Config, result: Build) -> dict[str, Review]:
    """The results of each work beside the accepted ones. What has changed is reported, and so is a ledger without an article."""
    for slug in sorted(set(ledger.slugs(config)) - {work.slug for work in works}):
        result.report(Problem(ledger.path_of(slug), 1, f"there is no article {slug!r}", "remove its ledger, or bring the article back"))
    reviews = {}
    for work in works:
        if work.slug in entries and (reviewed := review_one(work, entries[work.slug], config, result)):
            reviews[work.slug] = reviewed
            if reviewed.changes:
                result.refuse(changed_problem(work, reviewed))
            if reviewed.elsewhere:
                log.warning(elsewhere_note(work.slug, reviewed))
    return reviews


def review_one(work: Work, entry: Entry, config: Config, result: Build) -> Review | None:
    try:
        accepted = ledger.load(work.slug, config)
    except Problem as damaged:
        return result.report(damaged)
    return Review(results_of(work, entry, result.report), ledger.run_of(entry), accepted)


def listed_files(works: list[Work]) -> set[str]:
    """The files of code/ that articles list, relative to the root."""
    listings = (listing for work in works for article in work.articles.values() for listing in article.of(Listing))
    return {evidence.file_of(target) for listing in listings for target in targets(listing.body)}


def find_evidence(works: list[Work], entries: dict[str, Entry], config: Config, result: Build) -> Evidence | None:
    """What the tests showed; where they have not passed at this content it is None, and articles that show or use code/ are refused."""
    try:
        return evidence.read(config.root, listed_files(works))
    except evidence.Untested as error:
        for work in works:
            for article in work.articles.values():
                if line := evidence.first_use(article, entries.get(work.slug)):
                    result.refuse(Problem(article.path, line, str(error), evidence.REMEDY))
        return None


def bind_all(
    works: list[Work], entries: dict[str, Entry], reviews: dict[str, Review], tested: Evidence | None, config: Config, result: Build
) -> list[tuple[Bound, Entry]]:
    sources = read_sources(works, config, result.report)

    def bound(article: Article, work: Work) -> Bound:
        made = bind(article, work, entries[work.slug], config, sources, result.report)
        return replace(made, review=reviews.get(work.slug), evidence=tested)

    return [(bound(article, work), entries[work.slug]) for work in works if work.slug in entries for article in work.articles.values()]


def weave_language(
    language: str, bound: list[tuple[Bound, Entry]], bundles: Mapping[str, Bundle], config: Config, how: Dialect, result: Build
) -> dict[PurePosixPath, bytes]:
    """One language's woven tree, proven: {path below its docs folder: content}."""
    own = [(b, entry) for b, entry in bound if b.article.language == language]
    pages: list[Page] = []
    tree: dict[PurePosixPath, bytes] = {}
    for b, entry in own:
        pages.append(weave(b))
        pages[-1].add(colophon(b, config), 1)
        tree |= assets(b.article, entry)
        tree[notebook.target(b.article.slug)] = notebook.notebook(b)
        if b.article.runs:
            tree |= downloads(b, bundles[b.article.slug])
    if own:
        tree[notebook.INDEX] = notebook.index([b for b, _ in own], language)
    if cited := cite.page([b for b, _ in own], language):
        pages.append(Page(cite.PAGE, cite.PAGE, cited))
    for target, path in read_pages(config, language, result.report):
        if cited and target == cite.PAGE:
            what = "a page of this name is made, with the tests that articles cite"
            result.report(Problem(path.relative_to(config.root), 1, what, "rename this file"))
        elif path.suffix != ".md":
            tree[target] = path.read_bytes()
        elif page := _plain_page(target, path, config, result):
            pages.append(page)
    articles = {PurePosixPath(path.relative_to(config.docs / language)) for path in article_paths(config, language)}  # failed ones too
    needs = prove(pages, set(tree) | articles, how, result.report)
    tree |= {page.target: page.text.encode() for page in pages}
    return tree | front_end_files(needs)


def downloads(bound: Bound, made: Bundle) -> dict[PurePosixPath, bytes]:
    """What a reader can download and run: the article's notebook and script."""
    slug = bound.article.slug
    return {download(slug, "ipynb"): notebook.notebook(bound, made), download(slug, "py"): script(bound, made)}


def _plain_page(target: PurePosixPath, path: Path, config: Config, result: Build) -> Page | None:
    """A page that is no article: it goes to the woven tree as it is."""
    page = Page(PurePosixPath(path.relative_to(config.root).as_posix()), target)
    text = read_text(path, page.source, result.report)
    if text is None:
        return None
    page.add(text, 1, verbatim=True)
    return page


def _mark_failed(works: list[Work], result: Build) -> None:
    """What was read and ran, but could not be woven or proven, has failed too."""
    for work in works:
        if result.is_broken(work):
            result.outcomes[work.slug].state = "failed"


def check(config: Config, result: Build) -> None:
    """Say what can be said without running anything: outcomes are sound or failed."""
    works = _read(config, result)
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


def run_one(made: Plan, config: Config, result: Build, listen: Callable[[dict], None]) -> Entry | None:
    """Run one article, fresh or not, and keep what it gave; None where it fails. The caller holds the blog's lock."""
    from .process import end_all

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
