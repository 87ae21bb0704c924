"""Which module imported which is known, also where a library was imported before the run began."""

import builtins
import dataclasses
import importlib
import os
import subprocess
import sys

import pytest

from zhixing.config import load
from zhixing.execute import execute
from zhixing.plan import recipe
from zhixing.read import read_works
from zhixing.running.imports import Imports

PACKAGES = {
    "zxlib/__init__.py": "import zxbase\nfrom . import part\n\ndef late():\n    import zxlate\n",
    "zxlib/part.py": "from zxdeep import value\n\ntry:\n    import zxmissing\nexcept ImportError:\n    pass\n",
    "zxlib/extra.py": "import zxextra\n",
    "zxbase.py": "",
    "zxdeep.py": "value = 1\n",
    "zxextra.py": "",
    "zxlate.py": "",
    "zxother.py": "import zxlib.extra\nzxlib.late()\n",
}


@pytest.fixture
def packages(tmp_path, monkeypatch):
    """A folder on ``sys.path`` with libraries that import each other; they are forgotten after the test."""
    for name, text in PACKAGES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for name in [name for name in sys.modules if name.startswith("zx")]:
        del sys.modules[name]


@pytest.fixture
def imports(packages, monkeypatch):
    """Imports noted until the test ends."""
    monkeypatch.setattr(builtins, "__import__", builtins.__import__)
    monkeypatch.setattr(importlib, "import_module", importlib.import_module)
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])
    noted = Imports()
    noted.install()
    return noted


def cell(code):
    """Run code as a cell does."""
    exec(code, {"__name__": "__main__"})


def reached(imports, *words):
    return {name for name in imports.reached([], words) if name.startswith("zx")}


@pytest.mark.parametrize("preload", ["", "zxlib", "zxother"])
@pytest.mark.parametrize("code", ["import zxlib", "from zxlib import part", "__import__('importlib').import_module('zxlib.part')"])
def test_what_a_library_imports_is_known_also_if_it_was_imported_before(imports, preload, code):
    """An article's import brings what the library imports, and nothing of what else the process has imported."""
    if preload:
        exec(f"import {preload}", {"__name__": "runner"})
    imports.begin()
    cell(code)
    assert reached(imports) == {"zxlib", "zxbase", "zxdeep", "zxmissing"}


def test_what_the_program_imports_does_not_count(imports):
    """What was imported before the run, and is not imported by the article, is no dependency."""
    exec("import zxother", {"__name__": "__main__"})
    imports.begin()
    cell("import zxdeep")
    assert reached(imports) == {"zxdeep"}


def test_late_imports_count_where_they_are_made(imports):
    """An import in a library's function is a dependency of the article that calls it, of no other."""
    exec("import zxother", {"__name__": "runner"})
    imports.begin()
    cell("import zxlib")
    assert "zxlate" not in reached(imports)
    cell("zxlib = __import__('zxlib')\nzxlib.late()")
    assert "zxlate" in reached(imports)


def test_a_submodule_that_is_used_without_an_import_counts(imports):
    """``library.extra`` needs no import where something else has imported it: the word ``extra`` in the source tells."""
    exec("import zxother", {"__name__": "runner"})
    imports.begin()
    cell("import zxlib\nzxlib.extra")
    assert "zxextra" in reached(imports, "zxlib", "extra")


@pytest.mark.parametrize("name", ["__main__", "made up"])
def test_code_that_is_no_module_is_the_articles(imports, name):
    """What a cell executes under whatever name imports for the article."""
    imports.begin()
    exec("import zxbase", {"__name__": name})
    exec("import zxdeep", {})
    assert {"zxbase", "zxdeep"} <= imports.reached([__name__], [])


@pytest.mark.parametrize("code", ["import zxnowhere", "from . import x", "__import__('importlib').import_module('.x')"])
def test_a_failed_import_fails_as_ever(imports, code):
    """The error of an import that fails is the one that Python raises without the engine."""
    with pytest.raises((ImportError, TypeError, KeyError)) as noted:
        cell(code)
    plain = f"exec({code!r}, {{'__name__': '__main__'}})"
    said = subprocess.run([sys.executable, "-c", plain], capture_output=True, text=True).stderr.strip().splitlines()[-1]
    assert said == f"{type(noted.value).__name__}: {noted.value}"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_forked_child_knows_what_its_parent_imported(packages, child_environment):
    """Installed once in a parent, the record goes on in a forked child."""
    program = """if True:
        import os
        from zhixing.running.imports import Imports
        imports = Imports()
        imports.install()
        import zxlib
        if os.fork() == 0:
            imports.begin()
            exec("import zxlib.extra", {"__name__": "__main__"})
            print(*sorted(name for name in imports.reached([], []) if name.startswith("zx")))
            os._exit(print(end="", flush=True) or 0)
        os.wait()
    """
    path = os.pathsep.join([str(packages), child_environment["PYTHONPATH"]])
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env={**child_environment, "PYTHONPATH": path})
    assert out.stdout.split() == ["zxbase", "zxdeep", "zxextra", "zxlib", "zxmissing"], out.stderr


BODY = """\
```python {.cell}
import statistics
import markdown
import mine
```
"""
PRELOADS = [("markdown", "yaml", "decimal"), ("pymdownx.superfences", "statistics", "mistyped")]


@pytest.mark.parametrize("preload", PRELOADS)
def test_the_record_is_the_same_with_and_without_preloading(blog, preload):
    """A run's modules and distributions do not depend on what the process had imported before it; the runner's own are not in it."""
    blog.write("code/mine.py", "import yaml\n")
    blog.article("a", BODY)
    config = load(blog.root)
    (work,) = read_works(config, pytest.fail)
    records = []
    for names in ((), preload):
        setting = dataclasses.replace(config, preload=names)
        dependencies = execute(work, recipe(work, setting), setting).dependencies
        records.append((dependencies["modules"], dependencies["distributions"]))
    assert records[0] == records[1]
    assert {"Markdown", "PyYAML"} <= records[0][1].keys()
    assert {"fractions", "statistics", "yaml"} <= set(records[0][0])
    assert {"ipython", "traitlets", "zhixing"}.isdisjoint(records[0][1])
