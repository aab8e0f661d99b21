"""Restricted means, subgroups and sensitivity analyses at the safe level: two figures, and no small difference.

Two rule sets often differ in the event of one person; then their counts side by side would single that person out. An
analysis whose lines or events differ from those of one already shown by fewer than the floor of people shows no counts.
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import polars as pl

from analytics.catalogue.calendar import DAYS_PER_MONTH
from analytics.export.disclosure_models import (
    has_enough_events,
    has_enough_others,
    refuse_small_levels,
    round_term,
    round_test,
)
from analytics.export.merging import merge_flow_to, refuse_small
from analytics.export.rounding import round_estimate, round_figures, round_months
from analytics.questions.comparison import describe_means
from analytics.questions.question import Answer
from analytics.questions.sensitivity import describe_row
from analytics.questions.subgroups import describe_subgroups
from analytics.tables.comparison_results import (
    MeanSurvivalResult,
    SensitivityResult,
    SensitivityRow,
    SubgroupRow,
    SubgroupsResult,
)
from analytics.tables.results import Estimate, Refusal, TestResult
from analytics.tables.survival_results import RestrictedMeanContrast

Key = frozenset[tuple[int, int]]


def make_safe_means(answer: Answer, floor: int) -> Answer | Refusal:
    """Return means, contrasts and tests with two figures and one; no curves."""
    exact = cast("MeanSurvivalResult", answer.result)
    refusal = refuse_small_levels(answer.subjects, ("group",), floor)
    if refusal:
        return refusal
    telling = not all(has_enough_others(part, floor) for part in answer.subjects.partition_by("group"))
    if telling:
        return refuse_small(floor)
    means = replace(
        exact.means,
        days=round(exact.means.days / DAYS_PER_MONTH) * DAYS_PER_MONTH,
        means=tuple((group, _round_days(mean)) for group, mean in exact.means.means),
        contrasts=tuple(_round_contrast(item) for item in exact.means.contrasts),
    )
    result = replace(
        exact,
        means=means,
        curves=(),
        tests=tuple((said, _round_given(test)) for said, test in exact.tests),
        pairs=tuple(
            replace(
                pair, test=_round_given(pair.test), p_adjusted=pair.p_adjusted and round_figures(pair.p_adjusted, 1)
            )
            for pair in exact.pairs
        ),
    )
    return replace(
        answer,
        result=result,
        flow=merge_flow_to(answer.flow, answer.subjects, floor),
        summary=describe_means(result),
        notes=(*answer.notes, "Safe level: means and ratios have two figures, the horizon is a whole month."),
    )


def make_safe_subgroups(answer: Answer, floor: int) -> Answer | Refusal:
    """Return the forest without the subgroups in which an arm has too few people or events."""
    exact = cast("SubgroupsResult", answer.result)
    refusal = refuse_small_levels(answer.subjects, ("group",), floor)
    if refusal:
        return refusal
    rows = tuple(_safe_subgroup(row, answer.subjects, floor) for row in exact.rows)
    result = replace(
        exact, rows=rows, interactions=tuple((name, _round_given(test)) for name, test in exact.interactions)
    )
    return replace(
        answer,
        result=result,
        flow=merge_flow_to(answer.flow, answer.subjects, floor),
        summary=describe_subgroups(result, "{:g}".format),
        notes=(*answer.notes, "Safe level: ratios have two figures; counts of subgroups stay inside."),
    )


def make_safe_sensitivity(answer: Answer, floor: int) -> Answer | Refusal:
    """Return the analyses with rounded ratios and whole months; counts only where they single nobody out."""
    exact = cast("SensitivityResult", answer.result)
    seen: list[tuple[Key, Key]] = []
    rows: list[SensitivityRow] = []
    for row in exact.rows:
        lines = answer.subjects.filter(
            (pl.col("endpoint") == row.endpoint) & (pl.col("rule_set") == row.rule_set) & (pl.col("model") == row.model)
        )
        if isinstance(row.term, Refusal):
            rows.append(replace(row, term=_withhold(row.term)))
        elif refuse_small_levels(lines, ("group",), floor):
            rows.append(replace(row, n_lines=None, n_events=None, medians=(), term=_withhold(None)))
        else:
            rows.append(_safe_analysis(row, lines, seen, floor))
    if all(isinstance(row.term, Refusal) for row in rows):
        return refuse_small(floor)
    everybody = answer.subjects.unique(["pid", "line_no"], maintain_order=True)
    result = replace(exact, rows=tuple(rows))
    return replace(
        answer,
        result=result,
        flow=merge_flow_to(answer.flow[:1], everybody, floor),
        summary=tuple(describe_row(row, result.reference, "{:g}".format) for row in rows),
        notes=(*answer.notes, "Safe level: counts are left out where two analyses differ by few people."),
    )


def _safe_analysis(row: SensitivityRow, lines: pl.DataFrame, seen: list[tuple[Key, Key]], floor: int) -> SensitivityRow:
    keys = (
        frozenset(lines.select("pid", "line_no").rows()),
        frozenset(lines.filter("happened").select("pid", "line_no").rows()),
    )
    is_near = any(_is_near(mine, other, floor) for found in seen for mine, other in zip(keys, found, strict=True))
    if not is_near:
        seen.append(keys)
    return replace(
        row,
        n_lines=None if is_near else row.n_lines,
        n_events=None if is_near else row.n_events,
        medians=tuple((group, round_months(median)) for group, median in row.medians),
        term=row.term if isinstance(row.term, Refusal) else round_term(row.term),
    )


def _is_near(mine: Key, other: Key, floor: int) -> bool:
    return 0 < len({pid for pid, _ in mine ^ other}) < floor


def _safe_subgroup(row: SubgroupRow, subjects: pl.DataFrame, floor: int) -> SubgroupRow:
    part = subjects.filter(pl.col(row.variable) == row.level) if row.variable else subjects
    arms = part.partition_by("group")
    enough = len(arms) == 2 and all(has_enough_events(arm, floor) for arm in arms)
    if isinstance(row.term, Refusal) or not enough:
        return replace(row, n_lines=None, n_events=None, term=_withhold(None))
    counts = (None, None) if row.variable else (row.n_lines, row.n_events)
    return replace(row, n_lines=counts[0], n_events=counts[1], term=round_term(row.term))


def _withhold(refusal: Refusal | None) -> Refusal:
    """Return a refusal without counts; the words of one that could hold some are replaced."""
    if refusal is not None and not any(sign.isdigit() for sign in refusal.sentence):
        return refusal
    return Refusal("withheld", "Too few people or events to be shown at the safe level.", "Join groups.")


def _round_given(test: TestResult | Refusal) -> TestResult | Refusal:
    return _withhold(test) if isinstance(test, Refusal) else round_test(test)


def _round_contrast(item: RestrictedMeanContrast) -> RestrictedMeanContrast:
    return replace(
        item,
        difference=_round_days(item.difference),
        ratio=round_estimate(item.ratio, 2),
        p_difference=round_figures(item.p_difference, 1),
        p_ratio=round_figures(item.p_ratio, 1),
    )


def _round_days(estimate: Estimate) -> Estimate:
    """Round a time in days to two figures of months."""
    value, low, high = (
        None if part is None else round_figures(part / DAYS_PER_MONTH, 2) * DAYS_PER_MONTH
        for part in (estimate.value, estimate.low, estimate.high)
    )
    return replace(estimate, value=value, low=low, high=high)
