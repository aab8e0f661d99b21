"""What describing a cohort returns: who is in, the marker in time, and endpoints counted."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from analytics.tables.results import Method


@dataclass(frozen=True, slots=True)
class FlowStep:
    """One step of who is in: how many are left and why the others are not."""

    label: str
    n_patients: int | None
    n_lines: int
    n_lines_removed: int
    reason: str


@dataclass(frozen=True, slots=True)
class CohortResult:
    """Who is in: (group, patients, lines), and characteristics as (characteristic, category, group, n, share)."""

    n_patients: int | None
    n_lines: int
    groups: tuple[tuple[str, int | None, int], ...]
    characteristics: pl.DataFrame


@dataclass(frozen=True, slots=True)
class TrajectoryResult:
    """A marker in time since the start of a line, in windows; fold-ULN.

    ``bands`` columns: ``group``, ``window`` (label), ``from_day``, ``to_day``, ``mid_months``,
    ``n_lines``, ``q10``, ``q25``, ``median``, ``q75``, ``q90`` (fold-ULN; null where ``n_lines`` is
    below the floor).
    """

    analyte: str
    bands: pl.DataFrame
    floor: int
    methods: tuple[Method, ...]


@dataclass(frozen=True, slots=True)
class EndpointsResult:
    """Counts of events, censorings by reason and exclusions by reason for each endpoint and group.

    ``counts`` columns: ``endpoint``, ``rule_set``, ``group``, ``status`` (event, censored, excluded),
    ``reason``, ``n_lines``.
    """

    counts: pl.DataFrame
    methods: tuple[Method, ...] = field(default=())
