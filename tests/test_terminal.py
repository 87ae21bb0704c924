"""`zhixing run`: one article's run in a terminal, in a pipe and as data."""

import base64
import os
import re
import subprocess
import sys

import pytest

PNG = b"\x89PNG"
ARTICLE = f"""\
```python {{.cell}}
print("one\\n  two")
```

```python {{.cell #table}}
class Shown:
    def __init__(self, **forms):
        self.forms = forms

    def _repr_mimebundle_(self, **_):
        return self.forms

Shown(**{{"text/html": "<table></table>", "text/plain": "   a\\nx  1"}})
```

```python {{.cell #plots alt="A line, and a point."}}
from IPython.display import display
display(Shown(**{{"image/svg+xml": "<svg/>", "text/plain": "Figure"}}))
display(Shown(**{{"image/png": "{base64.b64encode(PNG).decode()}"}}))
open("table.csv", "w").write("1,2");
```

```python {{.cell #refused raises=ValueError}}
int("x")
```

```python {{.cell #holds .claim}}
for n in range(3):
    assert n < 3
assert True, "always"
```

```python {{.cell #calls .claim output=hide}}
print("checked")
```

The answer is `{{python}} 6 * 7`, and `{{python}} 1 / 3:.2f ± 0.1`; `{{python}} "高" * 4` is wide.
"""
SHOWN = """\
About shows  docs/en/articles/shows.md

[1/6] print("one\\n  two")
one
  two

[2/6] #table
   a
x  1

[3/6] #plots
figure  {folder}/plots-0.svg
figure  {folder}/plots-1.png

[4/6] #refused
ValueError: invalid literal for int() with base 10: 'x'

[5/6] #holds
✓ held  assert n < 3
✓ held  assert True, "always"

[6/6] #calls
checked
✓ held

inline values
42          6 * 7
0.33 ± 0.1  1 / 3:.2f
高高高高    "高" * 4

file  {folder}/table.csv
"""


@pytest.fixture(scope="module")
def blog(new_blog):
    """A blog whose article shows one of each; another article's source is broken."""
    blog = new_blog("terminal")
    blog.article("broken", "```python {.cell\n```\n")
    blog.article("shows", ARTICLE)
    blog.write("build/run/shows/old.svg", "of an earlier run")
    blog.said = blog.run("run", "shows")
    return blog


@pytest.fixture
def zhixing(child_environment):
    """Start ``zhixing run`` in a process of its own."""

    def start(blog, slug, **how):
        command = [sys.executable, "-m", "zhixing", "run", slug]
        environment = {**child_environment, "PYTHONUNBUFFERED": "", "TERM": "xterm", **how.pop("env", {})}
        return subprocess.Popen(command, cwd=blog.root, env=environment, **how)

    return start


def waits(blog):
    """An article whose second cell goes on as soon as a file is there; returns the file."""
    go = blog.root.parent / "go"
    first = "```python {.cell #first}\nprint('first')\n```\n\n"
    loop = f"import os, time\nwhile not os.path.exists({str(go)!r}):\n    time.sleep(0.01)\n"
    blog.article("waits", f"{first}```python {{.cell #second timeout=20}}\n{loop}print('second')\n```\n")
    return go


def test_everything_that_a_run_gives_is_shown(blog):
    """Standard output has each cell with its outputs, claims that held, then all inline values; pictures and files as where they are."""
    assert (blog.said.status, blog.said.out) == (0, SHOWN.format(folder=blog.root / "build/run/shows"))


def test_pictures_and_files_can_be_opened(blog):
    """Pictures and what the run wrote lie in build/run/<slug>/, and nothing of an earlier run does."""
    folder = blog.root / "build/run/shows"
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        "plots-0.svg": b"<svg/>",
        "plots-1.png": PNG,
        "table.csv": b"1,2",
    }


def test_progress_is_for_terminals(blog):
    """Where standard error is no terminal it has one line, at the end: what ran, in how many seconds."""
    said = re.sub(r"\d+\.\d", "…", blog.said.err)
    assert said == "shows ran in … s: 6 cells, 2 claims, 3 inline values; kept for the next build\n"


def test_a_run_is_always_a_run_and_is_kept(blog):
    """An article that is fresh runs again; with nothing changed since, a build has not to run it."""
    assert blog.run("status", "--json").articles["shows"]["state"] == "fresh"
    assert blog.run("run", "shows", "--json").articles["shows"]["state"] == "ran"


def test_run_as_data(blog):
    """With --json, standard output is one object, with the outputs of each cell in nbformat's terms and the inline values."""
    said = blog.run("run", "shows", "--json")
    assert (said.status, said.err, said.errors) == (0, "", [])
    assert [cell["id"] for cell in said.json["cells"]] == ["cell-1", "table", "plots", "refused", "holds", "calls"]
    assert said.json["cells"][0]["outputs"] == [{"output_type": "stream", "name": "stdout", "text": "one\n  two\n"}]
    assert said.json["values"][1] == {"expression": "1 / 3", "format": ".2f", "text": "0.33"}


def test_run_of_an_unknown_article(blog):
    """``run`` of an article that is not there names those that are."""
    said = blog.run("run", "absent")
    assert (said.status, said.out, said.err) == (1, "", "docs:1: there is no article 'absent'; there is broken, shows\n")


def test_run_of_an_article_with_a_broken_source(blog):
    """An article that cannot be read is not run: its problems are told."""
    said = blog.run("run", "broken")
    assert (said.status, said.out) == (1, "")
    assert said.err.startswith("docs/en/articles/broken.md:6: ")


def test_nothing_to_run(new_blog):
    """An article without cells and inline values says so, and nothing is kept of it."""
    blog = new_blog("prose")
    blog.article("prose", "Prose.\n")
    said = blog.run("run", "prose")
    assert (said.status, said.out, said.err) == (0, "", "prose has no cells and no inline values: there is nothing to run\n")
    assert not (blog.root / "build/store").exists()


def test_failing_cell(new_blog):
    """What ran is shown, also of the cell that failed; then the error at its line, and exit status 1."""
    blog = new_blog("fails")
    blog.article("fails", "```python {.cell #fine}\n1\n```\n\n```python {.cell #bad}\nprint('so far')\n1 / 0\n```\n\n`{python} 1`\n")
    said = blog.run("run", "fails")
    shown = "About fails  docs/en/articles/fails.md\n\n[1/2] #fine\n1\n\n[2/2] #bad\nso far\n✗ failed\n\n"
    error = "docs/en/articles/fails.md:12: cell #bad: ZeroDivisionError: division by zero; mend the cell or what it calls\n"
    assert (said.status, said.out, said.err) == (1, shown, error)
    assert blog.run("status", "--json").articles["fails"]["state"] == "stale"
    assert [cell["id"] for cell in blog.run("run", "fails", "--json").json["cells"]] == ["fine", "bad"]


def test_failing_value(new_blog):
    """An inline value that fails is marked among the others."""
    blog = new_blog("values")
    blog.article("a", "`{python} 1`, `{python} absent`\n")
    said = blog.run("run", "a")
    assert (said.status, said.out.splitlines()[2:]) == (1, ["inline values", "1         1", "✗ failed  absent", ""])
    assert said.err.startswith("docs/en/articles/a.md:6: inline value 'absent': NameError")


def test_cell_that_takes_too_long(new_blog):
    """A cell that is ended is named as one that did not come to its end."""
    blog = new_blog("late")
    blog.article("late", "```python {.cell #sleeps timeout=0.2}\n__import__('time').sleep(600)\n```\n")
    said = blog.run("run", "late")
    assert (said.status, said.out.splitlines()[2:]) == (1, ["[1/1] #sleeps", "✗ did not end", ""])
    assert "cell #sleeps took more than 0.2 s" in said.err


def test_run_that_cannot_be_kept_says_so(new_blog):
    """A run that no trace follows says why it is not kept, and what to do."""
    blog = new_blog("unkept")
    blog.article("a", "```python {.cell}\nimport subprocess\nsubprocess.run(['true']);\n```\n")
    assert "; not kept: it started a process; declare what that read with depends: []" in blog.run("run", "a").err


def test_outputs_appear_while_the_run_goes_on(new_blog, zhixing):
    """The first cell's output can be read while the second one runs."""
    blog = new_blog("goes-on")
    go = waits(blog)
    with zhixing(blog, "waits", stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert [process.stdout.readline() for _ in range(4)][2:] == ["[1/2] #first\n", "first\n"]
        go.touch()
        assert process.stdout.read() == "\n[2/2] #second\nsecond\n\n"
        assert "\r" not in process.stderr.read()


@pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals as on POSIX")
@pytest.mark.parametrize("colours", [True, False])
def test_in_a_terminal(colours, new_blog, zhixing):
    """A terminal shows for how long the running cell runs, takes that line away, and has headings with seconds; colours unless NO_COLOR."""
    import pty

    pytest.importorskip("wcwidth")
    blog = new_blog("terminal")
    go = waits(blog)
    ours, theirs = pty.openpty()
    process = zhixing(blog, "waits", stdout=theirs, stderr=theirs, env={} if colours else {"NO_COLOR": "1"})
    os.close(theirs)
    said = b""
    with process, os.fdopen(ours, "rb", buffering=0) as terminal:
        try:
            while part := terminal.read(1000):
                said += part
                if re.search(rb"\r\x1b\[K\[2/2\] #second  \d+\.\d s", said):
                    go.touch()
        except OSError:  # EIO: the other end is closed
            pass
    assert process.returncode == 0
    said = re.sub(r"\d+\.\d s", "… s", said.decode().replace("\r\n", "\n"))
    heading = "\x1b[1m[2/2] #second\x1b[0m\x1b[2m  … s\x1b[0m\nsecond\n" if colours else "[2/2] #second  … s\nsecond\n"
    assert f"\r\x1b[K{heading}" in said
    assert ("\x1b[1m" in said) is colours
    assert said.endswith("\r\x1b[Kwaits ran in … s: 2 cells; kept for the next build\n")


def test_output_that_nobody_reads_any_more(new_blog, zhixing):
    """Where the reader of standard output goes away, the run ends without a traceback."""
    blog = new_blog("head")
    go = waits(blog)
    with zhixing(blog, "waits", stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        process.stdout.readline()
        process.stdout.close()
        go.touch()
        assert process.stderr.read() == ""
    assert process.returncode == 1


def test_encoding_without_the_marks(new_blog, zhixing):
    """What standard output's encoding does not have is replaced."""
    blog = new_blog("ascii")
    blog.article("a", "```python {.cell #one .claim}\nprint('高')\n```\n")
    with zhixing(blog, "a", stdout=subprocess.PIPE, env={"PYTHONIOENCODING": "ascii"}) as process:
        assert process.stdout.read().endswith(b"[1/1] #one\n?\n? held\n\n")


def test_tables_of_pandas_are_whole(new_blog):
    """A table's plain text leaves no column out, and lines up where Chinese characters are two columns wide."""
    pytest.importorskip("pandas")
    blog = new_blog("pandas")
    table = '{f"column {n}": [n] for n in range(12)} | {"准确率": ["高"]}'
    blog.article("a", f"```python {{.cell}}\nimport pandas\npandas.DataFrame({table})\n```\n")
    shown = blog.run("run", "a").out
    assert all(f"column {n}" in shown for n in range(12))
    blog.article("a", "```python {.cell}\nimport pandas\npandas.DataFrame({'准确率': ['高']}, index=['b'])\n```\n")
    assert "  准确率\nb     高\n" in blog.run("run", "a").out
