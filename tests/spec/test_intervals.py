"""What lies between two looks at the patient, and what has its day: the bounds of every event.

Every patient below started everolimus on 2020-01-01.
"""

from __future__ import annotations

import pytest

from analytics.catalogue.settings import Settings
from analytics.endpoints.times import derive_times_to_event
from analytics.longitudinal.lines import derive_lines
from tests.by_hand import accept_by_hand

HEADS = {
    "treatments": "patient_id | treatment_id | category | agent | start | end",
    "responses": "patient_id | date | criteria | response",
    "vital_status": "patient_id | date | kind",
    "labs": "patient_id | analyte | collected | value_text | uln",
}


def times_of(settings: Settings | None = None, end: str = "", **rows: str) -> dict[str, dict[str, object]]:
    """Return the times of line 1 by endpoint; rows are typed without the patient."""
    typed = {"treatments": f"T1 | targeted | everolimus | 2020-01-01 | {end}\n"}
    typed |= {name: typed.get(name, "") + more for name, more in rows.items()}
    grids = {
        name: "\n".join([HEADS[name], *(f"P1 | {line}" for line in text.splitlines() if line.strip())])
        for name, text in typed.items()
    }
    tables, chosen = accept_by_hand(grids), settings or Settings()
    times = derive_times_to_event(tables, derive_lines(tables, chosen), chosen).collect()
    return {row["endpoint"]: row for row in times.filter(line_no=1, rule_set="default").iter_rows(named=True)}


def bounds_of(endpoint: str, **rows: str) -> tuple[str, str]:
    row = times_of(**rows)[endpoint]
    return str(row["last_negative_date"]), str(row["first_positive_date"])


def test_progression_lies_after_the_last_scan_without_it():
    """R11: a scan that could not be evaluated does not show its absence."""
    scans = "2020-04-01 | RECIST_1_1 | SD\n2020-07-01 | RECIST_1_1 | NE\n2020-10-01 | RECIST_1_1 | PD"
    assert bounds_of("PFS", responses=scans) == ("2020-04-01", "2020-10-01")


@pytest.mark.parametrize(
    ("endpoint", "day"),
    [
        ("TTNT", "2020-09-01"),
        ("TTNT_DEATH", "2020-09-01"),
        ("TTD", "2020-06-30"),
        ("PFS_ALL", "2021-02-03"),
        ("OS", "2021-02-03"),
    ],
)
def test_a_treatment_and_a_death_have_their_day(endpoint: str, day: str):
    """They did not happen at some time since the start: nobody looks for them at visits."""
    rows = {"treatments": "T2 | PRRT | 177Lu-DOTATATE | 2020-09-01 |", "vital_status": "2021-02-03 | death"}
    assert bounds_of(endpoint, end="2020-06-30", **rows) == (day, day)


RISING = "CGA | 2019-12-20 | 400 | 100\nCGA | 2020-03-01 | 150 | 100\nCGA | 2020-06-01 | {} | 100\n"
DOUBLED = RISING + "CGA | 2020-09-01 | 900 | 100\nCGA | 2020-10-01 | 950 | 100\n"


@pytest.mark.parametrize(
    ("before", "bounds"),
    [
        ("200", ("2020-06-01", "2020-09-01")),
        ("<290", ("2020-06-01", "2020-09-01")),
        (">200", ("2020-01-01", "2020-09-01")),  # it may have doubled already
    ],
)
def test_biochemical_progression_lies_after_the_last_value_that_surely_was_none(before: str, bounds: tuple[str, str]):
    """M2: at least 300, twice the nadir of 150."""
    labs = DOUBLED.format(before)
    assert bounds_of("TTBP", labs=labs) == bounds_of("BPFS", labs=labs) == bounds


def test_biochemical_response_lies_after_the_value_before_it():
    """M1; where the baseline is the value before, it lies after the start."""
    labs = "CGA | 2019-12-20 | 400 | 100\nCGA | 2020-03-01 | 300 | 100\nCGA | 2020-06-01 | 200 | 100"
    assert bounds_of("TTBR", labs=labs) == bounds_of("BR_FIRST", labs=labs) == ("2020-03-01", "2020-06-01")
    assert bounds_of("TTBR", labs=labs.replace("300", "150")) == ("2020-01-01", "2020-03-01")


def test_the_end_of_a_biochemical_response_lies_after_its_start():
    labs = "CGA | 2019-12-20 | 400 | 100\nCGA | 2020-03-01 | 150 | 100\nCGA | 2020-06-01 | 300 | 100\n"
    labs += "CGA | 2020-07-01 | 320 | 100"
    assert bounds_of("DOBR", labs=labs) == ("2020-03-01", "2020-06-01")


@pytest.mark.parametrize(("endpoint", "is_imputed"), [("TTBP", True), ("BPFS", True), ("TTD", True), ("OS", False)])
def test_an_event_on_a_day_that_was_filled_in_says_so(endpoint: str, is_imputed: bool):
    """D1: a value of 2020-09 and a treatment that ended in 2021."""
    rows = {"labs": DOUBLED.format(200).replace("2020-09-01", "2020-09"), "vital_status": "2021-12-31 | death"}
    assert times_of(end="2021", **rows)[endpoint]["is_imputed"] is is_imputed


@pytest.mark.parametrize(
    ("endpoint", "contact"),
    [("OS", "alive_contact"), ("OS", "lost"), ("TTNT", "alive_contact"), ("TTD", "alive_contact")],
)
def test_who_died_after_the_cut_off_was_alive_on_it(endpoint: str, contact: str):
    """Censored on the day of the cut-off, not at the last contact before it: that would censor by the outcome."""
    rows = {"vital_status": f"2020-06-01 | {contact}\n2023-01-01 | death"}
    row = times_of(Settings(data_cutoff="2022-01-01"), **rows)[endpoint]
    assert (row["days"], row["happened"], row["reason"]) == (732, False, "no event by the data cut-off")


@pytest.mark.parametrize(
    ("endpoint", "cutoff", "days"),
    [
        ("TTNT", "2022-01-01", 153),
        ("TTNT_DEATH", "2022-01-01", 153),
        ("TTD", "2022-01-01", 153),
        ("TTNT", "", 153),
        ("TTP", "", 92),
        ("TTR", "", 92),
    ],
)
def test_of_who_was_lost_a_later_death_tells_the_survival_alone(endpoint: str, cutoff: str, days: int):
    """5.9, last contact: a register knows the death, nobody knows what was given or seen between loss and death."""
    rows = {"responses": "2020-04-01 | RECIST_1_1 | SD", "vital_status": "2020-06-01 | lost\n2023-01-01 | death"}
    row = times_of(Settings(data_cutoff=cutoff), **rows)[endpoint]
    assert (row["days"], row["happened"], row["reason"]) == (days, False, "lost to follow-up")


@pytest.mark.parametrize("endpoint", ["OS", "TTNT_DEATH", "TTD", "PFS"])
def test_a_death_that_is_an_event_counts_though_it_came_after_the_loss(endpoint: str):
    """T3: an event beats any censoring."""
    row = times_of(vital_status="2020-06-01 | lost\n2023-01-01 | death")[endpoint]
    assert (row["days"], row["happened"], row["reason"]) == (1097, True, "death")


@pytest.mark.parametrize(
    ("endpoint", "days"), [("OS", 153), ("TTNT", 153), ("PFS", 92), ("TTP", 92), ("TTR", 92), ("TTBR", 61)]
)
def test_who_was_lost_before_the_cut_off_is_lost(endpoint: str, days: int):
    """Not observed until the cut-off: neither the reason nor, for a response, the day is that of the cut-off."""
    rows = {
        "responses": "2020-04-01 | RECIST_1_1 | SD",
        "vital_status": "2020-06-01 | lost",
        "labs": "CGA | 2019-12-20 | 400 | 100\nCGA | 2020-03-01 | 390 | 100",
    }
    for settings in (Settings(), Settings(data_cutoff="2022-01-01")):
        row = times_of(settings, **rows)[endpoint]
        assert (row["days"], row["reason"]) == (days, "lost to follow-up")


def test_who_was_lost_after_the_cut_off_was_not_lost_by_it():
    lost = times_of(Settings(data_cutoff="2020-05-01"), vital_status="2020-06-01 | lost")
    assert (lost["OS"]["days"], lost["OS"]["reason"]) == (122, "no event by the data cut-off")
    assert lost["TTR"]["reason"] == "no event by the data cut-off"
