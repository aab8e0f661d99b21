"""Values beyond quantitation limits in mixed models: by hand, by brute force, against R, and by law."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

from analytics.errors import RefusedError
from analytics.estimation.censored_mixed_likelihood import compute_censored_state, pose_tails
from analytics.estimation.censored_mixed_model import (
    fit_censored_mixed_model,
    pack_parameters,
    predict_censored_effects,
    prepare_censored,
    unpack_parameters,
)
from analytics.estimation.censored_quadrature import lay_nodes
from analytics.estimation.mixed_model import MixedFit, check_mixed_data, fit_mixed_model
from analytics.estimation.mixed_model_prediction import predict_patient_effects
from analytics.tables.results import Refusal

QUADRATURE = 1e-4  # of one patient's log-likelihood, as the node counts promise
ORDINARY = 1e-9  # no quadrature is involved
AS_R = 1e-6
SLOPE_DIFFERENCE = 1e-5  # rounding of a central difference of a deviance of about a thousand


def simulate(n_patients, seed=3, visits=5, limit=0.0):
    """A line of each patient's own; what lies below the limit is seen as the limit."""
    stream = np.random.default_rng(seed)
    patient = np.repeat(np.arange(n_patients), visits)
    time = np.tile(np.arange(float(visits)), n_patients) / 2
    own = stream.multivariate_normal([0, 0], [[1, -0.2], [-0.2, 0.3]], n_patients)
    outcome = 1.2 - 0.4 * time + own[patient, 0] + own[patient, 1] * time + stream.normal(0, 0.5, len(time))
    fixed = np.column_stack([np.ones_like(time), time])
    beyond = np.where(outcome < limit, -1, 0)
    return np.maximum(outcome, limit), fixed, patient, beyond


def as_data(outcome, fixed, patient, q=2):
    names = ["one", "time", "third", "fourth"]
    return check_mixed_data(outcome, fixed, fixed[:, :q], patient, names[: fixed.shape[1]], names[:q])


def compute_deviance(data, beyond, fit):
    """Our −2 log-likelihood of ``data`` at a given fit, in the units of the data."""
    problem = prepare_censored(data, np.asarray(beyond))
    parameters = unpack_parameters(pack_parameters(fit, problem.scales), problem.seen)
    grids = lay_nodes(pose_tails(problem.seen, problem.rows, parameters))
    seen = int((np.asarray(beyond) == 0).sum())
    state = compute_censored_state(problem.seen, problem.rows, parameters, grids)
    return state.deviance + 2 * seen * np.log(problem.scales.outcome)


def as_fit(coefficients, random_covariance, residual_variance):
    return MixedFit(
        np.array(coefficients), np.eye(len(coefficients)), np.array(random_covariance), residual_variance,
        0.0, "ML", 0, 0, False,
    )  # fmt: skip


def brute_force(outcome, fixed, patient, beyond, fit, q=2):
    """Σ log density of the seen times the multivariate normal chance of the others given them."""
    total = 0.0
    for i in np.unique(patient):
        rows = patient == i
        x, z, y, out = fixed[rows], fixed[rows][:, :q], outcome[rows], beyond[rows] != 0
        mean = x @ fit.coefficients
        covariance = z @ fit.random_covariance @ z.T + fit.residual_variance * np.eye(len(y))
        seen = ~out
        centre, spread = mean[out], covariance[np.ix_(out, out)]
        if seen.any():
            total += multivariate_normal(mean[seen], covariance[np.ix_(seen, seen)]).logpdf(y[seen])
            pull = covariance[np.ix_(out, seen)] @ np.linalg.inv(covariance[np.ix_(seen, seen)])
            centre = centre + pull @ (y[seen] - mean[seen])
            spread = spread - pull @ covariance[np.ix_(seen, out)]
        if out.any():
            side = -beyond[rows][out]
            chance = multivariate_normal(np.zeros(out.sum()), side[:, None] * spread * side, abseps=1e-6)
            total += np.log(chance.cdf(side * (y[out] - centre)))
    return total


# ---- a pencil --------------------------------------------------------------------------------------------------


def test_one_value_below_its_limit_counts_by_the_normal_chance_to_be_there():
    """Two patients. The first has 1.0 and something ≤ 0.2, the second 2.0 and 2.5; mean 1, variances 0.5 and 0.25."""
    outcome, beyond = np.array([1.0, 0.2, 2.0, 2.5]), np.array([0, -1, 0, 0])
    fit = as_fit([1.0], [[0.5]], 0.25)
    together = np.array([[0.75, 0.5], [0.5, 0.75]])
    expected = norm(1, np.sqrt(0.75)).logpdf(1.0)
    expected += norm(1 + 0.5 / 0.75 * 0.0, np.sqrt(0.75 - 0.5**2 / 0.75)).logcdf(0.2)
    expected += multivariate_normal([1, 1], together).logpdf([2.0, 2.5])
    ours = compute_deviance(as_data(outcome, np.ones((4, 1)), [0, 0, 1, 1], q=1), beyond, fit)
    assert ours == pytest.approx(-2 * expected, abs=2 * QUADRATURE)


# ---- brute force -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [-1.0, 0.0, 0.6])
def test_the_likelihood_is_that_of_the_multivariate_normal(limit):
    outcome, fixed, patient, beyond = simulate(25, limit=limit)
    assert (beyond != 0).any()
    fit = as_fit([1.2, -0.4], [[1, -0.2], [-0.2, 0.3]], 0.25)
    ours = compute_deviance(as_data(outcome, fixed, patient), beyond, fit)
    expected = brute_force(outcome, fixed, patient, beyond, fit)
    assert ours / -2 == pytest.approx(expected, abs=QUADRATURE * 25)


def test_above_a_limit_is_below_its_mirror_image():
    outcome, fixed, patient, beyond = simulate(25)
    fit = as_fit([1.2, -0.4], [[1, -0.2], [-0.2, 0.3]], 0.25)
    mirrored = as_fit([-1.2, 0.4], [[1, -0.2], [-0.2, 0.3]], 0.25)
    below = compute_deviance(as_data(outcome, fixed, patient), beyond, fit)
    above = compute_deviance(as_data(-outcome, fixed, patient), -beyond, mirrored)
    assert above == pytest.approx(below, rel=ORDINARY)


def test_the_maximum_is_that_of_the_brute_force_likelihood():
    """No step of a tenth of a standard error in any fixed effect climbs the brute-force likelihood."""
    outcome, fixed, patient, beyond = simulate(25)
    fit = fit_censored_mixed_model(as_data(outcome, fixed, patient), beyond)
    top = brute_force(outcome, fixed, patient, beyond, fit)
    assert fit.log_likelihood == pytest.approx(top, abs=QUADRATURE * 25)
    for j in range(2):
        for side in (-1, 1):
            step = np.zeros(2)
            step[j] = side * 0.1 * np.sqrt(fit.covariance[j, j])
            moved = as_fit(fit.coefficients + step, fit.random_covariance, fit.residual_variance)
            assert brute_force(outcome, fixed, patient, beyond, moved) < top


# ---- R ---------------------------------------------------------------------------------------------------------


def test_without_differences_between_people_it_is_rs_tobit_model(data, from_r):
    frame, r = data("marker"), from_r("censored_model", "tobit")
    years, group, value = (frame[name].to_numpy().astype(float) for name in ("day", "group", "log_fold"))
    years = years / 365.25
    fixed = np.column_stack([np.ones_like(years), years, group, years * group])
    beyond = np.where(value > 0.5, 0, -1)
    fit = as_fit(r["coefficients"], np.zeros((2, 2)), r["sigma"] ** 2)
    ours = compute_deviance(as_data(np.maximum(value, 0.5), fixed, frame["patient"].to_numpy()), beyond, fit)
    assert ours / -2 == pytest.approx(r["log_likelihood"], rel=AS_R)


# ---- laws ------------------------------------------------------------------------------------------------------


def test_the_gradient_is_the_slope_of_the_deviance():
    outcome, fixed, patient, beyond = simulate(20)
    data = as_data(outcome, fixed, patient)
    problem = prepare_censored(data, beyond)
    start = pack_parameters(fit_mixed_model(data, "ML"), problem.scales)
    grids = lay_nodes(pose_tails(problem.seen, problem.rows, unpack_parameters(start, problem.seen)))

    def state(numbers):
        return compute_censored_state(problem.seen, problem.rows, unpack_parameters(numbers, problem.seen), grids)

    for j, slope in enumerate(state(start).gradient):
        step = np.eye(len(start))[j] * 1e-5
        difference = (state(start + step).deviance - state(start - step).deviance) / 2e-5
        assert slope == pytest.approx(difference, abs=SLOPE_DIFFERENCE)


def test_with_nothing_beyond_a_limit_it_is_the_ordinary_model():
    outcome, fixed, patient, _ = simulate(40)
    data = as_data(outcome, fixed, patient)
    ours, ordinary = fit_censored_mixed_model(data, np.zeros(200, dtype=int)), fit_mixed_model(data, "ML")
    assert ours.log_likelihood == ordinary.log_likelihood
    effects, known = predict_censored_effects(data, np.zeros(200), ours), predict_patient_effects(data, ours)
    assert effects.effects == pytest.approx(known.effects, rel=ORDINARY, abs=ORDINARY)
    assert effects.response == pytest.approx(known.response, rel=ORDINARY, abs=ORDINARY)
    assert effects.covariance == pytest.approx(known.covariance, rel=ORDINARY, abs=ORDINARY)


def test_it_finds_the_truth_where_substitution_does_not():
    outcome, fixed, patient, beyond = simulate(600, seed=8)
    assert 0.2 < (beyond != 0).mean() < 0.4
    data = as_data(outcome, fixed, patient)
    fit, naive = fit_censored_mixed_model(data, beyond), fit_mixed_model(data, "ML")
    truth, errors = np.array([1.2, -0.4]), np.sqrt(np.diag(fit.covariance))
    assert (np.abs(fit.coefficients - truth) < 3 * errors).all()
    assert abs(naive.coefficients[1] - truth[1]) > 3 * errors[1]
    assert fit.random_covariance == pytest.approx(np.array([[1, -0.2], [-0.2, 0.3]]), abs=0.15)


def test_effects_move_with_a_fixed_effect_as_they_say():
    """``response`` by brute force: predict again with each fixed effect moved a little."""
    outcome, fixed, patient, beyond = simulate(30)
    data = as_data(outcome, fixed, patient)
    fit = fit_censored_mixed_model(data, beyond)
    effects = predict_censored_effects(data, beyond, fit)
    for j in range(2):
        ends = []
        for side in (-1, 1):
            step = np.eye(2)[j] * side * 1e-3
            moved = as_fit(fit.coefficients + step, fit.random_covariance, fit.residual_variance)
            ends.append(predict_censored_effects(data, beyond, moved).effects)
        assert effects.response[:, :, j] == pytest.approx(-(ends[1] - ends[0]) / 2e-3, abs=1e-3)


def test_a_patient_always_below_the_limit_is_placed_below_it_not_at_it():
    outcome, fixed, patient, beyond = simulate(80, limit=0.3)
    always = [i for i in range(80) if (beyond[patient == i] == -1).all()]
    assert always
    data = as_data(outcome, fixed, patient)
    fit = fit_censored_mixed_model(data, beyond)
    effects = predict_censored_effects(data, beyond, fit)
    fitted = fixed[: len(fixed) // 80] @ (fit.coefficients + effects.effects[always[0]])
    assert fitted.mean() < 0.3 - np.sqrt(fit.residual_variance)


# ---- refusals --------------------------------------------------------------------------------------------------


def test_sides_other_than_minus_one_nought_and_one_are_refused():
    outcome, fixed, patient, _ = simulate(20)
    with pytest.raises(RefusedError, match="beyond"):
        fit_censored_mixed_model(as_data(outcome, fixed, patient), np.full(100, 2))
    with pytest.raises(RefusedError, match="beyond"):
        fit_censored_mixed_model(as_data(outcome, fixed, patient), np.zeros(99))


def test_more_random_effects_than_the_grid_can_carry_are_refused():
    outcome, fixed, patient, beyond = simulate(60)
    wide = np.column_stack([fixed, fixed[:, 1] ** 2, fixed[:, 1] ** 3])
    with pytest.raises(RefusedError, match="4 random effects"):
        fit_censored_mixed_model(as_data(outcome, wide, patient, q=4), beyond)


def test_what_the_ordinary_model_refuses_is_refused():
    outcome, fixed, _, beyond = simulate(20)
    answer = fit_censored_mixed_model(as_data(outcome, fixed, np.arange(100)), beyond)
    assert isinstance(answer, Refusal)
    assert answer.code == "not_identified"
