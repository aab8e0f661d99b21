"""Lesion sizes in tenths of a millimetre, by visit and lesion; merged and split lesions resolved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analytics.catalogue.size_criteria import SizeCriteria
from analytics.endpoints.lesion_parents import list_parents
from analytics.endpoints.lesion_readings import find_readings, find_scans_read
from analytics.endpoints.lesion_rows import (
    CALLED_NEW,
    SEEN,
    SIZED,
    TARGET,
    UNKNOWN,
    LesionRows,
    read_lesion_rows,
)
from analytics.endpoints.local_treatment import forget_treated
from analytics.longitudinal.runs import list_places
from analytics.tables.results import BoolArray, IntArray

ROWS_AT_ONCE = 100_000
"""About how many rows are worked on at a time, so that they stay near the processor."""

NO_VISIT = -1
"""Visit of a reading that does not count."""


@dataclass(frozen=True, slots=True)
class SizedReadings:
    """The sizes of lesions in a stretch of rows, and the readings they stand in.

    Attributes
    ----------
    lesion, tenths, marks
        Of each row: the number of the lesion's name (one number a name, over all patients), its size, 0
        where it has none, and the marks of `lesion_rows`.
    starts, scan, visit
        Of each reading, in the order of the rows: where its rows begin, its position among the scans, and
        its visit; ``NO_VISIT`` where its rows do not count.
    """

    lesion: NDArray[np.uint32]
    tenths: NDArray[np.int32]
    marks: NDArray[np.uint8]
    starts: IntArray
    scan: IntArray
    visit: IntArray

    def repeat(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return the ``values`` of the readings for each of their rows."""
        return np.repeat(values, np.diff(self.starts, append=len(self.marks)))

    def add(self, values: NDArray[np.int32] | IntArray, sums: IntArray) -> None:
        """Add the rows' ``values`` to the ``sums`` of the visits; the last place is that of no visit."""
        np.add.at(sums, self.visit, np.add.reduceat(values, self.starts, dtype=np.int64))

    def unite(self, signs: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the bits set in any row of each reading."""
        return np.bitwise_or.reduceat(signs, self.starts)

    def find_readings(self, rows: IntArray) -> IntArray:
        """Return the reading of each of ``rows``."""
        return np.searchsorted(self.starts, rows, side="right") - 1

    def select(self, is_chosen: BoolArray) -> SizedReadings:
        """Return the chosen readings with their rows."""
        chosen = np.flatnonzero(is_chosen)
        begin = self.starts.take(chosen)
        lengths = np.append(self.starts, len(self.marks)).take(chosen + 1) - begin
        rows = list_places(begin, lengths)
        of_row = (self.lesion.take(rows), self.tenths.take(rows), self.marks.take(rows))
        return SizedReadings(*of_row, np.cumsum(lengths) - lengths, self.scan.take(chosen), self.visit.take(chosen))

    def list_rows(self) -> pl.DataFrame:
        """Return ``visit``, ``scan``, ``lesion``, ``tenths`` and ``marks`` of each row."""
        return pl.DataFrame(
            {
                "visit": self.repeat(self.visit),
                "scan": self.repeat(self.scan),
                "lesion": self.lesion,
                "tenths": self.tenths,
                "marks": self.marks,
            }
        )


_NOTHING = np.zeros(0, dtype=np.int64)
_NO_READINGS = SizedReadings(
    _NOTHING.astype(np.uint32), _NOTHING.astype(np.int32), _NOTHING.astype(np.uint8), _NOTHING, _NOTHING, _NOTHING
)


@dataclass(frozen=True, slots=True)
class LesionSizes:
    """The sizes of lesions: stretches of rows, how many names lesions have, and how many visits there are.

    What is noted of visits has one place more, the last, for readings that do not count (``NO_VISIT``).
    """

    parts: tuple[SizedReadings, ...]
    n_names: int
    n_visits: int

    def have_rows(self) -> BoolArray:
        """Return which visits have a row."""
        have = np.zeros(self.n_visits + 1, dtype=np.bool_)
        for part in self.parts:
            have[part.visit] = True
        return have[: self.n_visits]

    def select(self, is_chosen: BoolArray) -> SizedReadings:
        """Return the readings of the chosen visits with their rows."""
        is_chosen = np.append(is_chosen, False)
        chosen = [part.select(is_chosen[part.visit]) for part in self.parts]
        begun = np.cumsum([0, *(len(part.marks) for part in chosen)])
        return SizedReadings(
            np.concatenate([part.lesion for part in chosen]),
            np.concatenate([part.tenths for part in chosen]),
            np.concatenate([part.marks for part in chosen]),
            np.concatenate([part.starts + start for part, start in zip(chosen, begun, strict=False)]),
            np.concatenate([part.scan for part in chosen]),
            np.concatenate([part.visit for part in chosen]),
        )


def _forget_unseen(sizes: SizedReadings, is_metabolic: BoolArray) -> None:
    """Call not assessed, instead of gone, what took up no glucose: that says nothing of its size."""
    is_not_visible = (sizes.marks & (SIZED | SEEN)) == SIZED
    unseen = np.flatnonzero(sizes.repeat(is_metabolic) & is_not_visible)
    sizes.marks[unseen] = sizes.marks[unseen] & ~SIZED | UNKNOWN


def _select_largest(sizes: pl.DataFrame) -> pl.DataFrame:
    """Keep the largest of several measurements of one lesion at one visit."""
    flags = ((pl.col("marks") & int(mark)) > 0 for mark in (SEEN, UNKNOWN, TARGET, CALLED_NEW))
    return sizes.sort(
        "visit", "lesion_id", "tenths", "date", *flags,
        descending=[False, False, True, False, True, False, False, False], nulls_last=True,
    ).unique(["visit", "lesion_id"], keep="first", maintain_order=True)  # fmt: skip


def _resolve_parents(sizes: pl.DataFrame) -> pl.DataFrame:
    """Give merged lesions («T01+T02») to their first parent, the others then count 0; add up pieces («T01/2»)."""
    is_compound = sizes["lesion_id"].str.contains_any(["+", "/"])
    plain, compound = sizes.filter(~is_compound), sizes.filter(is_compound).sort("visit", "lesion_id")
    parents = (
        compound.with_columns(parent=pl.col("lesion_id").str.split("+"))
        .explode("parent")
        .with_columns(
            pl.col("parent").str.split("/").list.first().alias("lesion_id"),
            pl.col("parent") == pl.col("lesion_id").str.split("+").list.first(),
        )
        .with_columns(
            tenths=pl.when(pl.col("parent") | pl.col("tenths").is_null())
            .then("tenths")
            .otherwise(pl.lit(0, dtype=pl.Int32))
        )
        .drop("parent")
    )
    return (
        pl.concat([plain, parents])
        .group_by("visit", "lesion_id", maintain_order=True)
        .agg(
            # one piece without a size leaves the whole without one; what is known of it may still show a growth
            pl.when(pl.col("tenths").is_not_null().any()).then(pl.col("tenths").sum()).alias("tenths"),
            (pl.col("tenths").null_count() == 0).alias("is_whole"),
            pl.col("date", "scan").first(),
            # what one piece says of the whole does not depend on its number
            pl.col("marks").bitwise_or(),
        )
        .sort("visit")
    )


def _find_apart(sizes: LesionSizes, names: pl.Series, scans: pl.DataFrame) -> BoolArray:
    """Return the visits that have several scans, or merged or split lesions: these are few."""
    visit_of_scan = scans["visit"].to_numpy()
    is_apart = np.zeros(sizes.n_visits + 1, dtype=np.bool_)
    is_apart[visit_of_scan[1:][visit_of_scan[1:] == visit_of_scan[:-1]]] = True
    is_compound = names.str.contains_any(["+", "/"]).fill_null(value=False).to_numpy()
    if is_compound.any():
        for part in sizes.parts:
            is_apart[part.visit[part.find_readings(np.flatnonzero(is_compound.take(part.lesion.astype(np.int64))))]] = (
                True
            )
    return is_apart[: sizes.n_visits]


def _resolve(rows: pl.DataFrame, scans: pl.DataFrame) -> pl.DataFrame:
    """Return the sizes of visits with one row a lesion: the largest, merged and split lesions resolved."""
    tenths = pl.when((pl.col("marks") & int(SIZED)) > 0).then("tenths")
    dated = rows.with_columns(tenths=tenths, date=pl.lit(scans["date"]).gather(pl.col("scan")))
    is_sized = (pl.col("is_whole") & pl.col("tenths").is_not_null()).cast(pl.UInt8) * int(SIZED)
    return _resolve_parents(_select_largest(dated)).with_columns(
        pl.col("tenths").fill_null(0), (pl.col("marks") & int(~SIZED) | is_sized).cast(pl.UInt8)
    )


def _part(sizes: SizedReadings) -> Iterator[SizedReadings]:
    """Yield the readings in stretches of ``ROWS_AT_ONCE`` rows, a little more or less."""
    n_rows, n_readings = len(sizes.marks), len(sizes.starts)
    cuts = np.unique(np.searchsorted(sizes.starts, np.arange(0, n_rows, ROWS_AT_ONCE)))
    for first, end in pairwise([*cuts.tolist(), n_readings]):
        begin, stop = np.append(sizes.starts, n_rows)[[first, end]]
        rows, own = slice(begin, stop), slice(first, end)
        of_row = (sizes.lesion[rows], sizes.tenths[rows], sizes.marks[rows])
        yield SizedReadings(*of_row, sizes.starts[own] - begin, sizes.scan[own], sizes.visit[own])


def _read_sizes(rows: LesionRows, lesions: pl.LazyFrame, scans: pl.DataFrame, line: IntArray) -> SizedReadings:
    """Return the sizes as they are noted, of lesions that left locally none."""
    starts, readings = find_readings(lesions)
    scan = find_scans_read(readings, scans)
    # a reading that does not count has the last place, beside those of the scans
    visit = np.append(scans["visit"].to_numpy(), NO_VISIT)[scan]
    is_metabolic = np.append(scans["is_metabolic"].to_numpy(), False)[scan]
    sizes = SizedReadings(rows.lesion, rows.tenths, rows.marks, starts, scan, visit)
    if is_metabolic.any():
        _forget_unseen(sizes, is_metabolic)
    if len(rows.left_locally):
        forget_treated(sizes, rows.left_locally, line, list_parents(rows.names))
    return sizes


def _number_names(lesion_id: pl.Series, names: pl.Series) -> tuple[NDArray[np.uint32], pl.Series]:
    """Return the place of each lesion's name among ``names``, and these with those that are new to them."""
    known = pl.concat([names, lesion_id]).unique(maintain_order=True)
    places = pl.DataFrame({"lesion_id": known, "place": np.arange(len(known), dtype=np.uint32)})
    found = lesion_id.to_frame("lesion_id").join(places, on="lesion_id", how="left", maintain_order="left")
    return found["place"].to_numpy(), known


def _replace(sizes: LesionSizes, is_apart: BoolArray, scans: pl.DataFrame, names: pl.Series) -> LesionSizes:
    """Return the sizes with one row a lesion at the visits apart, each a reading of its own."""
    rows = sizes.select(is_apart).list_rows()
    named = rows.with_columns(lesion_id=names.gather(rows["lesion"])).drop("lesion")
    resolved = _resolve(named, scans)
    lesion, known = _number_names(resolved["lesion_id"], names)
    added = SizedReadings(
        lesion,
        resolved["tenths"].to_numpy(),
        resolved["marks"].to_numpy(),
        np.arange(resolved.height),
        resolved["scan"].to_numpy(),
        resolved["visit"].to_numpy(),
    )
    is_apart = np.append(is_apart, False)
    kept = (replace(part, visit=np.where(is_apart[part.visit], NO_VISIT, part.visit)) for part in sizes.parts)
    return LesionSizes((*kept, added), len(known), sizes.n_visits)


def derive_lesion_sizes(
    lesions: pl.LazyFrame, scans: pl.DataFrame, criteria: SizeCriteria, line: IntArray
) -> LesionSizes:
    """Derive the size of each lesion at each visit, one row a visit and lesion.

    ``scans`` as ``derive_visits`` does; ``line`` is the one in force at each visit.
    """
    rows = read_lesion_rows(lesions, criteria)
    parts = tuple(_part(_read_sizes(rows, lesions, scans, line))) or (_NO_READINGS,)
    n_visits = 1 + int(scans["visit"].to_numpy().max(initial=NO_VISIT))
    sizes = LesionSizes(parts, len(rows.names), n_visits)
    is_apart = _find_apart(sizes, rows.names, scans)
    return _replace(sizes, is_apart, scans, rows.names) if is_apart.any() else sizes
