"""Layers: the shapes that the modules of a model read and give.

A model is what has PyTorch's ``named_modules``, ``parameters`` and ``register_forward_hook``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from .shapes import shape


def of_model(model: Any, example: Any) -> list[dict[str, Any]]:
    """The modules of a model in the order in which they first returned on ``example``, then the others.

    Each has its dotted ``name``, ``class``, the shapes of its ``parameters`` and of what it ``reads`` and ``gives``.
    """
    rows = {name: _row(name, module) for name, module in model.named_modules()}
    called: list[str] = []
    with ExitStack() as stack:
        if torch := sys.modules.get("torch"):
            stack.enter_context(torch.no_grad())
        for name, module in model.named_modules():
            stack.callback(module.register_forward_hook(_hook(rows[name], called)).remove)
        if hasattr(model, "eval"):
            model.eval()
        model(example)
    return [rows[name] for name in dict.fromkeys([*called, *rows])]


def _hook(row: dict[str, Any], called: list[str]) -> Callable[[Any, Any, Any], None]:
    def note(module: Any, given: Any, gave: Any) -> None:
        if row["gives"] is None:
            called.append(row["name"])
            row.update({"reads": _shapes(given), "gives": _shapes(gave)})

    return note


def _row(name: str, module: Any) -> dict[str, Any]:
    parameters = [sizes for parameter in module.parameters(recurse=False) if (sizes := shape(parameter)) is not None]
    return {"name": name, "class": type(module).__name__, "parameters": parameters, "reads": None, "gives": None}


def _shapes(value: Any) -> list[list[int]]:
    """The shapes of a value and of what it holds as a tuple or list."""
    if isinstance(value, (tuple, list)):
        return [sizes for part in value for sizes in _shapes(part)]
    sizes = shape(value)
    return [] if sizes is None else [sizes]
