"""Best overall response, confirmed response and clinical benefit, from the assessments of each line."""

from __future__ import annotations

import numpy as np
import polars as pl

from analytics.catalogue.settings import Settings
from analytics.endpoints.confirmations import CR, NE, NON_CR_NON_PD, PD, PR, SD, find_confirmed
from analytics.longitudinal.keys import is_first_of
from analytics.tables.derived import BestResponses
from analytics.tables.results import BoolArray, IntArray

MISSING = "MISSING"

_KIND_OF = {"CR": CR, "PR": PR, "SD": SD, "NON_CR_NON_PD": NON_CR_NON_PD, "PD": PD, "NE": NE, "ND": NE}
_NAMES = pl.Series(list(_KIND_OF)[: NE + 1])

_DAYS = 2**23
"""More days than any calendar here has: a line, or a kind, and a day make one number."""

_EPOCH = 2**22
"""Added to the day number, which is negative before 1970."""

_NEVER = _DAYS - 1
"""A day that does not come."""


def select_until_progression(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the assessments of each line up to its first progression, that one included, in order.

    They have ``kind``, the place of their response, and ``day_key``, line and day as one number.
    """
    day = pl.col("date").cast(pl.Int32).cast(pl.Int64) + _EPOCH
    kind = pl.col("response").replace_strict(_KIND_OF, return_dtype=pl.Int64)
    keyed = rows.with_columns(kind=kind, day_key=pl.col("line").cast(pl.Int64) * _DAYS + day)
    n_before = (pl.col("kind") == PD).cum_sum().shift(1, fill_value=0).cast(pl.Int64)
    # counted over all lines: what had been counted when the line began is taken off
    at_first = pl.when(is_first_of("line")).then(n_before).forward_fill()
    ordered = keyed if keyed["day_key"].is_sorted() else keyed.sort("day_key", maintain_order=True)
    return ordered.filter(n_before == at_first)


def _list_kinds(kind: IntArray, is_late: BoolArray, is_confirmed: BoolArray) -> tuple[IntArray, IntArray]:
    """Return what each assessment may count as: (as it stands, where a response must be confirmed)."""
    is_response, is_stable = kind <= PR, (kind == SD) | (kind == NON_CR_NON_PD)
    plain = np.where(is_stable & ~is_late, NE, kind)
    unconfirmed = np.where(is_response, np.where(is_late, SD, NE), plain)
    return plain, np.where(is_confirmed, kind, unconfirmed)


def compute_best_responses(rows: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Derive the best responses of each ``line`` from its assessments.

    Parameters
    ----------
    rows
        ``line``, ``start_date``, ``date`` and ``response``, one a day; progression cuts what comes after.
    settings
        ``sd_minimum_days`` before which stable disease does not count, and the rules of confirmation.

    Returns
    -------
    pl.DataFrame
        ``line`` and the columns of ``BestResponses`` from ``n_assessments`` on, for lines with a row.
    """
    kept = select_until_progression(rows)
    since_start = (pl.col("date") - pl.col("start_date")).dt.total_days()
    is_late = kept.select((since_start >= settings.sd_minimum_days).fill_null(value=False)).to_series().to_numpy()
    kind, line, day_key = (kept[name].to_numpy() for name in ("kind", "line", "day_key"))
    is_confirmed = find_confirmed(kind, line.astype(np.int64), day_key, settings)
    plain, asking = _list_kinds(kind, is_late, is_confirmed)
    day = day_key % _DAYS
    best, confirmed = pl.col("best"), pl.col("confirmed")
    return (
        pl.DataFrame(
            {
                "line": line,
                "best": plain * _DAYS + day,
                "confirmed": asking * _DAYS + day,
                "response": np.where(kind <= PR, day, _NEVER),
                "confirmed_first": np.where(is_confirmed, day, _NEVER),
                "benefit": np.where((kind <= PR) | ((kind <= NON_CR_NON_PD) & is_late), day, _NEVER),
            }
        )
        .group_by("line", maintain_order=True)
        .agg(pl.len().alias("n_assessments"), pl.exclude("line").min())
        .select(
            "line",
            "n_assessments",
            best_response=pl.lit(_NAMES).gather(best // _DAYS),
            best_date=_read_day(best % _DAYS),
            confirmed_response=pl.lit(_NAMES).gather(confirmed // _DAYS),
            confirmed_date=_read_day(confirmed % _DAYS),
            response_date=_read_day(pl.col("response")),
            confirmed_response_date=_read_day(pl.col("confirmed_first")),
            benefit_date=_read_day(pl.col("benefit")),
        )
    )


def _read_day(day: pl.Expr) -> pl.Expr:
    return pl.when(day != _NEVER).then((day - _EPOCH).cast(pl.Int32).cast(pl.Date))


def derive_best_responses(
    lines: pl.DataFrame, assessments: dict[str, pl.DataFrame], settings: Settings
) -> pl.DataFrame:
    """Derive ``derived.BestResponses`` of every line from each source of ``assessments`` (given, lesions).

    A line is read from the day after its start to the day the next one starts; a line without an
    assessment is MISSING.
    """
    keyed = lines.sort("pid", "line_no").with_row_index("line")
    parts: list[pl.DataFrame] = []
    for source, rows in assessments.items():
        within = (pl.col("date") > pl.col("start_date")) & (pl.col("date") <= pl.col("next_line_date")).fill_null(
            value=True
        )
        read = (
            rows.select("pid", "date", "response")
            .join(keyed.select("line", "pid", "start_date", "next_line_date"), on="pid")
            .filter(within)
        )
        best = compute_best_responses(read, settings)
        parts.append(keyed.select("line", "pid", "line_no", source=pl.lit(source)).join(best, on="line", how="left"))
    return (
        pl.concat(parts)
        .with_columns(
            pl.col("n_assessments").fill_null(0), pl.col("best_response", "confirmed_response").fill_null(MISSING)
        )
        .sort("pid", "line_no", "source")
        .select(pl.col(name).cast(column.dtype) for name, column in BestResponses.columns().items())
    )
