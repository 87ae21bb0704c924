"""Mirrored twins: made-up film reviews whose opinion hangs on the order of their words.

Each review has a twin of the opposite label with exactly the same words.

Family N (the scope of a negation):  "... the plot was not dull but warm" and "... not warm but dull".
Family T (time; the last impression counts):  "... then it seemed dull then it seemed warm then it ended" and
"... then it seemed warm then it seemed dull then it ended". These share all bigrams and all trigrams as well.

The corpus is built to make a point, not drawn from life: what it shows is what a model *can* know.
"""

import random
from collections import Counter
from dataclasses import dataclass
from typing import NamedTuple

POSITIVE = ("warm", "clever", "gripping", "charming", "moving", "witty", "fresh", "tender", "elegant", "lively", "brilliant", "honest")
NEGATIVE = ("dull", "clumsy", "hollow", "tedious", "shallow", "stale", "noisy", "cold", "messy", "lifeless", "careless", "pompous")
NEGATIONS = ("not", "hardly", "never")
TIMES = ("yesterday", "today", "one evening", "on sunday", "in spring", "after work", "this morning", "in town")
WATCHERS = ("we", "they", "i", "my sister", "our neighbours", "two friends")
WORKS = ("film", "play", "series", "opera", "musical", "comedy", "thriller", "documentary")
ASPECTS = ("plot", "acting", "music", "dialogue", "staging", "story", "camera work", "pace")
TAIL_WORDS = ("we", "took", "the", "train", "home", "with", "friends", "and", "talked", "about", "work", "over", "tea")

# {stated} is what the reviewer says of the work, {denied} what it is said not to be, or to be no longer
NEGATION_FORMS = (
    "and the {aspect} was {negation} {denied} but {stated}",
    "and the {aspect} was not only {stated} but {negation} {denied}",
    "and the {aspect} was at first {denied} and at last {stated}",
)
TIME_FORM = "then it seemed {denied} then it seemed {stated} then it ended"


class Pair(NamedTuple):
    """A review and its twin."""

    positive: str
    negative: str
    family: str  # "N" or "T"


class Reviews(NamedTuple):
    """One part of the corpus."""

    texts: tuple[str, ...]  # words separated by single spaces, no punctuation
    labels: tuple[int, ...]  # 1 for a positive review


@dataclass(frozen=True)
class Twins:
    """The corpus in three parts that share no text; a review and its twin are in the same part."""

    train: Reviews
    validation: Reviews
    test: Reviews


def mirrored_twins(
    seed: int = 0,
    *,
    train: int = 2400,
    validation: int = 400,
    test: int = 800,
    tail: tuple[int, int] = (0, 0),
    families: str = "NT",
) -> Twins:
    """Return a corpus of so many reviews a part, the same for the same seed.

    Every part holds as many positive as negative reviews, and as many of each family. `tail` is the least and the
    greatest number of neutral words added at the end of both twins. Raises ValueError for a size that cannot be
    divided so, a tail that is no range, or an unknown family.
    """
    if not families or set(families) - {"N", "T"}:
        raise ValueError(f'families are "N", "T" or "NT", not {families!r}')
    if not 0 <= tail[0] <= tail[1]:
        raise ValueError(f"tail must be (least, greatest) with 0 <= least <= greatest, not {tail}")
    rng = random.Random(seed)
    seen: set[str] = set()
    return Twins(*(draw_part(rng, size, families, tail, seen) for size in (train, validation, test)))


def draw_part(rng: random.Random, size: int, families: str, tail: tuple[int, int], seen: set[str]) -> Reviews:
    """Draw `size` reviews whose texts are not in `seen`, and add them to it."""
    share, rest = divmod(size, 2 * len(families))
    if share < 1 or rest:
        raise ValueError(f"a part holds a positive multiple of {2 * len(families)} reviews, not {size}")
    reviews = []
    for family in families * share:
        pair = draw_pair(rng, family, tail)
        while pair.positive in seen or pair.negative in seen:
            pair = draw_pair(rng, family, tail)
        seen.update((pair.positive, pair.negative))
        reviews += [(pair.positive, 1), (pair.negative, 0)]
    rng.shuffle(reviews)
    texts, labels = zip(*reviews, strict=True)
    return Reviews(texts, labels)


def draw_pair(rng: random.Random, family: str, tail: tuple[int, int] = (0, 0)) -> Pair:
    """Draw a review and its twin, and assert that they are twins."""
    good, bad = rng.choice(POSITIVE), rng.choice(NEGATIVE)
    form = rng.choice(NEGATION_FORMS) if family == "N" else TIME_FORM
    words = {"aspect": rng.choice(ASPECTS), "negation": rng.choice(NEGATIONS)}
    opening = f"{rng.choice(TIMES)} {rng.choice(WATCHERS)} watched the {rng.choice(WORKS)}"
    ending = rng.choices(TAIL_WORDS, k=rng.randint(*tail))

    def review(stated: str, denied: str) -> str:
        return " ".join([opening, form.format(stated=stated, denied=denied, **words), *ending])

    pair = Pair(review(good, bad), review(bad, good), family)
    for n in (1,) if family == "N" else (1, 2, 3):
        assert ngrams(pair.positive, n) == ngrams(pair.negative, n), f"not twins in {n}-grams: {pair}"
    return pair


def ngrams(text: str, n: int) -> Counter[tuple[str, ...]]:
    """Count the n-grams of a text: its runs of n words."""
    words = text.split()
    return Counter(zip(*(words[start:] for start in range(n)), strict=False))
