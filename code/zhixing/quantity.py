"""Quantities: numbers as they are printed, with what they may differ by."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

NUMBER = re.compile(r"[+\-−]?(?:(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?(?=\s*[%％]?$)")
NOT_FINITE = re.compile(r"[+\-−]?(?:nan|inf|infinity|∞)\s*[%％]?", re.I)


@dataclass(frozen=True)
class Quantity:
    """A printed number; ``tolerance`` is None where none is stated, and then it is exact."""

    number: Decimal
    tolerance: Decimal | None = None


def number(text: str) -> Decimal | None:
    """A printed number, thousands separated or in per cent as it may be; None for any other text."""
    found = NUMBER.match(text.strip())
    return Decimal(found[0].replace(",", "").replace("−", "-")) if found else None


def quantity(text: str) -> Quantity | None:
    """``"0.980 ± 0.005"`` or ``"0.980"``; None for a text that is no number or whose tolerance is none."""
    printed, _, stated = text.partition("±")
    value, tolerance = number(printed), number(stated)
    if value is None or (stated and (tolerance is None or tolerance < 0)):
        return None
    return Quantity(value, tolerance)


def is_finite(text: str) -> bool:
    """Whether no part of a printed result says that it is not a number or infinite."""
    return not any(NOT_FINITE.fullmatch(part.strip()) for part in text.split("±"))


def agree(accepted: str, text: str, tolerance: str = "") -> bool:
    """Whether a printed result is within the tolerance that was accepted with it, or within ``tolerance``.

    A spread over seeds may itself change by as much as it was.
    """
    if accepted == text:
        return True
    then, now = quantity(accepted), quantity(text)
    if then is None or now is None or (then.tolerance is None) != (now.tolerance is None):
        return False
    allowed = then.tolerance if then.tolerance is not None else number(tolerance)
    if allowed is None:
        return False
    spread = abs((now.tolerance or 0) - (then.tolerance or 0))
    return abs(now.number - then.number) <= allowed and spread <= allowed
