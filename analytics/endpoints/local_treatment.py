"""Lesions treated by a knife or a beam: that they are smaller or not seen later in the line is no response."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from analytics.endpoints.lesion_rows import SEEN, SIZED, TARGET, UNKNOWN
from analytics.endpoints.visits import NO_LINE
from analytics.longitudinal.runs import list_places
from analytics.tables.results import IntArray

if TYPE_CHECKING:
    from analytics.endpoints.lesion_sizes import SizedReadings


def _find_first(sizes: SizedReadings, treated: IntArray, of_line: IntArray, n_names: int) -> pl.DataFrame:
    """Return line and lesion as one ``key``, in order, and the first ``visit`` of that line that says so."""
    visit = sizes.visit[sizes.find_readings(treated)]
    said = pl.DataFrame({"key": of_line[visit] * n_names + sizes.lesion[treated], "visit": visit})
    return said.filter(pl.Series(of_line[visit] != NO_LINE)).group_by("key").agg(pl.col("visit").min()).sort("key")


def forget_treated(sizes: SizedReadings, treated: IntArray, line: IntArray) -> None:
    """Call not assessed, instead of gone, what is not seen after it was excised or irradiated in the line in force.

    A size that is still measured shows growth or nothing (marked ``SIZED`` and ``UNKNOWN``); to the next line it is a
    size like others. To that line a lesion that left is no target, whatever another examination of that day that does
    not see it calls it.

    Parameters
    ----------
    treated
        The rows that say a lesion was excised or irradiated.
    line
        Of each visit; ``NO_LINE`` without one.
    """
    sizes.marks[treated] &= ~TARGET
    # a visit in no line stands for itself: there the lesion left for that day; readings of no visit take the last place
    alone = int(line.max(initial=0)) + 1 + np.arange(len(line))
    of_line = np.append(np.where(line == NO_LINE, alone, line), NO_LINE)
    n_names = 1 + int(sizes.lesion.max(initial=0))
    first = _find_first(sizes, treated, of_line, n_names)
    if first.is_empty():
        return
    keys, since = first["key"].to_numpy(), first["visit"].to_numpy()
    readings = np.flatnonzero(np.isin(of_line, keys // n_names)[sizes.visit])
    begin = sizes.starts[readings]
    lengths = np.append(sizes.starts, len(sizes.marks))[readings + 1] - begin
    rows, visit = list_places(begin, lengths), np.repeat(sizes.visit[readings], lengths)
    key = of_line[visit] * n_names + sizes.lesion[rows]
    place = np.searchsorted(keys, key).clip(max=len(keys) - 1)
    later = rows[(keys[place] == key) & (visit >= since[place])]
    is_seen = (sizes.marks[later] & SEEN) > 0
    sizes.marks[later] = np.where(is_seen, sizes.marks[later], sizes.marks[later] & ~(SIZED | TARGET)) | UNKNOWN
