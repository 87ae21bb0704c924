"""The accepted results of this repository's own articles."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from zhixing import ledger
from zhixing.config import load
from zhixing.read import read_works

ROOT = Path(__file__).parent.parent
CONFIG = load(ROOT)


def test_every_article_that_runs_has_accepted_results():
    """No article is published here whose results nobody accepted."""
    works = read_works(CONFIG, lambda problem: None)
    assert ledger.slugs(CONFIG) == sorted(work.slug for work in works if work.cells or work.fields)


@pytest.fixture
def copied(tmp_path, child_environment):
    """A function that runs a command on a copy of two articles, their code and ledgers, and returns what it says."""
    pytest.importorskip("torch")
    for name in ("code", *(f"docs/{language}/articles/benchmark" for language in CONFIG.languages)):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "docs/ledger").mkdir()
    ledgers = [f"docs/ledger/{slug}.json" for slug in ("convolution", "benchmark")]
    for name in (
        "pyproject.toml",
        "docs/references.yaml",
        *ledgers,
        *(f"docs/{lang}/articles/convolution.md" for lang in CONFIG.languages),
    ):
        shutil.copy(ROOT / name, tmp_path / name)

    def run(*arguments, **environment):
        command = [sys.executable, "-m", "zhixing", *arguments, "--json", "--root", tmp_path]
        done = subprocess.run(command, capture_output=True, text=True, env=child_environment | environment, check=False)
        return done.returncode, json.loads(done.stdout)

    run.root = tmp_path
    return run


def test_article_comes_out_within_tolerance_with_other_instructions(copied):
    """Trained with the plainest instruction set of this processor, `convolution` gives other weights and the published results."""
    status, said = copied("verify", "convolution", ATEN_CPU_CAPABILITY="default")
    assert (status, said["errors"]) == (0, []), [one for one in said["results"] if one["state"] == "different"]
    assert said["here"]["environment"] == {"ATEN_CPU_CAPABILITY": "default"}


def test_another_width_of_lenet_changes_exactly_its_results(copied):
    """With 20 maps instead of 16 the build fails with the three numbers of parameters that change in `convolution`, and figures."""
    code = copied.root / "code/deep_learning/cnn.py"
    text = code.read_text(encoding="utf-8")
    code.write_text(text.replace("channels: tuple[int, int] = (16, 32)", "channels: tuple[int, int] = (20, 32)"), encoding="utf-8")
    status, said = copied("build")
    assert status == 1
    errors = [error for error in said["errors"] if "not as accepted" in error["message"]]
    assert [error["path"] for error in errors] == ["docs/zh/articles/convolution.md"]
    rows = [re.split(r"\s{2,}", row.strip()) for row in errors[0]["message"].splitlines()[2:]]
    trained = {"output #maps", "output #paired"} | {row[1] for row in rows if "±" in row[2]}
    assert {tuple(row[1:]) for row in rows if row[1] not in trained} == {
        ("value count(LeNet().conv1)", "160", "200", "the same", "different"),
        ("value count(LeNet()):,", "38,282", "39,474", "the same", "different"),
        ("value count(LeNet().conv1) + count(LeNet().conv2):,", "4,800", "5,992", "the same", "different"),
    }
