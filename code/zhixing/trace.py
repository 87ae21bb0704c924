"""Trace: record what a run reads, from inside its process, as a dependency record (see ``dependency``)."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.metadata
import os
import re
import sys
import sysconfig
import threading
from pathlib import Path
from typing import Any

from .dependency import ABSENT, PRESENT, digest, file_state, folder_state
from .imports import Imports

SYSTEM = ("/bin/", "/dev/", "/etc/", "/lib/", "/lib64/", "/proc/", "/sbin/", "/sys/", "/usr/")
SPAWNING = ("os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.startfile", "os.system", "subprocess.Popen")
# event: which of its arguments are paths that it changes
WRITING = {
    **dict.fromkeys(("os.remove", "os.mkdir", "os.rmdir", "os.truncate", "os.chmod", "os.utime"), (0,)),
    "os.rename": (0, 1),
    "os.link": (1,),
    "os.symlink": (1,),
}
WORD = re.compile(r"\w+")
OPAQUE = ("ctypes.dlopen", "sqlite3.connect")


class _Recording(threading.local):
    """Entered where a thread records: what that looks at itself is no dependency."""

    active = False

    def __enter__(self) -> None:
        self.active = True

    def __exit__(self, *_: object) -> None:
        self.active = False


class Trace:
    """Records what this process reads, from ``start`` on.

    ``root`` is the blog, ``scratch`` the run's working folder, which holds copies of the article's ``own`` folder
    (empty where it has none). A write below the root but outside the scratch folder raises PermissionError.
    """

    def __init__(self, root: Path, scratch: Path, own: str, imports: Imports, text: str) -> None:
        self.root, self.scratch, self.own = str(root), str(scratch), own
        self.imports = imports
        self.text = text  # the source of the article's cells and of the project modules that it imported
        paths = sysconfig.get_paths()
        installed = {paths[k] for k in ("stdlib", "platstdlib", "purelib", "platlib")}
        installed |= {sys.prefix, sys.base_prefix, str(Path(__file__).parent), os.environ.get("MPLCONFIGDIR", "/proc")}
        installed |= {p for p in sys.path if p.endswith(("site-packages", "dist-packages"))}
        self.ignored = tuple(os.path.realpath(p) + os.sep for p in installed)
        self.files: dict[str, str | None] = {}
        self.folders: set[str] = set()
        self.project: set[str] = set()  # names of the project's modules that were imported
        self.untraceable: list[str] = []
        self.written: set[str] = set()  # what the run wrote elsewhere is its own, not a dependency
        self._recording = _Recording()

    def start(self) -> None:
        sys.path_hooks.insert(0, self._project_finder)
        sys.path_importer_cache.clear()
        self.imports.begin()
        for name in ("stat", "lstat", "access"):
            self._wrap_stat(name)
        sys.addaudithook(self._audit)

    # -- imports

    def _project_finder(self, path: str) -> importlib.machinery.FileFinder:
        """Finds modules in every folder where nothing is installed, and notes where it looked in vain."""
        if (path + os.sep).startswith((*self.ignored, *SYSTEM)) or not os.path.isdir(path):
            raise ImportError
        loader = type("ProjectLoader", (_FromSource,), {"trace": self})
        finder = type("ProjectFinder", (_Looking,), {"trace": self})
        suffixes = importlib.machinery.EXTENSION_SUFFIXES
        return finder(path, (importlib.machinery.ExtensionFileLoader, suffixes), (loader, importlib.machinery.SOURCE_SUFFIXES))

    def loaded(self, fullname: str, path: str, data: bytes) -> None:
        """A project module was compiled from ``data``; what would have been found before it is a dependency too."""
        self.project.add(fullname)
        self.text += data.decode("utf-8", "replace")
        self.files[self._source(path)] = digest(data)
        base, name = os.path.split(path.removesuffix(".py"))
        stem = base if name == "__init__" else os.path.join(base, name)
        self.absent(stem, ["/__init__.py"] if name != "__init__" else [])

    def absent(self, stem: str, suffixes: list[str]) -> None:
        """A module at ``stem`` was not found under these suffixes, nor as compiled code."""
        for suffix in (*importlib.machinery.EXTENSION_SUFFIXES, *suffixes):
            self.files.setdefault(self._source(stem + suffix), ABSENT)

    # -- files

    def _wrap_stat(self, name: str) -> None:
        original = getattr(os, name)

        def look(path, *args, **kwargs):
            if not self._recording.active and isinstance(path, (str, bytes, os.PathLike)):
                self._saw(path)
            return original(path, *args, **kwargs)

        look.__name__ = name
        setattr(os, name, look)

    def _relevant(self, path: Any) -> str | None:
        """The absolute path where it is a dependency: in the root, or neither installed nor of the system."""
        if isinstance(path, bytes):
            path = os.fsdecode(path)
        if not isinstance(path, (str, os.PathLike)):
            return None
        path = os.path.abspath(os.fspath(path))
        if (path + os.sep).startswith(self.ignored) or "__pycache__" in path:
            return None
        if (path + os.sep).startswith(self.scratch + os.sep):
            return path if self.own and path not in self.written else None
        if (self.scratch + os.sep).startswith(path + os.sep) or any(p.startswith(path + os.sep) for p in self.ignored):
            return None  # the way to a folder is not what is read there
        if path.startswith(self.root + os.sep):
            return path
        if path.startswith(SYSTEM) or (path + os.sep).startswith(tuple(p + os.sep for p in self.written)):
            return None
        return path

    def _source(self, path: str) -> str:
        """The path as recorded: the article's own file for its copy in scratch, relative below the root."""
        if (path + os.sep).startswith(self.scratch + os.sep) and self.own:
            path = self.own + path[len(self.scratch) :]
        return os.path.relpath(path, self.root) if path.startswith(self.root + os.sep) else path

    def _saw(self, path: Any) -> None:
        with self._recording:
            if relevant := self._relevant(path):
                self.files.setdefault(self._source(relevant), None)

    def _audit(self, event: str, args: tuple) -> None:
        if self._recording.active:
            return
        if event == "open":
            path, _, flags = args
            if isinstance(path, int):
                return
            if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
                self._writes(path, whole=bool(flags & os.O_TRUNC))
            else:
                self._saw(path)
        elif event in WRITING:
            for i in WRITING[event]:
                self._writes(args[i])
        elif event in ("os.listdir", "os.scandir"):
            asked_by = sys._getframe(1).f_code.co_filename
            if asked_by != "<frozen importlib._bootstrap_external>" and "importlib/metadata" not in asked_by:
                with self._recording:
                    if relevant := self._relevant("." if args[0] is None else args[0]):
                        self.folders.add(self._source(relevant))
        elif event == "socket.connect":
            self._cannot_follow("opened the network")
        elif event in SPAWNING:
            self._cannot_follow("started a process")
        elif event in OPAQUE:
            self._cannot_follow(f"used {event.partition('.')[0]}", direct=True)

    def _writes(self, path: Any, whole: bool = False) -> None:
        """Refuse a write to the source tree. What is not written ``whole`` may have been read before."""
        if not isinstance(path, (str, bytes, os.PathLike)):
            return
        with self._recording:
            path = os.path.abspath(os.fsdecode(path))
            if path.startswith(self.scratch + os.sep):
                if not whole and (relevant := self._relevant(path)):
                    self.files.setdefault(self._source(relevant), None)
                self.written.add(path)
                return
            if (path + os.sep).startswith(self.ignored):
                return
            if path.startswith(self.root + os.sep):
                name = os.path.relpath(path, self.root)
                raise PermissionError(f"a run may not write {name}: the source tree is read-only, write to the working folder")
            self.written.add(path)

    def _cannot_follow(self, what: str, direct: bool = False) -> None:
        """Note an event that no trace sees through, unless an installed package's import caused it."""
        frame = sys._getframe(2)
        while frame:
            name = frame.f_code.co_filename
            if name.startswith("<frozen importlib"):
                return
            ours = name.startswith("<cell ") or (name.startswith(self.root + os.sep) and not name.startswith(self.ignored))
            if ours:
                break
            if direct and ("site-packages" in name or "dist-packages" in name):
                return
            frame = frame.f_back
        if what not in self.untraceable:
            self.untraceable.append(what)

    # -- the record

    def record(self) -> dict[str, Any]:
        """The dependencies so far. Files are looked at now, project modules were as they were compiled."""
        with self._recording:
            files = {}
            for name, known in sorted(self.files.items()):
                path = Path(self.root, name)
                files[name] = known or (PRESENT if path.exists() and not path.is_file() else file_state(path))
            project = {p.name.partition(".")[0] for p in Path(self.root, "code").glob("*")}
            modules = sorted(self.imports.reached(self.project, set(WORD.findall(self.text))) - project)
            return {
                "files": files,
                "folders": {name: folder_state(Path(self.root, name)) for name in sorted(self.folders)},
                "modules": modules,
                "missing": [name for name in modules if name not in sys.modules],
                "environment": {},
                "untraceable": sorted(self.untraceable),
            }


class _Looking(importlib.machinery.FileFinder):
    """Notes the modules that are not there, or are folders without ``__init__.py``: a file would come before them."""

    trace: Trace

    def find_spec(self, fullname: str, target: Any = None):
        spec = super().find_spec(fullname, target)
        if (spec is None and "." in fullname) or (spec is not None and spec.loader is None):
            self.trace.absent(os.path.join(self.path, fullname.rpartition(".")[2]), [".py", "/__init__.py"])
        return spec


class _FromSource(importlib.machinery.SourceFileLoader):
    """Compiles from the source as it is: a cached .pyc of equal size and time may be of another text."""

    trace: Trace

    def get_code(self, fullname: str):
        path = self.get_filename(fullname)
        data = self.get_data(path)
        self.trace.loaded(fullname, path, data)
        return self.source_to_code(data, path)
