"""kill -9 at any moment of a build: what is kept is whole, and the next build publishes what an undisturbed one does."""

import os
import shutil
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals as on POSIX")
# when: an event of the build's process, of which path, and how often before
MOMENTS = {
    "takes the lock": ("open", r"build/\.lock\.pid$", 0),
    "makes a run's folder": ("os.mkdir", r"build/run-", 1),
    "copies to a run's folder": ("open", r"build/run-.*data\.csv$", 0),
    "removes a run's folder": ("os.rmdir", r"build/run-", 0),
    "begins an entry": ("open", r"build/store/.*/\.new-", 1),
    "has written an entry": ("os.rename", r"build/store/.*/\.new-", 0),
    "has kept one of two entries": ("os.rename", r"build/store/.*/\.new-", 1),
    "has written a proof": ("os.rename", r"cache/proofs/.*/\.new-", 1),
    "makes a page's folder": ("os.mkdir", r"build/docs/", 0),
    "has published some pages": ("os.rename", r"build/docs/.*\.new-", 3),
    "removes an old page": ("os.remove", r"build/docs/", 1),
    "removes an old folder": ("os.rmdir", r"build/docs/", 0),
    "writes the site's settings": ("os.rename", r"build/\.new-", 0),
}
# A build that kills itself just before an event with a path, after some more of them.
BUILD = """\
import os, re, signal, sys
from zhixing.cli import main

wanted, path, before = sys.argv[1], re.compile(sys.argv[2]), int(sys.argv[3])
del sys.argv[1:4]

def kill(event, arguments):
    global before
    if event == wanted and path.search(str(arguments[0])) and (event != "open" or arguments[2] & (os.O_WRONLY | os.O_RDWR)):
        before -= 1
        if before < 0:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(kill)
sys.exit(main())
"""
CELL = "```python {.cell #one}\nopen('table.csv', 'w').write('VALUE')\nprint('VALUE')\n```\n"


def edit(blog, value):
    """Write the sources so that pages, folders and languages come and go between two values."""
    for folder in ("docs", "code"):
        shutil.rmtree(blog.root / folder, ignore_errors=True)
    blog.article("runs", CELL.replace("VALUE", value))
    blog.article("stays", CELL.replace("VALUE", "stays"))
    blog.article(f"only-{value}/index", f"Only {value}: `{{python}} 6 * 7`.\n")
    blog.write(f"docs/en/articles/only-{value}/data.csv", value)
    blog.write(f"docs/en/{value}/file.txt", value)
    blog.article("runs", CELL.replace("VALUE", value), language="zh")


def build(root, environment, event="", path="", before=0):
    """Build with a cache beside the blog; returns the exit status and what was said."""
    command = [sys.executable, "-c", BUILD, event, path, str(before), "build", "--root", str(root)]
    environment = {**environment, "ZHIXING_CACHE": str(root.parent / "cache")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    return done.returncode, done.stderr


@pytest.fixture(scope="module")
def edited(new_blog, child_environment):
    """A blog that was built and then edited, and what its next build publishes."""
    blog, undisturbed = new_blog("edited"), new_blog("undisturbed")
    edit(blog, "old")
    blog.built()
    edit(blog, "new")
    shutil.copytree(blog.root, undisturbed.root, dirs_exist_ok=True)
    status, said = build(undisturbed.root, child_environment)
    assert status == 0, said
    blog.wanted = undisturbed.digests()
    return blog


@pytest.mark.parametrize("moment", MOMENTS)
def test_kill_at_any_moment(moment, edited, tmp_path, child_environment, monkeypatch):
    """After a kill every entry is whole; the next build ends well, publishes the same bytes and leaves nothing of the killed one."""
    monkeypatch.setenv("ZHIXING_CACHE", str(tmp_path / "cache"))
    blog = type(edited)(tmp_path / "blog")
    shutil.copytree(edited.root, blog.root, dirs_exist_ok=True)
    status, said = build(blog.root, child_environment, *MOMENTS[moment])
    assert status == -9, said
    kept = blog.run("cache", "verify", "--json")
    assert (kept.status, {entry["state"] for entry in kept.json["entries"]}) == (0, {"whole"})
    blog.built()
    assert blog.digests() == edited.wanted
    assert [path.name for path in (blog.root / "build").rglob("*") if path.name.startswith(("run-", ".new-"))] == []
    assert blog.built().slugs("ran") == set()
