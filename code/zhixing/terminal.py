"""Terminal: one article's run, shown while it goes on: outputs on standard output, progress on standard error."""

from __future__ import annotations

import base64
import io
import os
import shutil
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

from .article import Work
from .bind import SVG, picture_kind
from .config import Config
from .lock import one_at_a_time
from .outcome import Build, Outcome
from .pipeline import plan_one
from .runs import run_one
from .store import write_whole

BOLD, DIM, GREEN, RED = "1", "2", "32", "31"  # parameters of ECMA-48's "select graphic rendition"
CLEARED = "\r\x1b[K"


def run(slug: str, config: Config, result: Build, folder: Path | None) -> None:
    """Run one article now and show it; its pictures and files go to ``folder``. Without one, ``result`` keeps what it showed."""
    with one_at_a_time(config):
        made = plan_one(slug, config, result)
        if not made.work.runs:
            print(f"{slug} has no cells and no inline values: there is nothing to run", file=sys.stderr)
        elif folder is None:
            run_one(made, config, result, lambda event: collect(event, result.more))
        else:
            shutil.rmtree(folder, ignore_errors=True)
            with Show(made.work, folder) as show:
                if entry := run_one(made, config, result, show.hear):
                    show.files(entry.assets)
                    print(summary(made.work, result.outcomes[slug]), file=sys.stderr)


def collect(event: dict[str, Any], kept: dict[str, list]) -> None:
    """Keep what cells and inline values gave, as data."""
    if event["event"] == "outputs":
        kept.setdefault("cells", []).append({name: event[name] for name in ("id", "seconds", "outputs")})
    elif event["event"] == "value":
        kept.setdefault("values", []).append({name: event[name] for name in ("expression", "format", "text")})


def summary(work: Work, outcome: Outcome) -> str:
    counts = [(len(work.cells), "cell"), (sum(cell.claim for cell in work.cells), "claim"), (len(work.fields), "inline value")]
    what = ", ".join(f"{n} {name}{'s' * (n > 1)}" for n, name in counts if n)
    kept = f"not kept: {outcome.unkept}" if outcome.unkept else "kept for the next build"
    return f"{work.slug} ran in {outcome.seconds:.1f} s: {what}; {kept}"


def is_terminal(stream: TextIO) -> bool:
    return stream.isatty() and os.environ.get("TERM") != "dumb"


class Clock:
    """A line of a terminal that says what is going on and for how long; nothing where ``stream`` is no terminal."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.over = threading.Event()
        self.thread: threading.Thread | None = None

    def begin(self, what: str) -> None:
        self.end()
        if is_terminal(self.stream):
            self.over.clear()
            self.thread = threading.Thread(target=self._tick, args=(what,), daemon=True)
            self.thread.start()

    def end(self) -> None:
        """Take the line away."""
        if self.thread:
            self.over.set()
            self.thread.join()
            self.thread = None

    def hear(self, event: dict[str, Any]) -> None:
        """Say which cell a run is at."""
        if event["event"] == "cell":
            self.begin(f"running #{event['id']}")

    def __enter__(self) -> Clock:
        self.begin("starting")
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def _tick(self, what: str) -> None:
        from wcwidth import clip

        started = time.monotonic()
        while not self.over.wait(0.1):
            line = f"{what}  {time.monotonic() - started:.1f} s"
            self._write(CLEARED + clip(line, 0, shutil.get_terminal_size().columns - 1))
        self._write(CLEARED)

    def _write(self, text: str) -> None:
        self.stream.write(text)
        self.stream.flush()


class Show:
    """What a run's events look like on standard output, as they come.

    Colours and seconds are for terminals: elsewhere the same outputs are the same text.
    """

    def __init__(self, work: Work, folder: Path) -> None:
        self.work, self.folder, self.clock = work, folder, Clock(sys.stderr)
        self.terminal = is_terminal(sys.stdout)
        self.running = ""
        self.texts: dict[tuple[str, str], str] = {}  # of inline values, by expression and format

    def __enter__(self) -> Show:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")  # its encoding may have no ✓
        article = self.work.original
        self._say(self._coloured(str(article.front["title"]), BOLD) + self._coloured(f"  {article.path}", DIM), "")
        self.clock.begin("starting")
        return self

    def __exit__(self, *_: object) -> None:
        self.clock.end()
        if self.running:
            self._say(self._coloured(self.running, BOLD), self._coloured("✗ did not end", RED), "")

    def hear(self, event: dict[str, Any]) -> None:
        self.clock.end()
        match event["event"]:
            case "cell":
                self.running = self._name(event["id"])
                self.clock.begin(self.running)
            case "outputs":
                self._cell(**event)
                self.running = ""
                self.clock.begin("inline values")
            case "value":
                self.texts[event["expression"], event["format"]] = "✗ failed" if event["failure"] else event["text"]
            case "done":
                self._all_values()

    def files(self, assets: Mapping[str, str]) -> None:
        """Write what the run wrote."""
        for name, data in assets.items():
            self._say(self._written("file", name, base64.b64decode(data)))

    def _say(self, *lines: str) -> None:
        for line in lines:
            print(line, flush=True)

    def _coloured(self, text: str, colour: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self.terminal and "NO_COLOR" not in os.environ else text

    def _name(self, id: str) -> str:
        """A cell's place and its id, or its first line where it has none of its own."""
        n, cell = next((n, cell) for n, cell in enumerate(self.work.cells, 1) if cell.id == id)
        name = cell.code.strip().partition("\n")[0] if id == f"cell-{n}" else f"#{id}"
        total = str(len(self.work.cells))
        return f"[{n:>{len(total)}}/{total}] {name}"

    def _cell(self, id: str, outputs: list[dict], seconds: float, failure: dict | None, **_: object) -> None:
        took = self._coloured(f"  {seconds:.1f} s", DIM) if self.terminal else ""
        self._say(self._coloured(self._name(id), BOLD) + took)
        for n, output in enumerate(outputs):
            self._say(self._output(output, f"{id}-{n}"))
        cell = next(cell for cell in self.work.cells if cell.id == id)
        if failure:
            self._say(self._coloured("✗ failed", RED))
        elif cell.claim:
            self._say(*(self._coloured("✓ held", GREEN) + f"  {claim}".rstrip() for claim in asserted(cell.code)))
        self._say("")

    def _output(self, output: dict, name: str) -> str:
        """An output as lines of text; a picture as the file that it is written to."""
        if "text" in output:
            return output["text"].removesuffix("\n")
        if "evalue" in output:
            return f"{output['ename']}: {output['evalue']}"
        data = output["data"]
        if kind := picture_kind(data):
            picture = data[kind].encode() if kind == SVG else base64.b64decode(data[kind])
            return self._written("figure", f"{name}.{kind.partition('/')[2].partition('+')[0]}", picture)
        return data.get("text/plain") or f"({', '.join(data)})"

    def _written(self, what: str, name: str, content: bytes) -> str:
        write_whole(self.folder / name, content)
        return f"{what}  {self.folder / name}"

    def _all_values(self) -> None:
        from wcwidth import ljust, width

        if printed := {value.name: value.printed(self.texts) for _, value in reversed(self.work.values) if value.field in self.texts}:
            widest = max(map(width, printed.values()))
            rows = [f"{ljust(text, widest)}  {name}" for name, text in reversed(printed.items())]
            self._say(self._coloured("inline values", BOLD), *rows, "")


def asserted(code: str) -> Iterator[str]:
    """The lines of a claim that assert something; one empty line where a call does."""
    lines = [line.strip() for line in code.splitlines()]
    yield from [line for line in lines if line.startswith("assert ")] or [""]
