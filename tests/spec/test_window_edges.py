"""The last day inside a window and the first day outside it: values, scans and deaths.

PRRT began on 2020-01-01.
"""

from __future__ import annotations

import pytest

from analytics.catalogue.settings import Settings
from analytics.endpoints.growth_rates import derive_growth_rates
from analytics.endpoints.line_readings import derive_line_readings
from analytics.endpoints.recist import assess_readings
from analytics.endpoints.times import derive_times_to_event
from analytics.longitudinal.lines import derive_lines
from analytics.longitudinal.marker_features import derive_marker_features
from analytics.longitudinal.marker_values import derive_marker_values
from tests.by_hand import Tables, accept_by_hand

PRRT = "patient_id | treatment_id | category | agent | start\nP1 | T1 | PRRT | 177Lu-DOTATATE | 2020-01-01"


def accept(**grids: str) -> Tables:
    return accept_by_hand({"treatments": PRRT} | grids)


@pytest.mark.parametrize(("last", "has_slope"), [("2020-03-31", False), ("2020-04-01", True)])
def test_a_growth_rate_needs_three_values_over_91_days(last: str, has_slope: bool):
    """The first is of the day of the start."""
    values = {"2020-01-01": 100, "2020-02-15": 120, last: 150}
    rows = "".join(f"P1 | CGA | {day} | {value}\n" for day, value in values.items())
    tables = accept(labs="patient_id | analyte | collected | value_text\n" + rows)
    lines = derive_lines(tables, Settings())
    features = derive_marker_features(derive_marker_values(tables, lines, Settings()), lines).collect()
    assert (features["slope_per_month"].item() is not None) is has_slope


@pytest.mark.parametrize(("day", "is_known"), [("2019-10-02", False), ("2019-10-03", True)])
def test_an_egfr_describes_a_value_for_90_days(day: str, is_known: bool):
    """Of the baseline of 2020-01-01; an older one leaves unknown whether the kidneys raised it."""
    rows = f"P1 | CGA | 2020-01-01 | 400\nP1 | CGA | 2020-03-01 | 100\nP1 | EGFR | {day} | 25"
    tables = accept(labs="patient_id | analyte | collected | value_text\n" + rows)
    lines = derive_lines(tables, Settings())
    first = derive_marker_values(tables, lines, Settings()).collect().row(0, named=True)
    assert first["egfr_low"] == ("yes" if is_known else "unknown")
    assert first["is_baseline"] is not is_known


SCANS = "patient_id | imaging_id | date | modality | timepoint\nP1 | s0 | 2019-12-20 | CT | baseline\n"
LESIONS = "patient_id | imaging_id | lesion_id | role | longest_mm | measured\nP1 | s0 | T01 | target | 50 | yes\n"


@pytest.mark.parametrize(
    ("day", "has_rate"),
    [("2020-02-18", False), ("2020-02-19", True), ("2020-04-19", True), ("2020-04-20", False)],
)
def test_a_tumour_growth_rate_is_that_of_two_to_four_months(day: str, has_rate: bool):
    """60, 61, 121 and 122 days after the baseline; a month has 30.4375."""
    tables = accept(imaging=SCANS + f"P1 | s1 | {day} | CT |", lesions=LESIONS + "P1 | s1 | T01 | target | 55 | yes")
    readings = derive_line_readings(tables, derive_lines(tables, Settings()).collect(), Settings())
    growth = derive_growth_rates(readings, assess_readings(readings, Settings()))
    assert (growth.height == 1) is has_rate


@pytest.mark.parametrize(("second", "n_visits"), [("2020-04-17", 1), ("2020-04-18", 2)])
def test_scans_of_one_timepoint_within_28_days_are_one_visit(second: str, n_visits: int):
    """L1: the first of them is of 2020-03-20."""
    scans = SCANS + f"P1 | s1 | 2020-03-20 | CT | month 3\nP1 | s2 | {second} | MRI | month 3"
    lesions = LESIONS + "P1 | s1 | T01 | target | 50 | yes\nP1 | s2 | T01 | target | 50 | yes"
    tables = accept(imaging=scans, lesions=lesions)
    readings = derive_line_readings(tables, derive_lines(tables, Settings()).collect(), Settings())
    assert assess_readings(readings, Settings()).height == n_visits


def test_of_two_days_of_death_the_earlier_one_counts_and_is_marked():
    """The patient is dead; the day is not known, and is taken as filled in."""
    deaths = "patient_id | date | kind\nP1 | 2020-06-01 | death\nP1 | 2020-06-11 | death"
    tables = accept(vital_status=deaths)
    times = derive_times_to_event(tables, derive_lines(tables, Settings()), Settings()).collect()
    assert times.filter(endpoint="OS").select("days", "happened", "is_imputed").row(0) == (153, True, True)
    once = accept(vital_status=deaths.replace("2020-06-11", "2020-06-01"))
    times = derive_times_to_event(once, derive_lines(once, Settings()), Settings()).collect()
    assert times.filter(endpoint="OS")["is_imputed"].item() is False
