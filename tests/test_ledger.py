"""The ledger: accepted results in a file that can be read in a diff, and that only ``accept`` writes."""

import json

import pytest

from zhixing import ledger
from zhixing.config import load
from zhixing.errors import Problem
from zhixing.ledger import Acceptance, Ledger
from zhixing.results import Results
from zhixing.store import Entry

KEPT = Ledger(
    (Acceptance("2026-01-02", "abc", "first", 0), Acceptance("2026-01-03", "abd+", "LeNet is wider", 2)),
    {"python": "CPython 3.11.7", "cpu": 1.5, "versions": {"torch": "2.13.0"}, "environment": {}},
    Results({"c": "00"}, {'mean["CNN"]:.3f': "0.980 ± 0.005"}, {"t": [["", "精度"], ["CNN", "0.9"]]}, {"t": "0.1"}, {"fig": "ff"}),
)


@pytest.fixture
def config(blog):
    blog.article("a", "Text.\n")
    return load(blog.root)


def test_ledger_comes_back_as_it_was(config):
    """What was saved is loaded; an article without a ledger has none."""
    assert ledger.load("a", config) is None
    ledger.save("a", KEPT, config)
    assert ledger.load("a", config) == KEPT
    assert ledger.slugs(config) == ["a"]


def test_ledger_holds_one_result_a_line(config):
    """A reviewer sees each result on a line of its own, each row of a table, and Chinese as it is written."""
    lines = ledger.save("a", KEPT, config).read_text(encoding="utf-8").splitlines()
    assert r'    "mean[\"CNN\"]:.3f": "0.980 ± 0.005"' in lines
    assert '      ["", "精度"],' in lines
    assert '      "torch": "2.13.0"' in lines
    assert json.loads("\n".join(lines))["accepted"][1]["reason"] == "LeNet is wider"


def test_corrections_are_the_acceptances_that_changed_results():
    """The first acceptance corrects nothing."""
    assert KEPT.corrections == 1
    assert Ledger(KEPT.acceptances[:1], {}, Results()).corrections == 0


@pytest.mark.parametrize(
    ("damage", "what"),
    [
        (lambda text: text.replace("0.980", "0.990"), "1: this ledger is not as accept wrote it; restore it (git checkout --"),
        (lambda text: text.replace("LeNet is wider", "no reason"), "1: this ledger is not as accept wrote it"),
        (lambda text: "<<<<<<< ours\n" + text, "1: this ledger is no JSON"),
        (lambda text: text[: len(text) // 2], ": this ledger is no JSON"),
        (lambda text: "", "1: this ledger is no JSON"),
        (lambda text: "[]", "1: this ledger is not as accept wrote it"),
        (lambda text: "{}", "1: this ledger is not as accept wrote it"),
        (lambda text: text.replace('"schema": 1', '"schema": 7'), "1: this ledger has schema 7, and this version of zhixing reads 1; use"),
    ],
)
def test_damaged_ledger_says_so(damage, what, config):
    """A ledger that was edited, merged badly, cut off or written by another version is an error with a remedy, and stays as it is."""
    path = ledger.save("a", KEPT, config)
    path.write_text(damage(path.read_text(encoding="utf-8")), encoding="utf-8")
    damaged = path.read_bytes()
    with pytest.raises(Problem, match=r"^docs/ledger/a.json:\d+: ") as error:
        ledger.load("a", config)
    assert what in str(error.value)
    assert path.read_bytes() == damaged


def test_ledger_that_is_no_text_says_so(config):
    """Bytes that are no UTF-8, or a folder of that name, are an error like any other damage."""
    path = ledger.save("a", KEPT, config)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(Problem, match="cannot be read"):
        ledger.load("a", config)
    path.unlink()
    path.mkdir()
    with pytest.raises(Problem, match="cannot be read"):
        ledger.load("a", config)


def test_run_names_what_is_installed():
    """Of the versions that a run depends on, those that are absent are left out; what it used and where it ran stays."""
    entry = Entry("a", {}, {"distributions": {"torch": "2", "triton": "absent"}, "environment": {"A": None}}, {}, [], {}, {}, {"cpu": 1.5})
    assert ledger.run_of(entry) == {"cpu": 1.5, "versions": {"torch": "2"}, "environment": {"A": None}}
