"""``pytest --evidence``: which tests executed which lines, and when that may be recorded."""

import json
import re
import subprocess
import sys

import pytest

# Behind each statement: the tests that execute it, or "import", or "never".
MODULE = '''\
"""Sums."""
import math  # import

LIMIT = 3  # import


def clamp(x):  # import
    """A docstring is no statement."""
    if x > LIMIT:  # high low inside
        x = (  # high
            LIMIT
            * 1
        )
    return math.floor(  # high low inside
        x
    )


class Sum:  # import
    start: int = 0  # import

    @staticmethod  # import
    def of(*numbers):  # import
        total = 0  # cases
        for number in numbers:  # cases
            total += number  # cases
        else:
            try:  # cases
                return total  # cases
            finally:
                pass  # cases

    def hidden(self):  # import
        if self.start:  # never
            return 0  # never
        return 1  # pragma: no cover  # never


def by_fixture():  # import
    return 1  # never
'''
LATE = "def late():\n    return 1\n"
TESTS = '''\
import pytest
import sums

sums.clamp(9)  # no test runs yet


@pytest.fixture
def prepared():
    return sums.by_fixture()


def test_high():
    """A high number is clamped."""
    assert sums.clamp(4) == 3


@pytest.mark.formula("a#eq-clamp")
def test_low(prepared):
    assert sums.clamp(1) == 1


class TestMore:
    def test_inside(self):
        assert sums.clamp(2) == 2


@pytest.mark.formula("a#eq-sum", "a#eq-more")
@pytest.mark.parametrize("number", [1, 2])
def test_cases(number):
    assert sums.Sum.of(number) == number


@pytest.mark.formula("a#eq-never")
def test_skipped():
    sums.Sum().hidden()
    pytest.skip("not today")


@pytest.mark.xfail(strict=False)
def test_expected_to_fail():
    sums.Sum().hidden()


@pytest.mark.xfail
def test_fails_as_expected():
    assert sums.Sum().hidden() == 0


def test_import():
    import late

    late.late()
'''
SITE = """\
import json
from pathlib import Path

import pytest


@pytest.mark.site
def test_of_the_site():
    assert "test_high" in Path("build/evidence.json").read_text()
"""
NAMES = {name: f"tests/test_sums.py::test_{name}" for name in ("high", "low", "cases")} | {
    "inside": "tests/test_sums.py::TestMore::test_inside"
}


@pytest.fixture
def blog(blog):
    """A blog whose article lists a module that is tested."""
    blog.article("a", '```python\n--8<-- "sums.py:clamp"\n--8<-- "late.py"\n```\n\n```yaml\n--8<-- "data.yaml"\n```\n')
    blog.write("pyproject.toml", "[tool.pytest.ini_options]\npythonpath = ['code']\n")
    blog.write("code/sums.py", MODULE)
    blog.write("code/late.py", LATE)
    blog.write("code/data.yaml", "a: 1\n")
    blog.write("tests/test_sums.py", TESTS)
    blog.write("tests/test_a_site.py", SITE)
    return blog


@pytest.fixture
def run(blog, child_environment):
    """Run pytest in the blog's folder, with the plugin and no other."""

    def run(*arguments, folder="."):
        command = [sys.executable, "-m", "pytest", "-p", "zhixing.pytest_plugin", "-p", "no:cacheprovider", *arguments]
        environment = {**child_environment, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        return subprocess.run(command, cwd=blog.root / folder, env=environment, capture_output=True, text=True)

    return run


def record(blog):
    """What is recorded; None where nothing is."""
    path = blog.root / "build/evidence.json"
    return json.loads(path.read_text().partition("\n")[2]) if path.exists() else None


def by_hand():
    """What MODULE's comments say: {what executes it: lines}."""
    marks = {}
    for line, row in enumerate(MODULE.splitlines(), 1):
        for name in re.findall(r"# ([a-z ]+)$", row)[0].split() if "# " in row else []:
            marks.setdefault(name, []).append(line)
    return marks


def test_lines_are_those_of_a_count_by_hand(blog, run):
    """Each test has exactly the statements that it executed itself: not an import's, a fixture's, a skipped or an expected failure's."""
    done = run("--evidence")
    assert done.returncode == 0, done.stdout
    found, wanted = record(blog), by_hand()
    assert found["tests"].pop("tests/test_sums.py::test_import")["lines"] == {"code/late.py": [2]}
    assert found["files"].pop("code/late.py") == {"statements": [1, 2], "imported": [1]}
    lines = {name: found["tests"][test]["lines"] for name, test in NAMES.items()}
    assert lines == {name: {"code/sums.py": wanted[name]} for name in NAMES}
    assert found["files"] == {
        "code/sums.py": {"statements": sorted({n for own in wanted.values() for n in own}), "imported": wanted["import"]}
    }
    assert set(found["tests"]) == set(NAMES.values())
    assert {name: found["tests"][test]["formulas"] for name, test in NAMES.items()} == {
        **{"high": [], "low": ["a#eq-clamp"], "inside": []},
        "cases": ["a#eq-more", "a#eq-sum"],
    }


def test_the_sites_tests_run_last_and_find_the_record(blog, run):
    """Tests marked site run after the record is written, whatever their file is called, and one that fails leaves it."""
    done = run("--evidence", "-v")
    assert done.returncode == 0, done.stdout
    order = re.findall(r"::(\w+)(?:\[\d\])? (?:PASSED|FAILED)", done.stdout)
    assert (order[-1], len(order)) == ("test_of_the_site", 7)
    blog.write("tests/test_a_site.py", SITE + "    assert False\n")
    assert run("--evidence").returncode == 1
    assert record(blog)


def test_two_records_are_the_same(blog, run):
    """The same tests at the same content leave the same bytes."""
    run("--evidence")
    first = (blog.root / "build/evidence.json").read_bytes()
    run("--evidence", "-m", "not site")
    assert (blog.root / "build/evidence.json").read_bytes() == first


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["-k", "high"], "only some of the tests were asked for"),
        (["-m", "formula"], "only some of the tests were asked for"),
        (["--deselect", "tests/test_sums.py::test_import"], "only some of the tests were asked for"),
        (["tests"], "only some of the tests were asked for"),
        (["--ignore", "tests/test_a_site.py"], "with --ignore not all tests run, one after another"),
        (["--collect-only"], "not all tests have run"),
    ],
)
def test_a_part_of_the_tests_is_no_evidence(arguments, why, blog, run):
    """Where some tests were not asked for, nothing is recorded, and why is said."""
    assert f"no evidence is recorded: {why}\n" in run("--evidence", *arguments).stdout
    assert record(blog) is None


def test_tests_asked_for_by_their_folder_are_a_part(blog, run):
    """Started in a subfolder, pytest collects that folder alone: no evidence."""
    assert "only some of the tests were asked for" in run("--evidence", folder="tests").stdout
    assert record(blog) is None


@pytest.mark.parametrize("what", ["assert False", "open('code/sums.py', 'a').write('# more')", "import pytest; pytest.exit('enough', 0)"])
def test_a_run_that_ends_otherwise_is_no_evidence(what, blog, run):
    """A test that fails, one that changes the code, a run that is ended early: nothing is recorded."""
    blog.write("tests/test_wrong.py", f"def test_wrong():\n    {what}\n")
    assert "no evidence is recorded" in run("--evidence").stdout
    assert record(blog) is None


def test_failure_takes_the_record_away(blog, run):
    """A failure removes the record of an earlier run; a file of tests that cannot be imported is one."""
    run("--evidence", "-m", "not site")
    assert record(blog)
    blog.write("tests/test_more.py", "import absent\n")
    assert "no evidence is recorded: tests failed" in run("--evidence").stdout
    assert record(blog) is None


def test_if_needed_runs_nothing_twice(blog, run):
    """With --evidence-if-needed no test runs where all have passed at this content; listing one more file is another content."""
    blog.write("code/more.py", "")
    assert "evidence is recorded in build/evidence.json" in run("--evidence-if-needed", "-m", "not site").stdout
    assert run("--evidence-if-needed").stdout == "the tests have passed at exactly this content\n"
    blog.article("b", '```python\n--8<-- "more.py"\n```\n')
    assert "evidence is recorded in build/evidence.json" in run("--evidence-if-needed").stdout


def test_without_the_option_nothing_is_recorded(blog, run):
    """Plain pytest leaves no record and says nothing of one, and knows the markers."""
    done = run("--strict-markers", "-m", "not site")
    assert (done.returncode, "evidence" in done.stdout, record(blog)) == (0, False, None)


def test_where_there_is_no_blog_the_option_is_refused(run, blog):
    """A folder whose settings cannot be read is told in one line, as wrong usage."""
    blog.write("pyproject.toml", "[tool.zhixing]\nabsent = 1\n")
    done = run("--evidence")
    assert done.returncode == 4
    assert "--evidence: pyproject.toml:2: [tool.zhixing] has no setting 'absent'" in done.stderr
    assert "Traceback" not in done.stderr
