"""The Markdown extension: math and diagrams are in the HTML, values stay what they are, and nothing unwoven is published."""

import re

import markdown
import pytest
from bs4 import BeautifulSoup
from hypothesis import example, given, settings
from hypothesis import strategies as st
from test_weave import bound_of

from zhixing.legend import MARK
from zhixing.markdown import PageErrors, UnwovenError
from zhixing.weave import weave

TABLE = "| a | b |\n|---|---|\n| {} | c |"
PLACES = ["text {} text", "# Heading {} here", TABLE, "- list\n- {}", "**{}**", "> {}", "1. a\n\n    {}", "[{}](#a)"]


def html_of(text, **options):
    return markdown.markdown(text, extensions=["zhixing.markdown"], **options)


def soup_of(text):
    return BeautifulSoup(html_of(text), "html.parser")


@pytest.mark.parametrize("place", PLACES)
@given(st.text(alphabet=st.sampled_from("ab1 .,:;!?*_`~^=+-#|\\/<>&{}[]()'\"$@%\n卷é"), min_size=1, max_size=30))
@example("a|b")
@example("*a* _b_ `c` $d$ ~~e~~ ^f^ ==g== <b>h</b> &amp; [i](j) ![k](l)")
@example("{: .class }")
@example("[^1]")
@example("a\n\nb")
@example("\\")
@example("1. one")
@example("https://example.org <https://example.org>")
@settings(max_examples=60, deadline=None)
def test_value_is_shown_as_it_is(place, value):
    """Whatever an inline value's text, and wherever it stands, the page shows exactly that text and nothing around it changes."""
    page = weave(bound_of(place.format("`{python} x`") + "\n", {("x", ""): value}))
    soup = soup_of(page.text.partition("\n---\n\n")[2])
    (span,) = soup.select(".zx-value")
    assert span.get_text().split() == value.split()
    assert span.find() is None
    assert span["title"] == "x"
    others = soup_of(weave(bound_of(place.format("`{python} x`") + "\n", {("x", ""): "value"})).text.partition("\n---\n\n")[2])
    assert [element.name for element in soup.find_all()] == [element.name for element in others.find_all()]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("```python {.cell}\n1\n```\n", 1),
        ("text\n\n- item\n\n    ```python {.cell #id}\n    1\n    ```\n", 5),
        ("a\nb `{python} 1 + 1` c\n", 2),
    ],
)
def test_unwoven_is_refused(text, line):
    """A cell or inline value that was not run raises with its line, so that no generator publishes the source."""
    with pytest.raises(UnwovenError, match=rf"^line {line}: .* was not run; "):
        html_of(text)


@pytest.mark.parametrize("text", ["````\n```python {.cell}\n```\n````\n", "\\`{python} 1`\n", "`` `{python} 1` ``\n", "```python\n1\n```"])
def test_quoted_source_is_rendered(text):
    """An article may show how cells and values are written."""
    assert html_of(text)


def test_formulas_are_html_and_mathml(katex):
    """Inline and display TeX become KaTeX's HTML with MathML; no TeX is left for a browser to render."""
    soup = soup_of("Inline $x^2$.\n\n$$\n\\frac{1}{2} < 1 & \\text{卷积}\n$$\n".replace("& ", ""))
    assert len(soup.select(".katex")) == 2
    assert len(soup.select(".katex-display")) == 1
    assert [annotation.get_text() for annotation in soup.select("math annotation")] == ["x^2", "\\frac{1}{2} < 1 \\text{卷积}"]
    for annotation in soup.select("annotation"):
        annotation.decompose()
    assert not re.search(r"\$|\\[(\[]|\\frac", soup.get_text())


def test_diagrams_are_svg(katex):
    """A Mermaid diagram becomes one SVG for light and one for dark pages, with its title and description."""
    pytest.importorskip("merman")
    soup = soup_of("```mermaid\nflowchart TD\n  accTitle: The title\n  accDescr: The description\n  a[甲] --> b\n```\n")
    light, dark = soup.select("svg")
    assert soup.select(".zx-diagram.zx-light svg")
    assert soup.select(".zx-diagram.zx-dark svg")
    assert light["id"] != dark["id"]
    for svg in (light, dark):
        assert svg.find("title").get_text() == "The title"
        assert svg.find("desc").get_text() == "The description"
        assert "甲" in svg.get_text()
        assert svg["width"] != "100%"


def test_all_errors_of_a_page_come_together(katex):
    """A page's TeX and Mermaid errors are raised together, each with what it was drawn from."""
    pytest.importorskip("merman")
    with pytest.raises(PageErrors) as caught:
        html_of("$\\one$ and $x$ and $\\two$\n\n```mermaid\nno diagram\n```\n")
    assert sorted((error.what, error.source.strip()) for error in caught.value.errors) == [
        ("diagram", "no diagram"),
        ("formula", "\\one"),
        ("formula", "\\two"),
    ]


def test_extension_can_render_again_after_an_error(katex):
    """One converter renders the next page after a page with errors, as a site generator's does."""
    converter = markdown.Markdown(extensions=["zhixing.markdown"])
    with pytest.raises(PageErrors):
        converter.convert("$\\one$\n")
    assert "katex" in converter.reset().convert("$x$\n")


def test_site_s_own_settings_stay():
    """An extension that the site lists itself keeps the site's options."""
    listed = {"toc": {"permalink": "#"}, "pymdownx.highlight": {"anchor_linenums": True}}
    html = markdown.markdown("# A\n", extensions=[*listed, "zhixing.markdown"], extension_configs=listed)
    assert 'class="headerlink"' in html
    assert 'class="headerlink"' not in html_of("# A\n")


def test_entry_point_names_the_extension():
    """A site lists the extension as ``zhixing``."""
    from importlib.metadata import entry_points

    (point,) = entry_points(group="markdown.extensions", name="zhixing")
    assert point.value == "zhixing.markdown:makeExtension"
    assert markdown.markdown("# A", extensions=["zhixing"]) == html_of("# A")


def test_measured_shapes_are_no_part_of_the_source():
    """A shape beside a line is apart from the highlighted code and from the line's own comment; other comments stay."""
    text = f"```{{.python .zx-listing}}\nx = 1  {MARK}(2, 3)\ny = x  # why  {MARK}a (4,), b ()\nz = 2  # (2,)\n```\n"
    code = soup_of(text).find("code")
    assert code.get_text() == "x = 1  → (2, 3)\ny = x  # why  → a (4,), b ()\nz = 2  # (2,)\n"
    assert [shape.get_text() for shape in code.select(".zx-shape")] == ["  → (2, 3)", "  → a (4,), b ()"]
    for shape in code.select(".zx-shape"):
        shape.decompose()
    assert code.get_text() == "x = 1\ny = x  # why\nz = 2  # (2,)\n"
