"""What makes a marker value not assessable: proton-pump inhibitors and failing kidneys."""

from __future__ import annotations

import polars as pl

from analytics.catalogue.settings import Settings
from analytics.longitudinal.keys import DAYS_PER_PATIENT, compute_day_key, sort_by_key
from analytics.longitudinal.spells import is_in_spell

STATES: tuple[str, ...] = ("unknown", "no", "yes")
"""What is known of an interference; a state is held as its place here."""

UNKNOWN, NO, YES = range(3)


def compute_ppi(values: pl.DataFrame, concomitants: pl.LazyFrame, settings: Settings) -> pl.Series:
    """Return whether a PPI was taken within the washout: a spell or the row's own word for yes is enough.

    Outside every spell of a patient whose PPI use is recorded the answer is no; a patient without any
    record stays unknown. ``values`` hold ``pid``, ``date``, and in ``says_ppi`` and ``says_no_ppi`` the row's word.
    """
    spells = (
        concomitants.filter((pl.col("kind") == "PPI") & pl.col("start").is_not_null())
        .select("pid", begins="start", ends=pl.col("end") + pl.duration(days=settings.ppi_washout_days))
        .collect()
    )
    is_recorded = pl.col("pid").is_in(spells["pid"].unique().implode())
    return values.select(
        pl.when(pl.lit(is_in_spell(values, spells)) | pl.col("says_ppi"))
        .then(pl.lit(YES, pl.UInt8))
        .when(pl.col("says_no_ppi") | is_recorded)
        .then(pl.lit(NO, pl.UInt8))
        .otherwise(pl.lit(UNKNOWN, pl.UInt8))
    ).to_series()


def _derive_egfr(labs: pl.DataFrame, limit: float) -> pl.DataFrame:
    """Return ``egfr_key`` and ``state`` of every eGFR, in order; of one day the row named last comes last."""
    low = pl.col("value_standard") < limit
    bounds_below = pl.col("comparator").is_in(["<", "<="])
    bounds_above = pl.col("comparator").is_in([">", ">="])
    is_open = (bounds_below & (pl.col("value_standard") > limit)) | (bounds_above & low)
    is_low = low | (bounds_below & (pl.col("value_standard") == limit))
    egfr = labs.lazy().filter((pl.col("analyte") == "EGFR") & pl.col("value_standard").is_not_null())
    return sort_by_key(
        egfr.select(
            "file",
            "row",
            egfr_key=compute_day_key(pl.col("date")),
            state=pl.when(is_open).then(UNKNOWN).when(is_low).then(YES).otherwise(NO).cast(pl.UInt8),
        ).collect(),
        "egfr_key",
        "file",
        "row",
    ).select("egfr_key", "state")


def compute_egfr(values: pl.DataFrame, labs: pl.DataFrame, settings: Settings) -> pl.Series:
    """Return whether the last eGFR of ``labs``, not older than its window, was below the assessable limit."""
    egfr = _derive_egfr(labs, settings.egfr_not_assessable_below)
    if egfr.is_empty():
        return pl.repeat(UNKNOWN, values.height, dtype=pl.UInt8, eager=True)
    asked = values.select(compute_day_key(pl.col("date"))).to_series().to_numpy()
    keys = egfr["egfr_key"].to_numpy()
    last = keys.searchsorted(asked, side="right") - 1
    found = keys[last]
    patient_from = values["pid"].to_numpy().astype("int64") * DAYS_PER_PATIENT
    is_usable = (last >= 0) & (found >= patient_from) & (asked - found <= settings.egfr_window_days)
    state = egfr["state"].to_numpy()[last]
    state[~is_usable] = UNKNOWN
    return pl.Series(state)
