"""Worked cases of admiral and admiralonco give the same answers here.

Where we differ on purpose: a stable or not evaluable line is never called by words of its own; the day of an
assessment is unique a patient (worst of the day); and the differences that `test_admiral_differences` states.
"""

from __future__ import annotations

import polars as pl
import pytest

from analytics.catalogue.endpoints import ENDPOINT_BY_CODE, RULE_SET_BY_CODE
from tests.endpoints.worked_cases import assess, changes_of, dates_of, expected_of, read_case, time_to

ACCEPTING_SD = {"confirmation_days": 14, "confirmation_max_ne": 0, "confirmation_accepts_sd": "Y"}


@pytest.mark.parametrize(
    ("case", "kind", "changes"),
    [
        ("bor_unconfirmed", "best", {}),
        ("bor_up_to_first_pd", "best", {}),
        ("cbor_default", "confirmed", {}),
        ("cbor_accept_sd_nd_missing_as_ne", "confirmed", ACCEPTING_SD),
        ("bor_by_event_list", "best", {}),
        ("cbor_by_event_list", "confirmed", {}),
    ],
)
def test_best_overall_response(case: str, kind: str, changes: dict[str, object]):
    """R2, R4, R6, R7, R9: best response, with and without confirmation; a subject without rows has none."""
    found = assess(case, **changes)
    name = f"{kind}_response" if kind == "confirmed" else "best_response"
    for subject, (response, day) in expected_of(case).items():
        if subject not in found:
            assert response in ("MISSING", "NE")  # R9: called MISSING here, an option there
            continue
        assert (found[subject][name], str(found[subject][f"{kind}_date"])) == (response, day), subject


@pytest.mark.parametrize(
    ("case", "column", "changes"),
    [
        ("confirmed_response_default", "confirmed_response_date", {}),
        ("confirmed_response_accept_sd", "confirmed_response_date", ACCEPTING_SD),
        ("response_unconfirmed_pd_cut", "response_date", {}),
    ],
)
def test_response_yes_or_no(case: str, column: str, changes: dict[str, object]):
    """R3, R6: a confirmed response is dated at its first assessment, not at the confirmation."""
    found = assess(case, **changes)
    for subject, (answer, day) in expected_of(case).items():
        response_date = found[subject][column] if subject in found else None
        assert ("Y" if response_date else "N", str(response_date or "")) == (answer, day), subject


def test_clinical_benefit():
    """R3: the earliest of a response and of disease not progressed after the least time of stability.

    Subject 07 has only NON-CR/NON-PD, which that call leaves out and we count, as admiral does by default.
    """
    case = "clinical_benefit_crprsd"
    found = assess(case)
    for subject, (answer, day) in expected_of(case).items():
        if subject == "07":
            assert found["7"]["best_response"] == "NON_CR_NON_PD"
            continue
        benefit = found[str(int(subject))]["benefit_date"] if str(int(subject)) in found else None
        assert ("Y" if benefit else "N", str(benefit or "")) == (answer, day), subject


def test_the_earliest_end_closes_observation_and_names_the_censoring():
    """T1, T5, T6, T7, T10: censored at the last assessment before the end, for the reason of the end."""
    subjects, scans = changes_of("tte_end_dates_negative", -10)
    expected = {row["USUBJID"]: row["ADT"] for row in read_case("tte_end_dates_negative", "expected")}
    found = dates_of(time_to("PFS", subjects, scans))
    assert {f"0{pid}": day for pid, (day, _, _) in found.items()} == expected
    assert [reason for _, _, reason in found.values()] == [
        "no event by the data cut-off",
        "new therapy before the event",
        "progression",
        "no adequate assessment after the start",
    ]


def test_a_favourable_event_is_censored_at_the_end_itself():
    """T8."""
    subjects, scans = changes_of("tte_end_dates_positive", 10)
    expected = {
        int(row["USUBJID"]): (row["ADT"], row["CNSR"] == "0") for row in read_case("tte_end_dates_positive", "expected")
    }
    found = dates_of(time_to("TTR", subjects, scans))
    assert {pid: (day, happened) for pid, (day, happened, _) in found.items()} == expected


def test_duration_of_response_and_ties_of_one_day():
    """T1, T2, T4: progression and death on one day are called progression; without response no duration."""
    subjects = {
        row["USUBJID"]: {"start": "2020-12-01", "response": row["RSPDT"], "death": row["DTHDT"]}
        for row in read_case("tte_dor_ties", "input_adsl")
    }
    rows = read_case("tte_dor_ties", "input_adrs")
    for row in rows:
        if row["AVALC"] == "PD":
            subjects[row["USUBJID"]]["progression"] = row["ADT"]
    scans = [(row["USUBJID"], row["ADT"]) for row in rows if row["AVALC"] != "PD"]
    found = time_to("DOR", subjects, scans)
    expected = {int(row["USUBJID"]): (row["ADT"], row["CNSR"] == "0") for row in read_case("tte_dor_ties", "expected")}
    included = dates_of(found.filter(pl.col("happened").is_not_null()))
    assert {pid: (day, happened) for pid, (day, happened, _) in included.items()} == expected
    assert included[1][2] == "progression"
    assert set(found.filter(pl.col("happened").is_null())["reason"]) == {"no response"}


def test_overall_survival():
    """T3: death, else the last day known alive."""
    subjects = {
        row["USUBJID"]: {"start": row["TRTSDT"], "death": row["DTHDT"], "alive": row["LSTALVDT"]}
        for row in read_case("tte_os_basic", "input_adsl")
    }
    expected = {int(row["USUBJID"]): (row["ADT"], row["CNSR"] == "0") for row in read_case("tte_os_basic", "expected")}
    found = dates_of(time_to("OS", subjects, []))
    assert {pid: (day, happened) for pid, (day, happened, _) in found.items()} == expected


def test_catalogue_entries_are_known_to_each_other():
    for rule_set in RULE_SET_BY_CODE.values():
        assert set(rule_set.endpoints) <= set(ENDPOINT_BY_CODE)
