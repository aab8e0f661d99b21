"""Lesion rows as numbers: which scan and reader each belongs to, its size and what it says of the lesion."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analytics.catalogue.size_criteria import SizeCriteria
from analytics.tables.results import BoolArray

NODE, SEEN, UNKNOWN, TARGET, CALLED_NEW, SIZED = (np.uint8(1 << place) for place in range(6))
"""Marks of a row, one bit each: a node, seen, not assessed, called target, called new, with a size."""

WITHOUT_SIZE: tuple[str, ...] = ("not_assessed", "not_evaluable", "excised", "irradiated")
"""Not 0 but unknown: a lesion that left by a local treatment did not respond."""

NO_TENTHS = -(2**31)
"""Stands for no size."""


def _mark(truth: BoolArray, mark: np.uint8) -> NDArray[np.uint8]:
    return truth.view(np.uint8) * mark


def _is(column: str, code: str) -> pl.Expr:
    return (pl.col(column) == code).fill_null(value=False)


def read_lesion_rows(lesions: pl.LazyFrame, criteria: SizeCriteria) -> pl.DataFrame:
    """Return ``pid``, ``imaging_id``, ``reader``, ``lesion`` (a category), ``tenths`` and truths of each row.

    ``tenths`` is the size in the direction the ``criteria`` ask for, in whole tenths of a millimetre, or ``NO_TENTHS``.
    """
    longest, short = pl.col("longest_mm"), pl.coalesce("short_mm", "longest_mm")
    size = pl.when(_is("nodal", "Y")).then(short).otherwise(longest) if criteria.uses_short_axis else longest
    return lesions.select(
        "pid",
        "imaging_id",
        "reader",
        # a category of this table alone, so that its codes stay small
        lesion=pl.col("lesion_id").cast(pl.Categorical(pl.Categories.random())),
        tenths=(size * 10).round().cast(pl.Int32).fill_null(NO_TENTHS),
        is_plain=pl.col("measured").is_null() | _is("measured", "yes"),
        is_too_small=_is("measured", "too_small"),
        is_not_visible=_is("measured", "not_visible"),
        is_unknown=pl.col("measured").is_in(WITHOUT_SIZE).fill_null(value=False),
        is_node=_is("nodal", "Y"),
        is_target=_is("role", "target"),
        is_called_new=_is("role", "new"),
    ).collect(engine="streaming")


def mark_rows(rows: pl.DataFrame, criteria: SizeCriteria) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
    """Return ``tenths`` and ``marks`` of the rows that ``read_lesion_rows`` gives.

    ``tenths`` is 0 for a lesion without a size. Not visible is 0 and too small to measure is a fixed size; not
    assessed, excised or irradiated is without.
    """
    plain, too_small, not_visible = (rows[name].to_numpy() for name in ("is_plain", "is_too_small", "is_not_visible"))
    tenths = rows["tenths"].to_numpy()
    is_measured = tenths != NO_TENTHS
    tenths = np.multiply(tenths, (plain | too_small) & is_measured)
    tenths[np.flatnonzero(too_small & ~is_measured)] = criteria.too_small_tenths
    marks = (
        _mark(rows["is_node"].to_numpy(), NODE)
        | _mark(plain | too_small, SEEN)
        | _mark(rows["is_unknown"].to_numpy(), UNKNOWN)
        | _mark(rows["is_target"].to_numpy(), TARGET)
        | _mark(rows["is_called_new"].to_numpy(), CALLED_NEW)
        | _mark(plain & is_measured | too_small | not_visible, SIZED)
    )
    return tenths, marks
