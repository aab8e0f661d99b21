"""Quality of life and symptoms: scores and their change within a treatment line."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from analytics.catalogue.settings import Settings
from analytics.catalogue.symptoms import SYMPTOM_ITEMS
from analytics.longitudinal.line_windows import derive_line_windows, is_surely_timed
from analytics.longitudinal.scale_scores import derive_scale_scores
from analytics.tables.derived import ScoreChanges

_ITEM_FACTS = pl.DataFrame(
    [(item.code, item.meaningful_change, item.is_high_good) for item in SYMPTOM_ITEMS if item.meaningful_change],
    schema={"item": pl.String, "least": pl.Float64, "is_high_good": pl.Boolean},
    orient="row",
)


def derive_score_changes(tables: Mapping[str, pl.LazyFrame], lines: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Derive ``derived.ScoreChanges``: every later score of a line against its baseline.

    Answers to single questions of the QLQ-C30 enter as their scales.

    The baseline is the last score from ``baseline_window_days`` before to the day of the start. Items with a
    least meaningful change (10 points of QLQ-C30, one grade of ECOG) get a verdict. A score up to the start that may
    lie after it, its day being known only roughly, is not read.
    """
    noted = (
        tables["symptoms"]
        .filter(pl.col("date").is_not_null() & pl.col("value").is_not_null())
        .select("pid", "item", "date", "date_hi", "value", file="_file", row="_row")
        .collect()
    )
    filled = noted.filter(pl.col("date_hi") > pl.col("date")).group_by("pid", "date").agg(pl.col("date_hi").max())
    scores = (
        derive_scale_scores(noted.drop("date_hi"))
        .join(filled, on=["pid", "date"], how="left")
        .sort("pid", "item", "date", "file", "row")
    )
    read = derive_line_windows(scores, lines, settings).filter(is_surely_timed())
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
