"""Printed numbers, read back and compared."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhixing.quantity import Quantity, agree, is_finite, number, quantity


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("0.980", "0.980"),
        ("-1", "-1"),
        ("−1", "-1"),
        ("66,560", "66560"),
        ("1,234,567.8", "1234567.8"),
        ("3.6e-07", "3.6e-07"),
        (".97", ".97"),
        ("97.3 %", "97.3"),
        ("97%", "97"),
    ],
)
def test_printed_number_is_read(text, wanted):
    """Signs, thousands, exponents and per cent are read as Python and people print them."""
    assert number(text) == Decimal(wanted)


@pytest.mark.parametrize("text", ["", "-", ".", "e5", "abc", "3 of 5", "1,23", "12,3456", "1.2.3", "nan", "inf", "0x10", "1_000", "%"])
def test_other_text_is_no_number(text):
    """What is not wholly a number is none: a tolerance on it means nothing."""
    assert number(text) is None


@given(st.decimals(allow_nan=False, allow_infinity=False, places=3), st.sampled_from([".3f", ",.3f", ".2e"]))
def test_what_python_formats_is_read(value, spec):
    """Every number that a format prints is read as the number that was printed."""
    text = format(value, spec)
    assert number(text) == Decimal(text.replace(",", ""))


def test_tolerance_is_part_of_the_text():
    """A stated tolerance is read with its number; a negative one, or a second one, is none."""
    assert quantity("0.980 ± 0.005") == Quantity(Decimal("0.980"), Decimal("0.005"))
    assert quantity("0.980 ± 0") == Quantity(Decimal("0.980"), Decimal(0))
    assert quantity("0.980") == Quantity(Decimal("0.980"))
    assert [quantity(text) for text in ("0.9 ± -1", "0.9 ± ", "0.9 ± 0.1 ± 0.1", "warm ± 0.1")] == [None] * 4


@pytest.mark.parametrize("text", ["nan", "NaN", "-inf", "inf", "0.5 ± nan", "nan%", "∞"])
def test_what_is_not_finite_is_seen(text):
    """NaN and infinity are told from words that hold these letters, in a tolerance, too."""
    assert not is_finite(text)
    assert all(map(is_finite, ("nanometre", "information", "0.5 ± 0.1")))


@pytest.mark.parametrize(
    ("accepted", "text", "tolerance", "wanted"),
    [
        ("0.980 ± 0.01", "0.990 ± 0.01", "", True),  # exactly at the limit, where floats would be over it
        ("0.980 ± 0.01", "0.991 ± 0.01", "", False),
        ("0.980 ± 0.01", "0.970 ± 0.02", "", True),  # the spread may double
        ("0.980 ± 0.01", "0.980 ± 0.03", "", False),
        ("0.980 ± 0.01", "0.980", "", False),  # a tolerance that is gone is another statement
        ("38,282", "38,283", "", False),
        ("38,282", "38,283", "1", True),  # a table's own tolerance
        ("0.980 ± 0.01", "0.995 ± 0.01", "0.1", False),  # a number's own comes before its table's
        ("CNN", "MLP", "1", False),
        ("CNN", "CNN", "", True),
    ],
)
def test_results_agree_within_what_was_accepted(accepted, text, tolerance, wanted):
    """A result agrees with what was accepted if it is the same text, or a number within the accepted tolerance."""
    assert agree(accepted, text, tolerance) is wanted
