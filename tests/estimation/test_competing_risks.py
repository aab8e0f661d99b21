"""Competing risks: cumulative incidence, Gray's test and the Fine–Gray model, by hand, against R and by law."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.errors import RefusedError
from analytics.estimation.competing_risks import (
    check_causes,
    estimate_cumulative_incidence,
    estimate_incidence_at,
)
from analytics.estimation.gray_test import compare_cumulative_incidence
from analytics.estimation.observations import check_observations
from analytics.estimation.subdistribution import estimate_cause_specific_model, estimate_subdistribution_model
from analytics.estimation.survival import estimate_survival
from analytics.tables.hazard_results import RegressionResult
from analytics.tables.results import Refusal

EXACT = 1e-12
AS_R = 1e-9


def observe_causes(days, cause, **others):
    observations = check_observations(days, np.asarray(cause) != 0, **others)
    return observations, check_causes(observations, cause)


@pytest.fixture
def mgus(data):
    """R's mgus2: progression (1) or death (2); entry some months late, as the R calls have it."""
    table = data("mgus2").with_row_index("id", 1).with_columns(pl.col("id").cast(pl.Int64))
    return table.with_columns(entry=pl.max_horizontal(0, pl.col("etime") - pl.col("id") % 60 - 1))


def test_six_patients_by_hand():
    # day  at risk  cause   S before  F of cause 1
    #  1      6       1       1         1/6
    #  2      5       2       5/6       1/6
    #  4      4       0       4/6       1/6
    #  5      3       1       4/6       1/6 + 4/6·1/3
    #  7      2       2       4/9       …
    #  9      1       0       2/9       …
    observations, cause = observe_causes([1, 2, 4, 5, 7, 9], [1, 2, 0, 1, 2, 0])
    curve = estimate_cumulative_incidence(observations, cause)
    np.testing.assert_allclose(curve.incidence, [0, 1 / 6, 1 / 6, 1 / 6, 7 / 18, 7 / 18, 7 / 18], atol=EXACT)
    assert curve.n_risk.tolist() == [6, 6, 5, 4, 3, 2, 1]
    assert curve.n_event.tolist() == [0, 1, 0, 0, 1, 0, 0]
    assert estimate_incidence_at(curve, 6).value == pytest.approx(7 / 18, abs=EXACT)
    assert estimate_incidence_at(curve, 10).value is None


def check_states(curve, values, rows, agree):
    at = np.searchsorted(curve.time, np.array(values["time"])[rows])
    for ours, theirs in ((curve.incidence, "incidence"), (curve.std_error, "std_error")):
        agree(ours[at], np.array(values[theirs])[rows], AS_R)
    positive = curve.incidence[at] > 0
    for ours, theirs in ((curve.low, "low"), (curve.high, "high")):
        agree(ours[at][positive], np.array(values[theirs], dtype=object)[rows][positive], AS_R)


@pytest.mark.parametrize(("entry", "columns"), [("mgus2", {}), ("mgus2_entry", {"entry": "entry"})])
def test_incidence_and_its_errors_are_r_s(entry, columns, mgus, from_r, agree):
    others = {key: mgus[name] for key, name in columns.items()}
    observations, cause = observe_causes(mgus["etime"], mgus["cause"], **others)
    check_states(
        estimate_cumulative_incidence(observations, cause), from_r("competing_risks", entry), slice(None), agree
    )


def test_incidence_with_heavy_ties_is_r_s(data, from_r, agree):
    values, start = from_r("competing_risks", "tied"), 0
    for group, size in zip("ABC", values["strata"].values(), strict=True):
        part = data("tied_causes").filter(g=group)
        observations, cause = observe_causes(part["time"], part["cause"])
        curve = estimate_cumulative_incidence(observations, cause)
        check_states(curve, values, slice(start, start + size), agree)
        start += size


def test_errors_by_person_are_the_jackknife_s(mgus):
    # R 4.2's survfit passes over cluster for several states; the derivative by a person's weight is the definition.
    few = mgus.head(60)
    person = np.arange(60) // 3

    def incidence(weights, **others):
        observations, cause = observe_causes(few["etime"], few["cause"], weights=weights, **others)
        return estimate_cumulative_incidence(observations, cause)

    step, ones = 1e-6, np.ones(60)
    moves = [
        (incidence(ones + step * (person == who)).incidence - incidence(ones - step * (person == who)).incidence)
        / (2 * step)
        for who in range(20)
    ]
    expected = np.sqrt((np.array(moves) ** 2).sum(axis=0))
    np.testing.assert_allclose(incidence(None, cluster=person).std_error, expected, atol=1e-8)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 20), st.integers(0, 2)), min_size=1, max_size=40))
def test_incidences_and_survival_make_one(rows):
    days, cause = (np.array(column) for column in zip(*rows, strict=True))
    observations, codes = observe_causes(days, cause)
    one, two = (estimate_cumulative_incidence(observations, codes, of_cause=which) for which in (1, 2))
    survival = estimate_survival(observations)
    np.testing.assert_allclose(one.incidence + two.incidence + survival.survival, 1, atol=EXACT)
    assert (np.diff(one.incidence) >= 0).all()


@pytest.mark.parametrize(
    ("entry", "name", "days", "group", "rho"),
    [
        ("gray_mgus2", "mgus2", "etime", "female", 0),
        ("gray_mgus2_rho", "mgus2", "etime", "female", 1),
        ("gray_tied", "tied_causes", "time", "g", 0),
    ],
)
def test_gray_s_test_is_r_s(entry, name, days, group, rho, data, from_r, agree):
    table = data(name)
    observations, cause = observe_causes(table[days], table["cause"])
    values = from_r("competing_risks", entry)
    for which in (1, 2):
        result = compare_cumulative_incidence(observations, cause, table[group], which, rho)
        agree(
            [result.statistic, result.p_value],
            [values["statistic"][which - 1], values["p_value"][which - 1]],
            AS_R,
        )


@pytest.mark.parametrize(
    ("entry", "name", "days", "covariates"),
    [
        ("fine_gray_mgus2", "mgus2", "etime", ["age", "female", "hgb"]),
        ("fine_gray_tied", "tied_causes", "time", ["x"]),
    ],
)
def test_fine_gray_is_r_s(entry, name, days, covariates, data, from_r, agree):
    table = data(name)
    observations, cause = observe_causes(table[days], table["cause"])
    result = estimate_subdistribution_model(observations, cause, table.select(covariates).to_numpy(), covariates)
    assert isinstance(result, RegressionResult)
    values = from_r("competing_risks", entry)
    agree([term.coefficient for term in result.terms], np.ravel(values["coefficients"]), AS_R)
    scale = np.sqrt(np.outer(np.diag(result.covariance), np.diag(result.covariance)))
    agree(result.covariance / scale, np.reshape(values["variance"], scale.shape) / scale, AS_R)


def test_without_a_competing_cause_fine_gray_is_cox(data):
    table = data("mgus2").with_columns(cause=(pl.col("cause") == 1).cast(int))
    observations, cause = observe_causes(table["etime"], table["cause"])
    x = table.select("age", "hgb").to_numpy()
    fine_gray = estimate_subdistribution_model(observations, cause, x, ["age", "hgb"])
    weighted = check_observations(table["etime"], table["cause"] == 1, weights=np.ones(table.height))
    cox = estimate_cause_specific_model(weighted, cause, x, ["age", "hgb"])
    # Efron and Breslow differ by the few ties of this table, and by no more.
    np.testing.assert_allclose(
        [term.coefficient for term in fine_gray.terms], [term.coefficient for term in cox.terms], rtol=5e-3
    )


@pytest.mark.parametrize(
    ("cause", "words"),
    [([1, 0, -1], "something else"), ([1, 0, 1.5], "something else"), ([1, 0, np.nan], "missing"),
     ([1, 1, 1], "disagree"), ([1, 0], "2 values")],
)  # fmt: skip
def test_impossible_causes_are_refused(cause, words):
    observations = check_observations([1, 2, 3], np.array([True, False, True]))
    with pytest.raises(RefusedError, match=words):
        check_causes(observations, cause)


def test_what_gray_s_test_cannot_do_is_refused():
    observations, cause = observe_causes([3, 4, 5, 6], [1, 2, 1, 0])
    assert compare_cumulative_incidence(observations, cause, list("aaaa")).code == "one_group"
    assert compare_cumulative_incidence(observations, cause, list("aabb"), of_cause=3).code == "no_events"
    late, cause = observe_causes([3, 4, 5, 6], [1, 2, 1, 0], entry=[0, 1, 0, 0])
    assert compare_cumulative_incidence(late, cause, list("aabb")).code == "not_independent"


def test_what_fine_gray_cannot_do_is_refused(data):
    table = data("tied_causes")
    late, cause = observe_causes(table["time"], table["cause"], entry=table["time"] - 1)
    refusal = estimate_subdistribution_model(late, cause, table.select("x").to_numpy(), ["x"])
    assert isinstance(refusal, Refusal)
    assert refusal.code == "not_offered"
