"""Quality of life and symptoms: scale scores from items, and their change within a treatment line."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from analytics.catalogue.settings import Settings
from analytics.catalogue.symptoms import SYMPTOM_ITEMS
from analytics.longitudinal.line_windows import derive_line_windows
from analytics.tables.derived import ScoreChanges


def compute_qlq_score(items: list[pl.Expr], item_range: int, *, is_function: bool) -> pl.Expr:
    """Return a QLQ-C30 scale score from 0 to 100.

    Parameters
    ----------
    items
        The items of the scale, answered 1 to ``item_range`` + 1; null where not answered.
    item_range
        3 for four-point items, 6 for the global items.
    is_function
        Functional scales count the other way round: high is good.

    Returns
    -------
    pl.Expr
        Null when fewer than half of the items were answered.

    Notes
    -----
    EORTC QLQ-C30 scoring manual, 3rd edition: raw score = mean of the answered items.
    """
    answered = pl.sum_horizontal(*(item.is_not_null().cast(pl.Int32) for item in items))
    raw = pl.mean_horizontal(*items)
    share = (raw - 1) / item_range
    score = (1 - share) * 100 if is_function else share * 100
    return pl.when(2 * answered >= len(items)).then(score)


_ITEM_FACTS = pl.DataFrame(
    [(item.code, item.meaningful_change, item.is_high_good) for item in SYMPTOM_ITEMS if item.meaningful_change],
    schema={"item": pl.String, "least": pl.Float64, "is_high_good": pl.Boolean},
    orient="row",
)


def derive_score_changes(tables: Mapping[str, pl.LazyFrame], lines: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Derive ``derived.ScoreChanges``: every later score of a line against its baseline.

    The baseline is the last score from ``baseline_window_days`` before to the day of the start. Items with a
    least meaningful change (10 points of QLQ-C30, one grade of ECOG) get a verdict.
    """
    scores = (
        tables["symptoms"]
        .filter(pl.col("date").is_not_null() & pl.col("value").is_not_null())
        .select("pid", "item", "date", "value", file="_file", row="_row")
        .collect()
        .sort("pid", "item", "date", "file", "row")
    )
    read = derive_line_windows(scores, lines, settings)
    baselines = (
        read.filter(pl.col("date") <= pl.col("start_date"))
        .unique(["place", "item"], keep="last", maintain_order=True)
        .select("place", "item", baseline="value")
    )
    better = pl.when("is_high_good").then("change").otherwise(-pl.col("change"))
    return (
        read.filter(pl.col("date") > pl.col("start_date"))
        .join(baselines, on=["place", "item"], how="left", maintain_order="left")
        .join(_ITEM_FACTS, on="item", how="left", maintain_order="left")
        .with_columns(
            change=pl.col("value") - pl.col("baseline"),
            days=(pl.col("date") - pl.col("start_date")).dt.total_days() + 1,
        )
        .with_columns(
            verdict=pl.when(pl.col("change").is_null() | pl.col("least").is_null())
            .then(None)
            .when(better >= pl.col("least"))
            .then(pl.lit("better"))
            .when(-better >= pl.col("least"))
            .then(pl.lit("worse"))
            .otherwise(pl.lit("same"))
        )
        .sort("pid", "line_no", "item", "date", "file", "row")
        .select(pl.col(name).cast(column.dtype) for name, column in ScoreChanges.columns().items())
    )
