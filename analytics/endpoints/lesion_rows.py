"""Lesion rows as numbers: which scan and reader each belongs to, its size and what it says of the lesion."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analytics.catalogue.size_criteria import SizeCriteria

NODE, SEEN, UNKNOWN, TARGET, CALLED_NEW, SIZED = (np.uint8(1 << place) for place in range(6))
"""Marks of a row, one bit each: a node, seen, not assessed, called target, called new, with a size."""

WITHOUT_SIZE: tuple[str, ...] = ("not_assessed", "not_evaluable", "excised", "irradiated")
"""Not 0 but unknown: a lesion that left by a local treatment did not respond."""

LEFT_LOCALLY: tuple[str, ...] = ("excised", "irradiated")
"""Those of them that left by a knife or a beam."""

NO_TENTHS = -(2**31)
"""Stands for no size."""


def _is(column: str, code: str) -> pl.Expr:
    return (pl.col(column) == code).fill_null(value=False)


def read_lesion_rows(lesions: pl.LazyFrame, criteria: SizeCriteria, names: pl.Categories) -> pl.DataFrame:
    """Return ``lesion`` (one of ``names``), ``tenths`` and truths of each row.

    ``tenths`` is the size in the direction the ``criteria`` ask for, in whole tenths of a millimetre, or ``NO_TENTHS``.
    """
    size = pl.col("longest_mm")
    if criteria.uses_short_axis:
        size = pl.when(_is("nodal", "Y") & pl.col("short_mm").is_not_null()).then("short_mm").otherwise(size)
    return lesions.select(
        lesion=pl.col("lesion_id").cast(pl.Categorical(names)),
        tenths=(size * 10).round().fill_null(NO_TENTHS).cast(pl.Int32),
        is_plain=pl.col("measured").is_null() | _is("measured", "yes"),
        is_too_small=_is("measured", "too_small"),
        is_not_visible=_is("measured", "not_visible"),
        is_unknown=pl.col("measured").is_in(WITHOUT_SIZE).fill_null(value=False),
        left_locally=pl.col("measured").is_in(LEFT_LOCALLY).fill_null(value=False),
        is_node=_is("nodal", "Y"),
        is_target=_is("role", "target"),
        is_called_new=_is("role", "new"),
    ).collect(engine="streaming")


def mark_rows(rows: pl.DataFrame, criteria: SizeCriteria) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
    """Return ``tenths`` and ``marks`` of the rows that ``read_lesion_rows`` gives.

    ``tenths`` is 0 for a lesion without a size. Not visible is 0 and too small to measure is a fixed size; not
    assessed, excised or irradiated is without.
    """
    tenths = rows["tenths"].to_numpy(writable=True)
    is_plain, is_too_small = rows["is_plain"], rows["is_too_small"]
    unmeasured = np.flatnonzero(tenths == NO_TENTHS)
    tenths[unmeasured] = is_too_small.to_numpy()[unmeasured] * criteria.too_small_tenths
    is_seen = (is_plain | is_too_small).to_numpy()
    tenths[np.flatnonzero(~is_seen)] = 0
    marks = is_seen.view(np.uint8) * SEEN
    for is_marked, mark in (
        (is_plain | is_too_small | rows["is_not_visible"], SIZED),
        (rows["is_unknown"], UNKNOWN),
        (rows["is_node"], NODE),
        (rows["is_target"], TARGET),
        (rows["is_called_new"], CALLED_NEW),
    ):
        marks |= is_marked.to_numpy().view(np.uint8) * mark
    marks[unmeasured[is_plain.to_numpy()[unmeasured]]] &= ~SIZED
    return tenths, marks
