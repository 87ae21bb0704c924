"""Golden cases: each file of cases/ holds articles and what they become, or which errors they give.

A case is Markdown: a heading that says what it holds, then files in fences of six tildes. Files below build/ and the
block ``errors`` are what is expected; all others are the blog. ``REWRITE_CASES=1 pytest tests/test_cases.py`` writes
down what the engine says now: read the difference before you keep it.
"""

import os
import re
from pathlib import Path

import pytest

CASES = {path.stem: path for path in sorted((Path(__file__).parent / "cases").glob("*.md"))}
BLOCK = re.compile(r"^~~~~~~\w* (?P<name>\S+)\n(?P<text>.*?)^~~~~~~\n", re.M | re.S)


def blocks(name):
    """The files of a case: {name: text}."""
    return {block["name"]: block["text"] for block in BLOCK.finditer(CASES[name].read_text(encoding="utf-8"))}


def given(name):
    return {place: text for place, text in blocks(name).items() if place != "errors" and not place.startswith("build/")}


WRONG = [name for name in CASES if name.startswith("error-")]
WOVEN = [name for name in CASES if name not in WRONG]


def compare(name, expected):
    """Hold the expected blocks of a case against ``expected``; write them where that is asked for."""
    if os.environ.get("REWRITE_CASES"):
        fences = {place: "text" if place == "errors" else "markdown" for place in expected}
        heading = CASES[name].read_text(encoding="utf-8").partition("\n~~~~~~")[0].rstrip()
        kept = [match[0] for match in BLOCK.finditer(CASES[name].read_text(encoding="utf-8")) if match["name"] in given(name)]
        made = [f"~~~~~~{fences[place]} {place}\n{text}~~~~~~\n" for place, text in expected.items()]
        CASES[name].write_text("\n".join([heading + "\n", *kept, *made]), encoding="utf-8")
    written = {place: text for place, text in blocks(name).items() if place not in given(name)}
    assert written == expected


@pytest.fixture(scope="module")
def woven(new_blog, katex):
    """One blog of all cases that are woven, built once."""
    blog = new_blog("woven")
    for name in WOVEN:
        for place, text in given(name).items():
            assert not (blog.root / place).exists(), f"{name} and another case both hold {place}"
            blog.write(place, text)
    blog.built()
    return blog


@pytest.mark.parametrize("name", WOVEN)
def test_case_is_woven(name, woven):
    """The articles of a case become exactly the Markdown that stands beside them."""
    articles = [place for place in given(name) if place.endswith(".md")]
    compare(name, {f"build/{place}": with_end((woven.root / "build" / place).read_text(encoding="utf-8")) for place in articles})


def with_end(text):
    """The text with a last newline, which a block of a case always has."""
    return text if text.endswith("\n") else text + "\n"


@pytest.fixture(scope="module")
def wrong(new_blog, katex):
    """One blog of all cases with errors, built once: the blog, and what the build said."""
    blog = new_blog("wrong")
    blog.article("aaa-fine", "Nothing is wrong here.\n")
    blog.built()
    for name in WRONG:
        for place, text in given(name).items():
            assert not (blog.root / place).exists(), f"{name} and another case both hold {place}"
            blog.write(place, text)
    before = blog.digests()
    said = blog.build()
    return blog, said, before


def quoted(error, blog):
    """An error as a case shows it: with the line of the source that it points at."""
    place, line, _ = error.split(":", 2)
    return f"{error}\n    > {(blog.root / place).read_text(encoding='utf-8').splitlines()[int(line) - 1]}\n"


@pytest.mark.parametrize("name", WRONG)
def test_case_gives_its_errors(name, wrong):
    """Each wrong article is reported at its own line, with what is wrong and what to do."""
    blog, said, _ = wrong
    own = [error for error in said.errors if error.partition(":")[0] in given(name)]
    compare(name, {"errors": "".join(quoted(error, blog) for error in own)})


def test_all_errors_are_reported_together(wrong):
    """One build reports the errors of all articles, in the order of their places, and exits with 1."""
    _, said, _ = wrong
    places = [(error["path"], error["line"]) for error in said.json["errors"]]
    assert said.status == 1
    assert places == sorted(places)
    assert {path for path, _ in places} <= {place for name in WRONG for place in given(name)}
    assert all(any(path in given(name) for path, _ in places) for name in WRONG)


def test_errors_say_what_to_do(wrong):
    """Every message has two halves: what is wrong; what to do."""
    _, said, _ = wrong
    assert [error for error in said.errors if not all(half.strip() for half in error.split("; "))] == []
    assert all("; " in error for error in said.errors)


def test_nothing_is_published_of_a_build_with_errors(wrong):
    """The old build/docs stays as it was, byte for byte, when any article of the blog has an error."""
    blog, _, before = wrong
    assert before
    assert blog.digests() == before
