"""Results of models of markers in time: mixed models, landmark and time-dependent analyses, response, agreement.

Small and frozen like those of `results`; units stand in every docstring.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from analytics.tables.hazard_results import RegressionResult
from analytics.tables.results import Estimate, FloatArray, Method, Refusal, TestResult
from analytics.tables.survival_results import SurvivalCurve, SurvivalResult


@dataclass(frozen=True, slots=True)
class Coefficient:
    """One effect of a model that is not on the hazard scale: estimate with limits, error and Wald p value."""

    name: str
    estimate: Estimate
    std_error: float
    p_value: float


@dataclass(frozen=True, slots=True)
class LandmarkResult:
    """Survival from a landmark on by what was known then; the clock starts again at the landmark.

    ``n_lines`` had lines to begin with; ``exclusions`` holds (reason, count) of those that do not enter, and those
    kept are ``n_kept``.
    """

    landmark_days: int
    n_lines: int
    n_kept: int
    exclusions: tuple[tuple[str, int], ...]
    survival: SurvivalResult | Refusal


@dataclass(frozen=True, slots=True)
class LandmarkModel:
    """A Cox model from a landmark on, of what was known by then; counts as in `LandmarkResult`."""

    landmark_days: int
    n_lines: int
    n_kept: int
    exclusions: tuple[tuple[str, int], ...]
    model: RegressionResult


@dataclass(frozen=True, slots=True)
class SwitchingSurvival:
    """Simon–Makuch curves: people count as not yet responded until the day they respond, as responded after it.

    Times are days since ``landmark_days``; ``n_switched`` responded after the landmark and are in both curves.
    """

    landmark_days: int
    curves: tuple[SurvivalCurve | Refusal, ...]
    n_switched: int
    test: TestResult | Refusal


@dataclass(frozen=True, slots=True)
class TimeDependentResult:
    """A Cox model with values that change; ``n_rows`` intervals in which ``n_lines`` had a known value.

    ``n_never_known`` lines had no value before they ended, and ``n_unknown_days`` of follow-up passed before a first.
    """

    model: RegressionResult
    n_rows: int
    n_lines: int
    n_never_known: int
    n_unknown_days: int


@dataclass(frozen=True, slots=True)
class ResidualCheck:
    """How residuals over their own standard deviation compare with a standard normal.

    ``probability``, ``normal`` and ``observed`` (k,) are quantiles; ``share_beyond_3`` is 0.0027 under the model.
    """

    probability: FloatArray
    normal: FloatArray
    observed: FloatArray
    skewness: float
    excess_kurtosis: float
    share_beyond_3: float


@dataclass(frozen=True, slots=True)
class MixedModelResult:
    """A fitted linear mixed model of ``outcome``.

    ``covariance`` (p, p) is that of ``coefficients``; ``random_covariance`` (q, q) that of the effects named in
    ``random_names``; ``residual_sd`` in units of the outcome. ``n_beyond`` values lay beyond a quantitation limit.
    ``residuals`` are judged on people without such a value, and not at all where few values are left.
    ``is_singular``: some combination of the random effects has no variance. ``patients`` has one row a patient:
    ``patient``, ``n_values`` and for each random effect its prediction and limits (``…``, ``…_low``, ``…_high``).
    ``fitted`` has one row a value, in the order given: ``patient``, ``fitted`` with limits of the patient's own curve
    (``low``, ``high``) and of one new value (``value_low``, ``value_high``). Both stay inside at the safe level.
    """

    outcome: str
    coefficients: tuple[Coefficient, ...]
    covariance: FloatArray
    random_names: tuple[str, ...]
    random_covariance: FloatArray
    residual_sd: float
    log_likelihood: float
    criterion: str
    n_values: int
    n_patients: int
    n_beyond: int
    is_singular: bool
    patients: pl.DataFrame
    fitted: pl.DataFrame
    residuals: ResidualCheck | None
    methods: tuple[Method, ...]


@dataclass(frozen=True, slots=True)
class MarkerCourseResult:
    """The course of a marker by group, from a mixed model of its logarithm.

    ``curves`` has one row a group and time: ``group``, ``months``, ``mean`` with limits of the average (``low``,
    ``high``) and of one value of a person never seen (``person_low``, ``person_high``), on the scale of the outcome;
    ``spread`` is the standard deviation of single values of people around the mean, and ``n_patients`` have a value at
    that time or later.
    ``tests``: do the groups' courses differ in shape (group by time), and at all (group, and group by time)?
    """

    groups: tuple[str, ...]
    model: MixedModelResult
    curves: pl.DataFrame
    tests: tuple[TestResult, ...]

    @property
    def methods(self) -> tuple[Method, ...]:
        """The methods of the model and of the tests, each once."""
        return tuple(dict.fromkeys((*self.model.methods, *(test.method for test in self.tests))))


@dataclass(frozen=True, slots=True)
class OddsResult:
    """A regression on odds: ``coefficients`` are log odds ratios, ``odds_ratios`` the same as ratios with limits."""

    name: str
    coefficients: tuple[Coefficient, ...]
    odds_ratios: tuple[Estimate, ...]
    covariance: FloatArray
    log_likelihood: float | None
    n_rows: int
    n_patients: int
    n_events: int
    is_penalised: bool
    method: Method


@dataclass(frozen=True, slots=True)
class AgreementResult:
    """How a yes-or-no sign agrees with a reference; unit ``share`` but for ``kappa``.

    ``counts`` is (both, sign only, reference only, neither). A share of nobody is ``None``.
    """

    sign: str
    reference: str
    counts: tuple[int, int, int, int]
    sensitivity: Estimate
    specificity: Estimate
    positive_predictive: Estimate
    negative_predictive: Estimate
    agreement: Estimate
    kappa: Estimate
    methods: tuple[Method, ...]


@dataclass(frozen=True, slots=True)
class PooledResult:
    """Estimates pooled over imputations by Rubin's rules.

    ``covariance`` (p, p) is the total one; ``degrees_of_freedom`` and ``missing_share`` (fraction of missing
    information) are by coefficient, shape (p,).
    """

    coefficients: tuple[Coefficient, ...]
    covariance: FloatArray
    degrees_of_freedom: FloatArray
    missing_share: FloatArray
    n_imputations: int
    method: Method
