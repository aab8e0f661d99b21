"""Lesion sizes in tenths of a millimetre, by visit and lesion; merged and split lesions resolved."""

from __future__ import annotations

import numpy as np
import polars as pl

from analytics.catalogue.size_criteria import SizeCriteria
from analytics.endpoints.lesion_readings import find_readings, find_scans_read
from analytics.endpoints.lesion_rows import CALLED_NEW, SEEN, SIZED, TARGET, UNKNOWN, mark_rows, read_lesion_rows
from analytics.tables.results import BoolArray, IntArray

NO_VISIT = -1
"""Visit of a reading that does not count."""


def _order_rows(
    rows: pl.DataFrame, starts: IntArray, chosen: IntArray, scan: IntArray, visit: IntArray
) -> pl.DataFrame:
    """Return the rows of the ``chosen`` readings with ``scan`` and ``visit``, in the order of visits."""
    # whole readings are put in order, instead of their many rows
    chosen = chosen[np.argsort(visit[chosen], kind="stable")]
    length = np.diff(starts, append=rows.height)[chosen]
    begun = np.cumsum(length) - length
    place = np.repeat(starts[chosen] - begun, length)
    place += np.arange(len(place))
    ordered = {name: rows[name].to_physical().to_numpy().take(place) for name in rows.columns}
    return pl.DataFrame({**ordered, "scan": np.repeat(scan[chosen], length), "visit": np.repeat(visit[chosen], length)})


def _forget_unseen(placed: pl.DataFrame, is_metabolic: BoolArray) -> pl.DataFrame:
    """Call not assessed, instead of gone, what took up no glucose: that says nothing of its size."""
    marks = placed["marks"].to_numpy()
    is_not_visible = (marks & (SIZED | SEEN)) == SIZED
    is_unseen = is_metabolic & is_not_visible
    return placed.with_columns(marks=pl.Series(np.where(is_unseen, marks & ~SIZED | UNKNOWN, marks)))


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


def _list_names(lesion: pl.Series) -> pl.Series:
    """Return the names of lesions by their codes."""
    codes = lesion.to_physical().to_numpy()
    row = np.zeros(1 + int(codes.max(initial=0)), dtype=np.int64)
    row[codes] = np.arange(len(codes))
    return lesion.gather(row[: len(codes)]).cast(pl.String)


def _find_apart(
    lesion: pl.Series, names: pl.Series, starts: IntArray, visit: IntArray, scans: pl.DataFrame
) -> BoolArray:
    """Return the readings of visits that have several scans, or merged or split lesions: these are few."""
    visit_of_scan = scans["visit"].to_numpy()
    # the last place is that of readings without a visit
    is_apart = np.zeros(2 + int(visit_of_scan.max(initial=NO_VISIT)), dtype=np.bool_)
    is_apart[visit_of_scan[1:][visit_of_scan[1:] == visit_of_scan[:-1]]] = True
    is_compound = names.str.contains_any(["+", "/"]).fill_null(value=False).to_numpy()
    if is_compound.any():
        rows = np.flatnonzero(is_compound[lesion.to_physical().to_numpy()])
        is_apart[visit[np.searchsorted(starts, rows, side="right") - 1]] = True
    is_apart[NO_VISIT] = False
    return is_apart[visit]


def _resolve(sizes: pl.DataFrame, scans: pl.DataFrame, names: pl.Series, kind: pl.DataType) -> pl.DataFrame:
    """Return the sizes of visits with one row a lesion: the largest, merged and split lesions resolved."""
    tenths = pl.when((pl.col("marks") & int(SIZED)) > 0).then("tenths")
    apart = sizes.select(
        "scan",
        "visit",
        "marks",
        tenths=tenths,
        lesion_id=pl.lit(names).gather(pl.col("lesion")),
        date=pl.lit(scans["date"]).gather(pl.col("scan")),
    )
    is_sized = pl.col("tenths").is_not_null().cast(pl.UInt8) * int(SIZED)
    return _resolve_parents(_select_largest(apart)).select(
        pl.col("lesion_id").cast(kind).to_physical().alias("lesion"),
        pl.col("tenths").fill_null(0),
        (pl.col("marks") & int(~SIZED) | is_sized).cast(pl.UInt8),
        "scan",
        "visit",
    )


def derive_lesion_sizes(lesions: pl.LazyFrame, scans: pl.DataFrame, criteria: SizeCriteria) -> pl.DataFrame:
    """Derive one row a visit and lesion: ``lesion``, ``tenths``, ``marks``, ``scan`` and ``visit``.

    ``lesion`` numbers the names of lesions (one number a name, over all patients); ``tenths`` is 0 where the
    lesion has no size; ``marks`` are those of `lesion_rows`; ``scan`` is the position among ``scans``, which
    are those of ``derive_visits``. The rows of one visit stand together.
    """
    rows = read_lesion_rows(lesions, criteria)
    starts, readings = find_readings(rows)
    scan = find_scans_read(readings, scans)
    # a reading that does not count has the last place, beside those of the scans
    visit = np.append(scans["visit"].to_numpy(), NO_VISIT)[scan]
    is_metabolic = np.append(scans["is_metabolic"].to_numpy(), False)[scan]
    marked = mark_rows(rows, criteria)
    if is_metabolic.any():
        marked = _forget_unseen(marked, np.repeat(is_metabolic, np.diff(starts, append=rows.height)))
    names = _list_names(marked["lesion"])
    is_apart = _find_apart(marked["lesion"], names, starts, visit, scans)
    plain = _order_rows(marked, starts, np.flatnonzero((visit != NO_VISIT) & ~is_apart), scan, visit)
    if not is_apart.any():
        return plain
    apart = _order_rows(marked, starts, np.flatnonzero(is_apart), scan, visit)
    return pl.concat([plain, _resolve(apart, scans, names, marked.schema["lesion"])], rechunk=True)
