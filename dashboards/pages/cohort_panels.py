"""What each panel of the cohort page says about its answer."""

from __future__ import annotations

from typing import cast

from dash import html
from dash.development.base_component import Component

from analytics.catalogue.endpoints import ENDPOINT_BY_CODE
from analytics.catalogue.response_rules import RESPONSE_RULE_BY_ID
from analytics.catalogue.sources import SOURCES
from analytics.catalogue.variation import REFERENCE_CHANGE_BY_ANALYTE
from analytics.figures.screen.look import Look
from analytics.figures.screen.response import draw_response
from analytics.figures.screen.survival import draw_survival
from analytics.figures.screen.trajectory import BANDS_UP_TO, draw_trajectory
from analytics.figures.screen.waterfall import draw_waterfall
from analytics.questions.question import Answer
from analytics.tables.cohort_results import CohortResult, TrajectoryResult
from analytics.tables.response_results import ResponseResult
from analytics.tables.results import Refusal
from analytics.tables.risk_table import FEW_LINES, FEW_SHARE
from analytics.tables.survival_results import SurvivalResult
from dashboards.call import spell_call
from dashboards.components.flow import build_flow
from dashboards.components.numbers import (
    table_of_bands,
    table_of_changes,
    table_of_characteristics,
    table_of_groups,
    table_of_reasons,
    table_of_response,
    table_of_risk,
)
from dashboards.components.panel import NO_TABLE, Shown, TableData
from dashboards.words import count

_CITATIONS = {source.source_id: source.citation for source in SOURCES}


def show_survival(answer: Answer, place: str, look: Look) -> Shown:
    """Show curves, limits and counts, with medians, landmarks and comparison in words."""
    result = cast("SurvivalResult", answer.result)
    n = sum(group.n_lines for group in result.groups)
    endpoint = ENDPOINT_BY_CODE[result.endpoint]
    interval = result.groups[0].curve.interval
    return Shown(
        figure=draw_survival(result, look),
        about=f"{endpoint.name} ({endpoint.code}) by Kaplan–Meier with 95 % {interval} limits, months since the "
        f"start of the line, {count(n, 'line')}; thin and pale where fewer than {FEW_LINES}, or "
        f"{100 * FEW_SHARE:.0f} %, are at risk. {_version(answer)}",
        sentences=(*answer.summary, *answer.notes),
        beside=table_of_groups(result),
        table=table_of_risk(result),
        download="survival",
        call=spell_call(answer.question, place),
    )


def show_trajectory(answer: Answer, place: str, look: Look) -> Shown:
    """Show the bands of the marker with n in each window."""
    result = cast("TrajectoryResult", answer.result)
    return Shown(
        figure=draw_trajectory(result, look),
        about=f"{result.analyte} as a multiple of each assay's upper limit of normal (× ULN, log scale): median, "
        f"25–75 % (band) and 10–90 % (dotted) of up to {BANDS_UP_TO} groups, n lines in each window; nothing is drawn "
        f"below {result.floor}. {_version(answer)}",
        sentences=answer.notes,
        table=table_of_bands(result),
        download="trajectory",
        call=spell_call(answer.question, place),
    )


def show_response(answer: Answer, place: str, look: Look) -> Shown:
    """Show responders of the evaluable, the not evaluable counted beside them."""
    result = cast("ResponseResult", answer.result)
    rule = RESPONSE_RULE_BY_ID[result.rule_id]
    n = sum(group.n_all or 0 for group in result.groups)
    return Shown(
        figure=draw_response(result, look),
        about=f"{result.analyte} response by {rule.rule_id}: {rule.wording} {count(n, 'line')}. {_version(answer)}",
        sentences=(*answer.summary, *answer.notes[1:]),
        beside=table_of_reasons(result),
        table=table_of_response(result),
        download="response",
        call=spell_call(answer.question, place),
    )


def show_waterfall(answer: Answer, place: str, look: Look) -> Shown | Refusal:
    """Show the best change of every evaluable line, with the reference change and the not evaluable counted."""
    result = cast("ResponseResult", answer.result)
    if result.best_changes.is_empty():
        return Refusal(
            "nobody_evaluable",
            f"No line in this selection has both a {result.analyte} baseline and a later value of the same assay.",
            "Widen the selection; the reasons are counted under the response.",
        )
    reference = REFERENCE_CHANGE_BY_ANALYTE.get(result.analyte)
    bounds = (
        ("Hatched bars end at a quantitation limit: the fall is at least this large.",)
        if result.best_changes["is_bound"].any()
        else ()
    )
    missing = sum(group.n_not_evaluable or 0 for group in result.groups)
    noise = (
        ()
        if reference is None
        else (
            f"A change from {reference.fall_pct} % to +{reference.rise_pct} % may be assay and biology alone "
            f"({_CITATIONS[reference.source]}; {reference.caution}).",
        )
    )
    return Shown(
        figure=draw_waterfall(result, reference, look),
        about=f"Lowest {result.analyte} after the start against the baseline of the same assay (%), one bar a line: "
        f"{count(result.best_changes.height, 'line')}; not evaluable {missing:,}. {_version(answer)}",
        sentences=(*noise, *bounds),
        table=table_of_changes(result),
        download="waterfall",
        call=spell_call(answer.question, place),
    )


def show_flow(survival: Answer | Refusal, cohort: Answer | Refusal) -> list[Component]:
    """Show the steps to the curve; where there is none, those to who is in."""
    longest = survival if isinstance(survival, Answer) else cohort
    return build_flow(longest.flow) if isinstance(longest, Answer) else [html.Li(longest.sentence)]


def table_of_who(cohort: Answer | Refusal) -> TableData:
    """Return the characteristics of who is in."""
    return NO_TABLE if isinstance(cohort, Refusal) else table_of_characteristics(cast("CohortResult", cohort.result))


def _version(answer: Answer) -> str:
    return f"Study {answer.study_name}, data version {answer.study_version[:12]}."
