"""The command ``zhixing``."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from . import __version__, accept, cache, pipeline, terminal, verify
from .config import Config, load
from .errors import Problem, Problems, ZhixingError
from .lock import one_at_a_time
from .outcome import Build, Outcome, progress_line

EXAMPLES = """\
An article is docs/<lang>/articles/<slug>.md (or <slug>/index.md with files beside it): front matter with title and
date, then Markdown in which ```python {.cell #name} is run and `{python} expression:format` becomes its value.

  zhixing build                 run what is not fresh, weave everything to build/docs/<lang>/
  zhixing check hello           what is wrong with it, without running anything
  zhixing status                what a build would run
  zhixing why hello             because of which dependency
  zhixing run hello             run it now and show what its cells show
  zhixing accept hello --reason "first results"      write them to docs/ledger/hello.json; builds compare with it
  zhixing verify hello          run it again and compare what comes out with what is published
  zhixing build --root blog --json

Exit status: 0 done, 1 errors (each as path:line: what is wrong; what to do), 2 wrong usage, 130 interrupted.
"""

CACHE = """\
  show      list what is kept: bytes, article/key, and what is wrong with it if anything is
  verify    compare every entry with its digest and its name; each damaged one is an error, nothing is changed
  repair    set damaged entries aside (their articles run again) and remove what killed builds left behind
  prune     remove what no article uses now, what was set aside, and what killed builds left behind

Each waits until no build is running. Everything in build/ can be removed: it only costs time to make again.
"""

ACCEPT = """\
Runs what is not fresh, then writes docs/ledger/<slug>.json: every inline value, claim and table with its tolerance, digests of figures
and texts, versions, platform and seconds. Review it in the pull request, as code. Builds fail where a later run gives something else.

  zhixing accept hello --reason "LeNet has 20 channels now"
"""

VERIFY = """\
Each published result stands beside yours: the same, within tolerance, different. Bytes of figures and texts are compared only where
machine and versions are those of the published run. Exit status 0 where nothing is different.
"""


CHECK = """\
  front matter, fences, cells and translations    as they are spelled
  listings, citations and references              that name nothing
  typed numbers                                   that no run gave

A decimal, a percentage or an "n×" in the prose is an error, unless it is a number of the article's code. Bind it to the run:
`{python} run.accuracy:.3f`. Where it comes from elsewhere, say so right after it: 85 %<!-- typed: Iyyer et al. 2015, Table 2 -->
What needs outputs (values, figures) and what needs the whole page (formulas, diagrams, links) is checked by build.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    options = _parser().parse_args(argv)
    try:
        status = _perform(options)
        sys.stdout.flush()
    except BrokenPipeError:  # who read the output has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return status


def _perform(options: argparse.Namespace) -> int:
    result = Build()
    try:
        options.command(_config(options), options, result)
    except KeyboardInterrupt:
        print("interrupted: what ran to its end is kept, the next build goes on from there", file=sys.stderr)
        return 130
    except Problems as error:
        result.problems = error.problems
    except Problem as error:
        result.problems = [error]
    except ZhixingError as error:
        result.problems = [Problem(".", 1, *_halves(str(error)))]
    _say(options, result)
    return 1 if result.problems else 0


def _halves(message: str) -> tuple[str, str]:
    what, _, fix = message.partition("; ")
    return what, fix or "see the message"


def _parser() -> argparse.ArgumentParser:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser("zhixing", description="Articles whose code runs.", epilog=EXAMPLES, formatter_class=raw)
    parser.add_argument("--version", action="version", version=f"zhixing {__version__}")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--root", type=Path, default=Path("."), help="the blog's folder, which holds docs/ (default: this one)")
    common.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def add(name: str, command: Callable, summary: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, parents=[common], help=summary, description=summary, formatter_class=raw)
        sub.set_defaults(command=command)
        return sub

    add("build", _build, "run what is not fresh and weave all articles to build/docs/<lang>/")
    checked = add("check", _check, "say what is wrong with articles without running anything")
    checked.epilog = CHECK
    checked.add_argument("slugs", metavar="ARTICLE", nargs="*", help="an article's slug (default: all articles)")
    add("status", _status, "show which articles a build would run")
    why = add("why", _why, "show because of which dependency an article would run")
    run = add("run", _run, "run an article now, fresh or not, and show what its cells show (figures go to build/run/ARTICLE/)")
    verified = add("verify", _verify, "run an article again and hold what comes out beside what is published")
    verified.epilog = VERIFY
    for command in (why, run, verified):
        command.add_argument("slug", metavar="ARTICLE", help="the article's slug: its file's name without .md")
    accepted = add("accept", _accept, "write the results of articles to their ledgers: what builds hold later results against")
    accepted.epilog = ACCEPT
    accepted.add_argument("slugs", metavar="ARTICLE", nargs="+", help="the article's slug")
    accepted.add_argument("--reason", required=True, type=_reason, help="why these results are right; it is kept in the ledger")
    kept = add("cache", _cache, "show, verify, repair or prune the kept outputs of runs (build/store)")
    kept.epilog = CACHE
    kept.add_argument("action", choices=cache.ACTIONS, nargs="?", default="show", help="what to do (default: show)")
    return parser


def _config(options: argparse.Namespace) -> Config:
    root = options.root.resolve()
    if not root.is_dir():
        raise Problem(options.root.as_posix(), 1, "there is no such folder", "name the blog's folder with --root")
    config = load(root)
    if not config.languages:
        raise Problem("docs", 1, "no articles", "write docs/<lang>/articles/<slug>.md, for example docs/en/articles/hello.md")
    return config


def _build(config: Config, options: argparse.Namespace, result: Build) -> None:
    pipeline.build(config, result, _progress)
    if not (config.root / "mkdocs.yml").exists():
        from .site import write_default_site

        with one_at_a_time(config):
            made = write_default_site(config)
        if not options.json:
            print(f"no mkdocs.yml here: to make the site, {' && '.join(f'mkdocs build -f {path}' for path in made)}", file=sys.stderr)


def _progress(outcome: Outcome, done: int, total: int) -> None:
    print(progress_line(outcome, done, total), file=sys.stderr, flush=True)


def _check(config: Config, options: argparse.Namespace, result: Build) -> None:
    pipeline.check(config, result)
    if options.slugs:
        result.keep_only(*options.slugs)


def _status(config: Config, options: argparse.Namespace, result: Build) -> None:
    pipeline.status(config, result)


def _why(config: Config, options: argparse.Namespace, result: Build) -> None:
    pipeline.status(config, result)
    result.keep_only(options.slug)
    for outcome in result.outcomes.values():
        outcome.why = outcome.why or "nothing it depends on has changed"


def _run(config: Config, options: argparse.Namespace, result: Build) -> None:
    terminal.run(options.slug, config, result, None if options.json else options.root / "build" / "run" / options.slug)


def _reason(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("say why the results are right")
    return text.strip()


def _accept(config: Config, options: argparse.Namespace, result: Build) -> None:
    _print(options, accept.accept(list(dict.fromkeys(options.slugs)), options.reason, config, result))


def _verify(config: Config, options: argparse.Namespace, result: Build) -> None:
    lines = verify.verify(options.slug, config, result)
    _progress(result.outcomes[options.slug], 1, 1)
    _print(options, lines)


def _print(options: argparse.Namespace, lines: list[str]) -> None:
    if not options.json:
        print("\n".join(lines))


def _cache(config: Config, options: argparse.Namespace, result: Build) -> None:
    _print(options, cache.manage(options.action, config, result))


def _say(options: argparse.Namespace, result: Build) -> None:
    outcomes = [result.outcomes[slug] for slug in sorted(result.outcomes)]
    if options.json:
        articles = [{"slug": o.slug, "state": o.state, "why": o.why, "seconds": round(o.seconds, 3)} for o in outcomes]
        said = {"articles": articles, "errors": [p.as_json() for p in result.problems], **result.more}
        print(json.dumps(said, ensure_ascii=False))
        return
    for problem in result.problems:
        print(problem, file=sys.stderr)
    if options.command is _build:
        count = {state: sum(o.state == state for o in outcomes) for state in ("ran", "fresh", "failed")}
        said = ", ".join(f"{n} {state}" for state, n in count.items() if n) or "no articles"
        print(f"{said}; nothing published" if result.problems else f"{said}; {result.changed} files changed in build/docs", file=sys.stderr)
    elif options.command in (_check, _status, _why):
        width = max((len(o.slug) for o in outcomes), default=0)
        for outcome in outcomes:
            print(f"{outcome.slug:<{width}}  {outcome.state:<6}  {outcome.why}".rstrip())
