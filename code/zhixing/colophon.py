"""Colophon: the quiet box at an article's end, on how the page came about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from urllib.parse import quote

from .article import Article
from .bind import Bound
from .blocks import details, plain
from .cite import formulas_checked
from .config import Config
from .ledger import FOLDER, Ledger
from .typed_numbers import counts
from .wording import words

DOWNLOADS = PurePosixPath("downloads")
SHORT = 7  # digits of a commit
COLAB = "<!-- colab -->"  # what open_in_colab replaces; it shows nothing


def download(slug: str, ending: str) -> PurePosixPath:
    """Where a download lies in the woven tree."""
    return DOWNLOADS / f"{slug}.{ending}"


def colophon(bound: Bound, config: Config) -> str:
    """The box of an article that runs something: its acceptance, what is not bound, how to repeat it, its downloads."""
    article = bound.article
    if not article.runs:
        return ""
    lines = [*_acceptance(bound, config), *_unbound(bound), *_repetition(bound, config), _downloads(article)]
    return "\n\n///// html | div.zx-colophon\n\n" + "\n\n".join(lines) + "\n\n/////\n"


def _acceptance(bound: Bound, config: Config) -> Iterator[str]:
    """When the results were accepted, on what they were computed, and what was corrected; nothing in a blog without ledgers."""
    text = words(bound.article.language)
    if bound.review is None or bound.review.ledger is None:
        if (config.root / FOLDER).is_dir():
            yield text["not_accepted"]
        return
    accepted = bound.review.ledger
    last, run = accepted.acceptances[-1], accepted.run
    known = text["on_commit" if last.commit.endswith("+") else "at_commit"]
    commit = known.format(last.commit[:SHORT]) if last.commit else ""
    where = [run["python"], *_versions(config, run["versions"]), run["platform"]]
    yield text["accepted"].format(date=last.date, commit=commit, on=", ".join(where), seconds=f"{run['cpu']:.0f}")
    if changes := bound.review.changes:
        yield text["changed"].format(len(changes))
    yield _corrections(accepted, text)


def _versions(config: Config, versions: Mapping[str, str]) -> list[str]:
    """Of the packages that the run rests on those that the blog imports for every article."""
    names = {module.partition(".")[0] for module in config.preload}
    return [f"{name} {version}" for name, version in versions.items() if name in names]


def _corrections(accepted: Ledger, text: Mapping[str, str]) -> str:
    """How many acceptances changed results, and which."""
    if not accepted.corrections:
        return text["no_corrections"]
    rows = "\n".join(f"- {one.date}: {plain(one.reason)}" for one in accepted.acceptances if one.changed)
    return details(text["corrections"].format(accepted.corrections), rows + "\n", "zx-corrections")


def _unbound(bound: Bound) -> Iterator[str]:
    """How many numbers of the text no run gave, and how many numbered formulas no test checks."""
    text = words(bound.article.language)
    if excused := counts(bound.article).excused:
        yield text["excused"].format(excused)
    checked, formulas = formulas_checked(bound)
    if bound.evidence and checked < formulas:
        yield text["unchecked"].format(formulas - checked, formulas)


def _repetition(bound: Bound, config: Config) -> Iterator[str]:
    if bound.review and bound.review.ledger:
        command = config.verify_command.replace("{slug}", bound.article.slug)
        yield words(bound.article.language)["verify"].format(command)


def _downloads(article: Article) -> str:
    text = words(article.language)
    up = "../../" if article.folder else "../"
    links = [
        f'[{text[what]}]({up}{download(article.slug, ending)}){{download="{article.slug}.{ending}"}}'
        for what, ending in (("notebook", "ipynb"), ("script", "py"))
    ]
    return text["download"].format(" · ".join(links)) + COLAB


def open_in_colab(page: str, repository: str, branch: str, language: str, slug: str) -> str:
    """A woven page whose box also leads to Colab, which opens notebooks from a repository on GitHub; others stay as they are."""
    owner, _, name = repository.rstrip("/").removeprefix("https://github.com/").partition("/")
    if not repository.startswith("https://github.com/") or not name or "/" in name:
        return page
    path = quote(f"{branch}/{language}/{download(slug, 'ipynb')}")
    link = f"[{words(language)['colab']}](https://colab.research.google.com/github/{owner}/{name}/blob/{path})"
    return page.replace(COLAB, f" · {link}")
