"""Flowcharts: nodes, edges and texts of Mermaid's spellings are found with their rows; anything else is passed over."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhixing.flowchart import flowchart, is_flowchart

PIECES = [
    *("a", "b1", "-->", "---", "-.->", "==>", "~~~", "--", "|x|", "[", "]", "((", "))", '"', "&", ";", "\n", " ", "@{", "}", ":::c"),
    *("%%", "<br>", ">"),
]
STYLES = "classDef a fill:#fff\nclass a wide\nstyle a fill:#fff\nlinkStyle 0 stroke:#fff\nclick a call b()\ndirection TB\nend"
SHAPES = [
    *("[{}]", "({})", "([{}])", "[[{}]]", "[({})]", "(({}))", "{{{}}}", "{{{{{}}}}}", "[/{}/]", "[\\{}/]", ">{}]", '["{}"]'),
    *('@{{ shape: rect, label: "{}" }}', '@{{ shape: "rect", label: "{}" }}'),
]
DESCRIBED = """flowchart TD
  accTitle: One
  accDescr {
  Two
  three }
  subgraph part ["Four"]
  a["fi[v]e
six"] -->|seven| b
  end
"""


@pytest.mark.parametrize(
    ("source", "edges"),
    [
        ("a --> b", [("a", "b", "")]),
        ("a-->b-->c", [("a", "b", ""), ("b", "c", "")]),
        ("a --> b & c --> d", [("a", "b", ""), ("a", "c", ""), ("b", "d", ""), ("c", "d", "")]),
        ("a & b --> c", [("a", "c", ""), ("b", "c", "")]),
        ("a -->|one, two| b", [("a", "b", "one, two")]),
        ('a -->|"one (two)"| b', [("a", "b", "one (two)")]),
        ("a -- one --> b", [("a", "b", "one")]),
        ('a -- "one" --- b', [("a", "b", "one")]),
        ("a == one ==> b", [("a", "b", "one")]),
        ("a -. one .-> b", [("a", "b", "one")]),
        ("a --- b; c -.-> d; e ==> f", [("a", "b", ""), ("c", "d", ""), ("e", "f", "")]),
        ("a --o b --x c <--> d ~~~ e", [("a", "b", ""), ("b", "c", ""), ("c", "d", ""), ("d", "e", "")]),
        ("a e1@--> b", [("a", "b", "")]),
        ("a:::wide --> b-1.x", [("a", "b-1.x", "")]),
        ("%% a --> b\n" + STYLES, []),
        ("---\nconfig:\n---", []),
    ],
)
def test_edges_of_every_spelling(source, edges):
    """Arrows of all kinds, their labels, chains and groups become edges; comments and styles do not."""
    assert [(edge.tail, edge.head, edge.label) for edge in flowchart(f"flowchart TD\n{source}\n").edges] == edges


@pytest.mark.parametrize("shape", SHAPES)
def test_labels_in_every_shape(shape):
    """A node's label is found in all shapes, quoted or not, and keeps its row."""
    chart = flowchart(f"graph LR; first\n  node{shape.format('a label')} --> other\n  node --> other\n")
    assert chart.nodes == {"first": "", "node": "a label", "other": ""}
    assert chart.rows == {"first": 0, "node": 1, "other": 1}


def test_texts_with_their_rows():
    """Labels, ids and edges' labels are texts; titles and descriptions are said; a quotation may hold rows and brackets."""
    chart = flowchart(DESCRIBED)
    assert chart.said == [(1, " One"), (2, ""), (3, "Two"), (4, "three }")]
    assert list(chart.texts) == [(5, "part Four"), (6, "a fi[v]e\nsix"), (6, "b "), (6, "seven")]


@given(st.lists(st.sampled_from(PIECES), max_size=60).map("".join) | st.text(max_size=200))
@settings(max_examples=300, deadline=None)
def test_any_text_is_read(text):
    """No text is an error, and each row that is named is one of the text's."""
    chart = flowchart(text)
    rows = [*chart.rows.values(), *(edge.row for edge in chart.edges), *(row for row, _ in chart.said)]
    assert all(0 <= row < len(text.splitlines()) for row in rows)
    assert {edge.tail for edge in chart.edges} | {edge.head for edge in chart.edges} <= set(chart.nodes)


OTHER = "sequenceDiagram\na->>b: flowchart"


@pytest.mark.parametrize(("source", "is_one"), [("%%{init: {}}%%\nflowchart TD", True), ("graph LR", True), (OTHER, False)])
def test_a_flowchart_says_so(source, is_one):
    """Other kinds of diagrams are told apart."""
    assert is_flowchart(source) == is_one
