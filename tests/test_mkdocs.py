"""The MkDocs plugin: plain ``mkdocs build`` runs the pipeline and builds the woven tree."""

import re
import subprocess
import sys

import pytest

pytest.importorskip("mkdocs")

SITE = """\
site_name: Tiny
docs_dir: docs/{language}
site_dir: {site}
repo_url: https://example.org/repo
edit_uri: edit/main/docs/{language}/
theme:
  name: mkdocs
  custom_dir: {theme}
plugins: [zhixing]
markdown_extensions: [zhixing]
exclude_docs: notebooks/*.ipynb
"""
# what the theme is told, where a test can read it
MAIN = """{% extends "base.html" %}
{% block content %}{{ page.content }}<p id="told">{{ page.meta.translations }} {{ page.edit_url }}</p>{% endblock %}
"""


def mkdocs(blog, environment, config="mkdocs.yml"):
    """Run ``mkdocs build --strict`` in the blog's folder."""
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-f", config]
    return subprocess.run(command, cwd=blog.root, env=environment, capture_output=True, text=True)


@pytest.fixture(scope="module")
def blog(new_blog, child_environment):
    """A blog of two languages, built by MkDocs in both."""
    blog = new_blog("site")
    blog.write("mkdocs.yml", SITE.format(language="en", site="site", theme="theme"))
    blog.write("zh.yml", SITE.format(language="zh", site="site/zh", theme="theme"))
    blog.write("theme/main.html", MAIN)
    for language in ("en", "zh"):
        blog.write(f"docs/{language}/index.md", "# Home\n\n[Sums](articles/sums.md)\n")
        blog.article("sums", '```python {.cell #one}\nopen("table.csv", "w").write("1,2")\nprint(6 * 7)\n```\n', language)
    blog.article("folder/index", "A folder in one language.\n")
    blog.article("folder", "一种语言里的文件。\n", "zh")
    blog.article("alone", "Not translated: `{python} 6 * 7`, [a file](../picture.txt).\n")
    blog.write("docs/en/picture.txt", "a file\n")
    for config in ("mkdocs.yml", "zh.yml"):
        done = mkdocs(blog, child_environment, config)
        assert done.returncode == 0, done.stderr
    return blog


def test_pages_are_woven(blog):
    """The site's pages are those of the woven tree: outputs and values are in the HTML, and no cell's source fence is."""
    page = (blog.root / "site/articles/sums/index.html").read_text()
    assert re.search(r"<code>42\n", page)
    assert "zx-cell" in page
    assert ">42</span>" in (blog.root / "site/articles/alone/index.html").read_text()
    assert "{.cell" not in page
    assert (blog.root / "site/articles/sums/table.csv").read_text() == "1,2"
    assert (blog.root / "site/picture.txt").read_text() == "a file\n"
    assert "assets/zhixing/zhixing.css" in page
    assert (blog.root / "site/assets/zhixing/zhixing.css").exists()


@pytest.mark.parametrize(
    ("page", "told"),
    [
        ("articles/sums", "{'zh': 'articles/sums/'} https://example.org/repo/edit/main/docs/en/articles/sums.md"),
        ("zh/articles/sums", "{'en': 'articles/sums/'} https://example.org/repo/edit/main/docs/zh/articles/sums.md"),
        ("articles/folder", "{'zh': 'articles/folder/'} https://example.org/repo/edit/main/docs/en/articles/folder/index.md"),
        ("zh/articles/folder", "{'en': 'articles/folder/'} https://example.org/repo/edit/main/docs/zh/articles/folder.md"),
        ("articles/alone", "{} https://example.org/repo/edit/main/docs/en/articles/alone.md"),
        ("notebooks", "{'zh': 'notebooks/'} None"),
    ],
)
def test_theme_knows_translations_and_sources(page, told, blog):
    """A page's meta has its translations; its edit link leads to the source, and there is none where the engine wrote the page."""
    html = (blog.root / "site" / page / "index.html").read_text()
    assert re.search(r'<p id="told">(.*?)</p>', html)[1].replace("&#39;", "'") == told


def test_second_build_touches_no_woven_file(blog, child_environment):
    """MkDocs' server watches the woven tree: what has not changed is not written again."""
    times = {path: path.stat().st_mtime_ns for path in (blog.root / "build/docs").rglob("*")}
    done = mkdocs(blog, child_environment)
    assert done.returncode == 0, done.stderr
    assert {path: path.stat().st_mtime_ns for path in (blog.root / "build/docs").rglob("*")} == times
    assert mkdocs(blog, child_environment, "zh.yml").returncode == 0  # it lies in the other's folder


def test_failing_article_leaves_the_site(blog, child_environment):
    """A failing article ends MkDocs with 1 and path:line; the old site and the old woven tree stay, byte for byte."""
    before = blog.digests("site"), blog.digests()
    path = blog.article("fails", "```python {.cell #fails}\nx = 0\n1 / x\n```\n\n[nowhere](absent.md)\n")
    try:
        done = mkdocs(blog, child_environment)
    finally:
        path.unlink()
    assert done.returncode == 1
    assert "docs/en/articles/fails.md:8: cell #fails: ZeroDivisionError: division by zero; mend the cell or what it calls" in done.stderr
    assert "Traceback" not in done.stderr
    assert (blog.digests("site"), blog.digests()) == before


HOOK = """\
import subprocess, sys

def on_pre_build(config):
    build.said = build.stderr.readline()

def on_shutdown():
    build.communicate()
    open("said", "w").write(f"{build.said}{build.returncode}")

def on_config(config):
    global build
    open("docs/en/index.md", "w").write("# Changed meanwhile")
    build = subprocess.Popen([sys.executable, "-m", "zhixing", "build"], stderr=subprocess.PIPE, text=True)
"""


def test_pages_do_not_change_while_the_site_is_built(blog, child_environment):
    """A build that begins while MkDocs reads the woven tree waits for its end, and says so: the site is of one state."""
    config = SITE.format(language="en", site="one-state", theme="theme")
    blog.write("hooked.yml", config + "hooks: [hook.py]\n")
    blog.write("hook.py", HOOK)
    done = mkdocs(blog, child_environment, "hooked.yml")
    assert done.returncode == 0, done.stderr
    said = (blog.root / "said").read_text()
    assert re.fullmatch(r"waiting for another build of this blog to end \(process \d+\)\n0", said)
    assert "Changed meanwhile" not in (blog.root / "one-state/index.html").read_text()
    assert "Changed meanwhile" in (blog.root / "build/docs/en/index.md").read_text()


@pytest.mark.parametrize(
    ("plugin", "repository", "leads"),
    [
        ("{zhixing: {notebooks_branch: books}}", "https://github.com/owner/name", True),
        ("{zhixing: {notebooks_branch: books}}", "null", False),
        ("[zhixing]", "https://github.com/owner/name", False),
    ],
)
def test_articles_lead_to_colab_where_a_repository_has_the_notebooks(blog, child_environment, plugin, repository, leads):
    """With a repository on GitHub and a branch of notebooks an article leads to Colab; where one is unset no page names it."""
    config = SITE.format(language="en", site="colab", theme="theme").replace("[zhixing]\nmarkdown", f"{plugin}\nmarkdown")
    config = config.replace("edit_uri: edit/main/docs/en/\n", "").replace("https://example.org/repo", repository)
    blog.write("colab.yml", config)
    done = mkdocs(blog, child_environment, "colab.yml")
    assert done.returncode == 0, done.stderr
    page = (blog.root / "colab/articles/sums/index.html").read_text()
    address = "https://colab.research.google.com/github/owner/name/blob/books/en/downloads/sums.ipynb"
    assert (f'<a href="{address}">open in Colab</a>' in page) == leads
    assert ("colab.research" in page) == leads
    assert '<a download="sums.py" href="../../downloads/sums.py">script</a>' in page
    assert (blog.root / "colab/downloads/sums.py").read_bytes() == (blog.root / "build/docs/en/downloads/sums.py").read_bytes()


def test_untested_code_is_refused_but_while_writing(new_blog, caplog):
    """``mkdocs build`` publishes nothing where the code's tests have not passed; ``mkdocs serve`` warns, time and again, and goes on."""
    from mkdocs.config import load_config
    from mkdocs.exceptions import PluginError

    blog = new_blog("untested")
    blog.article("a", '```python\n--8<-- "a.py"\n```\n')
    blog.write("code/a.py", "A = 1\n")
    blog.write("tests/test_a.py", "")
    path = blog.write("mkdocs.yml", "site_name: Untested\ndocs_dir: docs/en\nplugins: [zhixing]\n")
    refused = "code:1: the tests of code/ have not passed at exactly this content (shown or used by a); run `pytest --evidence`"
    for command in ("build", "serve"):
        config = load_config(str(path))
        config.plugins.on_startup(command=command, dirty=False)
        if command == "build":
            with pytest.raises(PluginError, match=re.escape(f"nothing is published:\n{refused}")):
                config.plugins.on_config(config)
            config.plugins.on_build_error(error=None)
            continue
        for _ in range(2):
            caplog.clear()
            config.plugins.on_config(config)
            config.plugins.on_post_build(config=config)
            assert [record.getMessage() for record in caplog.records if record.levelname == "WARNING"] == [refused]
    assert "zx-evidence" not in blog.page("a")


def test_docs_dir_elsewhere_is_refused(blog, child_environment):
    """A ``docs_dir`` that is not docs/<language> is refused, with what to write."""
    blog.write("wrong.yml", SITE.format(language="en", site="site", theme="theme").replace("docs_dir: docs/en", "docs_dir: theme"))
    done = mkdocs(blog, child_environment, "wrong.yml")
    assert done.returncode == 1
    assert "set it to docs/<language>" in done.stderr


def test_default_site_of_another_blog(new_blog, child_environment):
    """A folder with one article and nothing else: ``zhixing build`` writes a configuration with which MkDocs makes the site."""
    pytest.importorskip("material")
    blog = new_blog("another")
    blog.article("hello", "Hello.\n")
    said = blog.run("build")
    assert said.status == 0
    assert "mkdocs build -f build/mkdocs.yml" in said.err
    done = mkdocs(blog, child_environment, "build/mkdocs.yml")
    assert done.returncode == 0, done.stderr
    assert "Hello." in (blog.root / "site/articles/hello/index.html").read_text()
