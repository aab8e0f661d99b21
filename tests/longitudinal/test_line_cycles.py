"""Cycles of a line: activity, pace and reductions against the plan."""

from __future__ import annotations

import polars as pl
import pytest

from analytics.catalogue.settings import Settings
from analytics.longitudinal.line_cycles import derive_line_cycles, derive_line_doses
from analytics.longitudinal.lines import derive_lines
from analytics.tables.derived_lines import LineCycles, LineDoses
from tests.by_hand import accept_by_hand

PRRT = """
    patient_id | treatment_id | category | agent          | start      | dose | dose_unit | interval_days
    P1         | T1           | PRRT     | 177Lu-DOTATATE | 2020-01-01 |      |           |
    """


def cycles_of(cycles: str, treatments: str = PRRT) -> pl.DataFrame:
    tables = accept_by_hand({"treatments": treatments, "cycles": cycles})
    found = derive_line_cycles(tables, derive_lines(tables, Settings()).collect())
    LineCycles.validate(found)
    LineDoses.validate(derive_line_doses(found))
    return found


FOUR = """
    patient_id | treatment_id | cycle_no | date       | activity_gbq | delayed_days | dose_reduced
    P1         | T1           | 1        | 2020-01-01 | 7.4          |              |
    P1         | T1           | 2        | 2020-03-04 | 6.66         |              |
    P1         | T1           | 3        | 2020-05-07 | 6.65         |              |
    P1         | T1           | 4        | 2020-07-01 | 3.7          | 5            |
    """


def test_cycles_against_the_plan_of_7_4_gbq_every_8_weeks():
    """63 days are a week late and still in time; 64 are not. Exactly nine tenths of the activity is as planned."""
    found = cycles_of(FOUR)
    assert found["gap_days"].to_list() == [None, 63, 64, 55]
    assert found["delay_days"].to_list() == [0, 0, 8, 5]  # the last one as recorded
    assert found["is_reduced"].to_list() == [False, False, True, True]
    assert found["cumulative_gbq"].to_list() == pytest.approx([7.4, 14.06, 20.71, 24.41])


def test_one_line_sums_its_cycles_up():
    [row] = derive_line_doses(cycles_of(FOUR)).to_dicts()
    assert (row["n_cycles"], row["n_delayed"], row["total_delay_days"], row["n_reduced"]) == (4, 2, 13, 2)
    assert (row["longest_gap_days"], row["n_without_plan"]) == (64, 0)
    assert (row["cumulative_gbq"], row["mean_gbq"], row["lowest_gbq"]) == pytest.approx((24.41, 6.1025, 3.7))


def test_the_plan_of_the_hospital_stands_before_the_usual_one():
    own = PRRT.replace("2020-01-01 |      |           |", "2020-01-01 | 3.7  | GBq       | 70")
    found = cycles_of(FOUR, own)
    assert found["delay_days"].to_list() == [0, 0, 0, 5]
    assert found["is_reduced"].to_list() == [False] * 4


def test_what_was_recorded_stands_before_what_is_computed():
    said = FOUR.replace("6.65         |              |", "6.65         | 0            | N")
    assert cycles_of(said)["delay_days"].to_list() == [0, 0, 0, 5]
    assert cycles_of(said)["is_reduced"].to_list() == [False, False, False, True]


def test_without_a_plan_or_a_day_nothing_is_told():
    other = PRRT.replace("177Lu-DOTATATE", "90Y-DOTATOC   ")
    found = cycles_of(
        """
        patient_id | treatment_id | cycle_no | date       | activity_gbq
        P1         | T1           | 1        | 2020-01-01 | 4
        P1         | T1           | 2        | 2020-06    |
        P1         | T1           | 3        | 2020-06-20 | 4
        """,
        other,
    )
    assert found["gap_days"].to_list() == [None, None, None]
    assert found["delay_days"].to_list() == [0, None, None]
    assert found["is_reduced"].to_list() == [None, None, None]
    assert found["cumulative_gbq"].to_list() == [4, None, None]
    [row] = derive_line_doses(found).to_dicts()
    assert (row["n_without_plan"], row["cumulative_gbq"]) == (2, 8)


def test_a_treatment_given_again_is_read_in_each_of_its_lines():
    found = cycles_of(
        """
        patient_id | treatment_id | cycle_no | date       | activity_gbq
        P1         | T1           | 1        | 2020-01-01 | 7.4
        P1         | T1           | 2        | 2020-03-01 | 7.4
        P1         | T1           | 3        | 2021-03-01 | 7.4
        """
    )
    assert found["line_no"].to_list() == [1, 1, 2]
    assert found["cumulative_gbq"].to_list() == pytest.approx([7.4, 14.8, 7.4])
    assert found["gap_days"].to_list() == [None, 60, None]
