"""Thresholds met exactly: which side a tie falls on, for every size, marker change and window."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.catalogue.settings import Settings
from analytics.catalogue.size_criteria import SIZE_CRITERIA_BY_CODE
from analytics.endpoints.response_categories import VisitSums, compute_target_response, name_categories
from analytics.longitudinal.comparisons import has_surely_fallen
from analytics.longitudinal.lines import derive_lines
from tests.by_hand import accept_by_hand

TENTHS = st.integers(min_value=100, max_value=3000)
"""Sums from 10 to 300 mm, in tenths of a millimetre."""


def target_response(baseline: int, nadir: int, total: int, criteria: str) -> str:
    yes, no = np.array([True]), np.array([False])
    sums = VisitSums(
        sum=np.array([total]),
        nadir=np.array([nadir]),
        baseline=np.array([baseline]),
        n_targets=np.array([1]),
        were_diseased=yes,
        is_complete=yes,
        is_gone=no,
        was_gone=no,
        is_back=no,
    )
    return name_categories(compute_target_response(sums, SIZE_CRITERIA_BY_CODE[criteria])).item()


def expected_response(baseline: int, nadir: int, total: int, criteria: str) -> str:
    """Decide in fractions, from the words of the criteria."""
    is_larger = Fraction(total, nadir) >= Fraction(120, 100) and total > nadir
    if is_larger and (criteria == "RECIST_1_0" or total - nadir >= 50):
        return "PD"
    return "PR" if Fraction(total, baseline) <= Fraction(70, 100) else "SD"


@settings(max_examples=60, deadline=None)
@given(TENTHS, TENTHS, TENTHS, st.sampled_from(["RECIST_1_1", "RECIST_1_0"]))
def test_sums_are_judged_as_fractions(baseline: int, nadir: int, total: int, criteria: str):
    """L3: in whole tenths of a millimetre no tie is lost."""
    lowest = min(nadir, baseline)
    assert target_response(baseline, lowest, total, criteria) == expected_response(baseline, lowest, total, criteria)


@pytest.mark.parametrize(
    ("baseline", "nadir", "total", "response"),
    [
        (1000, 1000, 700, "PR"),
        (1000, 1000, 701, "SD"),
        (1000, 500, 600, "PD"),
        (1000, 500, 599, "PR"),
        (1000, 250, 300, "PD"),  # 20 % and 5 mm at once
        (1000, 249, 299, "PD"),  # 5 mm, more than 20 %
        (1000, 249, 298, "PR"),  # 20 % reached at 298.8, 5 mm not
        (1000, 303, 353, "PR"),  # 5 mm, less than 20 %
    ],
)
def test_exactly_20_percent_5_mm_and_30_percent(baseline: int, nadir: int, total: int, response: str):
    """L3."""
    assert target_response(baseline, nadir, total, "RECIST_1_1") == response


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 10**6), st.sampled_from([1, 10, 100, 1000]), st.sampled_from([20, 25, 30, 50, 90]))
def test_a_fall_of_exactly_the_share_counts_however_many_decimals(number: int, scale: int, pct: int):
    """B4: the later value is the share itself, held in binary; one unit in the last place more is no fall."""
    base = number / scale
    later = float(Fraction(number, scale) * Fraction(100 - pct, 100))
    above = later * (1 + 1e-9)
    values = pl.DataFrame({"base": [base, base], "later": [later, above]})
    low, high = pl.col("later"), pl.col("base")
    fell = values.select(has_surely_fallen(low, low, high, high, pct)).to_series().to_list()
    assert fell == [True, False]


FIRST = "patient_id | treatment_id | category | agent | start | end\nP1 | T1 | targeted | everolimus | 2020-01-01 | "


@pytest.mark.parametrize(
    ("end", "second", "n_lines"),
    [
        # two drugs started within 28 days and overlapping are one line
        ("2021-01-01", "chemotherapy | CAPTEM | 2020-01-29", 1),
        ("2021-01-01", "chemotherapy | CAPTEM | 2020-01-30", 2),
        # the same drug again within 183 days is the same line
        ("2020-03-01", "targeted | everolimus | 2020-08-31", 1),
        ("2020-03-01", "targeted | everolimus | 2020-09-01", 2),
        # an SSA within 91 days of the last dose is maintenance
        ("2020-03-01", "SSA | lanreotide | 2020-05-31", 1),
        ("2020-03-01", "SSA | lanreotide | 2020-06-01", 2),
    ],
)
def test_the_last_day_of_a_window_is_inside(end: str, second: str, n_lines: int):
    tables = accept_by_hand({"treatments": f"{FIRST}{end}\nP1 | T2 | {second} |"})
    assert derive_lines(tables, Settings()).collect().height == n_lines
