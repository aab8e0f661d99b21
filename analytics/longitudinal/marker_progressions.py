"""When a marker progressed in a treatment line: one row a line, marker and named rule."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from analytics.catalogue.response_rules import ProgressionRule
from analytics.longitudinal.comparisons import is_at_most
from analytics.longitudinal.keys import is_first_of
from analytics.tables.derived import MarkerProgressions

_SERIES = ["pid", "line_no", "analyte", "series", "compared_unit"]
_LINE = ["pid", "line_no", "analyte"]


def derive_comparable_days(marker_values: pl.LazyFrame) -> pl.DataFrame:
    """Return the assessable days of every series that has a baseline, from the baseline on.

    The values come in the order ``derive_marker_values`` gives. One row a day, with ``series_key`` and the
    bounds of the value, of the value before (``previous_*``), of the baseline and of the smallest value
    before (``nadir_*``).
    """
    is_from_baseline = (pl.col("days") > 1) | pl.col("is_baseline")
    days = (
        marker_values.filter(pl.col("is_assessable") & ~pl.col("has_unclear_date") & is_from_baseline)
        .collect()
        .with_columns(series_key=is_first_of(*_SERIES).cum_sum())
        .filter(is_first_of("series_key", "date"))
        .with_columns(is_first=is_first_of("series_key"))
    )
    first = pl.col("is_first")
    opening = pl.when(first).then(pl.int_range(pl.len(), dtype=pl.UInt32)).forward_fill()
    return (
        days.with_columns(
            has_baseline=pl.col("is_baseline").gather(opening),
            baseline_low=pl.col("day_low").gather(opening),
            baseline_high=pl.col("day_high").gather(opening),
            lowest_low=pl.col("day_low").cum_min().over("series_key"),
            lowest_high=pl.col("day_high").cum_min().over("series_key"),
        )
        .with_columns(
            previous_low=pl.when(~first).then(pl.col("day_low").shift(1)),
            previous_high=pl.when(~first).then(pl.col("day_high").shift(1)),
            nadir_low=pl.when(~first).then(pl.col("lowest_low").shift(1)),
            nadir_high=pl.when(~first).then(pl.col("lowest_high").shift(1)),
        )
        .filter("has_baseline")
        .drop("lowest_low", "lowest_high", "is_first", "has_baseline")
    )


def _compute_reference(rule: ProgressionRule) -> pl.Expr:
    """Return what a value is compared with; a marker that was normal is compared with its upper limit."""
    reference = pl.col(f"{rule.reference}_high")
    if not rule.uses_uln:
        return reference
    was_normal = is_at_most(pl.col("nadir_high"), pl.col("compared_uln")).fill_null(value=False)
    return pl.when(was_normal).then("compared_uln").otherwise(reference)


def _select_rises(days: pl.DataFrame, rule: ProgressionRule) -> pl.DataFrame:
    """Return the days whose value has surely risen enough; a bound that leaves it open is not a rise."""
    risen = is_at_most((100 + rule.rise_pct) * pl.col("reference_value"), 100 * pl.col("day_low"))
    rises = days.with_columns(reference_value=_compute_reference(rule)).filter(
        risen & (pl.col("day_low") > rule.beyond_value) & (pl.col("days") > 1)
    )
    if rule.confirmation_days == 0:
        return rises
    confirmed_from = pl.col("date") + pl.duration(days=rule.confirmation_days)
    return rises.filter(pl.col("date").max().over("series_key") >= confirmed_from)


def _derive_rule(days: pl.DataFrame, last: pl.DataFrame, rule: ProgressionRule) -> pl.DataFrame:
    """Return the first (confirmed) rise of each line and marker beside its last comparable value."""
    first = (
        _select_rises(days, rule)
        .sort("run", "date", "series_key")
        .filter(is_first_of("run"))
        .select("run", "reference_value", "file", "row", progression_date="date", value="day_low")
    )
    return last.join(first, on="run", how="left").with_columns(rule_id=pl.lit(rule.rule_id))


def derive_marker_progressions(marker_values: pl.LazyFrame, rules: Sequence[ProgressionRule]) -> pl.LazyFrame:
    """Derive the progression of each line and marker with a baseline, under each of ``rules``.

    Only assessable values of the baseline's series count: a change of assay ends what can be known. Returns
    ``derived.MarkerProgressions``; ``progression_date`` is null where the marker did not progress.
    """
    days = derive_comparable_days(marker_values).with_columns(run=is_first_of(*_LINE).cum_sum())
    last = (
        days.sort("run", "date", "series_key")
        .filter(pl.col("run").ne_missing(pl.col("run").shift(-1)))
        .select("run", *_LINE, last_value_date="date", last_file="file", last_row="row")
    )
    return (
        pl.concat([_derive_rule(days, last, rule) for rule in rules])
        .sort("pid", "line_no", "analyte", "rule_id")
        .select(pl.col(name).cast(column.dtype) for name, column in MarkerProgressions.columns().items())
        .lazy()
    )
