"""Start the processes in which articles run, and talk to them: the engine's side of ``supervisor`` and ``fork_server``."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import queue
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from ..config import Config
from ..errors import Problem
from ..frontend import cache_folder
from .supervisor import command

PASSED_ON = ("HOME", "LD_LIBRARY_PATH", "PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "USERPROFILE", "VIRTUAL_ENV")
ENDING = 30.0  # seconds in which a supervisor must have ended its run
log = logging.getLogger("zhixing")
_running: set[Process] = set()
_servers: dict[tuple, ForkServer] = {}
_starting = threading.Lock()


def environment(config: Config) -> dict[str, str]:
    """The same small environment for every run; what else a run needs to see, the settings name."""
    here = Path(__file__).parent
    mine = {
        "LC_ALL": "C.UTF-8",
        "MATPLOTLIBRC": str(here / "matplotlibrc"),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "MPLCONFIGDIR": str(cache_folder() / "matplotlib"),
        "NO_COLOR": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "SOURCE_DATE_EPOCH": "0",
        "TZ": "UTC",
        **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1"),
    }
    theirs = {name: os.environ[name] for name in (*PASSED_ON, *config.environment) if name in os.environ}
    return theirs | mine


class Process:
    """One supervised run: a pipe to it, and one with its events."""

    def __init__(self, tasks: BinaryIO, events: BinaryIO, wait: Callable[[], Any] = lambda: None) -> None:
        self.tasks, self.wait = tasks, wait
        self.lines: queue.Queue[bytes | None] = queue.Queue()
        self.ended = False
        threading.Thread(target=self._read, args=(events,), daemon=True).start()

    def _read(self, events: BinaryIO) -> None:
        with events:
            for line in events:
                self.lines.put(line)
        self.lines.put(None)

    def send(self, task: dict[str, Any]) -> None:
        with contextlib.suppress(OSError, ValueError):  # it has ended already: its events say so
            self.tasks.write(json.dumps(task).encode() + b"\n")
            self.tasks.flush()

    def next(self, seconds: float) -> dict[str, Any]:
        """The next event, "ended" as the last one; raises TimeoutError after some seconds without one."""
        while True:
            try:
                line = self.lines.get(timeout=seconds)
            except queue.Empty:
                raise TimeoutError from None
            if line is None:
                self.ended = True
                return {"event": "ended", "status": None, "exceeded": None}
            with contextlib.suppress(json.JSONDecodeError):  # a run that is killed may leave half a line
                event = json.loads(line)
                self.ended = event["event"] == "ended"
                return event

    def end(self) -> None:
        """End the run and wait until no process of it is left."""
        with contextlib.suppress(OSError):
            self.tasks.close()
        while not self.ended:
            self.next(ENDING)
        self.wait()


@contextmanager
def start(config: Config) -> Iterator[Process]:
    """A supervised process that waits for its task; it is ended with the block."""
    process = _fork(config) if config.start_method == "forkserver" else None
    process = process or _spawn(config)
    _running.add(process)
    try:
        yield process
    finally:
        process.end()
        _running.discard(process)


def _spawn(config: Config) -> Process:
    child = subprocess.Popen(
        command("supervisor:main"), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        env=environment(config), cwd=config.build, start_new_session=True,
    )  # fmt: skip
    return Process(child.stdin, child.stdout, child.wait)


def _fork(config: Config) -> Process | None:
    """A process that the fork server of these settings forked; None where it may not fork."""
    key = (config.build, config.preload, *environment(config).items())
    with _starting:
        if key not in _servers:
            _servers[key] = ForkServer(config)
        return _servers[key].fork()


class ForkServer:
    """The engine's end of a fork server. ``prefix`` is a command that starts it elsewhere, in a sandbox for example."""

    def __init__(self, config: Config, prefix: Sequence[str] = ()) -> None:
        self.socket, theirs = socket.socketpair()
        with theirs:
            self.process = subprocess.Popen(
                [*prefix, *command("fork_server:main", str(theirs.fileno()), *config.preload)],
                stdin=subprocess.DEVNULL, stdout=2, pass_fds=[theirs.fileno()],
                env=environment(config), cwd=config.build, start_new_session=True,
            )  # fmt: skip
        self.may_fork = self._is_ready(config)

    def _is_ready(self, config: Config) -> bool:
        """Wait until it has imported ``preload``; raises Problem where it ends instead."""
        with self.socket.makefile() as said:
            line = said.readline()
        modules = ", ".join(config.preload)
        if not line:
            what = f"the process that imports preload ({modules}) ended with exit status {self.process.wait()}"
            raise Problem("pyproject.toml", 1, what, "see what it wrote above, and mend preload in [tool.zhixing]")
        ready = json.loads(line)
        if ready["missing"]:
            log.warning("preload in [tool.zhixing]: no module %s", ", ".join(ready["missing"]))
        if ready["threads"] != 1:
            log.warning("preload in [tool.zhixing]: %s started threads, so that every article imports it again", modules)
        return ready["threads"] == 1

    def fork(self) -> Process | None:
        if not self.may_fork:
            return None
        (tasks, to), (of, events) = os.pipe(), os.pipe()
        try:
            socket.send_fds(self.socket, [b"+"], [tasks, events])
        finally:
            os.close(tasks)
            os.close(events)
        return Process(os.fdopen(to, "wb"), os.fdopen(of, "rb"))

    def close(self) -> None:
        self.socket.close()
        self.process.wait()


def end_all() -> None:
    """End every run of this process and its fork servers."""
    for process in list(_running):
        with contextlib.suppress(OSError):
            process.tasks.close()
    with _starting:
        while _servers:
            _servers.popitem()[1].close()
