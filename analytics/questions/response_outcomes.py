"""What a model of response is of: one verdict a line, one a visit, or the best response on the scans."""

from __future__ import annotations

import polars as pl

from analytics.catalogue.calendar import DAYS_PER_MONTH
from analytics.estimation.response import NON_RESPONDER, RESPONDER
from analytics.questions.marker_changes import derive_marker_changes
from analytics.questions.question import Question
from analytics.questions.selection import Funnel
from analytics.tables.cohort_results import FlowStep
from analytics.tables.study import Study

ORDERED = ("PD", "SD", "PR", "CR")
"""Best responses, the worst first; neither complete response nor progression of non-targets counts as stable."""

Judged = tuple[pl.DataFrame, tuple[FlowStep, ...]]


def derive_responses(study: Study, lines: pl.DataFrame, question: Question) -> Judged:
    """Return what the model of ``question`` is of, with ``happened``, and why the other lines are not in it."""
    if question.model == "ordinal":
        return derive_best_responses(study, lines)
    if question.model == "gee":
        return derive_visit_responses(study, lines, question)
    return derive_line_responses(study, lines, question)


def derive_line_responses(study: Study, lines: pl.DataFrame, question: Question) -> Judged:
    """Return the lines whose response is known with ``happened`` and ``response_date``; the others leave by reason."""
    responses = (
        study.table("marker_responses")
        .filter((pl.col("analyte") == question.analyte) & (pl.col("rule_id") == question.response_rule))
        .select("pid", "line_no", "status", "reason", "response_date")
        .collect()
    )
    none = f"no {question.analyte} value around this line"
    joined = lines.join(responses, on=["pid", "line_no"], how="left", maintain_order="left").with_columns(
        pl.col("status").fill_null("not_evaluable"), pl.col("reason").fill_null(none)
    )
    funnel = Funnel(joined, "selected")
    is_known = pl.col("status").is_in([RESPONDER, NON_RESPONDER])
    for reason in funnel.lines.filter(~is_known)["reason"].unique().sort():
        funnel.keep(is_known | (pl.col("reason") != reason), f"{question.analyte} response known", reason)
    return funnel.lines.with_columns(happened=pl.col("status") == RESPONDER), tuple(funnel.flow[1:])


def derive_visit_responses(study: Study, lines: pl.DataFrame, question: Question) -> Judged:
    """Return one row a judged value after the start, with ``happened`` (fallen enough) and ``months``."""
    changes = derive_marker_changes(study, lines, question).drop_nulls("has_fallen")
    funnel = Funnel(lines, "selected")
    keys = changes.select(pl.struct("pid", "line_no").alias("key"))["key"].unique()
    funnel.keep(
        pl.struct("pid", "line_no").is_in(keys.implode()),
        f"{question.analyte} judged after the start",
        f"no {question.analyte} value after the start that decides",
    )
    visits = funnel.lines.join(
        changes.select(
            "pid", "line_no", happened="has_fallen", response_date="marker_date",
            months=(pl.col("marker_days") - 1) / DAYS_PER_MONTH,
        ),
        on=["pid", "line_no"], maintain_order="left",
    )  # fmt: skip
    return visits.with_columns(reason=pl.lit("value after the start")), tuple(funnel.flow[1:])


def derive_best_responses(study: Study, lines: pl.DataFrame) -> Judged:
    """Return the lines with a best response by the readers, as ``category`` and ``happened`` (PR or CR)."""
    best = (
        study.table("best_responses")
        .filter(pl.col("source") == "given")
        .select("pid", "line_no", reason="best_response", response_date="best_date")
        .with_columns(pl.col("reason").replace({"NON_CR_NON_PD": "SD"}))
        .collect()
    )
    joined = lines.join(best, on=["pid", "line_no"], how="left", maintain_order="left")
    funnel = Funnel(joined.with_columns(pl.col("reason").fill_null("MISSING")), "selected")
    funnel.keep(pl.col("reason").is_in(ORDERED), "best response known", "no assessed scan after the start")
    category = pl.col("reason").replace_strict(
        {code: place for place, code in enumerate(ORDERED)}, return_dtype=pl.Int64
    )
    judged = funnel.lines.with_columns(category=category, happened=pl.col("reason").is_in(["PR", "CR"]))
    return judged, tuple(funnel.flow[1:])
