"""Prove: render every woven page once, so that what a site generator would trip over has a source line."""

from __future__ import annotations

import json
import posixpath
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

import yaml

from . import frontend
from .config import Config
from .errors import Problem
from .render import FALLBACK
from .running.dependency import digest
from .store import canonical, made_by, write_whole
from .syntax import Report
from .weave import Page

TIME_LIMIT = 10  # seconds for one page
FRONTEND = PurePosixPath("assets/zhixing")


@dataclass(frozen=True)
class Proof:
    """What a rendered page offers and needs: its ids, its links, and which front-end files."""

    ids: list[str]
    links: list[str]
    needs: list[str]


@dataclass(frozen=True)
class Dialect:
    """The Markdown extensions that a site renders pages with, and the digest of where they are listed."""

    extensions: tuple[str, ...] = ("zhixing",)
    options: Mapping[str, Any] | None = None
    listed_in: str = ""


def dialect(config: Config) -> Dialect:
    """The site's extensions as its mkdocs.yml lists them; the engine's own where there is none."""
    path = config.root / "mkdocs.yml"
    if not path.exists():
        return Dialect()
    text = path.read_bytes()
    listed = (yaml.load(text, _SiteLoader) or {}).get("markdown_extensions") or []
    if isinstance(listed, dict):
        listed = [{name: options} for name, options in listed.items()]
    options = {name: values or {} for item in listed if isinstance(item, dict) for name, values in item.items()}
    names = ["toc", "tables", *(next(iter(item)) if isinstance(item, dict) else item for item in listed)]
    return Dialect(tuple(dict.fromkeys([*names, "zhixing"])), options, digest(text))


class _SiteLoader(yaml.UnsafeLoader):
    """mkdocs.yml is the site owner's program: it may name Python objects, and other tags mean nothing here."""


_SiteLoader.add_multi_constructor("!", lambda loader, suffix, node: None)


def prove(pages: list[Page], files: set[PurePosixPath], how: Dialect, report: Report) -> set[str]:
    """Render the pages of one language, check their links and anchors, and return the front-end packages they need.

    ``files`` are all other paths of the language's woven tree.
    """
    proofs: dict[PurePosixPath, tuple[Page, Proof]] = {}
    for page in pages:
        if proof := _proof(page, how, report):
            proofs[page.target] = page, proof
    targets = {page.target for page in pages}
    for page, proof in proofs.values():
        for link in proof.links:
            if wrong := _broken(link, page, proofs, targets, files):
                report(Problem(page.source, _line_of(page, link), *wrong))
    return {need for _, proof in proofs.values() for need in proof.needs}


def _proof(page: Page, how: Dialect, report: Report) -> Proof | None:
    """Render a page, or take the proof of the same text from the cache."""
    made = made_by("prove.py", "markdown.py", "render.py", "syntax.py", "frontend.toml")
    key = digest(canonical([made, how.listed_in, page.text]))
    path = frontend.cache_folder() / "proofs" / key[:2] / f"{key}.json"
    try:
        return Proof(**json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError):
        pass
    proof = _render(page, how, report)
    if proof:
        write_whole(path, canonical(asdict(proof)))
    return proof


def _render(page: Page, how: Dialect, report: Report) -> Proof | None:
    import markdown

    from .markdown import PageErrors, UnwovenError

    text = _without_front_matter(page.text)
    names = [__package__ + ".markdown" if name == "zhixing" else name for name in how.extensions]
    try:
        with time_limit(TIME_LIMIT):
            html = markdown.markdown(text, extensions=names, extension_configs=dict(how.options or {}))
    except PageErrors as errors:
        start = 0
        for error in errors.errors:
            at = page.text.find(error.source, start)
            if at < 0:
                at = max(0, page.text.find(error.source))
            start = at + 1
            fix = "mend the TeX" if error.what == "formula" else "mend the Mermaid source"
            report(Problem(page.source, page.line_at(at), f"{error.what}: {error}", fix))
        return None
    except UnwovenError as error:
        offset = page.text.index(text)
        row = int(str(error).split()[1].rstrip(":"))
        at = offset + sum(len(r) + 1 for r in text.split("\n")[: row - 1])
        report(Problem(page.source, page.line_at(at), str(error).partition(": ")[2].partition(";")[0], "only articles run code"))
        return None
    except TimeoutError:
        report(Problem(page.source, 1, f"this page took more than {TIME_LIMIT} s to render", "make it smaller or simpler"))
        return None
    except Exception as error:  # whatever a Markdown extension raises is this page's failure, not a crash of the build
        report(Problem(page.source, 1, f"rendering failed: {type(error).__name__}: {error}", "mend the page"))
        return None
    reader = _Reader()
    reader.feed(html)
    needs = (["katex"] if 'class="katex"' in html else []) + (["mermaid"] if FALLBACK in html else [])
    return Proof(sorted(reader.ids), list(dict.fromkeys(reader.links)), needs)


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise TimeoutError after so many seconds (in the main thread of a Unix process; elsewhere there is no limit)."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


class _Reader(HTMLParser):
    """Collects ids and links, those inside drawings left out."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.drawing = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.drawing += tag == "svg"
        for name, value in attributes:
            if name in ("id", "name") and value:
                self.ids.add(value)
            elif name in ("href", "src") and value and not self.drawing:
                self.links.append(value)

    def handle_endtag(self, tag: str) -> None:
        self.drawing -= tag == "svg"


def _without_front_matter(text: str) -> str:
    if text.startswith("---\n") and (end := text.find("\n---", 3)) > 0:
        return text[text.find("\n", end + 1) + 1 :]
    return text


def _broken(
    link: str,
    page: Page,
    proofs: Mapping[PurePosixPath, tuple[Page, Proof]],
    pages: set[PurePosixPath],
    files: set[PurePosixPath],
) -> tuple[str, str] | None:
    """What is wrong with a link and what to do, or None. Links to other sites are not looked at."""
    parts = urlsplit(link)
    if parts.scheme or parts.netloc or link.startswith("/"):
        return None
    target = page.target
    if parts.path:
        target = PurePosixPath(posixpath.normpath(page.target.parent / unquote(parts.path)))
        if target.suffix != ".md":
            there = target in files or target.is_relative_to(FRONTEND) or parts.path.endswith("/") or str(target).startswith("..")
            return None if there else (f"the link {link} leads to nothing", "name an existing file, a page by its .md file")
        if target not in pages and target not in files:
            return f"the link {link} leads to no page", "name the .md file of an existing page"
    if parts.fragment and target in proofs and unquote(parts.fragment) not in proofs[target][1].ids:
        return f"the link {link} names no heading or id of its page", "name an existing #id"
    return None


def _line_of(page: Page, link: str) -> int:
    for needle in (f"]({link}", f'"{link}"', f": {link}", link, unquote(link)):
        if (at := page.text.find(needle)) >= 0:
            return page.line_at(at)
    return 1


def front_end_files(needs: set[str]) -> dict[PurePosixPath, bytes]:
    """The engine's own style sheet, and the files of the npm packages that pages need."""
    here = Path(__file__).parent
    files = {FRONTEND / "zhixing.css": (here / "zhixing.css").read_bytes()}
    for need in sorted(needs):
        folder = frontend.package(need)
        for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.name not in ("LICENSE", "katex.min.js")):
            files[FRONTEND / path.relative_to(folder).as_posix()] = path.read_bytes()
    return files
