"""Data cut-off: answers use nothing after this day, of the study or, where it is earlier, of the patient."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from analytics.catalogue.settings import Settings
from analytics.endpoints.derive import derive_all
from analytics.endpoints.explain import explain_endpoint
from tests.by_hand import accept_by_hand

SOURCE = {
    "patients": """
        patient_id
        P1
        """,
    "treatments": """
        patient_id | treatment_id | category | agent          | start
        P1         | T1           | PRRT     | 177Lu-DOTATATE | 2020-01-01
        P1         | T2           | targeted | everolimus     | 2021-06-01
        """,
    "cycles": """
        patient_id | treatment_id | cycle_no | date       | activity_gbq
        P1         | T1           | 1        | 2020-01-01 | 7.4
        P1         | T1           | 2        | 2020-06-10 | 7.4
        """,
    "imaging": """
        patient_id | imaging_id | date       | modality
        P1         | S0         | 2019-12-20 | CT
        P1         | S1         | 2020-03-25 | CT
        P1         | S2         | 2020-06-17 | CT
        P1         | S3         | 2020-09-09 | CT
        """,
    "responses": """
        patient_id | imaging_id | date       | criteria   | response
        P1         | S1         | 2020-03-25 | RECIST_1_1 | SD
        P1         | S2         | 2020-06-17 | RECIST_1_1 | PR
        P1         | S3         |            | RECIST_1_1 | PR
        """,
    "lesions": """
        patient_id | imaging_id | lesion_id | role   | organ | longest_mm | measured
        P1         | S0         | L1        | target | liver | 50         | yes
        P1         | S1         | L1        | target | liver | 48         | yes
        P1         | S2         | L1        | target | liver | 30         | yes
        P1         | S3         | L1        | target | liver | 30         | yes
        """,
    "labs": """
        patient_id | analyte | collected  | value_text | uln | lln
        P1         | CGA     | 2019-12-22 | 400        | 100 |
        P1         | CGA     | 2020-03-25 | 390        | 100 |
        P1         | CGA     | 2020-06-17 | 100        | 100 |
        P1         | CGA     | 2020-07-17 | 100        | 100 |
        P1         | PLT     | 2020-04-25 | 70         |     | 150
        P1         | PLT     | 2020-06-17 | 20         |     | 150
        """,
    "vital_status": """
        patient_id | date       | kind
        P1         | 2022-01-01 | alive_contact
        """,
}
OWN = SOURCE | {"vital_status": SOURCE["vital_status"] + "P1 | 2020-05-30 | data_cutoff"}
CASES = {
    "of the study": (SOURCE, Settings(data_cutoff="2020-05-30")),
    "of the patient": (OWN, Settings()),
    "the earlier of both": (OWN, Settings(data_cutoff="2020-12-31")),
}


def derive(source: dict[str, str], settings: Settings) -> dict[str, pl.DataFrame]:
    return derive_all(accept_by_hand(source), settings)


@pytest.fixture(params=CASES)
def cut(request) -> dict[str, pl.DataFrame]:
    return derive(*CASES[request.param])


@pytest.fixture(scope="module")
def whole() -> dict[str, pl.DataFrame]:
    return derive(SOURCE, Settings())


def test_a_response_after_the_cutoff_is_none(cut, whole):
    """By readers and from lesions: the patient responded in June, the cut-off is in May."""
    columns = ("line_no", "source", "best_response", "confirmed_response", "response_date")
    first = pl.col("line_no") == 1
    assert cut["best_responses"].filter(first).select(columns).rows() == [
        (1, "given", "SD", "SD", None),
        (1, "lesions", "SD", "SD", None),
    ]
    seen = dt.date(2020, 6, 17)
    assert whole["best_responses"].filter(first).select(columns).rows() == [
        (1, "given", "PR", "PR", seen),
        (1, "lesions", "PR", "PR", seen),
    ]


@pytest.mark.parametrize(
    ("endpoint", "days", "reason"),
    [
        ("DOR", None, "no response"),
        ("DOBR", None, "no biochemical response before biochemical progression"),
        ("TTR", 151, "no event by the data cut-off"),
        ("PFS", 85, "no event by the data cut-off"),
        ("OS", 151, "no event by the data cut-off"),
    ],
)
def test_times_end_at_the_cutoff_and_no_duration_starts_after_it(cut, endpoint, days, reason):
    """Values and scans after the cut-off prove that the patient was alive on it, and nothing else."""
    time = cut["times_to_event"].filter(endpoint=endpoint, rule_set="default", line_no=1)
    assert time.select("days", "reason").row(0) == (days, reason)


def test_a_line_begun_after_the_cutoff_is_left_out_with_the_reason(cut):
    times = cut["times_to_event"].filter(endpoint="PFS", line_no=2)
    assert set(times["reason"]) == {"started after the data cut-off"}


def test_markers_grades_cycles_and_growth_end_at_the_cutoff(cut, whole):
    latest = dt.date(2020, 5, 30)
    for name, date in (("marker_values", "date"), ("recist_assessments", "date"), ("lab_grades", "date")):
        assert cut[name][date].max() <= latest < whole[name][date].max(), name
    answers = cut["marker_responses"].filter(analyte="CGA", line_no=1)
    assert answers.filter(rule_id="ELECT50")["status"].to_list() == ["non_responder"]
    assert whole["marker_responses"].filter(rule_id="ELECT50", line_no=1)["status"].to_list() == ["responder"]
    assert cut["marker_features"].select("n_values", "last_value").row(0) == (2, 390.0)
    assert cut["lines"].filter(line_no=1).select("n_cycles", "cumulative_activity_gbq").row(0) == (1, 7.4)
    assert cut["lesion_outcomes"].select("n_scans", "last_mm").row(0) == (2, 48.0)
    assert cut["lab_grades"].select("grade").to_series().to_list() == [2]


def test_a_story_tells_nothing_from_after_the_cutoff():
    tables, settings = accept_by_hand(SOURCE), Settings(data_cutoff="2020-05-30")
    study = tables | {name: table.lazy() for name, table in derive_all(tables, settings).items()}
    told = explain_endpoint(study, "P1", "PFS", 1, settings=settings)
    assert told[2] == "Seen: SD 2020-03-25 (responses.csv, line 2)."


def test_a_duration_of_response_starts_and_is_censored_at_the_response():
    """Scans up to the response only: the day of the response is day 1."""
    settings = Settings(data_cutoff="2020-06-30")
    tables = accept_by_hand(SOURCE)
    study = tables | {name: table.lazy() for name, table in derive_all(tables, settings).items()}
    told = explain_endpoint(study, "P1", "DOR", 1, settings=settings)
    assert told[1] == (
        "Time zero: the response on 2020-06-17; the line starts on 2020-01-01 (treatments.csv, line 2); "
        "the next line starts on 2021-06-01."
    )
    assert "censored after 1 day" in told[3]
    assert "2020-06-17" in told[3]
