"""Where the rows of each bucket stand together in a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from analytics.intake.stretch import PIECE_ROWS
from analytics.tables.results import BoolArray, IntArray

NOWHERE = -1


@dataclass(frozen=True, slots=True, eq=False)
class Spans:
    """The spans of a stretch.

    Attributes
    ----------
    buckets
        The bucket of each run of rows; `NOWHERE` for runs of unknown patients.
    of_buckets
        A bucket, its first run and the one after its last, where most rows between these are of the bucket.
    is_apart
        Runs that are in no span of their bucket.
    """

    buckets: IntArray
    of_buckets: tuple[tuple[int, int, int], ...]
    is_apart: BoolArray


def find_spans(pids: pl.Series, lengths: IntArray, bucket_patients: int | None) -> Spans | None:
    """Return the spans of the buckets; None if so many rows stand apart that nothing is gained.

    Parameters
    ----------
    pids, lengths
        The number of each run's patient, and how many rows it has.
    bucket_patients
        Patient numbers a bucket; None if all rows are of one.
    """
    if bucket_patients is None:
        none = np.zeros(len(lengths), dtype=np.int64)
        return Spans(none, ((0, 0, len(lengths)),), none > 0)
    buckets = (pids.cast(pl.Int64) // bucket_patients).fill_null(NOWHERE).to_numpy()
    of_buckets = tuple(_dense_spans(buckets, lengths))
    is_apart = ~np.isin(buckets, [bucket for bucket, _, _ in of_buckets])
    n_apart = lengths[is_apart].sum()
    if n_apart > PIECE_ROWS or 2 * n_apart > lengths.sum():
        return None
    return Spans(buckets, of_buckets, is_apart)


def _dense_spans(buckets: IntArray, lengths: IntArray) -> Iterator[tuple[int, int, int]]:
    ends = np.cumsum(lengths)
    runs = pl.DataFrame({"bucket": buckets, "length": lengths, "end": ends}).with_row_index("run")
    spans = (
        runs.filter(pl.col("bucket") != NOWHERE)
        .group_by("bucket", maintain_order=True)
        .agg(
            first=pl.col("run").min(),
            end=pl.col("run").max() + 1,
            own=pl.col("length").sum(),
            rows=pl.col("end").max() - (pl.col("end") - pl.col("length")).min(),
        )
    )
    yield from spans.filter(2 * pl.col("own") >= pl.col("rows")).select("bucket", "first", "end").iter_rows()
