"""The linear mixed model: by hand, against lme4 and nlme, against statsmodels, and by law."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.errors import RefusedError
from analytics.estimation import minimise, mixed_model
from analytics.estimation.mixed_model import check_mixed_data, fit_mixed_model
from analytics.estimation.mixed_model_likelihood import compute_profile
from analytics.estimation.mixed_model_prediction import (
    compute_mixed_residuals,
    predict_average,
    predict_patient_effects,
    predict_values,
)
from analytics.estimation.mixed_model_sums import compute_scales, compute_sums
from analytics.tables.results import Refusal

ESTIMATES = 1e-5  # what R's optimisers settle on is itself known to about 5e-6 in the covariances
ERRORS = 1e-5
LOG_LIKELIHOODS = 1e-9
BY_LAW = 1e-6  # two searches for one maximum
STATSMODELS_STOPS_EARLY = 1e-4


def design(table, terms):
    """The columns of R's model matrix, written out."""
    ones = np.ones(table.height)
    columns = {name: table[name].to_numpy().astype(float) for name in table.columns if table[name].dtype.is_numeric()}
    return np.column_stack([eval(term, {"one": ones, **columns}) * ones for term in terms])


MODELS = {
    "sleepstudy_reml": ("sleepstudy", "Reaction", "Subject", ["one", "Days"], 2, "REML"),
    "sleepstudy_ml": ("sleepstudy", "Reaction", "Subject", ["one", "Days"], 2, "ML"),
    "sleepstudy_intercept": ("sleepstudy", "Reaction", "Subject", ["one", "Days"], 1, "ML"),
    "orthodont_reml": ("orthodont", "distance", "Subject", ["one", "age", "male", "age * male"], 2, "REML"),
    "orthodont_ml": ("orthodont", "distance", "Subject", ["one", "age", "male", "age * male"], 2, "ML"),
    "orthodont_nlme": ("orthodont", "distance", "Subject", ["one", "age", "male", "age * male"], 2, "REML"),
    "oxboys_quadratic_ml": ("oxboys", "height", "Subject", ["one", "age", "age**2"], 3, "ML"),
    "oxboys_quadratic_reml": ("oxboys", "height", "Subject", ["one", "age", "age**2"], 3, "REML"),
    "bodyweight_reml": (
        "bodyweight", "weight", "Rat",
        ["one", "time", "diet == 2", "diet == 3", "time * (diet == 2)", "time * (diet == 3)"], 2, "REML",
    ),
    "bodyweight_nlme": (
        "bodyweight", "weight", "Rat",
        ["one", "time", "diet == 2", "diet == 3", "time * (diet == 2)", "time * (diet == 3)"], 2, "ML",
    ),
    "marker_reml": (
        "marker", "log_fold", "patient", ["one", "day / 365.25", "group", "day / 365.25 * group"], 2, "REML",
    ),
    "marker_ml": (
        "marker", "log_fold", "patient", ["one", "day / 365.25", "group", "day / 365.25 * group"], 2, "ML",
    ),
}  # fmt: skip


def read_model(data, name):
    table, outcome, patient, terms, q, criterion = MODELS[name]
    frame = data(table)
    fixed = design(frame, terms)
    return check_mixed_data(
        frame[outcome].to_numpy(), fixed, fixed[:, :q], frame[patient].to_numpy(), terms, terms[:q]
    ), criterion


def fit_arrays(outcome, fixed, random, patient, criterion="REML"):
    names = [f"x{j}" for j in range(fixed.shape[1])], [f"z{j}" for j in range(random.shape[1])]
    return fit_mixed_model(check_mixed_data(outcome, fixed, random, patient, *names), criterion)


# ---- a pencil --------------------------------------------------------------------------------------------------


def test_balanced_groups_give_the_sums_of_squares_of_a_textbook():
    """Three patients, two values each: 1 3, 4 6, 9 13. Between MS = 2·Var(2, 5, 11), within MS = (2 + 2 + 8)/3."""
    fit = fit_arrays(np.array([1.0, 3, 4, 6, 9, 13]), np.ones((6, 1)), np.ones((6, 1)), [0, 0, 1, 1, 2, 2])
    between, within = 2 * np.var([2, 5, 11], ddof=1), 4.0
    assert fit.coefficients == pytest.approx([6.0])
    assert fit.residual_variance == pytest.approx(within, rel=BY_LAW)
    assert fit.random_covariance.item() == pytest.approx((between - within) / 2, rel=BY_LAW)
    assert fit.covariance.item() == pytest.approx(between / 6, rel=BY_LAW)


def test_a_patient_is_drawn_to_the_average_by_the_share_of_its_noise():
    outcome, patient = np.array([1.0, 3, 4, 6, 9, 13]), [0, 0, 1, 1, 2, 2]
    data = check_mixed_data(outcome, np.ones((6, 1)), np.ones((6, 1)), patient, ["mean"], ["mean"])
    fit = fit_mixed_model(data)
    kept = fit.random_covariance.item() / (fit.random_covariance.item() + fit.residual_variance / 2)
    effects = predict_patient_effects(data, fit)
    assert effects.effects[:, 0] == pytest.approx(kept * (np.array([2, 5, 11]) - 6))
    assert effects.conditional[:, 0, 0] == pytest.approx(fit.random_covariance.item() * (1 - kept))


def test_the_profile_is_the_density_of_a_multivariate_normal(data):
    mixed, _ = read_model(data, "sleepstudy_ml")
    scales = compute_scales(mixed.outcome, mixed.fixed, mixed.random, ["a", "b"], ["a", "b"])
    sums = compute_sums(mixed.outcome, mixed.fixed, mixed.random, mixed.patient, 18, scales)
    root = np.array([[0.7, 0.0], [0.2, 0.4]])
    state = compute_profile(sums, root, "ML")
    z = mixed.random @ np.linalg.inv(scales.random_root)
    x = mixed.fixed @ np.linalg.inv(scales.fixed_root)
    y = (mixed.outcome - mixed.fixed @ scales.least_squares) / scales.outcome
    same = mixed.patient[:, None] == mixed.patient[None, :]
    covariance = np.eye(len(y)) + same * (z @ root @ root.T @ z.T)
    inverse = np.linalg.inv(covariance)
    beta = np.linalg.solve(x.T @ inverse @ x, x.T @ inverse @ y)
    sigma = (y - x @ beta) @ inverse @ (y - x @ beta) / len(y)
    deviance = np.linalg.slogdet(covariance)[1] + len(y) * (1 + np.log(2 * np.pi * sigma))
    assert state.deviance == pytest.approx(deviance, rel=1e-12)
    assert state.coefficients == pytest.approx(beta, abs=1e-12)


# ---- R ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MODELS)
def test_agrees_with_lme4_and_nlme(name, data, from_r, agree):
    mixed, criterion = read_model(data, name)
    fit, r = fit_mixed_model(mixed, criterion), from_r("mixed_model", name)
    agree(fit.coefficients, r["fixed"], ESTIMATES)
    assert fit.random_covariance == pytest.approx(np.array(r["random"]), rel=ESTIMATES)
    assert np.sqrt(fit.residual_variance) == pytest.approx(r["sigma"], rel=ESTIMATES)
    agree(fit.log_likelihood, r["log_likelihood"], LOG_LIKELIHOODS)
    if r["engine"] == "lme4":
        assert np.sqrt(np.diag(fit.covariance)) == pytest.approx(np.sqrt(np.diag(r["covariance"])), rel=ERRORS)


@pytest.mark.parametrize("name", [name for name in MODELS if not name.endswith("nlme")])
def test_patient_effects_and_fitted_values_are_those_of_lme4(name, data, from_r, agree):
    mixed, criterion = read_model(data, name)
    fit, r = fit_mixed_model(mixed, criterion), from_r("mixed_model", name)
    effects = predict_patient_effects(mixed, fit)
    order = [[str(label) for label in mixed.labels].index(label) for label in r["labels"]]
    size = np.abs(r["effects"]).max(axis=0)
    agree(effects.effects[order] / size, np.array(r["effects"]) / size, ESTIMATES)
    first = np.reshape(r["effect_covariance"], effects.conditional.shape[1:])
    agree(effects.conditional[order[0]] / np.abs(first).max(), first / np.abs(first).max(), ESTIMATES)
    agree(
        predict_values(fit, effects, mixed.fixed, mixed.random, mixed.patient).mean / np.abs(r["fitted"]).max(),
        np.array(r["fitted"]) / np.abs(r["fitted"]).max(),
        ESTIMATES,
    )


def test_agrees_with_statsmodels_where_that_converges(data):
    frame = pd.DataFrame(data("sleepstudy").to_dict(as_series=False))
    theirs = smf.mixedlm("Reaction ~ Days", frame, groups="Subject", re_formula="~Days").fit(method="lbfgs")
    ours = fit_mixed_model(read_model(data, "sleepstudy_reml")[0])
    assert ours.log_likelihood == pytest.approx(theirs.llf, rel=1e-8)
    assert ours.coefficients == pytest.approx(theirs.fe_params.to_numpy(), rel=STATSMODELS_STOPS_EARLY)
    assert ours.random_covariance == pytest.approx(theirs.cov_re.to_numpy(), rel=100 * STATSMODELS_STOPS_EARLY)


# ---- laws ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("criterion", ["ML", "REML"])
@given(numbers=st.lists(st.floats(-1.5, 1.5), min_size=6, max_size=6), seed=st.integers(0, 50))
@settings(max_examples=25, deadline=None)
def test_the_gradient_is_the_slope_of_the_deviance(criterion, numbers, seed):
    stream = np.random.default_rng(seed)
    patient = stream.integers(0, 9, 60)
    fixed = np.column_stack([np.ones(60), stream.normal(size=60), stream.normal(size=60)])
    outcome = stream.normal(size=60)
    scales = compute_scales(outcome, fixed, fixed, ["a", "b", "c"], ["a", "b", "c"])
    sums = compute_sums(
        outcome, fixed, fixed, np.unique(patient, return_inverse=True)[1], len(np.unique(patient)), scales
    )
    root = np.zeros((3, 3))
    root[np.tril_indices(3)] = numbers
    gradient = compute_profile(sums, root, criterion).gradient
    for i, j in zip(*np.tril_indices(3), strict=True):
        step = np.zeros((3, 3))
        step[i, j] = 1e-5
        up, down = (compute_profile(sums, root + sign * step, criterion).deviance for sign in (1, -1))
        assert gradient[i, j] == pytest.approx((up - down) / 2e-5, abs=1e-5)


@pytest.mark.parametrize("criterion", ["ML", "REML"])
def test_units_change_nothing(data, criterion):
    """Days or seconds since 1970, fold-ULN or values around five million with a spread of thousandths."""
    frame = data("marker")
    day, group, value = (frame[name].to_numpy().astype(float) for name in ("day", "group", "log_fold"))
    one = np.ones(len(day))
    plain = np.column_stack([one, day, group, day * group])
    seconds = 1.7e9 + 86400 * day
    odd = np.column_stack([one, seconds, group, seconds * group])
    patient = frame["patient"].to_numpy()
    ours = fit_arrays(value, plain, plain[:, :2], patient, criterion)
    scaled = fit_arrays(5e6 + 1e-3 * value, odd, odd[:, :2], patient, criterion)
    errors, scaled_errors = (np.sqrt(np.diag(fit.covariance)) for fit in (ours, scaled))
    assert scaled_errors[[1, 3]] * 86400 * 1e3 == pytest.approx(errors[[1, 3]], rel=BY_LAW)
    # 5e6 holds a double to 1e-9, a millionth of the spread.
    assert scaled.coefficients[[1, 3]] * 86400 * 1e3 == pytest.approx(ours.coefficients[[1, 3]], abs=1e-5 * errors[3])
    assert np.sqrt(scaled.residual_variance) * 1e3 == pytest.approx(np.sqrt(ours.residual_variance), rel=BY_LAW)


def test_the_order_of_rows_changes_nothing(data):
    mixed, _ = read_model(data, "marker_reml")
    order = np.random.default_rng(5).permutation(len(mixed.outcome))
    mixed_up = check_mixed_data(
        mixed.outcome[order], mixed.fixed[order], mixed.random[order], mixed.patient[order],
        mixed.fixed_names, mixed.random_names,
    )  # fmt: skip
    one, other = fit_mixed_model(mixed), fit_mixed_model(mixed_up)
    assert other.coefficients == pytest.approx(one.coefficients, rel=BY_LAW)
    assert other.log_likelihood == pytest.approx(one.log_likelihood, rel=1e-10)


def test_a_variance_of_nothing_is_reported_as_singular_and_fits_as_least_squares():
    stream = np.random.default_rng(2)
    patient, time = np.repeat(np.arange(30), 6), np.tile(np.arange(6.0), 30)
    noise = stream.normal(size=(30, 6))
    outcome = 2 + 0.5 * time + (noise - noise.mean(axis=1, keepdims=True)).ravel()
    fixed = np.column_stack([np.ones(180), time])
    fit = fit_arrays(outcome, fixed, fixed[:, :1], patient, "ML")
    assert fit.is_singular
    assert fit.coefficients == pytest.approx(np.linalg.lstsq(fixed, outcome)[0], rel=BY_LAW)


def test_prediction_intervals_hold_their_level():
    """900 patients, the last value of each set aside: 95 % intervals hold 95 % of them, of strangers as well."""
    stream = np.random.default_rng(11)
    m, visits = 900, 6
    patient, time = np.repeat(np.arange(m), visits), np.tile(np.arange(float(visits)), m)
    own = stream.multivariate_normal([0, 0], [[1, -0.1], [-0.1, 0.08]], m)
    outcome = 1 + 0.2 * time + own[patient, 0] + own[patient, 1] * time + stream.normal(0, 0.5, m * visits)
    fixed = np.column_stack([np.ones(m * visits), time])
    seen = time < visits - 1
    data = check_mixed_data(outcome[seen], fixed[seen], fixed[seen], patient[seen], ["one", "time"], ["one", "time"])
    fit = fit_mixed_model(data)
    effects = predict_patient_effects(data, fit)
    known = predict_values(fit, effects, fixed[~seen], fixed[~seen], patient[~seen])
    stranger = predict_average(fit, fixed[~seen], fixed[~seen])
    for prediction in (known, stranger):
        inside = np.abs(outcome[~seen] - prediction.mean) < 1.96 * prediction.value_error
        assert abs(inside.mean() - 0.95) < 3 * np.sqrt(0.95 * 0.05 / m)
    assert (known.value_error < stranger.value_error).all()
    residuals = compute_mixed_residuals(data, fit, effects)
    assert residuals.std() == pytest.approx(1, abs=3 / np.sqrt(2 * len(residuals)))


# ---- refusals --------------------------------------------------------------------------------------------------


def test_one_value_a_patient_cannot_tell_person_from_noise():
    stream = np.random.default_rng(0)
    answer = fit_arrays(stream.normal(size=50), np.ones((50, 1)), np.ones((50, 1)), np.arange(50))
    assert isinstance(answer, Refusal)
    assert answer.code == "not_identified"


def test_two_values_a_patient_cannot_carry_slope_and_noise():
    stream = np.random.default_rng(0)
    time = np.tile([0.0, 1.0], 40)
    fixed = np.column_stack([np.ones(80), time])
    answer = fit_arrays(stream.normal(size=80), fixed, fixed, np.repeat(np.arange(40), 2))
    assert isinstance(answer, Refusal)
    assert answer.code == "not_identified"


def test_a_redundant_column_is_named():
    stream = np.random.default_rng(0)
    time = stream.normal(size=60)
    fixed = np.column_stack([np.ones(60), time, 2 * time + 1])
    answer = fit_arrays(stream.normal(size=60), fixed, fixed[:, :1], np.repeat(np.arange(12), 5))
    assert isinstance(answer, Refusal)
    assert answer.code == "redundant_covariate"
    assert "x2" in answer.sentence


def test_a_perfect_fit_is_refused():
    time = np.tile(np.arange(5.0), 6)
    fixed = np.column_stack([np.ones(30), time])
    answer = fit_arrays(3 - 2 * time, fixed, fixed[:, :1], np.repeat(np.arange(6), 5))
    assert isinstance(answer, Refusal)
    assert answer.code == "no_residual_variation"


def test_people_who_differ_ten_thousand_times_their_noise_are_no_obstacle():
    stream = np.random.default_rng(4)
    patient, time = np.repeat(np.arange(30), 6), np.tile(np.arange(6.0), 30)
    own = stream.normal(size=(30, 2)) * [1e4, 1e3]
    outcome = own[patient, 0] + own[patient, 1] * time + stream.normal(size=180)
    fixed = np.column_stack([np.ones(180), time])
    fit = fit_arrays(outcome, fixed, fixed, patient, "ML")
    within = [
        np.linalg.lstsq(fixed[patient == i], outcome[patient == i])[1].item() for i in range(30)
    ]  # such people borrow nothing from each other: the noise is that around a line of their own
    assert fit.residual_variance == pytest.approx(sum(within) / (30 * 4), rel=1e-4)


def test_a_search_that_does_not_arrive_is_never_an_estimate(monkeypatch, data):
    for limit in ("MOST_STEPS", "MOST_NEWTON_STEPS"):
        monkeypatch.setattr(minimise, limit, 1)
    monkeypatch.setattr(mixed_model, "MOST_RESTARTS", 0)
    answer = fit_mixed_model(read_model(data, "oxboys_quadratic_ml")[0])
    assert isinstance(answer, Refusal)
    assert answer.code == "not_converged"


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_missing_value_is_refused(bad):
    outcome = np.ones(6)
    outcome[3] = bad
    with pytest.raises(RefusedError, match="missing or infinite"):
        check_mixed_data(outcome, np.ones((6, 1)), np.ones((6, 1)), [0, 0, 1, 1, 2, 2], ["one"], ["one"])


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(RefusedError, match="shape"):
        check_mixed_data(np.ones(6), np.ones((5, 1)), np.ones((6, 1)), [0, 0, 1, 1, 2, 2], ["one"], ["one"])
    with pytest.raises(RefusedError, match="patient has 5"):
        check_mixed_data(np.ones(6), np.ones((6, 1)), np.ones((6, 1)), [0, 0, 1, 1, 2], ["one"], ["one"])
    with pytest.raises(RefusedError, match="7 random effects"):
        check_mixed_data(np.ones(6), np.ones((6, 1)), np.ones((6, 7)), [0, 0, 1, 1, 2, 2], ["one"], list("abcdefg"))


def test_a_search_that_lands_on_a_saddle_goes_on_beside_it():
    """x⁴ − x² + y² is flat at 0, but bends down along x: its minima are at x = ±√½."""

    def objective(point):
        x, y = point
        return x**4 - x**2 + y**2, np.array([4 * x**3 - 2 * x, 2 * y])

    found = minimise.minimise(objective, np.array([0.0, 0.0]))
    assert found.has_converged
    assert abs(found.point) == pytest.approx([np.sqrt(0.5), 0.0], abs=1e-6)
