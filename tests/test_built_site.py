"""The built site, end to end: what a reader gets is what the sources and their runs say."""

import inspect
import json
import re
import subprocess
import sys
import textwrap
import xml.etree.ElementTree as ET
from copy import copy
from importlib import import_module
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup

pytestmark = pytest.mark.site

ROOT = Path(__file__).parent.parent
LANGUAGES = {"zh": "", "en": "en/"}
SLUGS = ("benchmark", "convolution", "word-order")


@pytest.fixture(scope="module")
def pages(built_site):
    """Every HTML page of the site: {path: parsed page}."""
    return {path: BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser") for path in sorted(built_site.rglob("*.html"))}


@pytest.fixture(scope="module")
def articles(built_site, pages):
    """The page of each article: {(language, slug): parsed page}."""
    return {
        (language, slug): pages[built_site / folder / "articles" / slug / "index.html"]
        for language, folder in LANGUAGES.items()
        for slug in SLUGS
    }


def source_path(language, slug):
    own = ROOT / "docs" / language / "articles" / slug
    return own / "index.md" if own.is_dir() else own.with_suffix(".md")


def source(language, slug):
    return source_path(language, slug).read_text(encoding="utf-8")


def test_every_article_is_there_in_both_languages_and_leads_to_its_translation(built_site, articles):
    """The language switch of an article is a plain link to the same article in the other language."""
    for (language, slug), page in articles.items():
        other = "en" if language == "zh" else "zh"
        (link,) = {a["href"] for a in page.select(f'a[hreflang="{other}"]')}
        here = built_site / LANGUAGES[language] / "articles" / slug
        assert (here / link).resolve() == (built_site / LANGUAGES[other] / "articles" / slug).resolve()
        assert page.html["lang"].startswith(language)


def python_source(name):
    """What Python's own inspect says the source of ``package/module.py:Class.method`` is."""
    file, _, symbol = name.partition(":")
    found = import_module(file.removesuffix(".py").replace("/", "."))
    for step in symbol.split("."):
        found = getattr(found, step)
    return textwrap.dedent(inspect.getsource(found)).rstrip()


def test_every_listing_is_its_source(articles):
    """The text of each listing, the shapes that stand beside it left out, is the source of what its title names."""
    seen = 0
    for page in articles.values():
        for listing in page.select(".zx-listing"):
            names = listing.select_one(".filename").get_text()
            wanted = "\n\n".join(map(python_source, names.split(", ")))
            code = copy(listing.select_one("code"))
            for shape in code.select(".zx-shape"):
                shape.decompose()
            assert code.get_text().rstrip() == wanted, names
            seen += 1
    assert seen >= 2 * len(LANGUAGES), "articles show tested code"


def test_listings_and_formulas_name_the_tests_that_passed(built_site, pages, articles):
    """Below each listing and each numbered formula stand tests, and each link leads to the source of its test."""
    sources = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").glob("*.py"))
    seen = set()
    for (language, slug), page in articles.items():
        for block in page.select(".zx-listing, .zx-equation"):
            links = block.find_next_sibling(class_="zx-evidence").select("li a")
            assert links, block.get_text()[:80]
            for link in links:
                path, _, anchor = link["href"].partition("#")
                target = (built_site / LANGUAGES[language] / "articles" / slug / path).resolve() / "index.html"
                source = pages[target].find(id=anchor).find_next_sibling(class_="highlight").select_one("code").get_text()
                assert f"def {link.get_text()}(" in source
                assert source in sources
                seen.add(link.get_text())
    assert {"test_conv2d_equals_torch", "test_gates_by_hand", "test_ngrams_reach_their_ceiling_exactly"} <= seen


PROGRAM = """
import json, random, sys
import numpy, torch
random.seed(0); numpy.random.seed(0); torch.manual_seed(0)
cells, fields = json.load(sys.stdin)
space = {"display": lambda *shown: None}
for code in cells:
    try:
        exec(code, space)
    except ValueError:
        pass  # a wanted error
print("\\n" + json.dumps([eval("f'''" + printed + "'''", space) for printed in fields]))
"""


def printed(field):
    """An inline value as an f-string prints it; a tolerance that is computed has the value's format."""
    value, _, tolerance = (side.strip() for side in field.partition("±"))
    spec = re.search(r"(:[^:\]\"')]*)?$", value)[0]
    computed = f"{{{tolerance}{spec}}}" if re.search(r"[A-Za-z]{2}", tolerance) else tolerance
    return f"{{{value}}}" + (f" ± {computed}" if tolerance else "")


def recomputed(slug):
    """The inline values of both languages by a plain Python process, without the engine: {as an f-string prints it: text}."""
    cells = re.findall(r"^```python \{\.cell.*?\n(.*?)^```$", source("zh", slug), re.M | re.S)
    fields = sorted({printed(field) for lang in LANGUAGES for field in re.findall(r"`\{python\} ([^`]+)`", source(lang, slug))})
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=json.dumps([cells, fields]), capture_output=True, text=True, cwd=source_path("zh", slug).parent,
        env={"PATH": "", "OMP_NUM_THREADS": "1", "MPLBACKEND": "agg", "PYTHONPATH": str(ROOT / "code"), "PYTHONUTF8": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(zip(fields, json.loads(done.stdout.splitlines()[-1]), strict=True))


@pytest.mark.parametrize("slug", SLUGS)
def test_every_inline_value_is_what_a_second_run_computes(articles, slug):
    """Running the article's cells again, in a process without the engine, gives every number printed on its pages."""
    values = recomputed(slug)
    for language in LANGUAGES:
        wanted = [values[printed(field)] for field in re.findall(r"`\{python\} ([^`]+)`", source(language, slug))]
        shown = [span.get_text() for span in articles[language, slug].select(".md-content .zx-value")]
        assert shown == wanted
        assert len(shown) >= 5, "an article has its numbers from its run"


def test_every_internal_link_and_anchor_resolves(built_site, pages):
    """No page links to a file or an id that is not there."""
    broken = []
    for path, page in pages.items():
        if path.name == "404.html":
            continue  # its links begin at the site's address, wherever it is shown
        for element in page.select("[href], [src]"):
            link = element.get("href") or element.get("src")
            parts = urlsplit(link)
            if parts.scheme or parts.netloc or element.name == "use" or element.find_parent("svg"):
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if target.is_dir():
                target = target / "index.html"
            missing = parts.fragment and target in pages and not pages[target].find(id=unquote(parts.fragment))
            if missing or not target.is_file():
                broken.append(f"{path.relative_to(built_site)}: {link}")
    assert broken == []


def test_no_page_loads_anything_from_another_host(built_site, pages):
    """Scripts, styles, images, fonts and frames are the site's own files; only links that a reader clicks lead away."""
    outside = []
    for path, page in pages.items():
        for element in page.select("[src], link[href], form[action]"):
            link = element.get("src") or element.get("href") or element.get("action")
            rel = element.get("rel", [])
            if urlsplit(link).netloc and not {"canonical", "alternate"}.intersection(rel):
                outside.append(f"{path.relative_to(built_site)}: {link}")
    for path in built_site.rglob("*.css"):
        outside += [
            f"{path.name}: {found}" for found in re.findall(r"url\([\"']?(?:https?:)?//[^)]*|@import[^;]*//[^;]*", path.read_text("utf-8"))
        ]
    assert outside == []


def test_formulas_and_diagrams_are_in_the_page(articles):
    """With scripts off a reader sees every formula drawn, with its MathML, and every diagram but the one that mermaid.js draws."""
    in_the_browser = 0
    for page in articles.values():
        for formula in page.select(".arithmatex"):
            assert formula.select_one(".katex math"), formula.get_text()[:80]
        assert page.select(".zx-equation .katex-display")
        assert page.select(".zx-diagram.zx-light svg title")
        in_the_browser += len(page.select(".md-content .mermaid"))
        assert not re.search(r"\\\(|\\\[|\{#eq-|```|--8<--|\{python\}", page.select_one(".md-content article").get_text())
    assert in_the_browser == len(LANGUAGES), "one article has one diagram with formulas in it, in each language"


def test_figures_say_what_they_show(articles):
    """Every picture of a run is described, captioned and numbered."""
    for page in articles.values():
        figures = page.select("figure.zx-figure")
        assert figures
        for picture in page.select(".zx-picture svg"):
            assert len(picture["aria-label"]) > 20
        captions = [figure.select_one("figcaption").get_text(strip=True) for figure in figures]
        assert all(re.match(r"(图|表|Figure|Table) ?\d+", caption) for caption in captions), captions


def test_the_feed_of_each_language_lists_its_articles(built_site, articles):
    """The feeds are well-formed and hold every article's title."""
    for language, folder in LANGUAGES.items():
        feed = ET.parse(built_site / folder / "feed.xml")
        titles = {element.text.strip() for element in feed.iter() if element.tag.endswith("title") and element.text}
        for slug in SLUGS:
            assert re.search(r"^title: *[\"']?(.*?)[\"']?$", source(language, slug), re.M)[1] in titles


def test_the_search_index_knows_both_languages(built_site):
    """The index of each language holds its articles' text, and no drawing's."""
    for language, folder in LANGUAGES.items():
        docs = json.loads((built_site / folder / "search/search_index.json").read_text(encoding="utf-8"))["docs"]
        text = " ".join(doc["text"] for doc in docs)
        assert ("卷积" in text) == (language == "zh")
        assert any(doc["location"].startswith("articles/convolution/") for doc in docs)
        assert "font-size" not in text
