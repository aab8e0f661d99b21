"""What the lesions of each visit come to, by their role at the baseline of its line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analytics.catalogue.size_criteria import SizeCriteria
from analytics.endpoints.key_lookup import find_values
from analytics.endpoints.lesion_rows import CALLED_NEW, NODE, SEEN, SIZED, TARGET, UNKNOWN
from analytics.endpoints.lesion_sizes import LesionSizes
from analytics.endpoints.visits import NEVER, NO_LINE
from analytics.tables.results import BoolArray, IntArray

_NOT_OF_BASELINE, _OTHER, _TARGET = range(3)
"""Role of a lesion at the baseline of a line."""

_GONE, _PRESENT = np.uint8(64), np.uint8(128)
"""Marks beside those of `lesion_rows`: gone by the criteria; with a size above 0."""

_LEFT, _BACK, _OTHERS_LEFT, _NEW = (np.uint8(1 << place) for place in range(4))
"""Signs of a visit: a target that is not gone, one that is no node and has a size, a non-target, a new lesion."""

_HALF = 32
"""Two counts share one integer, the second from this bit on: fewer than 2³¹ rows keep them apart."""


def _weigh(first: BoolArray, second: BoolArray) -> IntArray:
    return first.astype(np.int64) + (second.astype(np.int64) << _HALF)


def _split(counts: IntArray) -> tuple[IntArray, IntArray]:
    return counts & (2**_HALF - 1), counts >> _HALF


def count_called_targets(sizes: LesionSizes, n_visits: int) -> tuple[IntArray, IntArray, IntArray]:
    """Return of each visit how many lesions are called target, how many of these have no size, and their sum."""
    every = np.arange(256, dtype=np.uint8)
    weights = _weigh((every & TARGET) > 0, (every & (TARGET | SIZED)) == TARGET)
    n_targets, n_unsized = _split(sizes.add(weights.take(sizes.marks), n_visits))
    return n_targets, n_unsized, sizes.add(np.multiply(sizes.tenths, (sizes.marks & TARGET) > 0), n_visits)


@dataclass(frozen=True, slots=True)
class Roles:
    """The lesions of the baselines: ``line``, ``lesion`` and their ``role``, over ``n_lines`` lines."""

    line: IntArray
    lesion: NDArray[np.uint32]
    role: NDArray[np.uint8]
    n_lines: int

    def count_others(self) -> IntArray:
        """Return how many lesions of each line's baseline are no target."""
        return np.bincount(self.line[self.role == _OTHER], minlength=self.n_lines)

    def find(self, sizes: LesionSizes, line: IntArray) -> NDArray[np.uint8]:
        """Return the role of each lesion row; ``line`` is that of the visits, or ``NO_LINE``."""
        n_names = 1 + max(int(self.lesion.max(initial=0)), int(sizes.lesion.max(initial=0)))
        asked = sizes.repeat((np.append(line, NO_LINE)[sizes.visit] - NO_LINE) * n_names)
        asked += sizes.lesion
        return find_values((self.line - NO_LINE) * n_names + self.lesion, self.role, asked, _NOT_OF_BASELINE)


def derive_roles(sizes: LesionSizes, baselines: pl.DataFrame, n_visits: int) -> Roles:
    """Return the lesions of each line's baseline."""
    of_base = np.full(n_visits + 1, NO_LINE)
    known = baselines.with_row_index("line").filter(pl.col("base_visit").is_not_null())
    of_base[known["base_visit"].to_numpy()] = known["line"].to_numpy()
    line = of_base[sizes.visit]
    base = sizes.select(line != NO_LINE)
    line = base.repeat(line[line != NO_LINE])
    has_targets = baselines.select((pl.col("n_targets") > 0).fill_null(value=False)).to_series().to_numpy()
    is_target = ((base.marks & TARGET) > 0) & has_targets[line]
    role = np.where(is_target, np.uint8(_TARGET), np.uint8(_OTHER))
    return Roles(line, base.lesion, role, baselines.height)


def _mark_sizes(sizes: LesionSizes, criteria: SizeCriteria) -> NDArray[np.uint8]:
    """Return the marks of each row with those of its size by the criteria."""
    is_node, is_sized = (sizes.marks & NODE) > 0, (sizes.marks & SIZED) > 0
    is_gone = (is_node & (sizes.tenths < criteria.normal_node_tenths)) | (~is_node & (sizes.tenths == 0))
    return sizes.marks | (is_gone & is_sized) * _GONE | ((sizes.tenths > 0) & is_sized) * _PRESENT


def _list_signs() -> tuple[IntArray, NDArray[np.uint8]]:
    """Return what a row adds to the counts and which signs it is, by its role and marks."""
    role, marks = np.divmod(np.arange(3 * 256), 256)
    is_target, is_other = role == _TARGET, role == _OTHER
    is_sized, is_gone = (marks & SIZED) > 0, (marks & _GONE) > 0
    counts = _weigh(is_target & is_sized, is_other & is_gone)
    signs = (
        (is_target & is_sized & ~is_gone) * _LEFT
        | (is_target & ((marks & (_PRESENT | NODE)) == _PRESENT)) * _BACK
        | (is_other & ~is_gone & ((marks & UNKNOWN) == 0)) * _OTHERS_LEFT
        | ((role == _NOT_OF_BASELINE) & ((marks & CALLED_NEW) > 0) & ((marks & SEEN) > 0)) * _NEW
    )
    return counts, signs.astype(np.uint8)


def summarise_lesions(
    sizes: LesionSizes, line: IntArray, roles: Roles, days: NDArray[np.int32], criteria: SizeCriteria
) -> pl.DataFrame:
    """Reduce the lesions of each visit to what the response needs, by their role at the baseline of its ``line``.

    ``days`` are those of the scans. Visits before every line are summed too: leaving them out would cost more.

    Returns
    -------
    pl.DataFrame
        One row a visit: ``has_rows``, ``sum`` and ``n_measured`` of its targets, ``is_left`` and ``is_back``
        (whether a target is), ``n_others_gone``, ``is_other_left`` and ``new_day`` (``NEVER`` without a new lesion).
    """
    n_visits = len(line)
    role = roles.find(sizes, line)
    code = np.left_shift(role, 8, dtype=np.int64)
    code |= _mark_sizes(sizes, criteria)
    weights, signs = _list_signs()
    n_measured, n_others_gone = _split(sizes.add(weights.take(code), n_visits))
    of_row = signs.take(code)
    of_visit = sizes.unite(of_row, n_visits)
    new = sizes.find_readings(np.flatnonzero(of_row & _NEW))
    new_day = np.full(n_visits + 1, NEVER, dtype=np.int32)
    np.minimum.at(new_day, sizes.visit[new], np.append(days, NEVER)[sizes.scan[new]])
    return pl.DataFrame(
        {
            "has_rows": sizes.have_rows(n_visits),
            "sum": sizes.add(np.multiply(sizes.tenths, role == _TARGET), n_visits),
            "n_measured": n_measured,
            "is_left": (of_visit & _LEFT) > 0,
            "is_back": (of_visit & _BACK) > 0,
            "n_others_gone": n_others_gone,
            "is_other_left": (of_visit & _OTHERS_LEFT) > 0,
            "new_day": new_day[:n_visits],
        }
    )
