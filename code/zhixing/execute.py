"""Execute: run a work's cells in a fresh process, and take its outputs."""

from __future__ import annotations

import base64
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .article import Cell, Value, Work
from .config import Config
from .errors import Problem, Problems
from .frontend import cache_folder
from .store import Entry

PASSED_ON = ("HOME", "LD_LIBRARY_PATH", "PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "USERPROFILE", "VIRTUAL_ENV")
ASSET_LIMIT = 50_000_000  # bytes of all files that one run may publish
_running: set[subprocess.Popen] = set()


def execute(work: Work, recipe: dict[str, Any], config: Config) -> Entry:
    """Run one work and return its entry.

    Raises Problems, at lines of the original's Markdown, where a cell or an inline value fails or takes too long.
    """
    config.build.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="run-", dir=config.build, ignore_cleanup_errors=True) as name:
        folder = Path(name)
        scratch, logs = folder / work.slug, folder / "logs"
        scratch.mkdir()
        logs.mkdir()
        beside = _copy_beside(work, config.root, scratch)
        task = {
            "root": str(config.root),
            "scratch": str(scratch),
            "logs": str(logs),
            "own": str(config.root / work.original.path.parent) if work.original.folder else "",
            "preload": list(config.preload),
            "cells": [{"id": cell.id, "code": cell.code, "raises": cell.raises} for cell in work.cells],
            "fields": work.fields,
        }
        outputs, values, seconds, dependencies = _collect(work, config, task)
        dependencies["environment"] = {n: os.environ.get(n) for n in config.environment}
        assets = _assets(work, scratch, beside)
    return Entry(work.slug, recipe, dependencies, outputs, values, assets, seconds)


def _copy_beside(work: Work, root: Path, scratch: Path) -> dict[str, str]:
    """Copy the article's own files to the scratch folder; {name there: absolute source}."""
    if not work.original.folder:
        return {}
    source = root / work.original.path.parent
    copied = {}
    for path in sorted(source.rglob("*")):
        name = str(path.relative_to(source))
        if path.is_file() and not path.is_symlink() and name != "index.md" and "__pycache__" not in name:
            (scratch / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, scratch / name)
            copied[name] = str(path)
    return copied


def _assets(work: Work, scratch: Path, beside: dict[str, str]) -> dict[str, str]:
    """The files that the run wrote: {name: base64}."""
    assets, total = {}, 0
    for path in sorted(p for p in scratch.rglob("*") if p.is_file() and not p.is_symlink()):
        name = path.relative_to(scratch).as_posix()
        if "__pycache__" in name or (name in beside and path.read_bytes() == Path(beside[name]).read_bytes()):
            continue
        total += path.stat().st_size
        if total > ASSET_LIMIT:
            fix = "write less, or write outside the working folder"
            raise Problem(work.original.path, 1, f"the run's files are over {ASSET_LIMIT:,} bytes", fix)
        assets[name] = base64.b64encode(path.read_bytes()).decode()
    return assets


def _environment(config: Config) -> dict[str, str]:
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


def _command() -> list[str]:
    engine = str(Path(__file__).parent.parent)
    program = f"import sys; sys.path.insert(0, {engine!r}); from zhixing.runner import main; sys.path.remove({engine!r}); main()"
    return [sys.executable, "-P", "-X", "utf8", "-c", program]


def _collect(work: Work, config: Config, task: dict[str, Any]) -> tuple[dict, list, dict, dict]:
    """Start the runner, follow its events, and end it where a cell takes too long."""
    process = subprocess.Popen(
        _command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        cwd=task["scratch"], env=_environment(config), start_new_session=True, encoding="utf-8",
    )  # fmt: skip
    _running.add(process)
    outputs: dict[str, list] = {}
    values: list[list[str]] = []
    seconds: dict[str, float] = {}
    problems: list[Problem] = []
    cells = {cell.id: cell for cell in work.cells}
    try:
        for event in _events(process, task, work, config):
            kind = event["event"]
            if kind == "outputs":
                outputs[event["id"]], seconds[event["id"]] = event["outputs"], event["seconds"]
                if failure := event["failure"]:
                    problems.append(_cell_problem(work, cells[event["id"]], failure))
            elif kind == "value":
                values.append([event["expression"], event["format"], event["text"]])
                if failure := event["failure"]:
                    problems += _value_problems(work, event, failure)
            elif kind == "done":
                dependencies = event["dependencies"]
        if problems:
            raise Problems(problems)
        return outputs, values, seconds, dependencies
    finally:
        _end(process)


def _events(process: subprocess.Popen, task: dict[str, Any], work: Work, config: Config) -> Iterator[dict]:
    """The runner's events up to its last; raises Problem where the next one is not there in time, or never comes."""
    lines: queue.Queue[str | None] = queue.Queue()

    def read() -> None:
        for line in process.stdout:
            lines.put(line)
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    try:
        process.stdin.write(json.dumps(task))
        process.stdin.close()
    except BrokenPipeError:
        pass  # it ended before it read its task: the closed stream says so
    whole = time.monotonic() + config.run_timeout
    cell: Cell | None = None
    deadline = whole
    while True:
        try:
            line = lines.get(timeout=max(0.0, min(deadline, whole) - time.monotonic()))
        except queue.Empty:
            if deadline < whole and cell:
                raise _late(work, cell, f"cell #{cell.id}", _cell_timeout(cell, config), "timeout=SECONDS in its header") from None
            if deadline < whole:
                raise _late(work, None, "an inline value", config.timeout, "timeout in [tool.zhixing]") from None
            raise _late(work, cell, "the run", config.run_timeout, "run_timeout in [tool.zhixing]") from None
        if line is None:
            raise _ended(work, cell, process)
        event = json.loads(line)
        if event["event"] == "cell":
            cell = next(c for c in work.cells if c.id == event["id"])
            deadline = time.monotonic() + _cell_timeout(cell, config)
        else:
            cell, deadline = None, time.monotonic() + config.timeout
        yield event
        if event["event"] == "done":
            return


def _cell_timeout(cell: Cell, config: Config) -> float:
    return cell.options.get("timeout", config.timeout)


def _late(work: Work, cell: Cell | None, what: str, limit: float, setting: str) -> Problem:
    line = cell.line if cell else 1
    return Problem(work.original.path, line, f"{what} took more than {limit:g} s", f"make it faster or raise {setting}")


def _cell_problem(work: Work, cell: Cell, failure: dict) -> Problem:
    line = cell.code_line + failure["line"] - 1
    return Problem(work.original.path, line, f"cell #{cell.id}: {failure['what']}", "mend the cell or what it calls")


def _value_problems(work: Work, event: dict, failure: dict) -> Iterator[Problem]:
    """The inline value at every place where it stands, in every language."""
    for article in work.articles.values():
        for value in article.of(Value):
            if value.field == (event["expression"], event["format"]):
                what = f"inline value {value.expression!r}: {failure['what']}"
                yield Problem(article.path, value.line, what, "mend the expression or the cells before it")


def _ended(work: Work, cell: Cell | None, process: subprocess.Popen) -> Problem:
    """The runner stopped without its last word: a crash, a kill or os._exit."""
    try:
        status = process.wait(5)
    except subprocess.TimeoutExpired:
        status = None
    how = f"signal {signal.Signals(-status).name}" if status is not None and status < 0 else f"exit status {status}"
    detail = " ".join(process.stderr.read().split()[-30:])
    where = f"cell #{cell.id}" if cell else "the run"
    line = cell.line if cell else 1
    return Problem(work.original.path, line, f"{where} ended its process ({how}) {detail}".rstrip(), "run it by itself to see why")


def _end(process: subprocess.Popen) -> None:
    """End the runner and everything in its session's process group."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError, AttributeError):
        process.kill()
    process.wait()
    _running.discard(process)


def end_all() -> None:
    """End every runner of this process: the build was interrupted."""
    for process in list(_running):
        _end(process)
