"""The accepted results of this repository's own articles."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from zhixing import ledger
from zhixing.config import load
from zhixing.read import read_works

ROOT = Path(__file__).parent.parent
CONFIG = load(ROOT)


def test_every_article_that_runs_has_accepted_results():
    """No article is published here whose results nobody accepted."""
    works = read_works(CONFIG, lambda problem: None)
    assert ledger.slugs(CONFIG) == sorted(work.slug for work in works if work.cells or work.fields)


def test_article_comes_out_within_tolerance_with_other_instructions(tmp_path, child_environment):
    """Trained with the plainest instruction set of this processor, `convolution` gives other weights and the published results."""
    for name in ("code", "docs/zh/articles", "docs/en/articles", "docs/ledger"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    command = [sys.executable, "-m", "zhixing", "verify", "convolution", "--json", "--root", tmp_path]
    environment = child_environment | {"ATEN_CPU_CAPABILITY": "default"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    said = json.loads(done.stdout)
    assert (done.returncode, said["errors"]) == (0, []), [one for one in said["results"] if one["state"] == "different"]
    assert said["here"]["environment"] == {"ATEN_CPU_CAPABILITY": "default"}
