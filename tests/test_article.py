"""Articles and works, the nouns."""

from pathlib import PurePosixPath

from zhixing.article import Article, Cell, Prose, Value, Work


def article(language, *parts, path="docs/en/articles/a.md"):
    return Article("a", language, PurePosixPath(path), {}, "---\ntitle: A\n---\n", parts)


def test_an_articles_parts_are_its_source():
    """Front matter and parts, joined, are the file's text."""
    assert article("en", Prose("Text ", 4), Value("`{python} x`", 4, "x")).source == "---\ntitle: A\n---\nText `{python} x`"


def test_an_article_with_files_beside_it_is_a_folder():
    """``<slug>/index.md`` has files beside it, ``<slug>.md`` has none."""
    assert article("en", path="docs/en/articles/a/index.md").folder
    assert not article("en").folder


def test_a_work_computes_each_inline_value_of_all_languages_once():
    """Values are told apart by expression and format; the original's come first, in their order."""
    original = article("zh", Value("", 1, "b"), Value("", 2, "a", ".2f"), Value("", 3, "b", tolerance="0.1"))
    other = article("en", Value("", 1, "c"), Value("", 2, "a", ".3f"), Value("", 3, "a", ".2f"))
    work = Work("a", {"en": other, "zh": original}, original)
    assert work.fields == [("b", ""), ("a", ".2f"), ("c", ""), ("a", ".3f")]


def test_a_tolerance_may_be_computed():
    """A number stands as it is written; an expression is a field of its own, in the value's format, after all others."""
    original = article("en", Value("", 1, "m", ".3f", "sd"), Value("", 2, "n", "", "1e-3"), Value("", 3, "k", ".3f"))
    work = Work("a", {"en": original}, original)
    assert work.fields == [("m", ".3f"), ("n", ""), ("k", ".3f"), ("sd", ".3f")]
    texts = {("m", ".3f"): "0.980", ("n", ""): "5", ("k", ".3f"): "1.000", ("sd", ".3f"): "0.004"}
    assert [value.printed(texts) for _, value in work.values] == ["0.980 ± 0.004", "5 ± 1e-3", "1.000"]


def test_a_works_cells_are_its_originals():
    """A translation's cells are not run."""
    original, other = article("zh", Cell("", 1, id="x", code="1")), article("en", Cell("", 1, id="x"))
    assert [cell.code for cell in Work("a", {"zh": original, "en": other}, original).cells] == ["1"]
