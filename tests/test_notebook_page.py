"""Notebook pages: what mkdocs-jupyter renders, fitted to the site."""

import base64

from zhixing.notebook_page import fit, headings


def page(body):
    """A page as mkdocs-jupyter makes it: styles and scripts around the wrapper of the body."""
    around = '<style>.jp {}</style><script src="https://example.org/mermaid.js"></script>'
    return f'{around}<div class="jupyter-wrapper">{body}</div> <!-- jupyter-wrapper -->{around}'


def test_only_the_body_is_kept():
    """Styles, scripts, copies of code and paragraph signs are left out."""
    extras = '<a class="anchor-link" href="#a">¶</a><div id="cell-1" class="clipboard-copy-txt">x = 1</div>'
    assert fit(page(f"<p>text</p>{extras}")) == '<div class="jupyter-wrapper"><p>text</p></div>'


def test_formulas_are_drawn_in_text_and_left_alone_in_code(katex):
    """TeX between dollars becomes KaTeX, beside Chinese too; code and prices stay."""
    body = fit(page("<p>长度$n$为 $$a &lt; b$$ and 3$ or 4$</p><pre>$x$</pre><code>$y$</code>"))
    assert body.count('class="katex"') == 2
    assert "3$ or 4$" in body
    assert "<pre>$x$</pre><code>$y$</code>" in body


def test_figures_are_part_of_the_page():
    """An SVG that nbconvert embeds as a picture stands in the page itself, in the page's ink."""
    svg = '<svg fill="currentColor"></svg>'
    data = base64.b64encode(svg.encode()).decode()
    assert svg in fit(page(f'<img src="data:image/svg+xml;base64,{data}" alt="No description">'))


def test_no_diagram_is_left_for_a_script_from_elsewhere():
    """A Mermaid fence is drawn here: what is left as <pre class="mermaid"> makes Material fetch mermaid.js from another host."""
    body = fit(page('<div class="jp-Mermaid"><pre class="mermaid">flowchart TD\n a --&gt; b</pre></div>'))
    assert '<pre class="mermaid">' not in body
    assert "<svg" in body or '<div class="mermaid">' in body


def test_headings_nest_by_level():
    """The outline has a heading's deeper followers as its children, titles without markup, ids as they are."""
    body = '<h1 id="t">T</h1><h2 id="卷积">卷积 <em>a</em></h2><h3 id="b">B</h3><h2 id="c">C</h2>'
    (top,) = headings(body)
    assert [child["name"] for child in top["children"]] == ["卷积 a", "C"]
    assert [child["id"] for child in top["children"]] == ["卷积", "c"]
    assert top["children"][0]["children"][0]["name"] == "B"
