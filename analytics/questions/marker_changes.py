"""The values of a marker after the start, each judged against its line's baseline: fallen enough, risen enough."""

from __future__ import annotations

import polars as pl

from analytics.catalogue.response_rules import (
    PROGRESSION_RULE_BY_ID,
    RESPONSE_RULE_BY_ID,
    RESPONSE_RULES,
    ResponseRule,
)
from analytics.longitudinal.comparable_days import derive_comparable_days
from analytics.longitudinal.comparisons import has_surely_fallen, is_at_most
from analytics.questions.question import Question
from analytics.tables.results import Refusal
from analytics.tables.study import Study

RISE = PROGRESSION_RULE_BY_ID["RISE25"]


def refuse_compound_rule(question: Question) -> Refusal | None:
    """Refuse a rule that one value beside its baseline does not decide."""
    rule = RESPONSE_RULE_BY_ID[question.response_rule]
    if _is_a_fall_alone(rule):
        return None
    usable = ", ".join(item.rule_id for item in RESPONSE_RULES if _is_a_fall_alone(item))
    return Refusal(
        "rule_not_of_one_value",
        f"Rule {rule.rule_id} asks for more than a fall from baseline, so a single value does not decide it.",
        f"Choose one of: {usable}.",
    )


def derive_marker_changes(study: Study, lines: pl.DataFrame, question: Question) -> pl.DataFrame:
    """Return one row a line and day after the start: ``has_fallen``, ``has_risen``; null where a limit leaves it open.

    A fall is that of ``question.response_rule``, a rise that of `RISE`. Values of another assay than the baseline's,
    or not assessable, have no row. Columns beside these: ``pid``, ``line_no``, ``marker_date``, ``marker_days``,
    ``marker_file``, ``marker_row``.
    """
    rule = RESPONSE_RULE_BY_ID[question.response_rule]
    low, high, base_low, base_high = (pl.col(name) for name in ("day_low", "day_high", "baseline_low", "baseline_high"))
    rise = 1 + RISE.rise_pct / 100
    surely, possibly = is_at_most(rise * base_high, low), is_at_most(rise * base_low, high)
    values = (
        study.table("marker_values")
        .filter(pl.col("analyte") == question.analyte)
        .join(lines.lazy().select("pid", "line_no"), on=["pid", "line_no"], how="semi", maintain_order="left")
    )
    return (
        derive_comparable_days(values)
        .filter(pl.col("days") > 1)
        .select(
            "pid", "line_no", marker_date="date", marker_days="days", marker_file="file", marker_row="row",
            has_fallen=has_surely_fallen(low, high, base_low, base_high, rule.fall_pct, is_strict=rule.is_strict),
            has_risen=pl.when(surely).then(statement=True).when(~possibly).then(statement=False),
        )
        .unique(["pid", "line_no", "marker_days"], keep="first", maintain_order=True)
    )  # fmt: skip


def _is_a_fall_alone(rule: ResponseRule) -> bool:
    return rule.normalisation == "ignored" and not rule.needs_raised_baseline and rule.within_days is None
