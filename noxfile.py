"""Every task of this project: `nox -l` lists them, `nox -s NAME` runs one."""

from __future__ import annotations

import ctypes
import hashlib
import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import nox
from filelock import FileLock, Timeout  # comes with virtualenv, which nox needs

nox.needs_version = ">=2024.10.9"
nox.options.default_venv_backend = "virtualenv"
nox.options.reuse_venv = "always"
nox.options.sessions = ["tests"]

ROOT = Path(__file__).parent
ENVIRONMENT = ROOT / ".nox" / "environment"  # that of the session of this name
RESULTS = "docs/zh/articles/benchmark/results.json"
# One thread: cheaper on small models, and the same numbers every time.
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


@nox.session
def environment(session: nox.Session) -> None:
    """Install what the sessions below share (about 2 GB; only when it has changed)."""
    install(session, "-e", ".[site,deep-learning,test]", constraints="constraints.txt")


@nox.session(venv_backend="none", requires=["environment"])
def site(session: nox.Session) -> None:
    """Test the code, execute the articles, build site/ and site/en/."""
    run(session, "pytest", "-m", "not site", "--evidence-if-needed")
    build_site(session)


@nox.session(venv_backend="none", requires=["environment"])
def tests(session: nox.Session) -> None:
    """Test everything: the code, the articles and the built site (`-- ARGUMENTS` go to pytest)."""
    run(session, "pytest", *(session.posargs or ("--evidence",)))


@nox.session(venv_backend="none", requires=["environment"])
def serve(session: nox.Session) -> None:
    """Show the site at http://127.0.0.1:8000/ and rebuild what you edit (`-- en` for English)."""
    run(session, "mkdocs", "serve", "-f", "docs/mkdocs.en.yml" if "en" in session.posargs else "mkdocs.yml")


@nox.session(venv_backend="none", requires=["environment"])
def check(session: nox.Session) -> None:
    """Say what is wrong with articles without running anything (`-- ARTICLE …`; all without)."""
    run(session, "zhixing", "check", *session.posargs)


@nox.session(name="run", venv_backend="none", requires=["environment"])
def run_article(session: nox.Session) -> None:
    """Run one article and show what its cells show, with progress (`-- ARTICLE`)."""
    run(session, "zhixing", "run", *session.posargs)


@nox.session(venv_backend="none", requires=["environment"])
def verify(session: nox.Session) -> None:
    """Run an article again and hold what comes out beside what is published (`-- convolution`)."""
    run(session, "zhixing", "verify", *session.posargs)


@nox.session(venv_backend="none", requires=["environment"])
def accept(session: nox.Session) -> None:
    """Write the results of articles to their ledgers (`-- convolution --reason "why they are right"`)."""
    run(session, "zhixing", "accept", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure what a site costs, here and with other tools, in 35 minutes (`-- --articles 8 --repeat 1`: minutes; `-- --help`)."""
    install(session, "-e", ".[site,deep-learning,bench]", constraints="constraints.txt")
    session.run("python", "tests/bench.py", *(session.posargs or ("--output", RESULTS)))


@nox.session
def lint(session: nox.Session) -> None:
    """Check the style of all Python files."""
    install(session, "ruff==0.17.6")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session(python="3.11")
def lock(session: nox.Session) -> None:
    """Bring constraints.txt to the newest versions that are allowed, and say what moved (`-- --dry-run`: only say it)."""
    session.run("python", "tests/constraints.py", *session.posargs)


@nox.session(python=["3.12", "3.13", "3.14"])
def engine(session: nox.Session) -> None:
    """Test the engine alone, without torch, on newer Pythons (those that are found)."""
    install(session, "-e", ".[test,site]", "matplotlib", "pandas", constraints="constraints.txt")
    examples = [f"--ignore=tests/test_{module.stem}.py" for module in (ROOT / "code" / "deep_learning").glob("*.py")]
    session.run("pytest", "-m", "not site", *examples, *session.posargs, env=ONE_THREAD)


def install(session: nox.Session, *wanted: str, constraints: str | None = None) -> None:
    """Install packages once: again only when pyproject.toml, the constraints, the list or Python change."""
    files = [ROOT / "pyproject.toml", *([ROOT / constraints] if constraints else [])]
    state = digest(files, *wanted, sys.version)
    stamp = Path(session.virtualenv.location) / "installed"
    if not (stamp.exists() and stamp.read_text() == state):
        session.install(*wanted, *(["-c", constraints] if constraints else []))
        stamp.write_text(state)


def run(session: nox.Session, program: str, *arguments: str, **env: str) -> None:
    """Run a program of the shared environment."""
    folder = ENVIRONMENT / ("Scripts" if os.name == "nt" else "bin")
    path = os.pathsep.join([str(folder), os.environ["PATH"]])
    session.run(str(folder / program), *arguments, env={**ONE_THREAD, "PATH": path, "NO_MKDOCS_2_WARNING": "1", **env}, external=True)


def digest(files: list[Path], *more: str) -> str:
    found = hashlib.sha256("\0".join(more).encode())
    for path in files:
        found.update(f"\0{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return found.hexdigest()


def site_environment() -> dict[str, str]:
    """What the site's pages depend on beside the sources: its address, and the newest article's day as the day of building."""
    dates = [re.search(r"^date: *(\S+)", path.read_text(encoding="utf-8"), re.M)[1] for path in ROOT.glob("docs/*/articles/**/*.md")]
    day = datetime.fromisoformat(max(dates)).replace(tzinfo=UTC)
    address = os.environ.get("SITE_URL", "")
    english = {"SITE_URL_EN": f"{address.rstrip('/')}/en/"} if address else {}
    return {"SOURCE_DATE_EPOCH": os.environ.get("SOURCE_DATE_EPOCH", f"{day.timestamp():.0f}"), **english}


def build_site(session: nox.Session) -> None:
    """Build both languages beside the old site, and put them in its place when they are whole."""
    site, new, old = ROOT / "site", ROOT / "build" / "site", ROOT / "build" / "site.old"
    with one_at_a_time(session):
        if old.exists() and not site.exists():
            old.rename(site)  # a build was killed between two renames
        remove(new, old)
        run(session, "zhixing", "build")
        for config, folder in (("mkdocs.yml", new), ("docs/mkdocs.en.yml", new / "en")):
            run(session, "mkdocs", "build", "--strict", "-f", config, "-d", str(folder), **site_environment())
        if not exchange(new, site):
            if site.exists():
                site.rename(old)
            new.rename(site)
        remove(new, old)
    session.log("built site/ (look at it: python3 -m http.server -d site 8000, then http://127.0.0.1:8000/)")


@contextmanager
def one_at_a_time(session: nox.Session) -> Iterator[None]:
    """Hold the lock of the site. Where another session holds it, say so and wait."""
    (ROOT / "build").mkdir(exist_ok=True)
    lock = FileLock(ROOT / "build" / ".site.lock")
    try:
        lock.acquire(blocking=False)
    except Timeout:
        session.log("waiting for another build of the site to end")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def exchange(one: Path, other: Path) -> bool:
    """Exchange two folders in one step; False where one is missing or the system cannot (Linux can)."""
    rename = getattr(ctypes.CDLL(None), "renameat2", None) if sys.platform == "linux" else None
    here, exchanging = -100, 2  # AT_FDCWD and RENAME_EXCHANGE of renameat2(2)
    return rename is not None and rename(here, os.fsencode(one), here, os.fsencode(other), exchanging) == 0


def remove(*folders: Path) -> None:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
