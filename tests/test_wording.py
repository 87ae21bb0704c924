"""The words that the engine writes itself."""

import re

import pytest

from zhixing.wording import WORDS, words


@pytest.mark.parametrize("language", WORDS)
def test_every_language_has_every_word_with_its_gaps(language):
    """No wording is missing in a language, and each has as many gaps to fill as the English one."""
    assert words(language).keys() == WORDS["en"].keys()
    for name, text in WORDS["en"].items():
        assert len(re.findall(r"\{\}", words(language)[name])) == len(re.findall(r"\{\}", text)), name


def test_regions_use_their_language_and_unknown_languages_english():
    """zh-Hant reads Chinese words; a language without words reads English ones."""
    assert words("zh-Hant") is WORDS["zh"]
    assert words("fr") is WORDS["en"]
