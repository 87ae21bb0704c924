"""The two splits of the digits, against scikit-learn's own arrays."""

from collections import Counter

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from deep_learning.digits import permute_pixels, random_split, writer_split

INK, LABELS = load_digits(return_X_y=True)  # (1797, 64) counts from 0 to 16, (1797,)


def ink(part):
    """Return a part's images as the counts they came from, (N, 64)."""
    return (part.images.flatten(1) * 16).numpy().astype(int)


def rows(*parts):
    """Count the labelled images of some parts."""
    return Counter((row.tobytes(), label) for part in parts for row, label in zip(ink(part), part.labels.tolist(), strict=True))


@pytest.mark.parametrize("split", [random_split(3), writer_split(), writer_split(1287)])
def test_every_image_is_in_exactly_one_part(split):
    """Together the three parts are the data set, each image with its own label."""
    everything = Counter((row.tobytes(), label) for row, label in zip(INK.astype(int), LABELS.tolist(), strict=True))
    assert rows(split.train, split.validation, split.test) == everything


def test_tensors():
    """Images are float32 in [0, 1] of shape (N, 1, 8, 8), with rows above one another; labels are int64."""
    part = writer_split().train
    assert (part.images.dtype, part.labels.dtype) == (torch.float32, torch.int64)
    assert (part.images.min(), part.images.max()) == (0, 1)
    np.testing.assert_array_equal(part.images[0, 0].numpy() * 16, load_digits().images[0])


def test_random_split_is_stratified():
    """A random split has 1,005, 252 and 540 images and each digit's share of each part, within one image."""
    split = random_split(0)
    parts = (split.train, split.validation, split.test)
    assert [len(part.labels) for part in parts] == [1005, 252, 540]
    for part in parts:
        expected = np.bincount(LABELS) * len(part.labels) / len(LABELS)
        assert np.abs(np.bincount(part.labels) - expected).max() <= 1


def test_random_split_depends_on_its_seed_alone():
    """The same seed gives the same split; another seed another test part."""
    assert torch.equal(random_split(1).test.images, random_split(1).test.images)
    assert not torch.equal(random_split(1).test.images, random_split(2).test.images)


def test_writer_split_keeps_the_order():
    """The writer split is the data set cut in three without shuffling: 1,029, 228 and 540 images."""
    split = writer_split()
    parts = (split.train, split.validation, split.test)
    assert [len(part.labels) for part in parts] == [1029, 228, 540]
    np.testing.assert_array_equal(np.concatenate([ink(part) for part in parts]), INK)
    np.testing.assert_array_equal(np.concatenate([part.labels for part in parts]), LABELS)


def test_forms_open_where_the_docstring_says():
    """Images 1029 and 1287 open a form (0 to 9 three times over); the form that 1257 divides opens at 1157."""
    opening = list(range(10)) * 3
    opens = [start for start in range(1000, 1300) if LABELS[start : start + 30].tolist() == opening]
    assert opens == [1029, 1157, 1287]


@pytest.mark.parametrize("first_test", [0, 1029, 1797])
def test_writer_split_refuses_an_empty_part(first_test):
    """A cut that leaves no validation or no test image raises ValueError."""
    with pytest.raises(ValueError, match=f"between 1029 and 1797, not at {first_test}"):
        writer_split(first_test)


def test_final_fit_has_all_but_the_test_part():
    """train_and_validation gives both parts to training, leaves none for validation, and can be repeated."""
    split = random_split(0)
    final = split.train_and_validation()
    assert final.validation is None
    assert rows(final.train) == rows(split.train, split.validation)
    assert final.test is split.test
    assert final.train_and_validation() is final


def test_one_permutation_for_all_images():
    """Every image of every part has its pixels moved the same way, and the labels stay."""
    split = random_split(0)
    permuted = permute_pixels(split, seed=5)
    before = np.concatenate([ink(split.train), ink(split.validation), ink(split.test)])
    after = np.concatenate([ink(permuted.train), ink(permuted.validation), ink(permuted.test)])
    columns = Counter(map(bytes, before.astype(np.uint8).T))
    assert Counter(map(bytes, after.astype(np.uint8).T)) == columns  # the same 64 columns of 1,797 pixels
    assert not np.array_equal(before, after)
    assert torch.equal(permuted.test.labels, split.test.labels)


def test_permutation_depends_on_its_seed_and_leaves_the_split_alone():
    """The same seed gives the same permutation; the original images are unchanged; a final split stays one."""
    split = writer_split()
    images = split.train.images.clone()
    first, again, other = (permute_pixels(split, seed).train.images for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(split.train.images, images)
    assert permute_pixels(split.train_and_validation()).validation is None
