"""Why a line has nothing to judge: no start, no baseline, no later value of the same assay group."""

from __future__ import annotations

import polars as pl

from analytics.catalogue.response_rules import ResponseRule
from analytics.longitudinal.keys import compute_line_key, sum_runs
from analytics.longitudinal.marker_units import UNIT_ANALYTES, compute_unit_key, decode_unit_key

ALWAYS_ANSWERED = "CGA"
"""Every line has a row for this marker, also without a value; other markers where the line has values."""

ABSENCES: tuple[str, ...] = (
    "no start date",
    "no baseline value",
    "PPI at baseline",
    "atrophic gastritis at baseline",
    "eGFR below the limit at baseline",
    "no later value of the same assay group",
    "no value after the start",
)
"""Why there is nothing to judge, the first that holds; an absence is held as its place here."""

_OTHER_GROUP = 5


def derive_absences(lines: pl.DataFrame, values: pl.DataFrame) -> pl.DataFrame:
    """Return an absence for each line and marker without a baseline and a later value of one series.

    ``values`` carry ``unit_key``; the answer is in the order of that key, with ``pid``, ``line_no`` and ``analyte``.
    """
    before = (pl.col("days") <= 1) & ~pl.col("has_unclear_date")
    seen = sum_runs(
        values.select(
            "unit_key",
            n_before=before,
            n_assessable_before="is_baseline",
            n_ppi=before & (pl.col("ppi") == "yes"),
            n_gastritis=before & pl.col("has_atrophic_gastritis"),
            n_after=(pl.col("days") > 1) & ~pl.col("has_unclear_date"),
        ),
        "unit_key",
        "n_before",
        "n_assessable_before",
        "n_ppi",
        "n_gastritis",
        "n_after",
    )
    always = lines.select("pid", "line_no", analyte=pl.lit(ALWAYS_ANSWERED)).select(unit_key=compute_unit_key())
    wanted = pl.concat([always, seen.select("unit_key")]).unique().sort("unit_key")
    starts = lines.select(line_key=compute_line_key(), is_undated=pl.col("start_date").is_null())
    was_assessable = pl.col("n_assessable_before") > 0
    return (
        wanted.join(seen, on="unit_key", how="left", maintain_order="left")
        .with_columns(pl.col("^n_.*$").fill_null(0), line_key=pl.col("unit_key") // len(UNIT_ANALYTES))
        .join(starts, on="line_key", maintain_order="left")
        .select(
            "unit_key",
            *decode_unit_key(),
            absence=pl.coalesce(
                pl.when(holds).then(pl.lit(place, pl.UInt8))
                for place, holds in enumerate(
                    (
                        pl.col("is_undated"),
                        pl.col("n_before") == 0,
                        ~was_assessable & (pl.col("n_ppi") > 0),
                        ~was_assessable & (pl.col("n_gastritis") > 0),
                        ~was_assessable,
                        pl.col("n_after") > 0,
                        pl.lit(value=True),
                    )
                )
            ),
        )
    )


def word_absences(rule: ResponseRule) -> list[str]:
    """Return the absences in words; with a window, a value outside it is no later value."""
    words = list(ABSENCES)
    if rule.within_days is not None:
        first, last = rule.within_days
        words[_OTHER_GROUP] = f"no comparable value in days {first} to {last}"
    return words
