"""What a downloaded script or notebook brings along to run by itself.

The source of these functions stands in the download, so each imports what it needs. Their names begin with zx_: no cell has such a name.
"""

from __future__ import annotations


def zx_start_again(environment):
    """Run this script in a new process with the run's environment: the order of sets is settled when Python starts."""
    import os
    import subprocess
    import sys

    if "ZX_STARTED" not in os.environ:
        raise SystemExit(subprocess.call([sys.executable, *sys.argv], env={**os.environ, **environment, "ZX_STARTED": "1"}))


def zx_set_up(environment, texts, binaries, seeded):
    """Put the run's files into a temporary folder, work there, and seed as the run did."""
    import base64
    import importlib
    import os
    import random
    import sys
    import tempfile
    import time
    from pathlib import Path

    os.environ.update(environment)  # before NumPy and torch are imported
    if hasattr(time, "tzset"):
        time.tzset()
    folder = Path(tempfile.mkdtemp(prefix="zhixing-"))
    contents = {name: text.encode() for name, text in texts.items()}
    contents.update({name: base64.b64decode(data) for name, data in binaries.items()})
    for name, content in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    if "matplotlibrc" in contents:
        os.environ["MATPLOTLIBRC"] = str(folder / "matplotlibrc")
    work = folder / "work"
    work.mkdir(exist_ok=True)
    os.chdir(work)
    sys.path[:0] = [str(folder / "code"), str(work)]
    for module, seed in seeded.items():
        getattr(importlib.import_module(module), seed)(0)
    random.seed(0)


def zx_show(value):
    """Print a cell's last expression as a notebook does; save it where it is a figure."""
    import builtins
    import pprint

    if value is None:
        return
    builtins._ = value
    if hasattr(value, "savefig"):
        zx_save(value)
    elif isinstance(value, (dict, frozenset, list, set, tuple)):
        print(pprint.pformat(value, width=79, sort_dicts=False))
    elif type(value).__module__.startswith("pandas") and hasattr(value, "to_string"):  # a table, with all its columns
        print(value.to_string(max_rows=60).rstrip())
    else:
        print(repr(value))


def zx_save(figure):
    """Save a figure in the working folder, and say where."""
    from pathlib import Path

    path = Path(f"figure-{1 + len(list(Path().glob('figure-*.svg')))}.svg").resolve()
    figure.savefig(path, bbox_inches="tight")
    print(f"figure: {path}")


def zx_figures():
    """Save the figures that are open in pyplot, and close them."""
    import sys

    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot:
        for number in pyplot.get_fignums():
            zx_save(pyplot.figure(number))
        pyplot.close("all")


def zx_wanted(name, error):
    """Print the error that a cell is there to show; fail where it raised another, or none."""
    if error is None:
        raise AssertionError(f"{name} was wanted and nothing was raised")
    if name not in {kind.__name__ for kind in type(error).__mro__}:
        raise error
    print(f"{type(error).__name__}: {error}")


def zx_compare(published, here, differs, rows):
    """Print each number of the text beside the one that was computed here."""
    table = [(published, here, "", "")]
    for expression, spec, text in rows:
        computed = format(eval(expression, globals()), spec)
        row = text, computed, "" if computed == text else differs, f"{expression}:{spec}" if spec else expression
        table.append([cell.replace("\n", " ") for cell in row])
    widths = [max(len(row[n]) for row in table) for n in range(3)]
    print()
    for row in table:
        print("  ".join([*map(str.ljust, row, widths), row[3]]).rstrip())
