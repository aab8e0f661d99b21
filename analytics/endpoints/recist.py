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
from analytics.longitudinal.keys import is_first_of, sort_by_key, sort_by_line, spread_rows, sum_runs
from analytics.tables.derived import RecistAssessments

BEYOND_ANY_SUM = 1_000_000_000
"""Tenths of a millimetre no sum reaches; keeps the running minimum of one line apart from the next."""

MANY_PLACES = 2**27
"""So many pairs of a line and a lesion name are looked up by their place in a list, more by a join."""


def select_baselines(visits: pl.DataFrame, sizes: pl.DataFrame, n_lines: int, settings: Settings) -> pl.DataFrame:
    """Return the baseline of each line: the last visit with every target measured, else the last with a lesion.

    One row a line, null without a baseline.
    """
    is_near = visits.select((pl.col("days_before") <= settings.baseline_scan_days).fill_null(value=False)).to_series()
    is_unsized = pl.col("is_target") & pl.col("tenths").is_null()
    targets = sizes.filter(is_near.gather(sizes["visit"])).with_columns(
        tenths=pl.when("is_target").then("tenths"), is_unsized=is_unsized
    )
    measured = sum_runs(targets, "visit", "is_target", "is_unsized", "tenths").with_columns(
        line=pl.lit(visits["coming"]).gather(pl.col("visit")),
        is_complete=(pl.col("is_target") > 0) & (pl.col("is_unsized") == 0),
    )
    ranked = sort_by_key(
        measured.with_columns(rank=pl.col("line").cast(pl.Int64) * 2 + pl.col("is_complete")), "rank", "visit"
    )
    chosen = ranked.filter(is_first_of("line").shift(-1, fill_value=True)).select(
        "line",
        base_visit="visit",
        baseline_date=pl.lit(visits["first_date"]).gather(pl.col("visit")),
        n_targets=pl.when("is_complete").then("is_target").otherwise(0).cast(pl.Int32),
        baseline=pl.when("is_complete").then("tenths"),
    )
    return spread_rows(chosen, "line", n_lines)


def _derive_roles(sizes: pl.DataFrame, baselines: pl.DataFrame, n_visits: int) -> pl.DataFrame:
    """Return the lesions of each baseline: ``line``, ``lesion`` and ``is_of_targets``."""
    known = baselines.with_row_index("line").filter(pl.col("base_visit").is_not_null())
    line = spread_rows(known.select("line", "base_visit"), "base_visit", n_visits)["line"].gather(sizes["visit"])
    has_targets = baselines.select(pl.col("n_targets") > 0).to_series()
    return (
        sizes.select(line, "lesion", is_of_targets="is_target")
        .filter(pl.col("line").is_not_null())
        .with_columns(pl.col("is_of_targets") & pl.lit(has_targets).gather(pl.col("line")))
    )


def _find_roles(read: pl.DataFrame, roles: pl.DataFrame) -> pl.Series:
    """Return for each lesion row ``is_of_targets`` of its line's baseline; null where it is not of the baseline."""
    n_lines, n_names = (1 + int(read.select(pl.col(name).max()).item() or 0) for name in ("line", "lesion"))
    if n_lines * n_names > MANY_PLACES:
        return read.join(roles, on=["line", "lesion"], how="left", maintain_order="left")["is_of_targets"]
    place = pl.col("line").cast(pl.Int64) * n_names + pl.col("lesion")
    known = roles.filter((pl.col("line") < n_lines) & (pl.col("lesion") < n_names))
    by_place = spread_rows(known.select("is_of_targets", place=place), "place", n_lines * n_names)
    return by_place["is_of_targets"].gather(read.select(place).to_series())


def _summarise_lesions(
    sizes: pl.DataFrame, visits: pl.DataFrame, roles: pl.DataFrame, criteria: SizeCriteria
) -> pl.DataFrame:
    """Reduce the lesions of each visit to what the response needs, by their role at the baseline."""
    is_gone = pl.when("is_node").then(pl.col("tenths") < criteria.normal_node_tenths).otherwise(pl.col("tenths") == 0)
    is_target = pl.col("is_of_targets").fill_null(value=False)
    is_other = (~pl.col("is_of_targets")).fill_null(value=False)
    stays = (~is_gone).fill_null(value=True) & ~pl.col("is_unknown")
    of_line = sizes.with_columns(line=visits["line"].gather(sizes["visit"]))
    # visits before every line are summed too: leaving them out would cost more than their sums
    read = (
        of_line.with_columns(_find_roles(of_line, roles))
        .lazy()
        .select(
            "visit",
            "date",
            sum=pl.when(is_target).then("tenths"),
            n_measured=is_target & pl.col("tenths").is_not_null(),
            n_left=is_target & ~is_gone,
            n_back=is_target & ~pl.col("is_node") & (pl.col("tenths") > 0),
            n_others_gone=is_other & is_gone,
            n_others_left=is_other & stays,
            is_new=pl.col("is_of_targets").is_null() & pl.col("is_called_new") & pl.col("is_seen"),
        )
        .collect(engine="streaming")
    )
    sums = sum_runs(read, "visit", "sum", "n_measured", "n_left", "n_back", "n_others_gone", "n_others_left")
    is_new = read.filter("is_new").group_by("visit").agg(new_lesion_date=pl.col("date").min())
    return sums.join(is_new, on="visit", how="left", maintain_order="left")


def _derive_nadirs(visits: pl.DataFrame) -> pl.DataFrame:
    """Add the smallest complete sum before each visit, baseline included, and whether all targets were gone once.

    ``visits`` are in the order of lines and days. A running minimum or maximum of numbers that hold the line
    in front starts anew with each line.
    """
    line = pl.col("line").cast(pl.Int64)
    complete = pl.when("is_complete").then("sum").otherwise(pl.lit(BEYOND_ANY_SUM - 1))
    running = (complete - line * BEYOND_ANY_SUM).cum_min() + line * BEYOND_ANY_SUM
    before = pl.when(line == line.shift(1)).then(running.shift(1)).otherwise(BEYOND_ANY_SUM - 1)
    lowest = pl.min_horizontal(before, pl.col("baseline").fill_null(BEYOND_ANY_SUM - 1))
    gone_once = (line * 2 + pl.col("is_gone")).cum_max().shift(1) == line * 2 + 1
    return visits.with_columns(
        nadir=pl.when(lowest < BEYOND_ANY_SUM - 1).then(lowest), was_gone=gone_once.fill_null(value=False)
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


def _read_visits(
    visits: pl.DataFrame, summaries: pl.DataFrame, baselines: pl.DataFrame, n_others: pl.DataFrame
) -> pl.DataFrame:
    """Return the visits read against a line with a baseline, beside their summary and that baseline."""
    is_complete = (pl.col("n_measured") == pl.col("n_targets")) & (pl.col("n_targets") > 0)
    counts = ["n_measured", "n_left", "n_back", "n_others_gone", "n_others_left"]
    of_line = pl.concat([baselines, spread_rows(n_others, "line", baselines.height)], how="horizontal")
    beside = [visits, spread_rows(summaries, "visit", visits.height), of_line.select(pl.all().gather(visits["line"]))]
    return (
        pl.concat(beside, how="horizontal")
        .filter(pl.col("base_visit").is_not_null())
        # a scan of which nothing is recorded is no assessment, not an unevaluable one
        .filter(pl.col("sum").is_not_null() | pl.col("is_described") | pl.col("new_date").is_not_null())
        .with_columns(
            pl.col(counts).fill_null(0),
            # a visit without a single lesion row says nothing of the others
            n_others=pl.when(pl.col("sum").is_not_null()).then("n_others"),
        )
        .with_columns(
            is_complete=is_complete,
            is_gone=is_complete & (pl.col("n_left") == 0),
            new_lesion_date=pl.min_horizontal("new_lesion_date", "new_date"),
        )
    )


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
    dated = select_dated_lines(lines.collect())
    scans = derive_visits(tables["imaging"], settings)
    visits = derive_line_visits(derive_visit_facts(scans), dated)
    sizes = derive_lesion_sizes(tables["lesions"], scans, criteria)
    baselines = select_baselines(visits, sizes, dated.height, settings)
    roles = _derive_roles(sizes, baselines, visits.height)
    summaries = _summarise_lesions(sizes, visits, roles, criteria)
    n_others = sum_runs(roles.with_columns(n_others=~pl.col("is_of_targets")), "line", "n_others")
    assessed = (
        _derive_nadirs(_read_visits(visits, summaries, baselines, n_others))
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
            line_no=pl.lit(dated["line_no"]).gather(pl.col("line")),
        )
        .select(pl.col(name).cast(column.dtype) for name, column in RecistAssessments.columns().items())
    )
    return sort_by_line(assessed).lazy()
