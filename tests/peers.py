"""The tools that the benchmark compares: how each is configured and called, and how an article is written for it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import corpus
from corpus import Block


def document(templates: Mapping[str, str]) -> Callable[[list[Block], str], str]:
    """A writer that fills the template of each block's kind."""
    return lambda blocks, name: "\n".join(templates[kind].format(source, name=name) for kind, source in blocks)


def notebook(blocks: list[Block], name: str) -> str:
    """A notebook as Jupyter saves it before its first run."""
    cells = []
    for number, block in enumerate(blocks):
        cell = {"id": f"cell-{number}", "metadata": {}, "source": block.source}
        if block.is_code:
            cell |= {"cell_type": "code", "outputs": [], "execution_count": None}
        else:
            cell |= {"cell_type": "markdown", "source": MARKDOWN[block.kind].format(block.source)}
        cells.append(cell)
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": cells}, indent=1)


def gallery(blocks: list[Block], name: str) -> str:
    """A script for sphinx-gallery: its title as docstring, reStructuredText in comments, code between them."""
    parts = []
    for block in blocks:
        source, line = block.source, "=-"[block.kind == "heading"] * len(block.source)
        if block.kind == "title":
            parts.append(f'"""\n{source}\n{line}\n"""')
        elif block.is_code:
            parts.append(f"# %%\n{source}")
        else:
            text = REST[block.kind].format(source.replace("\n", "\n   "), line)
            parts.append("# %%\n" + "\n".join(f"# {row}".rstrip() for row in text.splitlines()))
    return "\n\n".join(parts) + "\n"


MARKDOWN = {
    "title": "# {}\n",
    "text": "{}\n",
    "heading": "## {}\n",
    "formula": "$$\n{}\n$$\n",
    "diagram": "```mermaid\n{}\n```\n",
}
ZHIXING = {
    **MARKDOWN,
    "title": "---\ntitle: {}\ndate: 2026-01-01\n---\n",
    "cell": "```python {{.cell}}\n{}\n```\n",
    "figure": '```python {{.cell alt="The loss falls with the steps."}}\n{};\n```\n',
}
AS_SVG = "svg = StringIO()\nplt.savefig(svg, format='svg')\nplt.close('all')\nprint(svg.getvalue())"
MARKDOWN_EXEC = {
    **MARKDOWN,
    "cell": '```python exec="on" source="above" result="text" session="{name}"\n{}\n```\n',
    "figure": '```python exec="on" html="1" source="above" session="{name}"\nfrom io import StringIO\n{}\n' + AS_SVG + "\n```\n",
}
MYST_NB = {
    **MARKDOWN,
    "title": "---\nfile_format: mystnb\nkernelspec:\n  name: python3\n---\n\n# {}\n",
    "diagram": "```{{mermaid}}\n{}\n```\n",
    "cell": "```{{code-cell}} python\n{}\n```\n",
    "figure": "```{{code-cell}} python\n{};\n```\n",
}
REST = {"text": "{}", "heading": "{}\n{}", "formula": ".. math::\n\n   {}", "diagram": ".. mermaid::\n\n   {}"}

# the navigation has one page: else each page would have a link to each other
MKDOCS = """\
site_name: lab
theme: {name: material, font: false}
nav: [index.md]
"""
MATH_AND_MERMAID = """\
markdown_extensions:
  pymdownx.arithmatex: {generic: true}
  pymdownx.superfences:
    custom_fences: [{name: mermaid, class: mermaid, format: !!python/name:pymdownx.superfences.fence_code_format }]
"""
BLOG = {
    "mkdocs.yml": f"{MKDOCS}docs_dir: docs/en\nplugins: [search, zhixing]\nmarkdown_extensions: [zhixing]\n",
    "docs/en/index.md": "# lab\n",
    "pyproject.toml": """\
[tool.zhixing]
languages = ["en"]
preload = ["matplotlib.pyplot", "numpy", "torch"]
environment = ["PYTHONPATH"]
""",
}
EXEC = {"mkdocs.yml": f"{MKDOCS}plugins: [search, markdown-exec]\n{MATH_AND_MERMAID}", "docs/index.md": "# lab\n"}
JUPYTER = {
    "mkdocs.yml": f"{MKDOCS}plugins: [search, mkdocs-jupyter: {{execute: true}}]\n{MATH_AND_MERMAID}",
    "docs/index.md": "# lab\n",
}
MYST = {
    "conf.py": """\
project, html_theme = "lab", "furo"
extensions = ["myst_nb", "sphinxcontrib.mermaid"]
myst_enable_extensions = ["dollarmath"]
nb_execution_mode = "cache"
""",
    "index.md": "# lab\n\n```{toctree}\n:glob:\narticle-*\n```\n",
}
GALLERY = {
    "conf.py": """\
project, html_theme = "lab", "furo"
extensions = ["sphinx_gallery.gen_gallery", "sphinxcontrib.mermaid"]
sphinx_gallery_conf = {"examples_dirs": "examples", "gallery_dirs": "gallery", "filename_pattern": "article"}
exclude_patterns = ["examples"]
""",
    "index.rst": "lab\n===\n\n.. toctree::\n\n   gallery/index\n",
    "examples/README.rst": "Articles\n========\n",
}


@dataclass(frozen=True)
class Tool:
    """``source`` and ``page`` say where an article of a name is, from the blog's folder; ``packages`` are the distributions that it is."""

    packages: tuple[str, ...]
    command: str
    files: dict[str, str]
    source: str
    page: str
    writer: Callable[[list[Block], str], str]
    most: int = 8  # articles with which it is measured

    def write(self, blog: Path, count: int) -> None:
        """Write a blog of some articles of the corpus."""
        corpus.write_lab(blog)
        corpus.write(blog, self.files)
        names = {number: corpus.name(number) for number in range(1, count + 1)}
        corpus.write(blog, {self.source.format(name): self.writer(corpus.article(number), name) for number, name in names.items()})


ARTICLES = "docs/en/articles/{}.md"
SPHINX = "sphinx -q -b html . site"
TOOLS = {
    "zhixing": Tool(
        ("zhixing", "mkdocs-material"), "mkdocs build -q", BLOG, ARTICLES, "site/articles/{}/index.html", document(ZHIXING), most=1000
    ),
    "engine": Tool(("zhixing",), "zhixing build", BLOG, ARTICLES, "build/docs/en/articles/{}.md", document(ZHIXING), most=1000),
    "markdown-exec": Tool(
        ("markdown-exec", "mkdocs-material"), "mkdocs build -q", EXEC, "docs/{}.md", "site/{}/index.html", document(MARKDOWN_EXEC), most=50
    ),
    "mkdocs-jupyter": Tool(
        ("mkdocs-jupyter", "mkdocs-material"), "mkdocs build -q", JUPYTER, "docs/{}.ipynb", "site/{}/index.html", notebook
    ),
    "myst-nb": Tool(("myst-nb", "sphinx"), SPHINX, MYST, "{}.md", "site/{}.html", document(MYST_NB)),
    "sphinx-gallery": Tool(("sphinx-gallery", "sphinx"), SPHINX, GALLERY, "examples/{}.py", "site/gallery/{}.html", gallery),
}
