"""How fast a marker or a sum of diameters grows: a log-linear slope for each line, with its limits."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import ArrayLike

from analytics.catalogue.calendar import DAYS_PER_MONTH
from analytics.errors import RefusedError
from analytics.estimation.episodes import Changes, check_changes
from analytics.estimation.student import compute_student_quantiles
from analytics.estimation.sums import sum_by_code
from analytics.tables.results import FloatArray

MEHRARA = "Mehrara E et al. Cancer Res 2007;67:3970-3975. doi:10.1158/0008-5472.CAN-06-3822"
FEWEST_VALUES = 3  # two points leave nothing to judge the slope by
SHORTEST_SPAN_DAYS = 91  # three months: over less, a slope is mostly the noise of two visits


def estimate_growth(
    n_lines: int,
    line: ArrayLike,
    day: ArrayLike,
    value: ArrayLike,
    level: float = 0.95,
    shortest_span_days: int = SHORTEST_SPAN_DAYS,
) -> pl.DataFrame:
    """Estimate the growth rate of each line by least squares of the logarithm of its values on time.

    Parameters
    ----------
    n_lines
        Number of lines.
    line, day, value
        Measurements: position of the line, day (any whole number; negative before treatment) and positive value, (c,).
        Values beyond a quantitation limit have no logarithm to fit: leave them out and count them, or use the
        censored mixed model.
    shortest_span_days
        First to last value must span this, and there must be at least 3.

    Returns
    -------
    polars.DataFrame
        One row a line: ``line``, ``n_values``, ``span_days``, ``growth_pct_per_month`` with ``_low`` and ``_high``
        (% per month of 30.4375 days), ``log_slope`` and ``log_slope_error`` (per month), ``residual_sd`` (of the
        logarithm), ``doubling_months`` and ``halving_months`` (only where the limits exclude no growth), ``reason``
        (why nothing is given, or null).

    Raises
    ------
    RefusedError
        When a value is not positive, or a line has two on one day.

    References
    ----------
    Mehrara E et al. Cancer Res 2007;67:3970-3975. doi:10.1158/0008-5472.CAN-06-3822 (the growth rate is defined
    where the doubling time is not)
    """
    changes = check_changes(n_lines, line, day, value)
    if (changes.value <= 0).any():
        raise RefusedError(
            f"{int((changes.value <= 0).sum())} values are not positive.", "value", "A logarithm needs positive values."
        )
    count, span, slope, error, residual = _fit_lines(changes, n_lines)
    too_few, too_short = count < FEWEST_VALUES, span < shortest_span_days
    given = ~too_few & ~too_short
    half = compute_student_quantiles(level, np.where(given, count - 2, 1.0)) * error
    low, high = slope - half, slope + half
    table = pl.DataFrame({
        "line": np.arange(n_lines),
        "n_values": count.astype(np.int64),
        "span_days": span.astype(np.int64),
        "growth_pct_per_month": 100 * np.expm1(slope),
        "growth_pct_per_month_low": 100 * np.expm1(low),
        "growth_pct_per_month_high": 100 * np.expm1(high),
        "log_slope": slope,
        "log_slope_error": error,
        "residual_sd": residual,
        "doubling_months": np.where(low > 0, np.log(2) / np.where(low > 0, slope, 1.0), np.nan),
        "halving_months": np.where(high < 0, np.log(2) / np.where(high < 0, -slope, 1.0), np.nan),
    })  # fmt: skip
    rates = [name for name in table.columns if name not in ("line", "n_values", "span_days")]
    return table.with_columns(
        *(pl.when(pl.Series(given)).then(pl.col(name).fill_nan(None)).alias(name) for name in rates),
        reason=pl.when(pl.Series(too_few))
        .then(pl.lit(f"fewer than {FEWEST_VALUES} values"))
        .when(pl.Series(too_short))
        .then(pl.lit(f"values span less than {shortest_span_days} days")),
    )


def _fit_lines(changes: Changes, n_lines: int) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return count, span (days), slope and its error (per month) and residual standard deviation, each (n,)."""
    code, months, logs = changes.line, changes.day / DAYS_PER_MONTH, np.log(changes.value)
    count = sum_by_code(code, None, n_lines)
    some = np.maximum(count, 1)
    months = months - (sum_by_code(code, months, n_lines) / some)[code]
    logs = logs - (sum_by_code(code, logs, n_lines) / some)[code]
    spread = sum_by_code(code, months**2, n_lines)
    slope = sum_by_code(code, months * logs, n_lines) / np.where(spread > 0, spread, 1.0)
    residual = logs - slope[code] * months
    freedom = np.where(count > 2, count - 2, 1.0)
    variance = sum_by_code(code, residual**2, n_lines) / freedom
    span = np.zeros(n_lines)
    first = np.flatnonzero(np.diff(code, prepend=-1))
    last = np.append(first[1:], len(code))[: len(first)] - 1
    span[code[first]] = changes.day[last] - changes.day[first]
    return count, span, slope, np.sqrt(variance / np.where(spread > 0, spread, 1.0)), np.sqrt(variance)
