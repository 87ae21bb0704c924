"""How code is run: this module is the program of the process in which one article's cells run.

It takes a task (plain data) and answers with one JSON event a line. ``supervisor`` starts it in a fresh process,
``fork_server`` in a forked one; the cells see nothing of either.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import faulthandler
import json
import linecache
import logging
import os
import random
import sys
import time
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn, TextIO

from .imports import noted
from .layers import of_model
from .outputs import OutputLimit, Outputs, display_shell, error_output, import_display, show_figures, use_svg
from .shapes import Recorder
from .trace import Trace, installed_folders

SEED = 0
# of pandas, for tables as plain text: 120 columns of a terminal, none left out, Chinese characters two columns wide
TABLES = ("display.width", 120, "display.max_columns", None, "display.unicode.east_asian_width", True)
FONT_CACHE = "building the font cache"  # what matplotlib says, after 5 s, on a machine's first figure: no output of the article


def main() -> NoReturn:
    """Run the task on standard input, in a fresh process; events go to what was standard output."""
    events = os.dup(1)
    task = json.load(sys.stdin)
    prepare(task["preload"])
    run(task, events)


def prepare(preload: Iterable[str]) -> list[str]:
    """Import what every run needs and the modules of ``preload``, and nothing more; returns those that cannot be imported."""
    import_display()
    missing = []
    for name in preload:
        try:
            __import__(name)
        except ImportError:  # an article that needs it will say so
            missing.append(name)
    return missing


def run(task: dict[str, Any], events: int) -> NoReturn:
    """Run the task in this process, which ends with it. ``events`` is the descriptor to write to."""
    sys.argv, sys.stdin = [""], open(os.devnull)  # noqa: SIM115, open to the end
    with os.fdopen(events, "w", encoding="utf-8", errors="replace") as stream:
        Run(task, stream).execute()
    os._exit(0)  # threads that a cell left behind are not waited for


def used() -> dict[str, float]:
    """What this process and those it waited for have used: CPU seconds, and MB of memory at most (0 where the system does not tell)."""
    children = os.times()  # of this process itself it tells ticks of 10 ms
    cpu = time.process_time() + children.children_user + children.children_system
    try:
        import resource
    except ImportError:  # Windows
        return {"cpu": cpu, "memory": 0.0}
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # KiB; bytes on macOS
    return {"cpu": cpu, "memory": most / 1e6 if sys.platform == "darwin" else most * 1024 / 1e6}


def write_where_it_crashed(folder: str) -> None:
    """Let Python write its stack to a file when the process crashes or is aborted, and leave no core file."""
    faulthandler.enable(open(os.path.join(folder, "crash"), "w"))  # noqa: SIM115, open to the end
    with contextlib.suppress(ImportError):  # Windows has no limits of this kind
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


class Run:
    """One execution of an article's cells and inline values, reported event by event."""

    def __init__(self, task: dict[str, Any], events: TextIO) -> None:
        self.task, self.events = task, events
        self.outputs = Outputs(task["limits"]["output"], task["logs"], [task["scratch"], task["root"], *installed_folders()])
        self.unprepared = {
            "numpy.random": lambda module: module.seed(SEED),
            "torch": lambda module: module.manual_seed(SEED),
            "matplotlib.figure": lambda module: use_svg(self.shell),
            "pandas": lambda module: module.set_option(*TABLES),
        }

    def execute(self) -> None:
        task = self.task
        write_where_it_crashed(task["logs"])
        self.shell = display_shell(self.outputs)
        os.chdir(task["scratch"])
        sys.path[:0] = [str(Path(task["root"], "code")), task["scratch"]]
        random.seed(SEED)
        logging.getLogger("matplotlib.font_manager").addFilter(lambda record: FONT_CACHE not in record.getMessage())
        self._imported()
        noted.imported = self._imported
        expressions = [*(expression for expression, _ in task["fields"]), *(part for pair in task["models"] for part in pair)]
        text = "\n".join([*(cell["code"] for cell in task["cells"]), *expressions])
        recorder = Recorder(task["shapes"], str(Path(task["root"], "code")))
        trace = Trace(Path(task["root"]), Path(task["scratch"]), task["own"], noted, text, recorder)
        self.outputs.redirect()
        trace.start()
        self.send("started")
        if all(self._run_cell(cell) for cell in task["cells"]):
            self._run_values(task["fields"])
            self._run_models(task["models"])
        shapes = {name: list(rows.items()) for name, rows in recorder.rows.items()}
        self.send("done", dependencies=trace.record(), shapes=shapes, seed=SEED, **used())

    def send(self, event: str, **data: Any) -> None:
        self.events.write(json.dumps({"event": event, **data}, ensure_ascii=False) + "\n")
        self.events.flush()

    def _imported(self) -> None:
        """Prepare a module as soon as it has been imported: seed its generator, choose its figures' format."""
        for name in list(self.unprepared):
            module = sys.modules.get(name)
            if module is not None and not getattr(module.__spec__, "_initializing", False):
                prepare = self.unprepared.pop(name)
                prepare(module)

    def _run_cell(self, cell: dict) -> bool:
        """Run one cell; False where the article cannot go on."""
        self.outputs.begin()
        self.send("cell", id=cell["id"])
        started = time.perf_counter()
        name = f"<cell #{cell['id']}>"
        linecache.cache[name] = (len(cell["code"]), None, cell["code"].splitlines(keepends=True), name)
        error = self._attempt(lambda: self._exec(cell["code"], name))
        wanted = cell["raises"]
        failure = None
        if error is not None and wanted and not self.outputs.over and wanted in {kind.__name__ for kind in type(error).__mro__}:
            self.outputs.add(error_output(error))
        elif error is not None:
            failure = describe(error, name, self.task["root"])
            if self.outputs.over:
                failure["exceeded"] = "output"
            if wanted:
                failure["what"] += f" (wanted: {wanted})"
        elif wanted:
            failure = {"line": 1, "what": f"{wanted} was wanted and nothing was raised"}
        self.send("outputs", id=cell["id"], outputs=self.outputs.shown, seconds=time.perf_counter() - started, failure=failure)
        return failure is None

    def _exec(self, code: str, name: str) -> None:
        """Execute statements; a last expression without ``;`` is displayed, as in a notebook."""
        namespace = self.shell.user_ns
        tree = ast.parse(code, name)
        last = None
        if tree.body and isinstance(tree.body[-1], ast.Expr) and not code.rstrip().endswith(";"):
            last = ast.Expression(tree.body.pop().value)
        exec(compile(tree, name, "exec", dont_inherit=True), namespace)
        if last is not None:
            value = eval(compile(last, name, "eval", dont_inherit=True), namespace)
            if value is not None:
                data, metadata = self.shell.display_formatter.format(value)
                namespace["_"] = builtins._ = value
                if data:
                    self.outputs.add({"output_type": "execute_result", "data": data, "metadata": metadata, "execution_count": None})
        show_figures()

    def _eval(self, expression: str) -> Any:
        return eval(expression, self.shell.user_ns)

    def _attempt(self, work) -> BaseException | None:
        try:
            work()
            self.outputs.add_native()
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            return error
        return OutputLimit() if self.outputs.over else None  # the cell caught it

    def _run_values(self, fields: list[list[str]]) -> None:
        for expression, spec in fields:
            self.outputs.begin()
            texts: list[str] = []
            error = self._attempt(lambda e=expression, s=spec, t=texts: t.append(format(self._eval(e), s)))
            failure = None if error is None else describe(error, "<string>", self.task["root"])
            self.send("value", expression=expression, format=spec, text=self.outputs.portable("".join(texts)), failure=failure)

    def _run_models(self, pairs: list[list[str]]) -> None:
        """Call each model on its input, for the shapes of its modules."""
        for model, example in pairs:
            self.outputs.begin()
            layers: list[dict] = []
            error = self._attempt(lambda pair=(model, example), found=layers: found.extend(of_model(*map(self._eval, pair))))
            failure = None if error is None else describe(error, "<string>", self.task["root"])
            self.send("model", model=model, input=example, layers=layers, failure=failure)


def describe(error: BaseException, name: str, root: str) -> dict[str, Any]:
    """What was raised, on which line (from 1) of the cell called ``name``, and where in the blog's own code."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == name]
    line = lines[-1] if lines else 1
    code, engine = os.path.join(root, "code", ""), os.path.join(os.path.dirname(os.path.dirname(__file__)), "")
    ours = [frame for frame in frames if frame.filename.startswith(code) and not frame.filename.startswith(engine)]
    if isinstance(error, SyntaxError) and error.filename == name:
        line = error.lineno or 1
    message = " ".join(traceback.format_exception_only(error)[-1].split())
    if ours:
        message += f" (at {os.path.relpath(ours[-1].filename, root)}:{ours[-1].lineno})"
    return {"line": line, "what": message}
