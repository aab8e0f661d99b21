"""When a marker responded, and what was known of it on a day of the line from the values up to that day alone."""

from __future__ import annotations

import polars as pl

from analytics.catalogue.endpoints import ENDPOINT_BY_CODE
from analytics.catalogue.response_rules import RESPONSE_RULE_BY_ID, ResponseRule
from analytics.estimation.landmark import NOT_RESPONDED
from analytics.longitudinal.comparisons import is_surely_at_most
from analytics.longitudinal.marker_responses import derive_marker_responses
from analytics.questions.question import Question
from analytics.questions.response import refuse_unknown_marker
from analytics.tables.results import Refusal
from analytics.tables.study import Study

BY_RESPONSE = ("treatment", "none", "response", "cga_response", "marker_response")
"""What ``by`` may be when the groups are response: its names, nobody, and the default of every question."""


def refuse_unsuitable(question: Question) -> Refusal | None:
    """Return a refusal when marker, rule, grouping, reference or endpoint cannot be compared by response."""
    if question.by not in BY_RESPONSE:
        return Refusal(
            "groups_are_response",
            f"A {question.kind} analysis compares by marker response, not by «{question.by}».",
            f"Leave «by» out and narrow the selection instead, one {question.by} at a time.",
        )
    if question.reference not in ("", NOT_RESPONDED):
        return Refusal(
            "unknown_group",
            f"There is no group «{question.reference}»: responders are compared with those who have not responded.",
            "Leave the reference out.",
        )
    endpoint = ENDPOINT_BY_CODE.get(question.endpoint)
    if endpoint is not None and endpoint.origin != "start":
        return Refusal(
            "clock_not_from_start",
            f"The clock of {question.endpoint} starts at the first response, that of a landmark at the line's start.",
            "Choose an endpoint counted from the start, such as PFS or OS.",
        )
    return refuse_unknown_marker(question)


def derive_status_at_landmark(study: Study, lines: pl.DataFrame, question: Question) -> pl.DataFrame:
    """Return ``lines`` with ``status``, ``status_reason``, ``response_date`` and ``response_day`` at the landmark.

    The rule is applied to the values up to ``question.landmark_days`` as if nothing came later: a fall first seen
    after the landmark, or an unassessable value, must not decide who is in which group.
    """
    values = study.table("marker_values").filter(
        (pl.col("analyte") == question.analyte) & (pl.col("days") <= question.landmark_days)
    )
    rule = RESPONSE_RULE_BY_ID[question.response_rule]
    keys = lines.lazy().select("pid", "line_no")
    all_lines = study.table("lines").join(keys, on=["pid", "line_no"], maintain_order="left")
    known = (
        derive_marker_responses(values, all_lines, (rule,), study.settings)
        .filter(pl.col("analyte") == question.analyte)
        .select("pid", "line_no", "status", "response_date", status_reason="reason")
        .collect()
    )
    return lines.join(known, on=["pid", "line_no"], how="left", maintain_order="left").with_columns(
        pl.col("status").fill_null("not_evaluable"),
        pl.col("status_reason").fill_null(f"no {question.analyte} value around this line"),
        response_day=(pl.col("response_date") - pl.col("start_date")).dt.total_days() + 1,
    )


def derive_response_day(study: Study, lines: pl.DataFrame, question: Question) -> pl.DataFrame:
    """Return ``lines`` with ``response_date``, ``response_day`` (null: never) and ``can_respond``.

    ``can_respond`` is known at the start: an assessable baseline, raised where the rule asks for it. Nothing that
    comes later may decide who is in, or those who die before a second value would leave.
    """
    rule = RESPONSE_RULE_BY_ID[question.response_rule]
    is_asked = pl.col("analyte") == question.analyte
    baselines = (
        study.table("marker_values")
        .filter(is_asked & pl.col("is_baseline") & pl.col("is_assessable") & ~pl.col("has_unclear_date"))
        .filter(_is_raised(rule, question.analyte) if rule.needs_raised_baseline else pl.lit(value=True))
        .select("pid", "line_no", can_respond=pl.lit(value=True))
        .unique()
        .collect()
    )
    responses = (
        study.table("marker_responses")
        .filter(is_asked & (pl.col("rule_id") == rule.rule_id))
        .select("pid", "line_no", "response_date")
        .collect()
    )
    keys = ["pid", "line_no"]
    return (
        lines.join(baselines, on=keys, how="left", maintain_order="left")
        .join(responses, on=keys, how="left", maintain_order="left")
        .with_columns(
            pl.col("can_respond").fill_null(value=False),
            response_day=(pl.col("response_date") - pl.col("start_date")).dt.total_days() + 1,
        )
    )


def _is_raised(rule: ResponseRule, analyte: str) -> pl.Expr:
    limit = pl.col("compared_uln") * rule.limit_of(analyte)
    return ~is_surely_at_most(pl.col("day_low"), pl.col("day_high"), limit).fill_null(value=True)
