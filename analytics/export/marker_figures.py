"""The figures of marker answers: courses and people's own curves, agreement, growth, regrowth, imputation."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, cast

from analytics.export.figure_files import draw_files
from analytics.export.marker_tables import told_of
from analytics.export.model_figures import draw_model
from analytics.export.release import Release
from analytics.export.sentences import TIME_ZERO, caption_aggregate, name_endpoint
from analytics.questions.model_wording import say_ratio
from analytics.questions.wording import share
from analytics.tables.cohort_results import TrajectoryResult
from analytics.tables.marker_results import (
    GrowthResult,
    ImputationResult,
    MarkerResult,
    RegrowthResult,
    ScanAgreementResult,
)
from analytics.tables.model_results import MarkerCourseResult
from analytics.tables.regression_results import ModelResult
from analytics.tables.results import Refusal

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_marker_answer(release: Release, result: MarkerResult) -> Figure:
    """Draw the answer."""
    match result:
        case MarkerCourseResult():
            return _draw_course(release, result)
        case ScanAgreementResult():
            return _draw_agreement(release, result)
        case GrowthResult():
            return _draw_growth(release, result)
        case RegrowthResult():
            return _draw_regrowth(release, result)
        case ImputationResult():
            return _draw_imputation(release, result)


def write_growth_models(release: Release) -> dict[str, bytes]:
    """Write ``model_before_treatment.*`` and ``model_on_treatment.*``, the forest of each model that is given."""
    result = cast("GrowthResult", release.answer.result)
    files: dict[str, bytes] = {}
    for period, model in result.models:
        if isinstance(model, ModelResult):
            files |= draw_files(f"model_{period.replace(' ', '_')}", partial(draw_model, release, model))
    return files


def write_own_course_figures(release: Release) -> dict[str, bytes]:
    """Write ``own_courses.*`` and, where residuals are judged, ``residuals.*``; full level only."""
    from analytics.figures.paper.course import draw_own_courses, draw_residuals

    result = cast("MarkerCourseResult", release.answer.result)
    what = (
        "People's own fitted curves (grey; at most 150 a group) around the typical one. A person with few values is "
        "drawn towards the typical curve."
    )
    caption = caption_aggregate(release, what)
    values = release.answer.subjects
    files = draw_files("own_courses", lambda: draw_own_courses(result, values, TIME_ZERO, caption))
    check = result.model.residuals
    if check is None:
        return files
    told = caption_aggregate(
        release, "Quantiles of the residuals of the mixed model against a normal distribution; on the line: as assumed."
    )
    return files | draw_files("residuals", lambda: draw_residuals(check, told))


def write_spider(release: Release) -> dict[str, bytes]:
    """Write ``spider.*``: every line's values behind the bands of its group; full level only."""
    from analytics.figures.paper.spider import draw_spider

    result, values = cast("TrajectoryResult", release.answer.result), release.answer.subjects
    what = (
        f"{result.analyte} of single treatment lines (grey; at most 150 a group, evenly chosen), broken where the "
        "assay changes, behind the median (line), 25–75 % and 10–90 % (bands) of the group; a quantitation limit is "
        "drawn at the limit."
    )
    caption = caption_aggregate(release, what)
    return draw_files("spider", lambda: draw_spider(result, values, TIME_ZERO, caption))


def _draw_course(release: Release, result: MarkerCourseResult) -> Figure:
    from analytics.figures.paper.course import draw_course

    what = (
        "Typical person's curve of a mixed model with 95 % limits of the average (band); single values of people "
        "scatter far wider (course.csv). A curve ends where fewer than 10 people are still measured."
    )
    return draw_course(result, TIME_ZERO, caption_aggregate(release, what))


def _draw_agreement(release: Release, result: ScanAgreementResult) -> Figure:
    from analytics.figures.paper.forest import ForestRow, ForestWords, draw_forest

    rows: list[ForestRow] = []
    for item in result.agreements:
        both, sign_only, reference_only, neither = item.counts
        rows.append(ForestRow(f"{item.sign} and {item.reference}", is_heading=True))
        of = {
            "sensitivity": (both, both + reference_only),
            "specificity": (neither, neither + sign_only),
            "positive predictive value": (both, both + sign_only),
            "negative predictive value": (neither, neither + reference_only),
            "agreement": (both + neither, sum(item.counts)),
        }
        for words, estimate in told_of(item):
            if words in of and estimate.value is not None:
                value, low, high = (
                    None if part is None else 100 * part for part in (estimate.value, estimate.low, estimate.high)
                )
                rows.append(ForestRow(words, "{} / {}".format(*of[words]), share(estimate), value, low, high))
    what = (
        f"{result.analyte} against scans at matched windows: the value nearest to each scan, {result.days_before} days "
        f"before to {result.days_after} days after it; {result.n_matched} of {result.n_scans} scans matched. 95 % "
        "limits allow for several scans of a person."
    )
    words = ForestWords("scans", "Per cent", "", "", caption_aggregate(release, what), scale="percent")
    return draw_forest(rows, words)


def _draw_growth(release: Release, result: GrowthResult) -> Figure:
    from analytics.figures.paper.forest import ForestRow, ForestWords, draw_forest

    rows: list[ForestRow] = []
    for period in dict.fromkeys(group.period for group in result.groups):
        rows.append(ForestRow(period[0].upper() + period[1:], is_heading=True))
        for group in result.groups:
            if group.period == period:
                counts = "" if group.n_lines is None else str(group.n_lines)
                quartiles = (group.median, group.lower_quartile, group.upper_quartile)
                said = "–" if None in quartiles else "{:+.1f} ({:+.1f} to {:+.1f})".format(*quartiles)
                rows.append(ForestRow(group.group, counts, said, *quartiles))
    what = (
        f"Growth of {result.what} in % a month: median (square) and middle half of the lines (bar). On treatment: from "
        f"the baseline to day {result.landmark_days}."
    )
    words = ForestWords(
        "lines", f"Growth of {result.what} (% a month)", "shrinks", "grows", caption_aggregate(release, what),
        said="median (quartiles)", scale="change",
    )  # fmt: skip
    return draw_forest(rows, words)


def _draw_regrowth(release: Release, result: RegrowthResult) -> Figure:
    from analytics.figures.paper.forest import ForestRow, ForestWords, draw_forest

    rows: list[ForestRow] = []
    told = [(group.group, rate) for group in result.groups for rate in group.rates if rate.unit == "a month"]
    for name in dict.fromkeys(rate.rate for _, rate in told):
        sign = -1 if name.startswith("decay") else 1
        rows.append(ForestRow(name[0].upper() + name[1:], is_heading=True))
        for group, rate in told:
            if rate.rate != name:
                continue
            counts = "" if rate.n_lines is None else str(rate.n_lines)
            if rate.median is None or rate.lower_quartile is None or rate.upper_quartile is None:
                rows.append(ForestRow(group, counts, "–"))
                continue
            low, high = sorted((sign * rate.lower_quartile, sign * rate.upper_quartile))
            said = f"{rate.median:.2g} ({rate.lower_quartile:.2g} to {rate.upper_quartile:.2g})"
            rows.append(ForestRow(group, counts, said, sign * rate.median, low, high))
    what = (
        f"Rates of growth (g) and decay (d, drawn to the left) of {result.what} on treatment, a month: median (square) "
        "and middle half of the lines that have the rate (bar)."
    )
    words = ForestWords(
        "lines", f"Rate of {result.what} (a month)", "falls", "grows", caption_aggregate(release, what),
        said="median (quartiles)", scale="change",
    )  # fmt: skip
    return draw_forest(rows, words)


def _draw_imputation(release: Release, result: ImputationResult) -> Figure:
    from analytics.figures.paper.forest import ForestRow, ForestWords, draw_forest

    say = "{:g}".format if release.is_safe else "{:.2f}".format
    rows: list[ForestRow] = []
    for place, column in enumerate(result.columns):
        contrast = f"{column.level} against {column.reference}" if column.kind == "level" else f"per {column.step}"
        rows.append(ForestRow(f"{column.label}, {contrast}", is_heading=True))
        for way, terms, n in (
            ("complete lines", result.complete, result.n_complete),
            ("imputed", result.pooled, result.n_lines),
        ):
            if not isinstance(terms, Refusal):
                ratio = terms[place].ratio
                counts = "" if n is None else str(n)
                rows.append(ForestRow(way, counts, say_ratio(ratio, say), ratio.value, ratio.low, ratio.high))
    what = (
        f"Cox model of {name_endpoint(result.endpoint)} of the complete lines and with the missing imputed "
        f"{result.n_imputations} times: hazard ratios with 95 % limits, log scale."
    )
    words = ForestWords(
        "lines", "Hazard ratio (log)", "lower hazard", "higher hazard", caption_aggregate(release, what)
    )
    return draw_forest(rows, words)
