"""The text rows of a delivery, sorted into buckets of whole patients; in files where they are many."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import numpy as np
import polars as pl
from polars.exceptions import PolarsError

from analytics.errors import StoreError
from analytics.intake.filed import Excerpt, Filed, OwnFile
from analytics.intake.register import Register, ids_of
from analytics.intake.spans import find_spans
from analytics.intake.stretch import Piece, Stretch
from analytics.intake.text_table import NO_RAGGED, PID, ROW, TextTable, join_pieces

BUCKET_PATIENTS = 11_000
"""So many patients are worked on at a time: their rows fit in memory, also when each has some hundreds."""

STRAY_BUCKETS = 16
"""Rows of unknown patients go to so many buckets at most: each piece has a few, and each share of it is a file."""

STRAY_SEED = 1


class Shelf:
    """Where the rows wait, one bucket a range of patient numbers.

    Every computation is within one patient, so that buckets can be worked on one after the other, or at once.
    Rows of ids that are on no patients sheet are spread over a power of two of them: one more bucket moves none.

    Parameters
    ----------
    folder
        Where rows wait when there is more than one bucket; it need not exist.
    register
        Who is on the patients sheet.
    bucket_patients
        Patient numbers a bucket.
    n_numbers
        Numbers in use now or in the version before, whichever is more.
    """

    def __init__(self, folder: Path, register: Register, bucket_patients: int, n_numbers: int) -> None:
        self.register = register
        self.bucket_patients = bucket_patients
        self.n_buckets = max(1, -(-n_numbers // bucket_patients))
        self._folder = folder
        self._buckets: list[list[Filed]] = [[] for _ in range(self.n_buckets)]
        self._order: dict[object, int] = {}
        self._numbers = count()

    def put(self, piece: Piece) -> None:
        """Sort the rows of a piece into their buckets."""
        if isinstance(piece, Stretch):
            self._put_stretch(piece)
            return
        entered = replace(self.register.enter(piece), ragged=NO_RAGGED, errors=(), merged=(), unread=(), notes=0)
        self._order.setdefault(entered.origin, len(self._order))
        if self.n_buckets == 1:
            self._buckets[0].append(Filed(entered, None))
            return
        shell = replace(entered, rows=entered.rows.clear())
        for bucket, rows in self._split(entered):
            self._buckets[bucket].append(Filed(shell, self._write(rows, bucket)))

    def _put_stretch(self, stretch: Stretch) -> None:
        """Note where the rows of each bucket stand; those that stand apart, or all if these are many, are copied."""
        self._order.setdefault(stretch.shell.origin, len(self._order))
        pids = self.register.number(stretch.ids, stretch.shell.where)
        spans = find_spans(pids, stretch.lengths, self.bucket_patients if self.n_buckets > 1 else None)
        if spans is None:
            for table in stretch.decode():
                self.put(table)
            return
        ends = np.cumsum(stretch.lengths)
        # as narrow as counts may be: they stay in memory, one a patient and table
        counts = stretch.lengths.astype(np.int32)
        for bucket, first, end in spans.of_buckets:
            lengths, start = counts[first:end], int(ends[first - 1]) if first else 0
            cells = stretch.cut(start, int(lengths.sum()))
            excerpt = Excerpt(cells, pids[first:end], lengths, spans.buckets[first:end] == bucket)
            self._buckets[bucket].append(Filed(stretch.shell, excerpt))
        if spans.is_apart.any():
            self.put(replace(stretch.shell, rows=stretch.pick(spans.is_apart)))

    def take(self, bucket: int) -> list[Filed]:
        """Return the rows of a bucket, file by file as these were read, and let go of those in memory."""
        rows = sorted(self._buckets[bucket], key=lambda filed: self._order[filed.table.origin])
        self._buckets[bucket] = [filed for filed in rows if filed.waiting is not None]
        return rows

    def clear(self, bucket: int) -> None:
        """Delete the files of a bucket that was worked on."""
        for filed in self._buckets[bucket]:
            if filed.waiting is not None:
                filed.waiting.delete()
        self._buckets[bucket] = []

    def tables_of(self, name: str, patient_id: str) -> Iterator[tuple[tuple[int, Filed], TextTable]]:
        """Yield what is held of a table, each with its place; of one patient's bucket if an id is given."""
        for bucket in self._buckets_of(patient_id):
            for filed in list(self._buckets[bucket]):
                if filed.table.table == name:
                    yield (bucket, filed), filed.load()

    def replace_table(self, place: tuple[int, Filed], table: TextTable) -> None:
        """Put a changed table where its rows now belong."""
        bucket, filed = place
        self._buckets[bucket].remove(filed)
        if filed.waiting is not None:
            filed.waiting.delete()
        self.put(replace(table, rows=table.rows.drop(PID)))

    def _buckets_of(self, patient_id: str) -> range:
        known = self.register.patients.filter(pl.col("patient_id") == patient_id)
        if known.height == 0:
            return range(self.n_buckets)
        bucket = int(known.item(0, "pid")) // self.bucket_patients
        return range(bucket, bucket + 1)

    def _split(self, table: TextTable) -> Iterator[tuple[int, pl.DataFrame]]:
        buckets = (table.rows.get_column(PID).cast(pl.UInt64) // self.bucket_patients).alias("_bucket")
        if buckets.null_count():
            among = min(STRAY_BUCKETS, 1 << (self.n_buckets.bit_length() - 1))
            strays = ids_of(table).hash(seed=STRAY_SEED) % among
            buckets = pl.select(pl.coalesce(buckets, strays).alias("_bucket")).to_series()
        if buckets.is_sorted():
            yield from _cut(table.rows, buckets)
            return
        parts = table.rows.with_columns(buckets).partition_by("_bucket", include_key=False, as_dict=True)
        for (number,), rows in parts.items():
            yield int(number), rows

    def _write(self, rows: pl.DataFrame, bucket: int) -> OwnFile:
        folder = self._folder / f"{bucket:05d}"
        file = folder / f"{next(self._numbers):06d}.parquet"
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            rows.write_parquet(file, compression="lz4", statistics=False)
        except (OSError, PolarsError) as error:
            raise StoreError(
                f"The rows on their way in cannot be written ({str(error).splitlines()[0]}).",
                str(self._folder),
                "Check the free space: a source needs up to twice its own size while it is built.",
            ) from None
        return OwnFile(file)


def load_tables(rows: list[Filed]) -> Iterator[TextTable]:
    """Yield what was taken from a shelf as tables, each in the order of its lines; ``rows`` is emptied.

    A table is loaded when it is asked for, so that the text of one need not wait for that of another.
    """
    by_file: dict[object, list[Filed]] = {}
    for filed in rows:
        by_file.setdefault(filed.table.origin, []).append(filed)
    rows.clear()
    for file in list(by_file):
        yield _in_order([filed.load() for filed in by_file.pop(file)])


def _cut(rows: pl.DataFrame, buckets: pl.Series) -> Iterator[tuple[int, pl.DataFrame]]:
    """Yield the rows of each bucket, where those of one stand together."""
    first = 0
    for n_rows, number in buckets.rle().struct.unnest().iter_rows():
        yield int(number), rows[first : first + n_rows]
        first += n_rows


def _in_order(pieces: list[TextTable]) -> TextTable:
    whole = join_pieces(pieces)
    if whole.rows.get_column(ROW).is_sorted():
        return whole
    return replace(whole, rows=whole.rows.sort(ROW, maintain_order=True))
