"""Survival of one person by a Cox model: R's curves and baseline hazards."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.errors import RefusedError
from analytics.estimation.cox_survival import compute_baseline_hazard, estimate_cox_survival
from analytics.estimation.observations import check_observations
from analytics.estimation.partial_likelihood import PartialLikelihood, maximise_partial_likelihood
from analytics.estimation.risk_sets import compute_risk_sets
from analytics.tables.hazard_results import ModelledCurve

AS_R = 1e-9


@pytest.mark.parametrize(
    ("entry", "name", "covariates", "person", "columns", "options"),
    [
        ("efron", "lung", ["age", "sex"], [60, 1], {}, {}),
        ("breslow", "lung", ["age", "sex"], [60, 1], {}, {"ties": "breslow"}),
        ("strata", "lung", ["age"], [60], {}, {"strata": "sex", "stratum": "1"}),
        ("weights", "lung", ["age", "sex"], [60, 1], {"weights": "w"}, {}),
        ("entry", "ties", ["x"], [0.5], {"entry": "entry"}, {}),
    ],
)
def test_curves_and_limits_are_r_s(entry, name, covariates, person, columns, options, data, from_r, agree):
    table = data(name)
    observations = check_observations(
        table["time"], table["happened"].cast(bool), **{key: table[column] for key, column in columns.items()}
    )
    if "strata" in options:
        options = {**options, "strata": table[options["strata"]]}
    curve = estimate_cox_survival(observations, table.select(covariates).to_numpy(), covariates, person, **options)
    assert isinstance(curve, ModelledCurve)
    values = from_r("cox_survival", entry)
    agree(curve.days, values["time"], AS_R)
    for ours, theirs in ((curve.survival, "survival"), (curve.low, "low"), (curve.high, "high")):
        agree(ours, values[theirs], AS_R)


@pytest.mark.parametrize(("entry", "ties"), [("lung_efron", "efron"), ("lung_breslow", "breslow")])
def test_baseline_hazards_are_r_s(entry, ties, data, from_r, agree):
    lung = data("lung").drop_nulls("ph.ecog")
    names = ["age", "sex", "ph.ecog"]
    sets = compute_risk_sets(lung["time"].to_numpy().astype(float), lung["happened"].cast(bool).to_numpy(), ties=ties)
    model = PartialLikelihood(lung.select(names).to_numpy().astype(float), sets)
    time, hazard = compute_baseline_hazard(model, maximise_partial_likelihood(model, names))
    values = from_r("hazards", entry)
    at = np.searchsorted(time, values["baseline_time"], side="right") - 1
    agree(np.where(at < 0, 0, hazard[at]), values["baseline_hazard"], AS_R)


def test_a_stratum_nobody_knows_is_an_error():
    observations = check_observations(np.arange(1, 21), np.ones(20, dtype=bool))
    x = np.random.default_rng(1).normal(size=(20, 1))
    with pytest.raises(RefusedError, match="no stratum «c»"):
        estimate_cox_survival(observations, x, ["x"], [0.0], strata=["a", "b"] * 10, stratum="c")
