"""What counting returns: how many lines, or people, fall into each category of each topic."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from analytics.tables.results import Method


@dataclass(frozen=True, slots=True)
class TallyResult:
    """Counts by topic, category and group; the categories of a topic add up to the group.

    ``counts`` columns: ``topic``, ``category``, ``group``, ``n``, ``share`` (of the topic's group, 0 to 1) with its
    exact limits ``low`` and ``high``.
    ``unit`` is what is counted: line or person. ``details`` has the rows behind the counts, with their days
    and source lines; row-level, so that it leaves only at the full level.
    """

    unit: str
    counts: pl.DataFrame
    details: pl.DataFrame = field(default_factory=pl.DataFrame)
    methods: tuple[Method, ...] = ()
