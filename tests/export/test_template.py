"""The workbook a hospital fills: untouched it builds nothing, with its example it is accepted as it stands."""

from __future__ import annotations

import zipfile
from pathlib import Path

import fastexcel
import polars as pl
import pytest

from analytics.catalogue.codes import CODE_LISTS
from analytics.errors import ExportError
from analytics.export.template import make_workbook, write_template
from analytics.export.template_example import example_of
from analytics.intake.accept import accept_source
from analytics.tables.columns import facts_of
from analytics.tables.registry import SHEET_ORDER, SOURCE_TABLES


@pytest.fixture
def template(tmp_path: Path) -> Path:
    write_template(tmp_path / "template.xlsx")
    return tmp_path / "template.xlsx"


def test_there_is_a_sheet_a_table_with_every_column(template: Path) -> None:
    workbook = fastexcel.read_excel(template)
    assert workbook.sheet_names == ["#help", *SHEET_ORDER, "#codes"]
    for table in SHEET_ORDER:
        rows = workbook.load_sheet(table, header_row=None, dtypes="string").to_polars()
        assert list(rows.row(0)) == list(facts_of(SOURCE_TABLES[table]))
        assert rows.row(1)[0].startswith("#help ")
        assert rows.row(2)[0].startswith("#example ")
        assert rows.height == 3


def test_untouched_it_holds_no_rows(template: Path) -> None:
    accepted = accept_source(template)
    assert {name: table.height for name, table in accepted.tables.items() if table.height} == {}
    assert accepted.ledger["read"].sum() == 0
    assert set(accepted.findings["rule_id"]) == {"V73"}  # its notes are counted, and nobody is asked about them


def test_the_example_is_accepted_without_an_objection(tmp_path: Path) -> None:
    for table in SHEET_ORDER:
        pl.DataFrame([example_of(table)]).write_csv(tmp_path / f"{table}.csv")
    accepted = accept_source(tmp_path)
    assert accepted.findings.filter(pl.col("severity").is_in(["STOP", "ERROR"])).is_empty()
    assert all(accepted.tables[table].height == 1 for table in SHEET_ORDER)


def test_every_closed_list_has_its_drop_down(template: Path) -> None:
    codes = fastexcel.read_excel(template).load_sheet("#codes", header_row=0, dtypes="string").to_polars()
    assert {name: tuple(codes[name].drop_nulls()) for name in codes.columns} == {
        name: entry.values for name, entry in CODE_LISTS.items()
    }
    with zipfile.ZipFile(template) as parts:
        for number, table in enumerate(SHEET_ORDER, start=2):
            sheet = parts.read(f"xl/worksheets/sheet{number}.xml").decode()
            columns = [facts for facts in facts_of(SOURCE_TABLES[table]).values() if facts.kind == "code"]
            assert sheet.count('<dataValidation type="list"') == len(columns)


def test_the_same_version_writes_the_same_bytes() -> None:
    assert make_workbook() == make_workbook()


def test_it_is_a_workbook_or_nothing(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="workbook"):
        write_template(tmp_path / "template.csv")
