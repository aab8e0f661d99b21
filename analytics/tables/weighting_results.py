"""What weighting did to the groups: how alike they were before and after, and what it cost."""

from __future__ import annotations

from dataclasses import dataclass

from analytics.tables.results import Method


@dataclass(frozen=True, slots=True)
class BalanceRow:
    """One column of the covariates: difference of the groups' means in standard deviations, before and after."""

    name: str
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Weighting:
    """How lines were weighted to make two groups alike.

    ``effective_sizes`` holds (group, lines, the number of equally weighted lines that would say as much).
    """

    kind: str
    balance: tuple[BalanceRow, ...]
    effective_sizes: tuple[tuple[str, int, float], ...]
    method: Method
