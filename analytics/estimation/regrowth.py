"""Decay and regrowth on treatment: four curves of a value against that at the start, the best of them for each line."""

from __future__ import annotations

from math import log

import numpy as np
import polars as pl
from numpy.typing import ArrayLike

from analytics.catalogue.calendar import DAYS_PER_MONTH
from analytics.errors import RefusedError
from analytics.estimation.episodes import Changes, check_changes
from analytics.estimation.regrowth_fit import (
    DECAYS,
    EXACT,
    GROWTHS,
    Fit,
    Series,
    choose_nearest,
    find_starts,
    fit_curves,
)
from analytics.estimation.regrowth_models import MODELS, RegrowthModel
from analytics.estimation.student import compute_student_p
from analytics.tables.results import BoolArray, FloatArray, IntArray

STEIN = "Stein WD et al. Clin Cancer Res 2011;17:907-917. doi:10.1158/1078-0432.CCR-10-1762"
TUMGR = "Wilkerson J. R package tumgr 0.0.4 (2016). doi:10.32614/CRAN.package.tumgr"

SIGNIFICANCE = 0.1
"""Every parameter of a chosen curve has a smaller p value: the level of the examples of tumgr."""

FASTEST_PER_DAY = 1.0
LEAST_CHANGE = 0.2
"""By which two values must differ for a curve through both to mean more than the scatter of measuring."""

NO_START = "no quantified value at the start"
ONE_VALUE = "one evaluation only"
TOO_ALIKE = "two evaluations less than 20 % apart"
ALL_EQUAL = "the same value at every evaluation"
NOT_FIT = "not fit"
REASONS = (NO_START, ONE_VALUE, TOO_ALIKE, ALL_EQUAL, NOT_FIT)
"""Why a line has no curve, in the order in which they are looked for."""

DECAY_BANDS = 3
LINES_AT_ONCE = 2_000
"""Keeps the grid of a search within tens of megabytes."""

RATES = (
    "growth_per_month", "growth_per_month_error", "decay_per_month", "decay_per_month_error", "decaying_share",
    "decaying_share_error", "residual_sd",
)  # fmt: skip
_PLACE = {"growth": 0, "decay": 2, "share": 4}
"""Where a parameter and its error stand among ``RATES``."""


def estimate_regrowth(
    n_lines: int, line: ArrayLike, day: ArrayLike, value: ArrayLike, significance: float = SIGNIFICANCE
) -> pl.DataFrame:
    """Estimate how fast each line's value falls and grows again, by the best of four curves.

    Each curve is fitted to the values over the first one by least squares, its rates between 0 and 1 a day; the one
    with the lowest Akaike criterion is chosen among those whose every parameter is significant. Time is counted from
    the first value, where every curve is 1. A curve with two or three parameters needs more later values than that, or
    it would go through them all whatever they are; through two values goes a curve with one rate, without errors.

    Parameters
    ----------
    n_lines
        Number of lines.
    line, day, value
        Measurements in any order: position of the line, day (any whole number) and value of one kind, (c,). The first
        of a line, that at the start, is positive, the later ones not negative. Leave values beyond a quantitation
        limit out and count them.
    significance
        Every parameter of a chosen curve has a smaller two-sided p value of Student's t.

    Returns
    -------
    polars.DataFrame
        One row a line: ``line``, ``n_values``, ``span_days``, ``model`` (a name of ``MODELS``, or null),
        ``growth_per_month`` and ``decay_per_month`` (g and d a month of 30.4375 days) with ``_error``,
        ``decaying_share`` (φ) with ``_error``, ``doubling_months`` (ln 2 / g), ``halving_months`` (ln 2 / d),
        ``residual_sd`` (of the value over the first) and ``reason`` (one of ``REASONS``, or null).

    Raises
    ------
    RefusedError
        When a value is negative, that at the start not positive, or a line has two on one day.

    Notes
    -----
    The rules are those of the R package tumgr, with three differences. It counts the first value as day 1, where no
    curve is exactly 1; here it is day 0, as in the formula. It takes a curve with as many parameters as later values.
    For the curve with φ it reports g·√(1 − φ); here g is that of the formula, so that ln 2 / g is the doubling time of
    the part that grows.

    References
    ----------
    Stein WD et al. Clin Cancer Res 2011;17:907-917. doi:10.1158/1078-0432.CCR-10-1762
    Wilkerson J. R package tumgr 0.0.4 (2016). doi:10.32614/CRAN.package.tumgr
    """
    changes = check_changes(n_lines, line, day, value)
    _refuse_impossible(changes)
    count = np.bincount(changes.line, minlength=n_lines)
    reason, span = _find_reasons(changes, count, n_lines)
    rates = np.full((n_lines, len(RATES)), np.nan)
    chosen = np.full(n_lines, -1)
    fitted = np.flatnonzero(reason < 0)
    for first in range(0, len(fitted), LINES_AT_ONCE):
        lines = fitted[first : first + LINES_AT_ONCE]
        chosen[lines], rates[lines] = _fit_models(_make_series(changes, lines, span), significance)
    reason[fitted[chosen[fitted] < 0]] = REASONS.index(NOT_FIT)
    return _make_table(count, span, chosen, rates, reason)


def _refuse_impossible(changes: Changes) -> None:
    is_first = np.diff(changes.line, prepend=-1) > 0
    n_bad = int(((changes.value < 0) | (is_first & (changes.value <= 0))).sum())
    if n_bad:
        raise RefusedError(
            f"{n_bad} values are negative, or not positive at the start.", "value",
            "Every value is taken over that at the start, which must be positive.",
        )  # fmt: skip


def _find_reasons(changes: Changes, count: IntArray, n_lines: int) -> tuple[IntArray, IntArray]:
    """Return for each line the place among ``REASONS`` of why it is left out, −1 for none, and its span (days)."""
    first = np.flatnonzero(np.diff(changes.line, prepend=-1))
    last = np.append(first[1:], len(changes.line))[: len(first)] - 1
    known = changes.line[first]
    span = np.zeros(n_lines, dtype=np.int64)
    span[known] = changes.day[last] - changes.day[first]
    ratio = np.ones(n_lines)
    # rounded so that 80 and 100 are 20 % apart whatever way the values were computed
    ratio[known] = np.round(changes.value[last] / changes.value[first], 10)
    is_equal = np.ones(n_lines, dtype=bool)
    np.logical_and.at(is_equal, changes.line, changes.value == np.repeat(changes.value[first], count[known]))
    is_alike = (ratio > 1 - LEAST_CHANGE) & (ratio < 1 + LEAST_CHANGE)
    reasons = [count == 0, count == 1, (count == 2) & is_alike, (count > 2) & is_equal]
    return np.select(reasons, [REASONS.index(name) for name in REASONS[:-1]], -1), span


def _make_series(changes: Changes, lines: IntArray, span: IntArray) -> Series:
    taken = np.isin(changes.line, lines)
    code = np.searchsorted(lines, changes.line[taken])
    day, value = changes.day[taken], changes.value[taken]
    first = np.flatnonzero(np.diff(code, prepend=-1))
    whole = span[lines].astype(np.float64)
    return Series(
        code, (day - day[first][code]) / whole[code], value / value[first][code],
        np.bincount(code).astype(np.float64), whole,
    )  # fmt: skip


def _fit_models(series: Series, significance: float) -> tuple[IntArray, FloatArray]:
    """Return for each line the place of the chosen curve among ``MODELS``, −1 for none, and its ``RATES``."""
    n_lines = len(series.count)
    lowest = np.full(n_lines, np.inf)
    chosen, rates = np.full(n_lines, -1), np.full((n_lines, len(RATES)), np.nan)
    for place, model in enumerate(MODELS):
        fit = _fit_model(series, model)
        criterion = _compute_criterion(fit, series)
        better = _is_significant(fit, series, significance) & (criterion < lowest)
        lowest[better], chosen[better] = criterion[better], place
        rates[better] = _describe_fit(fit, model, series)[better]
    return chosen, rates


def _fit_model(series: Series, model: RegrowthModel) -> Fit:
    """Fit one curve; where both rates count, from a start among slow and among fast decays: there can be two minima."""
    none, growths, decays = np.array([0]), np.arange(len(GROWTHS)), np.arange(len(DECAYS))
    has_both = {"growth", "decay"} <= set(model.parameters)
    searched = np.array_split(decays, DECAY_BANDS) if has_both else [decays if "decay" in model.parameters else none]
    fits = [_fit_from(series, model, growths if "growth" in model.parameters else none, band) for band in searched]
    return choose_nearest(fits)


def _fit_from(series: Series, model: RegrowthModel, growths: IntArray, decays: IntArray) -> Fit:
    start = find_starts(series, growths, decays, with_share="share" in model.parameters)
    fastest = FASTEST_PER_DAY * series.span
    bounds = {"growth": fastest, "decay": fastest, "share": np.ones(len(fastest))}
    columns = {"growth": start.growth, "decay": start.decay, "share": start.share}
    upper = np.column_stack([bounds[name] for name in model.parameters])
    begin = np.column_stack([columns[name] for name in model.parameters])
    return fit_curves(model.curve, series, np.minimum(begin, upper), upper)


def _compute_criterion(fit: Fit, series: Series) -> FloatArray:
    """Return Akaike's criterion (m,) but for what all curves share; that of a curve through the values is bounded."""
    squares = np.maximum(fit.squares, series.count * EXACT**2)
    return series.count * np.log(squares / series.count) + 2 * fit.parameters.shape[1]


def _is_significant(fit: Fit, series: Series, significance: float) -> BoolArray:
    """Return which lines the curve may be chosen for, (m,); a t test does not hold on a bound."""
    n_parameters = fit.parameters.shape[1]
    has_values = (series.count - 1 > n_parameters) | (n_parameters == 1)
    freedom = np.maximum(series.count - n_parameters, 1.0)
    p = compute_student_p(fit.parameters / fit.errors, freedom[:, None])
    return has_values & fit.is_settled & ~fit.is_at_bound & (p < significance).all(axis=1)


def _describe_fit(fit: Fit, model: RegrowthModel, series: Series) -> FloatArray:
    """Return ``RATES`` (m, 7): rates a month in place of rates a span, errors where a value is left to judge by."""
    n_parameters = len(model.parameters)
    described = np.full((len(series.count), len(RATES)), np.nan)
    months = series.span / DAYS_PER_MONTH
    is_judged = series.count - 1 > n_parameters
    for column, name in enumerate(model.parameters):
        unit = np.ones_like(months) if name == "share" else months
        described[:, _PLACE[name]] = fit.parameters[:, column] / unit
        described[is_judged, _PLACE[name] + 1] = (fit.errors[:, column] / unit)[is_judged]
    deviation = np.sqrt(fit.squares / np.maximum(series.count - n_parameters, 1.0))
    described[is_judged, RATES.index("residual_sd")] = deviation[is_judged]
    return described


def _make_table(count: IntArray, span: IntArray, chosen: IntArray, rates: FloatArray, reason: IntArray) -> pl.DataFrame:
    names = np.array([*(model.name for model in MODELS), None], dtype=object)  # −1 is the last: none
    reasons = np.array([*REASONS, None], dtype=object)
    return (
        pl.DataFrame({"line": np.arange(len(count)), "n_values": count, "span_days": span})
        .with_columns(pl.Series("model", names[chosen].tolist(), pl.String))
        .with_columns(*(pl.Series(name, rates[:, place]).fill_nan(None) for place, name in enumerate(RATES)))
        .with_columns(
            doubling_months=log(2) / pl.col("growth_per_month"), halving_months=log(2) / pl.col("decay_per_month")
        )
        .with_columns(pl.Series("reason", reasons[reason].tolist(), pl.String))
    )
