"""Results held against those that were accepted."""

import pytest

from zhixing.ledger import Acceptance, Ledger
from zhixing.results import Results
from zhixing.review import Review, compare, differences

RUN = {
    "python": "CPython 3.11.7",
    "platform": "linux",
    "processor": "A",
    "seed": 0,
    "cpu": 1,
    "versions": {"torch": "2"},
    "environment": {},
}
TABLE = [["", "accuracy", "note"], ["CNN", "0.980 ± 0.005", "wins"], ["SVM", "0.95", ""]]
ACCEPTED = Results(
    {"c": "00"}, {"n": "10", "m:.3f": "0.980 ± 0.005", "name": "Ada"}, {"t": TABLE}, {"t": "0.01"}, {"fig": "ff", "a.csv": "aa"}
)


def compared(results, run=RUN):
    """{kind and name: (state, allowed)} of what is not the same."""
    found = compare(Ledger((Acceptance("", "", "", 0),), RUN, ACCEPTED), results, run)
    return {f"{one.kind} {one.name}": (one.state, one.allowed) for one in found if one.state != "same"}


def other(**fields):
    return Results(**{**{name: getattr(ACCEPTED, name) for name in ("claims", "values", "tables", "tolerances", "digests")}, **fields})


def test_the_same_results_are_the_same():
    """A run that gives what was accepted has no changes, whatever it cost."""
    assert compared(ACCEPTED, {**RUN, "cpu": 99}) == {}
    assert Review(ACCEPTED, RUN, None).changes == []


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ({"n": "11"}, {"value n": ("different", "the same")}),
        ({"m:.3f": "0.985 ± 0.006"}, {"value m:.3f": ("within tolerance", "± 0.005")}),
        ({"m:.3f": "0.986 ± 0.005"}, {"value m:.3f": ("different", "± 0.005")}),
        ({"name": "Eve"}, {"value name": ("different", "the same")}),
        ({"k": "1"}, {"value k": ("new", "–")}),
        ({"n": None}, {"value n": ("gone", "–")}),
    ],
)
@pytest.mark.parametrize("run", [RUN, {**RUN, "processor": "B"}])
def test_values_are_compared_within_their_tolerance_everywhere(values, wanted, run):
    """A number may be within the accepted tolerance, anything else has to be the same; a new or missing value is a change."""
    now = {name: text for name, text in {**ACCEPTED.values, **values}.items() if text is not None}
    assert compared(other(values=now), run) == wanted


@pytest.mark.parametrize("run", [RUN, {**RUN, "processor": "B"}])
def test_claims_bind_everywhere(run):
    """A claim that asserts something else, is new, or is gone, is a change on every machine."""
    assert compared(other(claims={"c": "01"}), run) == {"claim #c": ("different", "the same")}
    assert compared(other(claims={}), run) == {"claim #c": ("gone", "–")}
    assert compared(other(claims={"c": "00", "d": "02"}), run) == {"claim #d": ("new", "–")}


@pytest.mark.parametrize(
    ("row", "column", "text", "wanted"),
    [
        (1, 1, "0.984 ± 0.005", {"table #t CNN, accuracy": ("within tolerance", "± 0.005")}),
        (1, 1, "0.988 ± 0.005", {"table #t CNN, accuracy": ("different", "± 0.005")}),  # its own tolerance comes first
        (2, 1, "0.96", {"table #t SVM, accuracy": ("within tolerance", "± 0.01")}),
        (2, 1, "0.97", {"table #t SVM, accuracy": ("different", "± 0.01")}),
        (1, 2, "loses", {"table #t CNN, note": ("different", "the same")}),
        (2, 2, "3", {"table #t SVM, note": ("different", "the same")}),
        (0, 1, "error", {"table #t row 1, column 2": ("different", "the same")}),
        (1, 0, "MLP", {"table #t row 2, column 1": ("different", "the same")}),
    ],
)
def test_tables_are_compared_cell_by_cell(row, column, text, wanted):
    """Each number of a table has its own tolerance or the table's; headings and words have to be the same."""
    table = [list(texts) for texts in TABLE]
    table[row][column] = text
    assert compared(other(tables={"t": table})) == wanted


def test_table_of_another_shape_is_one_change():
    """Where a table has other rows or columns, is new, or is gone, that is said once."""
    assert compared(other(tables={"t": TABLE[:2]})) == {"table #t": ("different", "the same")}
    assert compared(other(tables={})) == {"table #t": ("gone", "the same")}
    assert compared(other(tables={"t": TABLE, "u": TABLE})) == {"table #u": ("new", "the same")}


def test_table_of_another_tolerance_is_a_change():
    """A wider tolerance has to be accepted, as a number has."""
    assert compared(other(tolerances={"t": "0.5"})) == {"table #t tolerance": ("different", "the same")}


@pytest.mark.parametrize(
    "there",
    [{"processor": "B"}, {"python": "CPython 3.12.0"}, {"versions": {"torch": "3"}}, {"versions": {}}, {"environment": {"A": "1"}}],
)
def test_digests_bind_where_the_run_was_alike(there):
    """Bytes have to be the same on the same machine with the same versions; elsewhere they are only reported."""
    digests = {"fig": "fe", "a.csv": "aa"}
    assert compared(other(digests=digests)) == {"output #fig": ("different", "the same")}
    assert compared(other(digests=digests), {**RUN, **there}) == {"output #fig": ("not comparable", "–")}
    reviewed = Review(other(digests=digests), {**RUN, **there}, Ledger((), RUN, ACCEPTED))
    assert reviewed.changes == []
    assert [one.place for one in reviewed.elsewhere] == ["#fig"]


def test_missing_output_is_a_change_everywhere():
    """A figure that is no longer there is no matter of the machine."""
    assert compared(other(digests={"fig": "ff"}), {**RUN, "processor": "B"}) == {"output #a.csv": ("gone", "–")}


def test_differences_of_two_runs_are_named():
    """Versions and settings that only one run has are named, time and memory are no difference."""
    there = {**RUN, "cpu": 5, "versions": {"torch": "3", "numpy": "1"}, "environment": {"A": "1"}}
    assert list(differences(RUN, there)) == [("numpy", "–", "1"), ("torch", "2", "3"), ("A", "–", "1")]
