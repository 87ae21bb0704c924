"""The same sources are the same bytes: whatever folder, environment, order, number of cores or store they are built with."""

import os
import shutil
import subprocess
import sys

import pytest

pytestmark = [pytest.mark.usefixtures("katex"), pytest.mark.skipif(sys.platform != "linux", reason="cores are chosen as on Linux")]
ARTICLES = {
    "figure": """\
```python {.cell #figure caption="随机游走" alt="A line that wanders."}
import time

import matplotlib.pyplot as plt
import numpy as np

time.sleep(0.5)  # ends last where others run beside it
plt.plot(np.random.randn(40).cumsum(), label="步")
plt.scatter([1, 2], [3, 4], clip_on=True)
plt.legend();
```

See @fig-figure and @eq-walk.

$$
x_n = \\sum_{i \\le n} \\epsilon_i
$$ {#eq-walk}
""",
    "numbers": """\
```python {.cell #numbers}
import locale
import random
import time

import numpy as np

words = {"卷积", "pool", "relu", "loss", "seed"}
print(words, {word: hash(word) for word in words}, time.strftime("%c %Z", time.localtime(0)), f"{time.timezone} {locale.getlocale()}")
print(random.random(), np.random.default_rng(0).random())
with open("numbers.txt", "w") as file:
    print(np.random.rand(3), file=file)
```

```python {.cell}
import os

import own

own.warn()
print(object(), own.__file__, os.getcwd())
object()
```

```python {.cell #table caption="A table"}
import pandas as pd

pd.DataFrame({"词": list(words), "n": np.random.rand(len(words))}).style.hide()
```

`{python} np.random.rand():.6f`, `{python} list(words)`, `{python} print`, `{python} os.getcwd()`
""",
    "words/index": """\
| 层 | shape |
|---|---|
| 卷积 | $3 \\times 3$ |

```mermaid
flowchart TD
  accTitle: 流程
  accDescr: From an image to classes.
  图像 --> maps --> classes
```

`{python} open("data.csv").read()`, [a table](../numbers.md), [data](data.csv).
""",
}
SITE = """\
site_name: 知行
docs_dir: docs/en
theme: {name: material, font: false}
plugins: {search: {lang: [en, zh]}, zhixing: {}}
markdown_extensions: [zhixing]
exclude_docs: notebooks/*.ipynb
"""
BUILD = """\
import os, sys
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: int(sys.argv[1])])
os.umask(int(sys.argv[2], 8))
sys.argv[:] = ["mkdocs", "build", "--strict"]
from mkdocs.__main__ import cli
cli()
"""
PLAIN = {"TZ": "UTC", "LC_ALL": "C", "PYTHONHASHSEED": "1"}
STRANGE = {"TZ": "Asia/Kathmandu", "LC_ALL": "zh_CN.GB18030", "LANG": "de_DE", "PYTHONHASHSEED": "2", "COLUMNS": "40"}


def write(blog, day):
    """The sources, as if checked out on another day."""
    blog.write("pyproject.toml", '[tool.zhixing]\npreload = ["matplotlib.pyplot", "numpy", "pandas"]\n')
    blog.write("mkdocs.yml", SITE)
    blog.write("docs/en/articles/words/data.csv", "1,2")
    blog.write("code/own.py", "import warnings\n\n\ndef warn():\n    warnings.warn('careful')\n")
    for slug, body in ARTICLES.items():
        blog.article(slug, body)
    blog.article("numbers", ARTICLES["numbers"], language="zh", front="labels: {词: 单词}\n")
    for path in blog.root.rglob("*"):
        os.utime(path, (day * 86400, day * 86400))


def start(blog, cores, umask):
    """Build the site with MkDocs in a process of its own, with an empty cache."""
    (blog.root.parent / "cache").mkdir()
    os.symlink(os.path.join(os.environ["ZHIXING_CACHE"], "frontend"), blog.root.parent / "cache/frontend")
    mine = {"ZHIXING_CACHE": str(blog.root.parent / "cache"), "SOURCE_DATE_EPOCH": "1700000000", "NO_MKDOCS_2_WARNING": "1"}
    command = [sys.executable, "-c", BUILD, str(cores), umask]
    return subprocess.Popen(
        command, cwd=blog.root, env={**blog.environment, **mine}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def made(blog):
    """What a build made: the digests of all woven files and of the site's, and the entries' names."""
    entries = sorted(str(path.relative_to(blog.root)) for path in (blog.root / "build/store").rglob("*.json"))
    return {"entries": entries, "woven": blog.digests("build/docs"), "site": blog.digests("site")}


@pytest.fixture(scope="module")
def blogs(tmp_path_factory, new_blog, child_environment):
    """Two blogs of the same sources, built cold in unlike surroundings."""
    for module in ("material", "matplotlib", "pandas"):
        pytest.importorskip(module)
    plain = new_blog("a")
    strange = type(plain)(tmp_path_factory.mktemp("另一个 folder with a long name & signs") / "deeper" / "blog")
    write(plain, 20000)
    write(strange, 9000)
    plain.environment, strange.environment = {**child_environment, **PLAIN}, {**child_environment, **STRANGE}
    processes = [start(plain, 1, "022"), start(strange, 2, "077")]
    for process in processes:
        said, _ = process.communicate()
        assert process.returncode == 0, said
    plain.made = made(plain)
    return plain, strange


@pytest.mark.parametrize("what", ["entries", "woven", "site"])
def test_cold_builds_are_equal(what, blogs):
    """Folder, time zone, locale, hash seed, cores, order of ending, umask and file times change no key and no byte."""
    plain, strange = blogs
    assert len(plain.made[what]) >= 3
    assert plain.made[what] == made(strange)[what]


@pytest.mark.parametrize("gone", ["build/store/numbers", "build/store", "build/docs"])
def test_the_state_of_the_store_changes_nothing(gone, blogs):
    """A build that finds all entries, some or none beside old pages, or no pages, gives what the cold one gave."""
    blog, _ = blogs
    shutil.rmtree(blog.root / gone)
    blog.built()
    assert made(blog) == blog.made
