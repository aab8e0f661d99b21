"""What disturbs chromogranin A: proton-pump inhibitors and kidneys that do not clear it."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from analytics.catalogue.settings import Settings
from analytics.intake.checks import Check
from analytics.intake.review import Review

CGA, EGFR = "CGA", "EGFR"
SPELL = ("kind", "pid", "start_lo", "end_hi")
"""What is needed of the drugs taken."""
DISTURBED = ("pid", "collected_lo", "value_standard", "ppi_within_2w", "_file", "_sheet", "_row")
"""What is needed of the values."""


def review_disturbances(
    cga: pl.DataFrame, egfr: pl.DataFrame, concomitants: pl.DataFrame, settings: Settings
) -> Iterator[Review]:
    """Yield the checks of CgA values under a drug or with an eGFR that raises them.

    Parameters
    ----------
    cga, egfr
        The columns ``DISTURBED`` of the dated values of both analytes.
    concomitants
        The columns ``SPELL`` of the drugs taken.
    """
    yield Review("labs", _under_ppi(cga, concomitants, settings), (_ppi_check(),))
    yield Review("labs", _with_egfr(cga, egfr, settings), (_egfr_check(settings),))


def _under_ppi(cga: pl.DataFrame, concomitants: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Return the CgA values taken under a proton-pump inhibitor, in the order of their days."""
    washout = pl.duration(days=settings.ppi_washout_days)
    numbered = cga.with_row_index("_n")
    spells = concomitants.filter(pl.col("kind") == "PPI").select("pid", "start_lo", "end_hi")
    under = (
        numbered.select("_n", "pid", "collected_lo")
        .join(spells, on="pid")
        .filter(
            (pl.col("start_lo") <= pl.col("collected_lo"))
            & (pl.col("end_hi").is_null() | (pl.col("collected_lo") <= pl.col("end_hi") + washout))
        )
    )
    is_under = (pl.col("ppi_within_2w") == "Y").fill_null(value=False) | pl.col("_n").is_in(
        under.get_column("_n").implode()
    )
    return numbered.filter(is_under).sort("collected_lo")


def _ppi_check() -> Check:
    return Check("V34", "ppi_within_2w", pl.col("_n").is_not_null(), per=(), counts={"n": pl.len()})


def _with_egfr(cga: pl.DataFrame, egfr: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Return the CgA values of patients whose eGFR was ever too low, with the latest before them, ``_egfr``."""
    is_low = pl.col("value_standard") < settings.egfr_not_assessable_below
    is_concerned = pl.col("pid").is_in(egfr.filter(is_low).get_column("pid").implode())
    filtered = egfr.filter(is_concerned).select("pid", "collected_lo", _egfr="value_standard")
    return (
        cga.filter(is_concerned)
        .sort("collected_lo")
        .join_asof(
            filtered.sort("collected_lo"),
            on="collected_lo",
            by="pid",
            strategy="backward",
            tolerance=f"{settings.egfr_window_days}d",
            check_sortedness=False,
        )
    )


def _egfr_check(settings: Settings) -> Check:
    limit = settings.egfr_not_assessable_below
    fields = {"limit": f"{limit:g}"}
    return Check("V35", "value_text", pl.col("_egfr") < limit, fields, per=(), counts={"n": pl.len()})
