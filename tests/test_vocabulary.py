"""Words to ids and back, and what is refused instead of guessed."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from deep_learning.twins import mirrored_twins
from deep_learning.vocabulary import PAD, UNKNOWN, EmptyReview, NoEvidence, Vocabulary, encode_twins, pad

WORDS = st.lists(st.sampled_from(["warm", "dull", "not", "it", "was", "the", "plot"]), min_size=1, max_size=12)


def test_ids_by_frequency_then_alphabet():
    """The commonest word has the first id after PAD and UNKNOWN; equals are in alphabetical order."""
    vocabulary = Vocabulary.build(["b a b", "c b a", "D c"])
    assert vocabulary.words == ("b", "a", "c", "d")
    assert [vocabulary.ids[word] for word in vocabulary.words] == [2, 3, 4, 5]
    assert len(vocabulary) == 6


def test_order_of_the_texts_does_not_matter():
    """The same texts in another order give an equal vocabulary."""
    assert Vocabulary.build(["x y", "z"]) == Vocabulary.build(["z", "y x"])


def test_rare_words_are_left_out():
    """A word below min_count becomes UNKNOWN."""
    vocabulary = Vocabulary.build(["a a b"], min_count=2)
    assert vocabulary.encode("a b") == [2, UNKNOWN]


@settings(max_examples=50, deadline=None, derandomize=True)
@given(words=WORDS)
def test_encoding_can_be_undone(words):
    """Known words come back from their ids, whatever the case and the spaces."""
    vocabulary = Vocabulary.build([" ".join(words)])
    ids = vocabulary.encode("  " + "   ".join(words).upper())
    assert [vocabulary.words[index - 2] for index in ids] == words


@pytest.mark.parametrize("text", ["", "  \n\t"])
def test_empty_review_is_refused(text):
    """A text without words raises EmptyReview, which is a kind of NoEvidence and of ValueError."""
    with pytest.raises(EmptyReview, match="empty"):
        Vocabulary.build(["warm"]).encode(text)
    assert EmptyReview.__mro__[1:3] == (NoEvidence, ValueError)


def test_unknown_words_are_no_evidence():
    """Unknown words alone raise NoEvidence, not EmptyReview; with one known word they are encoded."""
    vocabulary = Vocabulary.build(["warm"])
    with pytest.raises(NoEvidence, match="none of the review's 2 words is in the vocabulary: 'quite nice'") as caught:
        vocabulary.encode("quite nice")
    assert caught.type is NoEvidence
    assert vocabulary.encode("quite warm") == [UNKNOWN, 2]


@settings(max_examples=50, deadline=None, derandomize=True)
@given(sequences=st.lists(st.lists(st.integers(1, 9), min_size=1, max_size=6), min_size=1, max_size=5))
def test_padding_can_be_undone(sequences):
    """Each row starts with its sequence and holds only PAD after its length."""
    ids, lengths = pad(sequences)
    assert ids.shape == (len(sequences), max(map(len, sequences)))
    for row, length, sequence in zip(ids.tolist(), lengths.tolist(), sequences, strict=True):
        assert row[:length] == sequence
        assert set(row[length:]) <= {PAD}


def test_pad_to_a_width():
    """A width adds columns of PAD; lengths stay those of the sequences."""
    ids, lengths = pad([[2, 3], [4]], width=4)
    assert ids.tolist() == [[2, 3, PAD, PAD], [4, PAD, PAD, PAD]]
    assert lengths.tolist() == [2, 1]


@pytest.mark.parametrize(("sequences", "width"), [([[2, 3], []], None), ([[2, 3]], 1)])
def test_lengths_outside_the_width_are_refused(sequences, width):
    """An empty sequence, or one longer than the width, raises ValueError with the lengths."""
    with pytest.raises(ValueError, match="lengths must be 1 to"):
        pad(sequences, width)


def test_twins_become_tensors():
    """The encoded corpus holds the reviews in order, at one width, with their labels."""
    twins = mirrored_twins(0, train=80, validation=40, test=40)
    vocabulary = Vocabulary.build(twins.train.texts)
    split = encode_twins(twins, vocabulary)
    for part, encoded in ((twins.train, split.train), (twins.validation, split.validation), (twins.test, split.test)):
        assert encoded.labels.tolist() == list(part.labels)
        assert encoded.lengths.tolist() == [len(text.split()) for text in part.texts]
        assert encoded.ids[3, : encoded.lengths[3]].tolist() == vocabulary.encode(part.texts[3])
    assert split.train.ids.shape[1] == split.test.ids.shape[1]
    assert split.train.ids.dtype == split.train.labels.dtype == torch.int64
    assert len(split.train_and_validation().train.ids) == 120
