"""From words to numbers: a vocabulary, ids, and padding with its lengths."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from deep_learning.training import Split
from deep_learning.twins import Reviews, Twins

PAD, UNKNOWN = 0, 1  # ids that stand for no word of the vocabulary


class NoEvidence(ValueError):
    """A review holds no word that the model has seen, so any class would be a guess."""


class EmptyReview(NoEvidence):
    """A review holds no word at all."""


class Sequences(NamedTuple):
    """One part of a text corpus as tensors."""

    ids: Tensor  # (N, T) int64, PAD after each review's end
    lengths: Tensor  # (N,) int64, words
    labels: Tensor  # (N,) int64


@dataclass(frozen=True)
class Vocabulary:
    """The words that a model knows; a word's place gives its id."""

    words: tuple[str, ...]  # the commonest first, equals in alphabetical order
    ids: dict[str, int]

    @classmethod
    def build(cls, texts: Iterable[str], min_count: int = 1) -> "Vocabulary":
        """Collect the words that the texts, of the training part only, use at least `min_count` times."""
        counts = Counter(word for text in texts for word in text.lower().split())
        kept = [word for word in counts if counts[word] >= min_count]
        words = tuple(sorted(kept, key=lambda word: (-counts[word], word)))
        return cls(words, {word: index for index, word in enumerate(words, start=UNKNOWN + 1)})

    def __len__(self) -> int:
        return len(self.words) + 2  # PAD and UNKNOWN are rows of the embedding, too

    def encode(self, text: str) -> list[int]:
        """Return the ids of a text's words, UNKNOWN for those not in the vocabulary.

        Raises EmptyReview for a text without words and NoEvidence for one of unknown words only.
        """
        words = text.lower().split()
        if not words:
            raise EmptyReview("the review is empty: no words, no evidence")
        ids = [self.ids.get(word, UNKNOWN) for word in words]
        if set(ids) == {UNKNOWN}:
            raise NoEvidence(f"none of the review's {len(words)} words is in the vocabulary: {' '.join(words[:5])!r}")
        return ids


def pad(sequences: Sequence[Sequence[int]], width: int | None = None) -> tuple[Tensor, Tensor]:
    """Return ids (B, T), filled up with PAD, and lengths (B,). T is `width`, or the longest length.

    Raises ValueError for an empty sequence or one longer than `width`.
    """
    lengths = torch.tensor([len(sequence) for sequence in sequences])
    width = width or int(lengths.max())
    if lengths.min() < 1 or lengths.max() > width:
        raise ValueError(f"lengths must be 1 to {width}, but go from {lengths.min()} to {lengths.max()}")
    ids = torch.full((len(sequences), width), PAD)
    for row, sequence in zip(ids, sequences, strict=True):
        row[: len(sequence)] = torch.tensor(sequence)
    return ids, lengths


def encode_twins(twins: Twins, vocabulary: Vocabulary) -> Split:
    """Return the corpus as a Split of Sequences, all padded to the length of the longest review."""
    parts = (twins.train, twins.validation, twins.test)
    width = max(len(text.split()) for part in parts for text in part.texts)

    def tensors(part: Reviews) -> Sequences:
        ids, lengths = pad([vocabulary.encode(text) for text in part.texts], width)
        return Sequences(ids, lengths, torch.tensor(part.labels))

    return Split(*map(tensors, parts))
