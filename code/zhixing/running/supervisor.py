"""The process between the engine and one run: it starts the runner, holds the run to its limits, and leaves no process behind.

``engine → (fork server →) supervisor → runner → what a cell starts``. The task comes through one pipe, which stays open as
long as the run may go on; events go back through another. So whatever ends the engine also ends the run.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, NoReturn, Protocol

import psutil

# options of Linux's prctl(2)
DEATH_SIGNAL, ADOPT_ORPHANS = 1, 36
PAUSE = 0.05  # seconds between two looks at a run
SHARE = 0.05  # of one core that looking may take
LAST_WORDS = 2.0  # seconds in which a run that is ended may write where it was


class Runner(Protocol):
    """A started runner, as ``subprocess.Popen`` has it."""

    pid: int

    def wait(self) -> int: ...


def supervise(tasks: BinaryIO, events: int, start: Callable[[bytes], Runner]) -> NoReturn:
    """Start a runner for the task that comes from ``tasks``; write how it ended to ``events`` when nothing of it runs any more."""
    if not (line := tasks.readline()):
        os._exit(0)  # the engine changed its mind
    task = json.loads(line)
    linux_process_control(ADOPT_ORPHANS, 1)
    before = size_of(task["folders"])
    runner = start(line)
    statuses: list[int] = []
    over = threading.Event()
    _thread(lambda: tasks.read(), over)
    waiter = _thread(lambda: statuses.append(runner.wait()), over)
    exceeded = _watch(task, before, over)
    if not statuses:
        with contextlib.suppress(OSError):
            os.kill(runner.pid, signal.SIGABRT)  # faulthandler writes where it was
        waiter.join(LAST_WORDS)
    end_descendants()
    waiter.join()
    os.write(events, b"\n" + json.dumps({"event": "ended", "status": statuses[0], "exceeded": exceeded}).encode() + b"\n")
    os._exit(0)


def _thread(work: Callable[[], Any], over: threading.Event) -> threading.Thread:
    def run() -> None:
        work()
        over.set()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def _watch(task: dict[str, Any], before: int, over: threading.Event) -> str | None:
    """Look at the run until it is over; the name of a limit that it exceeded."""
    pause = PAUSE
    while not over.wait(pause):
        started = time.thread_time()
        found = _descendants()
        limits = task["limits"]
        amounts = {
            "memory": _memory(found, limits["memory"]),
            "processes": _number(found, limits["processes"]),
            "output": size_of(task["folders"]) - before,
        }
        for name, limit in limits.items():
            if amounts[name] > limit:
                return name
        pause = max(PAUSE, (time.thread_time() - started) / SHARE)
    return None


def _memory(found: list[psutil.Process], limit: float) -> int:
    """Bytes that processes use together. What they share is told apart only where it matters: that takes 2 ms a process."""
    used = sum(_of(process, lambda p: p.memory_info().rss) for process in found)
    if used > limit:
        used = sum(_of(process, _own_memory) for process in found)
    return used


def _own_memory(process: psutil.Process) -> int:
    """The process's share of its memory: shared pages divided by those who share them, where the system tells."""
    full = process.memory_full_info()
    return getattr(full, "pss", full.uss)


def _number(found: list[psutil.Process], limit: float) -> int:
    """How many processes there are, those that have ended and are not yet waited for left out where it matters."""
    if len(found) > limit:
        found = [process for process in found if _of(process, lambda p: p.status() != psutil.STATUS_ZOMBIE)]
    return len(found)


def _of(process: psutil.Process, look: Callable[[psutil.Process], int]) -> int:
    try:
        return look(process)
    except psutil.Error:  # it has ended
        return 0


def _descendants() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)


def size_of(folders: list[str]) -> int:
    """The bytes of all files below some folders."""
    total = 0
    for folder in folders:
        for base, _, names in os.walk(folder):
            for name in names:
                with contextlib.suppress(OSError):
                    total += os.lstat(os.path.join(base, name)).st_size
    return total


def end_descendants() -> None:
    """Kill all processes below this one, until there are none: a killed group cannot fork any more, one that left it is found next."""
    while found := _descendants():
        for process in found:
            with contextlib.suppress(OSError, psutil.Error):
                group = os.getpgid(process.pid) if hasattr(os, "getpgid") else None
                process.kill() if group in (None, os.getpgrp()) else os.killpg(group, signal.SIGKILL)
        psutil.wait_procs(found, timeout=PAUSE)


def linux_process_control(option: int, value: int) -> None:
    """Call Linux's prctl(2) where there is one."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def command(program: str, *arguments: str) -> list[str]:
    """The command that calls a function of the engine in a fresh Python, on whose import path the engine does not stay."""
    engine, (module, _, function) = str(Path(__file__).parents[2]), program.partition(":")
    lines = [
        f"import sys; sys.path.insert(0, {engine!r})",
        "from zhixing.running.imports import noted; noted.install()",
        f"from zhixing.running.{module} import {function}; sys.path.remove({engine!r}); {function}()",
    ]
    return [sys.executable, "-P", "-X", "utf8", "-c", "; ".join(lines), *arguments]


def main() -> NoReturn:
    """Supervise one run in a fresh process, where forking is unsafe."""

    def spawn(task: bytes) -> Runner:
        runner = subprocess.Popen(command("runner:main"), stdin=subprocess.PIPE, start_new_session=True)
        with contextlib.suppress(BrokenPipeError), runner.stdin as stdin:
            stdin.write(task)
        return runner

    supervise(sys.stdin.buffer, 1, spawn)
