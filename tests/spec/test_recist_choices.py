"""What settings change in the responses from lesions: normal markers, planned days, criteria side by side."""

from __future__ import annotations

import polars as pl
import pytest

from analytics.catalogue.settings import Settings
from analytics.endpoints.derive import derive_all
from analytics.errors import SettingsError
from tests.by_hand import accept_by_hand

GRIDS = {
    "treatments": """
        patient_id | treatment_id | category | agent          | start
        P1         | T1           | PRRT     | 177Lu-DOTATATE | 2020-01-01
        """,
    "imaging": """
        patient_id | imaging_id | date       | modality
        P1         | s0         | 2019-12-20 | CT
        P1         | s1         | 2020-04-01 | CT
        """,
}
GONE = """
    patient_id | imaging_id | lesion_id | role   | longest_mm | measured
    P1         | s0         | T01       | target | 30         | yes
    P1         | s1         | T01       | target |            | not_visible
    """
GROWN = GONE.replace("           | not_visible", " 60        | yes")


def lesion_rows(lesions: str, settings: Settings, **grids: str) -> pl.DataFrame:
    return derive_all(accept_by_hand(GRIDS | {"lesions": lesions} | grids), settings)["recist_assessments"]


def labs_of(baseline: str, later: str) -> str:
    return f"""
        patient_id | analyte | collected  | value_text | uln
        P1         | CGA     | 2019-12-20 | {baseline} | 100
        P1         | CGA     | 2020-03-20 | {later}    | 100
        """


@pytest.mark.parametrize(
    ("baseline", "later", "response"),
    [
        ("400", "100", "CR"),  # at the limit is normal
        ("400", "101", "PR"),
        ("400", "", "PR"),  # raised, and nothing says it has become normal
        ("400", "<150", "PR"),  # a bound above the limit leaves it open
        ("100", "500", "CR"),  # was normal at the start
        ("", "500", "CR"),
    ],
)
def test_complete_response_may_need_normal_markers(baseline: str, later: str, response: str):
    """RECIST 1.1: a marker raised at the start must become normal; off unless the setting asks for it."""
    labs = labs_of(baseline, later)
    asked = lesion_rows(GONE, Settings(cr_needs_normal_markers="Y"), labs=labs)
    assert asked["response"].to_list() == [response]
    assert lesion_rows(GONE, Settings(), labs=labs)["response"].to_list() == ["CR"]


def test_the_value_after_the_scan_does_not_count():
    labs = labs_of("400", "300") + "        P1 | CGA | 2020-04-02 | 50 | 100\n"
    assert lesion_rows(GONE, Settings(cr_needs_normal_markers="Y"), labs=labs)["response"].to_list() == ["PR"]


def test_without_targets_a_response_taken_back_is_neither_complete_nor_progressive():
    others = GONE.replace("target", "non_target")
    rows = lesion_rows(others, Settings(cr_needs_normal_markers="Y"), labs=labs_of("400", "300"))
    assert rows["response"].to_list() == ["NON_CR_NON_PD"]


def test_disease_after_a_complete_response_is_read_alike_for_times_and_best_response():
    """R8: non-target disease seen again, by the declared option a progression: it confirms no response."""
    imaging = GRIDS["imaging"] + "P1 | s2 | 2020-07-01 | CT\nP1 | s3 | 2020-10-01 | CT\n"
    lesions = "patient_id | imaging_id | lesion_id | role | longest_mm | measured\n"
    for scan, (target, other) in enumerate([("30", "yes"), ("", "not_visible"), ("", "yes"), ("", "yes")]):
        lesions += f"P1 | s{scan} | T01 | target | {target} | {'yes' if target else 'not_visible'}\n"
        lesions += f"P1 | s{scan} | N01 | non_target | | {other}\n"
    best, pfs = {}, {}
    for chosen in ("leave", "progression"):
        grids = GRIDS | {"imaging": imaging, "lesions": lesions}
        derived = derive_all(accept_by_hand(grids), Settings(after_complete_response=chosen))
        best[chosen] = derived["best_responses"].filter(source="lesions")["confirmed_response"].item()
        times = derived["times_to_event"].filter(endpoint="PFS", rule_set="lesions")
        pfs[chosen] = times.select("days", "happened").row(0)
    assert best == {"leave": "PR", "progression": "SD"}
    assert pfs == {"leave": (275, False), "progression": (183, True)}


PLAN = """
    schedule_id | phase | anchor | start_offset_days | interval_days
    plan        | 1     | index  | 84                | 84
    """
BY_PLAN = Settings(pd_date_rule="scheduled_visit")


@pytest.mark.parametrize(
    ("day", "dated"),
    [
        ("2020-03-24", "2020-03-25"),
        ("2020-03-25", "2020-03-25"),  # 84 days after the start: the planned day itself
        ("2020-03-26", "2020-06-17"),
    ],
)
def test_progression_may_be_dated_by_the_planned_visit_that_follows(day: str, dated: str):
    imaging = GRIDS["imaging"].replace("2020-04-01", day)
    rows = lesion_rows(GROWN, BY_PLAN, imaging=imaging, schedule=PLAN)
    assert rows.select("response", pl.col("date").cast(pl.String)).rows() == [("PD", dated)]


def test_a_planned_day_beyond_the_next_line_is_its_start_so_that_the_event_stays():
    treatments = GRIDS["treatments"] + "P1 | T2 | targeted | everolimus | 2020-05-01\n"
    grids = GRIDS | {"lesions": GROWN, "treatments": treatments, "schedule": PLAN}
    derived = derive_all(accept_by_hand(grids), BY_PLAN)
    times = derived["times_to_event"].filter(endpoint="PFS", rule_set="lesions")
    shown = times.select("line_no", "happened", pl.col("end_date").cast(pl.String))
    assert shown.rows()[0] == (1, True, "2020-05-01")
    assert shown.rows()[1][1] is False


@pytest.mark.parametrize(
    ("anchor", "index_date", "dated"),
    [
        ("last_treatment_start", "", "2020-06-24"),  # 84 days after the second line
        ("index", "", "2020-06-17"),  # twice 84 days after the first
        ("index", "2020-01-06", "2020-06-22"),
    ],
)
def test_planned_visits_are_counted_from_what_the_schedule_says(anchor: str, index_date: str, dated: str):
    """1.6: the second line began on 2020-04-01, its scan of 2020-06-10 shows progression."""
    grids = {
        "patients": f"patient_id | index_date\nP1 | {index_date}",
        "treatments": GRIDS["treatments"] + "P1 | T2 | targeted | everolimus | 2020-04-01\n",
        "imaging": GRIDS["imaging"] + "P1 | s2 | 2020-06-10 | CT\n",
        "lesions": GONE.replace("           | not_visible", " 30        | yes") + "P1 | s2 | T01 | target | 60 | yes\n",
        "schedule": PLAN.replace("| index  |", f"| {anchor} |"),
    }
    rows = derive_all(accept_by_hand(grids), BY_PLAN)["recist_assessments"].filter(line_no=2)
    assert rows.select("response", pl.col("date").cast(pl.String)).rows() == [("PD", dated)]


def test_phases_counted_from_different_days_are_refused():
    two = PLAN + "    plan | 2 | last_treatment_start | 84 | 84\n"
    with pytest.raises(SettingsError, match="different days"):
        lesion_rows(GROWN, BY_PLAN, schedule=two)


def test_planned_visits_need_a_schedule():
    with pytest.raises(SettingsError, match="no schedule"):
        lesion_rows(GROWN, BY_PLAN)
