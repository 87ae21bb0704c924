"""What downloads bring along: it shows values as a notebook does."""

import pytest
from IPython.lib.pretty import pretty

from zhixing.standalone import zx_show, zx_wanted

VALUES = [1, 0.1, "it's", b"b", True, [1, 2], {"b": 1, "a": [2]}, (1.5,), {3, 1, 2}, list(range(40)), range(3)]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_values_are_shown_as_in_a_notebook(value, capsys):
    """Numbers, texts and containers are laid out as IPython does, without IPython."""
    zx_show(value)
    assert capsys.readouterr().out == pretty(value) + "\n"


def test_nothing_is_shown_of_none(capsys):
    """None is not shown."""
    zx_show(None)
    assert capsys.readouterr().out == ""


def test_a_table_is_shown_with_all_its_columns(capsys):
    """A wide table is not cut to the width of a terminal, and one that pandas styled is a table, too."""
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("jinja2")
    table = pandas.DataFrame({f"a column with a long name {n}": [n] for n in range(9)})
    for value in (table, table.style):
        zx_show(value)
        heading, *rows = capsys.readouterr().out.splitlines()
        assert [name for name in table if name not in heading] == []
        assert len(rows) == 1


def test_a_wanted_error_may_be_of_a_subclass(capsys):
    """An error counts by the names of all its classes, and is printed with its own."""
    zx_wanted("ArithmeticError", ZeroDivisionError("by zero"))
    assert capsys.readouterr().out == "ZeroDivisionError: by zero\n"
    with pytest.raises(ZeroDivisionError):
        zx_wanted("ValueError", ZeroDivisionError("by zero"))
    with pytest.raises(AssertionError, match="ValueError was wanted"):
        zx_wanted("ValueError", None)
