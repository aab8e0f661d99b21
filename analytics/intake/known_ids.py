"""The ids of the patients of a part by their numbers: what was matched once need not be read again in each table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl


@dataclass(frozen=True, slots=True)
class KnownIds:
    """The normalised id of each number from ``first`` on; null for numbers that are not of this part."""

    first: int
    ids: pl.Series

    def of_rows(self, pids: pl.Series) -> pl.Series | None:
        """Return the id of each row; None if a row has no number, or one that is not known here."""
        lowest, highest = pids.min(), pids.max()
        if pids.null_count() or not isinstance(lowest, int) or not isinstance(highest, int):
            return None
        if lowest < self.first or highest >= self.first + len(self.ids):
            return None
        found = self.ids.gather(pids - self.first)
        return None if found.null_count() else found.alias("patient_id")


def known_ids(patients: pl.DataFrame) -> KnownIds | None:
    """Return the ids on parsed patients sheets, which have ``pid`` and ``patient_id``; None if there are none."""
    rows = patients.select("pid", "patient_id").drop_nulls().unique("pid").sort("pid")
    if rows.is_empty():
        return None
    pids = rows.get_column("pid").to_numpy().astype(np.int64)
    places = np.full(int(pids[-1] - pids[0]) + 1, len(pids))
    places[pids - pids[0]] = np.arange(len(pids))
    ids = pl.concat([rows.get_column("patient_id"), pl.Series("patient_id", [None], dtype=pl.String())])
    return KnownIds(int(pids[0]), ids.gather(pl.Series(places)))
