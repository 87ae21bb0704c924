"""How code is run: this module is the program of the process in which one article's cells run.

It takes a task (plain data) and answers with one JSON event a line. ``supervisor`` starts it in a fresh process,
``fork_server`` in a forked one; the cells see nothing of either.
"""

from __future__ import annotations

import ast
import base64
import builtins
import contextlib
import faulthandler
import io
import json
import linecache
import logging
import os
import random
import re
import sys
import time
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn, TextIO

from .imports import noted
from .trace import Trace

SEED = 0
FIGURE = {"bbox_inches": "tight", "metadata": {"Date": None}}  # how figures are written
FONT_CACHE = "building the font cache"  # what matplotlib says, after 5 s, on a machine's first figure: no output of the article


class OutputLimit(BaseException):
    """The outputs of the article are larger than is published; no ``except Exception`` of a cell goes on after it."""


def main() -> NoReturn:
    """Run the task on standard input, in a fresh process; events go to what was standard output."""
    events = os.dup(1)
    task = json.load(sys.stdin)
    prepare(task["preload"])
    run(task, events)


def prepare(preload: Iterable[str]) -> list[str]:
    """Import what every run needs and the modules of ``preload``, and nothing more; returns those that cannot be imported."""
    import IPython.core.completerlib
    import IPython.core.interactiveshell
    import IPython.core.magics
    import IPython.core.pylabtools  # noqa: F401, select_figure_formats needs it, the shell those above

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
        self.outputs: list[dict] = []
        self.size = 0
        self.unprepared = {
            "numpy.random": lambda module: module.seed(SEED),
            "torch": lambda module: module.manual_seed(SEED),
            "matplotlib.figure": self._use_svg,
        }

    def execute(self) -> None:
        task = self.task
        write_where_it_crashed(task["logs"])
        self.shell = self._shell()
        os.chdir(task["scratch"])
        sys.path[:0] = [str(Path(task["root"], "code")), task["scratch"]]
        random.seed(SEED)
        logging.getLogger("matplotlib.font_manager").addFilter(lambda record: FONT_CACHE not in record.getMessage())
        self._imported()
        noted.imported = self._imported
        text = "\n".join([*(cell["code"] for cell in task["cells"]), *(expression for expression, _ in task["fields"])])
        trace = Trace(Path(task["root"]), Path(task["scratch"]), task["own"], noted, text)
        self._redirect()
        trace.start()
        self.send("started")
        if all(self._run_cell(cell) for cell in task["cells"]):
            self._run_values(task["fields"])
        self.send("done", dependencies=trace.record())

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

    def _use_svg(self, _: Any) -> None:
        from IPython.core.pylabtools import select_figure_formats

        select_figure_formats(self.shell, {"svg"}, **FIGURE)

    # -- outputs

    def _shell(self):
        """IPython's display machinery, which decides how a value becomes text, HTML or SVG."""
        from IPython.core.displaypub import DisplayPublisher
        from IPython.core.interactiveshell import InteractiveShell
        from traitlets.config import Config

        run = self

        class Publisher(DisplayPublisher):
            def publish(self, data, metadata=None, *, transient=None, update=False, **kwargs):
                run.add({"output_type": "display_data", "data": data, "metadata": metadata or {}})

            def clear_output(self, wait=False):
                run.outputs.clear()

        class Shell(InteractiveShell):
            def init_history(self):
                self.history_manager = None

            def showtraceback(self, exc_tuple=None, *_, **__):
                raise (exc_tuple or sys.exc_info())[1]  # a result that cannot be shown fails its cell

        Shell.display_pub_class.default_value = Publisher
        config = Config()
        config.HistoryManager.enabled = False
        config.InlineBackend.figure_formats = {"svg"}
        config.InlineBackend.rc = {}
        config.InlineBackend.print_figure_kwargs = FIGURE
        return Shell.instance(config=config, ipython_dir=self.task["logs"])  # not the home folder

    def add(self, output: dict) -> None:
        """Keep an output, after what was written past Python's streams before it."""
        self._native_output()
        self._append(output)

    def _append(self, output: dict) -> None:
        """Keep an output; text that continues the same stream is joined to it. Addresses of objects are never the same twice."""
        for kind, data in output.get("data", {}).items():
            if isinstance(data, bytes):
                output["data"][kind] = base64.b64encode(data).decode()
            elif kind == "text/plain":
                output["data"][kind] = re.sub(r"\bat 0x[0-9a-fA-F]+", "at 0x…", data)
        self.size += len(json.dumps(output, default=str))
        if self.over:
            raise OutputLimit
        last = self.outputs[-1] if self.outputs else {}
        if output["output_type"] == "stream" and last.get("output_type") == "stream" and last["name"] == output["name"]:
            last["text"].append(output["text"])
        else:
            self.outputs.append({**output, "text": [output["text"]]} if "text" in output else output)

    @property
    def over(self) -> bool:
        """Whether more was shown than may be published."""
        return self.size > self.task["limits"]["output"]

    def _redirect(self) -> None:
        """Python's streams become outputs; what C code and child processes print is kept in a file."""
        self.native = open(os.path.join(self.task["logs"], "native"), "ab+", buffering=0)  # noqa: SIM115, open to the end
        self.native_seen = 0
        for descriptor in (1, 2):
            os.dup2(self.native.fileno(), descriptor)
        sys.stdout, sys.stderr = Stream("stdout", self), Stream("stderr", self)

    def _native_output(self) -> None:
        """Add what was written past Python's streams since the last look."""
        self.native.seek(self.native_seen)  # writes go to the end wherever this is
        if data := self.native.read():
            self.native_seen += len(data)
            self._append({"output_type": "stream", "name": "stdout", "text": data.decode("utf-8", "replace")})

    def _figures(self) -> None:
        pyplot = sys.modules.get("matplotlib.pyplot")
        if pyplot and pyplot.get_fignums():
            from matplotlib_inline.backend_inline import flush_figures

            flush_figures()

    # -- cells and values

    def _run_cell(self, cell: dict) -> bool:
        """Run one cell; False where the article cannot go on."""
        self.outputs = []
        self.send("cell", id=cell["id"])
        started = time.perf_counter()
        name = f"<cell #{cell['id']}>"
        linecache.cache[name] = (len(cell["code"]), None, cell["code"].splitlines(keepends=True), name)
        error = self._attempt(lambda: self._exec(cell["code"], name))
        wanted = cell["raises"]
        failure = None
        if error is not None and wanted and not self.over and wanted in {kind.__name__ for kind in type(error).__mro__}:
            self.add(error_output(error))
        elif error is not None:
            failure = describe(error, name, self.task["root"])
            if self.over:
                failure["exceeded"] = "output"
            if wanted:
                failure["what"] += f" (wanted: {wanted})"
        elif wanted:
            failure = {"line": 1, "what": f"{wanted} was wanted and nothing was raised"}
        outputs = [{**output, "text": "".join(output["text"])} if "text" in output else output for output in self.outputs]
        self.send("outputs", id=cell["id"], outputs=outputs, seconds=time.perf_counter() - started, failure=failure)
        return failure is None

    def _exec(self, code: str, name: str) -> None:
        """Execute statements; a last expression without ``;`` is displayed, as in a notebook."""
        namespace = self.shell.user_ns
        tree = ast.parse(code, name)
        last = None
        if tree.body and isinstance(tree.body[-1], ast.Expr) and not code.rstrip().endswith(";"):
            last = ast.Expression(tree.body.pop().value)
        exec(compile(tree, name, "exec"), namespace)
        if last is not None:
            value = eval(compile(last, name, "eval"), namespace)
            if value is not None:
                data, metadata = self.shell.display_formatter.format(value)
                namespace["_"] = builtins._ = value
                if data:
                    self.add({"output_type": "execute_result", "data": data, "metadata": metadata, "execution_count": None})
        self._figures()

    def _attempt(self, work) -> BaseException | None:
        try:
            work()
            self._native_output()
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            return error
        return OutputLimit() if self.over else None  # the cell caught it

    def _run_values(self, fields: list[list[str]]) -> None:
        for expression, spec in fields:
            self.outputs = []
            texts: list[str] = []
            error = self._attempt(lambda e=expression, s=spec, t=texts: t.append(format(eval(e, self.shell.user_ns), s)))
            failure = None if error is None else describe(error, "<string>", self.task["root"])
            self.send("value", expression=expression, format=spec, text="".join(texts), failure=failure)


class Stream(io.TextIOBase):
    """``sys.stdout`` or ``sys.stderr`` of a run."""

    encoding = "utf-8"

    def __init__(self, name: str, run: Run) -> None:
        self.name, self.run = name, run

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if text:
            self.run.add({"output_type": "stream", "name": self.name, "text": text})
        return len(text)


def error_output(error: BaseException) -> dict:
    """A wanted error in nbformat's terms, without a traceback (it would hold this machine's paths)."""
    return {"output_type": "error", "ename": type(error).__name__, "evalue": str(error), "traceback": []}


def describe(error: BaseException, name: str, root: str) -> dict[str, Any]:
    """What was raised, on which line (from 1) of the cell called ``name``, and where in the blog's own code."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == name]
    line = lines[-1] if lines else 1
    ours = [f"{os.path.relpath(f.filename, root)}:{f.lineno}" for f in frames if f.filename.startswith(os.path.join(root, "code", ""))]
    if isinstance(error, SyntaxError) and error.filename == name:
        line = error.lineno or 1
    message = " ".join(traceback.format_exception_only(error)[-1].split())
    if ours:
        message += f" (at {ours[-1]})"
    return {"line": line, "what": message}
