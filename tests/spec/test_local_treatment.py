"""Lesions that leave by a knife or a beam during a line: a gap in the sum, never a response.

PRRT began on 2020-01-01; scans s0 (before it) to s4, three months apart.
"""

from __future__ import annotations

import polars as pl
import pytest

from analytics.catalogue.settings import Settings
from analytics.endpoints.recist import derive_recist_assessments
from analytics.longitudinal.lines import derive_lines
from tests.by_hand import accept_by_hand

PRRT = "patient_id | treatment_id | category | agent | start\nP1 | T1 | PRRT | 177Lu-DOTATATE | 2020-01-01\n"
DAYS = ("2019-12-20", "2020-03-20", "2020-06-20", "2020-09-20", "2020-12-20")


def read(steady: list[str], treated: list[str], role: str = "target", treatments: str = PRRT) -> pl.DataFrame:
    """Return the assessments of a target that is always measured and of a lesion that is not, through the scans."""
    scans = "".join(f"P1 | s{place} | {day} | CT\n" for place, day in enumerate(DAYS))
    lesions = ""
    for place, (first, second) in enumerate(zip(steady, treated, strict=True)):
        size, how = (second, "yes") if second.isdigit() else ("", second)
        lesions += f"P1 | s{place} | T01 | target | {first} | yes\nP1 | s{place} | T02 | {role} | {size} | {how}\n"
    tables = accept_by_hand(
        {
            "treatments": treatments,
            "imaging": "patient_id | imaging_id | date | modality\n" + scans,
            "lesions": "patient_id | imaging_id | lesion_id | role | longest_mm | measured\n" + lesions,
        }
    )
    return derive_recist_assessments(tables, derive_lines(tables, Settings()), Settings()).collect()


@pytest.mark.parametrize("how", ["excised", "irradiated"])
def test_a_target_that_left_is_not_gone_when_it_is_not_seen_later(how: str):
    """L4, L5: 50 mm without the 20 mm that were cut out is no partial response."""
    found = read(["30"] * 4, ["20", how, "not_visible", "not_visible"])
    assert found["response"].to_list() == ["NE", "NE", "NE"]
    assert found["is_complete"].to_list() == [False, False, False]


def test_what_is_left_may_still_show_progression():
    """L2: 62 mm of the other target alone are more than 20 % above the nadir of 50."""
    found = read(["30", "30", "62"], ["20", "excised", "not_visible"])
    assert found["response"].to_list() == ["NE", "PD"]


def test_a_non_target_lesion_that_left_is_no_complete_response_either():
    """L6: target partial response, non-target not evaluable."""
    found = read(["30", "20", "20"], ["15", "excised", "not_visible"], role="non_target")
    assert found.select("non_target", "response").rows() == [("NE", "PR"), ("NE", "PR")]


@pytest.mark.parametrize(
    ("after", "response"),
    [
        ("45", "PD"),  # 75 mm after 50
        ("20", "NE"),
        ("4", "NE"),  # 34 mm of 50 would be a response by the beam
    ],
)
@pytest.mark.parametrize("how", ["excised", "irradiated"])
def test_a_size_measured_after_a_local_treatment_shows_growth_or_nothing(how: str, after: str, response: str):
    """L2; RECIST 1.1: what was irradiated is not measurable unless it has progressed."""
    found = read(["30", "30", "30"], ["20", how, after])
    assert found["response"].to_list() == ["NE", response]


@pytest.mark.parametrize(("after", "non_target"), [("10", "NON_CR_NON_PD"), ("irradiated", "NE")])
def test_a_non_target_lesion_still_seen_after_irradiation_is_left(after: str, non_target: str):
    found = read(["30", "20", "20"], ["15", "irradiated", after], role="non_target")
    assert found["non_target"].to_list() == ["NE", non_target]


def test_to_the_next_line_a_lesion_measured_after_irradiation_is_a_target_again():
    """It has progressed since: 75 mm at the next baseline, 45 later."""
    second = PRRT + "P1 | T2 | targeted | everolimus | 2020-06-25\n"
    found = read(["30", "30", "30", "25", "25"], ["20", "irradiated", "45", "20", "20"], treatments=second)
    assert found.filter(line_no=2).select("n_targets", "baseline_mm", "response").rows() == [(2, 75.0, "PR")] * 2


@pytest.mark.parametrize("later", ["excised", "not_visible"])
def test_to_the_next_line_a_lesion_that_left_is_no_target(later: str):
    """Its baseline is the other target alone: 30 mm, then 20."""
    second = PRRT + "P1 | T2 | targeted | everolimus | 2020-06-25\n"
    found = read(
        ["30", "30", "30", "20", "20"], ["20", "excised", later, "not_visible", "not_visible"], treatments=second
    )
    assert found.filter(line_no=2).select("n_targets", "baseline_mm", "response").rows() == [(1, 30.0, "PR")] * 2


def test_what_vanished_before_it_was_excised_had_vanished():
    assert read(["30", "30"], ["20", "not_visible"])["response"].to_list() == ["PR"]


@pytest.mark.parametrize("beside", ["not_visible", "not_assessed"])
def test_before_the_line_one_scan_of_the_day_is_enough_to_say_that_a_lesion_left(beside: str):
    """The CT calls it excised, the MR of that day does not see it: the baseline is the other target alone, 30 mm."""
    tables = accept_by_hand(
        {
            "treatments": PRRT,
            "imaging": "patient_id | imaging_id | date | modality\n"
            "P1 | CT0 | 2019-12-20 | CT\nP1 | MR0 | 2019-12-20 | MRI\nP1 | CT1 | 2020-03-20 | CT\n",
            "lesions": "patient_id | imaging_id | lesion_id | role | longest_mm | measured\n"
            "P1 | CT0 | T01 | target | 30 | yes\nP1 | CT0 | T02 | target |  | excised\n"
            f"P1 | MR0 | T02 | target |  | {beside}\nP1 | CT1 | T01 | target | 20 | yes\n",
        }
    )
    found = derive_recist_assessments(tables, derive_lines(tables, Settings()), Settings()).collect()
    assert found.select("n_targets", "baseline_mm", "response").rows() == [(1, 30.0, "PR")]


def read_named(rows: str) -> pl.DataFrame:
    """Return the assessments of targets that split or merged: scan, lesion, size or how it was (not) measured."""
    lesions = "patient_id | imaging_id | lesion_id | role | longest_mm | measured\n"
    for row in rows.split(", "):
        scan, name, seen = row.split()
        size, how = (seen, "yes") if seen.isdigit() else ("", seen)
        lesions += f"P1 | {scan} | {name} | target | {size} | {how}\n"
    scans = "".join(f"P1 | s{place} | {day} | CT\n" for place, day in enumerate(DAYS))
    tables = accept_by_hand(
        {"treatments": PRRT, "imaging": "patient_id | imaging_id | date | modality\n" + scans, "lesions": lesions}
    )
    return derive_recist_assessments(tables, derive_lines(tables, Settings()), Settings()).collect()


@pytest.mark.parametrize(("after", "response"), [("5", "NE"), ("75", "PD")])
@pytest.mark.parametrize(
    "rows",
    [
        "s0 T01 60, s1 T01/1 irradiated, s1 T01/2 30, s2 T01/1 {after}, s2 T01/2 5",
        "s0 T01 60, s1 T01/1 30, s1 T01/2 irradiated, s2 T01/1 {after}, s2 T01/2 5",
        "s0 T01 60, s1 T01 irradiated, s2 T01/1 5, s2 T01/2 {after}",
        "s0 T01 60, s1 T01/1 excised, s2 T01 {after}",
        "s0 T01 30, s0 T02 30, s1 T01 irradiated, s1 T02 30, s2 T01+T02 {after}",
        "s0 T01 30, s0 T02 30, s1 T01 30, s1 T02 irradiated, s2 T01+T02 {after}",
        "s0 T01 30, s0 T02 30, s1 T01+T02 irradiated, s2 T01 {after}, s2 T02 5",
    ],
)
def test_a_local_treatment_holds_for_the_whole_of_a_split_or_merged_lesion(rows: str, after: str, response: str):
    """L4: whichever piece or parent was treated, 60 mm show growth or nothing from then on."""
    assert read_named(rows.format(after=after))["response"].to_list() == ["NE", response]


def test_a_lesion_that_merged_into_one_without_a_size_has_none_either():
    """L4, L5: T02 counts 0 beside the size of T01+T02, and is not measured where that is not."""
    found = read_named("s0 T02 30, s1 T01+T02 not_evaluable")
    assert found.select("is_complete", "response").row(0) == (False, "NE")
    found = read_named("s0 T02 30, s0 T03 20, s1 T01+T02 yes, s1 T03 10")
    assert found.select("n_measured", "is_complete", "response").row(0) == (1, False, "NE")
