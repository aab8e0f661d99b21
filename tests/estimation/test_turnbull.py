"""Turnbull's estimate: by hand, as a Kaplan–Meier curve where days are known, against lifelines and R, and by law."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines.fitters.npmle import npmle

from analytics.errors import RefusedError
from analytics.estimation.intervals import Intervals, check_intervals, intervals_of
from analytics.estimation.observations import check_observations
from analytics.estimation.survival import estimate_survival
from analytics.estimation.turnbull import estimate_interval_survival, find_interval_quantile

R_STEPS_STOP = 1e-3  # R's steps end at a gain of a thousandth
STEPS_STOP = 1e-4  # the likelihood is flat at its top: a gain of 1e-9 leaves masses this near


def test_overlapping_visits_by_hand():
    # (0, 2] twice, (1, 3] and (2, 4]: mass can lie in (1, 2] and (2, 3] only; the third line covers both, so the
    # likelihood is a · a · (a + b) · b with a + b = 1, largest at a = 2/3.
    curve = estimate_interval_survival(check_intervals([0, 0, 1, 2], [2, 2, 3, 4]))
    assert list(zip(curve.left, curve.right, strict=True)) == [(1, 2), (2, 3)]
    np.testing.assert_allclose(curve.mass, [2 / 3, 1 / 3], atol=STEPS_STOP)
    np.testing.assert_allclose(curve.survival, [1 / 3, 0], atol=STEPS_STOP)
    assert curve.log_likelihood == pytest.approx(np.log(4 / 27), abs=1e-8)
    assert find_interval_quantile(curve) == (1.0, 2.0)


def test_a_visit_that_closes_one_interval_opens_the_next():
    # (0, 5] and (5, 10] share day 5 and no moment: open on the left, closed on the right
    curve = estimate_interval_survival(check_intervals([0, 5], [5, 10]))
    assert list(zip(curve.left, curve.right, strict=True)) == [(0, 5), (5, 10)]
    np.testing.assert_allclose(curve.mass, [0.5, 0.5], atol=STEPS_STOP)


def test_known_days_give_kaplan_meier(data):
    lung = data("lung")
    observations = check_observations(lung["time"], lung["happened"].cast(bool))
    curve = estimate_interval_survival(intervals_of(observations))
    meier = estimate_survival(observations)
    known = np.isfinite(curve.right)
    at = np.searchsorted(meier.time, curve.right[known])
    np.testing.assert_allclose(curve.survival[known], meier.survival[at], atol=STEPS_STOP)


def test_visits_every_ninety_days_are_r_s(data, from_r):
    # R gives S at the middle of each interval; every interval here is a whole one between two visits.
    lung = data("lung").drop_nulls("ph.ecog")
    low = 90 * ((lung["time"].to_numpy() - 1) // 90)
    curve = estimate_interval_survival(check_intervals(low, np.where(lung["happened"] == 1, low + 90.0, np.nan)))
    values = from_r("parametric", "turnbull")
    middle = dict(zip(values["time"], values["survival"], strict=True))
    shared = [(s, middle[(a + b) / 2]) for a, b, s in zip(curve.left, curve.right, curve.survival, strict=True)
              if (a + b) / 2 in middle]  # fmt: skip
    assert len(shared) >= 5
    np.testing.assert_allclose(*zip(*shared, strict=True), atol=R_STEPS_STOP)


def test_lifelines_agrees_where_no_ends_touch():
    low, high = np.array([0.0, 3, 5, 8, 2, 7, 10, 4]), np.array([4.1, 6.2, 9.3, 12.4, 5.5, 11.6, np.inf, 7.7])
    masses, places = npmle(low, high, tol=1e-12)
    curve = estimate_interval_survival(check_intervals(low, high))
    theirs = {(place.left, place.right): mass for place, mass in zip(places, masses, strict=True) if mass > 1e-3}
    ours = dict(zip(zip(curve.left, curve.right, strict=True), curve.mass, strict=True))
    for place, mass in theirs.items():
        assert ours[place] == pytest.approx(mass, abs=1e-3)


lines = st.lists(st.tuples(st.integers(0, 20), st.integers(1, 10) | st.just(None)), min_size=1, max_size=25)


@settings(max_examples=60, deadline=None)
@given(lines)
def test_no_move_of_mass_climbs(rows):
    low = [start for start, _ in rows]
    high = [None if width is None else start + width for start, width in rows]
    intervals = check_intervals(low, high)
    curve = estimate_interval_survival(intervals)
    assert curve.mass.sum() == pytest.approx(1, abs=1e-9)
    covers = (curve.left[None] >= intervals.low[:, None]) & (curve.right[None] <= intervals.high[:, None])
    chance = covers @ curve.mass
    assert (chance > 0).all()
    slopes = (covers / chance[:, None]).mean(axis=0)
    assert slopes.max() <= 1 + 1e-4


def test_late_entry_and_nobody_are_refused():
    with pytest.raises(RefusedError, match="from day 0"):
        estimate_interval_survival(Intervals(np.array([5.0]), np.array([6.0]), np.array([2.0])))
    with pytest.raises(RefusedError, match="from day 0"):
        estimate_interval_survival(check_intervals([], []))


def test_a_quantile_not_reached_is_none():
    curve = estimate_interval_survival(check_intervals([1, 5, 6], [2, None, None]))
    assert find_interval_quantile(curve) is None
