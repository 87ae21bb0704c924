"""Runs are fresh processes: nothing leaks from one to the next, nothing is written to the source, failures are not kept."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ARTICLES = {
    # two of a pair: the first changes the state that the second looks at
    "aa-leaks": """\
```python {.cell}
import os
import random
import sys

import numpy as np

import state

np.set_printoptions(precision=1)
os.environ["ZX_LEAK"] = "leaked"
state.value = "leaked"
sys.path.append("/leaked")
builtin_print = print
import builtins

builtins.leaked = True
os.makedirs("sub")
os.chdir("sub")
```

Where it was: `{python} os.path.basename(os.getcwd())`; `{python} random.random():.6f` `{python} np.random.rand():.6f`
""",
    "ab-clean": """\
```python {.cell}
import builtins
import os
import random
import sys

import numpy as np

import state
```

`{python} np.array([1 / 3])` `{python} os.environ.get("ZX_LEAK")` `{python} state.value` `{python} "/leaked" in sys.path`
`{python} hasattr(builtins, "leaked")` `{python} os.path.basename(os.getcwd())`
`{python} random.random():.6f` `{python} np.random.rand():.6f`
""",
    "engine": """\
```python {.cell}
import os
import sys
from pathlib import Path

names = sorted(globals().keys() & {"Trace", "Run", "main", "task", "work"})
first = [Path(p).name for p in sys.path[:2]]
secret = os.environ.get("ZX_SECRET")
stdin = sys.stdin.read()
```

`{python} names` `{python} first` `{python} [p.split(os.sep) for p in sys.path[2:]]`
`{python} secret` `{python} repr(stdin)` `{python} __name__`
""",
    "order": """\
```python {.cell #order}
import sys
import threading

for n in range(50):
    print(n, end=" ")
    print("err", file=sys.stderr, end=" ")
thread = threading.Thread(target=print, args=("thread",))
thread.start()
thread.join()
sys.stdout.write("no newline");
```
""",
    "native": """\
```python {.cell #native}
import os

print("python")
os.write(1, b"descriptor\\n")
print("python again")
os.system("echo child")
```

```python {.cell #second}
os.write(2, b"second\\n")
None
```
""",
    "network": """\
```python {.cell}
import socket

with socket.socket() as s:
    s.settimeout(1)
    s.connect_ex(("127.0.0.1", 9))
```
""",
    "forks": """\
```python {.cell}
import os

child = os.fork()
if child == 0:
    os._exit(0)
os.waitpid(child, 0);
```
""",
    "writes": """\
```python {.cell}
from pathlib import Path

Path("table.csv").write_text("1,2")
Path("deep/er").mkdir(parents=True)
Path("deep/er/notes.txt").write_text("notes");
```

[The table](writes/table.csv) and [notes](writes/deep/er/notes.txt).
""",
    "strange": """\
```python {.cell #surrogate}
print("\\ud800")
```

```python {.cell #bytes alt="Nothing"}
class Picture:
    def _repr_png_(self):
        return b"\\x89PNG"

Picture()
```

```python {.cell #last}
_.__class__.__name__
```
""",
    "plots": """\
```python {.cell #plot alt="A line"}
import matplotlib.pyplot as plt

plt.plot([0, 1], label="loss")
plt.legend();
```

```python {.cell #none}
print("no figure is left over")
```
""",
}
REPEATED = ("aa-leaks", "order", "plots", "strange", "writes")  # built twice: random numbers, streams, figures, files
REFUSED = {
    "opens": "open(root / 'code/state.py', 'a')",
    "creates": "open(root / 'docs/new.md', 'w')",
    "removes": "os.remove(root / 'code/state.py')",
    "moves-away": "os.rename(root / 'code/state.py', 'state.py')",
    "moves-there": "open('x', 'w').close(); os.replace('x', root / 'code/x.py')",
    "makes-folder": "os.mkdir(root / 'docs/folder')",
    "links": "os.symlink('/etc', root / 'code/etc')",
    "truncates": "os.truncate(root / 'code/state.py', 0)",
}


@pytest.fixture(scope="module")
def blog(new_blog):
    """A blog of articles that would disturb each other, built once."""
    pytest.importorskip("numpy")
    blog = new_blog("isolated")
    blog.write("code/state.py", "value = 'as written'\n")
    for slug, body in ARTICLES.items():
        blog.article(slug, body)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZX_SECRET", "secret")
        patch.setenv("ZX_LEAK", "from outside")
        before = blog.digests("code"), blog.digests("docs")
        blog.said = blog.built()
        assert (blog.digests("code"), blog.digests("docs")) == before
    return blog


def values(blog, slug):
    """The inline values of a page, as a reader sees them."""
    import html

    return [html.unescape(value) for value in re.findall(r'<span class="zx-value"[^>]*>(.*?)</span>', blog.page(slug), re.S)]


def outputs(blog, slug):
    """The text outputs of a page."""
    return re.findall(r"```\{\.text \.zx-output[^}]*\}\n(.*?)\n```", blog.page(slug), re.S)


def test_state_does_not_leak(blog):
    """Print options, environment, modules' attributes, sys.path, builtins and the working folder of one run reach no other."""
    assert values(blog, "aa-leaks")[0] == "sub"
    assert values(blog, "ab-clean")[:6] == ["[0.33333333]", "None", "as written", "False", "False", "ab-clean"]


def test_random_numbers_are_the_same_in_each_run(blog):
    """Each run starts from the same seed, whatever ran before."""
    assert values(blog, "aa-leaks")[1:] == values(blog, "ab-clean")[6:]


def test_cells_do_not_see_the_engine(blog):
    """A cell's names, import path, environment and standard input hold nothing of the engine or of who runs it."""
    program = "import os, sys; print([p.split(os.sep) for p in sys.path])"
    plain = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, check=True)
    assert values(blog, "engine") == ["[]", "['code', 'engine']", plain.stdout.strip(), "None", "''", "__main__"]


def test_streams_are_one_block_in_order(blog):
    """What is printed to either stream, also by a thread, is one block in the order of printing."""
    (text,) = outputs(blog, "order")
    assert text == " ".join(f"{n} err" for n in range(50)) + " thread\nno newline"


def test_output_of_children_is_kept(blog):
    """What the cell's descriptors and child processes print belongs to the cell that let them."""
    assert outputs(blog, "native") == ["python\ndescriptor\npython again\nchild", "0", "second"]


def test_untraceable_runs_are_not_kept(blog):
    """A run that opened the network, started a process or forked is not kept, and says so."""
    reasons = {"network": "opened the network", "native": "started a process", "forks": "started a process"}
    for slug, reason in reasons.items():
        assert blog.said.articles[slug]["why"] == f"it has never run (not kept: it {reason})"
    assert set(blog.run("status", "--json").slugs("stale")) == set(reasons)


def test_declared_dependencies_let_an_untraceable_run_be_kept(new_blog):
    """With ``depends`` in its front matter a run is kept, until a declared file, a folder's file or the declaration changes."""
    blog = new_blog("declared")
    blog.write("code/model.bin", "1")
    blog.write("code/models/a.bin", "1")
    body = "```python {.cell}\nimport os\nos.system('true')\n```\n"
    blog.article("a", body, front="depends: [code/model.bin, code/models]\n")
    blog.article("b", body, front="depends: []\n")
    assert blog.run("build").err.count("and will each time") == 0

    def why():
        return {slug: article["why"] for slug, article in blog.run("status", "--json").articles.items() if article["state"] == "stale"}

    assert why() == {}
    for change, reason in {
        "code/model.bin": "code/model.bin changed",
        "code/models/a.bin": "code/models/a.bin changed",
        "code/models/b.bin": "the files in code/models are others",
    }.items():
        before = (blog.root / change).read_bytes() if (blog.root / change).exists() else None
        blog.write(change, "2")
        assert why() == {"a": reason}
        blog.write(change, before) if before else (blog.root / change).unlink()
    blog.article("b", body, front="depends: [code/model.bin]\n")
    assert why() == {"b": "depends: in its front matter changed"}


def test_unkept_runs_say_why_and_what_to_do(new_blog):
    """A run that names what reads files unseen is not kept; its line of progress says so and what to declare."""
    blog = new_blog("unkept")
    blog.article("a", "```python {.cell}\nif False:\n    import h5py\n```\n")
    said = blog.run("build").err.splitlines()[1]
    assert said.endswith("s, and will each time: it used h5py; declare what that read with depends: [] in its front matter")
    assert blog.run("status", "--json").slugs("stale") == {"a"}


def test_files_of_a_run_become_the_page_s(blog):
    """What a run writes to its working folder lands in the folder of its page; the source tree stays as it was."""
    assert {name: digest for name, digest in blog.digests("build/docs/en/articles").items() if name.startswith("writes/")}.keys() == {
        "writes/table.csv",
        "writes/deep/er/notes.txt",
    }
    assert (blog.root / "build/docs/en/articles/writes/table.csv").read_text() == "1,2"


def test_nothing_of_a_run_is_left(blog):
    """The folders that runs worked in are gone after the build."""
    assert sorted(path.name for path in (blog.root / "build").iterdir() if path.is_dir()) == ["docs", "store"]


def test_outputs_that_are_no_text(blog):
    """Bytes of a picture and lone surrogates do not stop a run."""
    assert outputs(blog, "strange") == ["?", "'Picture'"]
    assert (blog.root / "build/docs/en/articles/strange/bytes-0.png").read_bytes() == b"\x89PNG"


def test_figures_of_matplotlib(blog):
    """A plot becomes one SVG with its text as text and ids of its own, without date or creator, in the page's ink."""
    pytest.importorskip("matplotlib")
    page = blog.page("plots")
    assert page.count("<svg") == 1
    assert 'aria-label="A line"' in page
    assert ">loss</text>" in page
    assert not re.search(r"<dc:date>|Matplotlib v|#000000", page)
    ids = re.findall(r'\sid="([^"]*)"', page)
    assert ids
    assert all(id.startswith("plots-plot-0-") for id in ids)
    assert set(re.findall(r'(?:href="|url\()#([^")]*)', page)) <= set(ids)


def test_same_bytes_in_another_folder(blog, new_blog):
    """The same blog built in a folder of another name gives the same build/docs, byte for byte."""
    other = new_blog("another-name")
    shutil.copytree(blog.root / "code", other.root / "code")
    for slug in REPEATED:
        other.article(slug, ARTICLES[slug])
    other.built()
    same = {name: digest for name, digest in other.digests().items() if name != "en/notebooks/index.md"}
    assert len(same) > 3 * len(REPEATED) - 2
    assert same.items() <= blog.digests().items()


def test_a_run_cannot_write_the_source(new_blog):
    """Every way to write, move or remove a source file fails the cell, and leaves the source as it was."""
    blog = new_blog("read-only")
    blog.write("code/state.py", "value = 1\n")
    cells = [f"```python {{.cell #{name} raises=PermissionError}}\n{code}\n```\n" for name, code in REFUSED.items()]
    root = "from pathlib import Path\nimport os\nimport state\nroot = Path(state.__file__).parents[1]"
    blog.article("writes-source", f"```python {{.cell}}\n{root}\n```\n\n" + "\n".join(cells))
    before = blog.digests("code"), blog.digests("docs")
    said = blog.build()
    assert said.errors == []
    assert (blog.digests("code"), blog.digests("docs")) == before
    assert "PermissionError: a run may not write code/state.py: the source tree is read-only" in blog.page("writes-source")


def test_failures_are_never_kept(blog):
    """Fail, fail again on retry, mend, break again: the state follows the source each time."""
    ok, broken = "```python {.cell}\n1\n```\n", "```python {.cell}\n1 / 0\n```\n"
    other = type(blog)(blog.root.parent / "failing")
    states = []
    for body in (broken, broken, ok, ok, broken, ok):
        other.article("flaky", body)
        states.append((other.build().articles["flaky"]["state"], other.run("status", "--json").articles["flaky"]["state"]))
    failed, fresh = ("failed", "stale"), ("fresh", "fresh")
    assert states == [failed, failed, ("ran", "fresh"), fresh, failed, fresh]


def test_whole_run_has_a_limit(new_blog):
    """All cells and inline values of an article together have a time limit, which the settings set."""
    blog = new_blog("limits")
    blog.write("pyproject.toml", "[tool.zhixing]\nrun_timeout = 1\n")
    blog.article("cell", "```python {.cell timeout=600}\n__import__('time').sleep(600)\n```\n")
    blog.article("value", "`{python} __import__('time').sleep(600)`\n")
    message = "the run took more than 1 s; make it faster or raise run_timeout in [tool.zhixing]"
    assert [(error["path"], error["message"]) for error in blog.build().json["errors"]] == [
        ("docs/en/articles/cell.md", message),
        ("docs/en/articles/value.md", message),
    ]


def test_children_end_with_their_run(new_blog):
    """A process that a cell leaves behind is ended with the run."""
    blog = new_blog("children")
    pid = blog.root.parent / "pid"
    code = f"import subprocess\nchild = subprocess.Popen(['sleep', '300'])\nopen({str(pid)!r}, 'w').write(str(child.pid));"
    blog.article("child", f"```python {{.cell}}\n{code}\n```\n")
    blog.built()
    stat = Path("/proc", pid.read_text(), "stat")
    assert os.name != "posix" or not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z"


def test_addresses_of_objects_are_not_published(blog):
    """The address of an object, which is another one in every run, is left out of a result's text."""
    assert "0x7" not in (blog.root / "build/docs/en/notebooks/strange.ipynb").read_text()


def test_a_late_inline_value_is_named_with_its_own_limit(new_blog):
    """An inline value over its seconds is not said to be the whole run over its own."""
    blog = new_blog("late")
    blog.write("pyproject.toml", "[tool.zhixing]\ntimeout = 1\nrun_timeout = 30\n")
    blog.article("late", "```python {.cell}\nimport time\n```\n\n`{python} time.sleep(20)`\n")
    (error,) = blog.build().errors
    assert error == "docs/en/articles/late.md:1: an inline value took more than 1 s; make it faster or raise timeout in [tool.zhixing]"


def test_a_machines_first_figure_leaves_no_trace_on_the_page(new_blog):
    """Matplotlib's word that it builds its font cache is not published; its other warnings are."""
    blog = new_blog("fonts")
    log = 'import logging\nfont = logging.getLogger("matplotlib.font_manager")\n'
    say = 'font.warning("Matplotlib is building the font cache; this may take a moment.")\nfont.warning("no such font")\n'
    blog.article("a", f"```python {{.cell echo=false}}\n{log}{say}```\n")
    blog.built()
    assert "font cache" not in blog.page("a")
    assert "no such font" in blog.page("a")


def test_events_are_heard_in_order(new_blog):
    """A listener hears of each cell when it begins and when it has ended, then of the inline values, also of the one that fails."""
    from zhixing.config import load
    from zhixing.errors import Problems
    from zhixing.execute import execute
    from zhixing.read import read_works

    blog = new_blog("events")
    blog.article("a", "```python {.cell #one}\n1\n```\n\n```python {.cell #two}\n2\n```\n\n`{python} 3`, `{python} absent`\n")
    config = load(blog.root)
    (work,) = read_works(config, pytest.fail)
    heard = []
    with pytest.raises(Problems, match="absent"):
        execute(work, {}, config, lambda event: heard.append((event["event"], event.get("id") or event.get("text"))))
    cells = [("cell", "one"), ("outputs", "one"), ("cell", "two"), ("outputs", "two")]
    assert heard == [("started", None), *cells, ("value", "3"), ("value", ""), ("done", None)]


def test_cells_are_compiled_without_the_engines_own_future_imports(blog):
    """An annotation in a cell is evaluated, as in a plain file and a notebook, and one that names nothing fails."""
    blog.article("a", "```python {.cell}\ndef f(x: int): ...\n\nf.__annotations__\n```\n")
    blog.built()
    assert "{'x': int}" in blog.page("a")
    blog.article("a", "```python {.cell}\ndef f(x: Undefined): ...\n```\n")
    (error,) = blog.build().errors
    assert "NameError" in error
