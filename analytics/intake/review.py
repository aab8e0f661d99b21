"""Checks across rows and tables, made when every row is settled: nothing is taken out, people are asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from analytics.intake.checks import KEYS, Check, findings_of
from analytics.intake.distinct import code_texts
from analytics.intake.parse import STATUS, raw

_BIGGEST = 2**63
"""What a whole number of 64 bits stays below."""


PLACE = "_place"
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

    Texts count by their ranks. All columns together become one number where that is small enough, which is
    faster to sort.
    """
    ranks = [_ranks(frame.get_column(name)) for name in by]
    key, size = pl.lit(0, dtype=pl.Int64), 1
    for rank in reversed(ranks):
        low, high = rank.min(), rank.max()
        if isinstance(low, int) and isinstance(high, int):
            key += (pl.col(rank.name) - low).fill_null(high - low + 1) * size
            size *= high - low + 2
    table = pl.DataFrame(ranks)
    if size < _BIGGEST:
        keys = table.with_columns(key.alias("!key")).get_column("!key").to_numpy()
        return pl.Series(np.argsort(keys, kind="stable").astype(np.uint32))
    return table.select(pl.arg_sort_by(by, nulls_last=True, maintain_order=True)).to_series()


def _ranks(values: pl.Series) -> pl.Series:
    if values.dtype == pl.String:
        coded = code_texts(values)
        return coded.texts.rank("dense").gather(coded.codes).cast(pl.Int64).alias(values.name)
    return values.to_physical().cast(pl.Int64)


def day_text(column: str) -> pl.Expr:
    """Return a date column as ISO text."""
    return pl.col(column).dt.strftime("%Y-%m-%d")
