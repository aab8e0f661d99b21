"""Lesions treated by a knife or a beam: that they are smaller or not seen later in the line is no response."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from analytics.endpoints.lesion_rows import SEEN, SIZED, TARGET, UNKNOWN
from analytics.endpoints.visits import NO_LINE
from analytics.longitudinal.runs import list_places
from analytics.tables.results import BoolArray, IntArray

if TYPE_CHECKING:
    from analytics.endpoints.lesion_parents import LesionParents
    from analytics.endpoints.lesion_sizes import SizedReadings


def _find_first(sizes: SizedReadings, treated: IntArray, of_line: IntArray, parents: LesionParents) -> pl.DataFrame:
    """Return line and parent as one ``key``, in order, and the first ``visit`` of that line that says so."""
    place, parent = parents.find(sizes.lesion[treated])
    visit = sizes.visit[sizes.find_readings(treated[place])]
    said = pl.DataFrame({"key": of_line[visit] * parents.n_parents + parent, "visit": visit})
    return said.filter(pl.Series(of_line[visit] != NO_LINE)).group_by("key").agg(pl.col("visit").min()).sort("key")


def _list_rows(sizes: SizedReadings, is_chosen: BoolArray) -> tuple[IntArray, IntArray]:
    """Return the rows of the chosen readings, and the visit of each."""
    readings = np.flatnonzero(is_chosen)
    begin = sizes.starts[readings]
    lengths = np.append(sizes.starts, len(sizes.marks))[readings + 1] - begin
    return list_places(begin, lengths), np.repeat(sizes.visit[readings], lengths)


def forget_treated(sizes: SizedReadings, treated: IntArray, line: IntArray, parents: LesionParents) -> None:
    """Call not assessed, instead of gone, what is not seen after it was excised or irradiated in the line in force.

    A size that is still measured shows growth or nothing (marked ``SIZED`` and ``UNKNOWN``); to the next line it is a
    size like others. What is said of a piece, or of what a lesion merged into, is said of the whole lesion. To that
    line a lesion that left is no target, whatever another examination of that day that does not see it calls it.

    Parameters
    ----------
    treated
        The rows that say a lesion was excised or irradiated.
    line
        Of each visit; ``NO_LINE`` without one.
    parents
        The lesions that the names of merged and split ones stand for.
    """
    sizes.marks[treated] &= ~TARGET
    # a visit in no line stands for itself: there the lesion left for that day; readings of no visit take the last place
    alone = int(line.max(initial=0)) + 1 + np.arange(len(line))
    of_line = np.append(np.where(line == NO_LINE, alone, line), NO_LINE)
    first = _find_first(sizes, treated, of_line, parents)
    if first.is_empty():
        return
    keys, since = first["key"].to_numpy(), first["visit"].to_numpy()
    rows, visit = _list_rows(sizes, np.isin(of_line, keys // parents.n_parents)[sizes.visit])
    place, parent = parents.find(sizes.lesion[rows])
    key = of_line[visit[place]] * parents.n_parents + parent
    found = np.searchsorted(keys, key).clip(max=len(keys) - 1)
    # a merged lesion may stand here twice
    later = rows[place[(keys[found] == key) & (visit[place] >= since[found])]]
    is_seen = (sizes.marks[later] & SEEN) > 0
    sizes.marks[later] = np.where(is_seen, sizes.marks[later], sizes.marks[later] & ~(SIZED | TARGET)) | UNKNOWN
