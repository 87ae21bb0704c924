"""The site is put in its place whole: whatever ends a build, the old site or the new one is there."""

import importlib.util
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from filelock import FileLock, Timeout

PAGES = {"index.html", "en/index.html"}


class Killed(BaseException):
    """Stands for SIGKILL: no handler of the code under test may see it."""


@pytest.fixture
def noxfile(tmp_path, monkeypatch):
    """noxfile.py for a project in a temporary folder whose old site is there. nox itself, which runs it, need not be installed."""

    def session(function=None, **_):
        return function or (lambda function: function)

    monkeypatch.setitem(sys.modules, "nox", SimpleNamespace(session=session, options=SimpleNamespace(), Session=object))
    spec = importlib.util.spec_from_file_location("noxfile", Path(__file__).parent.parent / "noxfile.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.ROOT = tmp_path
    module.site_environment = dict
    module.run = lambda session, program, *arguments, **_: build(program, arguments)
    write(tmp_path / "site", "old")
    return module


SESSION = SimpleNamespace(log=lambda message: None)


def write(folder, content):
    for name in PAGES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)


def build(program, arguments):
    """What ``mkdocs build`` does, as far as it matters here."""
    if program == "mkdocs":
        folder = Path(arguments[-1])
        folder.mkdir(parents=True)
        (folder / "index.html").write_text("new")


def state(root):
    """What the pages of the site hold; fails where one is missing."""
    assert {path.relative_to(root / "site").as_posix() for path in (root / "site").rglob("*.html")} == PAGES
    (content,) = {path.read_text() for path in (root / "site").rglob("*.html")}
    return content


def test_site_is_of_tested_code(noxfile, tmp_path, monkeypatch):
    """The site is built after the code's tests, which record what they executed; asked for some tests only, no session records."""
    calls = []
    monkeypatch.setattr(noxfile, "run", lambda session, *command, **_: calls.append(command) or build(command[0], command[1:]))
    noxfile.site(SESSION)
    assert calls[0] == ("pytest", "-m", "not site", "--evidence-if-needed")
    assert [command[0] for command in calls[1:]] == ["zhixing", "mkdocs", "mkdocs"]
    for asked, wanted in (([], ("pytest", "--evidence")), (["-k", "x"], ("pytest", "-k", "x"))):
        noxfile.tests(SimpleNamespace(posargs=asked))
        assert calls[-1] == wanted


@pytest.mark.parametrize("exchanges", [True, False])
def test_new_site_takes_the_old_ones_place(exchanges, noxfile, tmp_path, monkeypatch):
    """After a build the new site is there and nothing else, also where folders cannot be exchanged and where there was no site."""
    if not exchanges:
        monkeypatch.setattr(noxfile, "exchange", lambda *_: False)
    noxfile.build_site(SESSION)
    assert state(tmp_path) == "new"
    assert [path.name for path in (tmp_path / "build").iterdir() if path.is_dir()] == []
    noxfile.remove(tmp_path / "site")
    noxfile.build_site(SESSION)
    assert state(tmp_path) == "new"


@pytest.mark.skipif(sys.platform != "linux", reason="exchanged in one step on Linux")
def test_there_is_a_site_at_every_moment(noxfile, monkeypatch):
    """The old site is never renamed away: the two change places in one step."""
    monkeypatch.setattr(Path, "rename", None)
    noxfile.build_site(SESSION)


@pytest.mark.parametrize("step", ["zhixing", "mkdocs.yml", "docs/mkdocs.en.yml"])
def test_killed_build_leaves_the_old_site(step, noxfile, tmp_path):
    """A build that ends before the new site is whole leaves the old one, and the next build succeeds."""
    run = noxfile.run

    def run_until(session, program, *arguments, **_):
        if step in (program, *arguments):
            raise Killed
        run(session, program, *arguments)

    noxfile.run = run_until
    with pytest.raises(Killed):
        noxfile.build_site(SESSION)
    assert state(tmp_path) == "old"
    noxfile.run = run
    noxfile.build_site(SESSION)
    assert state(tmp_path) == "new"


def test_build_killed_between_two_renames(noxfile, tmp_path, monkeypatch):
    """Where folders cannot be exchanged, a kill between the two renames leaves no site: the next build puts the old one back first."""
    (tmp_path / "build").mkdir()
    (tmp_path / "site").rename(tmp_path / "build/site.old")
    seen = []
    run = noxfile.run
    monkeypatch.setattr(noxfile, "run", lambda *arguments, **_: seen.append(state(tmp_path)) or run(*arguments))
    noxfile.build_site(SESSION)
    assert seen == ["old"] * 3
    assert state(tmp_path) == "new"


def test_two_builds_of_the_site_never_mix(noxfile, tmp_path):
    """While one session builds the site, another waits, and says so."""
    said = []

    def run(session, program, *arguments, **_):
        with pytest.raises(Timeout):
            FileLock(tmp_path / "build/.site.lock").acquire(timeout=0)
        build(program, arguments)

    noxfile.run = run
    noxfile.build_site(SimpleNamespace(log=said.append))
    assert len(said) == 1
    other = FileLock(tmp_path / "build/.site.lock", thread_local=False)
    other.acquire()
    noxfile.build_site(SimpleNamespace(log=lambda message: said.append(message) or other.release()))
    assert said[1] == "waiting for another build of the site to end"
