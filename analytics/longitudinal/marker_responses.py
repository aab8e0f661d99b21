"""Did a marker respond to a treatment line: one row a line, marker and named rule."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from analytics.catalogue.response_rules import ResponseRule
from analytics.catalogue.settings import Settings
from analytics.longitudinal.marker_absences import compute_absence, derive_absences
from analytics.longitudinal.marker_follow_up import (
    derive_days,
    derive_follow_up,
    derive_groups,
    select_window,
    summarise_window,
)
from analytics.longitudinal.marker_units import compute_unit_key
from analytics.longitudinal.marker_verdicts import ANSWERS, choose_series, compute_answer, judge_series
from analytics.tables.derived import MarkerResponses


def _word_answers(rule: ResponseRule) -> tuple[pl.Expr, pl.Expr]:
    """Return status and reason of ``answer`` in words."""
    place = pl.col("answer").to_physical()
    statuses = pl.Series([status for status, _ in ANSWERS.values()])
    reasons = pl.Series([reason.format(rule=rule.name, limit=rule.baseline_over_uln) for _, reason in ANSWERS.values()])
    return pl.lit(statuses).gather(place), pl.lit(reasons).gather(place)


def _derive_rule(
    wanted: pl.DataFrame, chosen: pl.DataFrame, days: pl.DataFrame, rule: ResponseRule, settings: Settings
) -> pl.DataFrame:
    """Return one row a wanted unit: the answer of its chosen series, or why there is none."""
    is_point = pl.col("baseline_low") == pl.col("baseline_high")
    status, reason = _word_answers(rule)
    responds = pl.col("answer") == "responds"
    confirmed_from = pl.col("response_date") + pl.duration(days=settings.response_confirmation_days)
    deciding = pl.coalesce("first", "best")

    def at(place: str | pl.Expr, column: str) -> pl.Expr:
        return pl.lit(days[column]).gather(pl.col(place) if isinstance(place, str) else place)

    return (
        wanted.join(chosen, on="unit_key", how="left", maintain_order="left")
        .with_columns(best_value=at("best", "point"), baseline_point=at("baseline", "point"))
        .select(
            "pid", "line_no", "analyte", "compared_unit", "best_value",
            rule_id=pl.lit(rule.rule_id),
            status=status.fill_null("not_evaluable"),
            reason=pl.coalesce(reason, compute_absence(rule)),
            is_confirmed=pl.when(responds).then(pl.col("last_yes") >= confirmed_from),
            response_date=pl.when(responds).then("response_date"),
            baseline_value="baseline_point",
            baseline_fold_uln=at("baseline", "fold_uln"),
            best_change_pct=pl.when(is_point & (pl.col("baseline_low") > 0)).then(
                (pl.col("best_value") / pl.col("baseline_low") - 1) * 100
            ),
            best_is_bound=at("best", "day_low") != at("best", "day_high"),
            has_flag=(at("baseline", "is_unknown") | at(deciding, "is_unknown")).fill_null(value=False),
            baseline_file=at("baseline", "file"),
            baseline_row=at("baseline", "row"),
            deciding_file=at(deciding, "file"),
            deciding_row=at(deciding, "row"),
        )
        .select(pl.col(name).cast(column.dtype) for name, column in MarkerResponses.columns().items())
    )  # fmt: skip


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
    values = marker_values.collect().with_columns(unit_key=compute_unit_key())
    wanted = derive_absences(lines.collect(), values)
    days = derive_days(values)
    series = derive_groups(days)
    follow_up = derive_follow_up(days, series)
    facts = series.with_columns(
        pl.lit(days[source]).gather(pl.col("baseline")).alias(name)
        for name, source in (
            ("baseline_low", "day_low"),
            ("baseline_high", "day_high"),
            ("baseline_uln", "compared_uln"),
        )
    )
    windows = {within: select_window(follow_up, within) for within in {rule.within_days for rule in rules}}
    summaries = {within: summarise_window(window, series.height) for within, window in windows.items()}
    parts: list[pl.DataFrame] = []
    for rule in sorted(rules, key=lambda rule: rule.rule_id):
        judged = judge_series(windows[rule.within_days], rule, series.height)
        read = pl.concat([facts, summaries[rule.within_days], judged], how="horizontal").filter(pl.col("n_values") > 0)
        chosen = choose_series(read.with_columns(answer=compute_answer(rule)))
        parts.append(_derive_rule(wanted, chosen, days, rule, settings))
    # each part has one row a unit: taken in turn they are in the order of unit and rule
    turn = pl.int_range(wanted.height * len(parts), dtype=pl.Int64, eager=True)
    return pl.concat(parts, rechunk=True)[turn % len(parts) * wanted.height + turn // len(parts)].lazy()
