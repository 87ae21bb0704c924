"""Project modules: found and compiled from their source, with what would have been found before them."""

import os
import sys

import pytest

from zhixing.running.functions import ENTERED
from zhixing.running.project import Project
from zhixing.running.shapes import Recorder
from zhixing.running.trace import _Recording


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project whose modules lie in ``tmp_path``; the hooks and its modules go with the test."""
    monkeypatch.setattr(sys, "path_hooks", [*sys.path_hooks])
    monkeypatch.setattr(sys, "path_importer_cache", {})
    monkeypatch.syspath_prepend(tmp_path)
    made = Project(lambda folder: not folder.startswith(str(tmp_path)), _Recording(), "import zx_module", Recorder())
    made.install()
    yield made
    for name in [name for name in sys.modules if name.startswith("zx_")]:
        del sys.modules[name]


def write(folder, name, text):
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return str(path)


def test_a_module_is_compiled_from_its_source_with_marks(project, tmp_path):
    """An import keeps the module's name, its source as it was compiled, and which functions were entered."""
    path = write(tmp_path, "zx_module.py", "def f(): pass\ndef g(): pass\nf()\n")
    import zx_module

    assert project.names == {"zx_module"}
    assert project.sources == {path: b"def f(): pass\ndef g(): pass\nf()\n"}
    assert list(project.functions(path)) == ["", "f"]
    zx_module.g()
    assert list(project.functions(path)) == ["", "f", "g"]
    assert [name for name in vars(zx_module) if not name.startswith("__")] == ["f", "g"]
    assert project.marks[path][0] is vars(zx_module)[ENTERED]


@pytest.mark.parametrize("use", ["importlib.reload(importlib.import_module('zx_module'))", "runpy.run_module('zx_module')"])
def test_a_module_that_is_executed_otherwise_counts_whole(use, project, tmp_path):
    """What a reload or runpy executes has no outline: every edit of the file counts."""
    path = write(tmp_path, "zx_module.py", "def f(): pass\n")
    exec(f"import importlib, runpy; {use}")
    assert path in project.sources
    assert project.functions(path) == {}


@pytest.mark.parametrize("source", ["import math as numba", "line = 'lineno'", "print.__code__"])
def test_code_that_looks_at_code_has_no_marks(source, project, tmp_path):
    """Where functions are compiled from their code, or code becomes output, modules are as they were written."""
    write(tmp_path, "zx_module.py", f"def f(): {source}\n")
    import zx_module

    assert project.introspects
    assert zx_module.f.__code__.co_consts == compile("def f(): " + source, "", "exec").co_consts[0].co_consts


def test_what_would_come_before_a_module_is_noted(project, tmp_path):
    """A package or compiled module of the same name, not there now, is noted; so is a module that was looked for in vain."""
    write(tmp_path, "zx_package/__init__.py", "")
    write(tmp_path, "zx_package/inner.py", "")
    import zx_package.inner

    with pytest.raises(ImportError):
        import zx_package.absent  # noqa: F401
    absent = {os.path.relpath(path, tmp_path) for path in project.absent}
    assert {"zx_package/inner/__init__.py", "zx_package/absent.py", "zx_package/absent/__init__.py"} <= absent
    assert any(name.startswith("zx_package/inner.") and name.endswith((".so", ".pyd")) for name in absent)
    assert not absent & {"zx_package/inner.py", "zx_package/__init__.py"}


def test_a_compiled_module_is_noted(project, tmp_path):
    """An extension module of the project is found, and its file is a dependency, whether it can be loaded or not."""
    from importlib.machinery import EXTENSION_SUFFIXES

    path = write(tmp_path, f"zx_compiled{EXTENSION_SUFFIXES[0]}", "no machine code")
    with pytest.raises(ImportError):
        import zx_compiled  # noqa: F401
    assert project.compiled == {path}


def test_what_is_installed_is_left_to_python(project):
    """Folders of installed modules keep Python's own finder."""
    import zhixing

    del sys.modules["zhixing"]
    try:
        import zhixing
    finally:
        sys.modules["zhixing"] = zhixing
    assert project.names == set()
    assert project.sources == {}
