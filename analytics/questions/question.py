"""What a person asks, and what comes back: Question, Selection, Answer; a Refusal is a result type.

The fields of Question and Selection are the options of `lutetia ask`, the entries of a protocol and the words of a
notebook: each is said once, here. This module loads nothing heavy, so that the command line can read them for its help.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, Literal

from annotated_types import Interval

if TYPE_CHECKING:
    import polars as pl

    from analytics.tables.cohort_results import CohortResult, EndpointsResult, FlowStep, TrajectoryResult
    from analytics.tables.comparison_results import MeanSurvivalResult, SensitivityResult, SubgroupsResult
    from analytics.tables.competing_results import CompetingRisksResult, IntervalSurvivalResult
    from analytics.tables.marker_results import MarkerResult
    from analytics.tables.regression_results import ModelResult
    from analytics.tables.response_results import ResponseResult
    from analytics.tables.survival_results import SurvivalResult
    from analytics.tables.tally_results import TallyResult
    from analytics.tables.weighting_results import Weighting

    AnyResult = (
        SurvivalResult
        | ResponseResult
        | CohortResult
        | TrajectoryResult
        | EndpointsResult
        | ModelResult
        | MarkerResult
        | CompetingRisksResult
        | IntervalSurvivalResult
        | MeanSurvivalResult
        | SubgroupsResult
        | SensitivityResult
        | TallyResult
    )

LineChoice = Literal["every_line", "first_line", "decision_point"]


NOTHING_ELSE: Final = {"extra": "forbid"}
"""For whoever validates these classes: a word that is no option is a mistake, never passed over."""


def option(default: Any, says: str, word: str = "") -> Any:
    """Return a field that a person sets, with its help and its word on the command line (empty: its name)."""
    return field(default=default, metadata={"says": says, "word": word})


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which treatment lines are in; an empty tuple or string means «all».

    ``started_from`` and ``started_to`` are ISO dates, both included. ``choose`` is how one line or all of
    a patient's lines enter: ``every_line`` (errors clustered by patient), ``first_line`` (the first in the
    selection), ``decision_point`` (lines started directly after ``decision_after``, for example SSA).
    """

    __pydantic_config__: ClassVar = NOTHING_ELSE

    treatments: tuple[str, ...] = option((), "Only lines of this treatment (repeatable).", "treatment")
    primary_sites: tuple[str, ...] = option((), "Only this primary site (repeatable).", "primary-site")
    grades: tuple[str, ...] = option((), "Only this grade (repeatable).", "grade")
    hospitals: tuple[str, ...] = option((), "Only this hospital (repeatable).", "hospital")
    where: tuple[str, ...] = option((), "Only lines with this at their start: netpet=P1, egfr>=60, … (repeatable).")
    started_from: str = option("", "Only lines started on or after this ISO date.", "from")
    started_to: str = option("", "Only lines started on or before this ISO date.", "to")
    choose: LineChoice = option("every_line", "Which lines of a patient enter.")
    decision_after: str = option("SSA", "With --choose decision_point: the treatment they directly follow.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question to a study; frozen and hashable, so that it can be cached and written into a manifest.

    ``kind`` is a key of `analytics.questions.ask.QUESTIONS`; each option says itself what it is for.
    """

    __pydantic_config__: ClassVar = NOTHING_ELSE

    kind: str
    endpoint: str = option("PFS", "Time to what: PFS, PFS_ALL, OS, TTNT, …")
    rule_set: str = option("default", "Rule set of the endpoint.")
    by: str = option("treatment", "Compare by: treatment, primary_site, grade, sex, hospital, … or none.")
    analyte: str = option("CGA", "For response, trajectory, landmark: the biomarker.")
    response_rule: str = option("ELECT50", "For response, landmark: the named rule.", "rule")
    reference: str = option("", "Group the hazard ratios refer to; default: the largest.")
    covariates: tuple[str, ...] = option((), "For models: adjust for this (repeatable).", "covariate")
    linear: tuple[str, ...] = option((), "A covariate entered straight, not as a spline (repeatable).")
    strata: tuple[str, ...] = option((), "Cox: a baseline hazard a level (repeatable).")
    spline_df: Annotated[int, Interval(ge=1, le=6)] = option(3, "Parameters of each spline.")
    model: str = option(
        "cox",
        "cox, firth (penalised), spline, weibull, log-normal, log-logistic or exponential; for response_model: "
        "logistic, firth, gee or ordinal.",
    )
    ties: str = option("efron", "Cox: efron or breslow.")
    interval: str = option("log-log", "For survival: scale of the limits, log-log, log or plain.")
    subgroups: tuple[str, ...] = option((), "For subgroups: by this (repeatable).", "subgroup")
    as_of: str = option("", "For surveillance: what was due on this ISO date.")
    schedule: str = option("skin_guidance_metastatic", "For surveillance: the named schedule.")
    horizon_months: Annotated[float, Interval(ge=0)] = option(
        0.0, "For comparison: months; 0: as far as followed.", "horizon"
    )
    landmark_days: Annotated[int, Interval(ge=0)] = option(183, "For landmark, switching: day to compare from.")
    limits: str = option("exact", "For response: exact (Clopper-Pearson) or wilson limits of the rates.")
    changing: str = option("value", "For time_dependent: what the hazard follows, value or slope.")
    measure: str = option("marker", "For growth, regrowth: what grows, marker or diameters.")
    days_before: Annotated[int, Interval(ge=0)] = option(90, "For agreement: marker at most so long before the scan.")
    days_after: Annotated[int, Interval(ge=0)] = option(30, "For agreement: marker at most so long after the scan.")
    n_imputations: Annotated[int, Interval(ge=2, le=200)] = option(20, "For imputation: number of completed tables.")
    n_resamples: Annotated[int, Interval(ge=0, le=5000)] = option(
        200, "For limits by resampling (interval_censored, adjusted curves); 0: none."
    )
    seed: Annotated[int, Interval(ge=0)] = option(1, "For imputation and resampling: where chance starts.")
    endpoints: tuple[str, ...] = option((), "For sensitivity: beside --endpoint (repeatable).", "also-endpoint")
    rule_sets: tuple[str, ...] = option((), "For sensitivity: beside --rule-set (repeatable).", "also-rule-set")
    models: tuple[str, ...] = option((), "For sensitivity: unadjusted, cox, weibull, … (repeatable).", "by-model")
    interactions: tuple[str, ...] = option((), "For regression: whose effects differ, a:b (repeatable).", "interaction")
    entry: str = option("", "Late entry: at risk only from the patient's first_record or first_scan on.")
    weights: str = option("", "Weights that make two groups alike: overlap or inverse.")
    balance: tuple[str, ...] = option((), "With --weights: alike in this covariate (repeatable).")
    selection: Selection = field(default_factory=Selection)

    def as_dict(self) -> dict[str, Any]:
        """Return the question as plain values for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A result with everything needed to read, cite and repeat it.

    ``subjects`` has one row a line: ``pid``, ``line_no``, ``group`` and the columns the question rests
    on; it is row-level and leaves only at the full level. ``summary`` is a few plain sentences. ``weighting`` is what
    weights did to the groups, where they were asked for.
    """

    question: Question
    result: AnyResult
    subjects: pl.DataFrame
    flow: tuple[FlowStep, ...]
    summary: tuple[str, ...]
    notes: tuple[str, ...]
    study_name: str
    study_version: str
    weighting: Weighting | None = None
