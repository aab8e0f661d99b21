"""What response estimation returns: rates with both denominators, and their comparison."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from analytics.tables.results import Estimate, Method, Refusal


@dataclass(frozen=True, slots=True)
class ResponseGroup:
    """Responders of one group under one rule, with the not evaluable counted beside them."""

    group: str
    n_all: int | None
    n_evaluable: int | None
    n_not_evaluable: int | None
    n_responders: int | None
    n_confirmed: int | None
    share_of_evaluable: Estimate
    share_of_all: Estimate
    confirmed_share_of_evaluable: Estimate


@dataclass(frozen=True, slots=True)
class ProportionDifference:
    """Shares of two groups with their difference (share) and ratio, limits beside each."""

    group: str
    reference: str
    share: Estimate
    reference_share: Estimate
    difference: Estimate
    ratio: Estimate
    p_value: float
    methods: tuple[Method, ...]


@dataclass(frozen=True, slots=True)
class ResponseResult:
    """Marker response by group under a named rule.

    ``not_evaluable_reasons`` holds (group, reason, count). ``best_changes`` has one row an evaluable line:
    ``line_key`` (opaque), ``group``, ``best_change_pct``, ``is_bound`` (at a quantitation limit),
    ``responded``; it is row-level and stays inside at the safe level. ``comparisons`` are with one reference group.
    """

    analyte: str
    rule_id: str
    groups: tuple[ResponseGroup, ...]
    not_evaluable_reasons: tuple[tuple[str, str, int], ...]
    best_changes: pl.DataFrame
    methods: tuple[Method, ...]
    comparisons: tuple[ProportionDifference | Refusal, ...] = ()
