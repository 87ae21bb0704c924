"""Statements: which of them, in the files that articles list, were executed, and by which tests, as coverage sees it."""

from __future__ import annotations

import ast
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import coverage
from coverage.exceptions import CoverageException

from .running.functions import FUNCTION

Lines = dict[str, dict[str, list[int]]]  # by test, by file


class Statements:
    """Measures from now on; ``switch(name)`` says which test runs, "" that none does."""

    def __init__(self, root: Path, listed: set[str]) -> None:
        self.root, self.listed = root, sorted(name for name in listed if name.endswith(".py"))
        paths = [str(root / name) for name in self.listed] or [str(root / "build")]  # coverage takes an empty list for everything
        self.coverage = coverage.Coverage(data_file=None, config_file=False, include=paths)
        self.coverage.set_option("run:core", "ctrace")  # sys.monitoring tells only the first test that executes a line
        self.coverage.set_option("run:disable_warnings", ["no-data-collected"])
        self.coverage.set_option("report:exclude_lines", [])
        self.coverage.start()
        self.switch, self.stop = self.coverage.switch_context, self.coverage.stop

    def record(self, names: Mapping[str, str]) -> tuple[dict[str, Any], Lines]:
        """The files and the lines of each test, as in the record of evidence; ``names`` calls each test that passed by its name there."""
        files: dict[str, Any] = {}
        lines: dict[str, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
        for file in self.listed:
            if (statements := self._statements(file)) is None:
                continue
            imported = set()
            for line, entered, tests in self._executed(file, statements):
                if not entered:
                    imported.add(line)
                for test in {names[test] for test in tests if test in names} if entered else ():
                    lines[test][file].add(line)
            files[file] = {"statements": statements, "imported": sorted(imported)}
        return files, {test: {file: sorted(own) for file, own in found.items()} for test, found in lines.items()}

    def _statements(self, file: str) -> list[int] | None:
        """The first lines of a file's statements; None where it cannot be parsed, which its listing reports."""
        try:
            return self.coverage.analysis2(str(self.root / file))[1]
        except CoverageException:
            return None

    def _executed(self, file: str, statements: list[int]) -> Iterator[tuple[int, bool, list[str]]]:
        """Each statement that was executed, whether it stands in a function, and which tests ran meanwhile."""
        inside = lines_of_functions((self.root / file).read_bytes())
        for line, tests in self.coverage.get_data().contexts_by_lineno(str(self.root / file)).items():
            if place := bisect_right(statements, line):  # one of several lines is executed at any of them
                first = statements[place - 1]
                yield first, first in inside, tests


def lines_of_functions(source: bytes) -> set[int]:
    """The lines of the bodies of all functions: what a call executes, and an import does not."""
    bodies = [(node.body[0], node) for node in ast.walk(ast.parse(source)) if isinstance(node, FUNCTION)]
    return {line for first, function in bodies for line in range(_first_line(first), (function.end_lineno or 0) + 1)}


def _first_line(node: ast.stmt) -> int:
    return min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", []))])
