"""The whole way of a build: what is published, in what order stages report, and what another build finds.

The errors of every stage are held by the golden cases (test_cases.py), freshness by test_trace.py.
"""

import multiprocessing
import shutil
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import PurePosixPath

import pytest

from zhixing import pipeline
from zhixing.config import load
from zhixing.errors import Problem, Problems
from zhixing.outcome import Build


def test_woven_tree_is_whole(blog):
    """build/docs/<lang> holds pages, articles, notebooks, all other files and the engine's style sheet, and nothing else."""
    blog.write("docs/en/index.md", "# Home\n")
    blog.write("docs/en/assets/picture.txt", "text")
    blog.article("flat", "Flat.\n")
    blog.article("folder/index", "Folder, with [its file](data.csv).\n")
    blog.write("docs/en/articles/folder/data.csv", "1,2\n")
    blog.article("flat", "平。\n", language="zh")
    blog.write("docs/theme/site.css", "not of a language")
    blog.built()
    assert set(blog.digests()) == {
        "en/index.md",
        "en/assets/picture.txt",
        "en/assets/zhixing/zhixing.css",
        "en/articles/flat.md",
        "en/articles/folder/index.md",
        "en/articles/folder/data.csv",
        "en/notebooks/index.md",
        "en/notebooks/flat.ipynb",
        "en/notebooks/folder.ipynb",
        "zh/assets/zhixing/zhixing.css",
        "zh/articles/flat.md",
        "zh/notebooks/index.md",
        "zh/notebooks/flat.ipynb",
    }


def test_pages_that_are_no_articles_stay_as_they_are(blog):
    """A page beside the articles, and every other file, is published byte for byte."""
    page, data = "---\ntitle: T\n---\n\n# Home\n\n`code` $5 @fig-x\n", bytes(range(256))
    blog.write("docs/en/index.md", page)
    blog.write("docs/en/data.bin", data)
    blog.article("a", "A.\n")
    blog.built()
    assert (blog.root / "build/docs/en/index.md").read_text() == page
    assert (blog.root / "build/docs/en/data.bin").read_bytes() == data


def test_what_is_gone_is_unpublished(blog):
    """An article or file that is removed, and a language that has no more of them, is gone from the next build."""
    path = blog.article("gone", "Gone.\n")
    blog.write("docs/en/folder/file.txt", "gone")
    blog.article("stays", "Stays.\n")
    blog.built()
    path.unlink()
    shutil.rmtree(blog.root / "docs/en/folder")
    blog.built()
    assert sorted(blog.digests()) == [
        "en/articles/stays.md",
        "en/assets/zhixing/zhixing.css",
        "en/notebooks/index.md",
        "en/notebooks/stays.ipynb",
    ]
    assert not (blog.root / "build/docs/en/folder").exists()


def test_files_of_pages_that_need_them(blog, katex):
    """KaTeX's style sheet and fonts are there where a page has a formula, and the program that drew it is not."""
    blog.article("a", "$x$\n")
    blog.built()
    folder = blog.root / "build/docs/en/assets/zhixing"
    assert (folder / "katex.min.css").exists()
    assert list((folder / "fonts").glob("*.woff2"))
    assert not list(folder.rglob("*.js"))


def test_errors_of_all_stages_in_one_build(blog):
    """Reading, running, binding and proving report in one build; articles without an error run, and are fresh in the next."""
    blog.article("reads", "```python {.cell\n```\n")
    blog.article("runs", "```python {.cell}\n1 / 0\n```\n")
    blog.article("binds", '```python\n--8<-- "absent.py"\n```\n')
    blog.article("proves", "[gone](gone.md)\n")
    blog.article("fine", "```python {.cell}\n1\n```\n")
    said = blog.build()
    assert [error.split(":")[:2] for error in said.errors] == [
        ["docs/en/articles/binds.md", "7"],
        ["docs/en/articles/proves.md", "6"],
        ["docs/en/articles/reads.md", "6"],
        ["docs/en/articles/runs.md", "7"],
    ]
    assert said.slugs("failed") == {"reads", "runs", "binds", "proves"}
    assert said.slugs("ran") == {"fine"}
    assert blog.run("status", "--json").slugs("fresh") >= {"fine"}
    assert not (blog.root / "build/docs").exists()


def test_link_to_a_failing_article_is_no_second_error(blog):
    """A page that links to an article with an error is not reported for it."""
    blog.article("fails", "`{python} 1 +`\n")
    blog.article("links", "[there](fails.md)\n")
    assert [error.partition(":")[0] for error in blog.build().errors] == ["docs/en/articles/fails.md"]


def test_errors_are_sorted_and_said_once():
    """Problems come in the order of their places, numbers as numbers, and the same one only once."""
    found = [Problem("b.md", 2, "x", "y"), Problem("a.md", 10, "x", "y"), Problem("a.md", 9, "x", "y"), Problem("b.md", 2, "x", "y")]
    assert str(Problems(found)) == "a.md:9: x; y\na.md:10: x; y\nb.md:2: x; y"
    assert Problem(PurePosixPath("a.md"), 3, "x", "y").as_json() == {"path": "a.md", "line": 3, "message": "x; y"}


def test_build_raises_for_those_who_call_it(blog):
    """Called from Python, a build raises all problems, each a ValueError with its place."""
    blog.article("a", "`{python} 1 +`\n\n`{python} 2 +`\n")
    with pytest.raises(Problems) as caught:
        pipeline.build(load(blog.root), Build())
    assert [(problem.path, problem.line) for problem in caught.value.problems] == [("docs/en/articles/a.md", line) for line in (6, 8)]
    assert all(isinstance(problem, ValueError) for problem in caught.value.problems)


def test_leftovers_of_a_killed_build_go(blog):
    """The folder of a run that was killed with its build is removed by the next one."""
    blog.article("a", "A.\n")
    blog.write("build/run-killed/a/file.txt", "left")
    blog.built()
    assert not (blog.root / "build/run-killed").exists()


def test_progress_is_said(blog):
    """Before and after each run a line says which article, why, and how many there are."""
    blog.article("a", "`{python} 1`\n")
    blog.article("b", "B\n")
    first, last, *_ = blog.run("build").err.splitlines()
    assert first == "[0/1] a is to run: it has never run"
    assert last.startswith("[1/1] a ran in ")


POOLS = {
    "one at a time": lambda: ThreadPoolExecutor(1),
    "all at once": lambda: ThreadPoolExecutor(6),
    "in other processes": lambda: ProcessPoolExecutor(2, multiprocessing.get_context("spawn")),
}


def test_any_executor_gives_the_same(new_blog):
    """Articles run in any standard executor; how many at once, where, and in which order they end changes no byte, no key, no error."""
    found = {}
    for name, pool in POOLS.items():
        blog = new_blog(f"pool {name}")
        for n in range(6):
            blog.article(f"a{n}", f"```python {{.cell}}\nimport time, random\ntime.sleep(0.0{5 - n})\n{n}, random.random()\n```\n")
        result = Build()
        with pool() as workers:
            pipeline.build(load(blog.root), result, pool=workers)
            keys = sorted(path.stem for path in (blog.root / "build/store").glob("*/*"))
            blog.article("wrong", "```python {.cell}\n1 / 0\n```\n\n`{python} 1 +`\n")
            blog.article("late", "```python {.cell timeout=0.1}\nimport time\ntime.sleep(9)\n```\n")
            with pytest.raises(Problems) as caught:
                pipeline.build(load(blog.root), Build(), pool=workers)
        found[name] = blog.digests(), keys, str(caught.value), {slug: outcome.state for slug, outcome in result.outcomes.items()}
    first, *others = found.values()
    assert others == [first] * len(others)
    assert len(first[1]) == 6
