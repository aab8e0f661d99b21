"""What became of each lesion: gone under treatment, taken out, irradiated, or still there."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from analytics.endpoints.lesion_readings import find_readings, find_scans_read, order_rows
from analytics.longitudinal.keys import sort_by_key
from analytics.tables.derived_disease import LesionOutcomes

_KEY = ["pid", "lesion_id"]
_LOOKED = ("yes", "too_small", "not_visible")


def derive_lesion_outcomes(tables: Mapping[str, pl.LazyFrame]) -> pl.DataFrame:
    """Derive ``derived.LesionOutcomes``: one row a patient and lesion, over all its scans.

    A lesion that was excised or irradiated left by that, whatever is noted later: it did not respond. The
    last of the other scans on which it was looked for tells the rest; of several readers one is taken.
    Scans without a date are taken in the order of the source, so that a case without dates has outcomes too.
    """
    rows = _select_rows(tables)
    places = rows.group_by(_KEY, maintain_order=True).agg(
        pl.col("is_excised", "is_irradiated").any(),
        pl.col("organ_place", "segment_place", "first_sized").min(),
        pl.col("last_sized", "last_looked", "last").max(),
        n_scans=pl.len(),
        last_date=pl.col("date").max(),
    )

    def at(column: str, place: str) -> pl.Expr:
        return pl.lit(rows[column]).gather(pl.col(place))

    how = at("how", "last_looked")
    return (
        places.with_columns(
            organ=at("organ", "organ_place"),
            segment=at("segment", "segment_place"),
            first_mm=at("mm", "first_sized"),
            last_mm=pl.when(how == "not_visible").then(0.0).otherwise(at("mm", "last_sized")),
            outcome=pl.when("is_excised")
            .then(pl.lit("excised"))
            .when("is_irradiated")
            .then(pl.lit("irradiated"))
            .when(how == "not_visible")
            .then(pl.lit("resolved"))
            .when(how.is_not_null())
            .then(pl.lit("present"))
            .otherwise(pl.lit("not assessed")),
            file=at("_file", "last"),
            row=at("_row", "last"),
        )
        .sort(pl.col("pid"), pl.col("lesion_id").cast(pl.String))
        .select(pl.col(name).cast(column.dtype) for name, column in LesionOutcomes.columns().items())
    )


def _select_rows(tables: Mapping[str, pl.LazyFrame]) -> pl.DataFrame:
    """Return the lesion rows in the order of their scans; ``…_place`` is the position of a row that says something."""
    scans = (
        tables["imaging"]
        .select("pid", "imaging_id", "date", scan_file="_file", scan_row="_row")
        .sort("pid", "date", "scan_file", "scan_row", nulls_last=True)
        .select("pid", "imaging_id", "date")
        # of each scan, not of each visit, one reader is kept
        .with_row_index("visit")
        .collect()
    )
    how = pl.col("measured").fill_null("yes")
    size = pl.when(pl.col("nodal") == "Y").then(pl.coalesce("short_mm", "longest_mm")).otherwise("longest_mm")
    place = pl.int_range(pl.len(), dtype=pl.UInt32)
    is_sized = pl.col("mm").is_not_null()
    noted = (
        tables["lesions"]
        .select(*_KEY, "organ", "segment", "_file", "_row", how=how, mm=size)
        .with_columns(pl.col("lesion_id").cast(pl.Categorical))
        .collect(engine="streaming")
    )
    starts, readings = find_readings(tables["lesions"])
    scan = find_scans_read(readings, scans)
    of_row = pl.Series("scan", np.repeat(scan, np.diff(starts, append=noted.height)))
    rows = noted.with_columns(of_row)[order_rows(starts, noted.height, scan)].with_columns(
        date=pl.lit(scans["date"]).gather("scan")
    )
    return (
        sort_by_key(rows, "scan", "_file", "_row")
        .lazy()
        .with_columns(
            is_excised=pl.col("how") == "excised",
            is_irradiated=pl.col("how") == "irradiated",
            organ_place=pl.when(pl.col("organ").is_not_null()).then(place),
            segment_place=pl.when(pl.col("segment").is_not_null()).then(place),
            first_sized=pl.when(is_sized).then(place),
            last_sized=pl.when(is_sized).then(place),
            last_looked=pl.when(pl.col("how").is_in(_LOOKED)).then(place),
            last=place,
        )
        .collect()
    )
