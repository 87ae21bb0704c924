"""The few words that the engine itself writes on a page, by language."""

from __future__ import annotations

WORDS = {
    "en": {
        "fig": "Figure {}",
        "tbl": "Table {}",
        "eq": "Eq. ({})",
        "caption": "{}. {}",
        "references": "References",
        "held": "This claim was checked by the run on this page, and held.",
        "executed": "✓ {n} passing test executed {executed} of {statements} statements|"
        "✓ {n} passing tests executed {executed} of {statements} statements",
        "imported": "✓ Passing tests executed this code when they imported it",
        "unexecuted": "No test executes this code.",
        "checked": "✓ {n} passing test checks this formula|✓ {n} passing tests check this formula",
        "tests": "Tests",
        "tests_intro": "Articles cite these tests below code and formulas. All of them passed with the code that the articles show.",
        "notebooks": "Notebooks",
        "notebooks_intro": "Each article as the notebook of its run, with code and outputs, to read or to download.",
        "download": "Download {}",
        "article": "Read the article",
    },
    "zh": {
        "fig": "图 {}",
        "tbl": "表 {}",
        "eq": "式 ({})",
        "caption": "{}　{}",
        "references": "参考文献",
        "held": "这条论断由本页的运行检验过，成立。",
        "executed": "✓ {n} 个测试执行过这段代码（{executed}/{statements} 条语句）并通过",
        "imported": "✓ 测试在导入时执行过这段代码并通过",
        "unexecuted": "没有测试执行过这段代码。",
        "checked": "✓ {n} 个测试验算过这个公式并通过",
        "tests": "测试",
        "tests_intro": "文章在代码和公式下方引用了这些测试。它们针对文章所示的代码全部通过。",
        "notebooks": "笔记本",
        "notebooks_intro": "每篇文章的运行记录，代码与输出俱全，可在此阅读，也可下载。",
        "download": "下载 {}",
        "article": "阅读文章",
    },
}


def words(language: str) -> dict[str, str]:
    """The wording of a language, English for those that have none here."""
    return WORDS.get(language.partition("-")[0], WORDS["en"])


def counted(forms: str, number: int, **more: object) -> str:
    """The form for a number, "one|several" where a language has two."""
    return forms.split("|")[-1 if number != 1 else 0].format(n=number, **more)
