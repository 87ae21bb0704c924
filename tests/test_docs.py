"""What CONTRIBUTING and the README say is what there is."""

import ast
import re
from dataclasses import fields
from pathlib import Path

import pytest

from zhixing.config import Config
from zhixing.headers import MODEL, SHAPES
from zhixing.syntax import CLASSES, OPTIONS

ROOT = Path(__file__).parent.parent
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_option_and_class_of_a_cell_is_listed_and_none_besides():
    """The table of a cell's header names exactly the options and classes that the engine reads."""
    table = CONTRIBUTING.partition("| in a cell's header |")[2].partition("\n\n")[0]
    listed = re.findall(r"^\| `([^`]+)` \|", table, re.M)
    assert sorted(listed) == sorted(["#name", *(f".{name}" for name in CLASSES), *OPTIONS])


def test_every_option_of_a_listing_and_of_a_diagram_is_named():
    """CONTRIBUTING spells what the engine reads in the headers of listings and diagrams."""
    assert f"`{{{SHAPES}=true}}`" in CONTRIBUTING
    assert re.search("`{" + " ".join(f'{name}="[^"]+"' for name in MODEL) + "}`", CONTRIBUTING)


def test_every_setting_is_named():
    """CONTRIBUTING names every setting of [tool.zhixing]."""
    for field in fields(Config):
        if field.name != "root":
            assert f"`{field.name}`" in CONTRIBUTING


def test_every_command_is_named_in_contributing():
    """CONTRIBUTING names each command that `zhixing --help` lists."""
    from zhixing.cli import _parser

    (commands,) = (action.choices for action in _parser()._actions if action.choices)
    for name in commands:
        assert re.search(rf"`(zhixing )?{name}\b", CONTRIBUTING), name


def test_formulas_and_the_tests_that_check_them_name_each_other():
    """Each marker of a test names a numbered formula of an article, and each numbered formula of an article is named by a test."""
    nodes = [node for path in (ROOT / "tests").glob("*.py") for node in ast.walk(ast.parse(path.read_text("utf-8")))]
    calls = [node for node in nodes if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.formula"]
    numbered = set()
    for path in ROOT.glob("docs/*/articles/**/*.md"):
        slug = path.parent.name if path.name == "index.md" else path.stem
        numbered |= {f"{slug}#{id}" for id in re.findall(r"^\$\$ \{#([\w-]+)\}$", path.read_text("utf-8"), re.M)}
    assert {argument.value for call in calls for argument in call.args} == numbered


def test_every_session_that_the_documents_name_is_in_the_noxfile():
    """A `nox -s NAME` in the README or CONTRIBUTING can be run."""
    noxfile = (ROOT / "noxfile.py").read_text(encoding="utf-8")
    named = set(re.findall(r"nox -s ([\w-]+)", README + CONTRIBUTING))
    assert {"site", "tests"} <= named
    for name in named:
        assert f"def {name}(" in noxfile, name


@pytest.mark.parametrize("session", ["site", "tests"])
def test_the_two_commands_are_on_the_first_screen_of_the_readme(session):
    """A newcomer sees both commands without scrolling: within the README's first 40 lines."""
    first_screen = "\n".join(README.splitlines()[:40])
    assert f"python3 -m pip install nox && python3 -m nox -s {session}" in first_screen


def test_ci_runs_the_readmes_test_command_and_then_builds_the_site():
    """.ci/run calls what the README says, in this order."""
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert 0 < script.index("python3 -m nox -s tests") < script.index("python3 -m nox -s site")


def test_colab_opens_the_branch_that_is_published():
    """The branch that the site's articles lead to is the one that the publishing workflow pushes, in a job of its own that may write."""
    publish = (ROOT / ".github" / "workflows" / "publish.yml").read_text(encoding="utf-8")
    (branch,) = re.findall(r"notebooks_branch: (\S+)", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    job = publish.partition("\n  notebooks:\n")[2]
    assert f"--initial-branch {branch}\n" in job
    assert job.rstrip().endswith(f" {branch}")
    assert publish.count("contents: write") == job.count("contents: write") == 1


def test_workflows_for_pull_requests_have_no_secrets_and_pinned_actions():
    """A stranger's pull request runs with a read-only token, no secret, and actions by commit."""
    for path in (ROOT / ".github" / "workflows").glob("*.yml"):
        text = path.read_text(encoding="utf-8")
        for action in re.findall(r"uses: (\S+)", text):
            assert re.search(r"@[0-9a-f]{40}$", action), f"{path.name}: {action}"
        if "pull_request" in text:  # what anybody can start
            assert not re.search(r"\$\{\{\s*secrets", text)
            assert "pull_request_target" not in text
            assert re.search(r"^permissions:\n  contents: read$", text, re.M)
