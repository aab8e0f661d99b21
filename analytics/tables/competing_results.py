"""Results of competing risks and of times known between visits, by group."""

from __future__ import annotations

from dataclasses import dataclass

from analytics.tables.hazard_results import ModelledCurve, ParametricResult, RegressionResult
from analytics.tables.regression_results import LevelCount, ModelColumn
from analytics.tables.results import Estimate, FloatArray, IntArray, Method, Refusal, TestResult
from analytics.tables.survival_results import IntervalCurve, IntervalLimits, SurvivalCurve


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
class IncidenceAt:
    """Cumulative incidence of one cause at a fixed day; ``None``-valued beyond the last follow-up."""

    cause: str
    days: int
    incidence: Estimate


@dataclass(frozen=True, slots=True)
class IncidenceGroup:
    """One group: a curve for each cause in the order of the result's ``causes``, and incidences at landmarks."""

    group: str
    n_lines: int
    n_patients: int | None
    curves: tuple[CumulativeIncidence, ...]
    landmarks: tuple[IncidenceAt, ...]


@dataclass(frozen=True, slots=True)
class CompetingRisksResult:
    """Which end comes first: ``causes`` in words, the one asked about first, the others competing with it.

    ``cause_specific`` and ``subdistribution`` are hazard ratios of the first cause for ``columns`` (group and
    covariates), or why they are not given. ``test`` is Gray's.
    """

    endpoint: str
    rule_set: str
    causes: tuple[str, ...]
    groups: tuple[IncidenceGroup, ...]
    test: TestResult | Refusal | None
    columns: tuple[ModelColumn, ...]
    cause_specific: RegressionResult | Refusal | None
    subdistribution: RegressionResult | Refusal | None
    methods: tuple[Method, ...]


@dataclass(frozen=True, slots=True)
class IntervalModel:
    """A parametric model of times known between visits: its fit, curve and median (days), or why there is none."""

    family: str
    fit: ParametricResult | Refusal
    curve: ModelledCurve | None
    median: Estimate | None


@dataclass(frozen=True, slots=True)
class IntervalGroup:
    """One group by visits and by the day of detection; medians in days.

    ``median`` is the interval (after, not after) that holds the median, ``None`` when it was not reached. Of the
    ``n_events``, ``n_exact`` have a known day; ``width_days`` is the median width of the intervals of the others.
    ``limits`` are those of the curve, its median and the shift of the median by detection, where resampling was asked
    for.
    """

    group: str
    n_lines: int
    n_patients: int | None
    n_events: int
    n_exact: int | None
    width_days: float | None
    curve: IntervalCurve | None
    median: tuple[float, float] | None
    detection: SurvivalCurve | None
    detection_median: Estimate
    models: tuple[IntervalModel, ...]
    limits: IntervalLimits | None = None


@dataclass(frozen=True, slots=True)
class IntervalRegression:
    """A parametric model of everybody's intervals on group and covariates, or why there is none.

    ``ratio`` says of what the ratios are: ``hazard ratio`` or ``time ratio``.
    """

    family: str
    ratio: str
    fit: ParametricResult | Refusal


@dataclass(frozen=True, slots=True)
class IntervalSurvivalResult:
    """Time to an endpoint that was seen between two visits, by group.

    ``test`` compares the groups without a model; ``regressions`` do with one a family, on ``columns`` (group and
    covariates), whose categories have the counts in ``levels``.
    """

    endpoint: str
    rule_set: str
    groups: tuple[IntervalGroup, ...]
    methods: tuple[Method, ...]
    test: TestResult | Refusal | None = None
    columns: tuple[ModelColumn, ...] = ()
    levels: tuple[LevelCount, ...] = ()
    regressions: tuple[IntervalRegression, ...] = ()
