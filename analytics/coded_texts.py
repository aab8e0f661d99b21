"""A column of texts as numbers of its distinct texts, found in the cheapest way that the texts allow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analytics.hash_numbers import number_few_hashes, number_hashes

SAMPLE = 1_000
"""As many cells say how the texts of a column come."""

RUN_ROWS = 4
"""Rows a run from which on it is cheaper to look at runs of the same text than at each row."""

SOME = 10_000
"""Rows from which on looking for hashes costs less than categories do."""

FEW = 100
"""So many distinct texts in the sample are few: their hashes are known before the rows are looked at."""

MANY = 940
"""So many distinct texts in the sample are too many for their hashes to be told apart by some bits."""


@dataclass(frozen=True, slots=True)
class Coded:
    """A column of texts as numbers of its distinct texts.

    Attributes
    ----------
    codes
        For each row the place of its text in ``texts`` (UInt32); null where the row has none.
    texts
        The distinct texts.
    """

    codes: pl.Series
    texts: pl.Series

    def spread(self, results: pl.DataFrame) -> pl.DataFrame:
        """Return for each row what was found of its text; nulls for rows that have none."""
        return results[self.codes]

    def as_enum(self) -> pl.Series:
        """Return the column itself, each text as its number."""
        return self.texts.cast(pl.Enum(self.texts)).gather(self.codes)


def code_texts(texts: pl.Series) -> Coded:
    """Number the distinct texts of a column."""
    return code_columns({"text": texts})["text"]


def code_columns(columns: Mapping[str, pl.Series]) -> dict[str, Coded]:
    """Number the distinct texts of each of some columns, which have the same rows."""
    if not columns:
        return {}
    rows = pl.DataFrame([texts.alias(name) for name, texts in columns.items()])
    n_runs = rows.select(pl.all().head(SAMPLE).rle().len()).row(0, named=True)
    coded: dict[str, Coded] = {}
    for name in rows.columns:
        if few := code_few(rows.get_column(name), MANY):
            coded[name] = few
        elif rows.height > SAMPLE and n_runs[name] * RUN_ROWS < SAMPLE:
            coded[name] = _code_runs(rows.get_column(name))
    others = [name for name in rows.columns if name not in coded]
    return coded | _code_each(rows.select(others)) if others else coded


def code_few(texts: pl.Series, most: int = FEW) -> Coded | None:
    """Number the distinct texts of a long column, where a sample of it has ``most`` of them; None of any other."""
    if len(texts) < SOME:
        return None
    if texts[0] is not None and texts[0] == texts[-1] and (texts == texts[0]).all(ignore_nulls=False):
        return Coded(pl.zeros(len(texts), dtype=pl.UInt32, eager=True), texts.head(1))
    step = len(texts) // SAMPLE
    sample = texts.gather_every(step)
    n_texts = sample.n_unique()
    if n_texts > most:
        return None
    hashes = texts.hash().to_numpy()
    numbered = number_few_hashes(hashes, step) if n_texts <= FEW else None
    numbered = numbered or number_hashes(hashes)
    return None if numbered is None else _coded(texts, *numbered)


def _code_each(rows: pl.DataFrame) -> dict[str, Coded]:
    """Number the texts of each column through categories of its own, which are numbered as the texts first come."""
    # held to the end: categories are forgotten with the last column that has them
    numbered = rows.select(pl.col(name).cast(pl.Categorical(pl.Categories.random())) for name in rows.columns)
    codes = numbered.select(pl.all().to_physical())
    counts = codes.select((pl.all().max() + 1).fill_null(0)).row(0)
    # polars itself lists the texts of categories one by one, at ten times the cost
    texts = pl.select(
        pl.int_range(n_texts, dtype=pl.UInt32).cat.to(numbered.schema[name]).cast(pl.String).implode().alias(name)
        for name, n_texts in zip(rows.columns, counts, strict=True)
    )
    return {name: Coded(codes.get_column(name), texts.item(0, name)) for name in rows.columns}


def _code_runs(texts: pl.Series) -> Coded:
    starts = find_run_starts(texts.to_frame(), texts.name)
    heads = _code_each(texts.gather(starts).to_frame())[texts.name]
    runs = np.repeat(np.arange(len(starts), dtype=np.uint32), np.diff(starts, append=len(texts)))
    return Coded(heads.codes.gather(pl.Series(runs)), heads.texts)


def _coded(texts: pl.Series, numbers: NDArray[np.uint32], places: NDArray[np.int64]) -> Coded:
    distinct, codes = texts.gather(places), pl.Series(numbers)
    if not distinct.null_count():
        return Coded(codes, distinct)
    # the numbers after that of «no text» move down
    is_text = distinct.is_not_null()
    moved = pl.select(pl.when(is_text).then(is_text.cum_sum() - 1)).to_series()
    return Coded(moved.cast(pl.UInt32).gather(codes), distinct.drop_nulls())


def find_run_starts(rows: pl.DataFrame, *by: str) -> NDArray[np.int64]:
    """Return the places of the rows that differ from the row before in any of the columns ``by``; the first does."""
    if rows.is_empty():
        return np.empty(0, dtype=np.int64)
    is_other = pl.any_horizontal(_differs_from_before(rows.get_column(name)) for name in by)
    starts = rows.select(is_other.alias("new")).to_series().to_numpy(writable=True)
    starts[0] = True
    return np.flatnonzero(starts)


def _differs_from_before(column: pl.Series) -> pl.Expr:
    """Return whether a row differs from the row before; without empty cells half the work is enough."""
    before = pl.col(column.name).shift(1)
    if column.null_count():
        return pl.col(column.name).ne_missing(before)
    return (pl.col(column.name) != before).fill_null(value=True)


def number_rows(rows: pl.DataFrame) -> tuple[NDArray[np.uint32], NDArray[np.int64]] | None:
    """Return a number for each row, the same for the same values, and for each number the place of such a row.

    Values are known by their hash, which is faster than a table of them while they are not too many; None where
    they are. That two of some thousand values share all 64 bits has a chance below one in 10¹².
    """
    return number_hashes(rows.hash_rows().to_numpy())


def few_texts(texts: pl.Series) -> tuple[NDArray[np.uint32], pl.Series]:
    """Return a number for each text and the texts so numbered, one of which may be null."""
    coded = code_few(texts)
    if coded is None and (few := number_rows(texts.to_frame())) is not None:
        return few[0], texts.gather(few[1])
    coded = coded or code_texts(texts)
    if not coded.codes.null_count():
        return coded.codes.to_numpy(), coded.texts
    numbers = coded.codes.fill_null(len(coded.texts)).to_numpy()
    return numbers, pl.concat([coded.texts, pl.Series([None], dtype=pl.String())])


def number_texts(texts: pl.Series) -> tuple[NDArray[np.uint32], int]:
    """Return a number for each text, the same for the same text, and how many numbers there are.

    No text counts as a text of its own.
    """
    numbers, numbered = few_texts(texts)
    return numbers, len(numbered)
