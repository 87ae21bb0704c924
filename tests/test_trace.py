"""Freshness: a change re-runs exactly the articles whose results can depend on it, and says why in one line.

Most tests here ask ``status``, which runs nothing; ``test_changes_reach_the_pages`` builds.
"""

import os
import threading
from importlib import metadata
from time import sleep

import pytest

SETTINGS = """\
[tool.zhixing]
languages = ["en"]
environment = ["ZX_MODE"]
"""
LAYERS = """\
from helpers import double
import names.inner

try:
    from package import fast
except ImportError:
    fast = None

WIDTH = double(4)
"""
HELPERS = """\
def double(x):
    \"\"\"Twice as much.\"\"\"
    def times(n):
        return n * x
    return times(2)


def triple(x):
    return 3 * x  # a comment


def numbers():
    yield 1


never = numbers()
"""
TWIN = """\
```python {.cell #points}
print(open("points.csv").read())
```
"""
ARTICLES = {
    "imports": """\
```python {.cell #late}
def late():
    import layers
    return layers.WIDTH
```

It is `{python} late()` wide.
""",
    "reads": """\
```python {.cell #read}
import os
from importlib.resources import files
from pathlib import Path

code = Path(os.path.dirname(__import__("paths").__file__))
numbers = (code / "numbers.csv").read_text()
names = sorted(os.listdir(code / "folder"))
optional = (code / "optional.txt").exists()
resource = files("package").joinpath("resource.txt").read_text()
```

It read `{python} numbers.strip()`.
""",
    "library": """\
```python {.cell #library}
import importlib

yaml = importlib.import_module("yaml")
try:
    import accelerator
except ImportError:
    accelerator = None
```
""",
    "plain": """\
Some prose.

```python {.cell #one}
one = 1
```

```python {.cell #two raises=KeyError}
{}["two"]
```

It is `{python} one:.2f`.
""",
    "prose": "Nothing is run here.\n",
    "introspects": """\
```python {.cell #code}
import shown

shown.caller()
names = shown.caller.__code__.co_names
```
""",
    "reads-code": """\
```python {.cell #source}
import inspect

import quoted

source = inspect.getsource(quoted.used)
```
""",
    "captures": """\
```python {.cell #stack}
import captured

library = {}
keeps = "import traceback\\ndef stack():\\n    return traceback.format_stack()"
exec(compile(keeps, "/site-packages/library.py", "exec"), library)
captured.call(library["stack"])
```
""",
    "shows-stack": """\
```python {.cell #stack}
import traceback

import stacked

lines = stacked.call(traceback.format_stack)
```
""",
    "scans": """\
```python {.cell #scan}
import os

import paths

with os.scandir(os.path.join(os.path.dirname(paths.__file__), "scanned")) as entries:
    sizes = [entry.stat().st_size for entry in entries]
```
""",
    "looks": """\
```python {.cell #look}
import os

import paths

base = os.path.dirname(paths.__file__)
there = os.path.isfile(os.path.join(base, "there.txt"))
size = os.path.getsize(os.path.join(base, "sized.txt"))
```
""",
}
FOLDERS = {
    "twin-a": TWIN,
    "twin-b": TWIN
    + """
```python {.cell #more}
import os
from pathlib import Path

from beside import SIX

Path("written.txt").write_text(Path("points.csv").read_text() + str(SIX))
names = sorted(name for name in os.listdir(".") if name.endswith(".csv"))
optional = Path("optional.txt").exists()
with open("log.txt", "a") as log:
    log.write("one more line")
```
""",
}
CODE = {
    "layers.py": LAYERS,
    "helpers.py": HELPERS,
    "shown.py": "def caller():\n    return 1\n\n\ndef unused():\n    return 1\n",
    "quoted.py": "def used():\n    return 1\n\n\ndef unused():\n    return 1\n",
    "captured.py": "def call(f):\n    return f()\n",
    "stacked.py": "def call(f):\n    return f()\n",
    "scanned/a.txt": "",
    "there.txt": "",
    "sized.txt": "",
    "unused.py": "",
    "paths.py": "",
    "numbers.csv": "1,2\n",
    "folder/a.txt": "",
    "names/inner.py": "",
    "package/__init__.py": "",
    "package/resource.txt": "",
}


@pytest.fixture(scope="module")
def built(new_blog):
    """A blog in which each article depends on other things, built once, with ``__pycache__`` of its modules in place."""
    blog = new_blog("fresh")
    blog.write("pyproject.toml", SETTINGS)
    for name, text in CODE.items():
        blog.write(f"code/{name}", text)
    for slug, body in ARTICLES.items():
        blog.article(slug, body)
    for slug, body in FOLDERS.items():
        blog.article(f"{slug}/index", body)
        blog.write(f"docs/en/articles/{slug}/points.csv", f"points of {slug}")
    blog.write("docs/en/articles/twin-b/beside.py", "SIX = 6\n")
    blog.write("docs/en/articles/twin-b/log.txt", "the author's line\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZX_MODE", "light")
        blog.first = blog.built()
        yield blog


@pytest.fixture
def blog(built):
    """The built blog; what a test changes in it is put back, contents and times."""
    paths = [p for folder in ("docs", "code") for p in (built.root / folder).rglob("*") if p.is_file()]
    kept = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in paths}
    yield built
    for folder in ("docs", "code"):
        for path in sorted((built.root / folder).rglob("*"), reverse=True):
            if path.is_file() and path not in kept:
                path.unlink()
            elif path.is_dir() and not any(path.iterdir()):
                path.rmdir()
    for path, (content, time) in kept.items():
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        os.utime(path, ns=(time, time))
    assert stale(built) == {}, "putting a change back makes every article fresh again"


def stale(blog):
    """What a build would run: {slug: why}."""
    said = blog.run("status", "--json")
    return {slug: article["why"] for slug, article in said.articles.items() if article["state"] == "stale"}


def edit(name, old, new):
    """Replace text in a file of the blog."""

    def change(blog):
        text = (blog.root / name).read_text()
        assert text.count(old) == 1
        blog.write(name, text.replace(old, new))

    return change


def new(name, text=""):
    return lambda blog: blog.write(name, text)


def gone(name):
    return lambda blog: (blog.root / name).unlink()


def same_size_and_time(blog):
    path = blog.root / "code/layers.py"
    time = path.stat().st_mtime_ns
    path.write_text(path.read_text().replace("double(4)", "double(5)"))
    os.utime(path, ns=(time, time))


IN_ARTICLES = "docs/en/articles"
CHANGES = {
    "nothing": (lambda blog: None, {}),
    "prose": (edit(f"{IN_ARTICLES}/plain.md", "Some prose.", "Other prose,\n\nin other lines."), {}),
    "title": (edit(f"{IN_ARTICLES}/plain.md", "About plain", "Another title"), {}),
    "caption and header": (edit(f"{IN_ARTICLES}/plain.md", "#one}", '#one caption="Some" alt="Some" echo=false timeout=9}'), {}),
    "prose of an article without cells": (edit(f"{IN_ARTICLES}/prose.md", "Nothing", "Still nothing"), {}),
    "module that nothing imports": (edit("code/unused.py", "", "x = 1\n"), {}),
    "new module": (new("code/brand_new.py"), {}),
    "caches of Python": (new("code/folder/__pycache__/a.pyc"), {}),
    "cell": (edit(f"{IN_ARTICLES}/plain.md", "one = 1", "one = 2"), {"plain": "cell #one changed"}),
    "comment in a cell": (edit(f"{IN_ARTICLES}/plain.md", "one = 1", "one = 1  # comment"), {"plain": "cell #one changed"}),
    "id of a cell": (edit(f"{IN_ARTICLES}/plain.md", "#one", "#other"), {"plain": "cell #other is new"}),
    "wanted error": (edit(f"{IN_ARTICLES}/plain.md", "raises=KeyError", "raises=LookupError"), {"plain": "cell #two changed"}),
    "cell added": (edit(f"{IN_ARTICLES}/plain.md", "It is", "```python {.cell #three}\n3\n```\n\nIt is"), {"plain": "cell #three is new"}),
    "cell removed": (
        edit(f"{IN_ARTICLES}/plain.md", '```python {.cell #two raises=KeyError}\n{}["two"]\n```\n', ""),
        {"plain": "cell #two is gone"},
    ),
    "inline value": (edit(f"{IN_ARTICLES}/plain.md", "one:.2f", "one + 1:.2f"), {"plain": "the inline value 'one + 1' is new"}),
    "format of an inline value": (edit(f"{IN_ARTICLES}/plain.md", ":.2f", ":.3f"), {"plain": "the inline value 'one' is new"}),
    "inline value removed": (edit(f"{IN_ARTICLES}/plain.md", "`{python} one:.2f`", "1"), {"plain": "the inline values changed"}),
    "imported module": (edit("code/layers.py", "double(4)", "double(44)"), {"imports": "code/layers.py changed"}),
    "function that was entered": (edit("code/helpers.py", "times(2)", "times(22)"), {"imports": "code/helpers.py: double changed"}),
    "inner function that was entered": (edit("code/helpers.py", "n * x", "n + x"), {"imports": "code/helpers.py: double.times changed"}),
    "function that was not entered": (edit("code/helpers.py", "3 * x", "4 * x"), {}),
    "generator that was not started": (edit("code/helpers.py", "yield 1", "yield 2"), {}),
    "generator that is none any more": (edit("code/helpers.py", "yield 1", "return 1"), {"imports": "code/helpers.py changed"}),
    "comment in a module": (edit("code/helpers.py", "# a comment", "# another\n\n\n"), {}),
    "docstring": (edit("code/helpers.py", "Twice", "Double"), {"imports": "code/helpers.py changed"}),
    "default of a function that was not entered": (
        edit("code/helpers.py", "triple(x)", "triple(x=1)"),
        {"imports": "code/helpers.py changed"},
    ),
    "new function": (edit("code/helpers.py", "never =", "def print(): pass\n\n\nnever ="), {"imports": "code/helpers.py changed"}),
    "function that is gone": (edit("code/helpers.py", "def triple(x):\n    return 3 * x  # a comment\n", ""), {"imports": None}),
    "syntax error where nothing was entered": (edit("code/helpers.py", "3 * x", "3 *"), {"imports": "code/helpers.py changed"}),
    "error of the compiler where nothing was entered": (
        edit("code/helpers.py", "return 3", "break"),
        {"imports": "code/helpers.py changed"},
    ),
    "warning of the compiler where nothing was entered": (
        edit("code/helpers.py", "3 * x", "1 is x"),
        {"imports": "code/helpers.py changed"},
    ),
    "function in a module whose code is looked at": (
        edit("code/shown.py", "unused():\n    return 1", "unused():\n    return 2"),
        {"introspects": "code/shown.py changed"},
    ),
    "comment in a module whose source is read": (
        new("code/quoted.py", CODE["quoted.py"] + "# end"),
        {"reads-code": "code/quoted.py changed"},
    ),
    "comment where a library kept the stack": (new("code/captured.py", CODE["captured.py"] + "# end"), {}),
    "comment where the stack is shown": (new("code/stacked.py", CODE["stacked.py"] + "# end"), {"shows-stack": "code/stacked.py changed"}),
    "module with equal size and time": (same_size_and_time, {"imports": "code/layers.py changed"}),
    "module that an imported one imports": (edit("code/helpers.py", "never =", "ever ="), {"imports": "code/helpers.py changed"}),
    "imported module gone": (gone("code/layers.py"), {"imports": "code/layers.py is gone"}),
    "package before the module": (new("code/layers/__init__.py"), {"imports": "code/layers/__init__.py is new"}),
    "package in the place of a folder": (new("code/names/__init__.py"), {"imports": "code/names/__init__.py is new"}),
    "module in the place of a folder": (new("code/names.py"), {"imports": "code/names.py is new"}),
    "module that was looked for": (new("code/package/fast.py"), {"imports": "code/package/fast.py is new"}),
    "module named like a distribution": (new("code/yaml.py"), {"library": "code/ now has a yaml of its own"}),
    "package named like a distribution": (new("code/yaml/__init__.py"), {"library": "code/ now has a yaml of its own"}),
    "module named like the standard library": (new("code/importlib.py"), {"library": None, "reads": None, "reads-code": None}),
    "module that was not installed": (new("code/accelerator.py"), {"library": "code/ now has a accelerator of its own"}),
    "data file": (edit("code/numbers.csv", "1,2", "1,3"), {"reads": "code/numbers.csv changed"}),
    "data file gone": (gone("code/numbers.csv"), {"reads": "code/numbers.csv is gone"}),
    "file in a listed folder": (new("code/folder/b.txt"), {"reads": "the files in code/folder are others"}),
    "file of a listed folder gone": (gone("code/folder/a.txt"), {"reads": "the files in code/folder are others"}),
    "file that was looked for": (new("code/optional.txt"), {"reads": "code/optional.txt is new"}),
    "content of a file that was looked for": (edit("code/there.txt", "", "text"), {}),
    "file that was looked for gone": (gone("code/there.txt"), {"looks": "code/there.txt is gone"}),
    "size of a file": (edit("code/sized.txt", "", "text"), {"looks": "code/sized.txt changed"}),
    "size of a file in a scanned folder": (edit("code/scanned/a.txt", "", "text"), {"scans": "code/scanned/a.txt changed"}),
    "new file in a scanned folder": (new("code/scanned/b.txt"), {"scans": "the files in code/scanned are others"}),
    "resource of a package": (edit("code/package/resource.txt", "", "text"), {"reads": "code/package/resource.txt changed"}),
    "file beside one twin": (
        edit(f"{IN_ARTICLES}/twin-a/points.csv", "twin-a", "A"),
        {"twin-a": f"{IN_ARTICLES}/twin-a/points.csv changed"},
    ),
    "file beside the other": (
        edit(f"{IN_ARTICLES}/twin-b/points.csv", "twin-b", "B"),
        {"twin-b": f"{IN_ARTICLES}/twin-b/points.csv changed"},
    ),
    "module beside": (edit(f"{IN_ARTICLES}/twin-b/beside.py", "6", "7"), {"twin-b": f"{IN_ARTICLES}/twin-b/beside.py changed"}),
    "package before a module beside": (
        new(f"{IN_ARTICLES}/twin-b/beside/__init__.py", "SIX = 66\n"),
        {"twin-b": f"{IN_ARTICLES}/twin-b/beside/__init__.py is new"},
    ),
    "module of code/ before one beside": (new("code/beside.py"), {"twin-b": "code/ now has a beside of its own"}),
    "new file beside, listed": (new(f"{IN_ARTICLES}/twin-b/b.csv"), {"twin-b": f"the files in {IN_ARTICLES}/twin-b are others"}),
    "new file beside, looked for": (
        new(f"{IN_ARTICLES}/twin-b/optional.txt"),
        {"twin-b": f"{IN_ARTICLES}/twin-b/optional.txt is new"},
    ),
    "file beside that was appended to": (
        edit(f"{IN_ARTICLES}/twin-b/log.txt", "the", "an"),
        {"twin-b": f"{IN_ARTICLES}/twin-b/log.txt changed"},
    ),
    "new file beside, not looked for": (new(f"{IN_ARTICLES}/twin-a/b.csv"), {}),
}


@pytest.mark.parametrize("name", CHANGES)
def test_change_makes_stale(name, blog):
    """A change makes exactly those articles stale whose run depends on it, and says in one line because of what."""
    change, expected = CHANGES[name]
    change(blog)
    found = stale(blog)
    assert set(found) == set(expected)
    assert all("\n" not in why for why in found.values())
    assert {slug: why for slug, why in found.items() if expected[slug]} == {slug: why for slug, why in expected.items() if why}


def test_version_of_a_distribution(blog, tmp_path, monkeypatch):
    """Another installed version of what an article imports makes it stale, with both versions named."""
    then = metadata.version("PyYAML")
    (tmp_path / "PyYAML-99.1.dist-info").mkdir()
    (tmp_path / "PyYAML-99.1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: PyYAML\nVersion: 99.1\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert stale(blog) == {"library": f"PyYAML {then} is now 99.1"}


def test_environment(blog, monkeypatch):
    """An environment variable that the settings let runs see is a dependency of every run."""
    monkeypatch.setenv("ZX_MODE", "dark")
    assert set(stale(blog).values()) == {"the environment variable ZX_MODE changed"}


def test_preload_and_interpreter(blog, monkeypatch):
    """Other preloaded modules make every run stale."""
    blog.write("pyproject.toml", SETTINGS + 'preload = ["decimal"]\n')
    try:
        assert set(stale(blog).values()) == {"preload nothing is now decimal"}
    finally:
        blog.write("pyproject.toml", SETTINGS)


def test_why(blog):
    """``why`` names the dependency of one article, and says so where nothing has changed."""
    blog.write("code/numbers.csv", "3")
    assert blog.run("why", "reads").out.split() == ["reads", "stale", "code/numbers.csv", "changed"]
    assert blog.run("why", "plain").out == "plain  fresh   nothing it depends on has changed\n"


def test_first_build_ran_what_has_cells(built):
    """The first build runs every article that has something to run, and says that it never ran."""
    articles = built.first.articles
    assert {slug for slug, article in articles.items() if article["state"] == "ran"} == {*ARTICLES, *FOLDERS} - {"prose"}
    assert {article["why"] for slug, article in articles.items() if slug != "prose"} == {"it has never run"}


@pytest.mark.parametrize("kept", ["code/data.csv", "docs/en/articles/waits/data.csv", "code/state.py"])
def test_an_edit_while_the_run_goes_on_is_not_lost(kept, new_blog):
    """What is edited after the run has read it, and before the run ends, is a change: outputs are of the text that was read."""
    blog = new_blog("edited meanwhile")
    read = {"code/state.py": "import state; value = state.VALUE"}.get(kept, f"value = open({str(blog.root / kept)!r}).read()")
    read = read.replace(str(blog.root / "docs/en/articles/waits") + "/", "")
    blog.write(kept, "VALUE = 1\n")
    marks = blog.root.parent
    wait = f"from pathlib import Path\nPath({str(marks / 'read')!r}).touch()\nwhile not Path({str(marks / 'edited')!r}).exists(): pass"
    blog.article("waits/index", f"```python {{.cell}}\n{read}\n{wait}\nprint(value)\n```\n")

    def edit_meanwhile():
        while not (marks / "read").exists():
            sleep(0.01)
        blog.write(kept, "VALUE = 22\n")
        (marks / "edited").touch()

    editor = threading.Thread(target=edit_meanwhile)
    editor.start()
    blog.built()
    editor.join()
    (marks / "edited").unlink()  # the run has looked for it, too
    assert stale(blog) == {"waits": f"{kept} changed"}


def test_what_a_run_made_itself_is_no_dependency(new_blog):
    """A run that looks for a file of its own elsewhere, does not find it and makes it, is fresh afterwards."""
    blog = new_blog("makes")
    made = blog.root.parent / "made.txt"
    code = f"from pathlib import Path\nmade = Path({str(made)!r})\nif not made.exists():\n    made.write_text('1')\nprint(made.read_text())"
    blog.article("makes", f"```python {{.cell}}\n{code}\n```\n")
    blog.built()
    assert stale(blog) == {}


def test_twins_see_their_own_files(built):
    """Articles with equal code in two folders each show their own file."""
    assert "points of twin-a" in built.page("twin-a")
    assert "points of twin-b" in built.page("twin-b")


def test_changes_reach_the_pages(blog):
    """A build runs exactly what ``status`` foresaw, from the source as it is: no cached .pyc of equal size and time."""
    import py_compile

    source = blog.root / "code/layers.py"
    py_compile.compile(str(source), doraise=True)
    same_size_and_time(blog)
    blog.write("code/numbers.csv", "5,6")
    foreseen = stale(blog)
    before = blog.digests()
    said = blog.built()
    assert set(foreseen) == {"imports", "reads"} == said.slugs("ran")
    assert ">10<" in blog.page("imports")
    assert ">5,6<" in blog.page("reads")
    changed = {name for name, digest in blog.digests().items() if before[name] != digest}
    made = ("articles/{}.md", "notebooks/{}.ipynb", "downloads/{}.ipynb", "downloads/{}.py")
    assert changed == {f"en/{name.format(slug)}" for slug in foreseen for name in made}
