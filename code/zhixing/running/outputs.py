"""Outputs: what a cell shows, in nbformat's terms and in the order in which it was shown.

IPython's display machinery decides how a value becomes text, HTML or SVG.
"""

from __future__ import annotations

import base64
import io
import json
import os
import re
import sys
from collections.abc import Iterable
from typing import Any

ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]+")
STYLER = re.compile(r"\bT_[0-9a-f]{5}(?=[_\"\s])")  # the random id of a table that pandas styled
FIGURE = {"bbox_inches": "tight", "metadata": {"Date": None}}  # how figures are written


class OutputLimit(BaseException):
    """The outputs of the article are larger than is published; no ``except Exception`` of a cell goes on after it."""


def import_display() -> None:
    """Import what ``display_shell`` needs."""
    import IPython.core.completerlib
    import IPython.core.interactiveshell
    import IPython.core.magics
    import IPython.core.pylabtools  # noqa: F401, select_figure_formats needs it, the shell those above


class Outputs:
    """The outputs of one cell at a time; of all together at most ``limit`` characters.

    ``logs`` is a folder for files of the run. Paths in ``folders`` are shown as seen from there.
    """

    def __init__(self, limit: float, logs: str, folders: Iterable[str]) -> None:
        self.limit, self.logs = limit, logs
        names = "|".join(re.escape(folder) for folder in sorted(folders, key=len, reverse=True))
        self._machine = re.compile(rf"(?<![\w.~/-])(?:{names})(?:{re.escape(os.sep)}|(?![\w.-]))")
        self.size = 0
        self._shown: list[dict] = []

    def begin(self) -> None:
        """Forget what was shown: the next cell begins."""
        self._shown = []

    def clear(self) -> None:
        self._shown.clear()

    @property
    def shown(self) -> list[dict]:
        return [self._portable(output) for output in self._shown]

    def _portable(self, output: dict) -> dict:
        if "text" in output:
            return {**output, "text": self.portable("".join(output["text"]))}
        if "evalue" in output:
            return {**output, "evalue": self.portable(output["evalue"])}
        data = output["data"]
        plain = {kind: self.portable(data[kind]) for kind in data.keys() & {"text/plain"}}
        styled = {kind: STYLER.sub("T_styled", data[kind]) for kind in data.keys() & {"text/html"}}
        return {**output, "data": data | plain | styled}

    def portable(self, text: str) -> str:
        """Text without what is another in each run or on each machine: addresses of objects, where folders lie."""
        return ADDRESS.sub("at 0x…", self._machine.sub(lambda found: "" if found[0].endswith(os.sep) else ".", text))

    @property
    def over(self) -> bool:
        """Whether more was shown than may be published."""
        return self.size > self.limit

    def add(self, output: dict) -> None:
        """Keep an output, after what was written past Python's streams before it."""
        self.add_native()
        self._append(output)

    def _append(self, output: dict) -> None:
        """Keep an output; text that continues the same stream is joined to it."""
        for kind, data in output.get("data", {}).items():
            if isinstance(data, bytes):
                output["data"][kind] = base64.b64encode(data).decode()
        self.size += len(json.dumps(output, default=str))
        if self.over:
            raise OutputLimit
        last = self._shown[-1] if self._shown else {}
        if output["output_type"] == "stream" and last.get("output_type") == "stream" and last["name"] == output["name"]:
            last["text"].append(output["text"])
        else:
            self._shown.append({**output, "text": [output["text"]]} if "text" in output else output)

    def redirect(self) -> None:
        """Python's streams become outputs; what C code and child processes print is kept in a file."""
        self.native = open(os.path.join(self.logs, "native"), "ab+", buffering=0)  # noqa: SIM115, open to the end
        self.native_seen = 0
        for descriptor in (1, 2):
            os.dup2(self.native.fileno(), descriptor)
        sys.stdout, sys.stderr = Stream("stdout", self), Stream("stderr", self)

    def add_native(self) -> None:
        """Add what was written past Python's streams since the last look."""
        self.native.seek(self.native_seen)  # writes go to the end wherever this is
        if data := self.native.read():
            self.native_seen += len(data)
            self._append({"output_type": "stream", "name": "stdout", "text": data.decode("utf-8", "replace")})


class Stream(io.TextIOBase):
    """``sys.stdout`` or ``sys.stderr`` of a run."""

    encoding = "utf-8"

    def __init__(self, name: str, outputs: Outputs) -> None:
        self.name, self.outputs = name, outputs

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if text:
            self.outputs.add({"output_type": "stream", "name": self.name, "text": text})
        return len(text)


def display_shell(outputs: Outputs) -> Any:
    """IPython's shell; what is displayed goes to ``outputs``."""
    from IPython.core.displaypub import DisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    class Publisher(DisplayPublisher):
        def publish(self, data, metadata=None, *, transient=None, update=False, **kwargs):
            outputs.add({"output_type": "display_data", "data": data, "metadata": metadata or {}})

        def clear_output(self, wait=False):
            outputs.clear()

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
    return Shell.instance(config=config, ipython_dir=outputs.logs)  # not the home folder


def use_svg(shell: Any) -> None:
    """Figures of the shell are SVG."""
    from IPython.core.pylabtools import select_figure_formats

    select_figure_formats(shell, {"svg"}, **FIGURE)


def show_figures() -> None:
    """Display the figures that are open in pyplot, and close them."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot and pyplot.get_fignums():
        from matplotlib_inline.backend_inline import flush_figures

        flush_figures()


def error_output(error: BaseException) -> dict:
    """A wanted error in nbformat's terms, without a traceback (it would hold this machine's paths)."""
    return {"output_type": "error", "ename": type(error).__name__, "evalue": str(error), "traceback": []}
