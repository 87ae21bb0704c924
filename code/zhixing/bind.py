"""Bind: give each part of an article what it stands for: code, outputs, values, numbers, sources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from .architecture import check_diagrams
from .article import Article, Cell, Citation, Formula, Listing, Reference, Work
from .config import Config
from .errors import Problem
from .evidence import Evidence
from .legend import Legend, legends
from .listing import ListingError, listed
from .review import Review
from .store import Entry
from .syntax import LISTED, Report
from .wording import words

SVG = "image/svg+xml"
IMAGES = (SVG, "image/png", "image/jpeg")  # the best first


@dataclass(frozen=True)
class Bound:
    """An article and what its parts stand for.

    ``code`` maps a listing's or a cell's line to the code shown there; ``outputs`` cell ids to nbformat outputs;
    ``values`` (expression, format) to text; ``anchors`` ids that prose can refer to (``fig-…``, ``tbl-…``, ``eq-…``)
    to their numbers, ``captioned`` cell ids to such an anchor; ``cited`` citation keys to their sources in the order of citing;
    ``legends`` the line of a listing that shows shapes to them; ``review`` holds the run's results beside the accepted ones,
    ``evidence`` what the blog's tests showed, None where they have not passed at this content.
    """

    article: Article
    code: Mapping[int, str]
    outputs: Mapping[str, list[dict]]
    values: Mapping[tuple[str, str], str]
    anchors: Mapping[str, int]
    captioned: Mapping[str, str]
    cited: Mapping[str, dict]
    legends: Mapping[int, Legend] = field(default_factory=dict)
    review: Review | None = None
    evidence: Evidence | None = None

    def numbered(self, anchor: str) -> str:
        """What a numbered formula, figure or table is called in the article's language: "Figure 2"."""
        return words(self.article.language)[anchor.partition("-")[0]].format(self.anchors.get(anchor, 0))

    def display(self, formula: Formula) -> str:
        """A formula between ``$$``, with its number as its tag."""
        return f"$$\n{formula.tex.strip()} \\tag{{{self.anchors[anchor_of('eq', formula.id)]}}}\n$$\n"

    def cited_numbers(self, citation: Citation) -> list[int]:
        """The numbers of a citation's sources in the article's list, from 1; 0 for one that is missing."""
        order = list(self.cited)
        return [order.index(key) + 1 if key in order else 0 for key in citation.keys]


def bind(article: Article, work: Work, entry: Entry, config: Config, sources: Mapping[str, dict], report: Report) -> Bound:
    """Bind one article of a work to its entry and to the blog's sources. What is missing goes to ``report``."""
    outputs = {cell.id: _merged(entry.outputs.get(cell.id, [])) for cell in article.cells}
    anchors, captioned = _numbered(article, outputs)
    bound = Bound(
        article,
        {**_listings(article, config, report), **_cell_code(article, work)},
        outputs,
        entry.texts,
        anchors,
        captioned,
        _cited(article, sources, report),
        legends(article, entry, config, report),
    )
    check_diagrams(article, entry, report)
    for cell in article.cells:
        if has_figure(outputs[cell.id]) and cell.shown and not cell.options.get("alt", "").strip():
            what = f"the figure of cell #{cell.id} has no alt text"
            report(Problem(article.path, cell.line, what, 'say what it shows: alt="…"'))
    _check_references(article, anchors, report)
    return bound


def foresee(article: Article, config: Config, sources: Mapping[str, dict], report: Report) -> None:
    """Report what ``bind`` will miss whatever the run gives: listings, sources, and what no formula or captioned cell is called."""
    _listings(article, config, report)
    _cited(article, sources, report)
    formulas = [anchor_of("eq", formula.id) for formula in article.of(Formula)]
    captioned = [cell.id for cell in article.cells if cell.shown and cell.options.get("caption")]
    _check_references(article, [*formulas, *(anchor_of(kind, id) for id in captioned for kind in ("fig", "tbl"))], report)


def _check_references(article: Article, anchors: Iterable[str], report: Report) -> None:
    for reference in article.of(Reference):
        if reference.target not in anchors:
            known = ", ".join(f"@{anchor}" for anchor in anchors) or "none"
            what = f"@{reference.target} names no numbered formula, figure or table of this article"
            report(Problem(article.path, reference.line, what, f"there is {known}"))


def anchor_of(kind: str, id: str) -> str:
    """What prose calls a formula (``eq``), figure (``fig``) or table (``tbl``): its id, after its kind."""
    return id if id.startswith(f"{kind}-") else f"{kind}-{id}"


def picture_kind(data: Mapping[str, Any]) -> str | None:
    """The best form of a picture among an output's data, or None."""
    return next((kind for kind in IMAGES if kind in data), None)


def has_figure(outputs: list[dict]) -> bool:
    return any(picture_kind(output.get("data", {})) for output in outputs)


def has_table(outputs: list[dict]) -> bool:
    return any("<table" in "".join(output.get("data", {}).get("text/html", "")) for output in outputs)


def _merged(outputs: list[dict]) -> list[dict]:
    """Neighbouring streams as one block: a reader cares for what was printed, not for the channel."""
    merged: list[dict] = []
    for output in outputs:
        if merged and output["output_type"] == merged[-1]["output_type"] == "stream":
            merged[-1] = {**merged[-1], "text": merged[-1]["text"] + output["text"]}
        else:
            merged.append(output)
    return merged


def _numbered(article: Article, outputs: Mapping[str, list[dict]]) -> tuple[dict[str, int], dict[str, str]]:
    """Number the captioned figures and tables and the formulas with an id, each kind from 1."""
    anchors: dict[str, int] = {}
    captioned: dict[str, str] = {}
    counts = {"fig": 0, "tbl": 0, "eq": 0}
    for part in article.parts:
        if isinstance(part, Formula):
            kind = "eq"
        elif isinstance(part, Cell) and part.shown and part.options.get("caption") and has_figure(outputs[part.id]):
            kind = "fig"
        elif isinstance(part, Cell) and part.shown and part.options.get("caption") and has_table(outputs[part.id]):
            kind = "tbl"
        else:
            continue
        counts[kind] += 1
        anchor = anchor_of(kind, part.id)
        anchors[anchor] = counts[kind]
        if isinstance(part, Cell):
            captioned[part.id] = anchor
    return anchors, captioned


def _listings(article: Article, config: Config, report: Report) -> dict[int, str]:
    """The body of each listing with its ``--8<--`` lines replaced by code, by the listing's line."""
    bodies = {}
    for listing in article.of(Listing):
        rows = []
        for offset, row in enumerate(listing.body.removesuffix("\n").split("\n"), 1):
            if match := LISTED.match(row):
                try:
                    code = listed(config.code, match["target"])
                except (ListingError, SyntaxError) as error:
                    fix = getattr(error, "fix", "mend the file")
                    report(Problem(article.path, listing.line + offset, str(error), fix))
                    continue
                rows += [match["indent"] + line if line else "" for line in code.splitlines()]
            else:
                rows.append(row)
        bodies[listing.line] = "\n".join(rows)
    return bodies


def _cell_code(article: Article, work: Work) -> dict[int, str]:
    """The code of each cell, the original's where a translation left the body empty, by the cell's line."""
    original = {cell.id: cell.code for cell in work.cells}
    return {cell.line: original[cell.id].rstrip("\n") for cell in article.cells}


def _cited(article: Article, shared: Mapping[str, dict], report: Report) -> dict[str, dict]:
    sources = {**shared, **{str(source.get("id")): source for source in article.front.get("references", [])}}
    cited = {}
    for citation in article.of(Citation):
        for key in citation.keys:
            if key in sources:
                cited[key] = sources[key]
            else:
                what = f"no source is called {key!r}"
                report(Problem(article.path, citation.line, what, "add it to docs/references.yaml or to references: in the front matter"))
    return cited


def read_sources(works: Iterable[Work], config: Config, report: Report) -> dict[str, dict]:
    """``docs/references.yaml``: a list of sources in CSL's terms, as Pandoc reads it; not read where nothing cites."""
    path: Path = config.docs / "references.yaml"
    cites = any(next(article.of(Citation), None) for work in works for article in work.articles.values())
    if not cites or not path.exists():
        return {}
    try:
        data: Any = yaml.safe_load(path.read_text(encoding="utf-8")) or []
        data = data.get("references", []) if isinstance(data, dict) else data
        return {source["id"]: source for source in data}
    except (yaml.YAMLError, KeyError, TypeError) as error:
        mark = getattr(error, "problem_mark", None)
        fix = "write a list of sources, each with id, author, title and issued"
        report(Problem(path.relative_to(config.root), mark.line + 1 if mark else 1, f"cannot read the sources: {error}", fix))
        return {}
