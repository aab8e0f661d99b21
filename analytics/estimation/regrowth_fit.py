"""Least squares of curves of decay and growth for many lines at once: the best of a grid, then Levenberg's steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from analytics.estimation.sums import sum_by_code
from analytics.tables.results import BoolArray, FloatArray, IntArray

GROWTHS = np.append(0.0, np.geomspace(0.005, 10.0, 48))
DECAYS = np.append(0.0, np.geomspace(0.02, 300.0, 30))
"""Rates a search starts from, for the span of a line as the unit of time: next to none, to over within a visit."""

EXACT = 1e-10  # of the value at the start; nothing is measured closer, so a curve that near goes through
SETTLED = 1e-9  # cosine of residuals and a derivative: an estimate is within as many of its standard errors
JUDGED_SETTLED = 1e-4  # the same, where rounding ends the search earlier
STEPS = (15, 60, 225)  # most lines are settled after the first few; the rest go on by themselves
FIRST_DAMPING, LEAST_DAMPING, MOST_DAMPING = 1e-3, 1e-9, 1e12
SMALLEST_SIZE = 1e-8  # of a derivative: a change of the parameter by all of itself would not be measured
VANISHING = 1e-100  # of a derivative: its square could not be divided by
SMALLEST_DETERMINANT = 1e-12  # of the correlations of derivatives: with less, parameters cannot be told apart

Curve = Callable[[FloatArray, FloatArray], tuple[FloatArray, FloatArray]]
"""Parameters (c, p) and times (c,) of c values in; the curve (c,) and its derivatives (c, p) there out."""


@dataclass(frozen=True, slots=True)
class Series:
    """c values of m lines, sorted: ``line`` (c,), ``time`` (c,) in spans of the line, ``ratio`` (c,) to the first.

    ``count`` (m,) is the number of values, at least one each, and ``span`` (m,) the days from first to last.
    """

    line: IntArray
    time: FloatArray
    ratio: FloatArray
    count: FloatArray
    span: FloatArray

    def take(self, lines: IntArray) -> Series:
        """Return the series of some lines (k,), in ascending order, numbered anew."""
        taken = np.isin(self.line, lines)
        code = np.searchsorted(lines, self.line[taken])
        return Series(code, self.time[taken], self.ratio[taken], self.count[lines], self.span[lines])

    def sum(self, values: FloatArray) -> FloatArray:
        """Sum rows (c, …) by line, (m, …)."""
        return np.add.reduceat(values, np.flatnonzero(np.diff(self.line, prepend=-1)), axis=0)


@dataclass(frozen=True, slots=True)
class Fit:
    """The curve nearest to the values of each of m lines.

    ``parameters`` and ``errors`` (m, p), errors infinite where parameters cannot be told apart; ``squares`` (m,) is the
    residual sum of squares; ``is_settled`` (m,) tells whether it is a minimum, ``is_at_bound`` (m,) whether on a bound.
    """

    parameters: FloatArray
    errors: FloatArray
    squares: FloatArray
    is_settled: BoolArray
    is_at_bound: BoolArray


@dataclass(frozen=True, slots=True)
class Starts:
    """Where each search begins: (m,) growth, decay and the decaying share."""

    growth: FloatArray
    decay: FloatArray
    share: FloatArray


def find_starts(series: Series, growths: IntArray, decays: IntArray, *, with_share: bool = False) -> Starts:
    """Find the rates of the grid, by their places in ``GROWTHS`` and ``DECAYS``, whose curve is nearest.

    The curve is exp(−d·t) + exp(g·t) − 1 or, with a share φ, (1 − φ)·exp(g·t) + φ·exp(−d·t) with the best φ in 0…1; a
    rate of nought leaves the other alone.
    """
    growth = np.exp(series.time[:, None] * GROWTHS[growths])
    decay = np.exp(-series.time[:, None] * DECAYS[decays])
    target = series.ratio if with_share else series.ratio + 1.0
    both = np.stack([series.sum(decay[:, place, None] * growth) for place in range(decay.shape[1])], axis=1)
    of_growth, of_decay = series.sum(growth**2)[:, None, :], series.sum(decay**2)[:, :, None]
    with_growth = series.sum(growth * target[:, None])[:, None, :]
    with_decay = series.sum(decay * target[:, None])[:, :, None]
    if with_share:
        apart = of_decay - 2 * both + of_growth
        along = with_decay - both - with_growth + of_growth
        share = np.clip(along / np.where(apart > 0, apart, 1.0), 0.0, 1.0)
        squares = of_growth - 2 * with_growth - 2 * share * along + share**2 * apart
    else:
        share = np.ones_like(both)
        squares = of_decay + of_growth + 2 * both - 2 * with_decay - 2 * with_growth
    n_lines = len(series.count)
    best = squares.reshape(n_lines, -1).argmin(axis=1)
    row, column = best // len(growths), best % len(growths)
    return Starts(GROWTHS[growths][column], DECAYS[decays][row], share.reshape(n_lines, -1)[np.arange(n_lines), best])


def fit_curves(curve: Curve, series: Series, start: FloatArray, upper: FloatArray) -> Fit:
    """Fit one curve to each line by least squares, its parameters between 0 and ``upper`` (m, p).

    Damped Gauss–Newton steps from ``start`` (m, p); a parameter on a bound that pulls outwards is held there.

    References
    ----------
    Moré JJ. Lecture Notes in Mathematics 1978;630:105-116. doi:10.1007/BFb0067700
    """
    point, damping = start.copy(), np.full(len(start), FIRST_DAMPING)
    rest = np.arange(len(start))
    for n_steps in STEPS:
        part = series.take(rest)
        point[rest], damping[rest], goes_on = _search(curve, part, point[rest], upper[rest], damping[rest], n_steps)
        rest = rest[goes_on]
        if not len(rest):
            break
    squares, slope, gram = _look(curve, series, point)
    cosine = _compute_cosine(squares, slope, gram, _find_free(point, slope, upper))
    goes_through = squares <= series.count * EXACT**2
    return Fit(
        point, _compute_errors(squares, gram, series.count), squares, goes_through | (cosine <= JUDGED_SETTLED),
        np.any((point <= 0) | (point >= upper), axis=1),
    )  # fmt: skip


def _search(
    curve: Curve, series: Series, point: FloatArray, upper: FloatArray, damping: FloatArray, n_steps: int
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Take at most ``n_steps``; return where they led (m, p), the damping (m,) and who is not at the end yet (m,)."""
    squares, slope, gram = _look(curve, series, point)
    searches = np.ones(len(point), dtype=bool)
    for step in range(n_steps + 1):
        free = _find_free(point, slope, upper)
        cosine = _compute_cosine(squares, slope, gram, free)
        searches = (cosine > SETTLED) & (squares > series.count * EXACT**2) & (damping < MOST_DAMPING)
        if step == n_steps or not searches.any():
            break
        trial = np.clip(point + _compute_step(slope, gram, free, damping), 0.0, upper)
        trial[~searches] = point[~searches]
        found = _look(curve, series, trial)
        better = searches & (found[0] < squares)
        point[better] = trial[better]
        for kept, new in zip((squares, slope, gram), found, strict=True):
            kept[better] = new[better]
        damping = np.where(better, np.maximum(damping / 5, LEAST_DAMPING), np.where(searches, damping * 4, damping))
    return point, damping, searches


def choose_nearest(fits: Sequence[Fit]) -> Fit:
    """Return of each line the fit with the least sum of squares, the first of equals."""
    nearest = np.argmin([fit.squares for fit in fits], axis=0)
    lines = np.arange(len(nearest))

    def take(name: str) -> Any:
        return np.stack([getattr(fit, name) for fit in fits])[nearest, lines]

    return Fit(*(take(field.name) for field in fields(Fit)))


def _look(curve: Curve, series: Series, point: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return squares (m,), half the downhill slope (m, p) and the products of derivatives (m, p, p).

    The squares are infinite where a derivative grows beyond all numbers, so that no search goes there.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        value, derivatives = curve(point[series.line], series.time)
        residual = series.ratio - value
        squares = sum_by_code(series.line, residual**2, len(point))
        slope = series.sum(derivatives * residual[:, None])
        gram = series.sum(derivatives[:, :, None] * derivatives[:, None, :])
    return np.where(np.isfinite(gram).all(axis=(1, 2)), squares, np.inf), slope, gram


def _find_free(point: FloatArray, slope: FloatArray, upper: FloatArray) -> BoolArray:
    return ~(((point <= 0) & (slope <= 0)) | ((point >= upper) & (slope >= 0)))


def _diagonal(gram: FloatArray) -> FloatArray:
    return np.diagonal(gram, axis1=1, axis2=2)


def _compute_cosine(squares: FloatArray, slope: FloatArray, gram: FloatArray, free: BoolArray) -> FloatArray:
    """Return the largest cosine between the residuals and a derivative that is free to move, (m,)."""
    size = np.sqrt(_diagonal(gram) * squares[:, None])
    return np.where(free & (size > 0), np.abs(slope) / np.where(size > 0, size, 1.0), 0.0).max(axis=1)


def _compute_step(slope: FloatArray, gram: FloatArray, free: BoolArray, damping: FloatArray) -> FloatArray:
    """Return the damped step (m, p), in units of each derivative's size so that no unit matters."""
    size = np.sqrt(_diagonal(gram))
    moves = free & (size > VANISHING)
    unit = np.where(moves, size, 1.0)
    scaled = np.where(moves[:, :, None] & moves[:, None, :], gram / (unit[:, :, None] * unit[:, None, :]), 0.0)
    n_parameters = slope.shape[1]
    scaled[:, range(n_parameters), range(n_parameters)] = 1.0 + damping[:, None]
    return np.linalg.solve(scaled, np.where(moves, slope / unit, 0.0)[:, :, None])[:, :, 0] / unit


def _compute_errors(squares: FloatArray, gram: FloatArray, count: FloatArray) -> FloatArray:
    """Return standard errors (m, p) as least squares gives them, infinite where derivatives are alike or nought."""
    n_parameters = gram.shape[1]
    size = np.sqrt(_diagonal(gram))
    told_apart = (size > SMALLEST_SIZE).all(axis=1) & (count > n_parameters)
    unit = np.where(told_apart[:, None], size, 1.0)
    scaled = gram / (unit[:, :, None] * unit[:, None, :])
    scaled[~told_apart] = np.eye(n_parameters)
    told_apart &= np.linalg.det(scaled) > SMALLEST_DETERMINANT
    scaled[~told_apart] = np.eye(n_parameters)
    spread = np.diagonal(np.linalg.inv(scaled), axis1=1, axis2=2) / unit**2
    freedom = np.where(told_apart, count - n_parameters, 1.0)
    variance = np.maximum(squares, count * EXACT**2) / freedom
    return np.where(told_apart[:, None], np.sqrt(spread * variance[:, None]), np.inf)
