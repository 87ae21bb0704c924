"""The baselines against scikit-learn used directly, and the exact ceilings of n-grams on mirrored twins."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

from deep_learning.baselines import MLP, logistic_regression, majority, mlp, ngram_logistic_regression, svm
from deep_learning.digits import random_split
from deep_learning.training import Run, Split
from deep_learning.twins import mirrored_twins

pytestmark = pytest.mark.filterwarnings("error")  # a solver that has not converged is an error
DIGITS = random_split(0)
TWINS = mirrored_twins(0, train=800, validation=200, test=400)


def flat(part):
    """Return a part as scikit-learn reads it: (N, 64) and (N,)."""
    return part.images.reshape(-1, 64).numpy(), part.labels.numpy()


@pytest.mark.parametrize(("baseline", "classifier"), [(logistic_regression, LogisticRegression), (svm, SVC)])
def test_chosen_setting_is_fitted_again_on_both_parts(baseline, classifier):
    """The accuracies are scikit-learn's own: on validation before, on the test part after the final fit."""
    fitted = baseline(DIGITS)
    model = classifier(**fitted.setting, max_iter=2000)
    assert fitted.validation == model.fit(*flat(DIGITS.train)).score(*flat(DIGITS.validation))
    both = flat(DIGITS.train_and_validation().train)
    assert fitted.accuracy == model.fit(*both).score(*flat(DIGITS.test))
    assert fitted.accuracy > 0.93


def test_validation_chooses():
    """Of the grid's settings, the chosen one has the highest validation accuracy."""
    grid = [SVC(gamma=gamma, C=c) for gamma in (0.02, 0.05, 0.1) for c in (1.0, 10.0)]
    scores = [model.fit(*flat(DIGITS.train)).score(*flat(DIGITS.validation)) for model in grid]
    assert svm(DIGITS).validation == max(scores) > min(scores)


def test_test_labels_do_not_choose():
    """With other test labels the same setting is chosen."""
    wrong = replace(DIGITS, test=DIGITS.test._replace(labels=(DIGITS.test.labels + 1) % 10))
    fitted, blind = svm(DIGITS), svm(wrong)
    assert (fitted.setting, fitted.validation) == (blind.setting, blind.validation)
    assert blind.accuracy < 0.1


def test_mlp_is_a_run():
    """The MLP has 4,810 parameters, trains to well above 0.9, and returns what train returns."""
    run = mlp(DIGITS, seed=0)
    assert isinstance(run, Run)
    assert run.accuracy > 0.93
    assert sum(parameter.numel() for parameter in MLP().parameters()) == 64 * 64 + 64 + 64 * 10 + 10 == 4810


def test_majority_is_the_class_share():
    """The majority class of the training part is answered everywhere, even where the test part has another."""
    part = torch.zeros(5, 1)
    split = Split(
        (part, torch.tensor([1, 1, 2, 2, 1])),
        (part, torch.tensor([1, 0, 0, 0, 0])),
        (part, torch.tensor([2, 2, 2, 1, 1])),
    )
    fitted = majority(split)
    assert (fitted.validation, fitted.accuracy) == (0.2, 0.4)
    assert majority(TWINS).accuracy == 0.5


@pytest.mark.formula("word-order#eq-score")
def test_score_is_a_function_of_the_counts():
    """A bag's score is what its weights give for the counts of words and pairs of words, and it answers 1 exactly above the threshold 0."""
    model = ngram_logistic_regression(TWINS, 2).model
    words, regression = model.named_steps.values()
    weights = dict(zip(words.get_feature_names_out(), regression.coef_[0], strict=True))
    texts = [text.split() for text in TWINS.test.texts]
    scores = [sum(weights.get(gram, 0.0) for gram in [*text, *map(" ".join, pairwise(text))]) for text in texts] + regression.intercept_
    np.testing.assert_allclose(model.decision_function(TWINS.test.texts), scores, rtol=0, atol=1e-9)
    assert abs(scores).min() > 1e-6, "no score is so near 0 that rounding decides"
    assert model.predict(TWINS.test.texts).tolist() == [int(score > 0) for score in scores]


@pytest.mark.formula("word-order#eq-ceiling", "word-order#eq-theorem")
@pytest.mark.parametrize(("n", "ceiling"), [(1, 0.5), (2, 0.75), (3, 0.75), (4, 1.0)])
def test_ngrams_reach_their_ceiling_exactly(n, ceiling):
    """Twins of equal n-gram counts get one answer, right for one of the two: 1/2, then 3/4; none at n = 4."""
    assert ngram_logistic_regression(TWINS, n).accuracy == ceiling


@pytest.mark.formula("word-order#eq-theorem")
def test_any_labels_give_one_half_on_family_t():
    """On family T alone even trigrams are right exactly half of the time."""
    twins = mirrored_twins(1, train=400, validation=100, test=200, families="T")
    assert ngram_logistic_regression(twins, 3).accuracy == 0.5


def test_ngrams_of_no_words_are_refused():
    """n = 0 raises ValueError."""
    with pytest.raises(ValueError, match="at least 1 word, not 0"):
        ngram_logistic_regression(TWINS, 0)


@pytest.mark.parametrize("baseline", [majority, logistic_regression, svm])
def test_without_validation_data_nothing_is_chosen(baseline):
    """A split that has given its validation part to training raises ValueError."""
    with pytest.raises(ValueError, match="validation"):
        baseline(DIGITS.train_and_validation())


def test_baselines_are_reproducible():
    """The same data give an equal result."""
    assert logistic_regression(DIGITS) == logistic_regression(random_split(0))
    assert np.isfinite(logistic_regression(DIGITS).accuracy)
