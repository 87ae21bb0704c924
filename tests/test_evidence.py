"""What tests showed of code and formulas, read back: when it counts, and what a page says of it."""

import re
from pathlib import PurePosixPath

import pytest

from zhixing import evidence, pipeline
from zhixing.config import load
from zhixing.outcome import Build

CODE = """\
def doubled(x):
    if x is None:
        return None
    return 2 * x


class Box:
    size = 3


def untested():
    return 1
"""
TESTS = '''\
def test_doubled():
    """Two times two `is` four. This is the second sentence."""
    assert True


class TestMore:
    def test_inside(self):
        assert True
'''
DOUBLED, INSIDE = "tests/test_sums.py::test_doubled", "tests/test_sums.py::TestMore::test_inside"
ARTICLE = """\
```python
--8<-- "sums.py:doubled"
```

$$
y = 2x
$$ {#eq-double}

$$
y = x
$$ {#eq-same}

- In a list:

    ```python
    --8<-- "sums.py:untested"
    ```

```python
--8<-- "sums.py:Box"
```

```yaml
--8<-- "data.yaml"
```
"""
LISTED = {"code/sums.py", "code/data.yaml"}
REFUSED = "code:1: the tests of code/ have not passed at exactly this content (shown or used by {}); run `pytest --evidence`"


@pytest.fixture
def blog(blog):
    """A blog with an article in two languages, one of them a folder, and tests that have not run."""
    blog.article("a", ARTICLE)
    blog.article("a/index", ARTICLE, language="zh")
    blog.write("code/sums.py", CODE)
    blog.write("code/data.yaml", "a: 1\n")
    blog.write("tests/test_sums.py", TESTS)
    return blog


def passed(blog, **more):
    """Record that the tests have passed at the blog's present content."""
    record = {
        "content": evidence.content(blog.root, LISTED),
        "files": {"code/sums.py": {"statements": [1, 2, 3, 4, 7, 8, 11, 12], "imported": [1, 7, 8, 11]}},
        "tests": {
            DOUBLED: {"lines": {"code/sums.py": [2, 4]}, "formulas": ["a#eq-double"]},
            INSIDE: {"lines": {"code/sums.py": [2]}, "formulas": ["a#eq-double", "b#eq-same"]},
        },
    }
    evidence.write(blog.root, record | more)


@pytest.fixture
def woven(blog, katex):
    passed(blog)
    blog.built()
    return blog


def test_listing_names_the_tests_that_executed_it(woven):
    """Below a listing stand how many of its statements tests executed, and each test with a link and its docstring's first sentence."""
    found = evidence.read(woven.root, LISTED).of_listing(["sums.py:doubled"])
    assert found == evidence.Executed([INSIDE, DOUBLED], 3, 4)
    for language, words, way in (
        ("en", "✓ 2 passing tests executed 3 of 4 statements", "../tests.md"),
        ("zh", "（3/4 条语句）", "../../tests.md"),
    ):
        page = woven.page("a", language)
        assert words in page
        assert f"- [`test_doubled`]({way}#tests-test_sums-py-test_doubled): Two times two &#96;is&#96; four.\n" in page
        assert f"- [`TestMore.test_inside`]({way}#tests-test_sums-py-TestMore-test_inside)\n" in page


def test_listing_that_no_test_executes_says_so(woven):
    """A function that imports merely define is executed by no test; of what imports execute, that is said."""
    page = woven.page("a")
    said = {
        name: re.search(rf'title="{name}"\}}\n.*?```\n\n(.*?)\n', page.replace("    ", ""), re.S)[1]
        for name in ("sums.py:untested", "sums.py:Box")
    }
    assert said == {
        "sums.py:untested": "No test executes this code.",
        "sums.py:Box": "✓ Passing tests executed this code when they imported it",
    }
    assert page.count("{: .zx-evidence }") == 2, "nothing is said of a file that is no Python"


def test_formula_names_the_tests_that_check_it(woven):
    """Below a formula that tests check stand how many and which; below another nothing, also where another article's has its id."""
    page = woven.page("a")
    assert page.count("this formula") == page.count("✓ 2 passing tests check this formula") == 1
    assert page.index("eq-double") < page.index("check this formula") < page.index("eq-same")


def test_formulas_that_are_checked_are_counted(woven):
    """An article knows how many of its numbered formulas tests check."""
    from zhixing import cite
    from zhixing.bind import Bound
    from zhixing.read import read_works

    (work,) = read_works(load(woven.root), print)
    tested = evidence.read(woven.root, LISTED)
    bound = Bound(work.articles["en"], {}, {}, {}, {}, {}, {}, evidence=tested)
    assert cite.formulas_checked(bound) == (1, 2)


def test_page_of_tests_shows_their_source(woven):
    """Each language has a page with the source of every cited test as it stands in its file; no search finds the page."""
    for language in ("en", "zh"):
        page = (woven.root / f"build/docs/{language}/tests.md").read_text()
        assert page.startswith("---\nsearch:\n  exclude: true\n---\n")
        for anchor, source in (
            ("#tests-test_sums-py-test_doubled", TESTS.partition("\n\n\n")[0]),
            ("#tests-test_sums-py-TestMore-test_inside", "def test_inside(self):\n    assert True"),
        ):
            assert f"{{{anchor}}}\n\n```python\n{source}\n```\n" in page


def test_page_of_tests_takes_no_place_of_another(woven):
    """A blog's own page tests.md is never overwritten: it has to be renamed."""
    woven.write("docs/en/tests.md", "# Mine\n")
    (error,) = woven.build().errors
    assert error == "docs/en/tests.md:1: a page of this name is made, with the tests that articles cite; rename this file"


def test_inherited_test_has_no_source_of_its_own(blog):
    """A test that its class inherits is named all the same."""
    assert evidence.Evidence(blog.root, {}, {}).source("tests/test_sums.py::TestMore::test_inherited") == ""


@pytest.mark.parametrize("path", ["code/sums.py", "code/new/other.txt", "tests/test_sums.py", "tests/conftest.py"])
def test_other_content_is_refused(path, blog, katex):
    """Where anything in code/ or tests/ is not as it was when the tests passed, nothing is published, and who shows that code is named."""
    passed(blog)
    assert blog.build().status == 0
    blog.write(path, CODE + "\n")
    before = blog.digests()
    said = blog.build()
    assert said.errors == [REFUSED.format("a")]
    assert blog.digests() == before


def test_bytecode_and_hidden_files_are_no_content(blog, katex):
    """What Python and editors leave in code/ and tests/ does not ask for the tests to run again."""
    passed(blog)
    for path in ("code/__pycache__/sums.pyc", "tests/.hidden/file", "code/.sums.py.swp"):
        blog.write(path, "")
    blog.built()


def test_code_that_a_run_imports_is_refused_too(blog):
    """An article that lists nothing but imports a module of code/ is named; one that does neither is not, and alone it is published."""
    for slug in ("a.md", "a/index.md"):
        (blog.root / "docs" / ("en" if slug == "a.md" else "zh") / "articles" / slug).unlink()
    blog.article("imports", "```python {.cell}\nimport sums\n```\n")
    data = blog.write("data.txt", "1")
    blog.article("plain", f"```python {{.cell}}\nopen({str(data)!r}).read()\n```\n")
    said = blog.build()
    assert said.errors == [REFUSED.format("imports")]
    (blog.root / "docs/en/articles/imports.md").unlink()
    blog.built()


def test_blog_without_tests_is_not_refused(blog, katex):
    """Without a folder tests/ nothing is refused, and listings say that no test executes them."""
    (blog.root / "tests/test_sums.py").unlink()
    (blog.root / "tests").rmdir()
    blog.built()
    assert blog.page("a").count("No test executes this code.") == 3
    assert not (blog.root / "build/docs/en/tests.md").exists()


@pytest.mark.parametrize(
    ("damage", "what"),
    [
        (lambda data: data[:-9], "is damaged"),
        (lambda data: b"", "is damaged"),
        (lambda data: b"\xff\xfe" + data, "is damaged"),
        (lambda data: evidence.sealed(b'{"schema":0}'), "is of another version of zhixing"),
        (lambda data: evidence.sealed(b"[]"), "is of another version of zhixing"),
    ],
)
def test_record_that_cannot_be_read_is_none(damage, what, blog):
    """A damaged record, or one of another schema, counts as none, and the refusal says so."""
    passed(blog)
    path = blog.root / evidence.RECORD
    path.write_bytes(damage(path.read_bytes()))
    told = f"build/evidence.json, which tells what the tests have executed, {what}"
    assert blog.build().errors[0] == f"code:1: {told} (shown or used by a); run `pytest --evidence`"
    assert not evidence.is_fresh(blog.root, LISTED)


def test_lenient_build_warns_and_shows_no_evidence(blog, katex):
    """Who is writing is warned of what forbids publishing, and sees pages that say nothing of tests."""
    result = Build(lenient=True)
    pipeline.build(load(blog.root), result)
    assert str(result.warnings[0]) == REFUSED.format("a")
    assert "zx-evidence" not in blog.page("a")


def test_environment_asks_for_the_tests_again(blog, monkeypatch):
    """With other packages or another Python the tests have to run again before a site is made of their record."""
    passed(blog)
    assert evidence.is_fresh(blog.root, LISTED)
    with monkeypatch.context() as patch:
        patch.setattr("sys.version", "another")
        assert not evidence.is_fresh(blog.root, LISTED)
    monkeypatch.setattr("importlib.metadata.distributions", list)
    assert not evidence.is_fresh(blog.root, LISTED)


def test_way_to_a_file_is_one():
    """Two ways to name a file of code/ are one file."""
    assert evidence.file_of("a/../sums.py:name") == evidence.file_of("sums.py") == str(PurePosixPath("code/sums.py"))
