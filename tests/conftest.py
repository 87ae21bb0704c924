"""Blogs in temporary folders, and what one ``zhixing`` command said about them."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Said:
    """What one command answered: its exit status and its two streams."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> dict:
        """The one object on standard output; fails where anything else is there."""
        return json.loads(self.out)

    @property
    def articles(self) -> dict[str, dict]:
        return {article["slug"]: article for article in self.json["articles"]}

    @property
    def errors(self) -> list[str]:
        return [f"{e['path']}:{e['line']}: {e['message']}" for e in self.json["errors"]]

    def slugs(self, state: str) -> set[str]:
        """The slugs of the articles in one state."""
        return {slug for slug, article in self.articles.items() if article["state"] == state}


class Blog:
    """A folder with articles, driven through the command line's own function."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def article(self, slug: str, body: str, language: str = "en", front: str = "") -> Path:
        """Write an article whose body begins on line 6, after ``front``'s lines if there are any."""
        name = f"docs/{language}/articles/{slug}.md"
        return self.write(name, f"---\ntitle: About {slug}\ndate: 2026-01-02\n{front}---\n\n{body}")

    def run(self, *arguments: str) -> Said:
        from zhixing.cli import main

        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                status = main([*arguments, "--root", str(self.root)])
            except SystemExit as stop:
                status = stop.code
        return Said(status, out.getvalue(), err.getvalue())

    def build(self) -> Said:
        return self.run("build", "--json")

    def built(self) -> Said:
        """Build, and fail the test where that fails."""
        said = self.build()
        assert said.status == 0, said.err + "\n".join(said.errors)
        return said

    def page(self, slug: str, language: str = "en") -> str:
        """The woven Markdown of an article."""
        folder = self.root / "build" / "docs" / language / "articles"
        path = folder / f"{slug}.md"
        return (path if path.exists() else folder / slug / "index.md").read_text(encoding="utf-8")

    def digests(self, folder: str = "build/docs") -> dict[str, str]:
        """The digest of every file below a folder, by its path."""
        base = self.root / folder
        return {str(p.relative_to(base)): hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(base.rglob("*")) if p.is_file()}


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory):
    """Renderings and proofs of this test run alone; only the fetched front-end packages are shared with other runs."""
    from zhixing.frontend import cache_folder

    shared = cache_folder() / "frontend"
    shared.mkdir(parents=True, exist_ok=True)
    own = tmp_path_factory.mktemp("cache")
    (own / "frontend").symlink_to(shared, target_is_directory=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZHIXING_CACHE", str(own))
        patch.delenv("SOURCE_DATE_EPOCH", raising=False)
        yield


@pytest.fixture(scope="session")
def katex(_own_cache) -> Path:
    """KaTeX's files, as every build with a formula needs them; the test is skipped where npm cannot fetch them."""
    from zhixing import frontend
    from zhixing.errors import ZhixingError

    try:
        return frontend.package("katex")
    except ZhixingError as error:
        pytest.skip(f"KaTeX is not here: {error}")


@pytest.fixture
def blog(tmp_path) -> Blog:
    """An empty blog."""
    return Blog(tmp_path / "blog")


@pytest.fixture(scope="session")
def new_blog(tmp_path_factory):
    """Make an empty blog, for fixtures that many tests share."""
    return lambda name: Blog(tmp_path_factory.mktemp(name) / "blog")


@pytest.fixture(scope="session")
def child_environment() -> dict[str, str]:
    """The environment of a child process that imports the engine from this checkout."""
    code = str(Path(__file__).parent.parent / "code")
    return {**os.environ, "PYTHONPATH": code, "PYTHONDONTWRITEBYTECODE": "1"}


@pytest.fixture(scope="session")
def built_site(tmp_path_factory) -> Path:
    """This repository's site in both languages, built by plain MkDocs as a reader's copy is."""
    root = Path(__file__).parent.parent
    site = tmp_path_factory.mktemp("built") / "site"
    shared_cache = {name: value for name, value in os.environ.items() if name != "ZHIXING_CACHE"}
    for config, folder in (("mkdocs.yml", site), ("docs/mkdocs.en.yml", site / "en")):
        command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-f", str(root / config), "-d", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, env=shared_cache, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    return site
