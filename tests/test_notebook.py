"""Each article is also the notebook of its run."""

import json

import nbformat
import pytest

from zhixing.notebook_page import fit

BODY = """\
Before it: `{python} total:.2f ± 0.1`, see @eq-sum and @fig-figure; [home](../index.md#top), [out](https://example.org/a.md), [@source].

```python
--8<-- "sums.py:add"
```

```python {.cell #figure caption="A figure" alt="An empty figure"}
from IPython.display import HTML, SVG, display

import sums

print("printed")
display(SVG('<svg xmlns="http://www.w3.org/2000/svg"><text>sum</text></svg>'))
total = sums.add(1, 2)
HTML("<table><tr><td>3</td></tr></table>")
```

```python {.cell #fails raises=ZeroDivisionError}
1 / 0
```

```python {.cell #claim .claim}
assert total == 3
```

$$
a + b
$$ {#eq-sum}

The end.
"""


@pytest.fixture(scope="module")
def notebooks(new_blog, katex):
    """The notebooks of one article in two languages."""
    blog = new_blog("notebooks")
    blog.write("docs/en/index.md", "# Home {#top}\n")
    blog.write("docs/zh/index.md", "# 首页 {#top}\n")
    blog.write("code/sums.py", "def add(a, b):\n    return a + b\n")
    blog.write("docs/references.yaml", "- {id: source, title: A source}\n")
    blog.article("sums", BODY)
    blog.article("sums", BODY.replace("The end.", "完。"), language="zh", front="labels: {sum: 和}\n")
    blog.built()
    return {lang: (blog.root / f"build/docs/{lang}/notebooks/sums.ipynb").read_text(encoding="utf-8") for lang in ("en", "zh")}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_notebook_is_valid(language, notebooks):
    """The notebook follows nbformat's schema, and ends with a newline."""
    notebook = json.loads(notebooks[language])
    nbformat.validate(notebook, relax_add_props=False)
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    assert notebooks[language].endswith("}\n")


def test_cells_are_those_of_the_run(notebooks):
    """Code cells are the article's cells in order, with ids, outputs and the claim's tag, and prose stands between them."""
    cells = json.loads(notebooks["en"])["cells"]
    assert [(cell["cell_type"], cell["id"]) for cell in cells] == [
        ("markdown", "text-0"),
        ("code", "figure"),
        ("code", "fails"),
        ("code", "claim"),
        ("markdown", "text-4"),
    ]
    figure, fails, claim = (cell for cell in cells if cell["cell_type"] == "code")
    assert figure["source"].startswith("from IPython.display import HTML")
    assert [output["output_type"] for output in figure["outputs"]] == ["stream", "display_data", "execute_result"]
    assert figure["outputs"][0]["text"] == "printed\n"
    assert figure["outputs"][2]["data"]["text/html"] == "<table><tr><td>3</td></tr></table>"
    assert [(output["ename"], output["evalue"]) for output in fails["outputs"]] == [("ZeroDivisionError", "division by zero")]
    assert (claim["outputs"], claim["metadata"]) == ([], {"tags": ["claim"]})


def test_prose_is_bound(notebooks):
    """Prose holds values, listings, numbers and formulas; links lead from the notebook's page to the pages of the site."""
    first, *_, last = (cell["source"] for cell in json.loads(notebooks["en"])["cells"] if cell["cell_type"] == "markdown")
    assert first.startswith(
        "# About sums\n\n\nBefore it: 3.00 ± 0.1, see Eq. (1) and Figure 1; [home](../../#top), [out](https://example.org/a.md), [1]."
    )
    assert "```python\ndef add(a, b):\n    return a + b\n```" in first
    assert last.startswith("$$\na + b \\tag{1}\n$$\n\nThe end.\n\n\n## References")
    assert last.endswith("A source.")


def test_figures_are_in_the_article_s_language(notebooks):
    """A translation's notebook has the texts of figures translated, and described."""
    for language, label in (("en", "sum"), ("zh", "和")):
        assert f">{label}</text>" in notebooks[language]
        assert 'aria-label=\\"An empty figure\\"' in notebooks[language]


def test_no_path_of_this_machine(notebooks):
    """No notebook holds a path or a traceback of the machine that ran it."""
    assert "/tmp" not in notebooks["en"]
    assert "Traceback" not in notebooks["en"]


def test_page_of_a_notebook_is_fitted(katex):
    """Of a page by mkdocs-jupyter the body is kept, with TeX drawn, also beside Chinese text; code, money and escapes stay."""
    body = "<p>核$k$大，$$n &lt; m$$ costs $5, \\$x$</p><pre>$a$</pre><code>$b$</code><p>$c$</p>"
    page = fit(f'<style>x</style><div class="jupyter-wrapper">{body}</div> <!-- jupyter-wrapper --><script>y</script>')
    assert [part.partition("<")[0] for part in page.split('<annotation encoding="application/x-tex">')[1:]] == ["k", "n &lt; m", "c"]
    for kept in ("<pre>$a$</pre>", "<code>$b$</code>", "costs $5,"):
        assert kept in page
    assert "<style>" not in page
    assert "<script>" not in page
