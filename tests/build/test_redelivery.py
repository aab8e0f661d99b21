"""Deliver again, correct, withdraw, explain: the study follows, and says what it did."""

# ruff: noqa: E501 - a case reads best on one line
from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from analytics.build import build_study
from analytics.errors import LayoutError, StoreError
from analytics.explain import explain_patient
from analytics.patient_commands import explain
from analytics.snapshots import version_names
from analytics.store import open_study
from analytics.withdrawal import WITHDRAWN_FILE, withdraw

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
LABS = "patient_id,analyte,collected,value_text,unit,uln,ppi_within_2w\n"
TABLES = {
    "patients": "patient_id,sex,birth_year\nP1,F,1950\nP10,M,1960\n",
    "labs": f'{LABS}P1,CGA,2020-01-10,"588,1",ng/mL,85,N\nP1,CGA,2020-06-10,90,ng/mL,85,N\nP10,CREAT,2020-06-10,1,mg/dL,1.2,\n',
    "treatments": "patient_id,treatment_id,category,agent,start,end\nP1,T1,PRRT,177Lu-DOTATATE,2020-02-01,2020-09-01\n"
    "P10,T1,SSA,lanreotide,2020-03-01,\n",
    "vital_status": "patient_id,date,kind\nP1,2022-01-01,alive_contact\nP10,2022-01-01,alive_contact\n",
}
CORRECTIONS = "table,patient_id,key,column,old_value,new_value,reason,who,when\n"


class Hospital:
    """A source folder and its store."""

    def __init__(self, folder: Path) -> None:
        self.source = folder / "source"
        self.store = folder / "store"
        self.source.mkdir()
        for name, text in TABLES.items():
            self.deliver(name, text)

    def deliver(self, name: str, text: str) -> None:
        (self.source / f"{name}.csv").write_text(text, encoding="utf-8")

    def build(self):
        return build_study(self.source, self.store, None, lambda _stage, _done, _total: None, NOW)

    def values(self, patient_id: str = "P1") -> list[float]:
        labs = open_study(self.store).table("labs").filter(pl.col("patient_id") == patient_id)
        return labs.collect()["value"].to_list()


@pytest.fixture
def hospital(tmp_path: Path) -> Hospital:
    return Hospital(tmp_path)


def test_a_first_build_has_no_differences(hospital):
    assert hospital.build().differences.height == 0


def test_a_second_delivery_is_compared_with_the_first(hospital):
    hospital.build()
    hospital.deliver(
        "labs",
        f"{LABS}P1,CGA,2020-01-10,600,ng/mL,85,N\nP1,CGA,2021-01-10,70,ng/mL,85,N\nP10,CREAT,2020-06-10,1,mg/dL,1.2,\n",
    )
    found = hospital.build().differences.select("table", "change", "patient_id", "key", "row").rows()
    assert sorted(found) == [
        ("labs", "added", "P1", "CGA 2021-01-10", 3),
        ("labs", "changed", "P1", "CGA 2020-01-10", 2),
        ("labs", "gone", "P1", "CGA 2020-06-10", 3),
    ]
    assert len(version_names(hospital.store)) == 2


def test_the_order_of_rows_is_no_difference(hospital):
    hospital.build()
    header, *rows = TABLES["labs"].splitlines()
    hospital.deliver("labs", "\n".join([header, *reversed(rows)]) + "\n")
    assert hospital.build().differences.height == 0


def test_a_correction_is_applied_and_told_and_the_source_is_not_touched(hospital):
    hospital.deliver(
        "corrections",
        f"{CORRECTIONS}labs,P1,analyte=CGA; collected=2020-06-10,value_text,90,95,typing error,Dr A,2026-11-01\n",
    )
    report = hospital.build()
    assert hospital.values() == [588.1, 95.0]
    told = report.findings.filter(pl.col("rule_id") == "V77").row(0, named=True)
    assert (told["file"], told["row"]) == ("labs.csv", 3)
    assert told["message"] == "value_text was corrected from «90» to «95»: typing error, Dr A, 2026-11-01."
    assert ("corrections", 1, 1) in report.ledger.select("table", "read", "accepted").rows()
    assert "P1,CGA,2020-06-10,90," in (hospital.source / "labs.csv").read_text()


@pytest.mark.parametrize(
    ("correction", "why"),
    [
        ("labs,P1,collected=2020-06-10,value_text,91,95,x,,", "the cell holds «90», not «91»"),
        ("labs,P1,collected=2020-06-11,value_text,90,95,x,,", "no row fits it"),
        ("labs,P1,analyte=CGA,value_text,90,95,x,,", "2 rows fit it"),
        ("labs,P1,collected=2020-06-10,valeu,90,95,x,,", "has no column «valeu»"),
    ],
)
def test_a_correction_that_does_not_fit_is_refused_with_the_reason(correction, why, hospital):
    hospital.deliver("corrections", f"{CORRECTIONS}{correction}\n")
    report = hospital.build()
    assert hospital.values() == [588.1, 90.0]
    assert why in report.findings.filter(pl.col("rule_id") == "V08")["message"].item()


def test_a_correction_finds_its_row_though_another_file_of_the_table_lacks_a_column(hospital):
    hospital.deliver(
        "labs-2", "patient_id,analyte,collected,value_text,unit,source_id\nP1,CGA,2021-01-10,70,ng/mL,L7\n"
    )
    hospital.deliver("corrections", f"{CORRECTIONS}labs,P1,source_id=L7,value_text,70,75,typing error,,\n")
    report = hospital.build()
    assert 75.0 in hospital.values()
    assert "V08" not in report.findings["rule_id"].to_list()


def test_a_corrections_sheet_needs_its_columns(hospital):
    hospital.deliver("corrections", "table,column\nlabs,unit\n")
    with pytest.raises(LayoutError, match="corrections sheet has no column «old_value»"):
        hospital.build()


def test_a_withdrawn_patient_is_gone_from_every_table_and_every_version(hospital):
    hospital.build()
    hospital.build()
    withdraw(hospital.store, "P1", NOW)
    study = open_study(hospital.store)
    assert len(version_names(hospital.store)) == 1
    for name, table in study.tables.items():
        columns = table.collect_schema().names()
        if "patient_id" in columns:
            assert "P1" not in table.collect()["patient_id"].to_list(), name
    assert hospital.values("P10") == [1.0]
    assert "P1" not in study.findings["patient_id"].to_list()
    labs = study.ledger.filter(pl.col("table") == "labs").row(0, named=True)
    assert (labs["read"], labs["accepted"], labs["withdrawn"]) == (3, 1, 2)


def test_a_withdrawn_patient_stays_out_of_later_builds(hospital):
    hospital.build()
    withdraw(hospital.store, "P1", NOW)
    report = hospital.build()
    assert hospital.values("P1") == []
    assert report.ledger.filter(pl.col("table") == "labs")["withdrawn"].item() == 2
    assert "P1" not in (hospital.store / WITHDRAWN_FILE).read_text()


def test_withdrawing_nobody_is_refused(hospital):
    hospital.build()
    with pytest.raises(StoreError, match="no patient «P2»"):
        withdraw(hospital.store, "P2", NOW)


def test_nobody_is_withdrawn_from_a_study_whose_newest_version_is_damaged(hospital, capsys):
    hospital.build()
    hospital.deliver("labs", LABS + "P1,CGA,2020-01-10,777,ng/mL,85,N\n")
    hospital.build()
    newest, before = version_names(hospital.store)
    labs = hospital.store / "versions" / newest / "00000" / "labs.parquet"
    labs.write_bytes(labs.read_bytes()[:-9] + b"?" + labs.read_bytes()[-8:])
    with pytest.raises(StoreError, match=r"labs.parquet has changed.*Nobody was withdrawn.*Build the study again"):
        withdraw(hospital.store, "P10", NOW)
    assert version_names(hospital.store) == [newest, before]
    assert not (hospital.store / WITHDRAWN_FILE).exists()
    explain(hospital.store, "P1")
    assert "labs.parquet has changed" in capsys.readouterr().err


def test_without_its_list_of_the_withdrawn_nothing_is_built(hospital):
    hospital.build()
    withdraw(hospital.store, "P1", NOW)
    (hospital.store / WITHDRAWN_FILE).write_text("{")
    with pytest.raises(StoreError, match="list of withdrawn patients cannot be read"):
        hospital.build()


def test_a_patient_is_explained_cell_by_cell(hospital):
    hospital.build()
    told = explain_patient(open_study(hospital.store), "P1")
    assert "  2020-01-10 CGA «588,1» ng/mL, 6.92 × ULN 85  ← labs.csv, line 2" in told
    assert any(line.startswith("line 1: PRRT") and "treatments.csv, line 2" in line for line in told)
    assert "    deciding value  ← labs.csv, line 3" in told
    assert any(line.startswith("  PFS (default): censored") for line in told)
    assert not any("P10" in line for line in told)


def test_a_conversion_is_explained(hospital):
    hospital.build()
    told = explain_patient(open_study(hospital.store), "P10")
    assert "  2020-06-10 CREAT «1» mg/dL = 88.4 umol/L, 0.83 × ULN 1.2  ← labs.csv, line 4" in told


def test_a_patient_nobody_knows_is_not_explained(hospital):
    hospital.build()
    with pytest.raises(StoreError, match="no patient «P2»"):
        explain_patient(open_study(hospital.store), "P2")
