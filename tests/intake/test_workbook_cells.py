"""What is particular to the files of each format: repeats and foreign writers, passwords, damage, bombs."""

from __future__ import annotations

import re
import time
import zipfile
from contextlib import suppress
from pathlib import Path
from unittest.mock import patch

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.errors import SourceError, UserError
from analytics.intake.accept import accept_source
from analytics.intake.ods_cells import read_ods_cells
from analytics.intake.workbook import read_workbook, sheet_names
from analytics.intake.xls_cells import read_xls_cells
from analytics.intake.xlsx_cells import read_xlsx_cells
from tests.intake.workbooks import (
    ODS,
    WRITERS,
    Failed,
    Sheets,
    Worked,
    write_ods,
    write_ods_content,
    write_ods_rows,
    write_xls,
    write_xlsx,
)

ROWS: list[list[object]] = [["patient_id", "sex", "birth_year"], ["P1", "F", Failed("#REF!")], ["P2", "M", 1960]]
SHEETS: Sheets = {"patients": ROWS}


def _cell(attributes: str, shown: str) -> str:
    return f"<table:table-cell {attributes}><text:p>{shown}</text:p></table:table-cell>"


def _text(shown: str, attributes: str = "") -> str:
    return _cell(f'office:value-type="string" {attributes}', shown)


def _row(*cells: str, attributes: str = "") -> str:
    return f"<table:table-row {attributes}>{''.join(cells)}</table:table-row>"


@pytest.mark.parametrize(
    ("attributes", "shown"),
    [
        ('table:formula="of:=1/0" office:value-type="float" office:value="0"', "#DIV/0!"),
        ('table:formula="of:=1/0" office:value-type="string"', "#DIV/0!"),
        ('table:formula="of:=1/0"', "#VALEUR !"),
        ('table:formula="of:=SQRT(-1)" office:value-type="float" office:value="0"', "Err:502"),
        ('table:formula="of:=NA()" office:value-type="string" office:string-value=""', "#NV"),
        ('office:value-type="float" office:value="0" calcext:value-type="error"', "#ЗНАЧЕН!"),
        ('office:value-type="float" office:value="0"', "#N/A"),
        ('office:value-type="string" calcext:value-type="error"', "Fehler"),
    ],
)
def test_an_error_is_known_whoever_wrote_the_document(tmp_path, attributes, shown):
    header = _row(_text("patient_id"), _text("sex"), _text("birth_year"))
    rows = header + _row(_text("P1"), _text("F"), _cell(attributes, shown))
    accepted = accept_source(write_ods_rows(tmp_path / "registry.ods", {"patients": rows}))
    finding = accepted.findings.filter(pl.col("rule_id") == "V02").row(0, named=True)
    assert (finding["row"], finding["column"]) == (2, "birth_year")
    assert shown in finding["message"]
    assert accepted.tables["patients"]["birth_year"].to_list() == [None]


@pytest.mark.parametrize(
    ("attributes", "shown"),
    [
        ('office:value-type="string"', "#N/A"),
        ('table:formula="of:=[.A1]" office:value-type="string"', "#1 of two"),
        ('table:formula="of:=[.A1]" office:value-type="float" office:value="85"', "85"),
        ('office:value-type="float" office:value="85"', "85!"),
    ],
)
def test_what_only_looks_like_an_error_is_none(tmp_path, attributes, shown):
    path = write_ods_rows(tmp_path / "registry.ods", {"patients": _row(_cell(attributes, shown))})
    assert read_ods_cells(path)["patients"].errors == ()


def test_repeated_cells_and_rows_keep_their_places(tmp_path):
    error = 'calcext:value-type="error" office:value-type="string" office:string-value=""'
    spans = 'table:number-rows-spanned="2" table:number-columns-spanned="28"'
    rows = (
        _row("<table:table-cell/>", attributes='table:number-rows-repeated="3"')
        + f"<table:table-header-rows>{_row(_text('a'))}</table:table-header-rows>"
        + _row(
            '<table:table-cell table:number-columns-repeated="2"/>',
            _cell(f'table:number-columns-repeated="2" {error}', "#REF!"),
            '<table:covered-table-cell table:number-columns-repeated="3"/>',
            _text("1,234"),
            attributes='table:number-rows-repeated="2"',
        )
        + f"<table:table-row-group>{_row(_text('P1', spans))}</table:table-row-group>"
        + _row(_cell(error, "#N/A"), attributes='table:visibility="filter"')
    )
    facts = read_ods_cells(write_ods_rows(tmp_path / "registry.ods", {"labs": rows, "next": _row(_text("1,234"))}))
    assert facts["labs"].errors == (
        (5, 2, "#REF!"), (5, 3, "#REF!"), (6, 2, "#REF!"), (6, 3, "#REF!"), (8, 0, "#N/A"),
    )  # fmt: skip
    assert facts["labs"].merged == ("A7:AB8",)
    assert facts["labs"].text_numbers == {7}
    assert (facts["next"].errors, facts["next"].text_numbers) == ((), {0})


def test_a_note_pinned_to_a_cell_is_not_what_the_cell_shows(tmp_path):
    note = "<office:annotation><text:p>1,234</text:p><text:p>#N/A</text:p></office:annotation>"
    cell = f'<table:table-cell office:value-type="string">{note}<text:p>1<text:span>,5</text:span></text:p>'
    path = write_ods_rows(tmp_path / "registry.ods", {"labs": _row(f"{cell}</table:table-cell>", _text("1,234"))})
    assert read_ods_cells(path)["labs"].text_numbers == {1}
    plain = write_ods_rows(tmp_path / "other.ods", {"labs": _row(f"{cell}</table:table-cell>".replace(",5", "5"))})
    assert read_ods_cells(plain)["labs"].text_numbers == set()


def test_an_empty_end_of_a_million_rows_costs_nothing(tmp_path):
    path = write_ods(tmp_path / "registry.ods", SHEETS, {})
    start = time.process_time()
    assert read_ods_cells(path)["patients"].errors == ((2, 2, "#REF!"),)
    assert time.process_time() - start < 1


def test_errors_without_end_stop(tmp_path):
    error = _cell('calcext:value-type="error" table:number-columns-repeated="16384"', "#REF!")
    rows = _row(error, attributes='table:number-rows-repeated="1000000"')
    path = write_ods_rows(tmp_path / "registry.ods", {"patients": _row(_text("patient_id")) + rows})
    with pytest.raises(SourceError, match="More than 1000000 cells hold an error or no plain value"):
        read_ods_cells(path)


def test_an_entity_bomb_in_a_document_stops(tmp_path):
    lines = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    content = ODS.format(sheets=f'<table:table table:name="patients">{_row(_text("&l11;"))}</table:table>')
    bomb = content.replace("?>", f'?><!DOCTYPE bomb [<!ENTITY l0 "lol">{lines}]>', 1)
    with pytest.raises(SourceError, match="cannot be opened"):
        accept_source(write_ods_content(tmp_path / "registry.ods", bomb))


def test_an_inflated_document_stops(tmp_path):
    rows = _row(_text("patient_id")) + " " * 30_000_000
    with pytest.raises(SourceError, match="500 times its size"):
        accept_source(write_ods_rows(tmp_path / "registry.ods", {"patients": rows}))


def test_a_document_with_a_password_stops(tmp_path):
    locked = '<manifest:manifest xmlns:manifest="urn:m"><manifest:file-entry manifest:full-path="content.xml">'
    locked += "<manifest:encryption-data/></manifest:file-entry></manifest:manifest>"
    with pytest.raises(SourceError, match=r"cannot be opened.*password"):
        accept_source(write_ods_content(tmp_path / "registry.ods", "not for you", locked))


def test_an_old_workbook_with_a_password_stops(tmp_path):
    path = write_xls(tmp_path / "registry.xls", SHEETS, {})
    code_page, password = b"\x42\x00\x02\x00\xb0\x04", b"\x2f\x00\x02\x00\xb0\x04"
    assert code_page in path.read_bytes()
    path.write_bytes(path.read_bytes().replace(code_page, password, 1))
    for read in (accept_source, read_xls_cells):
        with pytest.raises(SourceError, match="cannot be opened"):
            read(path)


@pytest.mark.parametrize("seed", range(40))
def test_a_damaged_old_workbook_is_read_or_refused_and_says_nothing_else(tmp_path, capsys, seed):
    path = write_xls(tmp_path / "registry.xls", SHEETS, {"patients": [(1, 2, 1, 1)]})
    data = bytearray(path.read_bytes())
    for place in range(512 + seed * 7, len(data), 331):
        data[place] ^= 0x5A
    path.write_bytes(data)
    try:
        read_xls_cells(path)
    except SourceError as error:
        assert "cannot be opened" in str(error)
    assert capsys.readouterr() == ("", "")


@settings(max_examples=60, deadline=None)
@given(kind=st.sampled_from(sorted(WRITERS)), damage=st.dictionaries(st.floats(0, 1), st.integers(0, 255), min_size=1))
def test_a_workbook_damaged_anywhere_is_read_or_refused(tmp_path_factory, kind, damage):
    path = WRITERS[kind](tmp_path_factory.mktemp("damaged") / f"registry.{kind}", SHEETS, {})
    data = bytearray(path.read_bytes())
    for place, byte in damage.items():
        data[int(place * (len(data) - 1))] = byte
    path.write_bytes(data)
    with suppress(UserError):
        read_workbook(path, {"patients": frozenset({"patient_id", "sex"})})


class PanicException(BaseException):
    """Stand in for what the reader's own language raises."""


PANIC = PanicException("range end index out of range")
PANICS = {"opening": {"side_effect": PANIC}, "a sheet": {"return_value.load_sheet.side_effect": PANIC}}


@pytest.mark.parametrize("moment", PANICS)
def test_a_workbook_its_reader_panics_at_is_refused(tmp_path, moment):
    path = write_xls(tmp_path / "registry.xls", SHEETS, {})
    with (
        patch("fastexcel.read_excel", **{"return_value.sheet_names": ["patients"], **PANICS[moment]}),
        pytest.raises(SourceError, match=r"cannot be opened \(range end index out of range\)"),
    ):
        accept_source(path)


def test_sheets_of_a_strict_workbook_are_looked_into(tmp_path):
    names = {
        b"http://schemas.openxmlformats.org/spreadsheetml/2006/main": b"http://purl.oclc.org/ooxml/spreadsheetml/main",
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships": (
            b"http://purl.oclc.org/ooxml/officeDocument/relationships"
        ),
    }
    path = _rewritten(write_xlsx(tmp_path / "plain.xlsx", SHEETS, {}), names)
    assert b"purl.oclc.org" in zipfile.ZipFile(path).read("xl/workbook.xml")
    assert accept_source(path).findings.filter(pl.col("rule_id") == "V02")["row"].to_list() == [2]


def test_cells_that_do_not_say_where_they_stand_follow_the_one_before(tmp_path):
    path = write_xlsx(tmp_path / "plain.xlsx", SHEETS | {"labs": [["a", Worked("1,234")]]}, {})
    bare = _rewritten(path, {rb'(<c|<row) r="\w+"': rb"\1"})
    assert read_xlsx_cells(bare) == read_xlsx_cells(path)
    assert read_xlsx_cells(bare)["patients"].errors == ((2, 2, "#REF!"),)
    assert read_xlsx_cells(bare)["labs"].text_numbers == {1}


@pytest.mark.parametrize(("write", "name"), [(write_xls, "registry.xls"), (write_ods, "registry.ods")])
def test_a_decimal_comma_typed_as_text_is_read_beside_numbers(tmp_path, write, name):
    labs: list[list[object]] = [["patient_id", "analyte", "collected", "value_text", "unit", "uln"]]
    labs += [["P1", "CGA", "2020-01-10", "588,1", "ng/mL", 85], ["P1", "CGA", "2020-02-10", 7.5, "ng/mL", 85]]
    accepted = accept_source(write(tmp_path / name, SHEETS | {"labs": labs}, {}))
    assert accepted.tables["labs"]["value"].to_list() == [588.1, 7.5]


@pytest.mark.parametrize("attribute", ["table:number-columns-repeated", "table:number-rows-spanned"])
def test_a_count_that_is_none_stops(tmp_path, attribute):
    path = write_ods_rows(tmp_path / "registry.ods", {"patients": _row(_text("patient_id", f'{attribute}="many"'))})
    with pytest.raises(SourceError, match="cannot be opened"):
        accept_source(path)


def test_a_workbook_of_sheets_nobody_asked_for_has_names(tmp_path):
    assert sheet_names(write_xls(tmp_path / "registry.xls", {"eins": [[1]], "zwei": [[2]]}, {})) == ("eins", "zwei")


def _rewritten(path: Path, changes: dict[bytes, bytes]) -> Path:
    """Return a copy of an archive in which each pattern is replaced."""
    with zipfile.ZipFile(path) as before, zipfile.ZipFile(path.with_name("registry.xlsx"), "w") as after:
        for name in before.namelist():
            data = before.read(name)
            for pattern, told in changes.items():
                data = re.sub(pattern, told, data)
            after.writestr(name, data)
    return path.with_name("registry.xlsx")
