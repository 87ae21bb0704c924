"""Every small change of a blog's code and data, and which articles it really changes: for test_mutations.py and bench.py.

The judge is plain Python, without the engine: run as a program, this file executes an article's cells from the Markdown, each
article in a fork of its own, and compares what they print.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import json
import os
import re
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, NoReturn

CELL = re.compile(r"^```python \{\.cell[^\n]*\n(.*?)^```$", re.M | re.S)
FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class Mutation:
    """A file's other content (None: the file is gone). ``keeps_time``: its time of change stays as it was."""

    name: str
    path: Path
    content: bytes | None
    keeps_time: bool = False


def mutations(code: Path) -> Iterator[Mutation]:
    """Each function body, each module-level name, a package before each module, each file gone or of equal size, each folder's new file."""
    for path in sorted(p for p in code.rglob("*") if p.is_file() and "__pycache__" not in p.parts):
        name, content = path.relative_to(code).as_posix(), path.read_bytes()
        yield Mutation(f"{name} is gone", path, None)
        if digits := re.search(rb"\d", content):
            other = b"7" if digits[0] != b"7" else b"8"
            same_size = content[: digits.start()] + other + content[digits.end() :]
            yield Mutation(f"{name}: equal size and time", path, same_size, keeps_time=True)
        if path.suffix == ".py":
            yield from _in_module(name, path, content)
            if path.stem != "__init__":
                yield Mutation(f"a package before {name}", path.with_suffix("") / "__init__.py", b"raise ImportError('shadowed')\n")
    for folder in sorted(p for p in [code, *code.rglob("*")] if p.is_dir() and p.name != "__pycache__"):
        yield Mutation(f"a new file in {folder.relative_to(code.parent).as_posix()}", folder / "new.csv", b"1,1\n")


def _in_module(name: str, path: Path, content: bytes) -> Iterator[Mutation]:
    nodes = list(ast.walk(ast.parse(content)))
    for number, node in enumerate(nodes):
        change = _change_body if isinstance(node, FUNCTION) else _change_value if node in nodes[0].body and _names(node) else None
        if change:
            yield Mutation(f"{name}: {getattr(node, 'name', None) or _names(node)}", path, _edited(content, number, change))


def _names(node: ast.AST) -> str:
    """The names that a module-level assignment binds."""
    targets = getattr(node, "targets", [getattr(node, "target", None)]) if isinstance(node, (ast.Assign, ast.AnnAssign)) else []
    return ", ".join(ast.unparse(target) for target in targets)


def _edited(content: bytes, number: int, change: Callable[[ast.AST], None]) -> bytes:
    tree = ast.parse(content)
    change(list(ast.walk(tree))[number])
    return ast.unparse(ast.fix_missing_locations(tree)).encode()


def _change_body(function: ast.FunctionDef) -> None:
    """The first number is one more; without one the function fails."""
    documented = ast.get_docstring(function) is not None
    for node in (node for statement in function.body[documented:] for node in ast.walk(statement)):
        if isinstance(node, ast.Constant) and type(node.value) in (int, float):
            node.value += 1
            return
    function.body.insert(documented, ast.parse("raise RuntimeError('mutated')").body[0])


def _change_value(assignment: ast.Assign | ast.AnnAssign) -> None:
    value = assignment.value
    more = isinstance(value, ast.Constant) and type(value.value) in (int, float)
    assignment.value = ast.Constant(value.value + 1 if more else None)


@contextlib.contextmanager
def applied(mutation: Mutation) -> Iterator[None]:
    """Make the change, and put back contents and times afterwards."""
    path = mutation.path
    before, time = (path.read_bytes(), path.stat().st_mtime_ns) if path.exists() else (None, 0)
    made = None if path.parent.exists() else path.parent
    path.parent.mkdir(exist_ok=True)
    try:
        path.unlink() if mutation.content is None else path.write_bytes(mutation.content)
        if mutation.keeps_time:
            os.utime(path, ns=(time, time))
        yield
    finally:
        if before is None:
            path.unlink()
        else:
            path.write_bytes(before)
            os.utime(path, ns=(time, time))
        if made:
            made.rmdir()


class Verdict(NamedTuple):
    """Of one mutation: the articles that a build would ``run``, those it really ``changed``, those that ``read`` the file or folder."""

    run: set[str]
    changed: set[str]
    read: set[str]


def verdicts(root: Path, would_run: Callable[[], set[str]], preload: tuple[str, ...] = (), **environment: str) -> dict[str, Verdict]:
    """The verdict on every mutation of a built blog's code."""
    judge = Judge(root, preload, environment)
    found = {}
    for mutation in mutations(root / "code"):
        with applied(mutation):
            found[mutation.name] = Verdict(would_run(), judge.changed(), readers(root, mutation.path))
    judge.close()
    return found


def readers(root: Path, path: Path) -> set[str]:
    """The articles whose kept record names a file, there or not, or lists its folder."""
    found = set()
    for entry in root.glob("build/store/*/*.json"):
        record = json.loads(entry.read_text(encoding="utf-8").partition("\n")[2])["dependencies"]
        if str(path.relative_to(root)) in record["files"] or str(path.parent.relative_to(root)) in record["folders"]:
            found.add(entry.parent.name)
    return found


class Judge:
    """Runs the articles of a blog in plain Python, in a process that has imported ``preload``."""

    def __init__(self, root: Path, preload: tuple[str, ...], environment: dict[str, str]) -> None:
        command = [sys.executable, __file__, str(root), *preload]
        same = {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", "MPLBACKEND": "agg"}
        environment = {**os.environ, **environment, **same}
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
        self.at_first = self.outputs()

    def outputs(self) -> dict[str, str]:
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def changed(self) -> set[str]:
        """The articles that print now what they did not at first."""
        now = self.outputs()
        return {slug for slug in now if now[slug] != self.at_first[slug]}

    def close(self) -> None:
        self.process.communicate()


def main(root: str, *preload: str) -> None:
    """Answer each line of standard input with what each article prints."""
    for name in preload:
        importlib.import_module(name)
    sys.path.insert(0, str(Path(root, "code")))
    for _ in sys.stdin:
        importlib.invalidate_caches()
        print(json.dumps({path.stem: printed(path) for path in sorted(Path(root).glob("docs/*/articles/*.md"))}), flush=True)


def printed(article: Path) -> str:
    """What an article's cells print, in a fork; its last line is the error where one failed."""
    read, write = os.pipe()
    if (child := os.fork()) == 0:
        os.close(read)
        run(article, write)
    os.close(write)
    with open(read, encoding="utf-8") as output:
        text = output.read()
    os.waitpid(child, 0)
    return text


def run(article: Path, output: int) -> NoReturn:
    """Execute an article's cells in this process, which ends with it."""
    sys.stdout = sys.stderr = open(output, "w", encoding="utf-8")  # noqa: SIM115, open to the end
    try:
        namespace = {"__name__": "__main__"}
        for code in CELL.findall(article.read_text(encoding="utf-8")):
            exec(compile(code, "cell", "exec"), namespace)
        print_figures()
    except BaseException as error:
        print(*traceback.format_exception_only(error))
    sys.stdout.flush()
    os._exit(0)


def print_figures() -> None:
    """Print the figures that are open in pyplot."""
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.rcParams["svg.hashsalt"] = ""
        for number in pyplot.get_fignums():
            pyplot.figure(number).savefig(sys.stdout, format="svg", metadata={"Date": None})


if __name__ == "__main__":
    main(*sys.argv[1:])
