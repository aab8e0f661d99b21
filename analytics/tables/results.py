"""Result types: small, frozen, with their units; what estimation returns, figures draw and export writes.

A quantity that was not reached or cannot be given is ``None``, never infinity and never a guess. A count is
``None`` only where it was withheld because it would single out fewer people than the floor (safe level).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Method:
    """How a number was made; the exporter turns it into the sentence for the paper."""

    name: str
    citation: str
    library: str
    version: str
    interval: str = ""
    ties: str = ""
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its confidence limits, all in ``unit``; ``None``: not reached, or cannot be given."""

    value: float | None
    low: float | None
    high: float | None
    unit: str
    level: float = 0.95


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that cannot be given, in words, with what would help.

    ``code`` is stable and short (``too_few_events``, ``groups_after_time_zero``), for tests and scripts.
    """

    code: str
    sentence: str
    remedy: str


@dataclass(frozen=True, slots=True)
class TestResult:
    """A hypothesis test: statistic, degrees of freedom and two-sided p value."""

    __test__ = False  # the field's name for it; pytest must not collect it

    name: str
    statistic: float
    degrees_of_freedom: int
    p_value: float
    method: Method
