"""The built site in a real browser: Debian's chromium, or whichever is found."""

import contextlib
import functools
import http.server
import os
import re
import shutil
import threading

import pytest

pytestmark = pytest.mark.site

FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


@pytest.fixture(scope="module")
def browser():
    """A headless Chromium."""
    names = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome", "chrome")
    program = next(filter(None, map(shutil.which, names)), None)
    if program is None:
        pytest.skip("no Chromium here: install it (Debian: apt-get install chromium), or name it in $CHROMIUM")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield started
        started.close()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture(scope="module")
def address(built_site):
    """Where the site is served on this machine."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=built_site))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


@pytest.fixture
def page(browser, address):
    """A page whose requests to other hosts and whose script errors fail the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="zh-CN")
    page = context.new_page()
    wrong = []
    page.on("request", lambda request: None if request.url.startswith((address, "data:", "blob:")) else wrong.append(request.url))
    page.on(
        "requestfailed", lambda request: wrong.append(f"{request.url}: {request.failure}") if "ABORTED" not in request.failure else None
    )
    page.on("response", lambda response: wrong.append(f"{response.url}: {response.status}") if response.status >= 400 else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    yield page
    with contextlib.suppress(Exception):
        page.wait_for_load_state("networkidle", timeout=5000)
    context.close()
    assert wrong == []


@pytest.mark.parametrize(("start", "title"), [("", "可以验算的卷积"), ("en/", "A convolution you can check")])
def test_from_home_by_a_click_to_an_article(page, address, start, title):
    """A reader who clicks an article's title on the home page reads it, its diagram of formulas drawn, and leaves the site's host never."""
    page.goto(address + start)
    page.get_by_role("link", name=title, exact=True).first.click()
    page.wait_for_url("**/articles/convolution/")
    assert page.locator("h1").first.inner_text().strip().startswith(title)
    drawn = page.locator(".mermaid svg, .mermaid[data-processed]").first
    drawn.wait_for(state="attached", timeout=20_000)
    assert page.locator("pre.mermaid", has_text="flowchart").count() == 0, "the diagram's source is not shown"


def test_the_language_switch_keeps_the_article(page, address):
    """From an article the switch leads to the same article in the other language, and back."""
    page.goto(address + "articles/word-order/")
    page.locator('.md-header a[hreflang="en"]').first.evaluate("link => link.click()")
    page.wait_for_url("**/en/articles/word-order/")
    page.locator('.md-header a[hreflang="zh"]').first.evaluate("link => link.click()")
    page.wait_for_url(re.compile(r"\d/articles/word-order/$"))


@pytest.mark.parametrize(("start", "query"), [("", "卷积"), ("en/", "convolution")])
def test_search_finds_the_article(page, address, start, query):
    """A search in each language lists the article, from files of this site alone."""
    page.goto(address + start)
    page.locator(".md-search__input").first.evaluate("input => input.focus()")
    page.locator(".md-search__input").first.fill(query)
    page.keyboard.press("End")  # Material searches when a key comes up
    found = page.locator(".md-search-result__link[href*='articles/convolution']").first
    found.wait_for(state="attached", timeout=20_000)


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize(
    "path", ["", "articles/convolution/", "en/articles/word-order/", "archive/2026/", "notebooks/convolution/", "en/about/"]
)
def test_no_page_is_wider_than_the_screen(page, address, path, width):
    """What is wide scrolls in its own box: the page itself does not scroll sideways."""
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(address + path)
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
