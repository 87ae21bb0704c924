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
        "measured": "Shapes as measured by the run on this page, in the first call.",
        "measured_with": "Shapes as measured by the run on this page, in the first call: {}.",
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
        "measured": "形状由本页的运行在首次调用时量得。",
        "measured_with": "形状由本页的运行在首次调用时量得：{}。",
        "notebooks": "笔记本",
        "notebooks_intro": "每篇文章的运行记录，代码与输出俱全，可在此阅读，也可下载。",
        "download": "下载 {}",
        "article": "阅读文章",
    },
}


def words(language: str) -> dict[str, str]:
    """The wording of a language, English for those that have none here."""
    return WORDS.get(language.partition("-")[0], WORDS["en"])
