"""What the runner says of an error; test_execute runs whole articles with it."""

from pathlib import Path

import pytest

from zhixing.running import layers
from zhixing.running.runner import describe

ROOT = str(Path(__file__).parent.parent)


def raised(code, name):
    try:
        exec(compile(code, name, "exec"), {})
    except Exception as error:
        return error
    pytest.fail("nothing was raised")


def test_an_error_is_at_the_innermost_line_of_its_cell():
    """In a function that the cell defines, the function's line is named, not the call's."""
    error = raised("def f():\n    return 1 / 0\n\nf()\n", "<cell #a>")
    assert describe(error, "<cell #a>", "/blog")["line"] == 2
    assert describe(error, "<cell #a>", "/blog")["what"] == "ZeroDivisionError: division by zero"


def test_an_error_below_the_cell_says_where_in_the_blogs_code():
    """The line is the cell's; the place in code/ is part of the message, a library's or the engine's is not."""
    code = "exec(compile('\\n\\n1 / 0', '/blog/code/m.py', 'exec'))\n"
    assert describe(raised(code, "<cell #a>"), "<cell #a>", "/blog")["what"].endswith("(at code/m.py:3)")
    assert "(at" not in describe(raised(code.replace("/blog/code/m.py", layers.__file__), "<cell #a>"), "<cell #a>", ROOT)["what"]
    library = code.replace("/blog/code", "/usr/lib")
    assert "(at" not in describe(raised(library, "<cell #a>"), "<cell #a>", "/blog")["what"]


def test_a_syntax_error_is_at_its_own_line():
    """Code that does not compile has no frames; the compiler's line counts."""
    error = raised("x = 1\ny = (\n", "<cell #a>")
    assert describe(error, "<cell #a>", "/blog")["line"] == 2
