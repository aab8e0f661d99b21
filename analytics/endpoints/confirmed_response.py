"""The first response of each line that a later assessment confirms: the origin of its duration."""

from __future__ import annotations

import polars as pl

from analytics.catalogue.settings import Settings
from analytics.endpoints.best_response import select_until_progression
from analytics.endpoints.confirmations import find_confirmed
from analytics.endpoints.records import number_of
from analytics.longitudinal.keys import spread_rows

CONFIRMED = "confirmed_response"


def derive_confirmed_response(observed: pl.DataFrame, assessments: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Add ``confirmed_response``: day and number of the record of the first response that is confirmed.

    The day is that of the response, not of what confirms it, which comes before progression and up to the next line.

    Parameters
    ----------
    observed
        Lines with their records ``response`` and ``new_therapy``; only a line with a response is looked at.
    assessments
        ``pid``, ``date``, ``response`` and ``record_at``, one a patient and day.
    """
    responders = observed.with_row_index("line").filter(pl.col("response").is_not_null())
    is_of_line = (pl.col("date") > pl.col("start_date")) & (pl.col("date") <= pl.col("new_therapy")).fill_null(
        value=True
    )
    read = (
        responders.select("line", "pid", "start_date", "new_therapy")
        .join(assessments.select("pid", "date", "response", "record_at"), on="pid")
        .filter(is_of_line)
        .pipe(select_until_progression)
    )
    kind, line, day_key = (read[name].to_numpy() for name in ("kind", "line", "day_key"))
    is_confirmed = pl.Series(find_confirmed(kind, line.astype("int64"), day_key, settings), dtype=pl.Boolean)
    first = read.filter(is_confirmed).unique("line", keep="first", maintain_order=True)
    found = first.select("line", pl.col("date").alias(CONFIRMED), pl.col("record_at").alias(number_of(CONFIRMED)))
    return pl.concat([observed, spread_rows(found, "line", observed.height)], how="horizontal")
