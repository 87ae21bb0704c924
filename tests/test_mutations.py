"""Freshness against the truth: every small change of code and data makes stale all articles that it changes, and few others."""

import os

import pytest
from mutations import verdicts

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the judge forks")

CODE = {
    "shared.py": '''\
"""What every article imports."""
from dataclasses import dataclass, field

LIMIT = 3
SCALE: float = 0.5
LIMITS = {"low": 1, "high": LIMIT}


def scaled(x, by=SCALE):
    """Smaller."""
    return x * by


def clipped(x):
    return min(max(x, LIMITS["low"]), LIMITS["high"])


def steps():
    yield from (1, 2, clipped(9))


def make_counter(start=0):
    total = start

    def count(n=1):
        nonlocal total
        total += n
        return total

    return count


class Base:
    rate = 0.1

    def run(self):
        return self.step() + 1

    def step(self):
        return 10

    def unused(self):
        return 100


@dataclass
class Point:
    x: int = 1
    y: list = field(default_factory=lambda: [LIMIT])

    @property
    def size(self):
        return self.x + 2

    @staticmethod
    def origin():
        return Point(0)
''',
    "left.py": """\
from shared import Base, scaled

WIDTH = scaled(8)


class Left(Base):
    def step(self):
        return WIDTH * 2
""",
    "right.py": """\
import shared
from left import *

__all__ = ["Left", "reach"]


def reach(n):
    return n if n > 4 else reach(n + 1)
""",
    "deep/__init__.py": "from .inner import depth\n\n\ndef __getattr__(name):\n    return name + str(4)\n",
    "deep/inner.py": "DEPTH = 2\n\n\ndef depth():\n    from .late import value\n    return value() + DEPTH\n",
    "deep/late.py": "def value():\n    return 5\n\n\ndef unused():\n    return 6\n",
    "deep/alone.py": "def nobody():\n    return 7\n",
    "files.py": """\
import os

HERE = os.path.dirname(__file__)


def numbers():
    with open(os.path.join(HERE, "numbers.csv")) as file:
        return [int(n) for n in file.read().split(",")]


def names():
    return sorted(os.listdir(os.path.join(HERE, "listed")))


def optional():
    return os.path.exists(os.path.join(HERE, "listed", "new.csv"))
""",
    "numbers.csv": "1,2,3",
    "listed/one.csv": "1",
    "listed/two.csv": "2",
}
ARTICLES = {
    "scales": "from shared import scaled\nprint(scaled(3))",
    "steps": "import shared\nprint(list(shared.steps()))\ncount = shared.make_counter()\ncount(2)\nprint(count())",
    "points": "from shared import Point\nprint(Point.origin(), Point().size)",
    "left": "from left import Left\nprint(Left().run(), Left.rate)",
    "right": "from right import *\nprint(reach(0), sorted(n for n in dir() if n[0] != '_'))",
    "deep": "import deep\nprint(deep.depth(), deep.anything)",
    "reads": "import files\nprint(files.numbers())",
    "lists": "import files\nprint(files.names(), files.optional())",
}


@pytest.fixture(scope="module")
def judged(new_blog):
    """The verdict on each mutation of a blog's code."""
    blog = new_blog("mutations")
    for name, text in CODE.items():
        blog.write(f"code/{name}", text)
    for slug, code in ARTICLES.items():
        blog.article(slug, f"```python {{.cell}}\n{code}\n```\n")
    blog.built()
    found = verdicts(blog.root, lambda: blog.run("status", "--json").slugs("stale"), ("dataclasses",))
    assert blog.run("status", "--json").slugs("stale") == set()
    return found


def test_nothing_stale_is_left(judged):
    """No mutation changes an article that a build would not run."""
    assert {name: found.changed - found.run for name, found in judged.items() if found.changed - found.run} == {}


def test_the_mutations_tell_articles_apart(judged):
    """The mutations are many, most of them change an article, and hardly one changes all: the test can fail."""
    changed = [found.changed for found in judged.values()]
    assert len(changed) > 50
    assert sum(map(bool, changed)) > 40
    assert set().union(*changed) == set(ARTICLES)
    assert sum(len(articles) == len(ARTICLES) for articles in changed) < 3


def test_few_articles_run_without_need(judged):
    """A build runs at most half as many again as the mutations change, fewer than read the files, none for what nobody enters."""
    run, needed, read = (sum(map(len, articles)) for articles in zip(*judged.values(), strict=True))
    assert run <= 1.5 * needed
    assert run < read
    for name in ("shared.py: unused", "deep/late.py: unused", "deep/alone.py: nobody", "deep/alone.py is gone"):
        assert (judged[name].run, judged[name].changed) == (set(), set())
