"""Lesion rows as numbers: whose size each is, how large, and what it says of the lesion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analytics.catalogue.size_criteria import SizeCriteria
from analytics.coded_texts import few_texts
from analytics.tables.results import IntArray

NODE, SEEN, UNKNOWN, TARGET, CALLED_NEW, SIZED = (np.uint8(1 << place) for place in range(6))
"""Marks of a row, one bit each: a node, seen, not assessed, called target, called new, with a size.

Not assessed and with a size is one measured after a local treatment.
"""

_LEFT = np.uint8(1 << 6)
"""A mark while rows are read: left by a local treatment."""

WITHOUT_SIZE: tuple[str, ...] = ("not_assessed", "not_evaluable", "excised", "irradiated")
"""Not 0 but unknown: a lesion that left by a local treatment did not respond."""

LEFT_LOCALLY: tuple[str, ...] = ("excised", "irradiated")
"""Those of them that left by a knife or a beam."""


def _is(column: str, code: str) -> pl.Expr:
    return pl.col(column) == code


@dataclass(frozen=True, slots=True)
class LesionRows:
    """Lesion rows as numbers.

    Attributes
    ----------
    lesion
        The place of the lesion's name among ``names``.
    names
        The names, over all patients.
    tenths
        The size in whole tenths of a millimetre, 0 for a lesion without a size.
    marks
        What a row says, one bit each.
    left_locally
        The places of the rows that say a lesion was excised or irradiated.
    """

    lesion: NDArray[np.uint32]
    names: pl.Series
    tenths: NDArray[np.int32]
    marks: NDArray[np.uint8]
    left_locally: IntArray


def read_lesion_rows(lesions: pl.LazyFrame, criteria: SizeCriteria) -> LesionRows:
    """Return the rows as numbers.

    The size is that in the direction the ``criteria`` ask for. Not visible is 0 and too small to measure is a fixed
    size; not assessed, excised or irradiated is without.
    """
    size = pl.col("longest_mm")
    if criteria.uses_short_axis:
        size = pl.when(_is("nodal", "Y") & pl.col("short_mm").is_not_null()).then("short_mm").otherwise(size)
    is_plain, is_too_small = pl.col("measured").is_null() | _is("measured", "yes"), _is("measured", "too_small")
    has_size = pl.col("tenths").is_not_null()
    marks = {
        NODE: _is("nodal", "Y"),
        SEEN: is_plain | is_too_small,
        UNKNOWN: pl.col("measured").is_in(WITHOUT_SIZE),
        TARGET: _is("role", "target"),
        CALLED_NEW: _is("role", "new"),
        SIZED: (is_plain & has_size) | is_too_small | _is("measured", "not_visible"),
        _LEFT: pl.any_horizontal(_is("measured", code) for code in LEFT_LOCALLY),
    }
    rows = (
        lesions.with_columns(tenths=(size * 10).round().cast(pl.Int32))
        .select(
            "lesion_id",
            tenths=pl.when(has_size & marks[SEEN])
            .then("tenths")
            .otherwise(
                pl.when(is_too_small).then(pl.lit(criteria.too_small_tenths, pl.Int32)).otherwise(pl.lit(0, pl.Int32))
            ),
            # a choice of two numbers takes half the time of making a truth a number
            marks=pl.sum_horizontal(
                pl.when(holds).then(pl.lit(mark, pl.UInt8)).otherwise(pl.lit(0, pl.UInt8))
                for mark, holds in marks.items()
            ),
        )
        .collect(engine="streaming")
    )
    # the names are few and short: told apart by their hashes they cost a third of what categories do
    lesion, names = few_texts(rows["lesion_id"])
    noted = rows["marks"].to_numpy(writable=True)
    left = np.flatnonzero(noted & _LEFT)
    noted[left] &= ~_LEFT
    return LesionRows(lesion, names, rows["tenths"].to_numpy(), noted, left)
