"""Project: the modules that a run imports from where nothing is installed, compiled from their source as it is.

A cached .pyc of equal size and time may be of another text, and would not tell which functions were entered.
"""

from __future__ import annotations

import importlib.machinery
import os
import re
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import CodeType, ModuleType
from typing import Any

from .functions import ENTERED, entered, marked, outline
from .shapes import RECORDER, Recorder

COMPILED = tuple(importlib.machinery.EXTENSION_SUFFIXES)
# where these are named, functions are compiled from their code, or code, or lines of it, can become output: no marks
INTROSPECTION = re.compile(r"\b(numba|dis|lineno|__code__|f_code|f_lineno|tb_lineno|co_\w+)\b")


class Project:
    """What was imported: ``sources`` and ``compiled`` extensions by path, ``names`` of modules, and the paths ``absent`` before them."""

    def __init__(self, is_installed: Callable[[str], bool], quietly: AbstractContextManager, text: str, recorder: Recorder) -> None:
        self.is_installed, self.quietly, self.recorder = is_installed, quietly, recorder
        self.text = text  # the source of the article's cells and of the project modules that it imported
        self.names: set[str] = set()
        self.sources: dict[str, bytes] = {}
        self.compiled: set[str] = set()
        self.absent: set[str] = set()
        self.marks: dict[str, list[bytearray]] = {}

    def install(self) -> None:
        """Find project modules from now on."""
        sys.path_hooks.insert(0, self._finder)
        sys.path_importer_cache.clear()

    def _finder(self, folder: str) -> importlib.machinery.FileFinder:
        if self.is_installed(folder) or not os.path.isdir(folder):
            raise ImportError
        loader = type("ProjectLoader", (_FromSource,), {"project": self})
        finder = type("ProjectFinder", (_Looking,), {"project": self})
        extensions = (importlib.machinery.ExtensionFileLoader, importlib.machinery.EXTENSION_SUFFIXES)
        return finder(folder, extensions, (loader, importlib.machinery.SOURCE_SUFFIXES))

    def load(self, fullname: str, path: str, data: bytes, marks: bytearray | None) -> CodeType:
        """Compile a module; what would have been found before it is a dependency too."""
        self.names.add(fullname)
        self.text += data.decode("utf-8", "replace")
        self.sources[path] = data
        base, name = os.path.split(path.removesuffix(".py"))
        stem = base if name == "__init__" else os.path.join(base, name)
        self.look(stem, *(["/__init__.py"] if name != "__init__" else []))
        if marks is None or self.introspects:
            return compile(data, path, "exec", dont_inherit=True)
        self.marks.setdefault(path, []).append(marks)
        return marked(data, path, marks, self.recorder.asked(path))

    def look(self, stem: str, *suffixes: str) -> None:
        """A module at ``stem`` was not found under these suffixes, nor as compiled code."""
        self.absent.update(stem + suffix for suffix in (*COMPILED, *suffixes))

    def functions(self, path: str) -> dict[str, str]:
        """The outline of what a module executed; empty where that cannot be told."""
        marks = self.marks.get(path, [])
        if len(marks) != 1:  # executed twice, or by other ways than an import
            return {}
        return entered(outline(self.sources[path]), marks[0])

    @property
    def introspects(self) -> bool:
        """Whether code itself may have become output."""
        return INTROSPECTION.search(self.text) is not None


class _Looking(importlib.machinery.FileFinder):
    """Notes the modules that are not there, or are folders without ``__init__.py``: a file would come before them."""

    project: Project

    def find_spec(self, fullname: str, target: Any = None):
        spec = super().find_spec(fullname, target)
        if (spec is None and "." in fullname) or (spec is not None and spec.loader is None):
            self.project.look(os.path.join(self.path, fullname.rpartition(".")[2]), ".py", "/__init__.py")
        elif spec is not None and spec.origin.endswith(COMPILED):
            self.project.compiled.add(spec.origin)
        return spec


class _FromSource(importlib.machinery.SourceFileLoader):
    project: Project
    marks: bytearray | None = None  # where the module holds them; None where something else will execute the code

    def exec_module(self, module: ModuleType) -> None:
        self.marks = module.__dict__[ENTERED] = bytearray()
        if self.project.recorder.asked(self.path):
            module.__dict__[RECORDER] = self.project.recorder
        super().exec_module(module)

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        with self.project.quietly:
            data = self.get_data(path)
        return self.project.load(fullname, path, data, self.marks)
