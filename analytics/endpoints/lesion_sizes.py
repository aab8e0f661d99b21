"""Lesion sizes in tenths of a millimetre, by visit and lesion; merged and split lesions resolved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analytics.catalogue.size_criteria import SizeCriteria
from analytics.endpoints.lesion_readings import find_readings, find_scans_read
from analytics.endpoints.lesion_rows import CALLED_NEW, SEEN, SIZED, TARGET, UNKNOWN, mark_rows, read_lesion_rows
from analytics.tables.results import BoolArray, IntArray

NO_VISIT = -1
"""Visit of a reading that does not count."""


@dataclass(frozen=True, slots=True)
class LesionSizes:
    """The sizes of lesions, and the readings they stand in.

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

    def add(self, values: NDArray[np.int32] | IntArray, n_visits: int) -> IntArray:
        """Return the sum of the rows' ``values`` over every visit; 0 without a row."""
        sums = np.zeros(n_visits + 1, dtype=np.int64)
        np.add.at(sums, self.visit, np.add.reduceat(values, self.starts, dtype=np.int64))
        return sums[:n_visits]

    def unite(self, signs: NDArray[np.uint8], n_visits: int) -> NDArray[np.uint8]:
        """Return the bits set in any row of every visit."""
        united = np.zeros(n_visits + 1, dtype=np.uint8)
        np.bitwise_or.at(united, self.visit, np.bitwise_or.reduceat(signs, self.starts))
        return united[:n_visits]

    def have_rows(self, n_visits: int) -> BoolArray:
        """Return which visits have a row."""
        have = np.zeros(n_visits + 1, dtype=np.bool_)
        have[self.visit] = True
        return have[:n_visits]

    def find_readings(self, rows: IntArray) -> IntArray:
        """Return the reading of each of ``rows``."""
        return np.searchsorted(self.starts, rows, side="right") - 1

    def select(self, is_chosen: BoolArray) -> LesionSizes:
        """Return the chosen readings with their rows."""
        rows = np.flatnonzero(self.repeat(is_chosen))
        lengths = np.diff(self.starts, append=len(self.marks))[is_chosen]
        starts = np.cumsum(lengths) - lengths
        of_row = (self.lesion[rows], self.tenths[rows], self.marks[rows])
        return LesionSizes(*of_row, starts, self.scan[is_chosen], self.visit[is_chosen])

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


def _forget_unseen(sizes: LesionSizes, is_metabolic: BoolArray) -> None:
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
        .with_columns(tenths=pl.when("parent").then("tenths").otherwise(pl.lit(0, dtype=pl.Int32)))
        .drop("parent")
    )
    return (
        pl.concat([plain, parents])
        .group_by("visit", "lesion_id", maintain_order=True)
        .agg(
            # one piece without a size leaves the whole without one
            pl.when(pl.col("tenths").null_count() == 0).then(pl.col("tenths").sum()).alias("tenths"),
            pl.col("date", "scan", "marks").first(),
        )
        .sort("visit")
    )


def _list_names(lesion: pl.Series, codes: NDArray[np.uint32]) -> pl.Series:
    """Return the names of lesions by their codes."""
    row = np.zeros(1 + int(codes.max(initial=0)), dtype=np.int32)
    row[codes] = np.arange(len(codes), dtype=np.int32)
    return lesion.gather(row[: len(codes)]).cast(pl.String)


def _find_apart(sizes: LesionSizes, names: pl.Series, scans: pl.DataFrame) -> BoolArray:
    """Return the readings of visits that have several scans, or merged or split lesions: these are few."""
    visit_of_scan = scans["visit"].to_numpy()
    # the last place is that of readings without a visit
    is_apart = np.zeros(2 + int(visit_of_scan.max(initial=NO_VISIT)), dtype=np.bool_)
    is_apart[visit_of_scan[1:][visit_of_scan[1:] == visit_of_scan[:-1]]] = True
    is_compound = names.str.contains_any(["+", "/"]).fill_null(value=False).to_numpy()
    if is_compound.any():
        is_apart[sizes.visit[sizes.find_readings(np.flatnonzero(is_compound[sizes.lesion]))]] = True
    is_apart[NO_VISIT] = False
    return is_apart[sizes.visit]


def _resolve(rows: pl.DataFrame, scans: pl.DataFrame) -> pl.DataFrame:
    """Return the sizes of visits with one row a lesion: the largest, merged and split lesions resolved."""
    tenths = pl.when((pl.col("marks") & int(SIZED)) > 0).then("tenths")
    dated = rows.with_columns(tenths=tenths, date=pl.lit(scans["date"]).gather(pl.col("scan")))
    is_sized = pl.col("tenths").is_not_null().cast(pl.UInt8) * int(SIZED)
    return _resolve_parents(_select_largest(dated)).with_columns(
        pl.col("tenths").fill_null(0), (pl.col("marks") & int(~SIZED) | is_sized).cast(pl.UInt8)
    )


def _replace(sizes: LesionSizes, is_apart: BoolArray, resolved: pl.DataFrame, names: pl.DataType) -> LesionSizes:
    """Return the sizes with the rows ``resolved`` instead of those of the readings apart, each a reading of its own."""
    lesion = resolved["lesion_id"].cast(names).to_physical()
    return LesionSizes(
        np.append(sizes.lesion, lesion.to_numpy()),
        np.append(sizes.tenths, resolved["tenths"].to_numpy()),
        np.append(sizes.marks, resolved["marks"].to_numpy()),
        np.append(sizes.starts, len(sizes.marks) + np.arange(resolved.height)),
        np.append(sizes.scan, resolved["scan"].to_numpy()),
        np.append(np.where(is_apart, NO_VISIT, sizes.visit), resolved["visit"].to_numpy()),
    )


def derive_lesion_sizes(lesions: pl.LazyFrame, scans: pl.DataFrame, criteria: SizeCriteria) -> LesionSizes:
    """Derive the size of each lesion at each visit, one row a visit and lesion; ``scans`` as ``derive_visits`` does."""
    rows = read_lesion_rows(lesions, criteria)
    starts, readings = find_readings(rows)
    scan = find_scans_read(readings, scans)
    # a reading that does not count has the last place, beside those of the scans
    visit = np.append(scans["visit"].to_numpy(), NO_VISIT)[scan]
    is_metabolic = np.append(scans["is_metabolic"].to_numpy(), False)[scan]
    sizes = LesionSizes(rows["lesion"].to_physical().to_numpy(), *mark_rows(rows, criteria), starts, scan, visit)
    if is_metabolic.any():
        _forget_unseen(sizes, is_metabolic)
    names = _list_names(rows["lesion"], sizes.lesion)
    is_apart = _find_apart(sizes, names, scans)
    if not is_apart.any():
        return sizes
    apart = sizes.select(is_apart).list_rows()
    resolved = _resolve(apart.with_columns(lesion_id=pl.lit(names).gather("lesion")).drop("lesion"), scans)
    return _replace(sizes, is_apart, resolved, rows.schema["lesion"])
