"""Result types: small, frozen, with their units; what estimation returns, figures draw and export writes.

A quantity that was not reached or cannot be given is ``None``, never infinity and never a guess. A count is
``None`` only where it was withheld because it would single out fewer people than the floor (safe level).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Method:
    """How a number was made; the exporter turns it into the sentence for the paper."""

    name: str
    citation: str
    library: str
    version: str
    interval: str = ""
    ties: str = ""
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its confidence limits, all in ``unit``; ``None``: not reached, or cannot be given."""

    value: float | None
    low: float | None
    high: float | None
    unit: str
    level: float = 0.95


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that cannot be given, in words, with what would help.

    ``code`` is stable and short (``too_few_events``, ``groups_after_time_zero``), for tests and scripts.
    """

    code: str
    sentence: str
    remedy: str


@dataclass(frozen=True, slots=True)
class SurvivalCurve:
    """A step curve on distinct times; every array has shape (k,), row 0 is time 0.

    ``time`` is in days (date − start + 1). One row for each distinct event, censoring or entry time.
    ``n_risk`` counts just before the time (as R and SAS do); ``std_error_log`` is the standard error of
    log S (as broom writes it), ``low`` and ``high`` the pointwise limits of S; NaN where undefined.
    """

    group: str
    time: IntArray
    n_risk: IntArray
    n_event: IntArray
    n_censor: IntArray
    n_enter: IntArray
    survival: FloatArray
    std_error_log: FloatArray
    low: FloatArray
    high: FloatArray
    interval: str = "log-log"
    level: float = 0.95


@dataclass(frozen=True, slots=True)
class Landmark:
    """Survival at a fixed time; ``survival`` is ``None``-valued beyond the last follow-up."""

    days: int
    survival: Estimate
    n_risk: int


@dataclass(frozen=True, slots=True)
class GroupSurvival:
    """What is known of one group: its curve, median (days), landmarks and reverse Kaplan–Meier follow-up."""

    group: str
    n_lines: int
    n_patients: int | None
    n_events: int
    curve: SurvivalCurve
    median: Estimate
    landmarks: tuple[Landmark, ...]
    follow_up: Estimate


@dataclass(frozen=True, slots=True)
class TestResult:
    """A hypothesis test: statistic, degrees of freedom and two-sided p value."""

    __test__ = False  # the field's name for it; pytest must not collect it

    name: str
    statistic: float
    degrees_of_freedom: int
    p_value: float
    method: Method


@dataclass(frozen=True, slots=True)
class HazardRatio:
    """Hazard of ``group`` divided by that of ``reference``, with limits and the test of ratio 1."""

    group: str
    reference: str
    ratio: Estimate
    p_value: float
    is_robust: bool
    method: Method


@dataclass(frozen=True, slots=True)
class CumulativeIncidence:
    """Probability of having ended by one cause, the others competing; arrays of shape (k,), row 0 is time 0.

    ``time`` is in days; ``n_risk`` counts lines just before, ``n_event`` ends by this cause; ``std_error`` is that of
    the incidence, ``low`` and ``high`` its pointwise limits; NaN where undefined.
    """

    group: str
    cause: int
    time: IntArray
    n_risk: IntArray
    n_event: IntArray
    incidence: FloatArray
    std_error: FloatArray
    low: FloatArray
    high: FloatArray
    method: Method
    level: float = 0.95


@dataclass(frozen=True, slots=True)
class PairwiseTest:
    """A test between two groups of several; ``p_adjusted`` is corrected for all pairs tested."""

    group: str
    reference: str
    test: TestResult | Refusal
    p_adjusted: float | None
    correction: Method


@dataclass(frozen=True, slots=True)
class RestrictedMeanContrast:
    """Mean time lived without the event up to a horizon: ``group`` less, and divided by, ``reference``."""

    group: str
    reference: str
    difference: Estimate
    ratio: Estimate
    p_difference: float
    p_ratio: float


@dataclass(frozen=True, slots=True)
class RestrictedMeanResult:
    """Restricted mean time of each group up to ``days``, and the contrasts with the reference group, which is first."""

    days: int
    means: tuple[tuple[str, Estimate], ...]
    contrasts: tuple[RestrictedMeanContrast, ...]
    method: Method


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


@dataclass(frozen=True, slots=True)
class IntervalCurve:
    """Survival from times known between visits: mass lies in (``left``, ``right``], arrays of shape (m,), days.

    ``survival`` holds S after each interval; within one it is not known. ``right`` is infinite for what was not seen.
    """

    group: str
    left: FloatArray
    right: FloatArray
    mass: FloatArray
    survival: FloatArray
    log_likelihood: float
    n_lines: int
    n_events: int
    method: Method


@dataclass(frozen=True, slots=True)
class BootstrapMedians:
    """Medians by group with percentile limits; ``replicates`` (r, g) in days, infinite where not reached."""

    groups: tuple[str, ...]
    replicates: FloatArray
    medians: tuple[Estimate, ...]
    method: Method


@dataclass(frozen=True, slots=True)
class SurvivalResult:
    """Time to one endpoint by group; times in days.

    ``n_patients_in_several_groups`` counts people with lines in more than one group; where it is not 0
    errors are clustered by patient and ``test`` is the robust score test. Where ``landmark_days`` is given, only lines
    at risk after that day are in, and times count from it.
    """

    endpoint: str
    rule_set: str
    groups: tuple[GroupSurvival, ...]
    test: TestResult | Refusal | None
    hazard_ratios: tuple[HazardRatio | Refusal, ...]
    n_patients_in_several_groups: int | None
    methods: tuple[Method, ...]
    landmark_days: int | None = None


@dataclass(frozen=True, slots=True)
class ResponseGroup:
    """Responders of one group under one rule, with the not evaluable counted beside them."""

    group: str
    n_all: int | None
    n_evaluable: int | None
    n_not_evaluable: int | None
    n_responders: int | None
    n_confirmed: int | None
    share_of_evaluable: Estimate
    share_of_all: Estimate
    confirmed_share_of_evaluable: Estimate


@dataclass(frozen=True, slots=True)
class ProportionDifference:
    """Shares of two groups with their difference (share) and ratio, limits beside each."""

    group: str
    reference: str
    share: Estimate
    reference_share: Estimate
    difference: Estimate
    ratio: Estimate
    p_value: float
    methods: tuple[Method, ...]


@dataclass(frozen=True, slots=True)
class ResponseResult:
    """Marker response by group under a named rule.

    ``not_evaluable_reasons`` holds (group, reason, count). ``best_changes`` has one row an evaluable line:
    ``line_key`` (opaque), ``group``, ``best_change_pct``, ``is_bound`` (at a quantitation limit),
    ``responded``; it is row-level and stays inside at the safe level. ``comparisons`` are with one reference group.
    """

    analyte: str
    rule_id: str
    groups: tuple[ResponseGroup, ...]
    not_evaluable_reasons: tuple[tuple[str, str, int], ...]
    best_changes: pl.DataFrame
    methods: tuple[Method, ...]
    comparisons: tuple[ProportionDifference | Refusal, ...] = ()


@dataclass(frozen=True, slots=True)
class FlowStep:
    """One step of who is in: how many are left and why the others are not."""

    label: str
    n_patients: int | None
    n_lines: int
    n_lines_removed: int
    reason: str


@dataclass(frozen=True, slots=True)
class CohortResult:
    """Who is in: (group, patients, lines), and characteristics as (characteristic, category, group, n, share)."""

    n_patients: int | None
    n_lines: int
    groups: tuple[tuple[str, int | None, int], ...]
    characteristics: pl.DataFrame


@dataclass(frozen=True, slots=True)
class TrajectoryResult:
    """A marker in time since the start of a line, in windows; fold-ULN.

    ``bands`` columns: ``group``, ``window`` (label), ``from_day``, ``to_day``, ``mid_months``,
    ``n_lines``, ``q10``, ``q25``, ``median``, ``q75``, ``q90`` (fold-ULN; null where ``n_lines`` is
    below the floor).
    """

    analyte: str
    bands: pl.DataFrame
    floor: int
    methods: tuple[Method, ...]


@dataclass(frozen=True, slots=True)
class EndpointsResult:
    """Counts of events, censorings by reason and exclusions by reason for each endpoint and group.

    ``counts`` columns: ``endpoint``, ``rule_set``, ``group``, ``status`` (event, censored, excluded),
    ``reason``, ``n_lines``.
    """

    counts: pl.DataFrame
    methods: tuple[Method, ...] = field(default=())


Result = SurvivalResult | ResponseResult | CohortResult | TrajectoryResult | EndpointsResult
