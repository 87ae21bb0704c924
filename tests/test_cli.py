"""The command: its help, its exit statuses, and what it says."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest

CELL = "```python {.cell #one}\nprint(1)\n```\n"


@pytest.fixture(scope="module")
def blog(new_blog):
    """A blog of two articles, one of them run."""
    blog = new_blog("commands")
    blog.article("cells", CELL)
    blog.article("prose", "No cells.\n")
    blog.first = blog.built()
    return blog


def test_help_names_every_command(blog):
    """``zhixing --help`` lists each command with what it does, shows an article's spelling and explains the exit status."""
    said = blog.run("--help")
    assert said.status == 0
    for command in ("build", "check", "status", "why", "run", "accept", "verify", "cache"):
        assert re.search(rf"^    {command}\s+\w+", said.out, re.M), command
        assert blog.run(command, "--help").status == 0
    for taught in ("```python {.cell #name}", "`{python} expression:format`", "docs/<lang>/articles/<slug>.md", "130 interrupted"):
        assert taught in said.out


def test_commands_of_the_help_are_all_there_are(blog):
    """The help's list of commands is complete: each word that the parser takes stands in it."""
    words = re.search(r"choose from (.*)\)", blog.run("frobnicate").err)[1].replace("'", "").split(", ")
    assert set(words) == set(re.findall(r"^    (\w+) ", blog.run("--help").out.partition("An article is")[0], re.M))


@pytest.mark.parametrize("arguments", [(), ("frobnicate",), ("build", "--frobnicate"), ("why",), ("cache", "burn")])
def test_wrong_usage(arguments, blog):
    """Wrong usage exits with 2, says what is wrong on standard error and leaves standard output empty."""
    said = blog.run(*arguments)
    assert (said.status, said.out) == (2, "")
    assert "usage: zhixing" in said.err


def test_version(blog):
    """``--version`` says the engine's version."""
    from zhixing import __version__

    assert blog.run("--version").out == f"zhixing {__version__}\n"


@pytest.mark.parametrize("command", ["build", "check", "status", "cache"])
def test_no_articles(command, tmp_path, capfd):
    """A folder without articles is an error that says where the first one goes; nothing is written."""
    from zhixing.cli import main

    assert main([command, "--root", str(tmp_path)]) == 1
    said = "docs:1: no articles; write docs/<lang>/articles/<slug>.md, for example docs/en/articles/hello.md"
    assert capfd.readouterr().err.splitlines()[0] == said
    assert os.listdir(tmp_path) == []


def test_no_such_folder(tmp_path, capfd):
    """A root that is not there is an error."""
    from zhixing.cli import main

    assert main(["build", "--root", str(tmp_path / "absent")]) == 1
    assert "there is no such folder; name the blog's folder with --root" in capfd.readouterr().err


def test_root_is_this_folder_by_default(blog, monkeypatch):
    """Without ``--root`` the blog is the current folder."""
    from zhixing.cli import main

    monkeypatch.chdir(blog.root)
    assert main(["status"]) == 0


def test_first_build_ran(blog):
    """A build says of each article what happened to it, why, and how long it took."""
    one, other = blog.first.json["articles"]
    assert {**one, "seconds": None} == {"slug": "cells", "state": "ran", "why": "it has never run", "seconds": None}
    assert one["seconds"] > 0
    assert other == {"slug": "prose", "state": "fresh", "why": "", "seconds": 0.0}
    assert blog.first.json["errors"] == []


def test_second_build_runs_nothing(blog):
    """With nothing changed no article runs and no file of build/docs is touched."""
    times = {path: path.stat().st_mtime_ns for path in (blog.root / "build/docs").rglob("*")}
    said = blog.built()
    assert said.slugs("fresh") == {"cells", "prose"}
    assert {path: path.stat().st_mtime_ns for path in (blog.root / "build/docs").rglob("*")} == times


def test_status_and_why_in_words(blog):
    """``status`` has a line an article; ``why`` one line for the one that is asked for."""
    assert [line.split() for line in blog.run("status").out.splitlines()] == [["cells", "fresh"], ["prose", "fresh"]]
    assert blog.run("why", "cells").out == "cells  fresh   nothing it depends on has changed\n"
    assert list(json.loads(blog.run("why", "cells", "--json").out)["articles"][0].values())[:2] == ["cells", "fresh"]


def test_why_tells_the_problems_of_its_article_alone(new_blog):
    """An article whose slug begins as the asked one's does not make the answer fail."""
    blog = new_blog("twins")
    blog.article("twin", "Fine.\n")
    blog.article("twin-of-it", "```python {.cell\n```\n")
    assert blog.run("why", "twin").status == 0
    assert blog.run("why", "twin-of-it").status == 1


def test_why_of_an_unknown_article(blog):
    """``why`` of an article that is not there names those that are."""
    said = blog.run("why", "absent", "--json")
    assert (said.status, said.errors) == (1, ["docs:1: there is no article 'absent'; there is cells, prose"])


def test_errors_go_to_standard_error(blog):
    """Errors are lines of standard error, and standard output stays empty; with --json it holds one object, and nothing else."""
    path = blog.article("wrong", "```python {.cell #one}\n1 / 0\n```\n\n```python {.cell #one}\n```\n")
    try:
        said = blog.run("build")
        line = "docs/en/articles/wrong.md:10: the id #one is already taken on line 6; give each cell and formula its own id"
        assert (said.status, said.out, said.err.splitlines()[0]) == (1, "", line)
        assert said.err.splitlines()[-1].endswith("; nothing published")
        said = blog.build()
        assert (said.status, said.errors, said.articles["wrong"]["state"]) == (1, [line], "failed")
        said = blog.run("status", "--json")
        assert (said.status, said.errors, said.articles["wrong"]["state"]) == (1, [line], "failed")
        assert blog.run("why", "wrong", "--json").errors == [line]
        assert blog.run("why", "cells", "--json").errors == []
    finally:
        path.unlink()


def test_errors_of_settings_are_json_too(blog):
    """An error before any article is read is the same one object on standard output."""
    path = blog.write("pyproject.toml", "[tool.zhixing]\ntimout = 3\n")
    try:
        said = blog.build()
        assert said.json == {
            "articles": [],
            "errors": [{"path": "pyproject.toml", "line": 2, "message": "[tool.zhixing] has no setting 'timout'; did you mean timeout?"}],
        }
        assert said.status == 1
    finally:
        path.unlink()


@pytest.mark.skipif(os.name != "posix", reason="signals as on POSIX")
@pytest.mark.parametrize("command", [("build",), ("run", "sleeps")])
def test_interrupt(command, new_blog, child_environment):
    """Ctrl-C ends the run with all its processes, exits with 130 and leaves the old build/docs and no temporary folder."""
    blog = new_blog("interrupted")
    blog.article("old", "Old.\n")
    blog.built()
    before = blog.digests()
    pid_file = blog.root.parent / "pid"
    code = f"import os, time\nopen({str(pid_file)!r}, 'w').write(str(os.getpid()))\ntime.sleep(600)"
    blog.article("sleeps", f"```python {{.cell}}\n{code}\n```\n")
    command = [sys.executable, "-m", "zhixing", *command, "--root", str(blog.root)]

    def heed_interrupts():
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # a background job begins with SIGINT ignored

    process = subprocess.Popen(command, env=child_environment, stderr=subprocess.PIPE, text=True, preexec_fn=heed_interrupts)
    try:
        while not (pid_file.exists() and pid_file.read_text()):
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == 130
    assert "interrupted" in said
    assert "Traceback" not in said
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid_file.read_text()), 0)
    assert blog.digests() == before
    assert list((blog.root / "build").glob("run-*")) == []


def test_module_is_the_command(blog, child_environment):
    """``python -m zhixing`` is the command, with its exit status."""
    command = [sys.executable, "-m", "zhixing", "why", "absent", "--json", "--root", str(blog.root)]
    done = subprocess.run(command, env=child_environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert json.loads(done.stdout)["errors"][0]["path"] == "docs"


def test_output_that_nobody_reads_ends_quietly(blog, child_environment):
    """A command whose reader has gone (``| head``) ends with status 1 and without a traceback."""
    blog.article("a", "Text.\n")
    reads, writes = os.pipe()
    os.close(reads)
    with open(writes, "wb") as nobody:
        command = [sys.executable, "-m", "zhixing", "status", "--root", blog.root]
        done = subprocess.run(command, stdout=nobody, stderr=subprocess.PIPE, text=True, env=child_environment)
    assert (done.returncode, done.stderr) == (1, "")
