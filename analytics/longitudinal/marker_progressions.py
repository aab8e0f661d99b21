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
    return (
        days.with_columns(
            has_baseline=pl.col("is_baseline").first().over("series_key"),
            baseline_low=pl.col("day_low").first().over("series_key"),
            baseline_high=pl.col("day_high").first().over("series_key"),
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


def _compute_has_risen(rule: ProgressionRule) -> pl.Expr:
    """Return whether a value has surely risen enough; a bound that leaves it open is not a rise."""
    ratio = 100 + rule.rise_pct
    reference = pl.col(f"{rule.reference}_high")
    if rule.uses_uln:
        was_normal = is_at_most(pl.col("nadir_high"), pl.col("compared_uln")).fill_null(value=False)
        reference = pl.when(was_normal).then("compared_uln").otherwise(reference)
    risen = is_at_most(ratio * reference, 100 * pl.col("day_low"))
    return (risen & (pl.col("day_low") > rule.beyond_value) & (pl.col("days") > 1)).fill_null(value=False)


def _derive_rule(days: pl.DataFrame, rule: ProgressionRule) -> pl.DataFrame:
    """Return the first (confirmed) rise of each line and marker, and the last comparable value."""
    judged = days.with_columns(is_risen=_compute_has_risen(rule))
    confirmed_from = pl.col("date") + pl.duration(days=rule.confirmation_days)
    last_rise = pl.col("date").filter("is_risen").max().over("series_key")
    risen = judged.filter(pl.col("is_risen") & ((rule.confirmation_days == 0) | (last_rise >= confirmed_from)))
    first = (
        risen.sort("run", "date", "series_key")
        .filter(is_first_of("run"))
        .select(
            "run",
            progression_date="date",
            value="day_low",
            reference_value=pl.col(f"{rule.reference}_high"),
            file="file",
            row="row",
        )
    )
    last = (
        days.sort("run", "date", "series_key")
        .filter(pl.col("run").ne_missing(pl.col("run").shift(-1)))
        .select("run", *_LINE, last_value_date="date", last_file="file", last_row="row")
    )
    return last.join(first, on="run", how="left").with_columns(rule_id=pl.lit(rule.rule_id))


def derive_marker_progressions(marker_values: pl.LazyFrame, rules: Sequence[ProgressionRule]) -> pl.LazyFrame:
    """Derive the progression of each line and marker with a baseline, under each of ``rules``.

    Only assessable values of the baseline's series count: a change of assay ends what can be known. Returns
    ``derived.MarkerProgressions``; ``progression_date`` is null where the marker did not progress.
    """
    days = derive_comparable_days(marker_values).with_columns(run=is_first_of(*_LINE).cum_sum())
    return (
        pl.concat([_derive_rule(days, rule) for rule in rules])
        .sort("pid", "line_no", "analyte", "rule_id")
        .select(pl.col(name).cast(column.dtype) for name, column in MarkerProgressions.columns().items())
        .lazy()
    )
