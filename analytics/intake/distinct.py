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
    texts: pl.Series | Coded,
    parse: Callable[[str], tuple[Any, ...]],
    schema: Mapping[str, pl.DataType],
    plain: Mapping[str, pl.Expr] | None = None,
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
    plain
        What expressions on a column ``text`` give without a loop, by result column: the same as ``parse``
        would, or null where it must be asked. Columns not named are null for the texts they settle.
    """
    coded = texts if isinstance(texts, Coded) else code_texts(texts)
    if len(coded.texts) == 0:
        return pl.select(pl.repeat(None, len(coded.codes), dtype=kind).alias(name) for name, kind in schema.items())
    settled = _settle_plain(coded.texts, schema, plain or {})
    is_settled = pl.any_horizontal(pl.col(*(plain or schema)).is_not_null())
    asked = settled.select(is_settled.not_().arg_true()).to_series()
    nothing = (None,) * len(schema)
    parsed = [nothing if text is None else parse(text) for text in coded.texts.gather(asked)]
    columns = dict(zip(schema, zip(*parsed, strict=True), strict=True)) if parsed else {}
    answers = pl.DataFrame({name: list(columns.get(name, ())) for name in schema}, schema=dict(schema))
    if len(asked) == len(coded.texts):
        return coded.spread(answers)
    places = pl.int_range(len(coded.texts), eager=True, dtype=pl.UInt32).to_frame("place")
    found = answers.with_columns(place=asked.cast(pl.UInt32))
    rest = places.hstack(settled).filter(is_settled).select(*schema, "place")
    return coded.spread(pl.concat([found, rest]).sort("place").drop("place"))


def _settle_plain(texts: pl.Series, schema: Mapping[str, pl.DataType], plain: Mapping[str, pl.Expr]) -> pl.DataFrame:
    named = texts.to_frame("text").with_columns(
        plain.get(name, pl.lit(None)).cast(kind).alias(f"!{name}") for name, kind in schema.items()
    )
    return named.select(pl.col(f"!{name}").alias(name) for name in schema)


def words_of_distinct(column: str, words: Callable[[str], str]) -> pl.Expr:
    """Return the expression that gives each text of ``column`` its words, found once a distinct text."""

    def find(texts: pl.Series) -> pl.Series:
        return parse_distinct(texts, lambda text: (words(text),), {"words": pl.String()}).get_column("words")

    return pl.col(column).map_batches(find, return_dtype=pl.String())
