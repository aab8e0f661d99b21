"""CSV cells: what a spreadsheet would run is disarmed; numbers are left alone."""

from __future__ import annotations

import csv
import io

import polars as pl
import pytest

from analytics.export.cells import table_as_csv


def one_cell(text: str) -> str:
    content = table_as_csv(pl.DataFrame({"reason": [text], "n": [1]})).decode("utf-8")
    return next(csv.DictReader(io.StringIO(content, newline="")))["reason"]


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+49 30", "-2", "@SUM(A1)", "|calc", "%0A", "\t=1", " =1", "\ufeff=1", "\r=1", "\tplain", "\x01=1", "＝1"],
)
def test_a_text_that_would_start_a_formula_gets_an_apostrophe(text: str) -> None:
    assert one_cell(text) == "'" + text


@pytest.mark.parametrize(
    "text", ["PRRT", "5 % fall", "a=b", "", "«<20»", "no scan, no contact", 'said "=1"', "two\nlines"]
)
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert one_cell(text) == text


def test_numbers_stay_numbers_and_what_is_missing_is_empty() -> None:
    table = pl.DataFrame(
        {"change": [-2.5e-3, None, float("nan")], "days": [-3, 4, None], "ids": [["T1", "T2"], [], None]}
    )
    assert table_as_csv(table) == b'change,days,ids\n-0.0025,-3,T1;T2\n,4,""\n,,\n'
