"""Scripts: an article's cells as one plain Python file, to download and run."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from functools import cache

from .article import Cell, Part, Prose
from .bind import Bound, has_figure
from .bundle import Bundle, literal, set_up, source_of
from .standalone import zx_compare, zx_figures, zx_save, zx_set_up, zx_show, zx_start_again, zx_wanted
from .wording import words

HEADING = re.compile(r"^#+ .+", re.M)
HELPERS = (zx_show, zx_figures, zx_save, zx_wanted, zx_compare)  # each before those that it calls


def script(bound: Bound, bundle: Bundle) -> bytes:
    """The article as a script in the percent format: what the run had, headings, cells, the numbers of the text."""
    cells = "\n".join(block for part in bound.article.parts for block in _blocks(part, bound))
    numbers = _numbers(bound)
    helpers = [zx_start_again, zx_set_up]
    for helper in HELPERS:
        if f"{helper.__name__}(" in cells + numbers + source_of(*helpers):
            helpers.append(helper)
    again = 'zx_start_again({"MPLBACKEND": "agg", "PYTHONUTF8": "1", **zx_environment})\n'
    beginning = [bundle.inline_metadata + _introduction(bound, bundle), f"# %% set-up\n{source_of(*helpers)}\n", set_up(bundle, again)]
    return "\n".join(filter(None, [*beginning, cells, numbers])).encode()


def _introduction(bound: Bound, bundle: Bundle) -> str:
    text = words(bound.article.language)["script_intro"]
    filled = text.format(title=bound.article.front["title"], name=f"{bound.article.slug}.py", interpreter=bundle.interpreter)
    return f"{literal(filled)}\n"


def _blocks(part: Part, bound: Bound) -> Iterator[str]:
    if isinstance(part, Cell):
        yield f"# %% {part.id}\n{_cell(part, bound)}"
    elif isinstance(part, Prose) and not part.fenced:
        for heading in HEADING.findall(part.text):
            yield f"# %% [markdown]\n# {heading}\n"


def _cell(cell: Cell, bound: Bound) -> str:
    """A cell as it runs in a file: its last expression is shown, its figures are saved, its wanted error is caught."""
    code = _showing(bound.code[cell.line])
    if (cell.raises or "__future__" in code) and not _stands_in_a_file(code):  # what has run can be compiled
        code = f"exec({literal(code)})"
    if cell.raises:
        code = (
            f"try:\n{_indented(code)}\nexcept BaseException as zx_error:\n    zx_wanted({cell.raises!r}, zx_error)\n"
            f"else:\n    zx_wanted({cell.raises!r}, None)"
        )
    return code + ("\nzx_figures()\n" if has_figure(bound.outputs[cell.id]) else "\n")


def _stands_in_a_file(code: str) -> bool:
    """Whether a cell can be a part of a file: it can be compiled, and has no ``from __future__``, which begins a file."""
    try:
        with warnings.catch_warnings(action="ignore"):
            tree = ast.parse(code)
            compile(tree, "<cell>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return not any(isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in tree.body)


@cache
def _showing(code: str) -> str:
    """The code with its last expression given to ``zx_show``, as the runner displays it; one that prints is left alone."""
    try:
        body = ast.parse(code).body
    except (SyntaxError, ValueError):  # the error is wanted
        return code
    if not body or not isinstance(body[-1], ast.Expr) or code.rstrip().endswith(";"):
        return code
    value = body[-1].value
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "print":
        return code
    before, after = (b"zx_show((", b"))") if isinstance(value, ast.Tuple) else (b"zx_show(", b")")
    rows = code.encode().split(b"\n")  # columns of the syntax tree count bytes
    for line, column, text in ((value.end_lineno, value.end_col_offset, after), (value.lineno, value.col_offset, before)):
        rows[line - 1] = rows[line - 1][:column] + text + rows[line - 1][column:]
    return b"\n".join(rows).decode()


def _indented(code: str) -> str:
    """The code one level deeper; the lines inside its strings stay as they are."""
    texts = (node for node in ast.walk(ast.parse(code)) if isinstance(node, (ast.Constant, ast.JoinedStr)))
    inside = {line for text in texts for line in range(text.lineno + 1, text.end_lineno + 1)}
    return "\n".join(row if n in inside or not row else f"    {row}" for n, row in enumerate(code.split("\n"), 1))


def _numbers(bound: Bound) -> str:
    """The comparison of every inline value with what the text says."""
    if not bound.values:
        return ""
    text = words(bound.article.language)
    rows = "".join(f"    ({expression!r}, {spec!r}, {published!r}),\n" for (expression, spec), published in bound.values.items())
    names = ", ".join(repr(text[name]) for name in ("published", "here", "differs"))
    return f"# %% {text['numbers']}\nzx_compare({names}, [\n{rows}])\n"
