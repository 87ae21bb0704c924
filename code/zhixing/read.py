"""Read: files become articles, and articles with the same slug become works."""

from __future__ import annotations

import datetime
import os
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from .article import Article, Work
from .config import Config
from .errors import Problem
from .syntax import Report, split

SIZE_LIMIT = 1_000_000  # bytes of one article
SLUG = re.compile(r"^\w[\w-]*$")


def read_works(config: Config, report: Report) -> list[Work]:
    """All articles of the blog, translations together, in the order of their slugs."""
    found: dict[str, dict[str, Article]] = defaultdict(dict)
    for language in config.languages:
        for path in article_paths(config, language):
            article = read_article(config.root, path, language, report)
            if article is None:
                continue
            if first := found[article.slug].get(language):
                what = f"the slug {article.slug!r} is already taken by {first.path}"
                report(Problem(article.path, 1, what, "rename one of the two"))
                continue
            found[article.slug][language] = article
    works = []
    for slug, articles in sorted(found.items()):
        work = Work(slug, articles, _original(articles, report))
        for article in articles.values():
            _check_cells(article, report)
            if article is not work.original:
                _check_translation(work.original, article, report)
        works.append(work)
    return works


def article_paths(config: Config, language: str) -> list[Path]:
    """``articles/<slug>.md`` and ``articles/<slug>/index.md`` of one language."""
    folder = config.docs / language / "articles"
    flat = (path for path in folder.glob("*.md") if path.name != "index.md")
    return sorted([*flat, *folder.glob("*/index.md")])


def read_article(root: Path, path: Path, language: str, report: Report) -> Article | None:
    """Read one article; None where its text cannot be had."""
    place = PurePosixPath(path.relative_to(root).as_posix())
    slug = path.parent.name if path.name == "index.md" else path.stem
    if not SLUG.match(slug):
        report(Problem(place, 1, f"{slug!r} cannot be a slug", "name the file with letters, digits and hyphens"))
        return None
    text = read_text(path, place, report)
    if text is None:
        return None
    front_text, body = _split_front(text)
    front = _front_matter(front_text, place, report)
    if front is None:
        return None
    for name in front.get("depends", []):
        if not (root / name).exists():
            line = _line_of("depends", front_text)
            report(Problem(place, line, f"depends: there is no {name}", "name files or folders as seen from the blog's folder"))
    if "slug" in front:
        report(Problem(place, _line_of("slug", front_text), "the slug is the file's name", "remove slug: from the front matter"))
    parts = split(body, place, 1 + front_text.count("\n"), report)
    return Article(slug, language, place, front, front_text, parts)


def read_text(path: Path, place: PurePosixPath, report: Report) -> str | None:
    """The file's text with ``\\n`` line ends, or None where it is not a plain UTF-8 file within the size limit."""
    if any(p.is_symlink() for p in (path, path.parent)):
        report(Problem(place, 1, "this is a symbolic link", "put the file itself here"))
        return None
    if (size := path.stat().st_size) > SIZE_LIMIT:
        report(Problem(place, 1, f"{size:,} bytes are over the limit of {SIZE_LIMIT:,}", "split the article, or read the data from a file"))
        return None
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = 1 + data.count(b"\n", 0, error.start)
        report(Problem(place, line, f"byte {error.start} is not UTF-8", "save the file as UTF-8"))
        return None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _split_front(text: str) -> tuple[str, str]:
    match = re.match(r"---[ \t]*\n(?:.*?\n)?(?:---|\.\.\.)[ \t]*(?:\n|\Z)", text, re.S)
    return (match[0], text[match.end() :]) if match else ("", text)


def _front_matter(text: str, place: PurePosixPath, report: Report) -> dict[str, Any] | None:
    """The front matter as data, by YAML's safe subset; None where it is not a table."""
    if not text:
        report(Problem(place, 1, "no front matter", "begin the file with ---, title: …, date: YYYY-MM-DD, ---"))
        return None
    try:
        front = _load_yaml("\n".join(text.rstrip().splitlines()[1:-1]))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 2 if mark else 1
        report(Problem(place, line, f"broken front matter: {getattr(error, 'problem', None) or error}", "mend the YAML"))
        return None
    if not isinstance(front, dict):
        report(Problem(place, 1, "the front matter is not a table", "write key: value lines"))
        return None
    if not isinstance(front.get("title"), str) or not front["title"].strip():
        report(Problem(place, _line_of("title", text), "no title", "add title: … to the front matter"))
    if not isinstance(front.get("date"), datetime.date):
        report(Problem(place, _line_of("date", text), "no date", "add date: YYYY-MM-DD to the front matter"))
    depends = front.get("depends", [])
    if not (isinstance(depends, list) and all(isinstance(name, str) for name in depends)):
        report(Problem(place, _line_of("depends", text), "depends is not a list of names", "write [] or a list of files and folders"))
        del front["depends"]
    labels = front.get("labels", {})
    if not (isinstance(labels, dict) and all(isinstance(s, str) for pair in labels.items() for s in pair)):
        report(Problem(place, _line_of("labels", text), "labels is not a table of texts", 'write "text in the figure": "its translation"'))
    references = front.get("references", [])
    if not (isinstance(references, list) and all(isinstance(source, dict) and source.get("id") for source in references)):
        fix = "write a list of sources, each with id, author, title and issued"
        report(Problem(place, _line_of("references", text), "references is not a list of sources", fix))
    return front


def _load_yaml(text: str) -> Any:
    """YAML's safe subset, by libyaml where it is: ten times as fast. What is wrong is said in PyYAML's own words."""
    try:
        return yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError:
        return yaml.safe_load(text)


def _line_of(key: str, front_text: str) -> int:
    rows = enumerate(front_text.splitlines(), 1)
    return next((n for n, row in rows if re.match(rf"{re.escape(key)}\s*:", row)), 1)


def _original(articles: dict[str, Article], report: Report) -> Article:
    """The article whose cells run: what ``original`` names, else the first configured language's."""
    for article in articles.values():
        wanted = article.front.get("original")
        if wanted in list(articles):
            return articles[wanted]
        if wanted is not None:
            line = _line_of("original", article.front_text)
            have = ", ".join(articles)
            report(Problem(article.path, line, f"original: {wanted} names no translation", f"there is {have}"))
    return next(iter(articles.values()))


def _check_cells(article: Article, report: Report) -> None:
    """Ids of cells and formulas are unique in an article."""
    taken: dict[str, int] = {}
    for part in article.parts:
        id = getattr(part, "id", None)
        if id is None:
            continue
        if id in taken:
            what = f"the id #{id} is already taken on line {taken[id]}"
            report(Problem(article.path, part.line, what, "give each cell and formula its own id"))
        taken.setdefault(id, part.line)


def _check_translation(original: Article, translation: Article, report: Report) -> None:
    """A translation has the original's cells: ids, code (or an empty body) and order."""
    theirs, ours = original.cells, translation.cells
    for wanted, cell in zip(theirs, ours, strict=False):
        where = f"{original.path}:{wanted.line}"
        if cell.id != wanted.id:
            what = f"cell #{cell.id} stands where {where} has #{wanted.id}"
            report(Problem(translation.path, cell.line, what, "keep the original's cells in its order"))
            return
        if cell.code.strip() and cell.code.rstrip() != wanted.code.rstrip():
            line = cell.code_line + _first_difference(cell.code, wanted.code)
            what = f"the code of cell #{cell.id} differs from {where}"
            report(Problem(translation.path, line, what, "copy the original's code, or leave the body empty"))
        for name, value in (("claim", cell.claim), ("raises", cell.raises)):
            if value != getattr(wanted, name):
                what = f"cell #{cell.id}: {name} differs from {where}"
                report(Problem(translation.path, cell.line, what, "write the original's header"))
    if len(ours) < len(theirs):
        missing = theirs[len(ours)]
        last = translation.source.count("\n")
        report(
            Problem(
                translation.path, last, f"cell #{missing.id} of {original.path}:{missing.line} is missing", "add it; its body may be empty"
            )
        )
    elif len(ours) > len(theirs):
        extra = ours[len(theirs)]
        report(Problem(translation.path, extra.line, f"cell #{extra.id} is not in {original.path}", "add it there, or remove it here"))


def _first_difference(ours: str, theirs: str) -> int:
    pairs = enumerate(zip(ours.splitlines(), theirs.splitlines(), strict=False))
    return next((n for n, (a, b) in pairs if a != b), min(ours.count("\n"), theirs.count("\n")))


def read_pages(config: Config, language: str, report: Report) -> Iterator[tuple[PurePosixPath, Path]]:
    """All other files of one language: (path below its docs folder, file). Symbolic links are refused."""
    folder = config.docs / language
    articles = set(article_paths(config, language))
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted([*names, *(f for f in folders if (Path(parent) / f).is_symlink())]):
            path = Path(parent) / name
            place = PurePosixPath(path.relative_to(config.root).as_posix())
            if path in articles:
                continue
            if path.is_symlink():
                report(Problem(place, 1, "this is a symbolic link", "put the file itself here"))
            elif path.suffix == ".md" and path.parent.parent == folder / "articles":
                report(Problem(place, 1, "an article's folder holds one Markdown file, index.md", "move this one out"))
            else:
                yield PurePosixPath(path.relative_to(folder).as_posix()), path
