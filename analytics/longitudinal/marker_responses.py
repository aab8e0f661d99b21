"""Did a marker respond to a treatment line: one row a line, marker and named rule."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from analytics.catalogue.response_rules import ResponseRule
from analytics.catalogue.settings import Settings
from analytics.longitudinal.comparisons import has_surely_fallen, is_surely_at_most
from analytics.longitudinal.keys import is_first_of
from analytics.longitudinal.marker_absences import compute_absence, derive_absences
from analytics.longitudinal.marker_values import RAISED_BY_LOW_EGFR, RAISED_BY_PPI
from analytics.tables.derived import MarkerResponses

_LINE = ["pid", "line_no", "analyte"]
_SERIES = [*_LINE, "series", "compared_unit"]


def _derive_days(marker_values: pl.DataFrame) -> pl.DataFrame:
    """Return one row a day of a series, with ``group``, an integer for each line and series.

    The rows come in the order ``derive_marker_values`` gives, so that a group is a run of rows.
    """
    unknown = ((pl.col("ppi") == "unknown") & pl.col("analyte").is_in(RAISED_BY_PPI)) | (
        (pl.col("egfr_low") == "unknown") & pl.col("analyte").is_in(RAISED_BY_LOW_EGFR)
    )
    return (
        marker_values.with_columns(group=is_first_of(*_SERIES).cum_sum())
        .filter(~pl.col("has_unclear_date"))
        .filter(is_first_of("group", "date"))
        .with_columns(is_unknown=unknown)
    )


def _derive_follow_up(days: pl.DataFrame) -> pl.DataFrame:
    """Return the values after each start beside the baseline of their own series."""
    baselines = days.filter("is_baseline").select(
        "group",
        baseline_low="day_low",
        baseline_high="day_high",
        baseline_uln="compared_uln",
        baseline_fold_uln="fold_uln",
        baseline_unknown="is_unknown",
        baseline_file="file",
        baseline_row="row",
    )
    return days.filter(pl.col("days") > 1).join(baselines, on="group", maintain_order="left")


def _compute_verdict(rule: ResponseRule) -> pl.Expr:
    """Return whether one value satisfies the rule: yes, no, or null when its bounds leave it open."""
    low, high = pl.col("day_low"), pl.col("day_high")
    base_low, base_high = pl.col("baseline_low"), pl.col("baseline_high")
    fall = has_surely_fallen(low, high, base_low, base_high, rule.fall_pct, is_strict=rule.is_strict)
    normal = is_surely_at_most(low, high, pl.col("compared_uln"))
    return {"ignored": fall, "required": fall & normal, "sufficient": fall | normal, "alone": normal}[
        rule.normalisation
    ]


def _summarise_series(follow_up: pl.DataFrame, rule: ResponseRule, settings: Settings) -> pl.DataFrame:
    """Reduce the values of each line, marker and series to first, last and best."""
    point = pl.when(pl.col("day_high").is_infinite()).then("day_low").otherwise("day_high")
    yes = pl.col("verdict").fill_null(value=False) & pl.col("is_assessable")
    open_ = pl.col("verdict").is_null() & pl.col("is_assessable")
    in_window = pl.col("days").is_between(*rule.within_days) if rule.within_days is not None else pl.lit(value=True)
    judged = (
        follow_up.filter(in_window)
        .with_columns(verdict=_compute_verdict(rule), point=point)
        .with_columns(yes=yes, is_open=open_)
    )
    best = (
        judged.filter("is_assessable")
        .sort("group", "point", "date")
        .filter(is_first_of("group"))
        .select(
            "group",
            best_value="point",
            best_is_bound=pl.col("day_low") != pl.col("day_high"),
            best_file="file",
            best_row="row",
            best_unknown="is_unknown",
        )
    )
    first = (
        judged.filter("yes")
        .filter(is_first_of("group"))
        .select("group", response_date="date", yes_file="file", yes_row="row", yes_unknown="is_unknown")
    )
    confirmed_from = pl.col("response_date") + pl.duration(days=settings.response_confirmation_days)
    return (
        judged.group_by("group")
        .agg(
            pl.col(*_SERIES, "^baseline_.*$").first(),
            n_assessable=pl.col("is_assessable").sum(),
            last_yes=pl.col("date").filter("yes").max(),
            is_open=pl.col("is_open").any(),
            is_yes_unassessable=(pl.col("verdict").fill_null(value=False) & ~pl.col("is_assessable")).any(),
        )
        .join(best, on="group", how="left")
        .join(first, on="group", how="left")
        .with_columns(is_confirmed=pl.col("last_yes") >= confirmed_from)
    )


def _compute_status(rule: ResponseRule) -> pl.Expr:
    """Return status and reason of one series as «status: reason»."""
    limit = pl.col("baseline_uln") * rule.baseline_over_uln
    raised = ~is_surely_at_most(pl.col("baseline_low"), pl.col("baseline_high"), limit)
    found = pl.when(pl.lit(value=False)).then(None)
    if rule.needs_raised_baseline:
        found = (
            found.when(pl.col("baseline_uln").is_null())
            .then(pl.lit("not_evaluable: no upper limit for the baseline"))
            .when(~raised.fill_null(value=False))
            .then(pl.lit(f"not_evaluable: baseline not above {rule.baseline_over_uln:g} × ULN"))
        )
    return (
        found.when(pl.col("response_date").is_not_null())
        .then(pl.lit("responder: ") + pl.lit(rule.name))
        .when("is_open")
        .then(pl.lit("undetermined: a value beyond a quantitation limit leaves it open"))
        .when("is_yes_unassessable")
        .then(pl.lit("not_evaluable: the fall was seen only under PPI, with low eGFR or atrophic gastritis"))
        .when(pl.col("n_assessable") == 0)
        .then(pl.lit("not_evaluable: every later value under PPI, with low eGFR or atrophic gastritis"))
        .otherwise(pl.lit("non_responder: no value satisfies the rule"))
    )


_STATUS_ORDER = {"responder": 0, "undetermined": 1, "non_responder": 2, "not_evaluable": 3}


def _choose_series(summaries: pl.DataFrame, rule: ResponseRule) -> pl.DataFrame:
    """Keep one series a line and marker: the one that answers, the earliest response first."""
    return (
        summaries.with_columns(verdict=_compute_status(rule))
        .with_columns(pl.col("verdict").str.split_exact(": ", 1).struct.rename_fields(["status", "reason"]).alias("v"))
        .unnest("v")
        .with_columns(order=pl.col("status").replace_strict(_STATUS_ORDER))
        .sort(*_LINE, "order", "response_date", "series", "compared_unit", nulls_last=True)
        .unique(_LINE, keep="first", maintain_order=True)
    )


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
    eager_lines, values = lines.collect(), marker_values.collect()
    wanted = derive_absences(eager_lines, values)
    follow_up = _derive_follow_up(_derive_days(values))
    point = pl.when(pl.col("baseline_high").is_infinite()).then("baseline_low").otherwise("baseline_high")
    is_point = pl.col("baseline_low") == pl.col("baseline_high")
    parts = [
        wanted.join(_choose_series(_summarise_series(follow_up, rule, settings), rule), on=_LINE, how="left")
        .with_columns(
            rule_id=pl.lit(rule.rule_id),
            status=pl.col("status").fill_null("not_evaluable"),
            reason=pl.coalesce("reason", compute_absence(rule)),
            is_confirmed=pl.when(pl.col("response_date").is_not_null()).then("is_confirmed"),
            baseline_value=point,
            best_change_pct=pl.when(is_point & (pl.col("baseline_low") > 0)).then(
                (pl.col("best_value") / pl.col("baseline_low") - 1) * 100
            ),
            deciding_file=pl.coalesce("yes_file", "best_file"),
            deciding_row=pl.coalesce("yes_row", "best_row"),
            has_flag=(pl.col("baseline_unknown") | pl.coalesce("yes_unknown", "best_unknown")).fill_null(value=False),
        )
        .with_columns(
            response_date=pl.when(pl.col("status") == "responder").then("response_date"),
            is_confirmed=pl.when(pl.col("status") == "responder").then("is_confirmed"),
        )
        for rule in rules
    ]
    return (
        pl.concat(parts)
        .sort("pid", "line_no", "analyte", "rule_id")
        .select(pl.col(name).cast(column.dtype) for name, column in MarkerResponses.columns().items())
        .lazy()
    )
