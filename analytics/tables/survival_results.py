"""What survival estimation returns: curves, medians and landmarks of groups, and their comparison; times in days."""

from __future__ import annotations

from dataclasses import dataclass

from analytics.tables.results import Estimate, FloatArray, IntArray, Method, Refusal, TestResult


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
    """What is known of one group: its curve, median (days), landmarks and reverse Kaplan–Meier follow-up.

    ``quartiles`` holds (share with the event, days); none at the safe level, whose table is too coarse for them.
    """

    group: str
    n_lines: int
    n_patients: int | None
    n_events: int
    curve: SurvivalCurve
    median: Estimate
    landmarks: tuple[Landmark, ...]
    follow_up: Estimate
    quartiles: tuple[tuple[float, Estimate], ...] = ()


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
class IntervalLimits:
    """Limits of an `IntervalCurve` of m intervals and of its median, by resampling; NaN or ``None`` where not known.

    ``low`` and ``high`` (m,) are of survival after each interval. ``median`` has limits only, its value being an
    interval; so has ``shift``, how many days later the median by detection is.
    """

    low: FloatArray
    high: FloatArray
    median: Estimate
    shift: Estimate
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
