"""Outcome: what a command found and did, article by article, and how it is told while it goes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .article import Work
from .errors import Problem, Problems


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
