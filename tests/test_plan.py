"""Planning: an entry of the store is used where it is still true, and the first difference is said in words."""

import dataclasses

import pytest

from zhixing import machine
from zhixing.config import load
from zhixing.plan import plan, recipe
from zhixing.read import read_works
from zhixing.running.dependency import States
from zhixing.store import Entry, Store

ONE, TWO = "```python {.cell #one}\n1\n```\n\n", "```python {.cell #two}\n2\n```\n\n"
NOTHING = {"files": {}, "functions": {}, "folders": {}, "modules": [], "distributions": {}, "environment": {}, "untraceable": []}
BODY = ONE + TWO + "`{python} 1:d` and `{python} 2:d`\n"


@pytest.fixture
def planned(blog):
    """A function that plans an article's text, in a store that holds an entry of ``BODY``."""
    store = Store(blog.root / "store")

    def why(body=BODY, config=None):
        blog.article("a", body)
        config = config or load(blog.root)
        (work,) = read_works(config, pytest.fail)
        return plan(work, config, store, States(blog.root, {}))

    blog.article("a", BODY)
    config = load(blog.root)
    (work,) = read_works(config, pytest.fail)
    store.save(Entry("a", recipe(work, config), NOTHING, {}, [], {}, {}))
    return why


def test_true_entry_is_used(planned):
    """What was run before, with nothing changed, is fresh."""
    assert (planned().fresh, planned().why) == (True, "")
    assert planned("Other prose.\n\n" + BODY).fresh


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("\n1\n", "\n11\n", "cell #one changed"),
        ("#one}", "#one raises=ValueError}", "cell #one changed"),
        ("#one", "#zero", "cell #zero is new"),
        (ONE, "", "cell #one is gone"),
        (ONE + TWO, TWO + ONE, "the cells' order changed"),
        ("1:d", "3:d", "the inline value '3' is new"),
        ("1:d", "1:x", "the inline value '1' is new"),
        (" and `{python} 2:d`", "", "the inline values changed"),
    ],
)
def test_difference_is_said(old, new, why, planned):
    """The first thing that is asked for otherwise than in the newest entry is the reason."""
    assert BODY.count(old) == 1
    made = planned(BODY.replace(old, new))
    assert (made.fresh, made.why) == (False, why)


def test_interpreter_is_part_of_the_recipe(planned, monkeypatch):
    """Another Python runs everything again, and the reason names both."""
    then = planned().recipe["interpreter"]
    monkeypatch.setattr(machine.platform, "python_version", lambda: "9.9.9")
    why = planned().why
    assert why.startswith(f"interpreter {then} is now ")
    assert "9.9.9" in why


def test_preload_is_part_of_the_recipe(planned, blog):
    """Another list of preloaded modules runs everything again."""
    config = dataclasses.replace(load(blog.root), preload=("numpy", "torch"))
    assert planned(config=config).why == "preload nothing is now numpy, torch"


def test_nothing_to_run(planned):
    """An article without cells and values is fresh without an entry."""
    made = planned("Only prose.\n")
    assert made.fresh
    assert (made.entry.outputs, made.entry.values) == ({}, [])


def test_spelling_that_changes_no_run_is_left_out(planned):
    """Blank lines at a cell's end, captions, alt texts and what is shown are no part of what a run is asked to do."""
    assert planned(BODY.replace("1\n```", "1\n\n```")).fresh
    assert planned(BODY.replace("#two}", '#two caption="c" alt="a" echo=false output=hide timeout=3 .claim}')).fresh
