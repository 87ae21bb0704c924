"""Execute: run a work's cells in a process of their own, and take their outputs."""

from __future__ import annotations

import base64
import os
import re
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from .article import Cell, Diagram, Work
from .config import Config
from .errors import Problem, Problems
from .machine import machine
from .running.dependency import declared, distributions
from .running.process import Process, start
from .store import Entry

Listener = Callable[[dict[str, Any]], None]


def execute(work: Work, recipe: dict[str, Any], config: Config, listen: Listener = lambda event: None) -> Entry:
    """Run one work and return its entry. ``listen`` is given each event of the run (see ``runner``) as soon as it comes.

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
            "folders": [str(scratch), str(logs)],
            "limits": {
                "memory": config.memory_limit * 1e9,
                "output": config.output_limit * 1e6,
                "processes": config.process_limit,
            },
            "preload": list(config.preload),
            "cells": [{"id": cell.id, "code": cell.code, "raises": cell.raises} for cell in work.cells],
            "fields": work.fields,
            "shapes": work.shapes,
            "models": work.models,
        }
        outputs, values, seconds, models, done = _collect(work, config, task, listen)
        dependencies = done["dependencies"]
        dependencies["distributions"] = distributions(dependencies["modules"], dependencies.pop("missing"))
        for part, states in declared(config.root, work.depends or []).items():
            dependencies[part] |= states
        dependencies["environment"] = {n: os.environ.get(n) for n in config.environment}
        assets = _assets(work, scratch, beside, config)
    conditions = {**machine(), "seed": done["seed"], "cpu": round(done["cpu"], 3), "memory": round(done["memory"])}
    return Entry(work.slug, recipe, dependencies, outputs, values, assets, seconds, conditions, done["shapes"], models)


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


def _assets(work: Work, scratch: Path, beside: dict[str, str], config: Config) -> dict[str, str]:
    """The files that the run wrote: {name: base64}."""
    assets, total = {}, 0
    for path in sorted(p for p in scratch.rglob("*") if p.is_file() and not p.is_symlink()):
        name = path.relative_to(scratch).as_posix()
        if "__pycache__" in name or (name in beside and path.read_bytes() == Path(beside[name]).read_bytes()):
            continue
        total += path.stat().st_size
        if total > config.output_limit * 1e6:
            raise _too_much(work, None, 1, "output", config)
        assets[name] = base64.b64encode(path.read_bytes()).decode()
    return assets


def _collect(work: Work, config: Config, task: dict[str, Any], listen: Listener) -> tuple[dict, list, dict, list, dict]:
    """Start a run and follow its events to its end: outputs, values, seconds, models, and its last event."""
    outputs: dict[str, list] = {}
    values: list[list[str]] = []
    seconds: dict[str, float] = {}
    models: list[list] = []
    problems: list[Problem] = []
    cells = {cell.id: cell for cell in work.cells}
    with start(config) as process:
        for event in _events(process, task, work, config):
            listen(event)
            kind = event["event"]
            if kind == "outputs":
                outputs[event["id"]], seconds[event["id"]] = event["outputs"], event["seconds"]
                if failure := event["failure"]:
                    problems.append(_cell_problem(work, cells[event["id"]], failure, config))
            elif kind == "value":
                values.append([event["expression"], event["format"], event["text"]])
                if failure := event["failure"]:
                    problems += _value_problems(work, event, failure)
            elif kind == "model":
                models.append([event["model"], event["input"], event["layers"]])
                if failure := event["failure"]:
                    problems += _model_problems(work, event, failure)
            elif kind == "done":
                done = event
    if problems:
        raise Problems(problems)
    return outputs, values, seconds, models, done


def _events(process: Process, task: dict[str, Any], work: Work, config: Config) -> Iterator[dict]:
    """The run's events up to its last; raises Problem where the next one is not there in time, or never comes."""
    process.send(task)
    deadline = whole = time.monotonic() + config.run_timeout
    cell: Cell | None = None
    while True:
        try:
            event = process.next(max(0.0, min(deadline, whole) - time.monotonic()))
        except TimeoutError:
            process.end()
            raise _late(work, cell, deadline < whole, _line(work, cell, task), config) from None
        kind = event["event"]
        if kind == "ended":
            raise _ended(work, cell, event, task, config)
        if kind == "started":
            whole = time.monotonic() + config.run_timeout
        if kind == "cell":
            cell = next(c for c in work.cells if c.id == event["id"])
            deadline = time.monotonic() + _cell_timeout(cell, config)
        else:
            cell, deadline = None, time.monotonic() + config.timeout
        yield event
        if kind == "done":
            return


def _cell_timeout(cell: Cell, config: Config) -> float:
    return cell.options.get("timeout", config.timeout)


def _line(work: Work, cell: Cell | None, task: dict[str, Any]) -> int:
    """The source line at which the process was when it was aborted or crashed; else where its cell begins."""
    if cell is None:
        return 1
    crash = _text(task, "crash")
    found = re.search(rf'File "<cell #{re.escape(cell.id)}>", line (\d+)', crash)
    return cell.code_line + int(found[1]) - 1 if found else cell.line


def _text(task: dict[str, Any], log: str) -> str:
    path = Path(task["logs"], log)
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""


def _late(work: Work, cell: Cell | None, one: bool, line: int, config: Config) -> Problem:
    """One cell or inline value, or else the whole run, took too long."""
    if one and cell:
        what, limit, setting = f"cell #{cell.id}", _cell_timeout(cell, config), "timeout=SECONDS in its header"
    elif one:
        what = "an inline value or a diagram's model" if work.models else "an inline value"
        limit, setting = config.timeout, "timeout in [tool.zhixing]"
    else:
        what, limit, setting = "the run", config.run_timeout, "run_timeout in [tool.zhixing]"
    return Problem(work.original.path, line, f"{what} took more than {limit:g} s", f"make it faster or raise {setting}")


def _too_much(work: Work, cell: Cell | None, line: int, name: str, config: Config) -> Problem:
    setting = f"{name.removesuffix('es')}_limit"
    what, remedy = {
        "memory": ("used more than {:g} GB of memory", "use less"),
        "output": ("showed or wrote more than {:g} MB", "show and write less"),
        "processes": ("had more than {:g} processes at once", "start fewer"),
    }[name]
    where = f"cell #{cell.id}: " if cell else ""
    fix = f"{remedy} or raise {setting} in [tool.zhixing]"
    return Problem(work.original.path, line, f"{where}the run {what.format(getattr(config, setting))}", fix)


def _cell_problem(work: Work, cell: Cell, failure: dict, config: Config) -> Problem:
    line = cell.code_line + failure["line"] - 1
    if exceeded := failure.get("exceeded"):
        return _too_much(work, cell, line, exceeded, config)
    return Problem(work.original.path, line, f"cell #{cell.id}: {failure['what']}", "mend the cell or what it calls")


def _value_problems(work: Work, event: dict, failure: dict) -> Iterator[Problem]:
    """The inline value at every place where it stands, in every language."""
    for article, value in work.values:
        if (event["expression"], event["format"]) in (value.field, value.spread):
            what = f"inline value {event['expression']!r}: {failure['what']}"
            yield Problem(article.path, value.line, what, "mend the expression or the cells before it")


def _model_problems(work: Work, event: dict, failure: dict) -> Iterator[Problem]:
    """The diagrams of a model that could not be called, in every language."""
    for article in work.articles.values():
        for diagram in article.of(Diagram):
            if diagram.measured == (event["model"], event["input"]):
                what = f"model {diagram.model!r} on {diagram.input!r}: {failure['what']}"
                yield Problem(article.path, diagram.line, what, "name a model and an input that it takes, as the cells know them")


def _ended(work: Work, cell: Cell | None, event: dict, task: dict[str, Any], config: Config) -> Problem:
    """The run stopped without its last word: over a limit, a crash, a kill or os._exit."""
    line = _line(work, cell, task)
    if event["exceeded"]:
        return _too_much(work, cell, line, event["exceeded"], config)
    status = event["status"]
    how = f"signal {signal.Signals(-status).name}" if status is not None and status < 0 else f"exit status {status}"
    detail = " ".join(_text(task, "native").split()[-30:])
    where = f"cell #{cell.id}" if cell else "the run"
    return Problem(work.original.path, line, f"{where} ended its process ({how}) {detail}".rstrip(), "run it by itself to see why")
