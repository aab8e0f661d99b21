"""What a regression says beside its coefficients: levels, curves of continuous variables, who was missing."""

from __future__ import annotations

from dataclasses import dataclass

from analytics.tables.hazard_results import ModelledCurve, ParametricResult, ProportionalityResult, RegressionResult
from analytics.tables.results import FloatArray, Method, TestResult
from analytics.tables.survival_results import SurvivalCurve


@dataclass(frozen=True, slots=True)
class ModelColumn:
    """One column of a model: a level against its reference, a straight line per ``step``, part of a spline, a product.

    ``kind`` is ``level``, ``line``, ``product`` or ``spline``, which is also that of products with parts of a spline;
    ``level`` and ``reference`` are empty but for levels, and ``level`` of a product says of what. ``step`` is one
    ``unit`` in words: year, doubling. ``parents`` are the names of the two columns of a product.
    """

    name: str
    variable: str
    label: str
    kind: str
    unit: str = ""
    step: str = ""
    level: str = ""
    reference: str = ""
    parents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LevelCount:
    """Lines and events of one level of a categorical variable in the model."""

    variable: str
    level: str
    is_reference: bool
    n_lines: int | None
    n_events: int | None


@dataclass(frozen=True, slots=True)
class MissingCount:
    """Lines in which a variable is missing, whatever else is missing there; they are not in the model."""

    variable: str
    label: str
    n_lines: int | None


@dataclass(frozen=True, slots=True)
class EffectCurve:
    """The effect of a continuous variable as a ratio to that at ``reference``; arrays of shape (k,).

    ``value`` and ``reference`` (the median) are in ``unit``; ``low`` and ``high`` are pointwise limits. The curve spans
    the middle ninety per cent of the lines. Where the effect differs by a category, ``at`` names the level it is for.
    """

    variable: str
    label: str
    unit: str
    value: FloatArray
    ratio: FloatArray
    low: FloatArray
    high: FloatArray
    reference: float
    level: float = 0.95
    at: str = ""


@dataclass(frozen=True, slots=True)
class EffectOverTime:
    """How one coefficient moves with time: a smooth curve through the scaled Schoenfeld residuals, arrays (k,).

    ``days`` since time zero; ``value`` is a log ratio with pointwise limits ``low`` and ``high``.
    """

    term: str
    days: FloatArray
    value: FloatArray
    low: FloatArray
    high: FloatArray
    level: float = 0.95


@dataclass(frozen=True, slots=True)
class AdjustedCurve:
    """Survival of a group by a model, averaged over the covariates of all lines; NaN limits where there are none."""

    group: str
    n_lines: int
    curve: ModelledCurve


@dataclass(frozen=True, slots=True)
class ModelResult:
    """A regression as it was asked for: what went in, the fit, and what the fit means.

    ``ratio`` says of what the ratios are: ``hazard ratio`` or ``time ratio``. ``variable_tests`` are Wald tests of all
    columns of a variable, and of the bend of a spline. ``columns`` are in the order of the fit's terms;
    ``n_parameters`` counts also those of the baseline of a parametric model. ``influence`` (n, p) is what each line
    moves the coefficients by, in standard errors, in the order of the answer's subjects; ``None`` but for Cox.
    ``adjusted`` are curves of the groups as if all of them were the same people, ``observed`` the Kaplan–Meier curves.
    """

    endpoint: str
    rule_set: str
    model: str
    ratio: str
    fit: RegressionResult | ParametricResult
    columns: tuple[ModelColumn, ...]
    levels: tuple[LevelCount, ...]
    curves: tuple[EffectCurve, ...]
    missing: tuple[MissingCount, ...]
    variable_tests: tuple[TestResult, ...]
    effects_over_time: tuple[EffectOverTime, ...]
    n_lines: int
    n_patients: int | None
    n_events: int
    n_parameters: int
    methods: tuple[Method, ...]
    influence: FloatArray | None = None
    adjusted: tuple[AdjustedCurve, ...] = ()
    observed: tuple[SurvivalCurve, ...] = ()

    @property
    def proportionality(self) -> ProportionalityResult | None:
        """The test of proportional hazards; ``None`` for parametric models."""
        return self.fit.proportionality if isinstance(self.fit, RegressionResult) else None

    @property
    def constancy_tests(self) -> tuple[TestResult, ...]:
        """The tests of proportional hazards that could be given, the one of all terms last."""
        held = self.proportionality
        return () if held is None else tuple(test for test in held.tests if isinstance(test, TestResult))
