"""Clinical benefit: a response, or disease assessed and not progressed after the least time of stability."""

from __future__ import annotations

import polars as pl

from analytics.catalogue.settings import Settings
from analytics.endpoints.records import derive_first_after, sort_rows


def derive_benefit(observed: pl.DataFrame, assessments: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Add ``benefit``: the record of the earliest benefit before progression and up to the next line.

    Parameters
    ----------
    observed
        Lines with their records ``response`` and ``progression``.
    assessments
        ``pid``, ``date``, ``is_adequate`` and ``record``; the stable ones count from ``sd_minimum_days``
        after the start.
    """
    # the first row later than a day is the first not earlier than the day after it
    shifted = observed.with_columns(pl.col("start_date") + pl.duration(days=settings.sd_minimum_days - 1))
    rows = sort_rows(assessments.filter("is_adequate").select("pid", "date", "record"))
    found = observed.with_columns(derive_first_after(shifted, rows, "stable")["stable"])
    first = pl.min_horizontal(_day("response"), _day("stable"))
    is_before = (first < _day("progression")).fill_null(value=True)
    is_of_line = (first <= _day("new_therapy")).fill_null(value=True)
    earlier = pl.when(_day("response") == first).then("response").otherwise("stable")
    return found.with_columns(benefit=pl.when(is_before & is_of_line).then(earlier)).drop("stable")


def _day(record: str) -> pl.Expr:
    return pl.col(record).struct.field("date")
