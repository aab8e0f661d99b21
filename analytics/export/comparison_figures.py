"""The main figure of competing risks, intervals, restricted means, subgroups and sensitivity analyses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analytics.catalogue.calendar import DAYS_PER_MONTH
from analytics.errors import RefusedError
from analytics.export.release import Release
from analytics.export.sentences import caption_aggregate, name_endpoint, name_time_zero
from analytics.questions.covariates import COVARIATES
from analytics.questions.model_wording import say_ratio
from analytics.tables.comparison_results import MeanSurvivalResult, SensitivityResult, SensitivityRow, SubgroupsResult
from analytics.tables.competing_results import CompetingRisksResult, IntervalSurvivalResult
from analytics.tables.hazard_results import ModelTerm
from analytics.tables.results import Refusal

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analytics.figures.paper.forest import ForestRow

Comparison = CompetingRisksResult | IntervalSurvivalResult | MeanSurvivalResult | SubgroupsResult | SensitivityResult


def draw_comparison(release: Release, result: Comparison) -> Figure:
    """Draw the answer.

    Raises
    ------
    RefusedError
        If the safe level leaves nothing to draw.
    """
    match result:
        case CompetingRisksResult():
            return _draw_competing(release, result)
        case IntervalSurvivalResult():
            return _draw_intervals(release, result)
        case MeanSurvivalResult():
            return _draw_means(release, result)
        case SubgroupsResult():
            return _draw_subgroups(release, result)
        case SensitivityResult():
            return _draw_sensitivity(release, result)


def _draw_competing(release: Release, result: CompetingRisksResult) -> Figure:
    from analytics.figures.paper.incidence import draw_incidence
    from analytics.figures.paper.survival import SurvivalWords

    grid = (
        "Points are months merged until they speak of nobody or of enough people; counts stand there."
        if release.is_safe
        else "Counts: just before each time."
    )
    what = (
        f"Cumulative incidence (Aalen–Johansen) of {result.causes[0]} (thick, pointwise 95 % limits) with "
        f"{', '.join(result.causes[1:])} competing (thin). {grid} Ends where fewer than 10, or 10 %, are at risk."
    )
    words = SurvivalWords("Cumulative incidence", name_time_zero(result.endpoint), caption_aggregate(release, what))
    return draw_incidence(result, words, is_coarse=release.is_safe)


def _draw_intervals(release: Release, result: IntervalSurvivalResult) -> Figure:
    from analytics.figures.paper.intervals import draw_intervals
    from analytics.figures.paper.survival import SurvivalWords

    drawn = (
        "Smooth models of intervals alone."
        if release.is_safe
        else "Coloured: Turnbull's estimate, a box where it cannot say when in the interval it falls, and resampled "
        "95 % limits as a band. Grey steps: Kaplan–Meier as if the event fell on the day of detection. Dashed: models."
    )
    caption = caption_aggregate(release, f"Event between the last visit without and the first with it. {drawn}")
    words = SurvivalWords(name_endpoint(result.endpoint), name_time_zero(result.endpoint), caption)
    return draw_intervals(result, words)


def _draw_means(release: Release, result: MeanSurvivalResult) -> Figure:
    from analytics.figures.paper.means import draw_means
    from analytics.figures.paper.survival import SurvivalWords

    if not result.curves:
        raise RefusedError(
            "At the safe level a comparison is a table, it has no figure.", "", "Ask the survival question for curves."
        )
    months = result.means.days / DAYS_PER_MONTH
    what = (
        f"Restricted mean time to month {months:.1f}: the filled area under each Kaplan–Meier curve, with 95 % limits."
    )
    words = SurvivalWords(
        name_endpoint(result.endpoint), name_time_zero(result.endpoint), caption_aggregate(release, what)
    )
    return draw_means(result, words)


def _draw_subgroups(release: Release, result: SubgroupsResult) -> Figure:
    from analytics.figures.paper.forest import ForestRow, ForestWords, draw_forest

    tests = {
        name: "no interaction test" if isinstance(test, Refusal) else f"interaction p {_p(test.p_value)}"
        for name, test in result.interactions
    }
    rows: list[ForestRow] = []
    for variable in dict.fromkeys((*(row.variable for row in result.rows), *tests)):
        if variable:
            rows.append(ForestRow(COVARIATES[variable].label, said=tests[variable], is_heading=True))
        rows.extend(
            _forest_row(row.level, row.n_events, row.n_lines, row.term, is_safe=release.is_safe)
            for row in result.rows
            if row.variable == variable
        )
    adjusted = f"adjusted for {', '.join(result.adjusted_for)}" if result.adjusted_for else "unadjusted"
    what = (
        f"{name_endpoint(result.endpoint)}: hazard ratio of {result.group} against {result.reference} in everybody and "
        f"in subgroups, {adjusted}, 95 % limits, log scale. Subgroups differ where the interaction test says so, not "
        "where one line crosses 1 and another does not."
    )
    words = ForestWords(
        "events / lines", "Hazard ratio (log)", f"lower with {result.group}", f"higher with {result.group}",
        caption_aggregate(release, what),
    )  # fmt: skip
    return draw_forest(rows, words)


def _draw_sensitivity(release: Release, result: SensitivityResult) -> Figure:
    from analytics.figures.paper.forest import ForestRow, ForestWords, draw_forest

    rows: list[ForestRow] = []
    for pair in dict.fromkeys((row.endpoint, row.rule_set) for row in result.rows):
        found = [row for row in result.rows if (row.endpoint, row.rule_set) == pair]
        rows.append(ForestRow(f"{pair[0]}, rule set {pair[1]}", is_heading=True))
        rows.extend(
            _forest_row(_name(row), row.n_events, row.n_lines, row.term, is_safe=release.is_safe) for row in found
        )
    kinds = " and ".join(dict.fromkeys(f"{row.ratio}s" for row in result.rows))
    what = (
        f"The same comparison by endpoint, rule set and model: {kinds} against {result.reference} with 95 % limits, "
        "log scale. A time ratio above 1 and a hazard ratio below 1 both favour the group."
    )
    words = ForestWords("events / lines", "Ratio (log)", "below 1", "above 1", caption_aggregate(release, what))
    return draw_forest(rows, words)


def _name(row: SensitivityRow) -> str:
    kind = f" ({row.ratio})" if row.ratio != "hazard ratio" else ""
    return f"{row.model}{kind}: {row.group}" if row.group else f"{row.model}{kind}"


def _forest_row(
    label: str, n_events: int | None, n_lines: int | None, term: ModelTerm | Refusal, *, is_safe: bool
) -> ForestRow:
    from analytics.figures.paper.forest import ForestRow

    counts = "" if n_lines is None else f"{n_events} / {n_lines}"
    if isinstance(term, Refusal):
        return ForestRow(label, counts, "not given")
    ratio = term.ratio
    said = say_ratio(ratio, "{:g}".format if is_safe else "{:.2f}".format)
    return ForestRow(label, counts, said, ratio.value, ratio.low, ratio.high)


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"= {value:.3f}"
