"""What the lesions of each visit come to, by their role at the baseline of its line."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analytics.catalogue.size_criteria import SizeCriteria
from analytics.endpoints.lesion_rows import CALLED_NEW, NODE, SEEN, SIZED, TARGET, UNKNOWN
from analytics.endpoints.lesion_sizes import LesionSizes, SizedReadings
from analytics.endpoints.visits import NEVER, NO_LINE
from analytics.longitudinal.key_lookup import KeyedValues
from analytics.tables.results import BoolArray, IntArray

_NOT_OF_BASELINE, _OTHER, _TARGET = range(3)
"""Role of a lesion at the baseline of a line."""

_GONE, _PRESENT = np.uint8(64), np.uint8(128)
"""Marks beside those of `lesion_rows`: gone by the criteria; with a size above 0."""

_LEFT, _BACK, _OTHERS_LEFT, _NEW, _STRAY = (np.uint8(1 << place) for place in range(5))
"""Signs of a visit: a target that is not gone, one that is no node and has a size, a non-target, a new lesion, one
called target that the baseline does not have."""

_HALF = 32
"""Two counts share one integer, the second from this bit on: fewer than 2³¹ rows keep them apart."""


def _weigh(first: BoolArray, second: BoolArray) -> IntArray:
    return first.astype(np.int64) + (second.astype(np.int64) << _HALF)


def _split(counts: IntArray) -> tuple[IntArray, IntArray]:
    return counts & (2**_HALF - 1), counts >> _HALF


def count_called_targets(sizes: LesionSizes, is_asked: BoolArray) -> tuple[IntArray, IntArray, IntArray]:
    """Return of each visit how many lesions are called target, how many of these have no size, and their sum.

    Of visits that are not asked about they are 0.
    """
    every = np.arange(256, dtype=np.uint8)
    weights = _weigh((every & TARGET) > 0, (every & (TARGET | SIZED)) == TARGET)
    counts, tenths = np.zeros((2, sizes.n_visits + 1), dtype=np.int64)
    asked = sizes.select(is_asked)
    asked.add(weights.take(asked.marks.astype(np.int64)), counts)
    asked.add(np.multiply(asked.tenths, (asked.marks & TARGET) > 0), tenths)
    return *_split(counts[:-1]), tenths[:-1]


@dataclass(frozen=True, slots=True)
class Roles:
    """The lesions of the baselines: ``line``, ``lesion``, their ``role`` and whether each was seen and not normal."""

    line: IntArray
    lesion: NDArray[np.uint32]
    role: NDArray[np.uint8]
    is_disease: BoolArray
    n_lines: int

    def count_others(self) -> IntArray:
        """Return how many lesions of each line's baseline are no target."""
        return np.bincount(self.line[self.role == _OTHER], minlength=self.n_lines)

    def have_diseased_targets(self) -> BoolArray:
        """Return whether any target of each line's baseline was seen and not normal."""
        return self._have_diseased(_TARGET)

    def have_diseased_others(self) -> BoolArray:
        """Return whether any other lesion of each line's baseline was seen and not normal."""
        return self._have_diseased(_OTHER)

    def _have_diseased(self, role: int) -> BoolArray:
        return np.bincount(self.line[(self.role == role) & self.is_disease], minlength=self.n_lines) > 0

    def by_key(self, n_names: int) -> KeyedValues:
        """Return the roles by line and lesion, as ``_find_roles`` asks for them."""
        keys = (self.line - NO_LINE) * n_names + self.lesion
        return KeyedValues(keys, self.role, (self.n_lines - NO_LINE) * n_names, _NOT_OF_BASELINE)


def _find_roles(roles: KeyedValues, readings: SizedReadings, line: IntArray, n_names: int) -> NDArray[np.uint8]:
    """Return the role of each lesion row; ``line`` is that of the visits, or ``NO_LINE``, which stands last too."""
    asked = readings.repeat((line[readings.visit] - NO_LINE) * n_names)
    asked += readings.lesion
    return roles.find(asked)


def derive_roles(sizes: LesionSizes, baselines: pl.DataFrame, criteria: SizeCriteria) -> Roles:
    """Return the lesions of each line's baseline."""
    of_base = np.full(sizes.n_visits + 1, NO_LINE)
    known = baselines.with_row_index("line").filter(pl.col("base_visit").is_not_null())
    of_base[known["base_visit"].to_numpy()] = known["line"].to_numpy()
    base = sizes.select(of_base[: sizes.n_visits] != NO_LINE)
    line = base.repeat(of_base[base.visit])
    has_targets = baselines.select((pl.col("n_targets") > 0).fill_null(value=False)).to_series().to_numpy()
    is_target = ((base.marks & TARGET) > 0) & has_targets[line]
    role = np.where(is_target, np.uint8(_TARGET), np.uint8(_OTHER))
    is_disease = (_mark_sizes(base, criteria) & (SEEN | _GONE)) == SEEN
    return Roles(line, base.lesion, role, is_disease, baselines.height)


def _mark_sizes(sizes: SizedReadings, criteria: SizeCriteria) -> NDArray[np.uint8]:
    """Return the marks of each row with those of its size by the criteria."""
    is_node, is_sized = (sizes.marks & NODE) > 0, (sizes.marks & SIZED) > 0
    is_gone = (is_node & (sizes.tenths < criteria.normal_node_tenths)) | (~is_node & (sizes.tenths == 0))
    return sizes.marks | (is_gone & is_sized) * _GONE | (sizes.tenths > 0) * _PRESENT


def _list_signs() -> tuple[IntArray, NDArray[np.uint8]]:
    """Return what a row adds to the counts and which signs it is, by its role and marks."""
    role, marks = np.divmod(np.arange(3 * 256), 256)
    is_target, is_other = role == _TARGET, role == _OTHER
    # a size after a local treatment is no measure of response, but the lesion is seen
    is_sized, is_gone = ((marks & sign > 0) & (marks & UNKNOWN == 0) for sign in (SIZED, _GONE))
    is_unknown = (marks & (UNKNOWN | SEEN)) == UNKNOWN
    counts = _weigh(is_target & is_sized, is_other & is_gone)
    signs = (
        (is_target & is_sized & ~is_gone) * _LEFT
        | (is_target & ((marks & (_PRESENT | NODE)) == _PRESENT)) * _BACK
        | (is_other & ~is_gone & ~is_unknown) * _OTHERS_LEFT
        | ((role == _NOT_OF_BASELINE) & ((marks & CALLED_NEW) > 0) & ((marks & SEEN) > 0)) * _NEW
        | ((role == _NOT_OF_BASELINE) & ((marks & TARGET) > 0) & ((marks & SEEN) > 0)) * _STRAY
    )
    return counts, signs.astype(np.uint8)


@dataclass(frozen=True, slots=True)
class LesionSummaries:
    """What the lesions of each visit come to.

    Attributes
    ----------
    has_rows
        Whether it has lesions at all.
    sum, n_measured
        Of its targets.
    is_left, is_back
        Whether any target is.
    has_stray_target
        Whether a lesion is called target that the baseline of the line does not have.
    n_others_gone, is_other_left
        Of its other lesions.
    new_day
        Of its first new lesion; ``NEVER`` without one.
    """

    has_rows: BoolArray
    sum: IntArray
    n_measured: IntArray
    is_left: BoolArray
    is_back: BoolArray
    has_stray_target: BoolArray
    n_others_gone: IntArray
    is_other_left: BoolArray
    new_day: NDArray[np.int32]

    def select(self, visits: IntArray) -> LesionSummaries:
        """Return those of some of the visits."""
        return LesionSummaries(*(getattr(self, field.name)[visits] for field in fields(self)))


def summarise_lesions(
    sizes: LesionSizes, line: IntArray, roles: Roles, days: NDArray[np.int32], criteria: SizeCriteria
) -> LesionSummaries:
    """Reduce the lesions of each visit to what the response needs, by their role at the baseline of its ``line``.

    ``days`` are those of the scans. Visits before every line are summed too: leaving them out would cost more.
    """
    of_role, of_line = roles.by_key(sizes.n_names), np.append(line, NO_LINE)
    weights, signs = _list_signs()
    days = np.append(days, NEVER)
    # the last place is that of no visit
    tenths, counts = np.zeros((2, sizes.n_visits + 1), dtype=np.int64)
    of_visit = np.zeros(sizes.n_visits + 1, dtype=np.uint8)
    new_day = np.full(sizes.n_visits + 1, NEVER)
    for part in sizes.parts:
        role = _find_roles(of_role, part, of_line, sizes.n_names)
        code = np.left_shift(role, 8, dtype=np.int64)
        code |= _mark_sizes(part, criteria)
        part.add(weights.take(code), counts)
        part.add(np.multiply(part.tenths, role == _TARGET), tenths)
        of_reading = part.unite(signs.take(code))
        np.bitwise_or.at(of_visit, part.visit, of_reading)
        new = np.flatnonzero(of_reading & _NEW)
        np.minimum.at(new_day, part.visit[new], days[part.scan[new]])
    n_measured, n_others_gone = _split(counts[:-1])
    return LesionSummaries(
        sizes.have_rows(),
        tenths[:-1],
        n_measured,
        (of_visit[:-1] & _LEFT) > 0,
        (of_visit[:-1] & _BACK) > 0,
        (of_visit[:-1] & _STRAY) > 0,
        n_others_gone,
        (of_visit[:-1] & _OTHERS_LEFT) > 0,
        new_day[:-1],
    )
