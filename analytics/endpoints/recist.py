"""RECIST from lesions: sums, nadir, target, non-target and new lesions, overall response of every visit."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from analytics.catalogue.settings import Settings
from analytics.catalogue.size_criteria import SIZE_CRITERIA_BY_CODE, SizeCriteria
from analytics.endpoints.lesion_sizes import derive_lesion_sizes
from analytics.endpoints.response_categories import (
    compute_non_target_response,
    compute_overall_response,
    compute_target_response,
)
from analytics.endpoints.visits import derive_line_visits, derive_visit_facts, derive_visits, select_dated_lines
from analytics.errors import SettingsError
from analytics.tables.derived import RecistAssessments

BEYOND_ANY_SUM = 1_000_000_000
"""Tenths of a millimetre no sum reaches; keeps the running minimum of one line apart from the next."""

MANY_NAMES = 2**24
"""More lesion names than any study has: keys of (line, lesion) never meet."""


def _select_baselines(line_visits: pl.DataFrame, sizes: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Return the baseline visit of each line: the last with every target measured, else the last with a lesion."""
    candidates = line_visits.filter(pl.col("is_before") & (pl.col("days_before") <= settings.baseline_scan_days))
    targets = pl.col("tenths").filter("is_target")
    measured = (
        sizes.join(candidates.select("visit"), on="visit", how="semi")
        .group_by("visit")
        .agg(
            is_complete=pl.col("is_target").any() & (targets.null_count() == 0),
            base_sum=targets.sum(),
            n_targets=pl.col("is_target").sum().cast(pl.Int32),
        )
    )
    return (
        candidates.join(measured, on="visit")
        .sort("line", "is_complete", "days_before", "visit", descending=[False, True, False, True])
        .unique("line", keep="first", maintain_order=True)
        .select(
            "line",
            "visit",
            n_targets=pl.when("is_complete").then("n_targets").otherwise(0).cast(pl.Int32),
            baseline=pl.when("is_complete").then("base_sum").cast(pl.Int64),
        )
    )


def _summarise_lesions(
    sizes: pl.DataFrame, line_visits: pl.DataFrame, baselines: pl.DataFrame, criteria: SizeCriteria
) -> pl.DataFrame:
    """Reduce the lesions of each visit to what the response needs, by their role at the baseline."""
    key = pl.col("line").cast(pl.Int64) * MANY_NAMES + pl.col("lesion")
    known = (
        baselines.select("line", "visit", "n_targets")
        .join(sizes, on="visit")
        .select("line", key=key, is_of_targets=pl.col("is_target") & (pl.col("n_targets") > 0))
    )
    n_others = known.group_by("line").agg(n_others=(~pl.col("is_of_targets")).sum())
    is_gone = pl.when("is_node").then(pl.col("tenths") < criteria.normal_node_tenths).otherwise(pl.col("tenths") == 0)
    is_target = pl.col("is_of_targets").fill_null(value=False)
    is_other = (~pl.col("is_of_targets")).fill_null(value=False)
    is_new = pl.col("is_of_targets").is_null() & pl.col("is_called_new")
    stays = (~is_gone).fill_null(value=True) & ~pl.col("is_unknown")
    of_target = pl.when(is_target).then("tenths")
    return (
        line_visits.filter(~pl.col("is_before"))
        .select("line", "visit")
        .join(sizes, on="visit")
        .with_columns(key=key)
        .join(known.drop("line"), on="key", how="left")
        .select(
            "line",
            "visit",
            sum=of_target.cast(pl.Int64),
            n_measured=of_target.is_not_null().cast(pl.Int32),
            n_left=(is_target & ~is_gone).cast(pl.Int32),
            n_back=(is_target & ~pl.col("is_node") & (pl.col("tenths") > 0)).cast(pl.Int32),
            n_others_gone=(is_other & is_gone).cast(pl.Int32),
            n_others_left=(is_other & stays).cast(pl.Int32),
            new_lesion_date=pl.when(is_new & pl.col("is_seen")).then("date"),
        )
        .group_by("visit")
        .agg(
            pl.col("line").first(),
            pl.col("sum", "n_measured", "n_left", "n_back", "n_others_gone", "n_others_left").sum(),
            pl.col("new_lesion_date").min(),
        )
        .join(n_others, on="line", how="left")
        .drop("line")
    )


def _derive_nadirs(visits: pl.DataFrame) -> pl.DataFrame:
    """Add the smallest complete sum before each visit, baseline included, and whether all targets were gone once."""
    offset = pl.col("line").cast(pl.Int64) * BEYOND_ANY_SUM
    complete = pl.when("is_complete").then("sum").otherwise(pl.lit(BEYOND_ANY_SUM - 1))
    running = (complete - offset).cum_min() + offset
    before = pl.when(pl.col("line") == pl.col("line").shift(1)).then(running.shift(1)).otherwise(BEYOND_ANY_SUM - 1)
    lowest = pl.min_horizontal(before, pl.col("baseline").fill_null(BEYOND_ANY_SUM - 1))
    return (
        visits.sort("line", "first_date", "visit")
        .with_columns(nadir=pl.when(lowest < BEYOND_ANY_SUM - 1).then(lowest))
        .with_columns(was_gone=pl.col("is_gone").cum_max().shift(1).over("line").fill_null(value=False))
    )


def _compute_date(rule: str) -> pl.Expr:
    """Return the day of the assessment; a progression is dated by ``rule``."""
    first, last = pl.col("first_date"), pl.col("last_date")
    sign = pl.min_horizontal("new_lesion_date", "worse_date", pl.when(pl.col("target") == "PD").then(last))
    dated = {"first_sign": sign, "earliest_scan": first, "latest_scan": last, "scheduled_visit": last}
    if rule not in dated:
        raise SettingsError(
            f"There is no progression-date rule «{rule}».", "pd_date_rule", f"Known: {', '.join(dated)}."
        )
    return pl.when(pl.col("response") == "PD").then(dated[rule]).otherwise(first)


def derive_recist_assessments(
    tables: Mapping[str, pl.LazyFrame], lines: pl.LazyFrame, settings: Settings
) -> pl.LazyFrame:
    """Derive the response of every visit after a line's start from its lesions.

    The baseline is the last visit from ``baseline_scan_days`` before the start with every target measured.
    Sums are whole tenths of a millimetre, so that 20 %, 5 mm and 30 % are exact. A line is read until the
    next one starts. Returns ``derived.RecistAssessments``.

    Raises
    ------
    SettingsError
        If ``size_criteria`` or ``pd_date_rule`` is not known.
    """
    if settings.size_criteria not in SIZE_CRITERIA_BY_CODE:
        known = ", ".join(SIZE_CRITERIA_BY_CODE)
        raise SettingsError(f"There are no criteria «{settings.size_criteria}».", "size_criteria", f"Known: {known}.")
    criteria = SIZE_CRITERIA_BY_CODE[settings.size_criteria]
    eager = lines.collect()
    scans = derive_visits(tables["imaging"], settings)
    facts = derive_visit_facts(scans)
    line_visits = derive_line_visits(facts, eager)
    sizes = derive_lesion_sizes(tables["lesions"], scans, criteria)
    baselines = _select_baselines(line_visits, sizes, settings)
    summaries = _summarise_lesions(sizes, line_visits, baselines, criteria)
    is_complete = (pl.col("n_measured") == pl.col("n_targets")) & (pl.col("n_targets") > 0)
    visits = (
        line_visits.filter(~pl.col("is_before"))
        .join(baselines.join(facts.select("visit", baseline_date="first_date"), on="visit").drop("visit"), on="line")
        .join(facts, on="visit")
        .join(summaries, on="visit", how="left")
        # a scan of which nothing is recorded is no assessment, not an unevaluable one
        .filter(pl.col("sum").is_not_null() | pl.col("is_described") | pl.col("new_date").is_not_null())
        .with_columns(pl.col("n_measured", "n_left", "n_back", "n_others_gone", "n_others_left").fill_null(0))
        .with_columns(
            is_complete=is_complete,
            is_gone=is_complete & (pl.col("n_left") == 0),
            new_lesion_date=pl.min_horizontal("new_lesion_date", "new_date"),
        )
    )
    return (
        _derive_nadirs(visits)
        .with_columns(
            target=compute_target_response(criteria),
            non_target=compute_non_target_response(),
            has_new_lesion=pl.col("new_lesion_date").is_not_null(),
        )
        .with_columns(response=compute_overall_response())
        .with_columns(
            date=_compute_date(settings.pd_date_rule),
            sum_mm=pl.when(pl.col("n_measured") > 0).then(pl.col("sum") / 10),
            baseline_mm=pl.col("baseline") / 10,
            nadir_mm=pl.col("nadir") / 10,
            criteria=pl.lit(criteria.criteria),
            change_pct=pl.when("is_complete").then((pl.col("sum") / pl.col("baseline") - 1) * 100),
        )
        .join(select_dated_lines(eager).select("line", "line_no"), on="line")
        .sort("pid", "line_no", "first_date", "visit")
        .select(pl.col(name).cast(column.dtype) for name, column in RecistAssessments.columns().items())
        .lazy()
    )
