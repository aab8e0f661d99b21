"""Disease seen again after a complete response: left as the reader called it, or called progression."""

from __future__ import annotations

import polars as pl

from analytics.catalogue.settings import Settings
from analytics.errors import SettingsError
from analytics.longitudinal.keys import compute_day_key

LEAVE, PROGRESSION = "leave", "progression"
_SEEN_AGAIN = ("PR", "SD", "NON_CR_NON_PD")


def apply_reading_after_complete(assessments: pl.DataFrame, lines: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Return assessments (sorted by ``pid`` and ``date``) as ``after_complete_response`` asks for them.

    RECIST 1.1 calls any disease after a true complete response progression, though it be smaller than at the
    baseline; many readers write a partial response. Each line is read for itself: its own baseline counts.

    Raises
    ------
    SettingsError
        If the setting is neither «leave» nor «progression».
    """
    chosen = settings.after_complete_response
    if chosen not in (LEAVE, PROGRESSION):
        raise SettingsError(
            f"«{chosen}» is no reading of disease after a complete response.",
            "after_complete_response",
            f"Use one of: {LEAVE}, {PROGRESSION}.",
        )
    if chosen == LEAVE or assessments.is_empty():
        return assessments
    starts = lines.filter(pl.col("start_date").is_not_null()).select(key=compute_day_key(pl.col("start_date")))
    asked = assessments.select(compute_day_key(pl.col("date"))).to_series()
    # an assessment on the day of a start belongs to the line before
    line = starts["key"].unique().sort().search_sorted(asked, side="left")
    was_complete = (pl.col("response") == "CR").cum_max().shift(1).over("pid", "line").fill_null(value=False)
    is_again = pl.col("response").is_in(_SEEN_AGAIN) & was_complete
    return (
        assessments.with_columns(line=line)
        .with_columns(
            response=pl.when(is_again).then(pl.lit("PD")).otherwise("response"),
            is_adequate=pl.col("is_adequate") & ~is_again,
        )
        .drop("line")
    )
