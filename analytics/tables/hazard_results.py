"""What a model of hazards or of times returns, before a question puts words to it."""

from __future__ import annotations

from dataclasses import dataclass

from analytics.tables.results import BoolArray, Estimate, FloatArray, Method, Refusal, TestResult


@dataclass(frozen=True, slots=True)
class ModelTerm:
    """One coefficient of a regression, as it is and as a ratio with limits, and its Wald test."""

    name: str
    coefficient: float
    std_error: float
    ratio: Estimate
    p_value: float


@dataclass(frozen=True, slots=True)
class ProportionalityResult:
    """Whether effects keep their size over time: one score test a term and a global one, last.

    For the plot: ``time`` (e,) of each event in days, ``scaled`` (e, p) scaled Schoenfeld residuals, around the
    coefficient where the effect is constant; columns in the order of ``terms``.
    """

    terms: tuple[str, ...]
    tests: tuple[TestResult | Refusal, ...]
    time: FloatArray
    scaled: FloatArray


@dataclass(frozen=True, slots=True)
class RegressionResult:
    """A fitted regression on time to event.

    ``covariance`` (p, p) is that of the coefficients in the order of ``terms``, robust when ``is_robust``;
    ``tests`` are of all coefficients at once.
    """

    name: str
    terms: tuple[ModelTerm, ...]
    covariance: FloatArray
    log_likelihood: float
    n_lines: int
    n_patients: int
    n_events: int
    is_robust: bool
    tests: tuple[TestResult, ...]
    method: Method
    proportionality: ProportionalityResult | None = None


@dataclass(frozen=True, slots=True)
class ParametricResult:
    """A survival function of few parameters.

    ``terms`` are the covariates: ratios of time in an accelerated failure time model, of hazard in a spline model.
    ``parameters`` (q,) and ``covariance`` (q, q) hold those coefficients first, then the intercept, then the log of the
    scale or the spline's coefficients; ``knots`` (log days) are empty but for the spline. Beyond ``last_day`` of
    follow-up a curve is the model's word alone.
    """

    family: str
    terms: tuple[ModelTerm, ...]
    parameters: FloatArray
    covariance: FloatArray
    knots: tuple[float, ...]
    log_likelihood: float
    aic: float
    n_lines: int
    n_events: int
    last_day: float
    method: Method


@dataclass(frozen=True, slots=True)
class ModelledCurve:
    """Survival by a parametric model with pointwise limits, arrays of shape (k,); ``days`` may lie between whole days.

    ``is_extrapolated`` marks the days beyond follow-up.
    """

    days: FloatArray
    survival: FloatArray
    low: FloatArray
    high: FloatArray
    is_extrapolated: BoolArray
    level: float = 0.95
