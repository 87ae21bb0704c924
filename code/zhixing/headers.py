"""Headers: what a listing or a diagram asks of the run, between braces, and what is wrong with how it is written."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping

SHAPES = "shapes"  # a listing's option; all others go to the page
MODEL = ("model", "input")  # a diagram's options


def listing_problems(language: str, options: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    near = difflib.get_close_matches(SHAPES, options, 1)
    if near and near[0] != SHAPES:
        yield f"a listing has no option {near[0]!r}", f"did you mean {SHAPES}?"
    if options.get(SHAPES, "true") not in ("true", "false"):
        yield f"{SHAPES}={options[SHAPES]!r} cannot be read", f"write {SHAPES}=true or {SHAPES}=false"
    elif SHAPES in options and language not in ("python", "py"):
        yield f"shapes in a listing in {language or 'no language'}", "only Python has shapes: write ```python"


def diagram_problems(options: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name in options:
        if name not in MODEL:
            near = difflib.get_close_matches(name, MODEL, 1)
            yield f"a diagram has no option {name!r}", f"did you mean {near[0]}?" if near else f"options are {', '.join(MODEL)}"
    for name in MODEL:
        if not options.get(name):
            yield f"a diagram with a model has no {name}", 'write both: model="LeNet()" input="images[:1]"'
        elif not _is_expression(options[name]):
            yield f"{name}={options[name]!r} is not an expression", "write a Python expression that the cells' names are known to"


def _is_expression(text: str) -> bool:
    try:
        compile(text, "<diagram>", "eval")
    except (SyntaxError, ValueError):
        return False
    return True
