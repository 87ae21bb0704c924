"""Imports: which module imported which, noted from a process's start on.

A run depends on the modules that its article imports and on those that these import. Where a module was imported before
the run began, in this process or in the one that it was forked from, the article's import no longer shows what it brought.
"""

from __future__ import annotations

import builtins
import importlib
import sys
from collections.abc import Callable, Container, Iterable, Sequence
from types import FrameType
from typing import Any

ARTICLE = "__main__"  # the module that cells run in
MACHINERY = ("importlib", "_frozen_importlib", "_frozen_importlib_external")


class Imports:
    """The imports of this process since ``install``: importing module → names of what it imported.

    An import in compiled code that goes past ``__import__`` is noted where it is the first of its module.
    """

    def __init__(self) -> None:
        self.edges: dict[str, set[str]] = {}
        self.begun = False
        self.imported: Callable[[], None] = lambda: None  # called after each import

    def install(self) -> None:
        """Note every import from now on, also in processes that are forked from this one."""
        original, original_module = builtins.__import__, importlib.import_module

        def noted_import(name, globals=None, locals=None, fromlist=(), level=0):
            try:
                return original(name, globals, locals, fromlist, level)
            finally:
                frame = sys._getframe(1)
                self._note(frame, _absolute(name, level, frame.f_globals.get("__package__")), fromlist or ())
                self.imported()

        def import_module(name, package=None):
            try:
                return original_module(name, package)
            finally:
                own = name.lstrip(".")
                self._note(sys._getframe(1), _absolute(own, len(name) - len(own), package))
                self.imported()

        builtins.__import__, importlib.import_module = noted_import, import_module
        sys.meta_path.insert(0, self)

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        """As a finder: note what is imported for the first time, and find nothing."""
        self._note(sys._getframe(1), name)

    def _note(self, frame: FrameType, name: str, members: Sequence[str] = ()) -> None:
        if "*" in members:
            members = getattr(sys.modules.get(name), "__all__", ())
        found = self.edges.setdefault(self._importer(frame), set())
        found.add(name)
        found.update(module for member in members if (module := f"{name}.{member}") in sys.modules)

    def _importer(self, frame: FrameType | None) -> str:
        """The innermost module on the stack, import machinery left out.

        Before the run it is the innermost whose body is executed: a function's late import was caused by who called it.
        """
        while frame:
            name = frame.f_globals.get("__name__")
            is_module = name in sys.modules and name != __name__ and name.partition(".")[0] not in MACHINERY
            if is_module and (self.begun or frame.f_code.co_name == "<module>"):
                return name
            frame = frame.f_back
        return ARTICLE

    def begin(self) -> None:
        """Forget what the program itself imported: from now on the article runs in its place."""
        self.begun = True
        for importer in self._article():
            del self.edges[importer]

    def _article(self) -> list[str]:
        """The importers that are the cells, or code that they run and that is no module."""
        return [name for name in list(self.edges) if name == ARTICLE or name not in sys.modules]

    def reached(self, project: Iterable[str], words: Container[str]) -> set[str]:
        """The top-level names of what the article and the ``project``'s modules imported, what that imported, and so on.

        A module's attribute needs no import where something else has imported it: every submodule of what the article
        imported counts whose name is one of the ``words`` of its source.
        """
        found: set[str] = set()
        todo = [*project, *self._article()]
        direct = self._with_attributes({name for module in todo for name in self.edges.get(module, ())}, words)
        todo += direct
        while todo:
            name = todo.pop()
            if name not in found:
                found.add(name)
                todo += self.edges.get(name, ())
                todo += filter(None, [name.rpartition(".")[0]])
        return {name.partition(".")[0] for name in found} - {ARTICLE}

    @staticmethod
    def _with_attributes(modules: set[str], words: Container[str]) -> set[str]:
        """The modules, and those loaded below them whose names below are all among the words."""

        def named(name: str) -> bool:
            above, _, last = name.rpartition(".")
            return last in words and (above in modules or (above != "" and named(above)))

        return modules | {name for name in list(sys.modules) if named(name)}


def _absolute(name: str, level: int, package: str | None) -> str:
    """The full name of a module that is imported relative to ``package``, where ``level`` dots say so."""
    if not level:
        return name
    above = (package or "").rsplit(".", level - 1)[0]
    return f"{above}.{name}" if name else above


noted = Imports()  # of this process: what it was forked from has noted before
