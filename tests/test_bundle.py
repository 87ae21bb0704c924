"""What a download brings along: the files of the run, quoted safely, and the run's environment."""

import ast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from zhixing.bundle import ENVIRONMENT, bundle, literal, set_up
from zhixing.config import load
from zhixing.read import read_works
from zhixing.running import process
from zhixing.store import Store


@given(st.text(alphabet=st.one_of(st.sampled_from("'\"\\\n\r\t#{}"), st.characters(codec="utf-8"))))
@example("'''\n\"\"\"\n")
@example("a\r\nb\r")
@example('ends with "\n"')
@example("\\\n")
@example("a\0\nb")
def test_any_text_is_quoted(text):
    """Whatever a file holds, what stands for it in a download is that text to Python."""
    assert ast.literal_eval(literal(text)) == text


def test_plain_text_stays_readable():
    """A text without a quotation mark that ends it stands as it is, line by line; with inline metadata of its own it does not."""
    text = 'def f():\n    """Say \\n."""\n'
    assert text in literal(text)
    assert "\n# ///" not in literal("# /// script\n# dependencies = []\n# ///\n")


def test_the_environment_is_that_of_runs(blog):
    """A download sets what every run is given, but for where Matplotlib's files lie and how figures are caught."""
    given = process.environment(load(blog.root))
    assert {name: given[name] for name in ENVIRONMENT} == ENVIRONMENT
    others = {"MATPLOTLIBRC", "MPLBACKEND", "MPLCONFIGDIR", "PYTHONDONTWRITEBYTECODE", *process.PASSED_ON}
    assert given.keys() - ENVIRONMENT.keys() <= others


def made(blog, slug="a"):
    """The bundle of a blog's article, as its build made it."""
    blog.built()
    config = load(blog.root)
    (work,) = (work for work in read_works(config, pytest.fail) if work.slug == slug)
    return bundle(work, next(Store(config.build / "store").entries(slug)), config)


def write(blog, code):
    """An article in a folder with two files beside it, in a blog with a module of three and a file elsewhere."""
    for name in ("a", "b"):
        blog.write(f"docs/en/articles/a/{name}.txt", name)
    for name in ("used", "other"):
        blog.write(f"code/{name}.py", f"name = {name!r}\n")
    blog.write("code/data.txt", "data")
    blog.write("data/table.txt", "table")
    blog.article("a/index", f"```python {{.cell}}\n{code}\n```\n")


def test_files_are_those_that_the_run_read(blog):
    """Modules and files of code/, and the article's own, are there where the run read them, and no others."""
    write(blog, 'import used\nopen("a.txt").read(), open(used.__file__.replace("used.py", "data.txt")).read()')
    assert made(blog).files == {"code/used.py": b"name = 'used'\n", "code/data.txt": b"data", "work/a.txt": b"a"}
    assert made(blog).notes == ()


@pytest.mark.parametrize("code", ["import os\nlen(os.listdir())", "import subprocess\nsubprocess.run(['true']);"])
def test_all_own_files_are_there_where_the_run_may_have_seen_them(blog, code):
    """Where the run listed its folder or started a process, every file beside the article is in the download."""
    write(blog, code)
    page = blog.root / "docs/en/articles/a/index.md"
    page.write_text(page.read_text().replace("date:", "depends: []\ndate:"))
    assert made(blog).files == {"work/a.txt": b"a", "work/b.txt": b"b"}


def test_what_a_download_does_not_hold_is_said(blog):
    """Files elsewhere in the blog and environment variables are named in the set-up, by name alone; no path of the machine is."""
    blog.write("pyproject.toml", '[tool.zhixing]\nenvironment = ["TOKEN_OF_MINE"]\n')
    blog.write("../outside.txt", "not of the blog")
    write(blog, "\n".join(f"open({str(blog.root / name)!r}).read()" for name in ("data/table.txt", "../outside.txt")))
    first, second = made(blog).notes
    assert first == "The run also read data/table.txt of the blog, which this file does not hold."
    assert second == "The run saw the environment variables TOKEN_OF_MINE, which this file does not set."
    assert set_up(made(blog)).startswith(f"# {first}\n# {second}\n")
    assert str(blog.root.parent) not in set_up(made(blog))


def test_a_translation_s_downloads_have_the_original_s_files(blog):
    """The files beside the original are in the downloads of a translation without files, too."""
    write(blog, 'open("a.txt").read()')
    blog.write("pyproject.toml", '[tool.zhixing]\nlanguages = ["en", "zh"]\n')
    blog.article("a", "```python {.cell}\n```\n", language="zh")
    blog.built()
    for language in ("en", "zh"):
        assert "'work/a.txt': 'a'," in (blog.root / f"build/docs/{language}/downloads/a.py").read_text(encoding="utf-8")
