"""The layout of the engine: imports between stages go one way, and the core needs neither MkDocs nor torch."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ENGINE = ROOT / "code" / "zhixing"
# a module imports only modules that stand above it
ORDER = [
    *("errors", "blocks", "quantity", "text_table", "article", "config", "wording", "machine"),  # nouns
    *("shapes", "layers"),  # what a run measures
    *("functions", "dependency", "callers", "imports", "project", "trace"),  # what a run depends on
    *("store", "lock", "frontend"),
    *("standalone", "bundle"),  # what a reader can download
    *("outputs", "runner", "supervisor", "fork_server", "process"),  # how code is run
    *("headers", "syntax", "listing", "evidence", "statements", "legend", "flowchart", "architecture", "literals", "typed_numbers"),
    *("picture", "render", "markdown", "notebook_page"),
    # stages, in the order data flows
    *("read", "plan", "execute", "results", "ledger", "review", "bind", "cite", "colophon", "weave", "notebook", "script", "prove"),
    *("outcome", "runs", "tree", "pipeline"),  # the order of the stages
    *("site", "cache", "terminal", "accept", "verify", "cli", "mkdocs", "pytest_plugin", "__main__"),
]
PIPELINE = ("runs", "tree", "pipeline")
STAGES = {"read", "plan", "execute", "review", "bind", "weave", "prove"}
# what is handed on: the types of the stage before
HANDED_ON = {
    *(("accept", "review"), ("verify", "review"), ("bind", "review"), ("colophon", "bind"), ("cite", "bind")),
    *(("weave", "bind"), ("notebook", "bind"), ("notebook", "weave"), ("script", "bind"), ("prove", "weave"), ("terminal", "bind")),
}


def imported(path):
    """What a module imports: {(engine module or top-level package, whether at module level)}."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    top = set(map(id, tree.body))
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            names = [node.module.removeprefix("running.")] if node.module else [alias.name for alias in node.names]
            found |= {(f".{name}", id(node) in top) for name in names if name != "__version__"}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module.partition(".")[0], id(node) in top))
        elif isinstance(node, ast.Import):
            found |= {(alias.name.partition(".")[0], id(node) in top) for alias in node.names}
    return found


RUNNING = {path.stem for path in (ENGINE / "running").glob("*.py")} - {"__init__"}
IMPORTS = {path.stem: imported(path) for path in ENGINE.rglob("*.py") if path.stem != "__init__"}


def importers(package, at_module_level=False):
    return {module for module, names in IMPORTS.items() if any(name == package and (top or not at_module_level) for name, top in names)}


def test_every_module_has_its_place():
    """The order below names every module of the engine, and no other."""
    assert set(ORDER) == set(IMPORTS)


@pytest.mark.parametrize("module", ORDER)
def test_imports_go_one_way(module):
    """A module imports only modules that come before it, also inside its functions."""
    own = {name.removeprefix(".") for name, _ in IMPORTS[module] if name.startswith(".")}
    assert own <= set(ORDER[: ORDER.index(module)])


def test_only_the_pipeline_knows_the_order():
    """No module but the pipeline imports a stage, except for the types that the stage before hands on."""
    uses = {(module, stage) for stage in STAGES for module in importers(f".{stage}")}
    assert {(m, s) for m, s in uses if m not in (*PIPELINE, "mkdocs")} == HANDED_ON
    assert {s for m, s in uses if m in PIPELINE} == STAGES
    assert {s for m, s in uses if m == "mkdocs"} <= {"prove"}  # the folder of front-end files


def test_how_code_is_run_rests_on_nouns_alone():
    """What is in running/ imports nothing of the engine but its nouns and its own modules."""
    used = {name.removeprefix(".") for module in RUNNING for name, _ in IMPORTS[module] if name.startswith(".")}
    assert used - RUNNING == {"config", "errors", "frontend"}


def test_the_runner_stands_alone():
    """The programs that run cells share nothing with the engine but what traces and measures them."""
    shared = {module: {name for name, _ in IMPORTS[module] if name.startswith(".")} for module in ("runner", "supervisor", "fork_server")}
    assert shared == {
        "runner": {".imports", ".layers", ".outputs", ".shapes", ".trace"},
        "supervisor": set(),
        "fork_server": {".runner", ".supervisor"},
    }


def test_one_module_knows_each_tool():
    """One module knows Python-Markdown and its extensions, one knows MkDocs, one IPython; none knows torch."""
    assert importers("markdown", at_module_level=True) == {"markdown"}
    assert importers("pymdownx") == {"markdown"}
    assert importers("mkdocs") == {"mkdocs"}
    assert importers("IPython") == {"outputs"}
    assert importers("coverage") == {"statements"}
    assert importers("pytest") == {"pytest_plugin"}
    assert importers("torch") == set()


def test_the_core_loads_neither_mkdocs_nor_torch():
    """The command line and the pipeline start without MkDocs, torch, NumPy, IPython, a Markdown renderer, or what watches processes."""
    program = "import sys; import zhixing.cli; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT / "code").stdout
    heavy = {"IPython", "coverage", "material", "markdown", "matplotlib", "merman", "mkdocs", "numpy", "pandas", "psutil"}
    heavy |= {"py_mini_racer", "pytest", "torch"}
    assert heavy.intersection(out.split()) == set()


def test_the_pytest_plugin_costs_nothing_where_it_is_not_asked():
    """Every run of pytest loads the plugin: by itself it brings no module of the engine, no YAML and no coverage."""
    program = "import pytest, sys; before = set(sys.modules); import zhixing.pytest_plugin; print(*sorted(set(sys.modules) - before))"
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT / "code").stdout
    assert out.split() == ["zhixing", "zhixing.pytest_plugin"]


def test_code_is_no_package():
    """code/ is a source root: with an ``__init__.py`` it would shadow the standard library's ``code``."""
    assert not (ROOT / "code" / "__init__.py").exists()


def test_the_examples_know_nothing_of_the_engine():
    """What the articles show can be used without the engine."""
    found = {path.name for path in (ROOT / "code" / "deep_learning").rglob("*.py") if "zhixing" in {n for n, _ in imported(path)}}
    assert found == set()


def test_the_engine_knows_nothing_of_this_repository():
    """The engine works on any blog: it never names this one's code."""
    assert [
        path.name
        for path in ENGINE.rglob("*")
        if path.suffix in (".py", ".css", ".toml") and "deep_learning" in path.read_text(encoding="utf-8")
    ] == []


def test_tests_are_flat():
    """tests/ is no package, and has no subfolder but the cases."""
    tests = ROOT / "tests"
    assert not (tests / "__init__.py").exists()
    assert {path.name for path in tests.iterdir() if path.is_dir()} <= {"cases", "__pycache__"}
