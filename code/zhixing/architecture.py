"""Architecture: a diagram held against the modules of a model and the shapes that they had in the run.

Each module with parameters is named; no name and no shape is wrong; what an edge's module reads stands at its tail, what it
gives at its head. The batch, the first axis, is left out of a diagram's shapes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from typing import Any

from .article import Article, Diagram
from .errors import Problem
from .flowchart import Edge, Flowchart, flowchart, is_flowchart
from .store import Entry
from .syntax import Report

Shape = tuple[int, ...]
WORD = re.compile(r"[A-Za-z_]\w*(?:\.\w+)*", re.A)
NUMBERED = re.compile(r"(?P<family>.*?)\d+")
TIMES = r"\s*(?:×|x|\\times(?![A-Za-z]))\s*"
SHAPE = re.compile(
    rf"""
    (?<![\w.])(?P<product>\d+(?:{TIMES}\d+)+)(?![\w])           # 16×8×8
    |\((?P<tuple>(?:[A-Z]+,\s*)?\d+,\s*\d[\d,\s]*|[A-Z]+,\s*\d+,?|\d+,)\)   # (16, 8, 8), (B, 64)
    |(?:\\mathbb\s*\{{?R\}}?|ℝ)\s*\^\s*\{{?\s*(?P<single>\d+)(?![\d\s]*(?:×|x|\\times))   # R^64
    """,
    re.X | re.A,
)
FIX = "mend the diagram, or the model that it is checked against"


def check_diagrams(article: Article, entry: Entry, report: Report) -> None:
    """Report what the diagrams of an article say that its run did not find in their models."""
    measured = {(model, example): layers for model, example, layers in entry.models}
    for diagram in article.of(Diagram):
        for row, what in _wrong(diagram, Layers(measured[diagram.measured])):
            report(Problem(article.path, diagram.line + row, what, FIX))


def _wrong(diagram: Diagram, layers: Layers) -> Iterator[tuple[int, str]]:
    """What is wrong with a diagram, with the row of its fence (its header is row 0)."""
    if not is_flowchart(diagram.body):
        yield 0, "only a flowchart is checked against a model"
        return
    chart = flowchart(diagram.body)
    named = {word for _, text in chart.texts for word in WORD.findall(text)}
    for name in layers.unnamed(named):
        yield 0, f"the diagram does not name {name}, which holds parameters of {diagram.model}"
    for row, text in dict.fromkeys([*chart.texts, *chart.said]):
        for what in _wrong_text(text, layers):
            yield row + 1, what
    for edge in chart.edges:
        for what in _wrong_edge(edge, chart, layers):
            yield edge.row + 1, what


def _wrong_text(text: str, layers: Layers) -> Iterator[str]:
    """Names of modules that are none, and shapes that nothing has, or nothing that the same text names."""
    for word in WORD.findall(text):
        if layers.is_missing(word):
            yield f"the model has no module {word}"
    modules = layers.called(text)
    for shape in shapes(text):
        if shape not in layers.shapes:
            yield f"{_product(shape)} is no shape that the run measured: there is {_products(layers.moving)}"
        elif modules and all(shape not in layers.around(name) for name in modules):
            yield f"{_product(shape)} is no shape of {', '.join(modules)}: there is {_products(layers.around(*modules))}"


def _wrong_edge(edge: Edge, chart: Flowchart, layers: Layers) -> Iterator[str]:
    """What the ends of an edge with modules say otherwise; flattening changes no number of elements."""
    modules = layers.called(edge.label)
    if not modules:
        return
    ends = (
        (edge.tail, "reads", layers.before(modules[0]), modules[0]),
        (edge.head, "gives", layers.after(modules[-1]), modules[-1]),
    )
    for node, verb, measured, name in ends:
        found = shapes(chart.nodes[node])
        if found and not {math.prod(shape) for shape in found} & {math.prod(shape) for shape in measured}:
            yield f"{name} {verb} {_products(measured)}, not {_products(found)}"


def shapes(text: str) -> list[Shape]:
    """The shapes that a text spells, a letter for the batch left out."""
    spelled = (match["product"] or match["tuple"] or match["single"] for match in SHAPE.finditer(text))
    return [tuple(map(int, re.findall(r"\d+", sizes))) for sizes in spelled]


class Layers:
    """What a run measured of a model's modules, without their batch axes."""

    def __init__(self, rows: Iterable[dict[str, Any]]) -> None:
        self.rows = {row["name"]: row for row in rows}
        self.names = [name for name in self.rows if name]
        self.leaves = [name for name, row in self.rows.items() if row["gives"] is not None and not self._holds(name)]
        short = [name.rpartition(".")[2] for name in self.names]
        self.words = {word: name for word, name in zip(short, self.names, strict=True) if short.count(word) == 1 and not word.isdigit()}
        self.words |= {name: name for name in self.names}
        self.moving = [shape for name in self.leaves for shape in (*self._of(name, "reads"), *self._of(name, "gives"))]
        sizes = [shape for name in self.rows for key in ("reads", "gives", "parameters") for shape in self._of(name, key)]
        self.shapes = set(sizes)

    def _holds(self, name: str) -> bool:
        """Whether other modules are inside this one."""
        return any(other.startswith(f"{name}." if name else "") for other in self.rows if other != name)

    def _of(self, name: str, key: str) -> list[Shape]:
        found = self.rows[name][key] or []
        if key == "parameters":  # as a whole, and a kernel's size
            return [tuple(shape[start:]) for shape in found for start in (0, 2) if shape[start:]]
        return [tuple(shape[1:]) for shape in found if shape[1:]]

    def unnamed(self, words: set[str]) -> Iterator[str]:
        """The modules with parameters of which neither they nor what holds them is among the words."""
        named = {self.words[word] for word in words if word in self.words}
        for name in self.names:
            parts = name.split(".")
            if self.rows[name]["parameters"] and not named & {".".join(parts[:end]) for end in range(1, len(parts) + 1)}:
                yield name

    def is_missing(self, word: str) -> bool:
        """Whether a word is numbered as modules are, and none is called so."""
        families = {match["family"] for name in self.words if (match := NUMBERED.fullmatch(name))}
        match = NUMBERED.fullmatch(word)
        return match is not None and match["family"] in families and word not in self.words

    def called(self, text: str) -> list[str]:
        """The modules that a text names, those that the run called, in its order."""
        return [name for word in WORD.findall(text) if (name := self.words.get(word)) in self.leaves]

    def before(self, name: str) -> list[Shape]:
        """What a module reads, and what the module called before it gives."""
        at = self.leaves.index(name)
        return self._of(name, "reads") + [shape for other in self.leaves[max(0, at - 1) : at] for shape in self._of(other, "gives")]

    def after(self, name: str) -> list[Shape]:
        """What a module gives, and what the module called after it reads."""
        at = self.leaves.index(name)
        return self._of(name, "gives") + [shape for other in self.leaves[at + 1 : at + 2] for shape in self._of(other, "reads")]

    def around(self, *names: str) -> list[Shape]:
        return [shape for n in names for shape in (*self.before(n), *self.after(n), *self._of(n, "parameters"))]


def _product(shape: Shape) -> str:
    return "×".join(map(str, shape))


def _products(found: Iterable[Shape]) -> str:
    return ", ".join(dict.fromkeys(map(_product, found)))
