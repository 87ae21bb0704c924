"""Who asks for a file, and what for, is told from the stack."""

import os
import sys
from pathlib import Path

import pytest

from zhixing.running.callers import asks_for_kind, captures_stack


@pytest.fixture
def asked(monkeypatch):
    """What each ``os.stat`` or ``os.lstat`` during a test was: asked for the kind, or for more."""
    found = []
    for name in ("stat", "lstat"):
        original = getattr(os, name)

        def look(path, *args, original=original, **kwargs):
            if str(path).endswith("looked-at"):
                found.append(asks_for_kind(sys._getframe(1)))
            return original(path, *args, **kwargs)

        monkeypatch.setattr(os, name, look)
    return found


@pytest.mark.parametrize(
    "look", [os.path.exists, os.path.isfile, os.path.isdir, os.path.islink, lambda p: Path(p).exists(), os.path.realpath]
)
def test_questions_of_a_kind(look, asked, tmp_path):
    """Python's path functions ask whether a file is there and what it is."""
    path = tmp_path / "looked-at"
    path.touch()
    asked.clear()
    look(str(path))
    assert set(asked) == {True}


@pytest.mark.parametrize("look", [os.path.getsize, os.path.getmtime, lambda p: os.stat(p), lambda p: Path(p).stat()])
def test_questions_of_more(look, asked, tmp_path):
    """Sizes and times depend on what is in the file."""
    path = tmp_path / "looked-at"
    path.touch()
    asked.clear()
    look(str(path))
    assert False in asked


@pytest.mark.parametrize(
    ("source", "captures"), [("/lib/site-packages/torch/cuda.py", True), ("<cell #a>", False), ("/blog/code/m.py", False)]
)
def test_who_keeps_the_stack(source, captures, monkeypatch):
    """A library that extracts the stack keeps it for its messages; a cell or a project module shows it."""
    import linecache

    found = []
    monkeypatch.setattr(linecache, "getlines", lambda *_: found.append(captures_stack(sys._getframe(1))) or [])
    exec(compile("import traceback\ntraceback.extract_stack()", source, "exec"), {})
    assert set(found) == {captures}


def test_an_error_that_a_library_shows_is_read(monkeypatch):
    """The lines of an exception's traceback are output, whoever formats it."""
    import linecache

    found = []
    monkeypatch.setattr(linecache, "getlines", lambda *_: found.append(captures_stack(sys._getframe(1))) or [])
    code = "import traceback\ntry:\n    1 / 0\nexcept ZeroDivisionError:\n    traceback.format_exc()"
    exec(compile(code, "/lib/site-packages/library.py", "exec"), {})
    assert set(found) == {False}
