"""A training loop that knows nothing of the model, and the spread of its results over seeds."""

import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812, the usual name

# One part of a data set: tensors with the examples along their first axis, the labels (N,) last.
Part = tuple[Tensor, ...]


class NonFiniteLoss(FloatingPointError):
    """The loss became infinite or not a number: what follows would be noise."""


@dataclass(frozen=True, eq=False)
class Split:
    """Three disjoint parts of a data set. `validation` is None once it has been given to training."""

    train: Part
    validation: Part | None
    test: Part

    def train_and_validation(self) -> "Split":
        """Return this split with the validation part added to the training part, for a final fit."""
        if self.validation is None:
            return self
        # a part is padded to one width in all three, so the tensors fit
        parts = zip(self.train, self.validation, strict=True)
        joined = (torch.cat(tensors) for tensors in parts)
        return type(self)(_like(self.train, joined), None, self.test)


@dataclass(frozen=True)
class Run:
    """What one training gave. Two runs are equal if their numbers are, whatever the clock said."""

    losses: tuple[float, ...]  # mean training loss of each epoch, nats per example
    validation: tuple[float, ...]  # accuracy on the validation part after each epoch; empty without one
    accuracy: float  # on the test part, once, after the last epoch
    seed: int
    model: nn.Module = field(compare=False, repr=False)
    seconds: float = field(compare=False)  # CPU seconds of the training

    def plot(self):
        """Return a matplotlib Figure: loss, and validation accuracy if there is one, by epoch."""
        from matplotlib.figure import Figure  # not pyplot: no global state, no backend to choose

        figure = Figure(figsize=(6, 3), layout="constrained")
        loss = figure.add_subplot()
        epochs = range(1, len(self.losses) + 1)
        loss.plot(epochs, self.losses, "o-", color="C0", label="training loss")
        loss.set(xlabel="epoch", ylabel="training loss (nats)", ylim=(0, None))
        loss.xaxis.get_major_locator().set_params(integer=True)
        if self.validation:
            accuracy = loss.twinx()
            accuracy.plot(epochs, self.validation, "s--", color="C1", label="validation accuracy")
            accuracy.set(ylabel="validation accuracy", ylim=(None, 1.01))
        figure.legend(loc="outside upper center", ncols=2)
        return figure


class Spread(NamedTuple):
    """The mean of a result over seeds and its sample standard deviation."""

    mean: float
    sd: float
    n: int

    @classmethod
    def of(cls, values: Iterable[float]) -> "Spread":
        """Summarise the results of two seeds or more. Raises ValueError for fewer."""
        values = list(values)
        if len(values) < 2:
            raise ValueError(f"a spread needs the results of at least 2 seeds, not {len(values)}")
        return cls(statistics.fmean(values), statistics.stdev(values), len(values))

    def __format__(self, spec: str) -> str:
        """Format mean and sd alike: f"{Spread(.5, .1, 5):.2f}" is "0.50 ± 0.10"."""
        return f"{self.mean:{spec}} ± {self.sd:{spec}}"

    def __str__(self) -> str:
        return f"{self:.4f}"


def repeat(experiment: Callable[[int], Any], seeds: Iterable[int] = range(5)) -> list[Any]:
    """Return `experiment(seed)` for each seed. `Spread.of(run.accuracy for run in runs)` sums them up."""
    return [experiment(seed) for seed in seeds]


def train(
    build: Callable[[], nn.Module],
    split: Split,
    epochs: int = 8,
    seed: int = 0,
    *,
    batch_size: int = 32,
    learning_rate: float = 5e-3,  # of 1e-3, 2e-3 and 5e-3 the best for LeNet on the validation digits, seeds 0 to 2
    clip: float | None = None,
    loss: Callable[[Tensor, Tensor], Tensor] = F.cross_entropy,
) -> Run:
    """Train the model that `build()` returns on `split.train` with Adam (Kingma and Ba, 2015).

    The seed governs the initial weights, the order of the examples and any dropout; that is why the model is built
    here. The model maps the tensors of a part, all but the labels, to logits (B, K), and `loss` maps logits and
    labels to a number. `clip` bounds the norm of the gradient (Pascanu, Mikolov and Bengio, 2013), which sequences
    need. Raises TypeError for a model that is already built, and NonFiniteLoss, which names the epoch.
    """
    if isinstance(build, nn.Module):
        name = type(build).__name__
        raise TypeError(f"{name} is built already, with weights no seed governs: pass {name}, not {name}()")
    started = time.process_time()
    torch.manual_seed(seed)
    model = build()
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate)
    losses, validation = [], []
    for epoch in range(1, epochs + 1):
        batches = shuffled(split.train, batch_size)
        losses.append(run_epoch(model, optimizer, batches, loss, clip, epoch))
        if split.validation is not None:
            validation.append(accuracy(model, split.validation))
    seconds = time.process_time() - started
    return Run(tuple(losses), tuple(validation), accuracy(model, split.test), seed, model, seconds)


def run_epoch(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    batches: Iterable[Part],
    loss: Callable[[Tensor, Tensor], Tensor],
    clip: float | None,
    epoch: int,
) -> float:
    """Take one step for each batch and return the mean loss per example."""
    model.train()
    total, count = 0.0, 0
    for *inputs, labels in batches:
        value = loss(model(*inputs), labels)
        if not torch.isfinite(value):
            raise NonFiniteLoss(f"the loss is {value.item()} in epoch {epoch}; lower the learning rate")
        optimizer.zero_grad()
        value.backward()
        if clip is not None:
            nn.utils.clip_grad_norm_(model.parameters(), clip)
        optimizer.step()
        total += value.item() * len(labels)  # the last batch may be smaller
        count += len(labels)
    return total / count


def shuffled(part: Part, batch_size: int) -> Iterable[Part]:
    """Yield the examples of a part in random order, `batch_size` at a time."""
    for indices in torch.randperm(len(part[-1])).split(batch_size):
        yield tuple(tensor[indices] for tensor in part)


@torch.no_grad()
def logits(model: nn.Module, part: Part) -> Tensor:
    """Return the model's logits (N, K) for all examples of a part, with dropout off."""
    model.eval()
    *inputs, _ = part
    return model(*inputs)


def accuracy(model: nn.Module, part: Part) -> float:
    """Return the share of examples whose largest logit is that of their label."""
    return (logits(model, part).argmax(1) == part[-1]).double().mean().item()


def _like(part: Part, tensors: Iterable[Tensor]) -> Part:
    """Make a part of the same kind: named tuples take their members one by one."""
    return type(part)(*tensors) if hasattr(part, "_fields") else tuple(tensors)
