"""Bundle: what a download needs beside its cells, so that whoever has that one file can run it."""

from __future__ import annotations

import ast
import base64
import inspect
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePath
from typing import Any

from .article import Work
from .config import Config
from .running.dependency import ABSENT, FILE, FOLDER, UNREADABLE
from .store import Entry

# as process.environment has it for every run
ENVIRONMENT = {
    "LC_ALL": "C.UTF-8",
    "NO_COLOR": "1",
    "PYTHONHASHSEED": "0",
    "SOURCE_DATE_EPOCH": "0",
    "TZ": "UTC",
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1"),
}
SEEDED = {"numpy": ("numpy.random", "seed"), "torch": ("torch", "manual_seed")}  # distribution: module and its function, as in the runner


@dataclass(frozen=True)
class Bundle:
    """What a run had: ``files`` by their place (below ``code/`` or ``work/``), the ``versions`` of packages, the ``interpreter``.

    ``notes`` say what it had that is not here.
    """

    files: Mapping[str, bytes]
    versions: Mapping[str, str]
    interpreter: str
    notes: tuple[str, ...]

    @property
    def requires_python(self) -> str:
        major, minor, *_ = self.interpreter.split()[1].split(".")
        return f"=={major}.{minor}.*"

    @property
    def requirements(self) -> list[str]:
        """The packages that the run imported, at its versions; a build's own mark (``+cpu``) is on no public index."""
        return [f"{name}=={version.partition('+')[0]}" for name, version in self.versions.items()]

    @property
    def inline_metadata(self) -> str:
        """The comment that uv, pipx and juv install from (PEP 723)."""
        rows = [f'requires-python = "{self.requires_python}"', "dependencies = ["]
        rows += [f'  "{requirement}",' for requirement in self.requirements]
        return "".join(f"# {row}\n" for row in ["/// script", *rows, "]", "///"])


def bundle(work: Work, entry: Entry, config: Config) -> Bundle:
    """What the work's run had, from the files as they are now: the entry is fresh."""
    record = entry.dependencies
    states = {name.replace(os.sep, "/"): state for name, state in record["files"].items()}
    there = [name for name, state in states.items() if state not in (ABSENT, FOLDER, UNREADABLE)]
    own = work.original.path.parent.as_posix() + "/" if work.original.folder else ""
    places = {name: name for name in there if name.startswith("code/")}
    if own:
        places |= {name: f"work/{name.removeprefix(own)}" for name in _own_files(own, there, record, config.root)}
    files = {place: data for name, place in sorted(places.items()) if (data := _content(config.root, name)) is not None}
    if "matplotlib" in entry.versions:
        files["matplotlibrc"] = (Path(__file__).parent / "running" / "matplotlibrc").read_bytes()
    others = [name for name in there if states[name] != FILE and name not in places and not Path(name).is_absolute()]
    return Bundle(files, entry.versions, entry.recipe["interpreter"], tuple(_notes(others, record)))


def _content(root: Path, name: str) -> bytes | None:
    try:
        with open(os.path.join(root, name), "rb") as file:
            return file.read()
    except OSError:  # a folder, or what is gone
        return None


def _own_files(own: str, there: list[str], record: Mapping[str, Any], root: Path) -> list[str]:
    """The files beside the article that its run read; all of them where the run listed a folder or did what no trace follows."""
    listed = any(f"{PurePath(name).as_posix()}/".startswith(own) for name in record["folders"])
    if not listed and not record["untraceable"]:
        return [name for name in there if name.startswith(own)]
    found = (path for path in sorted((root / own).rglob("*")) if path.is_file() and not path.is_symlink())
    return [path.relative_to(root).as_posix() for path in found if path.name != "index.md" and "__pycache__" not in path.parts]


def _notes(others: list[str], record: Mapping[str, Any]) -> Iterable[str]:
    if others:
        yield f"The run also read {', '.join(others)} of the blog, which this file does not hold."
    if names := list(record["environment"]):
        yield f"The run saw the environment variables {', '.join(names)}, which this file does not set."
    if did := record["untraceable"]:
        yield f"The run {' and '.join(did)}: what that needs, this file may not hold."


def source_of(*functions: Callable) -> str:
    """The source of functions that a download brings along."""
    return "\n\n".join(_source(function) for function in functions)


_source = cache(inspect.getsource)


def set_up(made: Bundle, first: str = "") -> str:
    """The statements that give a download what the run had; ``first`` stands where only the environment is known."""
    texts = {name: text for name, data in made.files.items() if (text := _text(data)) is not None}
    binaries = {name: base64.encodebytes(made.files[name]).decode() for name in made.files.keys() - texts.keys()}
    seeded = dict(SEEDED[name] for name in made.versions if name in SEEDED)
    notes = "".join(f"# {note}\n" for note in made.notes)
    return (
        f"{notes}zx_environment = {dictionary(ENVIRONMENT)}\n{first}zx_texts = {dictionary(texts)}\n"
        f"zx_binaries = {dictionary(dict(sorted(binaries.items())))}\n"
        f"zx_set_up(zx_environment, zx_texts, zx_binaries, {seeded})\n"
    )


def _text(data: bytes) -> str | None:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


def dictionary(items: Mapping[str, str]) -> str:
    """A dictionary of texts as Python, a line or more for each."""
    return "{" + "".join(f"\n    {name!r}: {literal(text)}," for name, text in items.items()) + ("\n}" if items else "}")


@cache
def literal(text: str) -> str:
    """Python for a text: as it is between three quotation marks where that stands for itself, else each of its lines quoted."""
    if "\n" not in text:
        return repr(text)
    if "\n# ///" in f"\n{text}":  # inline metadata of its own
        return _quoted_by_line(text)
    for written in (f"r'''{text}'''", f'r"""{text}"""'):
        if _evaluated(written) == text:
            return written
    return _quoted_by_line(text)


def _quoted_by_line(text: str) -> str:
    return "(\n" + "".join(f"        {row!r}\n" for row in text.splitlines(keepends=True)) + "    )"


def _evaluated(written: str) -> Any:
    try:
        return ast.literal_eval(written)
    except (SyntaxError, ValueError):
        return None
