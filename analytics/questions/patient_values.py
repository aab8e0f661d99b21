"""One patient's values of one analyte: what may be compared, what a change is worth, what may be joined."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

from analytics.catalogue.settings import Settings
from analytics.catalogue.variation import REFERENCE_CHANGE_BY_ANALYTE
from analytics.tables.accepted import PLACE
from analytics.tables.history import HISTORY_PATH, HISTORY_VALUES

Windows = tuple[tuple[date, date], ...]


def derive_history_values(
    labs: pl.DataFrame, marker_values: pl.DataFrame, analyte: str, transient: Windows
) -> pl.DataFrame:
    """Derive one row a value (schema ``HISTORY_VALUES``), oldest first, the undated last.

    ``labs`` and ``marker_values`` hold the rows of one patient; the change from baseline is that of the
    latest line a value is read against.
    """
    read = (
        marker_values.sort("line_no")
        .unique(["file", "row"], keep="last", maintain_order=True)
        .select("file", "row", "change_pct", "ppi", "egfr_low", "is_assessable")
    )
    values = (
        labs.filter((pl.col("analyte") == analyte) & pl.col("value").is_not_null())
        .rename({"_row": "row", "collected_text": "date_text"})
        .with_columns(
            file=PLACE,
            amount=pl.coalesce("value_standard", "value"),
            amount_unit=pl.when(pl.col("value_standard").is_null()).then("unit").otherwise("unit_standard"),
            uln=pl.col("uln_used"),
            date=drawn_day("collected"),
            date_lo=pl.coalesce("collected_lo", "collected"),
            date_hi=pl.coalesce("collected_hi", "collected"),
            assay=pl.col("assay_id"),
            is_bound=pl.col("comparator").str.contains("[<>]").fill_null(value=False),
        )
        .join(read, on=["file", "row"], how="left", maintain_order="left")
        .sort("date", "row", nulls_last=True)
    )
    previous = _values_before(values)
    noise = REFERENCE_CHANGE_BY_ANALYTE.get(analyte)
    change = pl.when(~pl.col("is_bound")).then((pl.col("amount") / pl.col("previous") - 1) * 100)
    outside = (
        pl.lit(None, pl.Boolean)
        if noise is None
        else (pl.col("change_from_previous_pct") >= noise.rise_pct)
        | (pl.col("change_from_previous_pct") <= noise.fall_pct)
    )
    return (
        values.join(
            previous, on=["assay_group", "amount_unit", "date"], how="left", maintain_order="left", nulls_equal=True
        )
        .with_columns(
            change_from_baseline_pct=pl.when(~pl.col("is_bound")).then("change_pct"),
            change_from_previous_pct=change,
            flags=_flags(transient),
            is_assessable=pl.col("is_assessable").fill_null(value=True),
        )
        .with_columns(beyond_noise=outside)
        .select(pl.col(name).cast(kind) for name, kind in HISTORY_VALUES.items())
    )


def drawn_day(column: str) -> pl.Expr:
    """Return the day a partial date is drawn at: itself, else the middle of what its text allows."""
    low, high = pl.col(f"{column}_lo"), pl.col(f"{column}_hi")
    return pl.coalesce(column, low + (high - low) / 2).cast(pl.Date)


def derive_history_path(values: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Derive the points a line may join: one a day and assay, in segments (schema ``HISTORY_PATH``)."""
    days = (
        values.drop_nulls("date")
        .group_by("assay_group", "amount_unit", "date", maintain_order=True)
        .agg(
            pl.col("amount", "fold_uln").log().mean().exp(),
            pl.col("is_bound").any(),
        )
        .sort("assay_group", "date")
    )
    series = pl.struct("assay_group", "amount_unit")
    before = pl.col("date").shift(1)
    is_break = (
        (series != series.shift(1)).fill_null(value=True)
        | ((pl.col("date") - before).dt.total_days() > settings.gap_days).fill_null(value=False)
        | pl.col("is_bound")
        | pl.col("is_bound").shift(1).fill_null(value=False)
    )
    return (
        days.with_columns(segment=is_break.cast(pl.Int32).cum_sum())
        .filter(~pl.col("is_bound"))
        .select(pl.col(name).cast(kind) for name, kind in HISTORY_PATH.items())
    )


def _values_before(values: pl.DataFrame) -> pl.DataFrame:
    """Return for each assay, unit and day the geometric mean of the day before it; null after a bound."""
    return (
        values.drop_nulls("date")
        .group_by("assay_group", "amount_unit", "date", maintain_order=True)
        .agg(mean=pl.when(~pl.col("is_bound").any()).then(pl.col("amount").log().mean().exp()))
        .sort("assay_group", "amount_unit", "date")
        .select(
            "assay_group", "amount_unit", "date", previous=pl.col("mean").shift(1).over("assay_group", "amount_unit")
        )
    )


def _flags(transient: Windows) -> pl.Expr:
    early: Any = pl.any_horizontal(
        [pl.lit(value=False), *(pl.col("date").is_between(first, last, closed="right") for first, last in transient)]
    )
    flags = (
        (pl.col("ppi") == "yes", "PPI at the time (may raise CgA)"),
        (pl.col("egfr_low") == "yes", "low eGFR (may raise CgA)"),
        (early, "soon after a PRRT cycle: a rise may be transient"),
        (pl.col("comparator") == "~", "approximate value"),
        (pl.col("date_lo") != pl.col("date_hi"), "day not known"),
        (pl.col("date").is_null(), "no date"),
    )
    words = [pl.when(condition.fill_null(value=False)).then(pl.lit(text)) for condition, text in flags]
    return pl.concat_list(words).list.drop_nulls()
