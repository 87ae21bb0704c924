"""A process that imports the heavy modules once and forks a supervisor and a runner for each article (Linux).

It only imports: one parallel operation of torch before the fork would hang the child. It listens on one socket that it
inherits and hands out no process ids, so that it can be started inside a sandbox, also one with process ids of its own.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import socket
import sys
from typing import BinaryIO, NoReturn

import psutil

from . import runner
from .supervisor import DEATH_SIGNAL, linux_process_control, supervise


class Forked:
    """A forked runner."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def wait(self) -> int:
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def main() -> NoReturn:
    """Serve until the engine closes its end of the socket whose descriptor is the first argument; the others are the modules to import.

    The first message back is {"missing": [modules that could not be imported], "threads": number of this process's threads}.
    """
    descriptor, *preload = sys.argv[1:]
    control = socket.socket(fileno=int(descriptor))
    missing = runner.prepare(preload)
    gc.freeze()  # else each child's garbage collector visits, and so copies, all that was imported
    said = {"missing": missing, "threads": psutil.Process().num_threads()}
    control.sendall(json.dumps(said).encode() + b"\n")
    while True:
        _, descriptors, _, _ = socket.recv_fds(control, 1, 2)
        if not descriptors:
            break
        _reap(os.WNOHANG)
        if os.fork() == 0:
            control.close()
            tasks, events = descriptors
            _supervise(open(tasks, "rb"), events)  # noqa: SIM115, open to the end
        for descriptor in descriptors:
            os.close(descriptor)
    _reap(0)
    os._exit(0)


def _reap(options: int) -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, options)[0]:
            pass


def _supervise(tasks: BinaryIO, events: int) -> NoReturn:
    os.setsid()

    def fork(task: bytes) -> Forked:
        pid = os.fork()
        if pid == 0:
            tasks.close()
            os.setsid()
            linux_process_control(DEATH_SIGNAL, 9)
            runner.run(json.loads(task), events)
        return Forked(pid)

    supervise(tasks, events, fork)
