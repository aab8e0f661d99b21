"""Did a marker respond to a treatment line: one row a line, marker and named rule."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from analytics.catalogue.response_rules import ResponseRule
from analytics.catalogue.settings import Settings
from analytics.longitudinal.marker_absences import ABSENCES, derive_absences, word_absences
from analytics.longitudinal.marker_follow_up import (
    ValueRuns,
    Window,
    derive_days,
    derive_follow_up,
    find_baselines,
    find_runs,
    select_window,
    summarise_window,
)
from analytics.longitudinal.marker_verdicts import ANSWERS, choose_series, compute_answer, judge_series
from analytics.longitudinal.runs import Places, as_index
from analytics.tables.derived import MarkerResponses


def _spread_chosen(wanted: pl.DataFrame, parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Return one row a wanted unit and rule, in this order: what was found in the chosen series, null without one.

    ``parts`` hold the chosen series of each rule; they and ``wanted`` are in the order of ``unit_key``.
    """
    of_rule = pl.concat(part.with_columns(rule_no=pl.lit(number)) for number, part in enumerate(parts))
    # values of lines that are not asked about may be among those read
    chosen = of_rule.filter(pl.col("unit_key").is_in(wanted["unit_key"].implode()))
    rule_no = chosen["rule_no"].to_numpy()
    unit = wanted["unit_key"].search_sorted(chosen["unit_key"]).to_numpy()
    place = np.full((wanted.height, len(parts)), -1, dtype=np.int64)
    place[unit, rule_no] = np.arange(chosen.height)
    found = chosen.drop("unit_key", "rule_no").select(pl.all().gather(as_index(place.ravel())))
    of_unit = wanted.drop("unit_key")[np.repeat(np.arange(wanted.height), len(parts))]
    turn = pl.Series("rule_no", np.tile(np.arange(len(parts)), wanted.height))
    return pl.concat([found, of_unit, turn.to_frame()], how="horizontal")


def _word_reasons(rules: Sequence[ResponseRule]) -> list[str]:
    """Return the reasons of each rule after those of the one before: its answers, then its absences."""
    words: list[str] = []
    for rule in rules:
        words += [reason.format(rule=rule.name, limit=rule.limit_words) for _, reason in ANSWERS.values()]
        words += word_absences(rule)
    return words


def _select_responses(
    found: pl.DataFrame, days: pl.DataFrame, values: pl.DataFrame, rules: Sequence[ResponseRule], settings: Settings
) -> pl.DataFrame:
    """Put what was found by places into words and values; ``rule_no`` is the place of a row's rule."""
    is_point = pl.col("baseline_low") == pl.col("baseline_high")
    responds = pl.col("answer") == list(ANSWERS).index("responds")
    confirmed_from = pl.col("response_date") + pl.duration(days=settings.response_confirmation_days)
    deciding = pl.coalesce("first", "best")
    said = pl.col("answer").fill_null(len(ANSWERS) + pl.col("absence")).cast(pl.Int64)
    statuses = [*(status for status, _ in ANSWERS.values()), *(["not_evaluable"] * len(ABSENCES))]
    reason = pl.col("rule_no") * len(statuses) + said

    # a value that satisfies a rule of any time comes after one that does not: the baseline at least
    is_negative = pl.col("is_assessable") & (pl.col("day_low") == pl.col("day_high"))
    before = days.select(pl.when(is_negative).then("date").shift(1)).to_series()
    is_of_any_time = pl.lit(pl.Series([rule.within_days is None for rule in rules])).gather(pl.col("rule_no"))

    def at(place: str | pl.Expr, column: str) -> pl.Expr:
        return pl.lit(days[column]).gather(pl.col(place) if isinstance(place, str) else place)

    def file_of(place: str | pl.Expr) -> pl.Expr:
        return pl.lit(values["file"]).gather(at(place, "source"))

    return (
        found.with_columns(
            best_value=at("best", "point"),
            baseline_low=at("baseline", "day_low"),
            baseline_high=at("baseline", "day_high"),
        )
        .select(
            "pid", "line_no", "analyte", "best_value", "compared_unit",
            rule_id=pl.lit(pl.Series([rule.rule_id for rule in rules])).gather(pl.col("rule_no")),
            status=pl.lit(pl.Series(statuses)).gather(said),
            reason=pl.lit(pl.Series(_word_reasons(rules))).gather(reason),
            is_confirmed=pl.when(responds).then(pl.col("last_yes") >= confirmed_from),
            response_date=pl.when(responds).then("response_date"),
            baseline_value=at("baseline", "point"),
            baseline_fold_uln=at("baseline", "day_fold_uln"),
            best_change_pct=pl.when(is_point & (pl.col("baseline_low") > 0)).then(
                (pl.col("best_value") / pl.col("baseline_low") - 1) * 100
            ),
            best_is_bound=at("best", "day_low") != at("best", "day_high"),
            has_flag=(at("baseline", "is_unknown") | at(deciding, "is_unknown")).fill_null(value=False),
            baseline_file=file_of("baseline"),
            baseline_row=at("baseline", "row"),
            deciding_file=file_of(deciding),
            deciding_row=at(deciding, "row"),
            negative_date=pl.when(responds & is_of_any_time).then(pl.lit(before).gather(pl.col("first"))),
        )
        .select(pl.col(name).cast(column.dtype) for name, column in MarkerResponses.columns().items())
    )  # fmt: skip


def _describe(
    window: Window, values: pl.DataFrame, runs: ValueRuns, days: pl.DataFrame, baseline: Places
) -> pl.DataFrame:
    """Return what is known of the groups of a window before any rule is asked: their series, baseline and values."""
    at_baseline = baseline[window.groups]
    described = [
        values.select("series", "compared_unit")[runs.groups[window.groups]],
        days.select(baseline_low="day_low", baseline_high="day_high", baseline_uln="compared_uln")[at_baseline],
        summarise_window(window),
    ]
    keys = {"unit_key": runs.unit_key[runs.unit_of_group[window.groups]], "baseline": at_baseline}
    return pl.concat([pl.DataFrame(keys), *described], how="horizontal")


def derive_marker_responses(
    marker_values: pl.LazyFrame, lines: pl.LazyFrame, rules: Sequence[ResponseRule], settings: Settings
) -> pl.LazyFrame:
    """Derive the response of each line and marker under each of ``rules``.

    A value beyond a quantitation limit answers yes, no or undetermined from its bound. A response is
    confirmed by another satisfying value of the same series at least ``response_confirmation_days``
    later; values between are not looked at. PPI use or a low eGFR at the baseline or at the deciding
    value makes the line not evaluable; unknown use leaves it evaluable with ``has_flag``.

    Returns
    -------
    pl.LazyFrame
        Schema ``derived.MarkerResponses``: every line for CgA, other markers where the line has values.
    """
    values = marker_values.collect()
    runs = find_runs(values)
    wanted = derive_absences(lines.collect(), values, runs)
    days = derive_days(values, runs)
    baseline = find_baselines(days, len(runs.groups))
    follow_up = derive_follow_up(days, baseline)
    windows = {within: select_window(follow_up, within) for within in {rule.within_days for rule in rules}}
    known = {within: _describe(window, values, runs, days, baseline) for within, window in windows.items()}
    parts: list[pl.DataFrame] = []
    named = sorted(rules, key=lambda rule: rule.rule_id)
    for rule in named:
        judged = judge_series(windows[rule.within_days], rule)
        read = pl.concat([known[rule.within_days], judged], how="horizontal")
        chosen = choose_series(read.with_columns(answer=compute_answer(rule)))
        parts.append(
            chosen.select(
                "unit_key", "compared_unit", "baseline", "best", "first", "last_yes", "response_date",
                answer=pl.col("answer").to_physical(),
            )
        )  # fmt: skip
    return _select_responses(_spread_chosen(wanted, parts), days, values, named, settings).lazy()
