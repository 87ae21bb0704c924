"""The words that the engine writes itself."""

import re

import pytest

from zhixing.wording import WORDS, counted, words


@pytest.mark.parametrize("language", WORDS)
def test_every_language_has_every_word_with_its_gaps(language):
    """No wording is missing in a language, and each form of each has the gaps to fill that the English one has."""
    assert words(language).keys() == WORDS["en"].keys()
    for name, text in WORDS["en"].items():
        gaps = {tuple(sorted(re.findall(r"\{\w*\}", form))) for form in f"{words(language)[name]}|{text}".split("|")}
        assert len(gaps) == 1, name


def test_regions_use_their_language_and_unknown_languages_english():
    """zh-Hant reads Chinese words; a language without words reads English ones."""
    assert words("zh-Hant") is WORDS["zh"]
    assert words("fr") is WORDS["en"]


@pytest.mark.parametrize(("number", "text"), [(0, "0 tests of a"), (1, "1 test of a"), (2, "2 tests of a")])
def test_counted_words_have_the_form_of_their_number(number, text):
    """One is counted by a language's first form, any other number by its last; a language may have one form for all."""
    assert counted("{n} test of {what}|{n} tests of {what}", number, what="a") == text
    assert counted("{n} 个测试", number) == f"{number} 个测试"
