"""The spelling of an article: text in, parts out, and no character lost.

Fences follow pymdownx.superfences, inline values Quarto and knitr, listings pymdownx.snippets,
citations and references Pandoc and Quarto.
"""

from __future__ import annotations

import difflib
import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import PurePath
from typing import Any

from .article import Cell, Citation, Diagram, Formula, Listing, Part, Prose, Reference, Value
from .errors import Problem
from .headers import SHAPES, diagram_problems, listing_problems
from .quantity import number

FENCE = re.compile(r"^(?P<indent>[ \t>]*)(?P<mark>`{3,}|~{3,})[ \t]*(?P<info>[^`\n]*)$")
LISTED = re.compile(r"""^(?P<indent>[ \t>]*)-{1,}8<-{1,}[ \t]+(?P<quote>["'])(?P<target>[^"'\n]+)(?P=quote)[ \t]*$""")
FORMULA_END = re.compile(r"\$\$[ \t]*(?:\{[ \t]*#(?P<id>[\w:.-]+)[ \t]*\})?[ \t]*$")
INLINE = re.compile(
    r"""
    \\.                                                                     # an escape
    |<!--.*?-->                                                             # a comment
    |(?<![`\\])(?P<ticks>`+)(?!`)(?P<code>(?:(?!\n[ \t]*\n).)+?)(?<!`)(?P=ticks)(?!`)
    |(?a:(?<![\\$\w])\$(?=[^\s$])(?:\\.|[^$\\\n]|\n(?![ \t]*\n))+?(?<!\s)\$(?!\d))  # inline math
    |\[(?P<cited>@[\w:.-]+(?:[ \t]*;[ \t]*@[\w:.-]+)*)\](?![(\[])
    |(?a:(?<![\w@/.`&])@(?P<target>(?:fig|tbl|eq)-[\w-]*\w))                # no space before or after it in Chinese
    """,
    re.X | re.S,
)
BEGINS_INLINE = re.compile(r"[\\<`$\[@]")  # what any alternative of INLINE begins with: found much faster
FORMULA_BEGIN = re.compile(r"[ \t>]*\$\$")
MARK = "{python}"

Report = Callable[[Problem], None]


def split(text: str, path: PurePath | str, line: int, report: Report) -> tuple[Part, ...]:
    """Split Markdown (without front matter) that starts at ``line`` into parts.

    ``"".join(part.text for part in parts) == text``. Problems go to ``report``; the text they are in stays prose.
    """
    parts: list[Part] = []
    for block in _blocks(text, path, line, report):
        if isinstance(block, Prose) and not block.fenced:
            parts.extend(_inline(block, path, report))
        elif isinstance(block, Cell) and not block.id:
            parts.append(replace(block, id=f"cell-{1 + sum(isinstance(part, Cell) for part in parts)}"))
        else:
            parts.append(block)
    return tuple(parts)


def _blocks(text: str, path: PurePath | str, first: int, report: Report) -> Iterator[Part]:
    """Fences, display formulas with an id, and the prose between them."""
    lines = re.findall(r".*\n|.+", text)  # not splitlines: a form feed or U+2028 ends no line in an editor
    prose_from = i = 0

    def prose(until: int) -> Iterator[Prose]:
        if until > prose_from:
            yield Prose("".join(lines[prose_from:until]), first + prose_from)

    while i < len(lines):
        if fence := FENCE.match(lines[i].rstrip("\n")):
            end = _fence_end(lines, i, fence)
            if end is None:
                fix = f"close it with {fence['mark']} on a line of its own"
                report(Problem(path, first + i, "this fence is never closed", fix))
                end = len(lines) - 1
            yield from prose(i)
            yield _fenced(lines[i : end + 1], fence, path, first + i, report)
            prose_from = i = end + 1
        elif FORMULA_BEGIN.match(lines[i]):
            end = _formula_end(lines, i)
            if end is None:
                report(Problem(path, first + i, "this formula is never closed", "close it with $$ before the next blank line"))
                i = next((n + 1 for n in range(i + 1, len(lines)) if "$$" in lines[n]), i + 1)  # its own end, too late
                continue
            if formula := _formula(lines[i : end + 1], first + i):
                yield from prose(i)
                yield formula
                prose_from = end + 1
            i = end + 1
        elif lines[i].lstrip().startswith("<!--"):
            while "-->" not in lines[i] and i + 1 < len(lines):
                i += 1
            i += 1
        else:
            i += 1
    yield from prose(len(lines))


def _fence_end(lines: list[str], start: int, fence: re.Match) -> int | None:
    closing = re.compile(rf"^[ \t>]*{re.escape(fence['mark'][0])}{{{len(fence['mark'])},}}[ \t]*$")
    return next((i for i in range(start + 1, len(lines)) if closing.match(lines[i].rstrip("\n"))), None)


def _fenced(lines: list[str], fence: re.Match, path: PurePath | str, line: int, report: Report) -> Part:
    text, indent, info = "".join(lines), fence["indent"], fence["info"].strip()
    body = "".join(row.removeprefix(indent) if row.startswith(indent) else row.lstrip(" \t>") for row in lines[1:-1])
    try:
        language, classes, id, options = header(info)
    except ValueError as error:
        if ".cell" in info or info.startswith("mermaid"):
            option = "caption" if ".cell" in info else "model"
            report(Problem(path, line, f"cannot read the fence header {info!r}: {error}", f'quote values: {option}="…"'))
        return Prose(text, line)
    if info.startswith(MARK):
        report(Problem(path, line, "Quarto's ```{python} is not a cell here", "write ```python {.cell #name}"))
    if "cell" not in classes:
        first = next((row for row in body.splitlines() if FENCE.match(row) or LISTED.match(row)), "")
        if LISTED.match(first):  # below another fence it is quoted
            wrong = list(listing_problems(language, options))
            asked = targets(body) if options.get(SHAPES) == "true" else ()
            part: Part = Listing(text, line, indent, header=info, body=body, shapes=asked)
        elif language == "mermaid" and options:
            wrong = list(diagram_problems(options))
            part = Prose(text, line) if wrong else Diagram(text, line, indent, body, options["model"], options["input"])
        else:
            return Prose(text, line)
        for problem in wrong:
            report(Problem(path, line, *problem))
        return part
    for problem in _cell_problems(language, classes, options):
        report(Problem(path, line, *problem))
    return Cell(text, line, indent, id, body, line + 1, "claim" in classes, options)


def targets(body: str) -> tuple[str, ...]:
    """What a listing shows, as written after ``--8<--``."""
    return tuple(match["target"] for row in body.splitlines() if (match := LISTED.match(row)))


def header(info: str) -> tuple[str, list[str], str, dict[str, Any]]:
    """Split a fence header ``python {.cell #id key="value"}`` into language, classes, id and options.

    Raises ValueError where a quotation or a brace is not closed.
    """
    language, brace, attributes = info.partition("{")
    if brace and not attributes.rstrip().endswith("}"):
        raise ValueError("no closing brace")
    classes: list[str] = []
    id, options = "", {}
    for token in _tokens(attributes.rstrip().removesuffix("}")):
        if token.startswith("."):
            classes.append(token[1:])
        elif token.startswith("#"):
            id = token[1:]
        else:
            key, _, value = token.partition("=")
            options[key] = value
    if not language.strip() and classes:
        language = classes.pop(0)
    return language.strip(), classes, id, options


@cache
def _tokens(attributes: str) -> list[str]:
    return shlex.split(attributes)


def _seconds(text: str) -> float:
    if not float(text) > 0:
        raise ValueError
    return float(text)


def _one_of(*words: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in words:
            raise ValueError
        return text

    return parse


def _identifier(text: str) -> str:
    if not text.isidentifier():
        raise ValueError
    return text


def _from_zero(text: str) -> str:
    if number(text) is None or number(text) < 0:
        raise ValueError
    return text


# option: how its text is read, and what to write instead where that fails
OPTIONS: dict[str, tuple[Callable[[str], Any], str]] = {
    "echo": (lambda text: {"true": True, "false": False}[text], "echo=true or echo=false"),
    "output": (_one_of("show", "hide", "only"), "output=show, output=hide or output=only"),
    "caption": (str, 'caption="…"'),
    "alt": (str, 'alt="…"'),
    "timeout": (_seconds, "timeout=SECONDS, a number above 0"),
    "tolerance": (_from_zero, "tolerance=NUMBER, from 0 up: what the numbers of its table may differ by"),
    "raises": (_identifier, "raises=ValueError, the name of an exception"),
}
CLASSES = ("cell", "claim")


def _cell_problems(language: str, classes: list[str], options: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What is wrong with a cell's header; reads the options' values in place."""
    if language not in ("python", "py"):
        yield f"a cell in {language or 'no language'}", "cells are Python: write ```python {.cell}"
    for name in classes:
        if name not in CLASSES:
            yield f"a cell has no class .{name}", f"classes are .{', .'.join(CLASSES)}"
    for name, text in list(options.items()):
        if name not in OPTIONS:
            near = difflib.get_close_matches(name, OPTIONS, 1)
            fix = f"did you mean {near[0]}?" if near else f"options are {', '.join(OPTIONS)}"
            yield f"a cell has no option {name!r}", fix
            del options[name]
            continue
        parse, spelling = OPTIONS[name]
        try:
            options[name] = parse(text)
        except (ValueError, KeyError):
            yield f"{name}={text!r} cannot be read", f"write {spelling}"
            del options[name]


def _formula_end(lines: list[str], start: int) -> int | None:
    """The line on which the ``$$`` that opens at ``start`` is closed, before a blank line."""
    opening = lines[start].index("$$")
    for i in range(start, len(lines)):
        rest = lines[i][opening + 2 :] if i == start else lines[i]
        if not rest.strip() and i > start:
            return None
        if "$$" in rest:
            return i
    return None


def _formula(lines: list[str], line: int) -> Formula | None:
    """A display formula whose closing ``$$`` carries an id; without an id it stays prose."""
    text = "".join(lines)
    indent = re.match(r"^[ \t>]*", lines[0])[0]
    end = FORMULA_END.search(text.rstrip("\n"))
    if end is None or not end["id"]:
        return None
    tex = text[text.index("$$") + 2 : end.start()]
    tex = "\n".join(row.removeprefix(indent) for row in tex.splitlines()).strip("\n")
    return Formula(text, line, tex, end["id"], indent)


def _inline(prose: Prose, path: PurePath | str, report: Report) -> Iterator[Part]:
    """Inline values, citations and references in prose, and the prose between them."""
    text, done = prose.text, 0
    for match in _inline_matches(text):
        line = prose.line + text.count("\n", 0, match.start())
        part: Part | None = None
        if match["code"] and match["code"].lstrip().startswith(MARK):
            part = _value(match, path, line, report)
        elif match["cited"]:
            keys = tuple(key.strip().removeprefix("@") for key in match["cited"].split(";"))
            part = Citation(match[0], line, keys)
        elif match["target"]:
            part = Reference(match[0], line, match["target"])
        if part:
            if match.start() > done:
                yield Prose(text[done : match.start()], prose.line + text.count("\n", 0, done))
            yield part
            done = match.end()
    if done < len(text):
        yield Prose(text[done:], prose.line + text.count("\n", 0, done))


def _inline_matches(text: str) -> Iterator[re.Match]:
    at = 0
    while begin := BEGINS_INLINE.search(text, at):
        match = INLINE.match(text, begin.start())
        if match:
            yield match
        at = match.end() if match else begin.end()


def _value(match: re.Match, path: PurePath | str, line: int, report: Report) -> Part:
    field = " ".join(match["code"].strip().removeprefix(MARK).split())
    field, stated, tolerance = (side.strip() for side in field.partition("±"))
    expression, spec = split_field(field)
    try:
        compile(expression, "<inline value>", "eval")
    except SyntaxError as error:
        what = f"the inline value {expression!r} is not an expression: {error.msg}"
        report(Problem(path, line, what, "write `{python} expression:format`"))
        return Prose(match[0], line)
    if stated and not _is_tolerance(tolerance):
        what = f"the tolerance {tolerance!r} is neither a number from 0 up nor an expression"
        report(Problem(path, line, what, "write ± 0.01, or an expression that computes it"))
        return Prose(match[0], line)
    return Value(match[0], line, expression, spec, tolerance)


def _is_tolerance(text: str) -> bool:
    written = number(text)
    if written is not None:
        return written >= 0
    try:
        compile(text, "<tolerance>", "eval")
    except SyntaxError:
        return False
    return True


def split_field(field: str) -> tuple[str, str]:
    """Split an f-string field at its last colon outside brackets and quotations.

    >>> split_field("{'a': 1}['a']:>4")
    ("{'a': 1}['a']", '>4')
    """
    depth, quote, colon = 0, "", -1
    for i, char in enumerate(field):
        if quote:
            quote = "" if char == quote and field[i - 1] != "\\" else quote
        elif char in "'\"":
            quote = char
        elif char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
        elif char == ":" and depth == 0 and field[i + 1 : i + 2] != "=":
            colon = i
    return (field, "") if colon < 0 else (field[:colon].strip(), field[colon + 1 :].strip())
