"""Clinical benefit: a response, or disease assessed and not progressed after the least time of stability."""

from __future__ import annotations

import polars as pl

from analytics.catalogue.settings import Settings
from analytics.endpoints.records import derive_first_after, let_stand, number_of, sort_rows


def derive_benefit(observed: pl.DataFrame, assessments: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Add ``benefit``: day and number of the record of the earliest benefit before progression and up to the next line.

    Parameters
    ----------
    observed
        Lines with their records ``response`` and ``progression``.
    assessments
        ``pid``, ``date``, ``is_adequate`` and ``record_at``; the stable ones count from ``sd_minimum_days``
        after the start.
    """
    # the first row later than a day is the first not earlier than the day after it
    shifted = observed.with_columns(pl.col("start_date") + pl.duration(days=settings.sd_minimum_days - 1))
    rows = sort_rows(assessments, pl.col("is_adequate"))
    stable = derive_first_after(shifted, rows, "stable").select("stable", number_of("stable"))
    found = pl.concat([observed, stable], how="horizontal")
    first = pl.min_horizontal("response", "stable")
    is_before = (first < pl.col("progression")).fill_null(value=True)
    is_of_line = (first <= pl.col("new_therapy")).fill_null(value=True)
    earlier = pl.when(pl.col("response") == first)
    day = earlier.then("response").otherwise("stable")
    number = earlier.then(number_of("response")).otherwise(number_of("stable"))
    benefits = found.with_columns(_day=day, _number=number).with_columns(
        *let_stand("benefit", "_day", "_number", is_before & is_of_line)
    )
    return benefits.drop("stable", number_of("stable"), "_day", "_number")
