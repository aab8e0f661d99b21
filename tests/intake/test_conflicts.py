"""Rows of one key from several files: what is told of them, and what a patient keeps."""

from __future__ import annotations

import polars as pl
import pytest

SPLIT = """
[[tables.patients]]
file = "master.csv"
columns = { patient_id = "Case", sex = "Sex", birth_date = "Born" }

[[tables.patients]]
file = "sites.csv"
columns = { patient_id = "Case", sex = "Sex", site = "Ward", consent_to_research = "Consent" }
"""
NOTHING_ELSE = dict.fromkeys(("patients", "labs", "treatments", "vital_status"))
KEPT = ("patient_id", "sex", "birth_date_precision", "birth_date_text", "site", "consent_to_research")


@pytest.fixture
def split(deliver):
    """Return what is accepted of patients that come from two files."""

    def accept(master: str, sites: str):
        files = {
            "layout.toml": SPLIT,
            "master.csv": f"Case,Sex,Born\n{master}",
            "sites.csv": f"Case,Sex,Ward,Consent\n{sites}",
        }
        return deliver(NOTHING_ELSE | files)

    return accept


def test_rows_of_a_patient_from_two_files_complete_each_other(split):
    accepted = split("P1,F,1950-04-17\nP2,M,1960\n", "P2,,B,N\nP1,F,A,\n")
    assert accepted.tables["patients"].select(KEPT).rows() == [
        ("P1", "F", "D", "1950-04-17", "A", None),
        ("P2", "M", "Y", "1960", "B", "N"),
    ]
    assert "V38" not in accepted.findings["rule_id"].to_list()
    assert accepted.ledger.select("file", "accepted", "exact_duplicates").rows() == [
        ("master.csv", 2, 0),
        ("sites.csv", 0, 2),
    ]


def test_what_two_files_say_differently_of_a_patient_is_told_once_with_both_places(split):
    accepted = split("P1,F,1950-04-17\n", "P1,M,A,\n")
    assert accepted.tables["patients"].select(KEPT).rows() == [("P1", None, "D", "1950-04-17", "A", None)]
    told = accepted.findings.filter(pl.col("rule_id") == "V38").row(0, named=True)
    assert (told["patient_id"], told["file"], told["row"]) == ("P1", "master.csv", 2)
    assert told["message"] == (
        "2 rows say different things of patients P1: sex F / M. The patient stays, without what is contradicted. "
        "They stand in master.csv line 2; sites.csv line 2."
    )


def test_an_examination_in_two_files_is_told_once(deliver):
    header = "patient_id,imaging_id,date,modality"
    accepted = deliver({"imaging": f"{header}\nP1,I1,2020-01-10,CT\n", "imaging-2": f"{header}\nP1,I1,2020-01-11,CT\n"})
    told = accepted.findings.filter(pl.col("rule_id") == "V38")["message"].to_list()
    assert told == [
        "2 rows say different things of imaging P1 I1: date 2020-01-11 / 2020-01-10. None is used. "
        "They stand in imaging-2.csv line 2; imaging.csv line 2."
    ]
    assert accepted.tables["imaging"].height == 0


def test_a_month_and_its_first_day_are_two_things(deliver):
    header = "patient_id,treatment_id,category,agent,start"
    rows = "P1,T1,SSA,lanreotide,2019-05\nP1,T1,SSA,lanreotide,2019-05-01\nP2,T1,SSA,lanreotide,2020\n"
    accepted = deliver({"treatments": f"{header}\n{rows}"})
    told = accepted.findings.filter(pl.col("rule_id") == "V38")["message"].to_list()
    assert told == [
        "2 rows say different things of treatments P1 T1: start 2019-05 / 2019-05-01. None is used. "
        "They stand in lines 2, 3."
    ]
    assert accepted.tables["treatments"]["patient_id"].to_list() == ["P2"]


def test_the_year_of_a_birth_and_its_middle_day_are_two_things(split):
    accepted = split("P1,F,1950\nP1,F,1950-06-30\n", "P1,F,A,\n")
    assert accepted.tables["patients"].select("birth_date", "birth_date_lo", "site").rows() == [(None, None, "A")]


def test_where_the_cells_of_another_row_stand_is_told(split):
    told = split("P1,,1950-04-17\nP2,M,1960\n", "P2,F,B,N\nP1,F,,\nP1,F,A,\n").findings.filter(rule_id="V107")
    assert told.select("patient_id", "column", "value", "file", "row").sort("patient_id", "column").rows() == [
        ("P1", "sex", "F", "sites.csv", 3),
        ("P1", "site", "A", "sites.csv", 4),
        ("P2", "consent_to_research", "N", "sites.csv", 2),
        ("P2", "site", "B", "sites.csv", 2),
    ]
