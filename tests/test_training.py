"""The training loop against steps computed by hand, and the figures made of its results."""

import ast
import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812, the usual name

from deep_learning import training
from deep_learning.cnn import LeNet
from deep_learning.digits import random_split
from deep_learning.training import NonFiniteLoss, Split, Spread, repeat, run_epoch, train

PACKAGE = Path(training.__file__).parent


def small_split(seed=0):
    """Make 10 training, 6 validation and 8 test points in the plane, in two classes."""
    numbers = torch.Generator().manual_seed(seed)
    points = torch.randn(24, 2, generator=numbers)
    labels = (points[:, 0] > 0).long()
    return Split(*zip(points.split([10, 6, 8]), labels.split([10, 6, 8]), strict=True))


def linear():
    """Build a linear classifier of points in the plane."""
    return nn.Linear(2, 2)


def test_first_step_is_adams():
    """One epoch in one batch moves every weight by the learning rate against its gradient's sign."""
    split = small_split()
    run = train(linear, split, epochs=1, seed=4, batch_size=10, learning_rate=0.01)
    torch.manual_seed(4)
    start = linear()
    loss = F.cross_entropy(start(split.train[0]), split.train[1])
    loss.backward()
    assert run.losses == pytest.approx((loss.item(),))
    for before, after in zip(start.parameters(), run.model.parameters(), strict=True):
        torch.testing.assert_close(after, before - 0.01 * before.grad.sign(), rtol=0, atol=1e-5)


def test_epoch_loss_is_the_mean_over_examples():
    """Batches of unequal size count by their examples: without learning, the mean is that of the whole part."""
    points, labels = small_split().train
    model = linear()
    batches = [(points[:7], labels[:7]), (points[7:], labels[7:])]
    mean = run_epoch(model, torch.optim.SGD(model.parameters(), lr=0.0), batches, F.cross_entropy, None, epoch=1)
    assert mean == pytest.approx(F.cross_entropy(model(points), labels).item())


def test_clip_bounds_the_gradient():
    """With a learning rate of 1, a step is as long as the clipped gradient."""
    model = linear()
    before = torch.cat([parameter.detach().flatten() for parameter in model.parameters()])
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    run_epoch(model, optimizer, [small_split().train], lambda z, y: 100 * F.cross_entropy(z, y), 0.5, epoch=1)
    after = torch.cat([parameter.detach().flatten() for parameter in model.parameters()])
    assert (after - before).norm().item() == pytest.approx(0.5, rel=1e-3)


def test_accuracies_are_those_of_the_final_model():
    """Run.accuracy and the last validation accuracy are the shares the trained model gets right."""
    split = small_split()
    run = train(linear, split, epochs=5)
    for part, share in ((split.test, run.accuracy), (split.validation, run.validation[-1])):
        right = sum(int(run.model(point).argmax()) == label for point, label in zip(*part, strict=True))
        assert share == right / len(part[1])


def test_test_part_has_no_influence():
    """Other test labels change the accuracy on them and nothing else."""
    split = small_split()
    swapped = replace(split, test=(split.test[0], 1 - split.test[1]))
    run, other = train(linear, split, epochs=3), train(linear, swapped, epochs=3)
    assert (run.losses, run.validation) == (other.losses, other.validation)
    assert run.accuracy == pytest.approx(1 - other.accuracy)


def test_training_is_reproducible():
    """The same seed gives equal runs, whatever was drawn before; another seed gives another run."""
    split = random_split(0)
    first = train(LeNet, split, epochs=1, seed=1)
    torch.rand(7)
    assert train(LeNet, split, epochs=1, seed=1) == first
    assert train(LeNet, split, epochs=1, seed=2) != first


def test_lenet_learns_digits():
    """Eight epochs take LeNet far above chance, and its loss falls."""
    run = train(LeNet, random_split(0))
    assert run.accuracy > 0.9
    assert run.losses[-1] < run.losses[0] / 5
    assert len(run.losses) == len(run.validation) == 8


def test_dropout_is_off_for_measuring():
    """Two measurements of a model with dropout agree."""
    part = small_split().train
    model = nn.Sequential(nn.Linear(2, 50), nn.Dropout(0.5), nn.Linear(50, 2)).train()
    assert torch.equal(training.logits(model, part), training.logits(model, part))


def test_final_fit_has_no_validation():
    """A split without a validation part trains, and its run has no validation accuracies."""
    assert train(linear, small_split().train_and_validation(), epochs=2).validation == ()


def test_built_model_is_refused():
    """A model instance raises TypeError: its weights were drawn before the seed was set."""
    with pytest.raises(TypeError, match=r"pass LeNet, not LeNet\(\)"):
        train(LeNet(), random_split(0))


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_non_finite_loss_names_its_epoch(value):
    """A loss that is infinite or not a number stops the training and says in which epoch."""
    calls = iter((1.0, value))

    def loss(z, y):
        return F.cross_entropy(z, y) * next(calls)

    with pytest.raises(NonFiniteLoss, match=f"the loss is {value} in epoch 2; lower the learning rate"):
        train(linear, small_split(), batch_size=10, loss=loss)


def test_runs_are_equal_by_their_numbers():
    """The clock and the identity of the model do not matter for equality; the accuracy does."""
    run = train(linear, small_split(), epochs=1)
    assert replace(run, seconds=run.seconds + 1, model=linear()) == run
    assert replace(run, accuracy=run.accuracy / 2) != run
    assert run.seconds >= 0


def test_plot_shows_loss_and_validation_by_epoch():
    """The figure has one point an epoch for each curve, and English labels."""
    run = train(linear, small_split(), epochs=3)
    loss, accuracy = run.plot().axes
    assert (loss.get_xlabel(), loss.get_ylabel()) == ("epoch", "training loss (nats)")
    assert accuracy.get_ylabel() == "validation accuracy"
    assert list(loss.lines[0].get_xdata()) == [1, 2, 3]
    assert tuple(loss.lines[0].get_ydata()) == run.losses
    assert tuple(accuracy.lines[0].get_ydata()) == run.validation


def test_plot_without_validation_has_one_axis():
    """A final fit's figure shows the loss alone."""
    assert len(train(linear, small_split().train_and_validation(), epochs=2).plot().axes) == 1


def test_spread_by_hand():
    """Mean and sample standard deviation of 1, 2, 3, 4 are 2.5 and the root of 5/3."""
    spread = Spread.of(iter((1, 2, 3, 4)))
    assert spread == (2.5, pytest.approx(math.sqrt(5 / 3)), 4)


def test_spread_formats_mean_and_sd():
    """A format applies to both numbers; without one there are four decimals."""
    spread = Spread(0.97632, 0.00504, 5)
    assert f"{spread:.3f}" == "0.976 ± 0.005"
    assert str(spread) == "0.9763 ± 0.0050"


def test_spread_of_one_is_refused():
    """One result has no spread."""
    with pytest.raises(ValueError, match="at least 2 seeds, not 1"):
        Spread.of([0.5])


def test_repeat_goes_through_the_seeds():
    """repeat returns one result a seed, in order; five seeds by default."""
    assert repeat(lambda seed: seed * 10, seeds=(3, 1)) == [30, 10]
    assert repeat(lambda seed: seed) == [0, 1, 2, 3, 4]


def test_package_keeps_to_itself():
    """No module imports the engine; models and loop do not import scikit-learn; none imports matplotlib on import."""
    imports = {path.stem: imported(ast.parse(path.read_text("utf-8")).body) for path in PACKAGE.glob("*.py")}
    assert {"cnn", "lstm", "training"} <= imports.keys()
    for module, names in imports.items():
        assert not names & {"zhixing", "matplotlib"}, module
    assert not any("sklearn" in imports[module] for module in ("cnn", "lstm", "training"))


def imported(statements):
    """Return the top-level packages that the statements of a module import when it is imported."""
    names = set()
    for statement in statements:
        if isinstance(statement, ast.Import):
            names |= {alias.name.split(".")[0] for alias in statement.names}
        elif isinstance(statement, ast.ImportFrom):
            names.add(statement.module.split(".")[0])
    return names
