"""Reading: which files are articles, and which cannot be read."""

import datetime

import pytest

from zhixing.config import load
from zhixing.read import read_works

FRONT = "---\ntitle: T\ndate: 2026-01-02\n---\n"


@pytest.fixture(scope="module")
def refused(new_blog):
    """A blog of files that cannot be read, built once, and what was said about it."""
    blog = new_blog("refused")
    blog.article("fine", "Fine.\n")
    blog.built()
    blog.write("docs/en/articles/latin.md", FRONT.encode() + "\nfine\ncafé\n".encode("latin-1"))
    blog.write("docs/en/articles/large.md", FRONT + "x" * 1_000_001)
    blog.write("docs/en/articles/twice.md", FRONT)
    blog.write("docs/en/articles/twice/index.md", FRONT)
    blog.write("docs/en/articles/two words.md", FRONT)
    blog.write("docs/en/articles/folder/index.md", FRONT)
    blog.write("docs/en/articles/folder/other.md", FRONT)
    blog.write("docs/en/page.md", b"# Page\n\xff")
    outside = blog.root.parent / "outside"
    outside.mkdir()
    (outside / "index.md").write_text(FRONT)
    (outside / "secret.txt").write_text("secret")
    (blog.root / "docs/en/articles/link.md").symlink_to(outside / "index.md")
    (blog.root / "docs/en/articles/linked").symlink_to(outside)
    (blog.root / "docs/en/articles/folder/secret.txt").symlink_to(outside / "secret.txt")
    (blog.root / "docs/en/assets").symlink_to(outside)
    before = blog.digests()
    said = blog.build()
    assert blog.digests() == before
    return said


@pytest.mark.parametrize(
    "error",
    [
        "docs/en/articles/latin.md:7: byte 43 is not UTF-8; save the file as UTF-8",
        "docs/en/articles/large.md:1: 1,000,035 bytes are over the limit of 1,000,000; split the article, or read the data from a file",
        "docs/en/articles/twice.md:1: the slug 'twice' is already taken by docs/en/articles/twice/index.md; rename one of the two",
        "docs/en/articles/two words.md:1: 'two words' cannot be a slug; name the file with letters, digits and hyphens",
        "docs/en/articles/folder/other.md:1: an article's folder holds one Markdown file, index.md; move this one out",
        "docs/en/page.md:2: byte 7 is not UTF-8; save the file as UTF-8",
        "docs/en/articles/link.md:1: this is a symbolic link; put the file itself here",
        "docs/en/articles/linked/index.md:1: this is a symbolic link; put the file itself here",
        "docs/en/articles/folder/secret.txt:1: this is a symbolic link; put the file itself here",
        "docs/en/assets:1: this is a symbolic link; put the file itself here",
    ],
)
def test_file_is_refused(error, refused):
    """A file that is no plain UTF-8 text of a sensible size, or has a name that is taken, is reported and nothing is published."""
    assert refused.status == 1
    assert error in refused.errors


def read(blog):
    problems = []
    works = read_works(load(blog.root), problems.append)
    return works, [str(problem) for problem in problems]


def test_translations_are_one_work(blog):
    """Articles with the same slug are one work, in the order of the slugs; the first language's is the original."""
    blog.article("b", "B")
    blog.article("a", "A")
    blog.article("a/index", "甲", language="zh").rename(blog.root / "docs/zh/articles/a/index.md")
    works, problems = read(blog)
    assert problems == []
    assert [(work.slug, list(work.articles), work.original.language) for work in works] == [("a", ["en", "zh"], "en"), ("b", ["en"], "en")]


def test_original_is_what_the_front_matter_names(blog):
    """``original`` in any translation names the one whose cells run."""
    blog.article("a", "A", front="original: zh\n")
    blog.article("a", "甲", language="zh")
    (work,), _ = read(blog)
    assert work.original.language == "zh"


@pytest.mark.parametrize("value", ["fr", "[en]", "3"])
def test_original_that_is_no_translation_is_refused(value, blog):
    """``original`` that names no translation is reported at its line."""
    blog.article("a", "A", front=f"original: {value}\n")
    (work,), problems = read(blog)
    assert len(problems) == 1
    assert problems[0].startswith("docs/en/articles/a.md:4: original:")
    assert work.original.language == "en"


@pytest.mark.parametrize("ending", ["\r\n", "\r", "\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_line_ends_and_byte_order_mark(ending, mark, blog):
    """Any line ends and a byte order mark read as the same text."""
    text = "---\ntitle: 题\ndate: 2026-01-02\n---\n\n`{python} 1 +`\n"
    blog.write("docs/en/articles/a.md", mark + text.replace("\n", ending).encode())
    (work,), problems = read(blog)
    assert work.original.source == text
    assert [problem.partition(": ")[0] for problem in problems] == ["docs/en/articles/a.md:6"]


@pytest.mark.parametrize("fence", ["---", "..."])
def test_front_matter_is_data(fence, blog):
    """Front matter is YAML's safe subset, and closed as YAML closes it; the text after it begins on the next line."""
    blog.write("docs/en/articles/a.md", f"---\ntitle: T\ndate: 2026-01-02\ntags: [a, 1]\n{fence}\ntext\n")
    (work,), problems = read(blog)
    assert problems == []
    assert work.original.front == {"title": "T", "date": datetime.date(2026, 1, 2), "tags": ["a", 1]}
    assert [(part.text, part.line) for part in work.original.parts] == [("text\n", 6)]


def test_source_is_front_matter_and_parts(blog):
    """Front matter and parts together are the file, character by character."""
    path = blog.article("a", "# T\n\n```python {.cell}\n1\n```\n`{python} 1` [@a] @fig-b\n\n$$ x $$ {#eq-x}\nend")
    (work,), _ = read(blog)
    assert work.original.source == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("labels", ["3", "[a]", "{a: 1}", "{1: a}"])
def test_labels_are_a_table_of_texts(labels, blog):
    """``labels`` that is no table of texts is reported at its line."""
    blog.article("a", "A", front=f"labels: {labels}\n")
    assert [problem.partition(";")[0] for problem in read(blog)[1]] == ["docs/en/articles/a.md:4: labels is not a table of texts"]


def test_index_of_the_articles_is_a_page(blog):
    """``articles/index.md`` is a page like any other, and no article."""
    blog.article("a", "A")
    blog.write("docs/en/articles/index.md", "# All\n")
    works, problems = read(blog)
    assert ([work.slug for work in works], problems) == (["a"], [])
