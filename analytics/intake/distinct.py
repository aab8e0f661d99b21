"""Parse each distinct text of a column once and give every row its result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import polars as pl

from analytics.coded_texts import SAMPLE, Coded, code_texts


def strip_columns(columns: Mapping[str, Coded]) -> dict[str, Coded]:
    """Return coded columns without spaces around their texts, a text of spaces as none.

    A column in which nothing changes is returned itself.
    """
    stripped = read_columns(columns, lambda texts: strip_texts(texts).to_frame("text"))
    texts = {name: found.get_column("text") for name, found in stripped.items()}
    return {
        name: coded if texts[name].equals(coded.texts) else Coded(coded.codes, texts[name])
        for name, coded in columns.items()
    }


def strip_texts(texts: pl.Series) -> pl.Series:
    """Return texts without spaces around them, a text of spaces as null."""
    stripped = texts.str.strip_chars()
    return stripped.replace("", None) if (stripped == "").any() else stripped


def are_repeated(cells: pl.Series) -> bool:
    """Say whether the same texts come so often that numbering them costs less than looking at each."""
    head = cells.head(SAMPLE)
    return len(cells) > SAMPLE and head.n_unique() * 2 < SAMPLE


def parse_distinct(
    texts: pl.Series,
    parse: Callable[[str], tuple[Any, ...]],
    schema: Mapping[str, pl.DataType],
    plain: Mapping[str, pl.Expr] | None = None,
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
    plain
        What expressions on a column ``text`` give without a loop, by result column: the same as ``parse``
        would; where the first of them is null, it must be asked. Columns not named are null for the texts they
        settle.
    """
    coded = code_texts(texts)
    return coded.spread(read_texts(coded.texts, parse, schema, plain))


def read_columns(columns: Mapping[str, Coded], read: Callable[[pl.Series], pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Return what ``read`` finds of the distinct texts of each column, one row a text; it is called once for all."""
    if not columns:
        return {}
    whole = read(pl.concat(coded.texts for coded in columns.values()))
    found: dict[str, pl.DataFrame] = {}
    first = 0
    for name, coded in columns.items():
        found[name] = whole.slice(first, len(coded.texts))
        first += len(coded.texts)
    return found


def read_texts(
    texts: pl.Series,
    parse: Callable[[str], tuple[Any, ...]],
    schema: Mapping[str, pl.DataType],
    plain: Mapping[str, pl.Expr] | None = None,
) -> pl.DataFrame:
    """Return one row a text, each of them parsed even if it was before; see `parse_distinct`."""
    if not plain:
        return _ask(texts, parse, schema)
    # as a plan, in which what several columns need is found once
    asked = [plain.get(name, pl.lit(None)).cast(kind).alias(name) for name, kind in schema.items()]
    settled = texts.to_frame("text").lazy().select(asked).collect()
    is_open = settled.get_column(next(iter(plain))).is_null()
    if not is_open.any():
        return settled
    answers = _ask(texts.filter(is_open), parse, schema)
    if is_open.all():
        return answers
    places = pl.concat([is_open.not_().arg_true(), is_open.arg_true()])
    return pl.concat([settled.filter(is_open.not_()), answers])[places.arg_sort()]


def _ask(texts: pl.Series, parse: Callable[[str], tuple[Any, ...]], schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    if texts.is_empty():
        return pl.DataFrame(schema=dict(schema))
    nothing = (None,) * len(schema)
    columns = zip(*(nothing if text is None else parse(text) for text in texts), strict=True)
    return pl.DataFrame(
        [pl.Series(name, values, kind) for (name, kind), values in zip(schema.items(), columns, strict=True)]
    )


def words_of_distinct(column: str, words: Callable[[str], str]) -> pl.Expr:
    """Return the expression that gives each text of ``column`` its words, found once a distinct text."""

    def find(texts: pl.Series) -> pl.Series:
        return parse_distinct(texts, lambda text: (words(text),), {"words": pl.String()}).get_column("words")

    return pl.col(column).map_batches(find, return_dtype=pl.String())
