"""The benchmark: its corpus is the same for every tool, and it sees what ran and what is stale."""

import ast
import importlib.metadata
import json
from dataclasses import replace

import bench
import corpus
import pytest
from peers import TOOLS, Tool


@pytest.mark.parametrize("name", TOOLS)
def test_every_tool_gets_the_same_article(tmp_path, name):
    """Each line of an article's cells, its formulas and its diagram are in the source that a tool reads."""
    TOOLS[name].write(tmp_path, 7)
    text = (tmp_path / TOOLS[name].source.format("article-0007")).read_text(encoding="utf-8")
    if name == "mkdocs-jupyter":
        text = "\n".join(cell["source"] for cell in json.loads(text)["cells"])
    for block in corpus.article(7):
        for line in block.source.splitlines():
            assert line in text


def test_the_script_of_sphinx_gallery_has_the_code_and_nothing_else(tmp_path):
    """What is not a cell is a comment."""
    TOOLS["sphinx-gallery"].write(tmp_path, 1)
    script = ast.parse((tmp_path / "examples/article-0001.py").read_text(encoding="utf-8"))
    assert ast.unparse(script.body[1:]) == ast.unparse(ast.parse(corpus.code(1)))  # after the title


def test_edits_concern_the_same_share_of_every_corpus():
    """Three of eight import the module, one reads the data file, one imports the distribution; one has its own source edited."""
    concerned = {scenario: [len(edit.pages(count)) for count in (8, 1000)] for scenario, edit in corpus.SCENARIOS.items()}
    assert concerned == {
        **{"cold": [8, 1000], "no change": [0, 0], "prose": [1, 1], "cell": [1, 1]},
        **{"module": [3, 375], "data": [1, 125], "version": [1, 125]},
    }


def test_another_version_takes_the_place_of_the_installed_one(tmp_path):
    """After the version edit, the distribution that Python finds is the new one alone."""
    corpus.write_lab(tmp_path)
    corpus.SCENARIOS["version"].change(tmp_path, tmp_path)
    found = importlib.metadata.distributions(path=[str(tmp_path / "site-packages")])
    assert [(distribution.name, distribution.version) for distribution in found] == [("lab-dep", "2.0")]


NEVER_AGAIN = """
import pathlib
import lab
for source in sorted(pathlib.Path("docs").glob("*.md")):
    page = pathlib.Path(f"{source.stem}.html")
    if not page.exists():
        lab.ran(source.stem)
        page.write_text("answer 36")
"""


def once() -> Tool:
    """A tool that publishes what an article's first run gave, for ever."""
    return replace(TOOLS["markdown-exec"], command="once", files={"once.py": NEVER_AGAIN}, page="{}.html")


def test_what_ran_and_what_is_stale_is_seen(tmp_path):
    """A tool that runs nothing again has run everything once, and every page that an edit concerns is stale."""
    rows = list(bench.builds(once(), 8, tmp_path))
    assert [(row["scenario"], row["ran"], row["needed"], row["stale"]) for row in rows] == [
        *[("cold", 8, 8, 0), ("no change", 0, 0, 0), ("prose", 0, 0, 1), ("cell", 0, 1, 1)],
        *[("module", 0, 3, 3), ("data", 0, 1, 1), ("version", 0, 1, 1)],
    ]
    assert all(row["status"] == 0 and row["wall"] > 0 and row["cpu"] > 0 and row["memory"] > 1 for row in rows)


def test_a_tool_that_is_missing_or_broken_is_left_out_with_the_reason(tmp_path, monkeypatch):
    """The results name a tool that is not installed, and one that does not publish what it is given."""
    pytest.importorskip("torch")  # whose version the results name
    monkeypatch.setitem(bench.TOOLS, "missing", replace(once(), packages=("no-such-distribution",)))
    monkeypatch.setitem(bench.TOOLS, "broken", replace(once(), packages=(), command="once and not as it should", files={}))
    monkeypatch.setitem(bench.TOOLS, "once", replace(once(), packages=()))
    tools, left_out = bench.usable(["missing", "once", "broken"], tmp_path)
    assert tools == ["once"]
    assert left_out["missing"] == "no-such-distribution is not installed"
    assert "0 of 2 articles published, exit status 1: " in left_out["broken"]
    assert "No module named once" in left_out["broken"]


def test_a_target_is_reached_or_not_by_the_median_and_left_out_unmeasured():
    """Medians are compared with the bounds as they are; what was not measured is no result."""
    row = {"articles": 8, "scenario": "cold", "stale": 0}
    rows = [{**row, "tool": "zhixing", "wall": wall} for wall in (2, 9, 1)] + [{**row, "tool": "mkdocs-jupyter", "wall": 5}]
    found = {target["what"]: target for target in bench.targets({"rows": rows, "own_work": []})}
    assert set(found) == {"cold, 8 articles, in times of mkdocs-jupyter", "stale pages in all builds"}
    assert found["cold, 8 articles, in times of mkdocs-jupyter"]["measured"] == 0.4
    assert not found["cold, 8 articles, in times of mkdocs-jupyter"]["reached"]
    assert found["stale pages in all builds"]["reached"]


@pytest.mark.formula("benchmark#eq-more")
def test_one_more_article_costs_what_is_beyond_its_own_work():
    """Where a build costs 5 s, and each article 0.3 s of its own work and 0.1 s besides, one more article costs 0.1 s."""
    rows = [{"tool": "zhixing", "articles": n, "scenario": "cold", "cpu": 5 + n * (0.3 + 0.1)} for n in (8, 50)]
    warming_up = [2.0] * 8
    assert bench.Medians({"rows": rows, "own_work": [*warming_up, *[0.2, 0.4] * 21]}).one_more() == pytest.approx(0.1)
