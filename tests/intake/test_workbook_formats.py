"""The same sheets as .xlsx, .xls and .ods: what is read and what is found does not depend on the format."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from analytics.errors import SourceError
from analytics.intake.accept import Accepted, accept_source
from tests.intake.workbooks import WRITERS, Failed, Merged, Sheets, Shown, Worked

LABS: list[object] = ["patient_id", "analyte", "collected", "value_text", "unit", "uln"]
PATIENTS: list[list[object]] = [["patient_id", "sex"], ["P1", "F"], ["P2", "M"]]
ERROR_WORDS = ("#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!")

Accept = Callable[..., Accepted]


@pytest.fixture(params=WRITERS)
def accept(request, tmp_path: Path) -> Accept:
    """Write the labs, and accept them, in each of the formats."""

    def write_and_accept(labs: list[list[object]], merged: Merged | None = None, **others: list[list[object]]):
        sheets: Sheets = {"patients": PATIENTS, **others, "labs": labs}
        path = WRITERS[request.param](tmp_path / f"registry.{request.param}", sheets, merged or {})
        return accept_source(path)

    return write_and_accept


def fired(accepted: Accepted, rule_id: str) -> pl.DataFrame:
    """Return the findings of a rule."""
    return accepted.findings.filter(pl.col("rule_id") == rule_id).sort("table", "row")


def test_dates_numbers_and_texts_come_as_they_were_typed(accept):
    rows = [
        LABS,
        ["P1", "CGA", datetime(2020, 1, 10), 1.234, "ng/mL", 85],
        ["P1", "NSE", "2020-01", 7, "ng/mL", 16.3],
    ]
    labs = accept(rows).tables["labs"]
    assert labs.select("collected", "collected_precision", "value", "uln", "_sheet", "_row").rows() == [
        (date(2020, 1, 10), "D", 1.234, 85.0, "labs", 2),
        (date(2020, 1, 1), "M", 7.0, 16.3, "labs", 3),
    ]


@pytest.mark.parametrize("word", ERROR_WORDS)
def test_a_formula_error_is_named_with_its_cell_and_is_no_value(accept, word):
    rows = [LABS, ["P1", "CGA", "2020-01-10", 5, "ng/mL", 85], ["P1", "CGA", "2020-02-10", 6, "ng/mL", Failed(word)]]
    accepted = accept(rows)
    finding = fired(accepted, "V02").row(0, named=True)
    assert (finding["severity"], finding["sheet"], finding["row"], finding["column"]) == ("ERROR", "labs", 3, "uln")
    assert finding["message"] == f"The cell in uln holds the spreadsheet error {word}."
    assert accepted.tables["labs"]["uln"].to_list() == [85, None]


def test_each_error_is_told_where_a_person_sees_it(accept):
    rows = [
        [None, None, "Registry 2026"],
        [],
        [None, *LABS],
        [],
        [None, "P1", "CGA", Failed("#VALUE!"), 5, "ng/mL", 85],
        [None, "P2", "CGA", "2020-02-10", Failed("#N/A"), "ng/mL", Failed("#REF!")],
        [None, "P2", "CGA", "2020-03-10", 7, "ng/mL", 85],
    ]
    accepted = accept(rows)
    assert sorted(fired(accepted, "V02").select("row", "column", "message").rows()) == [
        (5, "collected", "The cell in collected holds the spreadsheet error #VALUE!."),
        (6, "uln", "The cell in uln holds the spreadsheet error #REF!."),
        (6, "value_text", "The cell in value_text holds the spreadsheet error #N/A."),
    ]
    assert accepted.tables["labs"].select("_row", "collected", "value").rows() == [
        (5, None, 5.0),
        (7, date(2020, 3, 10), 7.0),
    ]


def test_a_row_of_errors_alone_is_no_row(accept):
    rows = [LABS, ["P1", "CGA", "2020-01-10", 5, "ng/mL", 85], [Failed("#REF!")] * 6]
    accepted = accept(rows)
    assert accepted.ledger.filter(pl.col("table") == "labs")["read"].to_list() == [1]
    assert fired(accepted, "V02")["row"].to_list() == [3] * 6


def test_an_error_in_a_column_that_is_used_nowhere_is_told(accept):
    rows = [[*LABS, "mean"], ["P1", "CGA", "2020-01-10", 5, "ng/mL", 85, Failed("#DIV/0!")]]
    assert fired(accept(rows), "V02").select("row", "column").rows() == [(2, "mean")]


def test_an_error_above_the_header_is_none_of_the_data(accept):
    rows = [[Failed("#REF!")], LABS, ["P1", "CGA", "2020-01-10", 5, "ng/mL", 85]]
    assert fired(accept(rows), "V02").is_empty()


def test_the_word_of_an_error_typed_as_text_is_a_text(accept):
    rows = [LABS, ["P1", "CGA", "2020-01-10", "#N/A", "ng/mL", 85]]
    accepted = accept(rows)
    assert fired(accepted, "V02").is_empty()
    assert accepted.tables["labs"]["value"].drop_nulls().is_empty()


@pytest.mark.parametrize("cell", [Shown(0.25, "0%", "25%"), Shown(3, '"<"0', "<3")])
def test_a_number_shown_as_another_one_is_not_used(accept, cell):
    rows = [LABS, ["P1", "CGA", "2020-01-10", 5, "ng/mL", cell], ["P1", "CGA", "2020-02-10", 6, "ng/mL", 85]]
    accepted = accept(rows)
    assert fired(accepted, "V88").select("row", "column").rows() == [(2, "uln")]
    assert accepted.tables["labs"]["uln"].to_list() == [None, 85]


def test_a_number_shown_with_its_unit_is_itself(accept):
    rows = [LABS, ["P1", "CGA", "2020-01-10", Shown(1234.5, '#,##0.0 "ng/mL"', "1,234.5 ng/mL"), "ng/mL", 85]]
    accepted = accept(rows)
    assert fired(accepted, "V88").is_empty()
    assert accepted.tables["labs"]["value"].to_list() == [1234.5]


def test_a_cell_merged_with_its_neighbour_is_pointed_out(accept):
    rows = [LABS, ["P1", "CGA", "2020-01-10", 5, "ng/mL", None], ["P1", "CGA", "2020-02-10", 6, "ng/mL", 85]]
    assert "E2:F2" in fired(accept(rows, {"labs": [(1, 1, 4, 5)]}), "V75")["message"].item()


def test_merged_cells_are_pointed_out_where_they_span_rows(accept):
    rows = [
        ["Registry", None, None, None, None, None],
        LABS,
        ["P1", "CGA", "2020-01-10", 5, "ng/mL", 85],
        [None, "CGA", "2020-02-10", 6, "ng/mL", None],
        [None, "CGA", "2020-03-10", 6, "ng/mL", None],
    ]
    accepted = accept(rows, {"labs": [(0, 0, 0, 3), (2, 4, 0, 0), (2, 3, 4, 5)]})
    told = " ".join(fired(accepted, "V75")["message"].sort())
    assert [name for name in ("A3:A5", "E3:F4", "A1:D1") if name in told] == ["A3:A5", "E3:F4"]
    assert fired(accepted, "V75")["severity"].to_list() == ["WARN", "WARN"]
    assert fired(accepted, "V05")["row"].to_list() == [4, 5]


@pytest.mark.parametrize("cell", ["1.234", Worked("1.234")])
def test_a_number_held_as_text_that_could_be_two_is_asked_about(accept, cell):
    rows = [LABS, ["P1", "CGA", "2020-01-10", cell, "ng/mL", 85], ["P1", "CGA", "2020-02-10", "<5", "ng/mL", 85]]
    accepted = accept(rows)
    assert fired(accepted, "V21").select("sheet", "row", "value").rows() == [("labs", 2, "1.234")]
    assert accepted.tables["labs"]["comparator"].to_list() == ["<"]


def test_a_number_is_a_number_beside_texts_that_say_nothing_of_marks(accept):
    rows = [LABS, ["P1", "CGA", "2020-01-10", 1.234, "ng/mL", 85], ["P1", "CGA", "2020-02-10", "<5", "ng/mL", 85]]
    assert accept(rows).tables["labs"]["value"].to_list() == [1.234, 5.0]


def test_a_sheet_of_another_name_lends_its_errors_to_none(accept):
    rows = [LABS, ["P1", "CGA", "2020-01-10", 5, "ng/mL", 85]]
    accepted = accept(rows, {"legend": [(0, 1, 0, 0)]}, legend=[["a", "b"], [None, Failed("#REF!")]])
    assert not {"V02", "V75"} & set(accepted.findings["rule_id"])


def test_a_sheet_with_a_header_alone_is_empty(accept):
    assert accept([LABS]).tables["labs"].height == 0


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize(
    "start", [b"", b"PK\x03\x04 nothing behind it", b"\xd0\xcf\x11\xe0 nothing behind it", b"<html>"]
)
def test_a_damaged_workbook_stops(tmp_path, name, start):
    (tmp_path / f"registry.{name}").write_bytes(start)
    with pytest.raises(SourceError, match="cannot be opened"):
        accept_source(tmp_path / f"registry.{name}")


GERMAN: list[list[object]] = [["setting", "value"], ["decimal_mark", ","], ["thousands_mark", "."]]


def lab(day: int, result: object) -> list[object]:
    return ["P1", "CGA", f"2020-01-{day:02d}", result, "ng/mL", 85]


def test_a_number_stays_itself_whatever_marks_are_declared_for_texts(accept):
    """A typed 1.234 is no 1234 because the texts of the hospital write thousands with a point."""
    labs = accept([LABS, lab(1, 1.234), lab(2, 7.5), lab(3, "1.240,5"), lab(4, "588,1")], study=GERMAN).tables["labs"]
    assert labs["value"].to_list() == [1.234, 7.5, 1240.5, 588.1]


def test_a_number_beside_a_text_that_looks_like_one_is_asked_about(accept):
    """Nothing in the text of a cell says whether it was typed as a number once another cell shows the same as text."""
    accepted = accept([LABS, lab(1, 1.234), lab(2, 7.5), lab(3, "2.345"), lab(4, "<1.234")], study=GERMAN)
    asked = fired(accepted, "V21")
    assert asked.select("row", "value").rows() == [(2, "1.234"), (4, "2.345")]
    assert "1234" in asked["message"][0]
    assert accepted.tables["labs"].select("value", "comparator").rows() == [(7.5, None), (1234.0, "<")]
