"""Sorting, summing and placing by one integer: each agrees with the plain way of saying it."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from analytics.longitudinal.keys import (
    compute_day_key,
    encode_texts,
    select_last,
    sort_by_key,
    sort_by_line,
    spread_rows,
    sum_runs,
)

WORDS = st.sampled_from([None, "", "a", "b", "é", "z"])
ROWS = st.lists(st.tuples(st.integers(-3, 3), WORDS, st.none() | st.integers(0, 2)), max_size=12)


def as_table(rows: list[tuple[int, str | None, int | None]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={"key": pl.Int64, "word": pl.String, "number": pl.Int64}, orient="row")


def null_last(value: str | int | None) -> tuple[bool, str | int]:
    return (value is None, value if value is not None else 0)


def test_a_day_key_orders_patients_then_days():
    days = [dt.date(1899, 1, 1), dt.date(1970, 1, 1), dt.date(2024, 2, 29)]
    table = pl.DataFrame({"pid": [2, 1, 1], "date": days}, schema_overrides={"pid": pl.UInt32})
    keys = table.select(compute_day_key(pl.col("date"))).to_series()
    assert keys.arg_sort().to_list() == [1, 2, 0]


@settings(deadline=None)
@given(ROWS)
def test_rows_that_share_a_key_are_sorted_by_the_rest(rows: list[tuple[int, str | None, int | None]]):
    expected = sorted(rows, key=lambda row: (row[0], null_last(row[1]), null_last(row[2])))
    assert sort_by_key(as_table(rows), "key", "word", "number").rows() == expected


def test_a_table_in_order_is_given_back_as_it_is():
    table = as_table([(1, "a", 1), (1, "a", 2), (1, "b", 1), (2, "a", 0)])
    assert sort_by_key(table, "key", "word", "number") is table


@settings(deadline=None)
@given(ROWS)
def test_the_last_row_of_each_key(rows: list[tuple[int, str | None, int | None]]):
    ordered = sorted(rows, key=lambda row: (row[0], null_last(row[1]), null_last(row[2])))
    assert select_last(as_table(rows), "key", "word", "number").rows() == list(
        {row[0]: row for row in ordered}.values()
    )


@settings(deadline=None)
@given(ROWS)
def test_sums_of_runs(rows: list[tuple[int, str | None, int | None]]):
    """Rows of one key that do not stand together are two runs."""
    expected: list[tuple[int, int, int]] = []
    for key, word, number in rows:
        if not expected or expected[-1][0] != key:
            expected.append((key, 0, 0))
        _, total, n_words = expected.pop()
        expected.append((key, total + (number or 0), n_words + (word == "a")))
    table = as_table(rows).with_columns(is_word=pl.col("word") == "a")
    assert sum_runs(table, "key", "number", "is_word").rows() == expected


@settings(deadline=None)
@given(st.lists(st.integers(0, 9), unique=True))
def test_rows_are_spread_to_their_places(places: list[int]):
    table = pl.DataFrame({"place": places, "value": places}, schema={"place": pl.Int64, "value": pl.Int64})
    expected = [(place,) if place in places else (None,) for place in range(10)]
    assert spread_rows(table, "place", 10).rows() == expected


@settings(deadline=None)
@given(st.lists(st.tuples(WORDS, WORDS), max_size=12))
def test_codes_are_in_the_order_of_the_texts(rows: list[tuple[str | None, str | None]]):
    table = pl.DataFrame(rows, schema={"first": pl.String, "second": pl.String}, orient="row")
    codes = encode_texts(table, ["first", "second"], "code")["code"].to_list()
    order = [tuple((word is not None, word or "") for word in row) for row in rows]
    for code, place in zip(codes, order, strict=True):
        assert [code < other for other in codes] == [place < other for other in order]


def test_many_combinations_are_numbered_without_gaps():
    words = [f"{number:04d}" for number in range(300)]
    table = pl.DataFrame({"first": words, "second": words})
    assert encode_texts(table, ["first", "second"], "code")["code"].to_list() == list(range(300))


def test_rows_of_one_line_stay_as_they_stand():
    rows = [(1, 2, "a"), (1, 1, "c"), (1, 1, "b"), (0, 7, "d")]
    table = pl.DataFrame(rows, schema={"pid": pl.UInt32, "line_no": pl.Int32, "word": pl.String}, orient="row")
    assert "".join(sort_by_line(table)["word"]) == "dcba"


@pytest.mark.parametrize(
    "numbers",
    [[3, 1, 2, 2, 1, 5], [3, None, 2, None, 1, 5], [-(2**62), 2**62, 0, 5, -5, 1], [7] * 6],
    ids=["small", "null", "far apart", "all the same"],
)
def test_rows_of_one_key_are_ordered_by_a_whole_number_as_by_a_full_sort(numbers: list[int | None]):
    table = pl.DataFrame(
        {"key": [1, 1, 1, 2, 2, 2], "file": ["a.csv"] * 6, "number": numbers},
        schema={"key": pl.Int64, "file": pl.String, "number": pl.Int64},
    )
    expected = table.sort("key", "file", "number", nulls_last=True)
    assert_frame_equal(sort_by_key(table, "key", "file", "number"), expected)


def test_a_day_that_is_the_same_everywhere_orders_nothing():
    table = pl.DataFrame({"key": [1, 1, 2], "date": [dt.date(2020, 1, 1)] * 3, "name": ["b", "a", "c"]})
    assert sort_by_key(table, "key", "date", "name")["name"].to_list() == ["a", "b", "c"]
