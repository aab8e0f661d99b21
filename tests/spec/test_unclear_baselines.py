"""A date known only to its month that may lie before or after the start: it is no baseline of anything.

Everolimus began on 2020-01-15. A record of «2020-01» may be of the day before or of the day after, one of «2019-12» is
surely before.
"""

from __future__ import annotations

import polars as pl
import pytest

from analytics.catalogue.settings import Settings
from analytics.endpoints.derive import derive_all
from tests.by_hand import accept_by_hand


def derive(day: str, start: str = "2020-01-15") -> dict[str, pl.DataFrame]:
    """Return what is derived where the records before the start are of ``day``."""
    grids = {
        "treatments": f"""
            patient_id | treatment_id | category | agent      | start
            P1         | T1           | targeted | everolimus | {start}
            """,
        "imaging": f"""
            patient_id | imaging_id | date       | modality
            P1         | s0         | {day}      | CT
            P1         | s1         | 2020-04-01 | CT
            """,
        "lesions": """
            patient_id | imaging_id | lesion_id | role   | organ | longest_mm | measured
            P1         | s0         | T01       | target | liver | 50         | yes
            P1         | s1         | T01       | target | liver | 30         | yes
            """,
        "responses": """
            patient_id | imaging_id | criteria   | response
            P1         | s1         | RECIST_1_1 | PR
            """,
        "labs": f"""
            patient_id | analyte | collected  | value_text | uln
            P1         | ALT     | {day}      | 80         | 40
            P1         | ALT     | 2020-03-01 | 130        | 40
            """,
        "symptoms": f"""
            patient_id | date       | item               | value
            P1         | {day}      | ECOG               | 1
            P1         | {day}      | EORTC_QLQC30_Q29   | 4
            P1         | {day}      | EORTC_QLQC30_Q30   | 4
            P1         | 2020-03-01 | ECOG               | 2
            P1         | 2020-03-01 | EORTC_QLQC30_GH    | 70
            """,
    }
    return derive_all(accept_by_hand(grids), Settings(assessment_interval_days=90))


@pytest.mark.parametrize(("day", "response"), [("2019-12", ["PR"]), ("2020-01-15", ["PR"]), ("2020-01", [])])
def test_a_scan_is_no_baseline_of_lesions(day: str, response: list[str]):
    """L3, B1."""
    found = derive(day)
    assert found["recist_assessments"]["response"].to_list() == response
    assert found["line_baselines"]["target_sum_mm"].to_list() == ([50.0] if response else [None])


@pytest.mark.parametrize(
    ("day", "pfs"),
    [
        ("2019-12", (78, "no event")),
        ("2020-01", (1, "no baseline assessment")),
        ("2019-10", (1, "no baseline assessment")),
    ],
)
def test_nor_is_it_the_baseline_fda_style_rules_ask_for(day: str, pfs: tuple[int, str]):
    """«2019-10» is taken as its first day, 106 days before the start."""
    times = derive(day)["times_to_event"].filter(endpoint="PFS", rule_set="fda")
    assert times.select("days", "reason").row(0) == pfs


@pytest.mark.parametrize(
    ("day", "grades"), [("2019-12", [("baseline", 0), ("follow_up", 1)]), ("2020-01", [("follow_up", 2)])]
)
def test_nor_does_a_value_say_how_later_ones_are_graded(day: str, grades: list[tuple[str, int]]):
    """Against an abnormal baseline of 80, 130 is grade 1; without one it is more than three times the limit of 40."""
    assert derive(day)["lab_grades"].select("period", "grade").rows() == grades


@pytest.mark.parametrize(("day", "changes"), [("2019-12", [1.0, 20.0]), ("2020-01", [None, None])])
def test_nor_is_a_score_what_later_ones_are_held_against(day: str, changes: list[float | None]):
    scores = derive(day)["score_changes"]
    assert scores["change"].to_list() == changes
    assert scores["days"].to_list() == [47, 47]


def test_records_and_a_start_of_the_same_month_are_taken_as_of_one_day():
    """A source that knows months alone would have no baselines at all."""
    found = derive("2020-01", start="2020-01")
    assert found["recist_assessments"]["response"].to_list() == ["PR"]
    assert found["score_changes"]["change"].to_list() == [1.0, 20.0]
    times = found["times_to_event"].filter(endpoint="PFS", rule_set="fda")
    assert times["reason"].to_list() == ["no event"]
    assert derive("2020-01", start="2020-01-01")["recist_assessments"].is_empty()
