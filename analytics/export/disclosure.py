"""The safe level: turn an answer into one that speaks of nobody and of at least the floor, or refuse.

How
---
1. *Coarsen, then compute.* What leaves is a small table of counts in which every count, and every difference of two
   counts one of which contains the other, is of nobody or of at least ``floor_patients`` people (people, not lines).
   Categories, steps and months below the floor are merged with their neighbours; cells are not blanked, since a blank
   between a total and its other parts is no secret. Where merging is impossible a count is withheld (``None``) together
   with those it could be had from.
2. *Everything else is made from that table*: survival, limits, medians, landmarks, follow-up, shares and figures. An
   exact median is one person's day, and an exact survival with its number at risk gives back every event; neither
   leaves. Medians are whole months, by straight lines between the rows of the life table.
3. *Tables about the same people are held against each other* (histology and grade; two endpoints): a split that would
   single somebody out by subtraction from one already shown is merged.
4. *What comes from the exact data is rounded and needs numbers behind it*: hazard ratios, limits and statistics to two
   figures and p values to one, only between groups that are shown and have twice the floor in events (the habit of
   output checkers to ask ten degrees of freedom of a model). Quantiles to two figures, and only with the floor of
   people on their far side (a median needs twice, deciles ten times the floor).
5. *People beside lines* are counted only where the extra lines are none or at least the floor. The number sampled in a
   window is rounded down to a multiple of the floor.
6. No row-level file, no censoring marks, no sentence made from the exact answer.

Zero may be shown, and so may «all»: that a whole group had an event is no count below the floor.

What it does not do
-------------------
It judges one answer. Two answers about overlapping selections (with and without one hospital, or before and after a
new data version) can still be subtracted from each other; whoever gives several out must look at them together. The
manifest of each names its selection and data version for that purpose.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from analytics.export.balance import make_safe_weighting
from analytics.export.disclosure_aggregates import make_safe_cohort, make_safe_endpoints
from analytics.export.disclosure_comparisons import make_safe_means, make_safe_sensitivity, make_safe_subgroups
from analytics.export.disclosure_competing import make_safe_competing, make_safe_intervals
from analytics.export.disclosure_course import make_safe_course
from analytics.export.disclosure_marker import make_safe_agreement, make_safe_growth, make_safe_imputation
from analytics.export.disclosure_models import make_safe_model
from analytics.export.disclosure_regrowth import make_safe_regrowth
from analytics.export.disclosure_response import make_safe_response
from analytics.export.disclosure_survival import make_safe_survival
from analytics.export.disclosure_switching import make_safe_switching
from analytics.export.disclosure_tallies import make_safe_tally
from analytics.export.disclosure_trajectory import make_safe_trajectory
from analytics.questions.question import Answer
from analytics.tables.cohort_results import CohortResult, EndpointsResult, TrajectoryResult
from analytics.tables.comparison_results import MeanSurvivalResult, SensitivityResult, SubgroupsResult
from analytics.tables.competing_results import CompetingRisksResult, IntervalSurvivalResult
from analytics.tables.marker_results import GrowthResult, ImputationResult, RegrowthResult, ScanAgreementResult
from analytics.tables.model_results import MarkerCourseResult
from analytics.tables.regression_results import ModelResult
from analytics.tables.response_results import ResponseResult
from analytics.tables.results import Refusal
from analytics.tables.survival_results import SurvivalResult
from analytics.tables.tally_results import TallyResult

_MAKE_SAFE: dict[type[Any], Callable[[Answer, int], Answer | Refusal]] = {
    SurvivalResult: make_safe_survival,
    ResponseResult: make_safe_response,
    CohortResult: make_safe_cohort,
    TrajectoryResult: make_safe_trajectory,
    EndpointsResult: make_safe_endpoints,
    ModelResult: make_safe_model,
    MarkerCourseResult: make_safe_course,
    ScanAgreementResult: make_safe_agreement,
    GrowthResult: make_safe_growth,
    RegrowthResult: make_safe_regrowth,
    ImputationResult: make_safe_imputation,
    CompetingRisksResult: make_safe_competing,
    IntervalSurvivalResult: make_safe_intervals,
    MeanSurvivalResult: make_safe_means,
    SubgroupsResult: make_safe_subgroups,
    SensitivityResult: make_safe_sensitivity,
    TallyResult: make_safe_tally,
}


def make_safe(answer: Answer, floor: int) -> Answer | Refusal:
    """Return the answer as it may leave at the safe level, without subjects.

    Parameters
    ----------
    answer
        An exact answer with its subjects: people are counted from them.
    floor
        Fewest people a count may speak of.
    """
    if type(answer.result) not in _MAKE_SAFE:
        return Refusal(
            "no_safe_form",
            f"A {answer.question.kind} answer has no safe form yet.",
            "Use the full level inside the hospital.",
        )
    make = make_safe_switching if answer.question.kind == "switching" else _MAKE_SAFE[type(answer.result)]
    made = refuse_coarse_curves(answer) or make(answer, floor)
    if isinstance(made, Refusal):
        return made
    return replace(made, subjects=answer.subjects.clear(), weighting=make_safe_weighting(made.weighting))


def refuse_coarse_curves(answer: Answer) -> Refusal | None:
    """Refuse curves of weighted lines or with late entry: a coarse table of counts does not give them back."""
    is_plain = not answer.question.weights and not answer.question.entry
    if is_plain or not isinstance(answer.result, SurvivalResult | CompetingRisksResult):
        return None
    return Refusal(
        "curve_not_from_counts",
        "Curves with weights or late entry have no safe form: they cannot be made from counts of enough people.",
        "Ask the regression, whose ratios leave at the safe level, or use the full level inside the hospital.",
    )
