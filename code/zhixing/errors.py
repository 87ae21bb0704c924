"""What can go wrong, and how it is said.

ZhixingError
├── Problem       one thing wrong at path:line, with what to do about it
└── Problems      all that one command found, reported together
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import PurePath


class ZhixingError(Exception):
    """The base of every error that is the user's to mend."""


class Problem(ZhixingError, ValueError):
    """One thing wrong in a source file: where, what, and what to do.

    ``path`` is relative to the root, ``line`` counts from 1; ``details`` are further lines, a table for example.
    """

    def __init__(self, path: PurePath | str, line: int, what: str, fix: str, details: Sequence[str] = ()) -> None:
        self.path = PurePath(path).as_posix()
        self.line = line
        self.message = "\n  ".join([f"{what}; {fix}", *details])
        super().__init__(f"{self.path}:{line}: {self.message}")
        self._given = path, line, what, fix, details

    def __reduce__(self) -> tuple:
        return Problem, self._given  # from another process

    def as_json(self) -> dict:
        return {"path": self.path, "line": self.line, "message": self.message}


class Problems(ZhixingError):
    """Several problems, in the order of their places."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        unique = {str(problem): problem for problem in problems}
        self.problems = sorted(unique.values(), key=lambda p: (p.path, p.line))
        super().__init__("\n".join(map(str, self.problems)))
