"""Trace: record what a run reads, from inside its process, as a dependency record (see ``dependency``)."""

from __future__ import annotations

import linecache
import os
import re
import sys
import sysconfig
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .callers import asks_for_kind, captures_stack, is_of_a_distribution
from .dependency import ABSENT, digest, file_state, folder_state, kind
from .imports import Imports
from .project import Project
from .shapes import Recorder

SYSTEM = ("/bin/", "/dev/", "/etc/", "/lib/", "/lib64/", "/proc/", "/sbin/", "/sys/", "/usr/")
FONTS = ("~/.fonts", "~/.local/share/fonts", "~/Library/Fonts")  # a reader's own, looked at by matplotlib on a new machine
SPAWNING = ("os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.startfile", "os.system", "subprocess.Popen")
# event: which of its arguments are paths that it changes
WRITING = {
    **dict.fromkeys(("os.remove", "os.mkdir", "os.rmdir", "os.truncate", "os.chmod", "os.utime"), (0,)),
    "os.rename": (0, 1),
    "os.link": (1,),
    "os.symlink": (1,),
}
WORD = re.compile(r"\w+")
# what reads files in compiled code, without an audit event
UNSEEN = re.compile(
    r"\b(torch\.jit\.load|from_file|load_library|read_(?:parquet|feather|orc)|pyarrow|polars|duckdb|h5py|netCDF4|cv2|soundfile|torchaudio)\b"
)
OPAQUE = ("ctypes.dlopen", "sqlite3.connect")


def installed_folders() -> set[str]:
    """Where Python's own modules and installed distributions lie."""
    paths = sysconfig.get_paths()
    folders = {paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    return folders | {p for p in sys.path if p.endswith(("site-packages", "dist-packages"))}


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
    The functions of project modules that ``recorder`` asks for note shapes there.
    """

    def __init__(self, root: Path, scratch: Path, own: str, imports: Imports, text: str, recorder: Recorder) -> None:
        self.root, self.scratch, self.own = str(root), str(scratch), own
        self.imports = imports
        platform = [sys.prefix, sys.base_prefix, str(Path(__file__).parent.parent), os.environ.get("MPLCONFIGDIR", "/proc")]
        platform += map(os.path.expanduser, FONTS)
        self.ignored = tuple(os.path.realpath(p) + os.sep for p in {*platform, *installed_folders()})
        self.temporary = os.path.abspath(tempfile.gettempdir())
        # what was looked at, and how it was then: whoever edits a file while the run goes on makes it stale
        self.files: dict[str, str] = {}
        self.kinds: dict[str, str] = {}
        self.folders: dict[str, str] = {}
        self.untraceable: list[str] = []
        self.written: set[str] = set()  # what the run wrote elsewhere is its own, not a dependency
        self._recording = _Recording()
        self.project = Project(self._is_installed, self._recording, text, recorder)

    def _is_installed(self, folder: str) -> bool:
        return (folder + os.sep).startswith((*self.ignored, *SYSTEM))

    def start(self) -> None:
        self.project.install()
        self.imports.begin()
        for name in ("stat", "lstat", "access"):
            self._wrap_stat(name)
        self._wrap_linecache()
        sys.addaudithook(self._audit)

    # -- files

    def _wrap_stat(self, name: str) -> None:
        original = getattr(os, name)

        def look(path, *args, **kwargs):
            if not self._recording.active and isinstance(path, (str, bytes, os.PathLike)):
                self._looked_for(path) if asks_for_kind(sys._getframe(1)) else self._read(path)
            return original(path, *args, **kwargs)

        look.__name__ = name
        setattr(os, name, look)

    def _wrap_linecache(self) -> None:
        """A line of source is read when it is asked for, not when it comes into Python's cache of lines."""
        lines, check = linecache.getlines, linecache.checkcache

        def getlines(filename, module_globals=None):
            if not filename.startswith("<") and not captures_stack(sys._getframe(1)):
                self._read(filename)
            with self._recording:
                return lines(filename, module_globals)

        def checkcache(filename=None):
            with self._recording:
                check(filename)

        linecache.getlines, linecache.checkcache = getlines, checkcache

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
        if path.startswith(SYSTEM) or path == self.temporary or (path + os.sep).startswith(tuple(p + os.sep for p in self.written)):
            return None
        return path

    def _source(self, path: str) -> str:
        """The path as recorded: the article's own file for its copy in scratch, relative below the root."""
        if (path + os.sep).startswith(self.scratch + os.sep) and self.own:
            path = self.own + path[len(self.scratch) :]
        return os.path.relpath(path, self.root) if path.startswith(self.root + os.sep) else path

    def _read(self, path: Any) -> None:
        self._note(path, self.files, file_state)

    def _looked_for(self, path: Any) -> None:
        self._note(path, self.kinds, kind)

    def _note(self, path: Any, seen: dict[str, str], look: Callable[[Path], str]) -> None:
        with self._recording:
            if (relevant := self._relevant(path)) and (name := self._source(relevant)) not in seen:
                seen[name] = look(Path(relevant))

    def _listed(self, path: Any, with_sizes: bool) -> None:
        """A folder's names were read; ``with_sizes``: what is told of the files with them depends on their contents."""
        with self._recording:
            if not (relevant := self._relevant("." if path is None else path)):
                return
            name = self._source(relevant)
            folder = Path(self.root, name)  # not the copy in scratch, where the run may have written
            self.folders.setdefault(name, folder_state(folder))
            inside = os.listdir(folder) if with_sizes and folder.is_dir() else []
        for entry in inside:
            self._read(os.path.join(relevant, entry))

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
                self._read(path)
        elif event in WRITING:
            for i in WRITING[event]:
                self._writes(args[i])
        elif event in ("os.listdir", "os.scandir"):
            asked_by = sys._getframe(1).f_code.co_filename
            if asked_by != "<frozen importlib._bootstrap_external>" and "importlib/metadata" not in asked_by:
                self._listed(args[0], with_sizes=event == "os.scandir" and self._is_ours(asked_by))
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
        path = os.path.abspath(os.fsdecode(path))
        if path.startswith(self.scratch + os.sep):
            if not whole:
                self._read(path)
        elif (path + os.sep).startswith(self.ignored):
            return
        elif path.startswith(self.root + os.sep):
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
            if self._is_ours(name):
                break
            if direct and is_of_a_distribution(name):
                return
            frame = frame.f_back
        if what not in self.untraceable:
            self.untraceable.append(what)

    def _is_ours(self, source: str) -> bool:
        """Whether code of this file is the article's or the project's."""
        return source.startswith("<cell ") or (source.startswith(self.root + os.sep) and not source.startswith(self.ignored))

    # -- the record

    def record(self) -> dict[str, Any]:
        """The dependencies so far, each as it was when it was first looked at."""
        with self._recording:
            modules = self._modules()
            unseen = [f"used {name}" for name in set(UNSEEN.findall(self.project.text))]
            return {
                "files": self._file_states(),
                "functions": self._functions(),
                "folders": dict(sorted(self.folders.items())),
                "modules": modules,
                "missing": [name for name in modules if name not in sys.modules],
                "environment": {},
                "untraceable": sorted({*self.untraceable, *unseen}),
            }

    def _file_states(self) -> dict[str, str]:
        absent = {self._source(path): ABSENT for path in self.project.absent}
        compiled = {self._source(path): file_state(Path(path)) for path in self.project.compiled}
        sources = {self._source(path): digest(data) for path, data in self.project.sources.items()}
        seen = self.kinds | self.files | absent | compiled | sources
        return {name: state for name, state in sorted(seen.items()) if not (state == ABSENT and name in self.written)}

    def _functions(self) -> dict[str, dict[str, str]]:
        """The outlines of the modules that were imported and not read in another way."""
        if self.project.introspects:
            return {}
        names = {path: self._source(path) for path in self.project.sources}
        outlines = {name: self.project.functions(path) for path, name in sorted(names.items()) if name not in self.files}
        return {name: outline for name, outline in outlines.items() if outline}

    def _modules(self) -> list[str]:
        """The top-level names of what was imported from outside code/."""
        ours = {p.name.partition(".")[0] for p in Path(self.root, "code").glob("*")}
        return sorted(self.imports.reached(self.project.names, set(WORD.findall(self.project.text))) - ours)
