"""Decay and regrowth: by hand, against R, by property and by simulation; and each reason why a line has no curve."""

from __future__ import annotations

from math import log, sqrt
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.optimize import least_squares

from analytics.errors import RefusedError
from analytics.estimation import regrowth
from analytics.estimation.episodes import check_changes
from analytics.estimation.regrowth import REASONS, _find_reasons, _fit_model, _make_series, estimate_regrowth
from analytics.estimation.regrowth_fit import Series
from analytics.estimation.regrowth_models import MODELS, RegrowthModel
from tests.estimation.conftest import read_topic

MONTH = 30.4375
EXACT = 1e-6
"""A curve without noise is found to the precision of the search."""

R_DIGITS, R_ERROR_DIGITS = 1e-7, 1e-6
NEAREST = 1e-6
SERIES = Path(__file__).parents[1] / "truth" / "data" / "regrowth.csv"
DAYS = np.array([0, 30, 61, 91, 152, 213, 304, 396, 517, 640])
GROWTH, DECAY, SHARE = 0.002, 0.02, 0.7
CURVES = {
    "dx": np.exp(-DECAY * DAYS),
    "gx": np.exp(GROWTH * DAYS),
    "gd": np.exp(-DECAY * DAYS) + np.exp(GROWTH * DAYS) - 1,
    "gdphi": (1 - SHARE) * np.exp(GROWTH * DAYS) + SHARE * np.exp(-DECAY * DAYS),
}


def one(days: Any, values: Any) -> dict[str, Any]:
    return estimate_regrowth(1, np.zeros(len(days)), days, values).row(0, named=True)


@pytest.mark.parametrize("model", CURVES)
def test_a_curve_without_noise_gives_back_its_rates(model: str) -> None:
    row = one(DAYS + 7, 53.0 * CURVES[model])
    assert (row["model"], row["reason"], row["n_values"], row["span_days"]) == (model, None, 10, 640)
    grows, falls = "g" in model, "d" in model
    assert row["growth_per_month"] == (pytest.approx(GROWTH * MONTH, rel=EXACT) if grows else None)
    assert row["decay_per_month"] == (pytest.approx(DECAY * MONTH, rel=EXACT) if falls else None)
    assert row["decaying_share"] == (pytest.approx(SHARE, rel=EXACT) if model == "gdphi" else None)
    assert row["doubling_months"] == (pytest.approx(log(2) / GROWTH / MONTH, rel=EXACT) if grows else None)
    assert row["halving_months"] == (pytest.approx(log(2) / DECAY / MONTH, rel=EXACT) if falls else None)


def test_decay_with_pencil_and_paper() -> None:
    """Values 100, 45, 30 every 16 months: with x = exp(−16 d) least squares asks 2 x³ + x (1 − 0.6) − 0.45 = 0, x = ½.

    So the value halves every 16 months. The residuals are −0.05 and 0.05, s² = 0.005 / 2; both derivatives by d are
    −16 / 2, so the error is 0.05 / (16 / √2).
    """
    row = one([0, 487, 974], [100.0, 45.0, 30.0])
    assert row["model"] == "dx"
    assert row["halving_months"] == pytest.approx(16, rel=EXACT)
    assert row["decay_per_month_error"] == pytest.approx(0.05 * sqrt(2) / 16, rel=EXACT)
    assert row["residual_sd"] == pytest.approx(0.05, rel=EXACT)


def test_one_rate_goes_through_two_values_without_an_error() -> None:
    """A quarter after 16 months is a half after 8."""
    row = one([0, 487], [100.0, 25.0])
    assert (row["model"], row["n_values"]) == ("dx", 2)
    assert row["halving_months"] == pytest.approx(8, rel=EXACT)
    assert (row["decay_per_month_error"], row["residual_sd"]) == (None, None)
    assert one([0, 487], [25.0, 100.0])["doubling_months"] == pytest.approx(8, rel=EXACT)


@pytest.mark.parametrize(
    ("days", "values", "reason"),
    [
        ([], [], "no quantified value at the start"),
        ([5], [3.0], "one evaluation only"),
        ([0, 90], [100.0, 80.1], "two evaluations less than 20 % apart"),
        ([0, 90], [100.0, 119.9], "two evaluations less than 20 % apart"),
        ([0, 90], [7.0, 7.0], "two evaluations less than 20 % apart"),
        ([0, 90], [100.0, 80.0], None),
        ([0, 90], [100.0, 120.0], None),
        ([0, 90], [0.3, 0.3 * 0.8], None),  # 0.24 / 0.3 is a hair above 0.8 in binary
        ([0, 90, 180], [7.0, 7.0, 7.0], "the same value at every evaluation"),
        ([0, 29, 59, 89, 119], [1.0, 6.0, 0.2, 7.0, 0.1], "not fit"),  # of the tests of tumgr
    ],
)
def test_each_reason_to_leave_a_line_out(days: list[int], values: list[float], reason: str | None) -> None:
    row = one(days, values)
    assert row["reason"] == reason
    assert (row["model"] is None) == (reason is not None)
    assert row["n_values"] == len(days)


def test_every_reason_has_a_test() -> None:
    marks = test_each_reason_to_leave_a_line_out.pytestmark
    assert {case[2] for case in marks[0].args[1]} == {None, *REASONS}


def test_a_curve_of_two_rates_is_not_led_through_three_values() -> None:
    """It would meet any fall and rise, and be certain of both."""
    row = one([0, 90, 300], [100.0, 50.0, 80.0])
    assert row["model"] != "gd"
    assert one([0, 90, 300, 400], [100.0, 50.0, 80.0, 95.0])["model"] == "gd"


def test_a_parameter_that_is_not_significant_takes_its_curve_out() -> None:
    """Scatter around a slow rise: with a level of 0.1 growth is told, with a far stricter one nothing is."""
    days, values = [0, 60, 120, 180, 240], [10.0, 12.5, 10.5, 14.0, 14.5]
    told = estimate_regrowth(1, [0] * 5, days, values).row(0, named=True)
    assert told["model"] == "gx"
    strict = estimate_regrowth(1, [0] * 5, days, values, significance=1e-6).row(0, named=True)
    assert strict["reason"] == "not fit"


def test_what_is_gone_is_a_value_too() -> None:
    """A sum of diameters of nought, after a complete response, is fitted; a marker that was nought at the start not."""
    row = one([0, 90, 180, 270], [40.0, 8.0, 0.0, 0.0])
    assert row["model"] == "dx"
    with pytest.raises(RefusedError, match="not positive at the start"):
        one([0, 90], [0.0, 8.0])
    with pytest.raises(RefusedError, match="negative"):
        one([0, 90], [4.0, -8.0])
    with pytest.raises(RefusedError, match="two values on one day"):
        one([0, 0], [4.0, 8.0])


def test_without_a_line_there_is_an_empty_table() -> None:
    assert estimate_regrowth(0, [], [], []).height == 0


def _estimate_series() -> pl.DataFrame:
    series = pl.read_csv(SERIES)
    return estimate_regrowth(60, series["line"] - 1, series["day"], series["value"])


def _say(model: str, row: dict[str, Any]) -> dict[str, tuple[float, float | None]]:
    """Return R's parameters of a model from ours: rates a day, and the share."""
    columns = {"g": ("growth_per_month", MONTH), "d": ("decay_per_month", MONTH), "p": ("decaying_share", 1.0)}
    names = {"dx": "d", "gx": "g", "gd": "gd", "gdphi": "pgd"}[model]
    return {name: (row[columns[name][0]] / columns[name][1], row[f"{columns[name][0]}_error"]) for name in names}


def test_models_rates_and_errors_are_those_of_r() -> None:
    """R may lead two rates through three values; of those lines it must have done so where the choice is another."""
    ours, n_same = _estimate_series(), 0
    for theirs in read_topic("regrowth")["day_0"]:
        row = ours.row(theirs["line"] - 1, named=True)
        chosen = theirs["chosen"] or None
        if row["n_values"] == 3 and chosen == "gd":
            assert row["model"] != "gd"
            continue
        assert row["model"] == chosen, theirs["line"]
        if chosen is None:
            continue
        fit = theirs["fits"][chosen]
        for name, (rate, error) in _say(chosen, row).items():
            assert rate == pytest.approx(fit["estimates"][name], rel=R_DIGITS)
            if error is not None:
                unit = 1.0 if name == "p" else MONTH
                assert error / unit == pytest.approx(fit["errors"][name], rel=R_ERROR_DIGITS)
        n_same += 1
    assert n_same > 45
    assert set(ours["model"]) == {"dx", "gx", "gd", "gdphi", None}


def test_the_clock_of_tumgr_leads_to_the_same_models_and_nearly_the_same_rates() -> None:
    """tumgr counts the first value as day 1; with two visits a decay moves by a share of a day in the time between."""
    ours, n_same = _estimate_series(), 0
    for theirs in read_topic("regrowth")["day_1"]:
        row = ours.row(theirs["line"] - 1, named=True)
        chosen = theirs["chosen"] or None
        if row["n_values"] == 3 and chosen == "gd":
            continue
        assert row["model"] == chosen or (row["reason"] or "not fit") != "not fit", theirs["line"]
        if row["model"] is not None:
            for name, (rate, _) in _say(row["model"], row).items():
                assert rate == pytest.approx(theirs["fits"][chosen]["estimates"][name], rel=0.06)
            n_same += 1
    assert n_same > 45


LINE = st.lists(
    st.tuples(st.integers(-90, 1500), st.integers(1, 4000)), min_size=0, max_size=9, unique_by=lambda pair: pair[0]
)


@settings(deadline=None, max_examples=30)
@given(lines=st.lists(LINE, min_size=1, max_size=4), power=st.integers(-8, 8), shift=st.integers(-400, 400))
def test_unit_calendar_order_and_company_change_nothing(
    lines: list[list[tuple[int, int]]], power: int, shift: int
) -> None:
    rows = [(place, day, value / 64) for place, line in enumerate(lines) for day, value in line]
    line, day, value = (np.array([row[part] for row in rows]) for part in range(3))
    given_order = estimate_regrowth(len(lines), line, day, value)
    mixed = np.random.default_rng(len(rows)).permutation(len(rows))
    scaled = estimate_regrowth(len(lines), line[mixed], day[mixed] + shift, value[mixed] * 2.0**power)
    assert scaled.equals(given_order)
    alone = [
        estimate_regrowth(1, [0] * len(own), [day for day, _ in own], [value / 64 for _, value in own]) for own in lines
    ]
    assert pl.concat(alone)["model"].to_list() == given_order["model"].to_list()
    for name in ("growth_per_month", "decay_per_month"):
        apart, together = (table[name].fill_null(-1).to_numpy() for table in (pl.concat(alone), given_order))
        assert_allclose(apart, together, rtol=EXACT)


ANY_VALUE = st.one_of(st.sampled_from([0.0, 1e-9, 1.0, 1e9]), st.floats(1e-6, 1e6))


@settings(deadline=None, max_examples=40)
@given(
    start=st.floats(1e-6, 1e9),
    later=st.lists(st.tuples(st.integers(1, 20_000), ANY_VALUE), max_size=7, unique_by=lambda pair: pair[0]),
)
def test_whatever_the_values_there_is_a_curve_of_finite_rates_or_a_reason(
    start: float, later: list[tuple[int, float]]
) -> None:
    row = one([0, *(day for day, _ in later)], [start, *(value for _, value in later)])
    assert (row["model"] is None) == (row["reason"] is not None)
    for name in ("growth_per_month", "decay_per_month", "doubling_months", "halving_months"):
        assert row[name] is None or (0 < row[name] < np.inf)


def test_a_search_that_runs_off_does_not_go_beyond_all_numbers() -> None:
    """With φ at 1 the growth of a part that is not there may go anywhere, until its square is no number."""
    days = [0, 32, 60, 68, 99, 126, 155, 274, 371, 418, 490, 770]
    values = [1.0, 0.6771, 0.5103, 0.4501, 0.4012, 0.2347, 0.2122, 0.2366, 0.3481, 0.3104, 0.2766, 0.7788]
    assert one(days, values)["model"] == "gdphi"


def test_lines_are_worked_on_in_parts_with_the_same_result(monkeypatch: pytest.MonkeyPatch) -> None:
    at_once = _estimate_series()
    monkeypatch.setattr(regrowth, "LINES_AT_ONCE", 7)
    assert _estimate_series().drop("line").equals(at_once.drop("line"))


def simulate(n_lines: int, seed: int, noise: float, n_values: int = 12) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return values of decays and regrowths at random days, with multiplicative noise, and the rates behind them."""
    stream = np.random.default_rng(seed)
    growth = np.exp(stream.normal(np.log(0.0015), 0.3, n_lines))
    decay = np.exp(stream.normal(np.log(0.012), 0.3, n_lines))
    days = np.sort(
        np.stack([stream.choice(np.arange(20, 900), n_values, replace=False) for _ in range(n_lines)]), axis=1
    )
    days[:, 0] = 0
    curve = np.exp(-decay[:, None] * days) + np.exp(growth[:, None] * days) - 1
    value = curve * np.exp(noise * stream.normal(size=days.shape))
    value[:, 0] = 1.0
    line = np.repeat(np.arange(n_lines), n_values)
    measured = pl.DataFrame({"line": line, "day": days.ravel(), "value": value.ravel()})
    return measured, pl.DataFrame({"growth": growth * MONTH, "decay": decay * MONTH})


def test_known_rates_come_back_from_noisy_values() -> None:
    measured, truth = simulate(300, seed=5, noise=0.05)
    found = estimate_regrowth(300, measured["line"], measured["day"], measured["value"])
    told = found.with_columns(truth).filter(model="gd")
    assert told.height > 220  # of the others most were first measured when they grew again
    for rate in ("growth", "decay"):
        ratio = told[f"{rate}_per_month"] / told[rate]
        assert abs(float(ratio.median()) - 1) < 0.02
        assert float((ratio - 1).abs().median()) < 0.08


@pytest.mark.slow
@pytest.mark.parametrize("noise", [0.05, 0.15])
def test_bias_is_small_and_errors_are_as_large_as_the_scatter(noise: float) -> None:
    """Additive noise of one size, as least squares takes it: the estimates scatter by their errors around the truth."""
    measured, truth = simulate(4000, seed=6, noise=0.0)
    stream = np.random.default_rng(7)
    scatter = np.where(measured["day"] == 0, 0.0, noise / 3 * stream.normal(size=measured.height))
    noisy = np.maximum(measured["value"].to_numpy() + scatter, 0.0)
    found = estimate_regrowth(4000, measured["line"], measured["day"], noisy)
    told = found.with_columns(truth).filter(model="gd")
    assert told.height > 3300
    for rate in ("growth", "decay"):
        off = (told[f"{rate}_per_month"] - told[rate]) / told[f"{rate}_per_month_error"]
        assert abs(float((told[f"{rate}_per_month"] / told[rate]).median()) - 1) < 0.02
        # half of all standard normal deviates are smaller than 0.6745
        assert 0.9 < float(off.abs().median()) / 0.6745 < 1.2


def search_from(model: RegrowthModel, series: Series, place: int, start: np.ndarray, upper: np.ndarray) -> float:
    """Return the sum of squares that scipy's least squares reaches from a start."""
    time, ratio = series.time[series.line == place], series.ratio[series.line == place]

    def look(point: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return model.curve(np.tile(point, (len(time), 1)), time)

    with np.errstate(over="ignore"):
        found = least_squares(lambda point: look(point)[0] - ratio, start, lambda point: look(point)[1], (0, upper))
    return 2 * float(found.cost)


@pytest.mark.slow
def test_no_search_from_anywhere_finds_a_nearer_curve() -> None:
    """scipy's least squares from ten random starts: a search of ours that has settled is never farther."""
    series = pl.read_csv(SERIES)
    changes = check_changes(60, series["line"] - 1, series["day"], series["value"])
    reason, span = _find_reasons(changes, np.bincount(changes.line, minlength=60), 60)
    made = _make_series(changes, np.flatnonzero(reason < 0), span)
    stream = np.random.default_rng(1)
    for model in MODELS:
        fit = _fit_model(made, model)
        assert fit.is_settled.mean() > 0.9
        for place in np.flatnonzero(fit.is_settled):
            upper = np.array([1.0 if name == "share" else made.span[place] for name in model.parameters])
            for _ in range(10):
                start = np.minimum(np.exp(stream.uniform(-3, 2, len(upper))), 0.9 * upper)
                theirs = search_from(model, made, int(place), start, upper)
                assert fit.squares[place] <= theirs * (1 + NEAREST) + 1e-12, (model.name, place)
