"""Simon–Makuch curves at the safe level: two life tables on the same months, so that neither betrays the other.

A line that responds leaves the first table and enters the second. Were the tables cut at different months, the ends of
the first less the entries of the second would give small counts away; so a month is a row of both only when, since the
row before, events, censorings and responses of each table are of nobody or of at least the floor of people.
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np
import polars as pl

from analytics.catalogue.calendar import DAYS_PER_MONTH
from analytics.estimation.landmark import NOT_RESPONDED, RESPONDED
from analytics.estimation.life_table import (
    estimate_life_table,
    estimate_life_table_landmark,
    estimate_life_table_median,
)
from analytics.export.coarse_causes import release_cause_rows
from analytics.export.coarse_time import is_enough
from analytics.export.disclosure_survival import (
    describe_safe_comparison,
    describe_safe_group,
    life_table_method,
    round_group_test,
    round_ratios,
)
from analytics.export.merging import count_people, merge_flow_to, refuse_small
from analytics.export.rounding import round_months
from analytics.questions.question import Answer
from analytics.tables.results import Estimate, IntArray, Refusal
from analytics.tables.survival_results import GroupSurvival, SurvivalCurve, SurvivalResult

LEFT, EVENT, TURNED, EVENT_AFTER, LEFT_AFTER = range(5)
"""How a line ends in the first table (left, event, response) and, if it responded, in the second."""


def make_safe_switching(answer: Answer, floor: int) -> Answer | Refusal:
    """Return both curves as life tables on the months they share, or refuse where too few start or turn."""
    exact = cast("SurvivalResult", answer.result)
    lines = _place_on_clock(answer)
    started_after = lines.filter("starts_responded")
    before = lines.filter(~pl.col("starts_responded"))
    rows = release_cause_rows(_list_ends(lines), LEFT_AFTER, floor)
    if not rows or not all(is_enough(part["pid"].n_unique(), floor) for part in (started_after, before)):
        return refuse_small(floor)
    days = np.array([int(month * DAYS_PER_MONTH) for month, _ in rows], dtype=np.int64)
    counts = np.array([ends for _, ends in rows], dtype=np.int64).T
    level = exact.groups[0].curve.level
    curves = (
        estimate_life_table(NOT_RESPONDED, before.height, days, counts[EVENT], counts[LEFT] + counts[TURNED], level),
        estimate_life_table(
            RESPONDED, started_after.height, days, counts[EVENT_AFTER], counts[LEFT_AFTER], level, counts[TURNED]
        ),
    )
    follow_up = _estimate_follow_up(lines.height, days, counts)
    responded = lines.filter(pl.col("starts_responded") | pl.col("turns"))
    groups = tuple(
        _describe_state(group, curve, part, follow_up, floor)
        for group, curve, part in zip(exact.groups, curves, (before, responded), strict=True)
    )
    result = replace(
        exact,
        groups=groups,
        test=round_group_test(exact, groups, floor),
        hazard_ratios=round_ratios(exact, groups, floor),
        n_patients_in_several_groups=count_people(lines.filter("turns"), floor),
        methods=(life_table_method(), *exact.methods),
    )
    return replace(
        answer,
        result=result,
        flow=merge_flow_to(answer.flow, lines, floor),
        summary=(*(describe_safe_group(group) for group in groups), *describe_safe_comparison(result)),
        notes=(
            *(note for note in answer.notes if not note.startswith("Until the day of")),
            f"Until the day of its {answer.question.analyte} response (rule {answer.question.response_rule}) a line "
            "counts as not responded, as responded from the day after.",
            f"Safe level: months are merged until each row of both tables is of nobody or of at least {floor} people; "
            "who responds leaves the first table and enters the second within the same row.",
        ),
    )


def _place_on_clock(answer: Answer) -> pl.DataFrame:
    """Return the lines with ``end`` and ``turn`` counted from the landmark, whether they start responded or turn."""
    landmark = answer.question.landmark_days
    end, turn = pl.col("days") - landmark, pl.col("response_day") - landmark
    return answer.subjects.with_columns(
        end=end,
        turn=turn,
        starts_responded=(turn <= 0).fill_null(value=False),
        turns=((turn > 0) & (turn < end)).fill_null(value=False),
    )


def _list_ends(lines: pl.DataFrame) -> pl.DataFrame:
    """Return ``pid``, ``days`` and ``cause`` of every end: one a line, and one more where it turned before it."""
    is_after = pl.col("starts_responded") | pl.col("turns")
    happened = pl.when(is_after).then(EVENT_AFTER).otherwise(EVENT)
    left = pl.when(is_after).then(LEFT_AFTER).otherwise(LEFT)
    ends = lines.select("pid", days="end", cause=pl.when("happened").then(happened).otherwise(left))
    turned = lines.filter("turns").select("pid", days="turn", cause=pl.lit(TURNED, dtype=pl.Int32))
    return pl.concat([ends, turned], how="vertical_relaxed")


def _estimate_follow_up(n: int, days: IntArray, counts: IntArray) -> Estimate:
    """Estimate the median follow-up of everybody, events counting as the end of it."""
    left, events = counts[LEFT] + counts[LEFT_AFTER], counts[EVENT] + counts[EVENT_AFTER]
    return round_months(estimate_life_table_median(estimate_life_table("all", n, days, left, events)))


def _describe_state(
    group: GroupSurvival, curve: SurvivalCurve, lines: pl.DataFrame, follow_up: Estimate, floor: int
) -> GroupSurvival:
    return replace(
        group,
        n_patients=count_people(lines, floor),
        curve=curve,
        median=round_months(estimate_life_table_median(curve)),
        landmarks=tuple(estimate_life_table_landmark(curve, mark.days) for mark in group.landmarks),
        follow_up=follow_up,
    )
