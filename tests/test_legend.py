"""Legend: what the run measured stands beside its lines wherever these move, and comments are held against it."""

import pytest

from zhixing.legend import SHAPE, Legend, _difference
from zhixing.store import Store


@pytest.mark.parametrize(
    ("comment", "found"),
    [
        ("# (B, 16, 8, 8)", ["B, 16, 8, 8"]),
        ("# (N,), then (N, 2)", ["N,", "N, 2"]),
        ("# (B, C*K*K', H'*W') -> (B, 4H)", ["B, C*K*K', H'*W'", "B, 4H"]),
        ("# (h, c) of f(2, 3), (B), (see below), (1998), (), (a b)", []),
    ],
)
def test_what_is_a_shape_in_a_comment(comment, found):
    """Capital letters, numbers and their products between brackets are a shape; calls, names and remarks are not."""
    assert [match["sizes"] for match in SHAPE.finditer(comment)] == found


@pytest.mark.parametrize(
    ("comment", "shapes", "wrong"),
    [
        ("# (B, 16)", [["y", [64, 16]]], []),
        ("# (B, 16)", [["y", [64, 17]]], ["the comment says y is (B, 16), where B is 64, but the run measured (64, 17)"]),
        ("# (B, 16)", [["", [64]]], ["the comment says the result is (B, 16) but the run measured (64,)"]),
        ("# (B, B)", [["y", [2, 3]]], ["the comment says y is (B, B), where B is 2, but the run measured (2, 3)"]),
        ("# (B, 512) -> (B, 64)", [["y", [5, 64]]], []),
        ("# (A, 3) of x, so (B, 4)", [["y", [5, 4]]], []),
        ("# (B, H), (B,)", [["h", [5, 4]], ["n", [5]]], []),
        ("# (B, H), (B,)", [["h", [5, 4]], ["n", [6]]], ["the comment says n is (B,), where B is 5, but the run measured (6,)"]),
        ("# (B, H), and a count", [["h", [5, 4]], ["n", [6]]], []),
        ("# each (B, H)", [["h", [5, 4]], ["c", [5, 4]]], []),
        (
            "# each (B, H)",
            [["h", [5, 4]], ["c", [4, 5]]],
            ["the comment says c is (B, H), where B is 5, H is 4, but the run measured (4, 5)"],
        ),
        ("# (K, 4K)", [["y", [3, 12]]], []),
        ("# (K, 4K)", [["y", [3, 13]]], ["the comment says y is (K, 4K), where K is 3, but the run measured (3, 13)"]),
        ("# (K, K', 2*K*K')", [["y", [3, 5, 30]]], []),
        ("# (U*V, 2)", [["y", [3, 2]]], []),
    ],
)
def test_a_comment_against_a_shape(comment, shapes, wrong):
    """A letter stands for one number, a product for its factors'; a line's last shape, or each of its names' in order, is compared."""
    assert list(_difference(comment, shapes, {})) == wrong


def test_a_symbol_keeps_its_meaning_within_a_function():
    """What one line gives a symbol binds the next line."""
    symbols = {}
    assert list(_difference("# (B, 16)", [["y", [64, 16]]], symbols)) == []
    assert symbols == {"B": 64}
    assert len(list(_difference("# (B,)", [["y", [32]]], symbols))) == 1


@pytest.mark.parametrize(
    ("symbols", "meaning"),
    [
        ({}, ""),
        ({"f": {}}, ""),
        ({"f": {"B": 64, "C": 3}, "g": {}}, "B = 64, C = 3"),
        ({"f": {"B": 64}, "g": {"B": 64, "C": 3}}, "B = 64, C = 3"),
        ({"f": {"B": 64}, "M.g": {"B": 32}}, "f: B = 64; M.g: B = 32"),
    ],
)
def test_what_symbols_mean(symbols, meaning):
    """Functions that agree are not told apart, those that differ are."""
    assert Legend({}, symbols).meaning == meaning


CODE = """\
import random


class Array:
    def __init__(self, *shape):
        self.shape = shape


def grow(x):
    y = Array(2, *x.shape)
    random.random()
    return y
"""
CELL = "```python {.cell}\nfrom arrays import Array, grow\nprint(grow(Array(3)).shape)\n```\n\n`{python} len(grow(Array(4)).shape)`\n\n"
SHOWN = '```python {shapes=true}\n--8<-- "arrays.py:grow"\n```\n\n'


def entry(blog, slug):
    """The one entry that is kept of an article."""
    (kept,) = (kept for kept in Store(blog.root / "build" / "store").all() if kept.path.parent.name == slug)
    return kept.entry


def test_measuring_changes_nothing_else(blog):
    """With and without shapes a run's outputs, values, random numbers, files and dependencies are the same; the recipe tells them apart."""
    blog.write("code/arrays.py", CODE)
    random = "`{python} __import__('random').random()`\n"
    for slug, more in (("with", SHOWN), ("without", "")):
        blog.article(slug, CELL + more + random)
    blog.built()
    ours, theirs = entry(blog, "with"), entry(blog, "without")
    assert ours.shapes == {"arrays.py:grow": [[0, [["y", [2, 3]]]], [1, [["", [2, 3]]]]]}
    assert (ours.outputs, ours.values, ours.assets, ours.dependencies) == (
        theirs.outputs,
        theirs.values,
        theirs.assets,
        theirs.dependencies,
    )
    assert {**ours.recipe, "shapes": []} == theirs.recipe


def test_lines_may_move_and_comments_may_change_without_a_run(blog):
    """A comment above a line moves its shape with it; one that is wrong fails at the listing's line, and nothing runs for either."""
    blog.write("code/arrays.py", CODE)
    blog.article("a", CELL + SHOWN)
    blog.article("b", CELL)
    assert blog.built().slugs("ran") == {"a", "b"}
    blog.write("code/arrays.py", "# moved\n" + CODE.replace("    return y", "    # what it\n\n    # returns\n    return y"))
    assert blog.built().slugs("fresh") == {"a", "b"}
    assert "    y = Array(2, *x.shape)  #⇥ (2, 3)\n" in blog.page("a")
    assert "    # returns\n    return y  #⇥ (2, 3)\n" in blog.page("a")
    blog.write("code/arrays.py", CODE.replace("    return y", "    return y  # (2, N, 1)"))
    said = blog.build()
    assert said.errors == [
        "docs/en/articles/a.md:14: code/arrays.py:12: the comment says the result is (2, N, 1) but the run measured (2, 3); "
        "mend the comment or the code"
    ]
    assert said.slugs("fresh") == {"b"}


def test_only_an_article_that_begins_to_show_shapes_runs(blog):
    """A listing that begins or ceases to ask for shapes runs its own article; a translation's listing counts too."""
    blog.write("code/arrays.py", CODE)
    for slug in ("a", "b"):
        blog.article(slug, CELL)
    blog.built()
    blog.article("a", CELL + SHOWN)
    assert {slug: article["why"] for slug, article in blog.built().articles.items()} == {
        "a": "the listings that show shapes are others",
        "b": "",
    }
    blog.article("b", CELL + SHOWN, language="zh")
    said = blog.built()
    assert said.slugs("ran") == {"b"}
    assert "首次调用" in blog.page("b", "zh")
    assert "⇥" not in blog.page("b")


def test_code_that_looks_at_code_is_not_measured(blog):
    """Where a run may show its own code, functions stay as they are written, and the listing says that nothing was measured."""
    blog.write("code/arrays.py", CODE)
    blog.article("a", CELL + "`{python} grow.__code__.co_names`\n\n" + SHOWN)
    (error,) = blog.build().errors
    assert error.startswith("docs/en/articles/a.md:16: listing 'arrays.py:grow' has no shapes: ")


def test_a_notebook_holds_the_source_alone(blog):
    """The notebook of an article shows a listing without what was measured, and a diagram without what it is checked against."""
    blog.write("code/arrays.py", CODE)
    blog.article("a", CELL + SHOWN)
    blog.built()
    assert "⇥" not in (blog.root / "build/docs/en/notebooks/a.ipynb").read_text()
