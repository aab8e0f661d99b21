"""Texts that are read without a loop come to the same as one by one."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from analytics.intake.dates import RELATIVE, parse_date, plain_day
from analytics.intake.distinct import parse_distinct
from analytics.intake.lab_values import parse_lab_value
from analytics.intake.numbers import Marks, parse_number, plain_number

NUMBERS = st.one_of(
    st.from_regex(r"[+-]?[0-9]{1,18}([.,][0-9]{0,4})?", fullmatch=True),
    st.from_regex(r"[<>~]?[0-9 .,'eE+-]{1,12}", fullmatch=True),
)
DAYS = st.one_of(st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", fullmatch=True), st.text("0123456789-./ T:", max_size=12))
MARKS = st.sampled_from([Marks(), Marks("."), Marks(","), Marks("", "."), Marks(",", "."), Marks("", "'")])


@given(texts=st.lists(st.one_of(NUMBERS, st.none()), max_size=20), marks=MARKS)
def test_plain_numbers_are_read_as_one_by_one(texts, marks):
    column = pl.Series("text", texts, dtype=pl.String)
    known = column.to_frame().select(plain_number(marks)).to_series().to_list()
    whole = column.to_frame().select(plain_number(marks, is_whole=True)).to_series().to_list()
    for text, number, integer in zip(texts, known, whole, strict=True):
        if number is not None:
            assert parse_number(text, marks).value == number
            assert parse_lab_value(text, marks) == (None, number, None, None, None, None)
        if integer is not None:
            assert integer == number == int(text)


@given(texts=st.lists(st.one_of(DAYS, st.none()), max_size=20), form=st.sampled_from(["", "dd.mm.yyyy", RELATIVE]))
def test_plain_days_are_read_as_one_by_one(texts, form):
    column = pl.Series("text", texts, dtype=pl.String)
    for text, day in zip(texts, column.to_frame().with_columns(day=plain_day(form))["day"], strict=True):
        if day is not None:
            found = parse_date(text, form)
            assert (found.lo, found.hi, found.precision, found.problem) == (day, day, "D", None)


def test_every_row_gets_the_answer_of_its_own_text():
    texts = pl.Series("text", ["12", None, "1,5", "12", "x", "7.25", "1,5"])
    found = parse_distinct(
        texts,
        lambda text: (parse_number(text, Marks()).value, "asked"),
        {"value": pl.Float64(), "how": pl.String()},
        {"value": plain_number(Marks())},
    )
    assert found.rows() == [
        (12.0, None), (None, None), (1.5, "asked"), (12.0, None), (None, "asked"), (7.25, None), (1.5, "asked"),
    ]  # fmt: skip
