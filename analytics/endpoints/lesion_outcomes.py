"""What became of each lesion: gone under treatment, taken out, irradiated, or still there."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from analytics.longitudinal.reading import select_reading
from analytics.tables.derived_disease import LesionOutcomes

_KEY = ["pid", "lesion_id"]


def derive_lesion_outcomes(tables: Mapping[str, pl.LazyFrame]) -> pl.DataFrame:
    """Derive ``derived.LesionOutcomes``: one row a patient and lesion, over all its scans.

    A lesion that was excised or irradiated left by that, whatever is noted later: it did not respond. The
    last of the other scans on which it was looked for tells the rest; of several readers one is taken.
    Scans without a date are taken in the order of the source, so that a case without dates has outcomes too.
    """
    scans = tables["imaging"].select("pid", "imaging_id", "date", scan_file="_file", scan_row="_row")
    how = pl.col("measured").fill_null("yes")
    size = pl.when(pl.col("nodal") == "Y").then(pl.coalesce("short_mm", "longest_mm")).otherwise("longest_mm")
    looked = how.is_in(["yes", "too_small", "not_visible"])
    rows = (
        select_reading(tables["lesions"])
        .join(scans, on=["pid", "imaging_id"])
        .select(
            *_KEY, "organ", "segment", "date", "scan_file", "scan_row", "_file", "_row", how=how, mm=size, looked=looked
        )
        .collect()
        .sort(*_KEY, "date", "scan_file", "scan_row", "_file", "_row", nulls_last=True)
    )
    last = pl.col("how").filter("looked").last()
    return (
        rows.group_by(_KEY, maintain_order=True)
        .agg(
            pl.col("organ", "segment").drop_nulls().first(),
            n_scans=pl.len(),
            first_mm=pl.col("mm").drop_nulls().first(),
            last_mm=pl.when(last == "not_visible").then(0.0).otherwise(pl.col("mm").drop_nulls().last()),
            outcome=pl.when((pl.col("how") == "excised").any())
            .then(pl.lit("excised"))
            .when((pl.col("how") == "irradiated").any())
            .then(pl.lit("irradiated"))
            .when(last == "not_visible")
            .then(pl.lit("resolved"))
            .when(last.is_not_null())
            .then(pl.lit("present"))
            .otherwise(pl.lit("not assessed")),
            last_date=pl.col("date").max(),
            file=pl.col("_file").last(),
            row=pl.col("_row").last(),
        )
        .select(pl.col(name).cast(column.dtype) for name, column in LesionOutcomes.columns().items())
    )
