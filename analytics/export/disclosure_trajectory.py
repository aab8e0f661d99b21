"""Marker bands at the safe level: quantiles with people on their far side, and rounded numbers sampled."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import polars as pl

from analytics.export.merging import merge_flow, refuse_small, select_groups
from analytics.questions.question import Answer
from analytics.tables.cohort_results import TrajectoryResult
from analytics.tables.results import Refusal

TAILS: dict[str, float] = {"q10": 0.10, "q25": 0.25, "median": 0.50, "q75": 0.25, "q90": 0.10}
"""Share of the people on the near side of each quantile."""

FIGURES = 2


def make_safe_trajectory(answer: Answer, floor: int) -> Answer | Refusal:
    """Return the bands where at least ``floor`` people lie beyond each quantile; the sampled rounded down."""
    exact = cast("TrajectoryResult", answer.result)
    allowed = select_groups(answer.subjects, floor)
    sampled = _people_sampled(exact.bands, answer.subjects)
    bands = (
        exact.bands.join(sampled, on=["group", "window"], maintain_order="left")
        .filter(pl.col("group").is_in(allowed))
        .with_columns(
            *(
                pl.when(pl.col("n_people") * tail >= floor).then(pl.col(name).round_sig_figs(FIGURES)).alias(name)
                for name, tail in TAILS.items()
            ),
            n_lines=pl.min_horizontal("n_people", "n_lines") // floor * floor,
        )
        .select(exact.bands.columns)
        .filter(pl.col("n_lines") > 0)
    )
    if bands.is_empty():
        return refuse_small(floor)
    shown = bands.filter(pl.col("median").is_not_null())
    return replace(
        answer,
        result=replace(exact, bands=bands, floor=max(floor, exact.floor)),
        flow=merge_flow(answer.flow, floor),
        summary=tuple(
            f"{row['group']}, {row['window']}: median {row['median']:g} × ULN, at least {row['n_lines']} people."
            for row in shown.iter_rows(named=True)
        ),
        notes=(
            *answer.notes,
            f"Safe level: a quantile needs {floor} people beyond it and has two figures; the number sampled is rounded "
            f"down to a multiple of {floor}.",
        ),
    )


def _people_sampled(bands: pl.DataFrame, values: pl.DataFrame) -> pl.DataFrame:
    """Return the people behind each group and window."""
    windows = bands.select("group", "window", "from_day", "to_day")
    return (
        values.select("group", "pid", "days")
        .join(windows, on="group")
        .filter(pl.col("days").is_between(pl.col("from_day"), pl.col("to_day")))
        .group_by("group", "window")
        .agg(n_people=pl.col("pid").n_unique().cast(pl.Int64))
    )
