"""Two builds at once: the second waits for the first, says so, and finds its work done."""

import os
import re
import signal
import subprocess
import sys
import time

import pytest

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals as on POSIX")
# heeds Ctrl-C as in a foreground job, whatever this test run was told
BUILD = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); from zhixing.cli import main; sys.exit(main())"


def start(blog, environment):
    command = [sys.executable, "-c", BUILD, "build", "--json", "--root", str(blog.root)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for(path, process):
    while not path.exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)


@pytest.fixture
def first(blog, child_environment):
    """A build in a process of its own, of which the first article waits for the file ``go``; each article notes that it ran."""
    blog.go, blog.ran = blog.root.parent / "go", blog.root.parent / "ran"
    note = f"import os, time\nwith open({str(blog.ran)!r}, 'a') as file:\n    file.write('SLUG ')\n"
    # a change of a file, unlike a look at it, is no dependency
    change = f"        os.utime({str(blog.go)!r})\n        break\n"
    wait = f"while True:\n    try:\n{change}    except FileNotFoundError:\n        time.sleep(0.01)\n"
    for slug in ("a", "b", "c"):
        code = note.replace("SLUG", slug) + (wait if slug == "a" else "")
        blog.article(slug, f"```python {{.cell}}\n{code}```\n\nIt is `{{python}} 6 * 7`.\n")
    process = start(blog, child_environment)
    wait_for(blog.ran, process)
    yield process
    blog.go.touch()
    process.communicate()


def test_second_build_waits_and_shares(first, blog, child_environment):
    """Both builds succeed, every article ran once for both, and the published tree is that of one build."""
    second = start(blog, child_environment)
    assert second.stderr.readline() == f"waiting for another build of this blog to end (process {first.pid})\n"
    blog.go.touch()
    said, told = zip(first.communicate(), second.communicate(), strict=True)
    assert (first.returncode, second.returncode) == (0, 0), told
    assert '"ran"' in said[0]
    assert '"ran"' not in said[1]
    assert sorted(blog.ran.read_text().split()) == ["a", "b", "c"]
    assert "waiting" not in told[1]  # said once
    shared = blog.digests()
    other = type(blog)(blog.root.parent / "other")
    for path in (blog.root / "docs/en/articles").iterdir():
        other.write(f"docs/en/articles/{path.name}", path.read_bytes())
    assert "waiting" not in other.built().err
    assert other.digests() == shared


def test_interrupt_while_waiting(first, blog, child_environment):
    """Ctrl-C ends a build that waits with 130; the one it waited for goes on."""
    second = start(blog, child_environment)
    assert re.match("waiting", second.stderr.readline())
    second.send_signal(signal.SIGINT)
    _, said = second.communicate(timeout=30)
    assert (second.returncode, said.count("interrupted"), "Traceback" in said) == (130, 1, False)
    assert first.poll() is None
    blog.go.touch()
    first.communicate()
    assert first.returncode == 0


def test_cache_waits_for_a_build(first, blog, child_environment):
    """``cache prune`` removes nothing of a build that is running: it waits for its end."""
    command = [sys.executable, "-m", "zhixing", "cache", "prune", "--json", "--root", str(blog.root)]
    prune = subprocess.Popen(command, env=child_environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert re.match("waiting", prune.stderr.readline())
    blog.go.touch()
    out, _ = prune.communicate()
    assert prune.returncode == 0
    assert '"removed": []' in out
