"""A cell's code in a script: it does in a file what it did in the run."""

import pytest

from zhixing.script import _indented, _showing, _stands_in_a_file

SHOWN = {
    "1 + 1": "zx_show(1 + 1)",
    "x = 1\nx  # one": "x = 1\nzx_show(x)  # one",
    "a, b": "zx_show((a, b))",
    "(\n    a\n    + b\n)": "(\n    zx_show(a\n    + b)\n)",
    '"词"; "词语"': '"词"; zx_show("词语")',
    "f(  # why\n    1,\n)": "zx_show(f(  # why\n    1,\n))",
    "'''a\nb'''": "zx_show('''a\nb''')",
    "(n for n in x)": "zx_show((n for n in x))",
}
LEFT_ALONE = ["", "# nothing", "x = 1", "f();", "f(); ", "print(1)", "def broken(", "for x in y:\n    x"]


@pytest.mark.parametrize("code", SHOWN)
def test_last_expression_is_shown(code):
    """What a notebook would display is handed to zx_show, wherever it stands and however it is laid out."""
    assert _showing(code) == SHOWN[code]


@pytest.mark.parametrize("code", LEFT_ALONE)
def test_other_code_is_left_alone(code):
    """Code without a last expression, one silenced by a semicolon, a print, and what is no Python stay as they are."""
    assert _showing(code) == code


def test_indenting_changes_no_string():
    """Code is moved one level in; the lines inside its strings, and so their values, are not."""
    code = 'a = """\n  x\n"""\n\nb = f"""\n{a}\ny"""\nif a:\n    c = ("p"\n         "q")'
    before, after = {}, {}
    exec(code, before)
    exec(f"if True:\n{_indented(code)}", after)
    assert [before[name] for name in "abc"] == [after[name] for name in "abc"]


@pytest.mark.parametrize("code", ["def broken(", "return 1", "from __future__ import annotations", "x = '\0'"])
def test_what_cannot_stand_in_a_file_is_recognised(code):
    """Code that does not compile, or that may only begin a file, would take the whole script with it."""
    assert not _stands_in_a_file(code)
    assert _stands_in_a_file("from x import y\nx is 1")
