"""What makes a marker value not assessable: proton-pump inhibitors and failing kidneys."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from analytics.catalogue.settings import Settings
from analytics.longitudinal.keys import DAYS_PER_PATIENT, compute_day_key


def _derive_ppi(values: pl.DataFrame, concomitants: pl.LazyFrame, settings: Settings) -> pl.DataFrame:
    """Say whether a PPI was taken within the washout: a spell or the row's own word for yes is enough.

    Outside every spell of a patient whose PPI use is recorded the answer is no; a patient without any
    record stays unknown.
    """
    spells = (
        concomitants.filter((pl.col("kind") == "PPI") & pl.col("start").is_not_null())
        .select("pid", "start", "end")
        .collect()
    )
    last_day = (pl.col("end") + pl.duration(days=settings.ppi_washout_days)).fill_null(pl.col("date"))
    covered = (
        values.select("pid", "date", value=pl.int_range(pl.len()))
        .join(spells, on="pid")
        .filter((pl.col("start") <= pl.col("date")) & (pl.col("date") <= last_day))
    )
    is_covered = pl.int_range(pl.len()).is_in(covered["value"].unique().implode())
    is_recorded = pl.col("pid").is_in(spells["pid"].unique().implode())
    said = pl.col("ppi_within_2w")
    return values.with_columns(
        ppi=pl.when(is_covered | (said == "Y").fill_null(value=False))
        .then(pl.lit("yes"))
        .when((said == "N").fill_null(value=False) | is_recorded)
        .then(pl.lit("no"))
        .otherwise(pl.lit("unknown"))
    )


def _derive_egfr(values: pl.DataFrame, labs: pl.LazyFrame, settings: Settings) -> pl.DataFrame:
    """Say whether the last eGFR, not older than its window, was below the assessable limit."""
    limit = settings.egfr_not_assessable_below
    low = pl.col("value_standard") < limit
    bounds_below = pl.col("comparator").is_in(["<", "<="])
    bounds_above = pl.col("comparator").is_in([">", ">="])
    egfr = (
        labs.filter((pl.col("analyte") == "EGFR") & pl.col("value_standard").is_not_null())
        .filter(pl.col("collected").is_not_null())
        .with_columns(
            state=pl.when(bounds_below & (pl.col("value_standard") > limit))
            .then(pl.lit("unknown"))
            .when(bounds_above & low)
            .then(pl.lit("unknown"))
            .when(low | (bounds_below & (pl.col("value_standard") == limit)))
            .then(pl.lit("yes"))
            .otherwise(pl.lit("no")),
            egfr_key=compute_day_key(pl.col("collected")),
        )
        .select("egfr_key", "state", "_file", "_row")
        .collect(engine="streaming")
        .sort("egfr_key", "_file", "_row")
        .select("egfr_key", "state")
    )
    if egfr.is_empty():
        return values.with_columns(egfr_low=pl.lit("unknown"))
    asked = values.select(compute_day_key(pl.col("date"))).to_series()
    last = egfr["egfr_key"].search_sorted(asked, side="right").cast(pl.Int64) - 1
    found = egfr.select(pl.all().gather(last.clip(0))).with_columns(asked.alias("asked_key"))
    is_recent = pl.col("asked_key") - pl.col("egfr_key") <= settings.egfr_window_days
    is_own = pl.col("asked_key") // DAYS_PER_PATIENT == pl.col("egfr_key") // DAYS_PER_PATIENT
    is_before = pl.col("egfr_key") <= pl.col("asked_key")
    answer = found.select(egfr_low=pl.when(is_recent & is_own & is_before).then("state").fill_null("unknown"))
    return pl.concat([values, answer], how="horizontal")


def derive_interference(values: pl.DataFrame, tables: Mapping[str, pl.LazyFrame], settings: Settings) -> pl.DataFrame:
    """Add ``ppi`` and ``egfr_low`` (yes, no, unknown) to marker values (``pid``, ``date``)."""
    return _derive_egfr(_derive_ppi(values, tables["concomitants"], settings), tables["labs"], settings)
