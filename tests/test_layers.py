"""Layers: what a model's modules read and give is measured in one call, which leaves the model as it was."""

import pytest

from zhixing.running.layers import of_model


class Array:
    def __init__(self, *shape):
        self.shape = shape


class Module:
    """What is asked of a model: names, parameters, hooks, a call."""

    training = True

    def __init__(self, gives, *parameters, **children):
        self.gives, self.own, self.children, self.hooks = gives, parameters, children, []

    def parameters(self, recurse):
        assert not recurse
        return iter(self.own)

    def named_modules(self, prefix=""):
        yield prefix.rstrip("."), self
        for name, child in self.children.items():
            yield from child.named_modules(f"{prefix}{name}.")

    def register_forward_hook(self, hook):
        self.hooks.append(hook)
        module = self

        class Handle:
            def remove(self):
                module.hooks.remove(hook)

        return Handle()

    def __call__(self, x):
        gives = self.gives(self, x) if callable(self.gives) else self.gives
        for hook in list(self.hooks):
            hook(self, (x,), gives)
        return gives


def chain(model, x):
    for child in model.children.values():
        x = child(x)
    return x


def row(name, reads, gives, parameters=()):
    return {"name": name, "class": "Module", "parameters": list(parameters), "reads": reads, "gives": gives}


def test_modules_in_the_order_of_the_call():
    """Modules come as they returned, their parents after them, those that were not called last; parameters are their own."""
    inner = Module(chain, a=Module(Array(1, 4), Array(4, 3), Array(4)), b=Module((Array(1, 5), [Array(2, 5), 3])))
    model = Module(lambda m, x: m.children["inner"](x), unused=Module(None, Array(9)), inner=inner)
    assert of_model(model, Array(1, 3)) == [
        row("inner.a", [[1, 3]], [[1, 4]], [[4, 3], [4]]),
        row("inner.b", [[1, 4]], [[1, 5], [2, 5]]),
        row("inner", [[1, 3]], [[1, 5], [2, 5]]),
        row("", [[1, 3]], [[1, 5], [2, 5]]),
        row("unused", None, None, [[9]]),
    ]


def test_a_module_that_is_called_again_is_measured_once():
    """The first call of a shared module counts."""
    shared = Module(lambda m, x: Array(*x.shape, 1))
    model = Module(lambda m, x: m.children["step"](m.children["step"](x)), step=shared)
    assert of_model(model, Array(2))[0] == row("step", [[2]], [[2, 1]])


def test_no_hook_is_left():
    """Also after an error, which is raised as it is, the model has no hook more."""
    child = Module(lambda m, x: 1 / 0)
    model = Module(chain, child=child)
    with pytest.raises(ZeroDivisionError):
        of_model(model, Array(1))
    assert (child.hooks, model.hooks) == ([], [])


def test_a_model_of_torch():
    """A model of PyTorch is called without gradient and in evaluation, so that its running statistics stay; its own hooks stay too."""
    torch = pytest.importorskip("torch")
    model = torch.nn.Sequential(torch.nn.Conv2d(1, 4, 3), torch.nn.BatchNorm2d(4), torch.nn.Flatten(), torch.nn.Linear(16, 2))
    seen = []
    model.register_forward_hook(lambda module, given, gave: seen.append(gave.requires_grad))
    rows = of_model(model, torch.zeros(1, 1, 4, 4))
    assert [(r["name"], r["class"], r["reads"], r["gives"]) for r in rows] == [
        ("0", "Conv2d", [[1, 1, 4, 4]], [[1, 4, 2, 2]]),
        ("1", "BatchNorm2d", [[1, 4, 2, 2]], [[1, 4, 2, 2]]),
        ("2", "Flatten", [[1, 4, 2, 2]], [[1, 16]]),
        ("3", "Linear", [[1, 16]], [[1, 2]]),
        ("", "Sequential", [[1, 1, 4, 4]], [[1, 2]]),
    ]
    assert rows[0]["parameters"] == [[4, 1, 3, 3], [4]]
    assert seen == [False]
    assert model[1].num_batches_tracked == 0
