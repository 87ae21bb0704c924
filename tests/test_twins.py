"""The mirrored twins, checked by sorted n-grams and without the generator's own counting."""

import random
from collections import defaultdict
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deep_learning.twins import NEGATIVE, POSITIVE, TAIL_WORDS, draw_pair, mirrored_twins, ngrams

SMALL = {"train": 240, "validation": 80, "test": 120}


def sorted_ngrams(text, n):
    """Return all runs of n words, sorted: equal for two texts exactly if their n-gram counts are."""
    words = text.split(" ")
    return sorted(tuple(words[i : i + n]) for i in range(len(words) - n + 1))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10**6), family=st.sampled_from("NT"), high=st.integers(0, 6))
def test_twins_share_their_ngrams(seed, family, high):
    """Twins of family N share words only, those of family T bigrams and trigrams too; none share 4-grams."""
    pair = draw_pair(random.Random(seed), family, (0, high))
    for n in (1, 2, 3, 4):
        equal = sorted_ngrams(pair.positive, n) == sorted_ngrams(pair.negative, n)
        assert equal == (n <= (1 if family == "N" else 3)), (n, pair)


@pytest.mark.formula("word-order#eq-ceiling")
@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_the_best_function_of_counts_reaches_the_ceiling(n):
    """Of all functions of the counts up to n, that which gives equal counts their more frequent label is right for exactly 1 - q/2."""
    pairs = [draw_pair(random.Random(seed), "NNT"[seed % 3]) for seed in range(60)]
    labels = defaultdict(list)
    for pair in pairs:
        for text, label in ((pair.positive, 1), (pair.negative, 0)):
            labels[str([sorted_ngrams(text, k) for k in range(1, n + 1)])].append(label)
    right = sum(max(found.count(0), found.count(1)) for found in labels.values())
    same = sum(all(sorted_ngrams(pair.positive, k) == sorted_ngrams(pair.negative, k) for k in range(1, n + 1)) for pair in pairs)
    assert right / (2 * len(pairs)) == pytest.approx(1 - same / len(pairs) / 2)
    assert same == {1: 60, 2: 20, 3: 20, 4: 0}[n]


@settings(max_examples=100, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10**6), family=st.sampled_from("NT"))
def test_label_is_the_stated_opinion(seed, family):
    """Read by its rules - after a negation or "first" an adjective is denied, the last impression counts -
    a review says what its label says."""
    pair = draw_pair(random.Random(seed), family)
    assert (reading(pair.positive), reading(pair.negative)) == (1, 0)


def reading(text):
    """Classify a review by rules of its language."""
    words = text.split()
    adjectives = [(word, before) for before, word in pairwise(words) if word in POSITIVE + NEGATIVE]
    if "then" in words:
        adjectives = adjectives[-1:]
    votes = {(word in POSITIVE) != (before in ("not", "hardly", "never", "first")) for word, before in adjectives}
    assert len(votes) == 1, text
    return int(votes.pop())


def test_every_review_has_its_twin_in_its_part():
    """In each part the positive and the negative reviews are the same bags of words."""
    twins = mirrored_twins(2, **SMALL)
    for part in (twins.train, twins.validation, twins.test):
        bags = {label: sorted(sorted_ngrams(text, 1) for text in texts_of(part, label)) for label in (0, 1)}
        assert bags[0] == bags[1]


def texts_of(part, label):
    """Return the texts of one label."""
    return [text for text, own in zip(part.texts, part.labels, strict=True) if own == label]


def test_sizes_and_families():
    """By default there are 2,400, 400 and 800 reviews, half of each part positive and half of each family."""
    twins = mirrored_twins(0)
    for part, size in ((twins.train, 2400), (twins.validation, 400), (twins.test, 800)):
        assert len(part.texts) == len(part.labels) == size
        assert sum(part.labels) == size / 2
        assert sum(text.endswith("then it ended") for text in part.texts) == size / 2


def test_no_text_occurs_twice():
    """No text is repeated within a part or between parts."""
    twins = mirrored_twins(0)
    texts = twins.train.texts + twins.validation.texts + twins.test.texts
    assert len(set(texts)) == len(texts) == 3600


def test_corpus_depends_on_its_seed_alone():
    """The same seed gives the same corpus, whatever the global generator does; another seed another."""
    first = mirrored_twins(7, **SMALL)
    random.seed(1)
    assert mirrored_twins(7, **SMALL) == first
    assert mirrored_twins(8, **SMALL) != first


def test_labels_are_shuffled():
    """Neither label nor family can be told from a review's place."""
    labels = mirrored_twins(0, **SMALL).train.labels
    assert 60 < sum(a != b for a, b in pairwise(labels)) < 180


def test_tail_adds_neutral_words_to_both_twins():
    """A tail of 2 to 4 words follows both twins alike and holds no opinion."""
    lengths = set()
    for seed in range(60):
        pair = draw_pair(random.Random(seed), "T", (2, 4))
        tails = [text.split("then it ended")[1].split() for text in (pair.positive, pair.negative)]
        assert tails[0] == tails[1]
        assert set(tails[0]) <= set(TAIL_WORDS)
        lengths.add(len(tails[0]))
    assert lengths == {2, 3, 4}
    assert not set(TAIL_WORDS) & {*POSITIVE, *NEGATIVE, "not", "hardly", "never", "only", "first", "last", "then"}


def test_ngrams_count():
    """ngrams counts runs of words, repeated ones as often as they occur."""
    assert ngrams("a b a b", 2) == {("a", "b"): 2, ("b", "a"): 1}
    assert ngrams("a b", 3) == {}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"train": 10}, "multiple of 4 reviews, not 10"),
        ({"test": 0}, "multiple of 4 reviews, not 0"),
        ({"families": "N", "validation": 3}, "multiple of 2 reviews, not 3"),
        ({"families": "X"}, "not 'X'"),
        ({"families": ""}, "not ''"),
        ({"tail": (3, 1)}, r"least <= greatest, not \(3, 1\)"),
        ({"tail": (-1, 1)}, r"not \(-1, 1\)"),
    ],
)
def test_bad_options_are_refused(options, message):
    """Sizes that cannot be divided, unknown families and tails that are no range raise ValueError."""
    with pytest.raises(ValueError, match=message):
        mirrored_twins(0, **{**SMALL, **options})
