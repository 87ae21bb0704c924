"""What a network has to beat: the majority class, linear models, a small MLP and a support vector machine.

The linear models and the support vector machine try a small grid on the validation part, and fit the best setting
(the first of equals) again on the training and validation parts together. The test part is used once. A network has
seen as much only if it is trained on `split.train_and_validation()`.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC
from torch import Tensor, nn

from deep_learning.digits import Digits
from deep_learning.training import Run, Split, train
from deep_learning.twins import Twins


@dataclass(frozen=True)
class Baseline:
    """A fitted baseline: its accuracy on the test part and the setting that validation chose."""

    accuracy: float
    setting: dict[str, float]
    validation: float  # accuracy on the validation part of that setting, before the final fit
    model: Any = field(compare=False, repr=False)


class MLP(nn.Module):
    """One hidden layer on the 64 pixels: 4,810 parameters, and no idea of what a neighbour is."""

    def __init__(self, pixels: int = 64, hidden: int = 64, classes: int = 10):
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(pixels, hidden), nn.ReLU(), nn.Linear(hidden, classes))

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits (B, 10) of images (B, 1, 8, 8)."""
        return self.layers(images)


def majority(split: Split | Twins) -> Baseline:
    """Always answer with the commonest label of the training part (the smallest of equals)."""
    label = np.bincount(np.asarray(split.train[-1])).argmax()
    shares = [float((np.asarray(part[-1]) == label).mean()) for part in (split.test, _validation(split))]
    return Baseline(shares[0], {}, shares[1], label)


def mlp(split: Split, seed: int = 0) -> Run:
    """Train the MLP for 20 epochs on the training part of the split that it is given, as `train` does."""
    return train(MLP, split, epochs=20, seed=seed)


def logistic_regression(digits: Digits) -> Baseline:
    """Fit multinomial logistic regression to the pixels; validation chooses C."""
    grid = [{"C": c} for c in (0.1, 1.0, 10.0)]
    return _choose(lambda **setting: LogisticRegression(**setting, max_iter=2000), grid, *_pixels(digits))


def svm(digits: Digits) -> Baseline:
    """Fit a support vector machine with a Gaussian kernel (Cortes and Vapnik, 1995); validation chooses C and gamma."""
    grid = [{"gamma": gamma, "C": c} for gamma in (0.02, 0.05, 0.1) for c in (1.0, 10.0)]
    return _choose(lambda **setting: SVC(kernel="rbf", **setting), grid, *_pixels(digits))


def ngram_logistic_regression(twins: Twins, n: int) -> Baseline:
    """Fit logistic regression to the counts of all 1..n-grams of the training reviews; validation chooses C.

    Raises ValueError for n < 1.
    """
    if n < 1:
        raise ValueError(f"an n-gram has at least 1 word, not {n}")

    def build(**setting: float) -> ClassifierMixin:
        words = CountVectorizer(ngram_range=(1, n), token_pattern=r"\S+")
        return make_pipeline(words, LogisticRegression(**setting, max_iter=2000))

    grid = [{"C": c} for c in (1.0, 10.0)]
    return _choose(build, grid, twins.train, twins.validation, twins.test)


def _pixels(digits: Digits) -> list[tuple[np.ndarray, np.ndarray]]:
    parts = (digits.train, _validation(digits), digits.test)
    return [(images.flatten(1).numpy(), labels.numpy()) for images, labels in parts]  # (N, 64), (N,)


def _validation(split: Split | Twins) -> Any:
    if split.validation is None:
        raise ValueError("a baseline chooses its setting on validation data, but this split gave them to training")
    return split.validation


def _choose(build, grid, train_part, validation_part, test_part) -> Baseline:
    """Fit every setting of the grid, keep the best on validation, and fit it again on both parts."""
    scores = [build(**setting).fit(*train_part).score(*validation_part) for setting in grid]
    setting = grid[int(np.argmax(scores))]
    both = tuple(np.concatenate(pair) for pair in zip(train_part, validation_part, strict=True))
    model = build(**setting).fit(*both)
    return Baseline(float(model.score(*test_part)), setting, max(scores), model)
