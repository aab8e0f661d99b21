"""Texts that are read without a loop come to the same as one by one."""

from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.catalogue.settings import Settings
from analytics.intake.codes import parse_code
from analytics.intake.dates import RELATIVE, parse_date, plain_day
from analytics.intake.distinct import parse_distinct
from analytics.intake.lab_values import parse_lab_value
from analytics.intake.numbers import Marks, parse_number, plain_number
from analytics.intake.parse import normalise_ids, parse_table
from analytics.intake.text_table import NO_RAGGED, TextTable

NUMBERS = st.one_of(
    st.from_regex(r"[+-]?[0-9]{1,18}([.,][0-9]{0,4})?", fullmatch=True),
    st.from_regex(r"[<>~]?[0-9 .,'eE+-]{1,12}", fullmatch=True),
)
DAYS = st.one_of(st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", fullmatch=True), st.text("0123456789-./ T:", max_size=12))
MARKS = st.sampled_from([Marks(), Marks("."), Marks(","), Marks("", "."), Marks(",", "."), Marks("", "'")])


@settings(deadline=None)
@given(texts=st.lists(st.one_of(NUMBERS, st.none()), max_size=20), marks=MARKS)
def test_plain_numbers_are_read_as_one_by_one(texts, marks):
    column = pl.Series("text", texts, dtype=pl.String)
    known = column.to_frame().select(plain_number(marks)).to_series().to_list()
    whole = column.to_frame().select(plain_number(marks, is_whole=True)).to_series().to_list()
    for text, number, integer in zip(texts, known, whole, strict=True):
        if number is not None:
            assert parse_number(text, marks).value == number
            assert parse_lab_value(text, marks) == (None, number, None, None, None, None, None)
        if integer is not None:
            assert integer == number == int(text)


@settings(deadline=None)
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


TEXTS = st.sampled_from(["P1", " P1", "P1 ", "", "  ", "\x1cP1", "Ｐ１", "a\u00a0", "\u2003b", None])
CODES = st.sampled_from(["M", "F", "m", " F ", "female", "?", "", None])
YEARS = st.sampled_from(["1950", "1950.5", " 1950", "1,950", "x", "-3", None])
PARTIAL = st.sampled_from(["1950-02-03", "1950-02", "1950", "03.04.1950", "1950-02-30", " 1950-02-03 ", "", None])
ROWS = st.lists(st.tuples(TEXTS, CODES, YEARS, PARTIAL), max_size=12)


@settings(deadline=None)
@given(rows=ROWS, copies=st.sampled_from([1, 400]))
def test_columns_read_together_come_to_the_same_as_row_by_row(rows, copies):
    names = ["patient_id", "sex", "birth_year", "birth_date"]
    cells = pl.DataFrame(rows * copies, schema=dict.fromkeys(names, pl.String), orient="row").with_row_index("_row")
    whole = parse_table(TextTable("patients", "f.csv", None, cells, NO_RAGGED), Settings())
    for name, read in {
        "sex": lambda text: parse_code(text, "sex"),
        "birth_year": lambda text: parse_number(text, Marks()).value if text != "1950.5" else None,
        "birth_date_lo": lambda text: parse_date(text, "").lo,
        "birth_date_hi": lambda text: parse_date(text, "").hi,
        "birth_date_precision": lambda text: parse_date(text, "").precision,
    }.items():
        texts = cells[name.removesuffix("_lo").removesuffix("_hi").removesuffix("_precision")]
        bare = texts.str.strip_chars().replace("", None)
        assert whole[name].to_list() == [None if text is None else read(text) for text in bare]
    for name in names:
        assert whole[f"{name}!text"].to_list() == cells[name].str.strip_chars().replace("", None).to_list()
    ids = cells["patient_id"].str.strip_chars().replace("", None)
    assert whole["patient_id"].to_list() == normalise_ids(ids).to_list()
