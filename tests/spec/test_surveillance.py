"""Is CgA overdue, is imaging overdue, by a named schedule, as of a day."""

from __future__ import annotations

import datetime as dt

import pytest

from analytics.endpoints.surveillance import derive_surveillance
from analytics.errors import SettingsError
from tests.by_hand import accept_by_hand

TABLES = accept_by_hand(
    {
        "treatments": """
            patient_id | treatment_id | category | agent      | start
            P1         | T1           | SSA      | lanreotide | 2020-01-01
            P2         | T1           | SSA      | lanreotide | 2020-01-01
            P3         | T1           | SSA      | lanreotide | 2025-01-01
            """,
        "imaging": """
            patient_id | imaging_id | date       | modality
            P1         | s1         | 2020-06-01 | CT
            P2         | s1         | 2020-06-01 | CT
            """,
        "labs": """
            patient_id | analyte | collected  | value_text
            P1         | CGA     | 2020-11-01 | 100
            P1         | CGA     | 2021-11-01 | 100
            """,
        "vital_status": """
            patient_id | date       | kind
            P1         | 2020-08-01 | alive_contact
            P2         | 2020-09-01 | death
            """,
    }
)
GUIDANCE = "skin_guidance_metastatic"


@pytest.mark.parametrize(
    ("as_of", "imaging"),
    [
        ("2020-11-30", "done"),
        ("2020-12-01", "due"),  # 183 days after the scan
        ("2020-12-15", "due"),
        ("2020-12-16", "late"),
        ("2021-06-02", "late"),
        ("2021-06-03", "missed"),
    ],
)
def test_imaging_every_six_months(as_of: str, imaging: str):
    found = derive_surveillance(TABLES, GUIDANCE, dt.date.fromisoformat(as_of))
    assert found.filter(patient_id="P1", what="imaging")["status"].to_list() == [imaging]


def test_only_followed_patients_count_and_later_records_are_not_used():
    """P2 died before, P3 is not yet treated, and the CgA of 2021 is not known yet."""
    found = derive_surveillance(TABLES, GUIDANCE, dt.date(2020, 12, 1))
    assert found.select("patient_id", "what", "status").rows() == [
        ("P1", "imaging", "due"),
        ("P1", "marker", "done"),
        ("P1", "visit", "late"),
    ]


def test_a_schedule_that_is_not_in_the_catalogue_is_refused():
    with pytest.raises(SettingsError, match="no schedule"):
        derive_surveillance(TABLES, "every_full_moon", dt.date(2020, 12, 1))


@pytest.mark.parametrize(
    ("table", "rows"),
    [
        ("vital_status", "patient_id | date | kind\nP1 | 2020-11-20 | alive_contact"),
        ("vital_status", "patient_id | date | kind | source\nP1 | 2020-11-20 | alive_contact | clinic"),
        ("symptoms", "patient_id | date | item | value\nP1 | 2020-11-20 | ECOG | 1"),
        ("cycles", "patient_id | treatment_id | cycle_no | date\nP1 | T1 | 1 | 2020-11-20"),
        ("imaging", "patient_id | imaging_id | date | modality\nP1 | s1 | 2020-11-20 | clinical_exam"),
    ],
)
def test_whoever_was_examined_scored_or_treated_was_there(table: str, rows: str):
    treated = "patient_id | treatment_id | category | agent | start\nP1 | T1 | PRRT | 177Lu-DOTATATE | 2020-01-01"
    found = derive_surveillance(accept_by_hand({"treatments": treated, table: rows}), GUIDANCE, dt.date(2020, 12, 1))
    assert found.filter(what="visit")["status"].to_list() == ["done"]


@pytest.mark.parametrize("source", ["letter", "registry"])
def test_a_letter_is_no_visit(source: str):
    treated = "patient_id | treatment_id | category | agent | start\nP1 | T1 | PRRT | 177Lu-DOTATATE | 2020-01-01"
    written = f"patient_id | date | kind | source\nP1 | 2020-11-20 | alive_contact | {source}"
    tables = accept_by_hand({"treatments": treated, "vital_status": written})
    found = derive_surveillance(tables, GUIDANCE, dt.date(2020, 12, 1))
    assert found.filter(what="visit").select("status", "last_date").rows() == [("missed", None)]


@pytest.mark.parametrize(
    ("as_of", "status"),
    [("2020-01-31", "due"), ("2020-07-15", "due"), ("2020-07-17", "late"), ("2021-02-05", "missed")],
)
def test_who_was_never_scanned_is_counted_from_the_first_treatment(as_of: str, status: str):
    """The first scan is due at once, late once a whole interval and the tolerance have gone by since the start."""
    treated = "patient_id | treatment_id | category | agent | start\nP1 | T1 | PRRT | 177Lu-DOTATATE | 2020-01-01"
    found = derive_surveillance(accept_by_hand({"treatments": treated}), GUIDANCE, dt.date.fromisoformat(as_of))
    assert found.filter(what="imaging")["status"].to_list() == [status]
