"""The figures of a regression: forest of its ratios, curves of its continuous variables, residuals over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from analytics.export.figure_files import draw_files
from analytics.export.release import Release
from analytics.export.sentences import caption_aggregate, name_endpoint, name_time_zero
from analytics.questions.model_wording import say_ratio
from analytics.tables.hazard_results import ModelTerm
from analytics.tables.regression_results import LevelCount, ModelColumn, ModelResult

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analytics.figures.paper.forest import ForestRow


SIDES = {
    "hazard ratio": ("lower hazard", "higher hazard"),
    "time ratio": ("shorter", "longer"),
    "odds ratio": ("responds less", "responds more"),
}
"""What lies left and right of a ratio of 1."""


def write_effect_figure(release: Release) -> dict[str, bytes]:
    """Write ``effect_curves.*``: one panel a continuous variable; nothing when there is none."""
    from analytics.figures.paper.effect_curve import draw_effect_curves

    result = cast("ModelResult", release.answer.result)
    if not result.curves:
        return {}
    what = (
        f"Effect on {name_endpoint(result.endpoint)} along each continuous variable, the others held: ratio to the "
        "open point (median), with pointwise 95 % limits, over the middle 90 % of the lines."
    )
    caption = caption_aggregate(release, what)
    return draw_files("effect_curves", lambda: draw_effect_curves(result.curves, result.ratio, caption))


def write_schoenfeld_figure(release: Release) -> dict[str, bytes]:
    """Write ``schoenfeld.*``: residuals over time; full level only."""
    from analytics.figures.paper.changing_effects import draw_changing_effects

    result = cast("ModelResult", release.answer.result)
    held = result.proportionality
    if held is None:
        return {}
    what = (
        "Scaled Schoenfeld residuals of each term at every event, and the p value of a constant effect. Curve: natural "
        "spline over the ranks of the event times with its 95 % limits; level where the effect keeps its size. Dashed: "
        "the estimated log ratio. Residuals far away are outside the panel."
    )
    caption = caption_aggregate(release, what)
    return draw_files("schoenfeld", lambda: draw_changing_effects(result, held, caption))


def write_adjusted_figure(release: Release) -> dict[str, bytes]:
    """Write ``adjusted_curves.*``: the groups as if all were the same people; full level only."""
    from analytics.figures.paper.adjusted import draw_adjusted
    from analytics.figures.paper.survival import SurvivalWords

    result = cast("ModelResult", release.answer.result)
    if not result.adjusted:
        return {}
    beyond = any(item.curve.is_extrapolated.any() for item in result.adjusted)
    what = (
        f"{result.fit.method.name}: each curve is the mean over all {result.n_lines} lines of the model as if each "
        "were of that group, with pointwise 95 % limits. Thin steps: Kaplan–Meier."
        + (" Dotted on grey: beyond follow-up, the model's word alone." if beyond else "")
    )
    words = SurvivalWords(
        name_endpoint(result.endpoint), name_time_zero(result.endpoint), caption_aggregate(release, what)
    )
    return draw_files("adjusted_curves", lambda: draw_adjusted(result, words))


def write_influence_figure(release: Release) -> dict[str, bytes]:
    """Write ``influence.*``: what each line moves each coefficient by; full level only."""
    from analytics.figures.paper.influence import draw_influence

    result = cast("ModelResult", release.answer.result)
    influence = result.influence
    if influence is None:
        return {}
    what = (
        "What each treatment line moves the coefficients by, in model-based standard errors (dfbetas); the codes are "
        "of the lines that move most."
    )
    subjects = release.answer.subjects
    codes = [f"{code}/{line}" for code, line in subjects.select("patient_id", "line_no").iter_rows()]
    terms = [column.name for column in result.columns]
    caption = caption_aggregate(release, what)
    return draw_files("influence", lambda: draw_influence(influence, terms, codes, caption))


def draw_model(release: Release, result: ModelResult) -> Figure:
    """Draw the forest of a model's ratios, reference levels named."""
    from analytics.figures.paper.forest import ForestWords, draw_forest

    left, right = SIDES[result.ratio]
    noun = "responses" if result.ratio == "odds ratio" else "events"
    what = (
        f"{result.fit.method.name} of {name_endpoint(result.endpoint)}: {result.ratio}s with 95 % limits, log scale; "
        f"all rows from one model, n = {result.n_lines} treatment lines, {result.n_events} {noun}. Open squares: "
        "reference levels. Curves of variables entered as splines are in effect_curves."
    )
    words = ForestWords(
        "responses / all" if noun == "responses" else "events / lines",
        f"{result.ratio.capitalize()} (log)",
        left,
        right,
        caption_aggregate(release, what),
    )
    return draw_forest(forest_rows(result, is_safe=release.is_safe), words)


def forest_rows(result: ModelResult, *, is_safe: bool) -> list[ForestRow]:
    """Return a heading and the rows of each variable; a spline is one row that says its test."""
    from analytics.figures.paper.forest import ForestRow

    counts = {(item.variable, item.level): _say_counts(item) for item in result.levels}
    terms = dict(zip((column.name for column in result.columns), result.fit.terms, strict=True))
    labels = {item.variable: item.label for item in (*result.columns, *result.curves)}
    rows: list[ForestRow] = []
    for variable, label in labels.items():
        columns = [column for column in result.columns if column.variable == variable and column.kind != "spline"]
        if columns and columns[0].parents:
            rows.append(ForestRow(label, is_heading=True))
            rows.extend(_row(column, terms[column.name], column.level, "", is_safe) for column in columns)
            continue
        if columns and columns[0].kind == "line":
            rows.append(_row(columns[0], terms[columns[0].name], f"{label}, per {columns[0].step}", "", is_safe))
            continue
        rows.append(ForestRow(label, said="" if columns else _say_curve(result, variable), is_heading=True))
        if columns:
            reference = columns[0].reference
            rows.append(ForestRow(reference, counts[variable, reference], "reference", is_reference=True))
        rows.extend(
            _row(column, terms[column.name], column.level, counts[variable, column.level], is_safe)
            for column in columns
        )
    return rows


def _row(column: ModelColumn, term: ModelTerm, label: str, counts: str, is_safe: bool) -> ForestRow:
    from analytics.figures.paper.forest import ForestRow

    said = say_ratio(term.ratio, "{:g}".format if is_safe else "{:.2f}".format)
    ratio = term.ratio
    return ForestRow(label, counts, said, ratio.value, ratio.low, ratio.high, is_heading=column.kind == "line")


def _say_counts(level: LevelCount) -> str:
    events, lines = ("–" if count is None else str(count) for count in (level.n_events, level.n_lines))
    return f"{events} / {lines}"


def _say_curve(result: ModelResult, variable: str) -> str:
    tests = [test for test in result.variable_tests if test.name == variable]
    return "" if not tests else f"curve, p {'< 0.001' if tests[0].p_value < 0.001 else f'= {tests[0].p_value:.3f}'}"
