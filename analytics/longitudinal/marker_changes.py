"""Each value of a marker against its baseline and against the value before: more than its own variation, or within."""

from __future__ import annotations

import polars as pl

from analytics.catalogue.variation import REFERENCE_CHANGES
from analytics.longitudinal.comparable_days import derive_comparable_days
from analytics.longitudinal.comparisons import is_at_most
from analytics.longitudinal.keys import sort_by_line
from analytics.tables.derived_markers import MarkerChanges

_LIMITS = pl.DataFrame(
    [(entry.analyte, entry.rise_pct, entry.fall_pct) for entry in REFERENCE_CHANGES],
    schema={"analyte": pl.String, "rise_pct": pl.Float64, "fall_pct": pl.Float64},
    orient="row",
)


def _compute_verdict(reference: str) -> pl.Expr:
    """Return «rise» or «fall» of the day's value beyond the reference change, else «within»; exactly that is within."""
    value, base = 100 * pl.col("day_high"), pl.col(f"{reference}_high")
    return (
        pl.when(pl.col(f"from_{reference}_pct").is_null() | pl.col("rise_pct").is_null())
        .then(None)
        .when(~is_at_most(value, (100 + pl.col("rise_pct")) * base))
        .then(pl.lit("rise"))
        .when(~is_at_most((100 + pl.col("fall_pct")) * base, value))
        .then(pl.lit("fall"))
        .otherwise(pl.lit("within"))
    )


def _sort_changes(changes: pl.DataFrame) -> pl.DataFrame:
    """Return the changes in the order of their keys; days come in it but for lines with numbers of their own."""
    if changes["compared_unit"].null_count() == 0:
        return sort_by_line(changes)
    return changes.sort("pid", "line_no", "analyte", "series", "compared_unit", "date", nulls_last=True)


def derive_marker_changes(marker_values: pl.LazyFrame, days: pl.DataFrame | None = None) -> pl.DataFrame:
    """Derive ``derived.MarkerChanges``: one row a later day of each series with a baseline.

    Changes are those between two measured values; a value beyond a quantitation limit has none. The
    verdict holds a change against the reference change value of the marker, which is made for two values.
    ``days`` are the comparable days where they are made already.
    """
    if days is None:
        days = derive_comparable_days(marker_values)
    is_number = pl.col("day_low") == pl.col("day_high")
    first = pl.col("series_key") != pl.col("series_key").shift(1)
    before = pl.when(~first.fill_null(value=True)).then(pl.col("date").shift(1))

    def change_from(reference: str) -> pl.Expr:
        is_known = is_number & (pl.col(f"{reference}_low") == pl.col(f"{reference}_high"))
        return pl.when(is_known & (pl.col(f"{reference}_high") > 0)).then(
            (pl.col("day_high") / pl.col(f"{reference}_high") - 1) * 100
        )

    changes = (
        days.with_columns(
            previous_date=before, from_baseline_pct=change_from("baseline"), from_previous_pct=change_from("previous")
        )
        .filter(pl.col("days") > 1)
        .join(_LIMITS, on="analyte", how="left", maintain_order="left")
        .with_columns(baseline_verdict=_compute_verdict("baseline"), previous_verdict=_compute_verdict("previous"))
    )
    return _sort_changes(changes).select(
        pl.col(name).cast(column.dtype) for name, column in MarkerChanges.columns().items()
    )
