"""Downloads: a reader who has one file, the notebook or the script, gets what the article says."""

import json
import os
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import nbformat
import pytest
from packaging.specifiers import SpecifierSet

NASTY = '''\
r"""Triple \\""" and \'\'\' quotes, and a backslash at the end \\\\"""

TEXT = \'\'\'"""\\t"""\'\'\'


class Wanted(ValueError):
    pass


def fail():
    raise Wanted("as \'\'\'wanted\'\'\' \\\\")


def twice(n):
    return 2 * n
'''
BODY = '''\
## Data

```python {.cell #read}
from pathlib import Path

import numpy as np
import pandas as pd
from shapes import nasty

numbers = [float(n) for n in open("own.csv").read().split(",")]
weights = Path(nasty.__file__).with_name("weights.bin").read_bytes()
pd.DataFrame({"name": ["a", "b"], "n": [nasty.twice(10), np.random.rand()]})
```

```python {.cell #tuple}
"词", nasty.TEXT, len(weights)  # no parentheses
```

```python {.cell #wanted raises=ValueError}
text = """
  as it is
"""
nasty.fail()
```

```python {.cell #syntax raises=SyntaxError}
1 = 2
```

### A figure {#shown}

```python {.cell #figure caption="F" alt="A line"}
import matplotlib.pyplot as plt

plt.plot(numbers);
```

```python {.cell #future}
from __future__ import annotations

def f(x: Nowhere): ...

(f
 .__annotations__)
```

```python {.cell #claim .claim}
assert text == "\\n  as it is\\n"
assert sum(numbers) == 6.5
print("checked")
```

`{python} sum(numbers):.1f ± 0.1`, `{python} np.random.rand():.6f`, `{python} list({"p", "q", "r"})`
'''
PRINTED = """\
  name          n
0    a  20.000000
1    b   0.548814
('词', '\"\"\"\\t\"\"\"', 256)
Wanted: as '''wanted''' \\
SyntaxError: cannot assign to literal here. Maybe you meant '==' instead of '='? (<string>, line 1)
figure: figure-1.svg
{'x': 'Nowhere'}
checked

in the text      here
6.5              6.5                sum(numbers):.1f
0.715189         0.715189           np.random.rand():.6f
['p', 'q', 'r']  ['p', 'q', 'r']    list({"p", "q", "r"})
"""


@pytest.fixture(scope="module")
def downloads(new_blog):
    """The downloads of an article that has a file, a module that is hard to quote, and every kind of output."""
    for module in ("matplotlib", "pandas", "nbconvert"):
        pytest.importorskip(module)
    blog = new_blog("downloads")
    blog.write("code/shapes/__init__.py", "")
    blog.write("code/shapes/nasty.py", NASTY)
    blog.write("code/shapes/weights.bin", bytes(range(256)))
    blog.article("sums/index", BODY)
    blog.write("docs/en/articles/sums/own.csv", "1,2,3.5")
    blog.built()
    return blog.root / "build/docs/en/downloads"


def clean(folder, *command):
    """Run Python, isolated, in another folder and with an empty home."""
    (folder / "home").mkdir(exist_ok=True)
    env = {"PATH": os.defpath, "HOME": str(folder / "home"), "TMPDIR": str(folder)}
    return subprocess.run([sys.executable, "-I", *map(str, command)], capture_output=True, text=True, env=env, cwd=folder / "home")


def run_script(text, folder):
    (folder / "alone.py").write_text(text, encoding="utf-8")
    return clean(folder, folder / "alone.py")


def executed(notebook, folder):
    """The cells of a notebook as Jupyter's own executor leaves them: {id: outputs}."""
    (folder / "alone.ipynb").write_bytes(notebook.read_bytes())
    convert = ("-m", "nbconvert", "--to", "notebook", "--execute", "--output", "executed")
    done = clean(folder, *convert, folder / "alone.ipynb")
    assert done.returncode == 0, done.stderr
    return outputs(folder / "executed.ipynb")


def outputs(notebook):
    """What each cell of a notebook shows: streams, errors, texts and tables as they are (their HTML), of a figure that it is there."""
    cells = nbformat.read(notebook, as_version=4).cells
    return {cell.id: [facts(output) for output in cell.outputs] for cell in cells if cell.cell_type == "code"}


def facts(output):
    data = output.get("data", {})
    texts = [output.get("text"), output.get("ename"), data.get("text/html", data.get("text/plain"))]
    return [output.output_type, *texts, "image/svg+xml" in data]


def test_the_script_prints_what_the_run_gave(downloads, tmp_path):
    """Alone in a folder, in a clean process, the script prints tables, errors, streams and the very numbers of the text."""
    done = run_script((downloads / "sums.py").read_text(encoding="utf-8"), tmp_path)
    assert done.returncode == 0, done.stderr
    assert re.sub(r"figure: .*/", "figure: ", done.stdout) == PRINTED
    (figure,) = re.findall(r"figure: (.*)", done.stdout)
    assert "<svg" in Path(figure).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("'1,2,3.5'", "'1,2,3.4'", "assert sum(numbers) == 6.5"),
        ('raise Wanted("as', 'len("as', "AssertionError: ValueError was wanted and nothing was raised"),
        ("class Wanted(ValueError)", "class Wanted(KeyError)", "shapes.nasty.Wanted"),
    ],
)
def test_a_script_whose_claim_does_not_hold_fails(downloads, tmp_path, old, new, said):
    """A claim that does not hold, a wanted error that is another or is not raised: exit status 1, with the reason."""
    text = (downloads / "sums.py").read_text(encoding="utf-8")
    assert text.count(old) == 1
    done = run_script(text.replace(old, new), tmp_path)
    assert done.returncode == 1
    assert said in done.stderr


def test_a_number_that_differs_is_shown(downloads, tmp_path):
    """A number of the text that comes out otherwise is marked; that alone is no failure."""
    done = run_script((downloads / "sums.py").read_text(encoding="utf-8").replace("'0.715189'", "'0.715188'"), tmp_path)
    assert done.returncode == 0
    assert re.search(r"^0\.715188 +0\.715189 +differs +np\.random", done.stdout, re.M)


def test_the_script_is_in_the_percent_format(downloads):
    """Headings and cells stand under markers that editors know, each with its text or id."""
    marked = re.findall(r"^# %% (.*)\n(# .*)?", (downloads / "sums.py").read_text(encoding="utf-8"), re.M)
    assert marked == [
        ("set-up", ""),
        ("[markdown]", "# ## Data"),
        *((name, "") for name in ("read", "tuple", "wanted", "syntax")),
        ("[markdown]", "# ### A figure {#shown}"),
        *((name, "") for name in ("figure", "future", "claim", "The numbers of the text")),
    ]


def test_the_notebook_shows_what_the_run_gave(downloads, tmp_path):
    """Alone in a folder, executed by Jupyter in a clean process, each cell of the notebook shows what is stored in it."""
    assert executed(downloads / "sums.ipynb", tmp_path) == outputs(downloads / "sums.ipynb")


def test_the_notebook_begins_with_its_set_up_folded_away(downloads):
    """The set-up is the first cell, tagged and hidden, of a notebook that is valid; the page's notebook has none."""
    notebook = json.loads((downloads / "sums.ipynb").read_text(encoding="utf-8"))
    nbformat.validate(notebook, relax_add_props=False)
    first, *others = notebook["cells"]
    assert first["metadata"] == {"tags": ["set-up"], "jupyter": {"source_hidden": True}}
    page = json.loads((downloads.parent / "notebooks/sums.ipynb").read_text(encoding="utf-8"))
    assert [cell["source"] for cell in others] == [cell["source"] for cell in page["cells"]]
    assert "zx_" not in json.dumps(page)


# as PEP 723 has it
INLINE = re.compile(r"(?m)^# /// (?P<type>[a-zA-Z0-9-]+)$\s(?P<content>(^#(| .*)$\s)+)^# ///$")


def required(text):
    """The one block of inline metadata of a script."""
    (block,) = INLINE.finditer(text)
    assert block["type"] == "script"
    return tomllib.loads("".join(line[2:] if line.startswith("# ") else line[1:] for line in block["content"].splitlines(keepends=True)))


def requirements_are_those_installed(folder, slug):
    script = required((folder / f"{slug}.py").read_text(encoding="utf-8"))
    notebook = nbformat.read(folder / f"{slug}.ipynb", as_version=4)
    assert script == required(notebook.cells[0].source) == notebook.metadata.requirements
    assert f"%pip install {' '.join(script['dependencies'])}\n" in notebook.cells[0].source
    pinned = dict(requirement.split("==") for requirement in script["dependencies"])
    assert pinned == {name: metadata.version(name).partition("+")[0] for name in pinned}
    assert ".".join(map(str, sys.version_info[:3])) in SpecifierSet(script["requires-python"])
    return set(pinned)


def test_requirements_are_exact(downloads):
    """Script and notebook name the same Python and the same packages, each at the installed version, for uv, pip and machines."""
    assert {"matplotlib", "numpy", "pandas"} <= requirements_are_those_installed(downloads, "sums")


@pytest.mark.site
@pytest.mark.parametrize(("slug", "language"), [("benchmark", ""), ("convolution", "en")])
def test_the_site_s_scripts_give_the_site_s_numbers(built_site, tmp_path, slug, language):
    """A downloaded script of this site, in a clean process, prints every published number and stream, and needs what is installed."""
    folder = built_site / language / "downloads"
    requirements_are_those_installed(folder, slug)
    done = run_script((folder / f"{slug}.py").read_text(encoding="utf-8"), tmp_path)
    assert done.returncode == 0, done.stderr[-2000:]
    cells, _, numbers = done.stdout.rpartition("\n\n")
    assert len(numbers.splitlines()) > 20
    assert "differs" not in numbers
    assert "不同" not in numbers
    for shown in outputs(folder / f"{slug}.ipynb").values():
        assert all(text in cells for kind, text, *_ in shown if kind == "stream")


@pytest.mark.site
@pytest.mark.parametrize(("slug", "language"), [("benchmark", ""), ("convolution", "en")])
def test_the_site_s_notebooks_show_what_the_site_shows(built_site, tmp_path, slug, language):
    """A downloaded notebook of this site, executed by Jupyter in a clean process, shows what the run showed."""
    notebook = built_site / language / "downloads" / f"{slug}.ipynb"
    stored = outputs(notebook)
    assert sum(map(len, stored.values())) > 5
    assert executed(notebook, tmp_path) == stored
