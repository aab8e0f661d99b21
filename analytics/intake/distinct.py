"""Parse each distinct text of a column once and give every row its result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import polars as pl


def parse_distinct(
    texts: pl.Series, parse: Callable[[str], tuple[Any, ...]], schema: Mapping[str, pl.DataType]
) -> pl.DataFrame:
    """Return one row a text with the columns of ``schema``; null texts give nulls.

    Parameters
    ----------
    texts
        String column.
    parse
        Text → one value for each column of ``schema``.
    schema
        Result columns and their types.
    """
    if texts.null_count() == len(texts):
        return pl.DataFrame(
            {name: pl.repeat(None, len(texts), dtype=kind, eager=True) for name, kind in schema.items()}
        )
    distinct = texts.drop_nulls().unique(maintain_order=True)
    parsed = [parse(text) for text in distinct]
    columns = dict(zip(schema, zip(*parsed, strict=True), strict=True)) if parsed else {}
    results = pl.DataFrame({name: list(columns.get(name, ())) for name in schema}, schema=dict(schema))
    lookup = results.insert_column(0, distinct.alias("text"))
    joined = texts.to_frame("text").join(lookup, on="text", how="left", maintain_order="left")
    return joined.drop("text")


def words_of_distinct(column: str, words: Callable[[str], str]) -> pl.Expr:
    """Return the expression that gives each text of ``column`` its words, found once a distinct text."""

    def find(texts: pl.Series) -> pl.Series:
        return parse_distinct(texts, lambda text: (words(text),), {"words": pl.String()}).get_column("words")

    return pl.col(column).map_batches(find, return_dtype=pl.String())
