"""Architecture: a diagram that says what the run did not measure is wrong, at the row that says it; a right one is not."""

import re

import pytest

from zhixing.architecture import Layers, check_diagrams, shapes
from zhixing.article import Article, Diagram, Prose
from zhixing.store import Entry, Store


def row(name, reads, gives, parameters=()):
    shapes = {"parameters": [list(p) for p in parameters], "reads": reads and [list(reads)], "gives": gives and [list(gives)]}
    return {"name": name, "class": "", **shapes}


LENET = [
    row("conv1", (5, 1, 8, 8), (5, 16, 8, 8), [(16, 1, 3, 3), (16,)]),
    row("conv2", (5, 16, 4, 4), (5, 32, 4, 4), [(32, 16, 3, 3), (32,)]),
    row("hidden", (5, 512), (5, 64), [(64, 512), (64,)]),
    row("output", (5, 64), (5, 10), [(10, 64), (10,)]),
    row("", (5, 1, 8, 8), (5, 10)),
]
RIGHT = r"""flowchart TD
  accTitle: An image of 1×8×8
  accDescr: It becomes 16×4×4 maps by conv1.
  x["$$x\in\mathbb{R}^{1\times 8\times 8}$$"] -->|"conv1, ReLU, max pool"| b["$$\mathbb{R}^{16\times 4\times 4}$$"]
  b -->|"conv2 (3×3), ReLU"| c["32x4x4"]
  c -->|"hidden, ReLU"| h["$$\mathbb{R}^{64}$$"]
  h -->|output| z["(B, 10) logits"]
"""
NESTED = [
    row("encoder.0", (5, 7), (5, 8), [(8, 7)]),
    row("encoder.1", (5, 8), (5, 9), [(9, 8)]),
    row("encoder", (5, 7), (5, 9)),
    row("head", (5, 9), (5, 2), [(2, 9)]),
    row("", (5, 7), (5, 2)),
    row("unused", None, None, [(3, 3)]),
]


def wrong(body, rows=LENET):
    """What is wrong with a diagram whose fence stands on line 10."""
    diagram = Diagram("", 10, body=body, model="LeNet()", input="x")
    article = Article("a", "en", "a.md", {}, "", (Prose("", 1), diagram))
    problems = []
    check_diagrams(article, Entry("a", {}, {}, {}, [], {}, {}, models=[["LeNet()", "x", rows]]), problems.append)
    return [str(problem).removeprefix("a.md:").partition(";")[0] for problem in problems]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("16×8×8", [(16, 8, 8)]),
        ("16 x 8 x 8 and 3x3", [(16, 8, 8), (3, 3)]),
        (r"$$16\times 8\times8$$", [(16, 8, 8)]),
        ("(16, 8, 8)", [(16, 8, 8)]),
        ("(B, 16, 8, 8) or (N, 10) or (7,)", [(16, 8, 8), (10,), (7,)]),
        ("B×16×8×8", [(16, 8, 8)]),
        (r"\mathbb{R}^{64}, \mathbb R^9, ℝ^3", [(64,), (9,), (3,)]),
        (r"\mathbb{R}^{16\times 4\times 4}", [(16, 4, 4)]),
        ("conv1 (10) 64 1.5×2 LeNet-5 (1998) v2x3y, 3x", []),
    ],
)
def test_shapes_in_every_spelling(text, found):
    """Products, tuples and powers of R are shapes; single numbers, decimals and years are not."""
    assert shapes(text) == found


def test_a_right_diagram_is_right():
    """Pooling and flattening have no names, kernels and parameters have shapes of their own, ids name modules too."""
    assert wrong(RIGHT) == []
    assert wrong('flowchart LR\n  x["1×8×8"] --> conv1["16×8×8 of 3×3"] --> conv2["32×4×4"] --> hidden["64×512"] --> output["10"]\n') == []


@pytest.mark.parametrize(
    ("old", "new", "problems"),
    [
        ("conv2 (3×3), ReLU", "ReLU", ["10: the diagram does not name conv2, which holds parameters of LeNet()"]),
        ("max pool", "conv3", ["14: the model has no module conv3"]),
        ("by conv1", "by conv4", ["13: the model has no module conv4"]),
        ("32x4x4", "32x8x8", ["15: 32×8×8 is no shape that the run measured: there is 1×8×8, 16×8×8, 16×4×4, 32×4×4, 512, 64, 10",
                              "15: conv2 gives 32×4×4, 512, not 32×8×8", "16: hidden reads 512, 32×4×4, not 32×8×8"]),
        ("of 1×8×8", "of 1×9×9", ["12: 1×9×9 is no shape that the run measured: there is 1×8×8, 16×8×8, 16×4×4, 32×4×4, 512, 64, 10"]),
        ("32x4x4", "16x8x8", ["15: conv2 gives 32×4×4, 512, not 16×8×8", "16: hidden reads 512, 32×4×4, not 16×8×8"]),
        (r"\mathbb{R}^{64}", r"\mathbb{R}^{10}", ["16: hidden gives 64, not 10", "17: output reads 64, not 10"]),
        ("(B, 10)", "(B, 64)", ["17: output gives 10, not 64"]),
        ("conv2 (3×3)", "conv2 (1×8×8)", ["15: 1×8×8 is no shape of conv2: there is 16×4×4, 16×8×8, 32×4×4, 512, 32×16×3×3, 3×3, 32"]),
        ("flowchart TD", "sequenceDiagram", ["10: only a flowchart is checked against a model"]),
    ],
)  # fmt: skip
def test_a_wrong_diagram_is_wrong_at_its_row(old, new, problems):
    """A missing module, a wrong name, a shape of nothing and a shape at the wrong end are told, also in the description."""
    assert RIGHT.count(old) == 1
    assert wrong(RIGHT.replace(old, new)) == problems


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("encoder --> head --> unused", []),
        ("encoder.0 --> encoder.1 --> head & unused", []),
        ("encoder.0 --> head --> unused", ["10: the diagram does not name encoder.1, which holds parameters of LeNet()"]),
        ("encoder --> head --> unused --> encoder.2", ["12: the model has no module encoder.2"]),
        ('a["7"] -->|encoder, head| b["(2,)"]\n unused', []),
        ('a["(9,)"] -->|encoder.0| b["(8,)"]\n encoder --> head --> unused', ["12: encoder.0 reads 7, not 9"]),
        ("encoder --> head --> unused\n head3 --> layer2", []),
    ],
)
def test_modules_inside_others(text, problems):
    """What holds a module stands for it; a numbered name is held against its siblings; a module that is not called has no shapes."""
    assert wrong(f"flowchart TD\n {text}\n", NESTED) == problems


def test_an_empty_model_has_nothing_to_say():
    """A model without modules inside it is checked for shapes alone."""
    body = 'flowchart TD\n a["2×3"] --> b["9×9"]\n'
    assert wrong(body, [row("", (1, 2, 3), (1, 4))]) == ["12: 9×9 is no shape that the run measured: there is 2×3, 4"]
    assert Layers([]).leaves == []


MODEL = """\
import random


class Array:
    shape = (1, 3)


class Model:
    def __init__(self):
        self.size = random.randint(2, 2)

    def named_modules(self):
        return [("", self)]

    def parameters(self, recurse):
        return []

    def register_forward_hook(self, hook):
        self.hook = hook
        return self

    def remove(self):
        pass

    def __call__(self, x):
        print(random.random())
        self.hook(self, (x,), x)
"""


def test_each_language_is_checked_against_the_one_run(blog):
    """Diagrams of both languages are measured once, after all values; only the wrong one fails, at its own line."""
    blog.write("code/models.py", MODEL)
    cell = "```python {.cell}\nimport random\nfrom models import Array, Model\n```\n\n`{python} random.random()`\n\n"
    diagram = '```mermaid {model="Model()" input="Array()"}\nflowchart TD\n  a["(B, 3)"] --> b\n```\n'
    blog.article("plain", cell)
    for language in ("en", "zh"):
        blog.article("a", cell + diagram, language)
    assert blog.built().slugs("ran") == {"a", "plain"}
    (value,), (same,) = (re.findall(r'title="random[^>]*>([^<]*)<', blog.page(slug)) for slug in ("a", "plain"))
    assert value == same
    assert "```mermaid\nflowchart" in blog.page("a")
    assert "```mermaid\\nflowchart" in (blog.root / "build/docs/en/notebooks/a.ipynb").read_text()
    blog.article("a", cell + diagram.replace("B, 3", "B, 4"), "zh")
    said = blog.build()
    assert said.errors == [
        "docs/zh/articles/a.md:15: 4 is no shape that the run measured: there is 3; "
        "mend the diagram, or the model that it is checked against"
    ]
    assert said.slugs("ran") == set()
    blog.article("a", cell + diagram.replace("Array()", "Array( )"), "zh")
    assert blog.built().articles["a"]["why"] == "the models that diagrams are checked against are others"


def test_a_model_that_looks_at_code_makes_whole_files_count(blog):
    """What a model's expression names counts as what a cell names does."""
    blog.write("code/models.py", MODEL)
    body = '```mermaid {model="[Model.__call__.__code__, Model()][1]" input="Array()"}\nflowchart TD\n  a --> b\n```\n'
    blog.article("a", "```python {.cell}\nfrom models import Array, Model\n```\n\n" + body)
    blog.built()
    (kept,) = Store(blog.root / "build" / "store").all()
    assert kept.entry.dependencies["functions"] == {}


def test_an_article_of_a_diagram_alone_runs(blog):
    """A model needs no cell and no inline value to be measured."""
    blog.write("code/models.py", MODEL)
    expression = "__import__('models')"
    blog.article("a", f'```mermaid {{model="{expression}.Model()" input="{expression}.Array()"}}\nflowchart TD\n  a["(B, 4)"]\n```\n')
    assert blog.build().errors[0].startswith("docs/en/articles/a.md:8: 4 is no shape")
