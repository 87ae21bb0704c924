"""Measure what it costs to keep a site of executed articles up to date."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from statistics import StatisticsError, mean, median
from typing import Any

import corpus
from mutations import verdicts
from peers import TOOLS, Tool

EXAMPLES = """\
On a corpus that it generates, each tool builds a site of executed articles from nothing, then again after no change and
after an edit of prose, of a cell, of a module, of a data file, of an installed version. It is noted how long each build
took, which articles ran, and whether the pages show what they should. The tools:

  zhixing          the whole site: MkDocs with Material and our plugin     8, 50 and 1,000 articles
  engine           our engine alone, without MkDocs                        8, 50 and 1,000
  markdown-exec    MkDocs with Material                                    8 and 50
  mkdocs-jupyter   MkDocs with Material, notebooks executed                8
  myst-nb          Sphinx with Furo, outputs cached                        8
  sphinx-gallery   Sphinx with Furo                                        8

Those that are not installed are left out, and the results say so. A first look, in some minutes, and one at our own:

  python tests/bench.py --articles 8 --repeat 1
  python tests/bench.py --articles 8,50 --tools zhixing,engine

Everything takes 35 minutes on two cores, in which the machine should do nothing else. All figures are in the file of --output, one row
a build: wall and CPU seconds with those of all child processes, and the memory of the largest process in MB (10^6 bytes).
"""
LARGE = 500  # articles: so many are not built more than once
IMPORT = ("-c", "import torch, numpy, matplotlib.pyplot")
OWN_WORK = """
import io, json, sys, time
import matplotlib.pyplot as plt
seconds = []
for code in json.load(sys.stdin):
    started = time.process_time()
    exec(code, {})
    plt.savefig(io.BytesIO(), format="svg")
    plt.close("all")
    seconds.append(time.process_time() - started)
print(json.dumps(seconds))
"""
Row = dict[str, Any]


def main() -> None:
    options = parser().parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        work = Path(name)
        results = {"date": datetime.now(UTC).date().isoformat(), "machine": machine(), "repeat": options.repeat}
        tools, left_out = usable(options.tools, work)
        results |= {"versions": versions(tools), "left_out": left_out}
        results |= {"floor": [measure(IMPORT, work) for _ in range(options.repeat)], "own_work": own_work(work)}
        results["rows"] = list(scenarios(tools, options.articles, options.repeat, work))
        results["mutations"] = mutated(work) if "engine" in tools else []
    results["targets"] = targets(results)
    if options.output:
        options.output.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    for found in results["targets"]:
        print(f"{found['what']}: {found['measured']:g}, at most {found['bound']:g}: {'reached' if found['reached'] else 'NOT REACHED'}")


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description=__doc__, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--articles", type=sizes_of, default=[8, 50, 1000], metavar="N,…", help="sizes of the corpus (default: 8,50,1000)")
    made.add_argument(
        "--repeat", type=int, default=3, metavar="N", help=f"how often each build is measured (default: 3); once from {LARGE} articles on"
    )
    made.add_argument("--tools", type=tools_of, default=list(TOOLS), metavar="NAME,…", help="what is measured (default: all)")
    made.add_argument("--output", type=Path, metavar="FILE", help="write the results to this JSON file (default: to none)")
    return made


def sizes_of(text: str) -> list[int]:
    """``--articles``: with fewer than eight, some edits would concern none."""
    found = [int(part) for part in text.split(",")]
    if min(found) < len(corpus.ROLES):
        raise argparse.ArgumentTypeError(f"the smallest corpus has {len(corpus.ROLES)} articles, not {min(found)}")
    return found


def tools_of(text: str) -> list[str]:
    """``--tools``: names of those that can be measured."""
    if unknown := set(found := text.split(",")) - set(TOOLS):
        raise argparse.ArgumentTypeError(f"there is no {', '.join(unknown)}; there is {', '.join(TOOLS)}")
    return found


# -- what is measured


def scenarios(tools: list[str], sizes: list[int], repeat: int, work: Path) -> Iterator[Row]:
    """Every tool at every size, one after the other, and all of it again ``repeat`` times; a ``LARGE`` one once."""
    for turn in range(1, repeat + 1):
        counts = [count for count in sizes if count < LARGE or turn == 1]
        for count, name in [(count, name) for count in counts for name in tools if count <= TOOLS[name].most]:
            for row in builds(TOOLS[name], count, work):
                yield {"tool": name, "articles": count, "turn": turn, **row}
                done = f"{row['wall']:.1f} s, {row['ran']} ran, {row['stale']} stale"
                say(f"{turn}/{repeat}: {name}, {count} articles, {row['scenario']}: {done}")


def builds(tool: Tool, count: int, work: Path) -> Iterator[Row]:
    """One tool's builds of one blog: from nothing, again, and after each edit."""
    blog = work / "blog"
    start_afresh(work)
    tool.write(blog, count)
    for scenario, edit in corpus.SCENARIOS.items():
        edit.change(blog, blog / tool.source.format(corpus.name(2)))
        row = measure(("-m", *tool.command.split()), work)
        ran, pages = ran_articles(work), edit.pages(count)
        needed = pages if edit.runs else set()
        stale = [name for name in pages if not shows(blog / tool.page.format(name), edit.shows)]
        row |= {"scenario": scenario, "ran": len(ran), "processes": len(set(ran.values()))}
        row |= {"needed": len(needed), "needless": len(ran.keys() - needed), "stale": len(stale)}
        if scenario == "no change" and tool is TOOLS["engine"]:
            row["torch"] = imports_torch(tool, work)
        yield row


def measure(arguments: tuple[str, ...], work: Path) -> Row:
    """Run Python in the blog's folder."""
    with open(work / "output.log", "w") as output:
        started = time.perf_counter()
        process = subprocess.Popen([sys.executable, *arguments], cwd=work / "blog", stdout=output, stderr=output, env=environment(work))
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    memory = used.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6
    cpu = used.ru_utime + used.ru_stime
    return {"wall": round(wall, 3), "cpu": round(cpu, 3), "memory": round(memory, 1), "status": process.returncode}


def environment(work: Path) -> dict[str, str]:
    path = os.pathsep.join(str(work / "blog" / folder) for folder in ("code", "site-packages"))
    one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    own = {"PYTHONPATH": path, "ZHIXING_CACHE": str(work / "cache"), "NO_COLOR": "1", "NO_MKDOCS_2_WARNING": "1"}
    return {**os.environ, **one_thread, **own}


def start_afresh(work: Path) -> None:
    """Leave no blog, and of the engine's cache only what a machine gets once: KaTeX and the list of fonts."""
    for folder in ("blog", "cache/proofs", "cache/rendered"):
        shutil.rmtree(work / folder, ignore_errors=True)
    ran_articles(work)


def ran_articles(work: Path) -> dict[str, str]:
    """The articles that have run since this was last asked, each with the process that it ran in."""
    log = work / "ran.log"
    lines = log.read_text().splitlines() if log.exists() else []
    log.unlink(missing_ok=True)
    return dict(line.split() for line in lines)


def shows(page: Path, text: str) -> bool:
    return page.exists() and text in page.read_text(encoding="utf-8")


def imports_torch(tool: Tool, work: Path) -> bool:
    """Whether one more build imports torch, by Python's own log of imports."""
    measure(("-X", "importtime", "-m", *tool.command.split()), work)
    return any(line.endswith("| torch") for line in (work / "output.log").read_text().splitlines())


def own_work(work: Path) -> list[float]:
    """CPU seconds of the code of each of 50 articles, run one after the other in one process."""
    start_afresh(work)
    corpus.write_lab(work / "blog")
    codes = json.dumps([corpus.code(number) for number in range(1, 51)])
    command = [sys.executable, "-c", OWN_WORK]
    done = subprocess.run(command, input=codes, capture_output=True, text=True, check=True, env=environment(work))
    return [round(seconds, 4) for seconds in json.loads(done.stdout.splitlines()[-1])]


def mutated(work: Path) -> list[Row]:
    """For each mutation of the corpus: how many of eight articles change, run, have read what changed, and stay stale."""
    engine = TOOLS["engine"]
    next(builds(engine, 8, work))
    say("mutations of the code of 8 articles")

    def would_run() -> set[str]:
        done = measure(("-m", "zhixing", "status", "--json"), work)
        said = json.loads((work / "output.log").read_text().splitlines()[-1])
        assert done["status"] == 0
        return {article["slug"] for article in said["articles"] if article["state"] == "stale"}

    preload = ("torch", "numpy", "matplotlib.pyplot")
    found = verdicts(work / "blog", would_run, preload, **environment(work))
    return [
        {"mutation": name, "run": len(one.run), "changed": len(one.changed), "read": len(one.read), "stale": len(one.changed - one.run)}
        for name, one in found.items()
    ]


# -- what is reported


def usable(wanted: list[str], work: Path) -> tuple[list[str], dict[str, str]]:
    """The tools that are installed and publish two articles, and why the others are left out."""
    left_out = {}
    for name in wanted:
        say(f"{name}: first articles")
        if problem := problem_of(name, work):
            left_out[name] = problem
            say(f"{name} is left out: {problem}")
    return [name for name in wanted if name not in left_out], left_out


def problem_of(name: str, work: Path) -> str:
    try:
        versions([name])
    except metadata.PackageNotFoundError as error:
        return f"{error.name} is not installed"
    cold = next(builds(TOOLS[name], 2, work))
    last = (work / "output.log").read_text().splitlines()[-1:]
    return "" if cold["stale"] == 0 else f"{2 - cold['stale']} of 2 articles published, exit status {cold['status']}: {last}"


def versions(tools: list[str]) -> dict[str, str]:
    packages = {package for name in tools for package in TOOLS[name].packages}
    return {package: metadata.version(package) for package in sorted({*packages, "torch"})}


def machine() -> dict[str, Any]:
    info = Path("/proc/cpuinfo")
    models = [line.partition(": ")[2] for line in info.read_text().splitlines() if line.startswith("model name")] if info.exists() else []
    return {
        "cpu": models[0] if models else platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "memory": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9),  # GB
        "system": f"{platform.system()} {platform.release().partition('-')[0]}",
        "python": platform.python_version(),
    }


class Medians:
    """What was measured, in the terms of the targets; StatisticsError where it was not."""

    def __init__(self, results: Row) -> None:
        self.rows, self.own_work, self.mutations = results["rows"], results["own_work"], results.get("mutations")

    def of(self, tool: str, articles: int, scenario: str, what: str) -> float:
        wanted = (tool, articles, scenario)
        return median(row[what] for row in self.rows if (row["tool"], row["articles"], row["scenario"]) == wanted)

    def cold(self, peer: str) -> float:
        return self.of("zhixing", 8, "cold", "wall") / self.of(peer, 8, "cold", "wall")

    def one_more(self) -> float:
        """CPU seconds of one more article beyond its own work; the first eight warm that up."""
        return (self.of("zhixing", 50, "cold", "cpu") - self.of("zhixing", 8, "cold", "cpu")) / 42 - mean(self.own_work[8:])

    def stale(self) -> int:
        return sum(row["stale"] for row in self.rows if row["tool"] in ("zhixing", "engine"))

    def mutated(self, what: str) -> int:
        if not self.mutations:
            raise StatisticsError
        return sum(row[what] for row in self.mutations)


TARGETS = {  # what is measured: (its upper bound, how it is found)
    "cold, 8 articles, in times of mkdocs-jupyter": (0.2, lambda of: of.cold("mkdocs-jupyter")),
    "cold, 8 articles, in times of markdown-exec": (1.2, lambda of: of.cold("markdown-exec")),
    "one more article beyond its own work, CPU s": (0.2, lambda of: of.one_more()),
    "no change, 8 articles, engine, CPU s": (0.3, lambda of: of.of("engine", 8, "no change", "cpu")),
    "no change, 1,000 articles, engine, CPU s": (2, lambda of: of.of("engine", 1000, "no change", "cpu")),
    "no change, 1,000 articles, engine, MB": (200, lambda of: of.of("engine", 1000, "no change", "memory")),
    "no change, engine, imports of torch": (0, lambda of: of.of("engine", 8, "no change", "torch")),
    "module edit, articles run of 8": (3, lambda of: of.of("zhixing", 8, "module", "ran")),
    "data edit, articles run of 8": (1, lambda of: of.of("zhixing", 8, "data", "ran")),
    "version edit, articles run of 8": (1, lambda of: of.of("zhixing", 8, "version", "ran")),
    "stale pages in all builds": (0, lambda of: of.stale()),
    "stale articles after all mutations": (0, lambda of: of.mutated("stale")),
}


def targets(results: Row) -> list[Row]:
    """What was to be reached, and what was; a figure that was not measured is left out."""
    medians, found = Medians(results), []
    for what, (bound, find) in TARGETS.items():
        with contextlib.suppress(StatisticsError):
            found.append({"what": what, "bound": bound, "measured": round(find(medians), 3), "reached": find(medians) <= bound})
    return found


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
