"""From a folder of tables to a study that can be opened: what is taken, what is told, what is kept."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from analytics.build import build_study, describe_build
from analytics.errors import LayoutError, StoreError
from analytics.snapshots import hold_lock
from analytics.store import open_study
from analytics.tables.accepted import accepted_columns
from analytics.tables.derived import DERIVED_TABLES
from analytics.tables.registry import SHEET_ORDER, SOURCE_TABLES

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)

TABLES = {
    "patients": "patient_id,sex,birth_year,consent_to_research\nP1,F,1950,Y\nP2,M,1960,N\n",
    "labs": "patient_id,analyte,collected,value_text,unit,uln,ppi_within_2w\n"
    "P1,CGA,2020-01-10,200,ng/mL,85,N\nP1,CGA,2020-06-10,90,ng/mL,85,N\nP1,CGA,2020-07-10,rubbish 1,ng/mL,85,N\n",
    "treatments": "patient_id,treatment_id,category,agent,start,end\n"
    "P1,T1,PRRT,177Lu-DOTATATE,2020-02-01,2020-09-01\nP2,T1,SSA,lanreotide,2020-03-01,\n",
    "responses": "patient_id,imaging_id,date,criteria,reader,response\n"
    "P1,,2020-05-01,RECIST_1_1,local,SD\nP1,,2021-05-01,RECIST_1_1,local,PD\n",
    "vital_status": "patient_id,date,kind\nP1,2022-01-01,alive_contact\nP2,2022-01-01,alive_contact\n",
}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Write two patients, one with a response and a progression, one without consent."""
    folder = tmp_path / "source"
    folder.mkdir()
    for name, text in TABLES.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def build(source: Path, store: Path, **settings: str):
    """Build without showing progress."""
    return build_study(source, store, settings, lambda _stage, _done, _total: None, NOW)


def test_a_build_says_what_was_taken_and_what_was_not(source, tmp_path):
    report = build(source, tmp_path / "store")
    assert (report.n_patients, report.n_without_consent, report.n_lines) == (2, 1, 2)
    told = describe_build(report)
    assert "labs: 3 rows read, 2 used (1 rejected)" in told
    assert any("1 patients have not consented" in line for line in told)


def test_every_table_of_the_study_has_its_declared_form(source, tmp_path):
    build(source, tmp_path / "store")
    study = open_study(tmp_path / "store")
    for name in SHEET_ORDER:
        declared = accepted_columns(name, SOURCE_TABLES[name])
        assert dict(study.table(name).collect_schema()) == declared
    for name, schema in DERIVED_TABLES.items():
        assert set(schema.column_names()) <= set(study.table(name).collect_schema()), name


def test_one_value_is_followed_from_its_line_to_the_response(source, tmp_path):
    build(source, tmp_path / "store")
    study = open_study(tmp_path / "store")
    lab = study.table("labs").filter(pl.col("value") == 90).collect().row(0, named=True)
    assert (lab["_file"], lab["_row"], lab["value_text"]) == ("labs.csv", 3, "90")
    response = (
        study.table("marker_responses")
        .filter((pl.col("rule_id") == "ELECT50") & (pl.col("analyte") == "CGA") & (pl.col("status") == "responder"))
        .collect()
        .row(0, named=True)
    )
    assert (response["deciding_file"], response["deciding_row"]) == ("labs.csv", 3)
    assert (response["baseline_file"], response["baseline_row"]) == ("labs.csv", 2)


def test_progression_is_counted_from_the_first_administration(source, tmp_path):
    build(source, tmp_path / "store")
    times = open_study(tmp_path / "store").table("times_to_event")
    mine = times.filter((pl.col("endpoint") == "PFS") & (pl.col("rule_set") == "default") & (pl.col("pid") == 0))
    row = mine.collect().row(0, named=True)
    assert (row["happened"], row["days"]) == (True, 456)
    assert (row["source_file"], row["source_row"]) == ("responses.csv", 3)


def test_the_same_source_gives_the_same_version(source, tmp_path):
    first = build(source, tmp_path / "a").version
    assert build(source, tmp_path / "b").version == first
    assert build(source, tmp_path / "a", gap_days="90").version != first


def test_row_order_does_not_change_what_is_derived(source, tmp_path):
    build(source, tmp_path / "a")
    for name, text in TABLES.items():
        header, *rows = text.splitlines()
        (source / f"{name}.csv").write_text("\n".join([header, *reversed(rows)]) + "\n", encoding="utf-8")
    build(source, tmp_path / "b")
    kept = ["pid", "line_no", "endpoint", "rule_set", "days", "happened", "reason"]
    before, after = (
        open_study(tmp_path / name).table("times_to_event").select(kept).sort(kept[:4]).collect() for name in "ab"
    )
    assert before.equals(after)


def test_a_source_that_cannot_be_read_leaves_the_study_before(source, tmp_path):
    version = build(source, tmp_path / "store").version
    (source / "patients.csv").write_text("id\n1\n", encoding="utf-8")
    with pytest.raises(LayoutError):
        build(source, tmp_path / "store")
    assert open_study(tmp_path / "store").version == version


def test_a_store_that_is_being_built_is_not_built_twice(source, tmp_path):
    with hold_lock(tmp_path / "store"), pytest.raises(StoreError, match="Another build"):
        build(source, tmp_path / "store")


def test_findings_are_kept_with_the_study(source, tmp_path):
    report = build(source, tmp_path / "store")
    study = open_study(tmp_path / "store")
    assert study.findings.equals(report.findings)
    assert study.ledger.equals(report.ledger)
    assert study.findings.filter(pl.col("severity") == "ERROR").row(0, named=True)["row"] == 4
