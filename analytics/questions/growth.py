"""How fast a marker or the diameters grow before and on treatment, and what the rate says of the time to come."""

from __future__ import annotations

from dataclasses import replace
from math import log

import polars as pl

from analytics.catalogue.endpoints import ENDPOINT_BY_CODE
from analytics.estimation.growth import FEWEST_VALUES, MEHRARA, SHORTEST_SPAN_DAYS, estimate_growth
from analytics.estimation.landmark import LANDMARK, estimate_landmark_model
from analytics.estimation.methods import describe_method
from analytics.questions.design import make_design
from analytics.questions.growth_values import (
    BEFORE,
    ON_TREATMENT,
    derive_diameter_growth_values,
    derive_marker_growth_values,
)
from analytics.questions.growth_wording import describe_growth, growth_notes
from analytics.questions.marker_model import describe_marker_model
from analytics.questions.model_lines import ModelLines, select_model_lines
from analytics.questions.question import Answer, Question
from analytics.questions.regression import observe_lines
from analytics.questions.response import refuse_unknown_marker
from analytics.tables.marker_results import GrowthGroup, GrowthResult
from analytics.tables.regression_results import ModelColumn, ModelResult
from analytics.tables.results import Method, Refusal
from analytics.tables.study import Study

COLUMN = {BEFORE: "growth_before", ON_TREATMENT: "growth_on_treatment"}
STEP_PCT = {"marker": 10, "diameters": 1}
"""Growth a month that a hazard ratio is of: about what lies between a slow line and a fast one."""


def answer_growth(study: Study, question: Question) -> Answer | Refusal:
    """Answer «how fast did it grow before and on treatment, and does the rate foretell ``question.endpoint``».

    The rate on treatment is that up to day ``question.landmark_days``; the time it may foretell begins there. The rate
    before treatment is known at the start, where its time begins.
    """
    unsuitable = _refuse_unsuitable(question)
    if unsuitable is not None:
        return unsuitable
    selected = select_model_lines(study, question)
    if isinstance(selected, Refusal):
        return selected
    rates = _estimate_rates(study, question, selected.lines)
    lines = selected.lines
    for period in COLUMN:
        lines = lines.join(
            _as_column(rates, period, question), on=["pid", "line_no"], how="left", maintain_order="left"
        )
    known = replace(selected, lines=lines)
    models = tuple((period, _fit(study, question, known, period)) for period in COLUMN)
    methods = [_growth_method()]
    for _, model in models:
        methods.extend(model.methods if isinstance(model, ModelResult) else ())
    result = GrowthResult(
        question.endpoint, question.rule_set, _name_measure(question), question.landmark_days,
        _describe_groups(rates, lines), models, tuple(dict.fromkeys(methods)),
    )  # fmt: skip
    names = [covariate.name for covariate in selected.covariates]
    keys = ["pid", "line_no", "group", "patient_id", "days", "happened", *COLUMN.values()]
    return Answer(
        question=question,
        result=result,
        subjects=lines.select(*dict.fromkeys([*keys, *names])),
        flow=selected.flow,
        summary=describe_growth(result),
        notes=growth_notes(question),
        study_name=study.name,
        study_version=study.version,
    )


def _refuse_unsuitable(question: Question) -> Refusal | None:
    if question.measure not in ("marker", "diameters"):
        return Refusal("unknown_measure", f"There is no measure «{question.measure}».", "Choose marker or diameters.")
    endpoint = ENDPOINT_BY_CODE.get(question.endpoint)
    if endpoint is not None and endpoint.origin != "start":
        return Refusal(
            "clock_not_from_start",
            f"The clock of {question.endpoint} starts at the first response, that of a growth rate at the start.",
            "Choose an endpoint counted from the start, such as PFS or OS.",
        )
    return refuse_unknown_marker(question)


def _name_measure(question: Question) -> str:
    return "sum of diameters" if question.measure == "diameters" else question.analyte


def _estimate_rates(study: Study, question: Question, lines: pl.DataFrame) -> pl.DataFrame:
    """Return one row a line and period: ``period``, ``group`` and the columns of `estimate_growth`."""
    last = question.landmark_days
    if question.measure == "diameters":
        values = derive_diameter_growth_values(study, lines, last)
    else:
        values = derive_marker_growth_values(study, lines, question.analyte, last)
    keys = lines.select("pid", "line_no", "group").with_row_index("line")
    parts: list[pl.DataFrame] = []
    for period in COLUMN:
        placed = values.filter(period=period).join(keys, on=["pid", "line_no"])
        found = estimate_growth(lines.height, placed["line"], placed["day"], placed["value"])
        parts.append(
            pl.concat([keys.drop("line"), found.drop("line")], how="horizontal").with_columns(period=pl.lit(period))
        )
    return pl.concat(parts)


def _as_column(rates: pl.DataFrame, period: str, question: Question) -> pl.DataFrame:
    """Return the rates of one period in steps of the measure, under the name of its column."""
    step = log(1 + STEP_PCT[question.measure] / 100)
    return rates.filter(period=period).select("pid", "line_no", (pl.col("log_slope") / step).alias(COLUMN[period]))


def _describe_groups(rates: pl.DataFrame, lines: pl.DataFrame) -> tuple[GrowthGroup, ...]:
    groups: list[GrowthGroup] = []
    for label in lines["group"].unique().sort().to_list():
        for period in COLUMN:
            part = rates.filter((pl.col("group") == label) & (pl.col("period") == period))
            given = part["growth_pct_per_month"].drop_nulls()
            quartiles = (given.quantile(share, "linear") for share in (0.25, 0.5, 0.75))
            groups.append(GrowthGroup(label, period, len(given), part.height - len(given), *quartiles))
    return tuple(groups)


def _fit(study: Study, question: Question, known: ModelLines, period: str) -> ModelResult | Refusal:
    """Fit the Cox model of the time from when the rate of ``period`` is known."""
    column = COLUMN[period]
    start = 0 if period == BEFORE else question.landmark_days
    kept = known.lines.filter(pl.col(column).is_not_null() & (pl.col("days") > start))
    if kept.is_empty():
        return Refusal("no_rates", f"No line followed after day {start} has a rate {period}.", "Widen the selection.")
    design = make_design(kept, known.covariates, question.spline_df)
    if isinstance(design, Refusal):
        return design
    matrix = kept.select(column).to_numpy()
    whole = (
        matrix
        if not design.columns
        else pl.concat([kept.select(column), pl.DataFrame(design.matrix)], how="horizontal").to_numpy()
    )
    found = estimate_landmark_model(observe_lines(kept), start, whole, [column, *design.names], study.settings)
    if isinstance(found, Refusal):
        return found
    step = f"{STEP_PCT[question.measure]} % a month"
    first = ModelColumn(column, column, f"{_name_measure(question)}, growth {period}", "line", step, step=step)
    method = describe_method("Landmark analysis of a growth rate", LANDMARK, landmark_days=str(start))
    return describe_marker_model(question, found.model, first, design, replace(known, lines=kept), method)


def _growth_method() -> Method:
    return describe_method(
        "Growth rate: least squares of the logarithm on time", MEHRARA,
        fewest_values=str(FEWEST_VALUES), shortest_span_days=str(SHORTEST_SPAN_DAYS),
    )  # fmt: skip
