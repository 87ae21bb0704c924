"""Lock: one command at a time writes a blog's build folder; what a killed one left there goes."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from .config import Config
from .store import UNFINISHED

log = logging.getLogger("zhixing")


@contextmanager
def one_at_a_time(config: Config) -> Iterator[None]:
    """Hold the blog's lock. Where another process holds it, say so and wait."""
    config.build.mkdir(exist_ok=True)
    lock, holder = FileLock(config.build / ".lock"), config.build / ".lock.pid"
    try:
        lock.acquire(blocking=False)
    except Timeout:
        log.warning("waiting for another build of this blog to end%s", _process_in(holder))
        lock.acquire()
    try:
        holder.write_text(str(os.getpid()))
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def _process_in(holder: Path) -> str:
    try:
        return f" (process {holder.read_text()})"
    except OSError:  # it has just ended
        return ""


def remove_leftovers(config: Config) -> list[Path]:
    """Remove what killed builds left behind: the folders of their runs, and files that were not written to their end."""
    folders = list(config.build.glob("run-*"))
    files = [*config.build.glob(f"{UNFINISHED}*"), *config.build.glob(f"store/*/{UNFINISHED}*")]
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
    for file in files:
        file.unlink()
    return folders + files
