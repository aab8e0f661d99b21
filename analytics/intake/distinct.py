"""Parse each distinct text of a column once and give every row its result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl


@dataclass(frozen=True, slots=True)
class Coded:
    """A column of texts as numbers of its distinct texts.

    Attributes
    ----------
    codes
        For each row the place of its text in ``texts``; null where the row has none.
    texts
        The distinct texts.
    """

    codes: pl.Series
    texts: pl.Series

    def spread(self, results: pl.DataFrame) -> pl.DataFrame:
        """Return for each row what was found of its text; nulls for rows that have none."""
        return results.select(pl.all().gather(self.codes))


def code_texts(texts: pl.Series) -> Coded:
    """Number the distinct texts of a column."""
    numbered = texts.cast(pl.Categorical(pl.Categories.random()))
    distinct = numbered.drop_nulls().unique()
    by_code = pl.DataFrame({"code": distinct.to_physical(), "text": distinct.cast(pl.String)}).sort("code")
    return Coded(numbered.to_physical(), by_code.get_column("text"))


def strip_texts(coded: Coded) -> Coded:
    """Return the column without spaces around its texts; a text of spaces is none."""
    return Coded(coded.codes, coded.texts.str.strip_chars().replace("", None))


def parse_distinct(
    texts: pl.Series | Coded, parse: Callable[[str], tuple[Any, ...]], schema: Mapping[str, pl.DataType]
) -> pl.DataFrame:
    """Return one row a text with the columns of ``schema``; null texts give nulls.

    Parameters
    ----------
    texts
        String column, as it is or coded.
    parse
        Text → one value for each column of ``schema``.
    schema
        Result columns and their types.
    """
    coded = texts if isinstance(texts, Coded) else code_texts(texts)
    nothing = (None,) * len(schema)
    parsed = [nothing if text is None else parse(text) for text in coded.texts]
    columns = dict(zip(schema, zip(*parsed, strict=True), strict=True)) if parsed else {}
    results = pl.DataFrame({name: list(columns.get(name, ())) for name in schema}, schema=dict(schema))
    if results.height == 0:
        return pl.select(pl.repeat(None, len(coded.codes), dtype=kind).alias(name) for name, kind in schema.items())
    return coded.spread(results)


def words_of_distinct(column: str, words: Callable[[str], str]) -> pl.Expr:
    """Return the expression that gives each text of ``column`` its words, found once a distinct text."""

    def find(texts: pl.Series) -> pl.Series:
        return parse_distinct(texts, lambda text: (words(text),), {"words": pl.String()}).get_column("words")

    return pl.col(column).map_batches(find, return_dtype=pl.String())
