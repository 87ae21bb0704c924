"""Tables for a terminal."""

from zhixing.text_table import shortened, text_table


def test_columns_are_as_wide_as_a_terminal_shows_them():
    """Chinese characters take two columns and combining ones none, so that what follows is aligned."""
    lines = text_table(["名称", "n"], [["卷积", "1"], ["ab", "22"], ["e\u0301", "3"]])
    assert lines == ["名称  n", "卷积  1", "ab    22", "e\u0301     3"]


def test_long_text_loses_its_middle():
    """A long expression keeps its beginning and its end, on one line."""
    assert shortened("a" * 40 + "\n" + "b" * 40) == "a" * 29 + "…" + "b" * 29
    assert shortened("short\ntext") == "short text"
