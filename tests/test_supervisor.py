"""Faults, one tiny broken article for each: an error at its line that names the limit, and no process of the run is left."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from zhixing.config import load
from zhixing.running import process

METHODS = ["spawn"] if sys.platform != "linux" else ["forkserver", "spawn"]
SETTINGS = 'languages = ["en"]\ntimeout = 20\nmemory_limit = 0.3\noutput_limit = 1\nprocess_limit = 8\n'
# a cell's code, the line of it that is named, what is said
FAULTS = {
    "raises": ("x = 1\n1 / 0", 2, "cell #a: ZeroDivisionError: division by zero; mend the cell or what it calls"),
    "late": ("x = 1\nwhile True:\n    x = 1", (2, 3), "cell #a took more than 1 s; make it faster or raise timeout=SECONDS in its header"),
    "late-in-c": (
        "import time\ntry:\n    time.sleep(60)\nexcept BaseException:\n    pass",
        3,
        "cell #a took more than 1 s; make it faster or raise timeout=SECONDS in its header",
    ),
    "crash": ("import ctypes\nctypes.string_at(0)", 2, "cell #a ended its process (signal SIGSEGV)"),
    "exit": ("import os\nos._exit(3)", 0, "cell #a ended its process (exit status 3)"),
    "killed": ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", 0, "cell #a ended its process (signal SIGKILL)"),
    "memory": (
        "import time\nheld = []\nwhile True:\n    held.append(bytearray(20_000_000)); time.sleep(0.002)",
        4,
        "cell #a: the run used more than 0.3 GB of memory; use less or raise memory_limit in [tool.zhixing]",
    ),
    "memory-of-children": (
        "import subprocess, sys\nheld = 'x = bytearray(120_000_000); import time; time.sleep(60)'\n"
        "found = [subprocess.Popen([sys.executable, '-c', held]) for _ in range(4)]\n_ = [child.wait() for child in found]",
        4,
        "cell #a: the run used more than 0.3 GB of memory; use less or raise memory_limit in [tool.zhixing]",
    ),
    "prints": (
        "try:\n    while True:\n        print('x' * 1000)\nexcept BaseException:\n    pass",
        1,
        "cell #a: the run showed or wrote more than 1 MB; show and write less or raise output_limit in [tool.zhixing]",
    ),
    "prints-native": (
        "import os\nwhile True:\n    os.write(1, b'x' * 10_000)",
        (2, 3),
        "cell #a: the run showed or wrote more than 1 MB; show and write less or raise output_limit in [tool.zhixing]",
    ),
    "writes": (
        "import time\nwith open('big', 'wb') as file:\n    while True:\n        file.write(bytes(10_000)); file.flush()",
        (3, 4),
        "cell #a: the run showed or wrote more than 1 MB; show and write less or raise output_limit in [tool.zhixing]",
    ),
    "forks": (
        "import os, time\nwhile True:\n    if os.fork() == 0:\n        time.sleep(60)\n    time.sleep(0.01)",
        (2, 3, 5),
        "cell #a: the run had more than 8 processes at once; start fewer or raise process_limit in [tool.zhixing]",
    ),
}
# what a cell leaves behind; each writes the process ids that must be gone
LEFT = {
    "child": "import subprocess\nleft(subprocess.Popen(['sleep', '300']).pid)",
    "group": "import subprocess\nleft(subprocess.Popen(['sleep', '300'], start_new_session=True).pid)",
    "daemon": """\
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        left(os.getpid())
        time.sleep(300)
    os._exit(0)
os.wait()
while not Path(where).exists(): pass""",
    "thread": "import threading, time\nthreading.Thread(target=time.sleep, args=(300,)).start(); left(os.getpid())",
    "stubborn": "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN); left(os.getpid())",
}


def alive(pid):
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def ours():
    """The processes below this one, fork servers and supervisors included."""
    return [p for p in psutil.Process().children(recursive=True) if "zhixing" in " ".join(p.cmdline())]


@pytest.fixture(scope="module", params=METHODS)
def broken(request, new_blog):
    """A blog in which every article has one fault, built with each start method."""
    blog = new_blog(f"faults-{request.param}")
    blog.write("pyproject.toml", f'[tool.zhixing]\n{SETTINGS}start_method = "{request.param}"\n')
    for slug, (code, _, _) in FAULTS.items():
        blog.article(slug, f"```python {{.cell #a{' timeout=1' if slug.startswith('late') else ''}}}\n{code}\n```\n")
    blog.article("good", "```python {.cell}\n1\n```\n")
    blog.said = blog.build()
    return blog


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_reported_at_its_line(fault, broken):
    """Each fault fails its article, at the line of the cell that did it, with the limit that it exceeded."""
    _, lines, message = FAULTS[fault]
    ((line, said),) = [(e["line"], e["message"]) for e in broken.said.json["errors"] if f"/{fault}.md" in e["path"]]
    assert said.startswith(message)
    assert line - 6 in (lines if isinstance(lines, tuple) else (lines,))


def test_the_others_run(broken):
    """Faults of other articles do not touch an article: it runs, is kept, and no failure is kept."""
    assert broken.said.slugs("ran") == {"good"}
    assert broken.said.slugs("failed") == set(FAULTS)
    assert [path.parent.name for path in (broken.root / "build/store").glob("*/*")] == ["good"]


def test_no_process_is_left_after_faults(broken):
    """No process of ours is left after any of these endings, nor the folder that it worked in."""
    assert ours() == []
    assert list((broken.root / "build").glob("run-*")) == []


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("left", LEFT)
def test_nothing_that_a_cell_started_is_left(left, method, blog):
    """Children, other sessions, daemons and threads that a good run leaves behind end with it."""
    where = blog.root.parent / "pid"
    blog.write("pyproject.toml", f'[tool.zhixing]\n{SETTINGS}start_method = "{method}"\n')
    head = f"import os\nfrom pathlib import Path\nwhere = {str(where)!r}\ndef left(pid): Path(where).write_text(str(pid))\n"
    blog.article("leaves", f"```python {{.cell}}\n{head}{LEFT[left]}\nNone\n```\n")
    blog.built()
    assert not alive(int(where.read_text()))
    assert ours() == []


def start_build(blog, child_environment):
    """A build in a process of its own, once its article sleeps; with the process id of the article's daemon."""
    where = blog.root.parent / "pid"
    code = f"""\
import os, time
if os.fork() == 0:
    os.setsid()
    with open({str(where) + ".new"!r}, "w") as file:
        file.write(str(os.getpid()))
    os.rename({str(where) + ".new"!r}, {str(where)!r})
    time.sleep(300)
time.sleep(300)"""
    blog.article("sleeps", f"```python {{.cell timeout=300}}\n{code}\n```\n")
    command = [sys.executable, "-m", "zhixing", "build", "--root", str(blog.root)]
    restore = "import os, signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); os.execv(sys.argv[1], sys.argv[1:])"
    build = subprocess.Popen(
        [sys.executable, "-c", restore, *command],
        env=child_environment,
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    while not where.exists():
        assert build.poll() is None, build.communicate()
        time.sleep(0.02)
    return build, int(where.read_text())


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("sign", "status"), [(signal.SIGINT, 130), (signal.SIGKILL, -9), (signal.SIGTERM, -15)])
def test_nothing_is_left_of_a_build_that_is_ended(sign, status, method, blog, child_environment):
    """Ctrl-C gives 130; after it, and after a kill of the engine, every process of the build ends by itself."""
    blog.write("pyproject.toml", f'[tool.zhixing]\n{SETTINGS}timeout = 300\nstart_method = "{method}"\n'.replace("timeout = 20\n", ""))
    build, daemon = start_build(blog, child_environment)
    others = psutil.Process(build.pid).children(recursive=True)
    build.send_signal(sign)
    assert build.wait(30) == status
    _, left = psutil.wait_procs([*others, *([psutil.Process(daemon)] if alive(daemon) else [])], timeout=30)
    assert left == []
    build.communicate()


@pytest.mark.skipif(sys.platform != "linux", reason="forks only on Linux")
def test_both_start_methods_give_the_same(new_blog):
    """A forked run and a spawned one give the same pages, byte for byte, and the same record of dependencies."""
    pytest.importorskip("matplotlib")
    body = """\
```python {.cell #plot alt="A line"}
import os
import random
import sys

import matplotlib.pyplot as plt
import numpy as np

import own

plt.plot(np.random.rand(3), label="loss");
```

`{python} random.random()` `{python} own.VALUE` `{python} sys.argv` `{python} os.getcwd().rpartition("/")[2]`
"""
    found = []
    for method in METHODS:
        blog = new_blog(f"start-{method}")
        blog.write("pyproject.toml", f'[tool.zhixing]\nlanguages = ["en"]\nstart_method = "{method}"\npreload = ["matplotlib.pyplot"]\n')
        blog.write("code/own.py", "VALUE = 3\n")
        blog.article("a", body)
        blog.built()
        (entry,) = (blog.root / "build/store/a").iterdir()
        found.append((entry.stem, blog.digests()))
    assert found[0] == found[1]


def test_preloaded_state_reaches_no_article(new_blog):
    """What an article changes in a preloaded module, NumPy's print options for example, no other article sees."""
    pytest.importorskip("numpy")
    blog = new_blog("preloaded")
    blog.write("pyproject.toml", '[tool.zhixing]\npreload = ["numpy", "json"]\n')
    for slug in ("a", "b"):
        before = "`{python} np.array([1 / 3])` `{python} hasattr(json, 'x')`"
        blog.article(slug, "```python {.cell #in}\nimport json, numpy as np\nprint(np.array([1 / 3]), hasattr(json, 'x'))\n```\n\n"
                     "```python {.cell}\nnp.set_printoptions(precision=1)\njson.x = 1\n```\n\n" + before)  # fmt: skip
    blog.built()
    for slug in ("a", "b"):
        assert "[0.33333333] False" in blog.page(slug)


def test_a_module_that_cannot_be_preloaded_is_named(blog, caplog):
    """A missing module of preload is a warning: an article that needs it fails by itself."""
    blog.write("pyproject.toml", '[tool.zhixing]\npreload = ["no_such_module"]\n')
    blog.article("a", "```python {.cell}\n1\n```\n")
    assert blog.built().slugs("ran") == {"a"}
    assert "no_such_module" in caplog.text


@pytest.mark.skipif(sys.platform != "linux", reason="forks only on Linux")
def test_a_preload_that_ends_the_server_is_an_error(blog, tmp_path, monkeypatch):
    """Where importing preload ends the process, the build says so at the setting, and ends."""
    monkeypatch.setattr(process, "PASSED_ON", (*process.PASSED_ON, "PYTHONPATH"))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "zx_exits.py").write_text("import os; os._exit(7)\n")
    blog.write("pyproject.toml", '[tool.zhixing]\npreload = ["zx_exits"]\n')
    blog.article("a", "```python {.cell}\n1\n```\n")
    (error,) = blog.build().errors
    assert error.startswith("pyproject.toml:1: the process that imports preload (zx_exits) ended with exit status 7; ")


@pytest.mark.skipif(sys.platform != "linux", reason="forks only on Linux")
def test_threads_after_preload_forbid_forking(blog, tmp_path, monkeypatch, caplog):
    """A preloaded module that starts a thread makes forking unsafe: articles run in fresh processes, and a warning says so."""
    monkeypatch.setattr(process, "PASSED_ON", (*process.PASSED_ON, "PYTHONPATH"))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "zx_thread.py").write_text(
        "import threading, time; threading.Thread(target=time.sleep, args=(300,), daemon=True).start()\n"
    )
    blog.write("pyproject.toml", '[tool.zhixing]\npreload = ["zx_thread"]\n')
    blog.article("a", "```python {.cell}\n1\n```\n")
    assert blog.built().slugs("ran") == {"a"}
    assert "zx_thread started threads" in caplog.text
    assert ours() == []


@pytest.mark.skipif(sys.platform != "linux", reason="namespaces of Linux")
def test_the_server_starts_inside_a_box(blog):
    """In a namespace with process ids of its own, a fork server runs an article, kills a late one, and leaves nothing."""
    box = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]
    if subprocess.run([*box, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this user may not make namespaces")
    (blog.root / "docs/en/articles").mkdir(parents=True)
    config = load(blog.root)
    config.build.mkdir()
    server = process.ForkServer(config, box)
    try:
        first = server.fork()
        first.send(task_for(blog.root.parent, "import os; print(os.getppid())"))
        events = [first.next(30) for _ in range(3)]
        first.end()
        late = server.fork()
        late.send(task_for(blog.root.parent, "import time; time.sleep(300)"))
        assert [late.next(30)["event"] for _ in range(2)] == ["started", "cell"]
        late.end()
    finally:
        server.close()
    assert [event["event"] for event in events] == ["started", "cell", "outputs"]
    assert int(events[2]["outputs"][0]["text"]) < 10  # a process id of the box
    assert server.process.returncode == 0


def task_for(folder, code):
    scratch, logs = (os.makedirs(folder / name, exist_ok=True) or str(folder / name) for name in ("scratch", "logs"))
    return {
        "root": str(folder), "scratch": scratch, "logs": logs, "own": "", "folders": [scratch, logs], "preload": [],
        "limits": {"memory": 4e9, "output": 1e6, "processes": 64}, "cells": [{"id": "a", "code": code, "raises": None}],
        "fields": [], "shapes": [], "models": [],
    }  # fmt: skip
