"""Checks across rows and tables, made when every row is settled: nothing is taken out, people are asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analytics.coded_texts import few_texts
from analytics.intake.checks import KEYS, Check, findings_of
from analytics.intake.parse import STATUS, raw

_BIGGEST = 2**63
"""What a whole number of 64 bits stays below."""


PLACE = "_settled_place"
"""The place of a row in its settled table."""


@dataclass(frozen=True, slots=True)
class Review:
    """Rows of a table with what its checks need from its neighbours, and the checks.

    Attributes
    ----------
    table
        The name of the table.
    frame
        The rows, with what the checks look at; and with what their findings show, unless ``source`` has it.
    checks
        The checks.
    source
        The settled table in which ``PLACE`` of ``frame`` finds what the findings show of each row.
    """

    table: str
    frame: pl.DataFrame
    checks: tuple[Check, ...]
    source: pl.DataFrame | None = None

    def found(self, mask: pl.Series, check: Check) -> pl.DataFrame:
        """Return the findings of a check on the rows of ``mask``."""
        rows = self.frame.filter(mask).rechunk()
        if self.source is not None:
            names = [name for name in shown_columns(self.table, check.column) if name not in rows.columns]
            rows = rows.hstack(self.source.select(names)[rows.get_column(PLACE)])
        return findings_of(check, self.table, rows)


def review_findings(reviews: Iterable[Review]) -> Iterator[pl.DataFrame]:
    """Yield the findings of each check that fires."""
    for review in reviews:
        if review.frame.height:
            masks = review.frame.select(
                check.fires.fill_null(value=False).alias(str(number)) for number, check in enumerate(review.checks)
            )
            for check, mask in zip(review.checks, masks, strict=True):
                if mask.any():
                    yield review.found(mask, check)


def used(settled: Mapping[str, pl.DataFrame], table: str, *names: str) -> pl.DataFrame:
    """Return the accepted rows of a settled table, with the columns named or all; uncopied when all were accepted."""
    rows = settled[table].select(names) if names else settled[table]
    status = settled[table].get_column(STATUS)
    return rows if status.null_count() == rows.height else rows.filter(status.is_null())


def used_places(settled: Mapping[str, pl.DataFrame], table: str, *names: str) -> pl.DataFrame:
    """Return the accepted rows of a settled table with the columns named and their places."""
    rows = settled[table].select(*names, pl.int_range(pl.len(), dtype=pl.UInt32).alias(PLACE))
    status = settled[table].get_column(STATUS)
    return rows if status.null_count() == rows.height else rows.filter(status.is_null())


def used_where(settled: Mapping[str, pl.DataFrame], table: str, wanted: pl.Series, *names: str) -> pl.DataFrame:
    """Return those of the accepted rows of a settled table for which ``wanted`` holds, with the columns named."""
    places = settled[table].get_column(STATUS).is_null().arg_true()
    return settled[table].select(names)[places.gather(wanted.arg_true())]


def shown_columns(table: str, *names: str) -> tuple[str, ...]:
    """Return the columns a finding shows: patient, key, place, and the texts of the columns named."""
    texts = dict.fromkeys((*KEYS[table], *names))
    return "pid", "patient_id", *map(raw, texts), "_file", "_sheet", "_row"


def sort_rows(frame: pl.DataFrame, *by: str) -> pl.DataFrame:
    """Return the rows in the order of the columns ``by``, those without a value last."""
    return frame[order_of(frame, *by)]


def order_of(frame: pl.DataFrame, *by: str) -> pl.Series:
    """Return the places of the rows in the order of the columns ``by``: texts, whole numbers or days, nulls last.

    Texts count by their ranks. All columns together become one number where that is small enough, and the place
    of the row a part of it, which is faster to sort.
    """
    columns = [frame.get_column(name) for name in by]
    # rows stay in their order where the columns do not say otherwise
    while columns and columns[-1].dtype.is_integer() and not columns[-1].null_count() and columns[-1].is_sorted():
        columns.pop()
    keys, size = np.zeros(frame.height, dtype=np.int64), 1
    for ranks, n_ranks in map(_ranks, reversed(columns)):
        if ranks is None or size * n_ranks >= _BIGGEST:
            return frame.select(pl.arg_sort_by(by, nulls_last=True, maintain_order=True)).to_series()
        keys += ranks * size
        size *= n_ranks
    bits = frame.height.bit_length()
    if size << bits >= _BIGGEST:
        return pl.Series(np.argsort(keys, kind="stable").astype(np.uint32))
    numbered = (keys << bits) | np.arange(frame.height)
    numbered.sort()
    return pl.Series((numbered & ((1 << bits) - 1)).astype(np.uint32))


def _ranks(values: pl.Series) -> tuple[NDArray[np.int64] | None, int]:
    """Return the ranks of values, nulls last, and how many there may be; no ranks if they are too far apart."""
    if values.dtype == pl.String:
        numbers, texts = few_texts(values)
        return texts.rank("dense").cast(pl.Int64).fill_null(len(texts) + 1).to_numpy()[numbers], len(texts) + 2
    whole = values.to_physical().cast(pl.Int64)
    low, high = whole.min(), whole.max()
    if not isinstance(low, int) or not isinstance(high, int):
        return np.zeros(len(values), dtype=np.int64), 1
    n_ranks = high - low + 2
    return (whole - low).fill_null(n_ranks - 1).to_numpy() if n_ranks < _BIGGEST else None, n_ranks


def day_text(column: str) -> pl.Expr:
    """Return a date column as ISO text."""
    return pl.col(column).dt.strftime("%Y-%m-%d")
