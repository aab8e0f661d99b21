"""The figures of an answer as SVG, PDF and PNG, drawn from the same result as its tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from analytics.errors import RefusedError
from analytics.export.release import Release
from analytics.export.sentences import TIME_ZERO, caption_aggregate, caption_survival, name_clock_start, name_endpoint
from analytics.questions.wording import describe_share_difference
from analytics.tables.cohort_results import TrajectoryResult
from analytics.tables.comparison_results import MeanSurvivalResult, SensitivityResult, SubgroupsResult
from analytics.tables.competing_results import CompetingRisksResult, IntervalSurvivalResult
from analytics.tables.marker_results import GrowthResult, ImputationResult, RegrowthResult, ScanAgreementResult
from analytics.tables.model_results import MarkerCourseResult
from analytics.tables.regression_results import ModelResult
from analytics.tables.response_results import ProportionDifference, ResponseResult
from analytics.tables.survival_results import SurvivalResult

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def write_figure(release: Release) -> dict[str, bytes]:
    """Write ``figure.*``: what `draw_main_figure` draws."""
    return draw_files("figure", lambda: draw_main_figure(release))


def write_waterfall(release: Release) -> dict[str, bytes]:
    """Write ``waterfall.*``: the best change of every evaluable line; nothing when there is none."""
    from analytics.figures.paper.waterfall import draw_waterfall

    result = cast("ResponseResult", release.answer.result)
    if result.best_changes.is_empty():
        return {}
    caption = caption_aggregate(release, f"Best change of {result.analyte} from baseline, one bar a treatment line.")
    return draw_files("waterfall", lambda: draw_waterfall(result, caption))


def write_log_hazards(release: Release) -> dict[str, bytes]:
    """Write ``log_hazards.*``: the cumulative hazards of several groups on a log scale, parallel where proportional."""
    from analytics.figures.paper.log_hazards import draw_log_hazards

    result = cast("SurvivalResult", release.answer.result)
    if sum(group.n_events > 0 for group in result.groups) < 2:
        return {}
    what = (
        "Cumulative hazard, −log of the Kaplan–Meier estimate, both axes logarithmic. Of proportional hazards the "
        "steps of the groups keep their distance; where they cross, one hazard ratio misleads."
    )
    return draw_files("log_hazards", lambda: draw_log_hazards(result, caption_aggregate(release, what)))


def draw_main_figure(release: Release) -> Figure:
    """Draw curves with the counts under them, shares with exact limits, or bands with the number sampled.

    Raises
    ------
    RefusedError
        If this kind of answer is a table only.
    """
    from analytics.figures.paper.ink import draw_in_ink

    match release.answer.result:
        case SurvivalResult() as result:
            return draw_in_ink(lambda: _draw_survival(release, result))
        case ResponseResult() as result:
            return draw_in_ink(lambda: _draw_response(release, result))
        case TrajectoryResult() as result:
            return draw_in_ink(lambda: _draw_trajectory(release, result))
        case ModelResult() as result:
            from analytics.export.model_figures import draw_model

            return draw_in_ink(lambda: draw_model(release, result))
        case (
            MarkerCourseResult()
            | ScanAgreementResult()
            | GrowthResult()
            | RegrowthResult()
            | ImputationResult() as result
        ):
            from analytics.export.marker_figures import draw_marker_answer

            return draw_in_ink(lambda: draw_marker_answer(release, result))
        case (
            CompetingRisksResult()
            | IntervalSurvivalResult()
            | MeanSurvivalResult()
            | SubgroupsResult()
            | SensitivityResult() as result
        ):
            from analytics.export.comparison_figures import draw_comparison

            return draw_in_ink(lambda: draw_comparison(release, result))
        case _:
            raise RefusedError(
                f"A {release.answer.question.kind} answer is a table, it has no figure.", "", "Look at its table."
            )


def _draw_survival(release: Release, result: SurvivalResult) -> Figure:
    from analytics.figures.paper.survival import SurvivalWords, draw_survival

    words = SurvivalWords(
        name_endpoint(result.endpoint),
        name_clock_start(result),
        caption_survival(release, result),
        is_of_states=release.answer.question.kind == "switching",
    )
    return draw_survival(result, words, is_coarse=release.is_safe)


def _draw_response(release: Release, result: ResponseResult) -> Figure:
    from analytics.figures.paper.response import draw_response

    compared = [
        describe_share_difference(item) for item in result.comparisons if isinstance(item, ProportionDifference)
    ]
    what = f"{result.analyte} response by rule {result.rule_id}, with {release.answer.question.limits} 95 % limits."
    return draw_response(result, caption_aggregate(release, " ".join((what, *compared))))


def _draw_trajectory(release: Release, result: TrajectoryResult) -> Figure:
    from analytics.figures.paper.trajectory import draw_trajectory

    counted = "people sampled, rounded down," if release.is_safe else "lines sampled"
    what = (
        f"Median (line), 25–75 % and 10–90 % (bands) of {result.analyte} in multiples of the upper limit of normal; "
        f"one value a line and window; {counted} over each panel. People leave when they die, change "
        "treatment or are no longer sampled."
    )
    return draw_trajectory(result, TIME_ZERO, caption_aggregate(release, what))


def draw_files(stem: str, draw: Callable[[], Figure]) -> dict[str, bytes]:
    """Return a figure as files: its bytes by ``stem`` and ending."""
    from analytics.figures.paper.ink import render_figure

    return {f"{stem}.{ending}": content for ending, content in render_figure(draw).items()}
