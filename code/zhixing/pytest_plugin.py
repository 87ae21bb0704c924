"""The pytest plugin ``zhixing``: ``pytest --evidence`` records which tests executed the code that articles list.

The record (evidence.py) is written when all tests have passed. Tests marked ``site`` need the built site, which itself
needs the record: they run last, after it is written.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

SELECTING = ("ignore", "ignore_glob", "lf", "numprocesses")  # options that tell pytest of no deselected test


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("zhixing", "evidence for the pages of a blog")
    group.addoption("--evidence", action="store_true", help="record which tests execute the code that articles list")
    group.addoption("--evidence-if-needed", action="store_true", help="the same; run nothing where the tests have passed at this content")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "formula(id): this test checks the formula ARTICLE#ID numerically")
    config.addinivalue_line("markers", "site: this test needs the built site; it runs last, and is no evidence")


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Begin before any conftest.py imports the blog's code."""
    options = early_config.known_args_namespace
    if options.evidence or options.evidence_if_needed:
        from . import evidence

        root = early_config.rootpath
        listed = _listed_files(root)
        if not (options.evidence_if_needed and evidence.is_fresh(root, listed)):
            early_config.pluginmanager.register(Recorder(early_config, root, listed), "zhixing-recorder")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | None:
    if config.option.evidence_if_needed and not config.pluginmanager.hasplugin("zhixing-recorder"):
        print("the tests have passed at exactly this content")
        return 0
    return None


def _listed_files(root: Path) -> set[str]:
    """The files of code/ that the blog's articles list. What is wrong with an article is told by its build."""
    from . import config, pipeline
    from .errors import ZhixingError

    try:
        return pipeline.listed_files(pipeline.read_works(config.load(root), lambda problem: None))
    except ZhixingError as error:
        raise pytest.UsageError(f"--evidence: {error}") from None


def _statements(root: Path, listed: set[str]) -> Any:
    try:
        from .statements import Statements
    except ImportError:
        raise pytest.UsageError("--evidence: coverage is not installed; install it with pip install coverage") from None
    return Statements(root, listed)


class Recorder:
    """Follows one test run. ``said`` is what came of it, empty until it is decided."""

    def __init__(self, config: pytest.Config, root: Path, listed: set[str]) -> None:
        from . import evidence

        self.evidence, self.config, self.root, self.listed = evidence, config, root, listed
        self.content = evidence.content(root, listed)
        self.statements = _statements(root, listed)
        self.items: dict[str, pytest.Item] = {}
        self.passed: set[str] = set()
        self.ended: set[str] = set()
        self.failed = self.deselected = False
        self.said = ""

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items.sort(key=_needs_site)

    def pytest_deselected(self, items: list[pytest.Item]) -> None:
        self.deselected = self.deselected or not all(map(_needs_site, items))

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.items = {item.nodeid: item for item in session.items if not _needs_site(item)}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> None:
        if _needs_site(item):
            self.decide()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, Any, Any]:
        if self.said:
            return (yield)
        self.statements.switch(item.nodeid)
        try:
            return (yield)
        finally:
            self.statements.switch("")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.failed = self.failed or report.failed
        if report.when == "call" and report.passed and not hasattr(report, "wasxfail"):
            self.passed.add(report.nodeid)
        if report.when == "teardown":
            self.ended.add(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self.failed = self.failed or report.failed

    def pytest_sessionfinish(self) -> None:
        self.decide()

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        terminalreporter.write_line(self.said)

    def decide(self) -> None:
        """Write the record if all tests have run and passed, once; a failure removes an earlier run's."""
        if self.said:
            return
        self.statements.stop()
        if missing := self._missing():
            self.said = f"no evidence is recorded: {missing}"
        else:
            self.evidence.write(self.root, {"content": self.content, **self._record()})
            self.said = f"evidence is recorded in {self.evidence.RECORD}"
        if self.failed:
            (self.root / self.evidence.RECORD).unlink(missing_ok=True)

    def _missing(self) -> str:
        """Why it is not so that all tests have run and passed; empty where it is."""
        if self.failed:
            return "tests failed"
        if given := [name for name in SELECTING if self.config.getoption(name, None)]:
            return f"with --{given[0].replace('_', '-')} not all tests run, one after another"
        asked = self.config.args_source is pytest.Config.ArgsSource.ARGS or self.config.invocation_params.dir != self.root
        if asked or self.deselected:
            return "only some of the tests were asked for"
        if not self.passed or not self.ended >= set(self.items):
            return "not all tests have run"
        return "" if self.evidence.content(self.root, self.listed) == self.content else "files changed while the tests ran"

    def _record(self) -> dict[str, Any]:
        """The cases of one parametrised test are one."""
        names = {nodeid: _function(self.items[nodeid]) for nodeid in self.passed & set(self.items)}
        files, lines = self.statements.record(names)
        formulas: dict[str, set[str]] = {name: set() for name in names.values()}
        for nodeid, name in names.items():
            formulas[name].update(*(marker.args for marker in self.items[nodeid].iter_markers("formula")))
        tests = {name: {"lines": lines.get(name, {}), "formulas": sorted(found)} for name, found in formulas.items()}
        return {"files": files, "tests": {name: test for name, test in tests.items() if any(test.values())}}


def _needs_site(item: pytest.Item) -> bool:
    return item.get_closest_marker("site") is not None


def _function(item: pytest.Item) -> str:
    """The name of the test function that an item is a case of."""
    return f"{item.parent.nodeid}::{getattr(item, 'originalname', None) or item.name}" if item.parent else item.nodeid
