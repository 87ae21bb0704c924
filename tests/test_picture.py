"""Pictures and tables of runs are made fit for a page: safe, themeable, without clashing ids, translatable."""

import pytest

from zhixing.picture import clean_html, clean_svg

SVG = """<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">
<svg xmlns="http://www.w3.org/2000/svg" width="2" height="1">
<metadata><dc:date>2026</dc:date></metadata>
<defs><clipPath id="c"><rect/></clipPath><path id="m"/></defs>
<g clip-path="url(#c)" style="fill: #000000; stroke: #00000080"><use xlink:href="#m" href="#m"/></g>
<text style="font: 12px 'DejaVu Sans'" x="1">loss &amp; more</text><text>epoch</text>
</svg>
"""


def test_svg_is_described_and_stands_alone():
    """The SVG begins with its element, has a role and a description, and no prolog or metadata."""
    svg = clean_svg(SVG, "p", 'a "quoted" <line>', {})
    assert svg.startswith('<svg role="img" aria-label="a &quot;quoted&quot; &lt;line&gt;" fill="currentColor" xmlns=')
    assert "metadata" not in svg
    assert "DOCTYPE" not in svg


def test_ids_get_a_prefix_wherever_they_are_used():
    """Ids and all references to them carry the prefix, so that two figures on a page do not clash."""
    svg = clean_svg(SVG, "one-2", "a", {})
    for reference in ('id="one-2-c"', 'id="one-2-m"', "url(#one-2-c)", 'xlink:href="#one-2-m"', ' href="#one-2-m"'):
        assert reference in svg


def test_black_is_the_page_s_ink_and_fonts_are_the_system_s():
    """Black becomes the page's text colour, other colours stay, and no font is named that a reader may not have."""
    svg = clean_svg(SVG, "p", "a", {})
    assert "fill: currentColor" in svg
    assert "#00000080" in svg
    assert "DejaVu" not in svg


def test_labels_translate_texts():
    """A text that is a label is replaced, special characters included; others stay."""
    svg = clean_svg(SVG, "p", "a", {"loss & more": "损失 < 1", "epo": "x"})
    assert ">损失 &lt; 1</text>" in svg
    assert ">epoch</text>" in svg


@pytest.mark.parametrize(
    "wrong",
    [
        "<script>alert(1)</script>",
        '<g onload="alert(1)"/>',
        "<g onclick='alert(1)'/>",
        "<script\n>alert(1)</script>",
        '<g onload\n= "alert(1)"/>',
    ],
)
def test_svg_runs_nothing(wrong):
    """Scripts and event handlers are taken out of an SVG."""
    assert "alert" not in clean_svg(f"<svg>{wrong}</svg>", "p", "a", {})


@pytest.mark.parametrize(
    "outside",
    [
        '<image href="https://example.org/x.png"/>',
        "<image href = 'https://example.org/x.png'/>",
        "<use xlink:href='//example.org/x.svg#a'/>",
        "<style>@import url(//example.org/x.css);</style>",
    ],
)
def test_svg_loads_nothing(outside):
    """References to other files are taken out of an SVG; those to its own parts and to embedded pictures stay."""
    kept = '<use href="#a"/><image href="data:image/png;base64,AAAA"/>'
    clean = clean_svg(f"<svg>{outside}{kept}</svg>", "p", "a", {})
    assert "example.org" not in clean
    assert 'href="#p-a"' in clean
    assert "data:image/png" in clean


@pytest.mark.parametrize(
    ("html", "clean"),
    [
        ("<table><tr><td colspan='2'>a</td></tr></table>", '<table><tbody><tr><td colspan="2">a</td></tr></tbody></table>'),
        ("<script>x</script><style>x</style>text", "text"),
        ('<img src="https://example.org/x.png"><iframe src="x"></iframe>', ""),
        ('<div onclick="x" style="color: red" class="y" id="z">a</div>', "<div>a</div>"),
        ('<a href="https://example.org">a</a>', "a"),
        ("<b>1 &lt; 2</b>", "<b>1 &lt; 2</b>"),
    ],
)
def test_html_is_tables_and_text(html, clean):
    """A cell's HTML keeps tables and emphasis; whatever loads, runs, links or styles is gone."""
    assert clean_html(html, {}) == clean


def test_labels_translate_a_table():
    """The text of a table's cell that is a label is replaced; text that merely holds it stays."""
    html = "<table><tr><th>loss</th><td>a loss</td><td>1 &lt; 2</td></tr></table>"
    clean = clean_html(html, {"loss": "损失", "1 < 2": "<b>"})
    assert clean == "<table><tbody><tr><th>损失</th><td>a loss</td><td>&lt;b&gt;</td></tr></tbody></table>"
