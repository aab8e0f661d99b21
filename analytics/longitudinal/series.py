"""Series: the values of one patient, marker and assay group that may be compared, as bounds."""

from __future__ import annotations

import polars as pl

from analytics.catalogue.biomarkers import BIOMARKERS
from analytics.longitudinal.keys import EARLIEST_DAY, encode_texts, sort_by_key

MARKERS: tuple[str, ...] = tuple(entry.code for entry in BIOMARKERS if entry.kind == "marker")

DAY_BITS = 18
SERIES_BITS = 16
"""A key holds pid, kind of series and day in 29 + 16 + 18 bits: 500 million patients, 65 thousand kinds."""


def _select_values(labs: pl.LazyFrame) -> pl.DataFrame:
    """Return dated marker values with their bounds in the unit of comparison.

    A value beyond a quantitation limit is the interval it stands for: (0, limit] or [limit, ∞).
    """
    basis = pl.coalesce("value_standard", "value")
    is_below = pl.col("comparator").is_in(["<", "<="]).fill_null(value=False)
    is_above = pl.col("comparator").is_in([">", ">="]).fill_null(value=False)
    specimen = pl.when((pl.col("assay_group") == "unknown") & pl.col("specimen").is_not_null()).then(
        pl.lit(" ") + pl.col("specimen")
    )
    ratio = pl.when(pl.col("value_standard") != pl.col("value")).then(pl.col("value_standard") / pl.col("value"))
    return (
        labs.filter(pl.col("analyte").is_in(MARKERS) & pl.col("value").is_not_null())
        .filter(pl.col("collected").is_not_null())
        .select(
            "pid", "analyte", "value", "comparator", "unit", "fold_uln", "assay_id", "assay_group", "ppi_within_2w",
            date="collected",
            date_lo=pl.coalesce("collected_lo", "collected"),
            date_hi=pl.coalesce("collected_hi", "collected"),
            compared_unit=pl.coalesce("unit_standard", "unit"),
            compared_uln=pl.col("uln_used") * ratio.fill_null(1.0),
            series=pl.col("assay_group") + specimen.fill_null(""),
            low=pl.when(is_below).then(0.0).otherwise(basis),
            high=pl.when(is_above).then(float("inf")).otherwise(basis),
            is_bound=is_below | is_above,
            file="_file",
            row="_row",
        )
        .collect(engine="streaming")
    )  # fmt: skip


def _derive_day_values(values: pl.DataFrame) -> pl.DataFrame:
    """Add the bounds of each day's analysis value: the geometric mean where a day has several values."""
    key = pl.col("day_key")
    several = values.with_columns(is_of_several=(key == key.shift(1)) | (key == key.shift(-1))).with_columns(
        pl.col("is_of_several").fill_null(value=False)
    )
    if not several["is_of_several"].any():
        return several.with_columns(day_low="low", day_high="high")
    means = (
        several.filter("is_of_several")
        .group_by("day_key")
        .agg(pl.col("low", "high").log().mean().exp().name.prefix("mean_"))
    )
    return (
        several.join(means, on="day_key", how="left", maintain_order="left")
        .with_columns(day_low=pl.coalesce("mean_low", "low"), day_high=pl.coalesce("mean_high", "high"))
        .drop("mean_low", "mean_high")
    )


def derive_series(labs: pl.LazyFrame) -> pl.DataFrame:
    """Derive the marker values of accepted ``labs``, sorted by patient, analyte, series and day.

    ``series_key`` is one integer a patient and series, ``day_key`` one a day of it; ``day_low`` and
    ``day_high`` bound the day's value, in ``compared_unit``.
    """
    coded = encode_texts(_select_values(labs), ["analyte", "series", "compared_unit"], "series_code")
    day = pl.col("date").cast(pl.Int32).cast(pl.Int64) + EARLIEST_DAY
    series = pl.col("pid").cast(pl.Int64) * 2**SERIES_BITS + pl.col("series_code").cast(pl.Int64)
    keyed = coded.with_columns(series_key=series, day_key=series * 2**DAY_BITS + day)
    return _derive_day_values(sort_by_key(keyed, "day_key", "file", "row"))
