"""Series: the values of one patient, marker and assay group that may be compared, as bounds."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from analytics.catalogue.biomarkers import BIOMARKERS
from analytics.longitudinal.keys import EARLIEST_DAY, encode_texts, sort_by_key

MARKERS: tuple[str, ...] = tuple(entry.code for entry in BIOMARKERS if entry.kind == "marker")

DAY_BITS = 18
SERIES_BITS = 16
"""A key holds pid, kind of series and day in 29 + 16 + 18 bits: 500 million patients, 65 thousand kinds."""

Places = npt.NDArray[np.int64]


def _name_series(labs: pl.DataFrame) -> pl.Series:
    """Return the assay group, with the specimen where the group of a marker is unknown."""
    is_named = (pl.col("assay_group") == "unknown") & pl.col("specimen").is_not_null() & (pl.col("analyte") != "EGFR")
    named = labs.select(is_named.arg_true()).to_series()
    if named.is_empty():
        return labs["assay_group"]
    specimen = pl.when(is_named).then(pl.lit(" ") + pl.col("specimen"))
    return labs.select(pl.col("assay_group") + specimen.fill_null("")).to_series()


def read_labs(labs: pl.LazyFrame) -> pl.DataFrame:
    """Return the dated values of markers and of eGFR from accepted ``labs``, in their order.

    ``series`` and ``compared_unit`` say which values may be compared.
    """
    read = (
        labs.filter(pl.col("analyte").is_in((*MARKERS, "EGFR")) & pl.col("collected").is_not_null())
        .select(
            "pid", "analyte", "value", "comparator", "unit", "fold_uln", "assay_id", "assay_group", "specimen",
            "ppi_within_2w", "value_standard", "uln_used",
            compared_unit=pl.coalesce("unit_standard", "unit"),
            date="collected",
            date_lo="collected_lo",
            date_hi="collected_hi",
            file="_file",
            row="_row",
        )
        .collect(engine="streaming")
        .rechunk()  # texts are gathered from one piece in half the time
    )  # fmt: skip
    return read.with_columns(_name_series(read).alias("series"))


def _order_values(labs: pl.DataFrame, day_key: pl.Series) -> tuple[Places, Places]:
    """Return the rows of markers in the order of series and day, and which places hold a day of several values."""
    is_marker = labs.select((pl.col("analyte") != "EGFR") & pl.col("value").is_not_null()).to_series()
    source = is_marker.arg_true().to_numpy().astype(np.int64)
    key = day_key.to_numpy()[source]
    order = np.argsort(key, kind="stable")
    source, key = source[order], key[order]
    is_as_before = key[1:] == key[:-1]
    several = np.flatnonzero(np.append(is_as_before, False) | np.append(False, is_as_before))
    if several.size:
        tied = labs.select("file", "row")[source[several]].with_columns(source=source[several], day_key=key[several])
        source[several] = sort_by_key(tied, "day_key", "file", "row")["source"].to_numpy()
    return source, several


def _add_day_values(values: pl.DataFrame, several: Places) -> pl.DataFrame:
    """Add the bounds of each day's analysis value: the geometric mean where a day has several values."""
    if not several.size:
        return values.with_columns(day_low="low", day_high="high")
    rows = values.select("day_key", "low", "high")[several]
    # in the order of the values, so that the order of rows leaves no trace
    ordered = rows.sort("day_key", "low", "high")
    means = ordered.group_by("day_key", maintain_order=True).agg(
        pl.col("low", "high").log().mean().exp().name.prefix("mean_")
    )
    days = rows.join(means, on="day_key", how="left", maintain_order="left").select(
        low=pl.coalesce("mean_low", "low"), high=pl.coalesce("mean_high", "high")
    )
    bounds: dict[str, pl.Series] = {}
    for name in days.columns:
        bound = values[name].to_numpy(writable=True)
        bound[several] = days[name].to_numpy()
        bounds[f"day_{name}"] = pl.Series(bound)
    return values.with_columns(**bounds)


def derive_series(labs: pl.DataFrame) -> tuple[pl.DataFrame, Places]:
    """Derive the marker values of ``read_labs``, in the order of patient, analyte, series and day.

    A value beyond a quantitation limit is the interval it stands for: (0, limit] or [limit, ∞), ``low`` and
    ``high`` in the unit of comparison; ``day_low`` and ``day_high`` bound the day's value. ``series_key`` is one
    integer a patient and series, ``day_key`` one a day of it; ``source`` is the row of ``labs``.

    Returns
    -------
    tuple
        The values, and the places of those that share their day with another of the same series.
    """
    basis = pl.coalesce("value_standard", "value")
    is_below = ((pl.col("comparator") == "<") | (pl.col("comparator") == "<=")).fill_null(value=False)
    is_above = ((pl.col("comparator") == ">") | (pl.col("comparator") == ">=")).fill_null(value=False)
    coded = encode_texts(labs, ["analyte", "series", "compared_unit"], "series_code")
    day = pl.col("date").cast(pl.Int32).cast(pl.Int64) + EARLIEST_DAY
    series = pl.col("pid").cast(pl.Int64) * 2**SERIES_BITS + pl.lit(coded["series_code"]).cast(pl.Int64)
    rows = labs.select(
        "pid", "date",
        date_lo=pl.coalesce("date_lo", "date"),
        date_hi=pl.coalesce("date_hi", "date"),
        low=pl.when(is_below).then(0.0).otherwise(basis),
        high=pl.when(is_above).then(float("inf")).otherwise(basis),
        is_bound=is_below | is_above,
        says_ppi=(pl.col("ppi_within_2w") == "Y").fill_null(value=False),
        says_no_ppi=(pl.col("ppi_within_2w") == "N").fill_null(value=False),
        series_key=series,
        day_key=series * 2**DAY_BITS + day,
    )  # fmt: skip
    source, several = _order_values(labs, rows["day_key"])
    values = rows[source].with_columns(source=pl.Series(source))
    return _add_day_values(values, several), several
