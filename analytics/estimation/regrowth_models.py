"""The four curves of decay and growth, each with its derivatives: those of the R package tumgr."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.estimation.regrowth_fit import Curve
from analytics.tables.results import FloatArray


@dataclass(frozen=True, slots=True)
class RegrowthModel:
    """A curve: its name in tumgr, what it says, its formula, and which of growth, decay and share it has."""

    name: str
    meaning: str
    formula: str
    parameters: tuple[str, ...]
    curve: Curve


def _decay(parameters: FloatArray, time: FloatArray) -> tuple[FloatArray, FloatArray]:
    value = np.exp(-parameters[:, 0] * time)
    return value, (-time * value)[:, None]


def _growth(parameters: FloatArray, time: FloatArray) -> tuple[FloatArray, FloatArray]:
    value = np.exp(parameters[:, 0] * time)
    return value, (time * value)[:, None]


def _growth_and_decay(parameters: FloatArray, time: FloatArray) -> tuple[FloatArray, FloatArray]:
    growth, decay = np.exp(parameters[:, 0] * time), np.exp(-parameters[:, 1] * time)
    return growth + decay - 1, np.column_stack([time * growth, -time * decay])


def _growth_beside_decay(parameters: FloatArray, time: FloatArray) -> tuple[FloatArray, FloatArray]:
    growth, decay, share = np.exp(parameters[:, 0] * time), np.exp(-parameters[:, 1] * time), parameters[:, 2]
    derivatives = np.column_stack([(1 - share) * time * growth, -share * time * decay, decay - growth])
    return (1 - share) * growth + share * decay, derivatives


MODELS = (
    RegrowthModel("dx", "decay alone", "exp(−d·t)", ("decay",), _decay),
    RegrowthModel("gx", "growth alone", "exp(g·t)", ("growth",), _growth),
    RegrowthModel(
        "gd", "decay and regrowth", "exp(−d·t) + exp(g·t) − 1", ("growth", "decay"), _growth_and_decay
    ),
    RegrowthModel(
        "gdphi", "decay of a share φ beside growth", "(1 − φ)·exp(g·t) + φ·exp(−d·t)",
        ("growth", "decay", "share"), _growth_beside_decay,
    ),
)  # fmt: skip
"""Fewest parameters first: of curves equally near the simpler is chosen."""
