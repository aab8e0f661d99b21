"""Cells every table needs: study codes, calendar dates, Y and N, words."""

from __future__ import annotations

import numpy as np
import polars as pl

from synthetic_data.chance import Integers
from synthetic_data.patients import Flags, People


def name_patients(people: People) -> pl.Series:
    """Return the study codes, one a patient."""
    return "S-" + pl.Series("patient_id", people.number).cast(pl.String).str.zfill(6)


def to_dates(people: People, row: Integers, day: Integers, known: Flags | None = None) -> pl.Series:
    """Return calendar dates from days since each patient's first treatment; empty where not ``known``."""
    days = pl.Series((people.start_day[row] + day).astype(np.int32))
    if known is not None:
        days = days.zip_with(pl.Series(known), pl.Series([None], dtype=pl.Int32).new_from_index(0, len(days)))
    return days.cast(pl.Date)


def yes_no(flags: Flags) -> pl.Series:
    """Return Y or N."""
    return words(("N", "Y"), flags.astype(np.int64))


def words(options: tuple[str, ...], index: Integers) -> pl.Series:
    """Return the option at each index; -1 gives an empty cell."""
    choice = pl.Series(options, dtype=pl.String)
    places = pl.Series(np.where(index < 0, 0, index))
    found = choice.gather(places)
    return found.zip_with(pl.Series(index >= 0), empty(len(index)))


def empty(count: int) -> pl.Series:
    """Return ``count`` empty text cells."""
    return pl.Series([None], dtype=pl.String).new_from_index(0, count)


def constant(word: str, count: int) -> pl.Series:
    """Return ``count`` cells that all hold ``word``."""
    return pl.Series([word], dtype=pl.String).new_from_index(0, count)


def label(prefix: str, *parts: Integers) -> pl.Series:
    """Return row ids such as «L3-12» from whole numbers."""
    texts = [pl.Series(part).cast(pl.String) for part in parts]
    found = prefix + texts[0]
    for text in texts[1:]:
        found = found + "-" + text
    return found
