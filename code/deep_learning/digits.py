"""The 1,797 handwritten digits that come with scikit-learn, split in two ways.

They are the test set of Alpaydin and Kaynak's "Optical Recognition of Handwritten Digits" (UCI, 1998), by 13 people, the
description says. No column names the writer, but the order nearly does: all copied the same preprinted form, whose
sequence of digits comes 14 times in the labels, 122 to 130 images each. (So one person may have filled in two.)
A random split tests on hands that it has trained on.
"""

from dataclasses import dataclass, replace
from functools import cache
from typing import NamedTuple

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import Tensor

from deep_learning.training import Split

TEST_SIZE = 540
VALIDATION_SIZE = 252  # a fifth of the other 1,257


class Images(NamedTuple):
    """One part of the digits."""

    images: Tensor  # (N, 1, 8, 8) float32 in [0, 1]
    labels: Tensor  # (N,) int64 in 0..9


@dataclass(frozen=True, eq=False)
class Digits(Split):
    """The digits in three parts; see `random_split` and `writer_split`."""

    train: Images
    validation: Images | None
    test: Images


@cache
def _all_digits() -> Images:
    images, labels = load_digits(return_X_y=True)  # (1797, 64), counts of ink from 0 to 16
    return Images(torch.tensor(images / 16, dtype=torch.float32).reshape(-1, 1, 8, 8), torch.tensor(labels, dtype=torch.int64))


def _digits(train: np.ndarray, validation: np.ndarray, test: np.ndarray) -> Digits:
    images, labels = _all_digits()
    return Digits(*(Images(images[part], labels[part]) for part in (train, validation, test)))


def random_split(seed: int = 0) -> Digits:
    """Return 1,005 training, 252 validation and 540 test images, drawn so that every part has the same classes.

    The 540 are drawn first, then the 252 from the remaining 1,257, both with `seed`. The same 13 writers are in
    every part.
    """
    labels = _all_digits().labels.numpy()
    rest, test = train_test_split(np.arange(len(labels)), test_size=TEST_SIZE, stratify=labels, random_state=seed)
    train, validation = train_test_split(rest, test_size=VALIDATION_SIZE, stratify=labels[rest], random_state=seed)
    return _digits(train, validation, test)


def writer_split(first_test: int = 1257) -> Digits:
    """Return the first images for training, the last for testing, in the data set's order: no shuffling.

    Train 0-1028, validation 1029-1256 (228 images), test 1257-1796 (540 images). Image 1029 opens a form;
    image 1257 does not: 100 images of its form are in training, 30 in the test. With `first_test=1287`, where the
    next form opens, no form is divided (258 validation and 510 test images).
    """
    first_validation = 1029
    if not first_validation < first_test < len(_all_digits().labels):
        raise ValueError(f"first_test must lie between {first_validation} and 1797, not at {first_test}")
    train, validation, test = np.split(np.arange(len(_all_digits().labels)), [first_validation, first_test])
    return _digits(train, validation, test)


def permute_pixels(split: Digits, seed: int = 0) -> Digits:
    """Return the split with one permutation of the 64 pixels, drawn from `seed`, applied to every image.

    No information is lost, but neighbours are neighbours no more.
    """
    order = torch.randperm(64, generator=torch.Generator().manual_seed(seed))

    def permute(part: Images | None) -> Images | None:
        return part and part._replace(images=part.images.flatten(1)[:, order].reshape(-1, 1, 8, 8))

    return replace(split, train=permute(split.train), validation=permute(split.validation), test=permute(split.test))
