"""The benchmark's corpus: small articles of one kind, the code and data that they use, and the edits made to them.

Every article trains a tiny network and has four formulas, a diagram, a printed table and a figure. Of each eight, three
import ``lab.cnn``, one reads a data file, one imports the distribution ``lab-dep``. An article that runs writes its name
and its process to ``ran.log`` beside the blog's folder, whatever its tool publishes.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from string import Template
from textwrap import dedent
from typing import NamedTuple

LAB = {
    "__init__": """
        import os
        from pathlib import Path
        def ran(article):
            with open(Path(__file__).parents[3] / "ran.log", "a") as file:
                file.write(f"{article} {os.getpid()}\\n")
        """,
    "cnn": """
        from torch import nn
        from torch.nn.functional import cross_entropy as loss
        VERSION = "cnn 1"
        class Net(nn.Sequential):
            def __init__(self):
                pooled = nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 2)
                super().__init__(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Conv2d(8, 8, 3), nn.ReLU(), *pooled)
        """,
    "lstm": """
        from torch import nn
        from torch.nn.functional import mse_loss as loss
        VERSION = "lstm 1"
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.recurrent, self.output = nn.LSTM(1, 16, batch_first=True), nn.Linear(16, 1)
            def forward(self, x):
                return self.output(self.recurrent(x)[0][:, -1])
        """,
    "mlp": """
        from torch import nn
        from torch.nn.functional import mse_loss as loss
        VERSION = "mlp 1"
        class Net(nn.Sequential):
            def __init__(self):
                super().__init__(nn.Linear(1, 8), nn.Tanh(), nn.Linear(8, 1))
        """,
    "data": """
        from pathlib import Path
        import numpy as np
        import torch
        EXAMPLES = 64
        def cnn():
            x = torch.randn(EXAMPLES, 1, 12, 12)
            return x, (x.mean((1, 2, 3)) > 0).long()
        def lstm():
            waves = torch.sin(6.28 * torch.rand(EXAMPLES, 1) + 0.3 * torch.arange(21))
            return waves[:, :20, None], waves[:, 20:]
        def mlp():
            x = torch.linspace(-1, 1, EXAMPLES)[:, None]
            return x, x**2
        def series():
            return np.loadtxt(Path(__file__).with_name("series.csv"), delimiter=",")
        """,
    "training": """
        import torch
        def train(net, x, y, loss, steps=60, rate=0.1):
            parameters, losses = list(net.parameters()), []
            for _ in range(steps):
                value = loss(net(x), y)
                gradients = torch.autograd.grad(value, parameters)
                with torch.no_grad():
                    for parameter, gradient in zip(parameters, gradients):
                        parameter -= rate * gradient
                losses.append(value.item())
            return losses
        """,
    "plot": """
        import matplotlib.pyplot as plt
        def curve(losses, title):
            figure, axes = plt.subplots(figsize=(5, 3))
            axes.plot(losses)
            axes.set(title=title, xlabel="step", ylabel="loss")
            return figure
        """,
}
ROLES = ("cnn", "cnn", "cnn", "lstm", "lstm", "mlp", "mlp", "lstm")  # the module that each of eight articles imports
READS_DATA, IMPORTS_DISTRIBUTION = 6, 7  # which of the eight
EXTRA = {
    READS_DATA: "print('sum', int(data.series()[:, 1].sum()))",
    IMPORTS_DISTRIBUTION: "import lab_dep\nprint('lab_dep', lab_dep.__version__)",
}
PROSE = 3 * (
    "The network is fitted to a small set of made-up numbers, so that the page runs in well under a second. "
    "What counts is the shape of the curve and not its last digit. "
)
SETUP = """\
import matplotlib.pyplot as plt
import torch
import lab
from lab import $module, data, plot, training
lab.ran('$name')
torch.manual_seed($number)
print('module', $module.VERSION)"""
MODEL = """\
x, y = data.$module()
net = $module.Net()
print('parameters', sum(p.numel() for p in net.parameters()))
$extra"""
TRAIN = """\
losses = training.train(net, x, y, $module.loss)
print('last loss', round(losses[-1], 4))"""
TABLE = """\
print('step  loss')
for step in range(0, 60, 12):
    print(f'{step:4d}  {losses[step]:.4f}')
print('answer', 6 * 6)"""


class Block(NamedTuple):
    """A part of an article; ``kind`` is title, text, heading, formula, diagram, cell or figure."""

    kind: str
    source: str

    @property
    def is_code(self) -> bool:
        return self.kind in ("cell", "figure")


BLOCKS = (
    Block("title", "Article $number"),
    Block("text", "This is article $number. " + PROSE),
    Block("formula", r"\mathcal{L}(\theta) = -\frac{1}{N}\sum_{i=1}^{N} \log p_\theta(y_i \mid x_i)"),
    Block("cell", SETUP),
    Block("heading", "Data and model"),
    Block("text", PROSE),
    Block("formula", r"h_t = \tanh(W_h h_{t-1} + W_x x_t + b)"),
    Block("diagram", "flowchart LR\n  A[data] --> B[model]\n  B --> C[loss]\n  C --> B"),
    Block("cell", MODEL),
    Block("heading", "Training"),
    Block("text", PROSE),
    Block("formula", r"\theta \leftarrow \theta - \eta \nabla_\theta \mathcal{L}"),
    Block("cell", TRAIN),
    Block("cell", TABLE),
    Block("heading", "Curve"),
    Block("text", PROSE),
    Block("formula", r"\hat{y} = \operatorname{softmax}(W h + b)"),
    Block("figure", "plot.curve(losses, 'Article $number')"),
)


def name(number: int) -> str:
    return f"article-{number:04}"


def role(number: int) -> int:
    """Which of each eight an article is, from 1."""
    return (number - 1) % len(ROLES) + 1


def article(number: int) -> list[Block]:
    """One article; they differ in their numbers, seeds and what they import."""
    words = {"name": name(number), "number": number, "module": ROLES[role(number) - 1], "extra": EXTRA.get(role(number), "")}
    return [Block(kind, Template(source).substitute(words).strip()) for kind, source in BLOCKS]


def code(number: int) -> str:
    """All cells of an article as one script."""
    return "\n".join(block.source for block in article(number) if block.is_code)


def write(blog: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (blog / path).parent.mkdir(parents=True, exist_ok=True)
        (blog / path).write_text(text, encoding="utf-8")


def write_lab(blog: Path) -> None:
    """What the articles use: ``code/lab`` with its data, and lab-dep 1.0 in ``site-packages``."""
    write(blog, {f"code/lab/{module}.py": dedent(text).lstrip() for module, text in LAB.items()})
    write(blog, {"code/lab/series.csv": "".join(f"{i},{i * i}\n" for i in range(50))})
    install(blog, "1.0")


def install(blog: Path, version: str) -> None:
    """Put a version of the made-up distribution lab-dep in the place of another."""
    shutil.rmtree(blog / "site-packages", ignore_errors=True)
    about = f"site-packages/lab_dep-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: lab-dep\nVersion: {version}\n"
    write(blog, {f"{about}/METADATA": metadata, f"{about}/top_level.txt": "lab_dep\n"})
    write(blog, {"site-packages/lab_dep/__init__.py": f'__version__ = "{version}"\n'})


class Edit(NamedTuple):
    """An edit: ``change`` makes it in a blog, whose second article's source is the second argument.

    Afterwards the pages of the articles with these ``roles`` are to show ``shows``; or, where the edit is of one article's
    own source, the page of that one. They have to run for it if it ``runs``.
    """

    change: Callable[[Path, Path], None]
    shows: str = ""
    roles: tuple[int, ...] = ()
    own: bool = False
    runs: bool = True

    def pages(self, count: int) -> set[str]:
        """The articles of which the pages change."""
        return {name(2)} if self.own else {name(number) for number in range(1, count + 1) if role(number) in self.roles}


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{path} has no {old!r}"
    path.write_text(text.replace(old, new), encoding="utf-8")


SCENARIOS = {
    "cold": Edit(lambda *_: None, "answer 36", tuple(range(1, len(ROLES) + 1))),
    "no change": Edit(lambda *_: None),
    "prose": Edit(lambda _, source: replace(source, "What counts", "What matters"), "What matters", own=True, runs=False),
    "cell": Edit(lambda _, source: replace(source, "6 * 6", "6 * 7"), "answer 42", own=True),
    "module": Edit(lambda blog, _: replace(blog / "code/lab/cnn.py", "cnn 1", "cnn 2"), "module cnn 2", (1, 2, 3)),
    "data": Edit(lambda blog, _: replace(blog / "code/lab/series.csv", "49,2401", "49,3401"), "sum 41425", (READS_DATA,)),
    "version": Edit(lambda blog, _: install(blog, "2.0"), "lab_dep 2.0", (IMPORTS_DISTRIBUTION,)),
}
