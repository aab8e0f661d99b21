"""What a person asks, and what comes back: Question, Selection, Answer; a Refusal is a result type."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import polars as pl

from analytics.tables.cohort_results import CohortResult, EndpointsResult, FlowStep, TrajectoryResult
from analytics.tables.comparison_results import MeanSurvivalResult, SensitivityResult, SubgroupsResult
from analytics.tables.competing_results import CompetingRisksResult, IntervalSurvivalResult
from analytics.tables.regression_results import ModelResult
from analytics.tables.response_results import ResponseResult
from analytics.tables.survival_results import SurvivalResult

LineChoice = Literal["every_line", "first_line", "decision_point"]


AnyResult = (
    SurvivalResult
    | ResponseResult
    | CohortResult
    | TrajectoryResult
    | EndpointsResult
    | ModelResult
    | CompetingRisksResult
    | IntervalSurvivalResult
    | MeanSurvivalResult
    | SubgroupsResult
    | SensitivityResult
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which treatment lines are in; an empty tuple or string means «all».

    ``started_from`` and ``started_to`` are ISO dates, both included. ``choose`` is how one line or all of
    a patient's lines enter: ``every_line`` (errors clustered by patient), ``first_line`` (the first in the
    selection), ``decision_point`` (lines started directly after ``decision_after``, for example SSA).
    """

    treatments: tuple[str, ...] = ()
    primary_sites: tuple[str, ...] = ()
    grades: tuple[str, ...] = ()
    hospitals: tuple[str, ...] = ()
    started_from: str = ""
    started_to: str = ""
    choose: LineChoice = "every_line"
    decision_after: str = "SSA"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question to a study; frozen and hashable, so that it can be cached and written into a manifest.

    For models: ``covariates`` and ``strata`` by name; continuous ones are splines of ``spline_df`` parameters but for
    those in ``linear``. ``model`` is ``cox``, ``firth`` (penalised), ``weibull``, ``log-normal``, ``log-logistic``,
    ``exponential`` or ``spline``; ``ties`` is ``efron`` or ``breslow``. ``subgroups`` are variables;
    ``horizon_months`` ends restricted means, 0 where follow-up does. Analyses side by side: ``endpoints``,
    ``rule_sets`` and ``models``, empty for those of the question itself.
    ``landmark_days`` is the day of the line from which responders are compared.
    """

    kind: str
    endpoint: str = "PFS"
    rule_set: str = "default"
    by: str = "treatment"
    analyte: str = "CGA"
    response_rule: str = "ELECT50"
    reference: str = ""
    covariates: tuple[str, ...] = ()
    linear: tuple[str, ...] = ()
    strata: tuple[str, ...] = ()
    spline_df: int = 3
    model: str = "cox"
    ties: str = "efron"
    subgroups: tuple[str, ...] = ()
    horizon_months: float = 0.0
    landmark_days: int = 183
    endpoints: tuple[str, ...] = ()
    rule_sets: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    selection: Selection = field(default_factory=Selection)

    def as_dict(self) -> dict[str, Any]:
        """Return the question as plain values for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A result with everything needed to read, cite and repeat it.

    ``subjects`` has one row a line: ``pid``, ``line_no``, ``group`` and the columns the question rests
    on; it is row-level and leaves only at the full level. ``summary`` is a few plain sentences.
    """

    question: Question
    result: AnyResult
    subjects: pl.DataFrame
    flow: tuple[FlowStep, ...]
    summary: tuple[str, ...]
    notes: tuple[str, ...]
    study_name: str
    study_version: str
