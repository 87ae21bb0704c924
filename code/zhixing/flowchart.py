"""Flowchart: the nodes, edges and texts of a Mermaid flowchart, read tolerantly: what is not understood is passed over."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

NODE = r"""
    (?P<id>\w+(?:[.-]\w+)*)
    (?:
        @\{(?:[^}]*?\blabel:\s*"(?P<named>[^"]*)")?[^}]*\}
        |(?:[ \t]*\[|[({>])[\[({/\\|]*\s*(?:"(?P<quoted>[^"]*)"|(?P<plain>[^"\[\](){}|]*?))\s*[|/\\\])}]*[\])}]
    )?
    (?::::[\w-]+)?
"""
END = r"(?:>|[xo](?=\s))?"  # the head of an arrow
TOKEN = re.compile(
    rf"""
    \w+@(?=[<=~-])                                                          # an edge's id
    |(?P<inner><?(?:--|==|-\.)\s+(?P<text>"[^"]*"|[^|>]+?)\s+(?:-{{2,}}|={{2,}}|\.+-+){END})
    |(?P<link><?(?:-{{2,}}|={{2,}}|-\.+-|~{{3,}}){END}(?:\s*\|\s*(?P<piped>"[^"]*"|[^|]*)\|)?)
    |{NODE}
    |(?P<end>;)
    |(?P<and>&)
    """,
    re.X,
)
SAID = re.compile(r"acc(?:Title|Descr)\s*[:{]?")
STYLE = re.compile(r"(?:%%|classDef|class|style|linkStyle|click|direction|end)(?:\b|$)|%%")
BEGIN = re.compile(r"(?:flowchart|graph)\b\s*\w*\s*;?|subgraph\b")


@dataclass(frozen=True)
class Edge:
    tail: str
    head: str
    label: str
    row: int


@dataclass
class Flowchart:
    """``nodes`` maps ids to labels, ``rows`` ids to the row (from 0) of the label; ``said`` is what titles and descriptions say."""

    nodes: dict[str, str] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)
    said: list[tuple[int, str]] = field(default_factory=list)

    @property
    def texts(self) -> Iterator[tuple[int, str]]:
        """All that it says, ids included, with their rows."""
        for id, label in self.nodes.items():
            yield self.rows[id], f"{id} {label}"
        yield from dict.fromkeys((edge.row, edge.label) for edge in self.edges)


def is_flowchart(source: str) -> bool:
    return any(re.match(r"\s*(?:flowchart|graph)\b", row) for row in source.splitlines())


def flowchart(source: str) -> Flowchart:
    chart = Flowchart()
    describing = False
    for row, statement in _statements(source):
        if describing or SAID.match(statement):
            chart.said.append((row, SAID.sub("", statement, count=1)))
            describing = "}" not in statement and (describing or "{" in statement)
        elif not STYLE.match(statement):
            _read(BEGIN.sub("", statement, count=1), row, chart)
    return chart


def _statements(source: str) -> Iterator[tuple[int, str]]:
    """The rows of the source, those together that a quotation joins."""
    begun, held = 0, ""
    for n, row in enumerate(source.splitlines()):
        if not held:
            begun = n
        held += row + "\n"
        if held.count('"') % 2 == 0:
            yield begun, held.strip()
            held = ""
    if held:
        yield begun, held.strip()


def _read(statement: str, row: int, chart: Flowchart) -> None:
    """One statement: groups of nodes joined by ``&``, with links between the groups."""
    tails: list[str] = []
    heads: list[str] = []
    label: str | None = None
    joined = False
    for token in TOKEN.finditer(statement):
        if token["link"] or token["inner"]:
            tails, heads, label = heads, [], (token["piped"] or token["text"] or "").strip(' "')
        elif token["end"]:
            tails, heads, label = [], [], None
        elif token["id"]:
            if not joined:
                heads = []
            heads.append(token["id"])
            _name(token, row, chart)
            if label is not None:
                chart.edges += [Edge(tail, token["id"], label, row) for tail in tails]
        joined = bool(token["and"])


def _name(token: re.Match, row: int, chart: Flowchart) -> None:
    label = token["named"] or token["quoted"] or token["plain"] or ""
    if label or token["id"] not in chart.nodes:
        chart.nodes[token["id"]], chart.rows[token["id"]] = label, row
