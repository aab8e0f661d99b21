"""When a marker progressed in a treatment line: one row a line, marker and named rule."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from analytics.catalogue.response_rules import ProgressionRule
from analytics.longitudinal.assay_changes import derive_assay_changes
from analytics.longitudinal.comparable_days import derive_comparable_days
from analytics.longitudinal.comparisons import is_at_most
from analytics.longitudinal.keys import is_first_of
from analytics.longitudinal.marker_units import compute_unit_key
from analytics.longitudinal.runs import Places, as_index, find_lowest, find_openings, measure_runs
from analytics.tables.derived import MarkerProgressions

_LINE = ("pid", "line_no", "analyte")


def _compute_reference(rule: ProgressionRule) -> pl.Expr:
    """Return what a value is compared with; a marker that was normal is compared with its upper limit."""
    reference = pl.col(f"{rule.reference}_high")
    if not rule.uses_uln:
        return reference
    was_normal = is_at_most(pl.col("nadir_high"), pl.col("compared_uln")).fill_null(value=False)
    return pl.when(was_normal).then("compared_uln").otherwise(reference)


def _select_rises(judged: pl.DataFrame, rule: ProgressionRule) -> Places:
    """Return the rows whose value has surely risen enough; a bound that leaves it open is not a rise."""
    risen = is_at_most((100 + rule.rise_pct) * pl.col("reference_value"), 100 * pl.col("day_low"))
    rises = (
        judged.with_row_index("place")
        .filter(risen & (pl.col("day_low") > rule.beyond_value) & (pl.col("days") > 1))
        .select("place", "series_key", "date")
    )
    if rule.confirmation_days > 0:
        # a later rise of the series confirms: the last one of its run of rows
        opening = find_openings(rises.select(is_first_of("series_key")).to_series())
        lengths = measure_runs(opening, rises.height)
        last = pl.Series(np.repeat(opening + lengths - 1, lengths))
        confirmed_from = pl.col("date") + pl.duration(days=rule.confirmation_days)
        rises = rises.filter(pl.col("date").gather(pl.lit(last)) >= confirmed_from)
    return rises["place"].to_numpy().astype(np.int64)


def _find_negatives(judged: pl.DataFrame, rule: ProgressionRule, rises: Places) -> pl.Series:
    """Return the day of the value before each rise where it surely was none; a rise comes after its baseline."""
    before = judged.select("date", "days", "day_high", "reference_value").select(
        pl.all().gather(as_index(np.where(rises >= 0, rises - 1, -1)))
    )
    may_rise = is_at_most((100 + rule.rise_pct) * pl.col("reference_value"), 100 * pl.col("day_high"))
    is_negative = (pl.col("days") <= 1) | ~may_rise | (pl.col("day_high") <= rule.beyond_value)
    return before.select(pl.when(is_negative).then("date")).to_series()


def _order_runs(days: pl.DataFrame, opening: Places) -> Places:
    """Return the runs of lines and markers in the order of patient, line and marker."""
    key = days.select(_LINE)[opening].select(compute_unit_key()).to_series()
    return np.arange(opening.size) if key.is_sorted() else key.arg_sort().to_numpy().astype(np.int64)


def derive_marker_progressions(
    marker_values: pl.LazyFrame, rules: Sequence[ProgressionRule], days: pl.DataFrame | None = None
) -> pl.LazyFrame:
    """Derive the progression of each line and marker with a baseline, under each of ``rules``.

    Only assessable values of the baseline's series count: a change of assay ends what can be known. Returns
    ``derived.MarkerProgressions``; ``progression_date`` is null where the marker did not progress.
    ``days`` are the comparable days where they are made already.
    """
    if days is None:
        days = derive_comparable_days(marker_values)
    opening = find_openings(days.select(is_first_of(*_LINE)).to_series())
    lengths = measure_runs(opening, days.height)
    run = np.repeat(np.arange(opening.size), lengths)
    day = days["date"].to_physical().to_numpy().astype(np.int64)
    # of one day the series named first comes first, and the last one last: as their rows stand
    latest = days.height - 1 - find_lowest(run[::-1], day.max(initial=0) - day[::-1], opening.size)
    since = day - day.min(initial=0)
    order = _order_runs(days, opening)
    found: list[Places] = []
    references: list[pl.Series] = []
    negatives: list[pl.Series] = []
    named = sorted(rules, key=lambda rule: rule.rule_id)
    for rule in named:
        judged = days.with_columns(reference_value=_compute_reference(rule))
        rises = _select_rises(judged, rule)
        first = find_lowest(run[rises], since[rises], opening.size)[order]
        found.append(np.where(first >= 0, np.append(rises, 0)[first], -1))
        references.append(judged["reference_value"].gather(as_index(found[-1])))
        negatives.append(_find_negatives(judged, rule, found[-1]))
    turn = np.arange(opening.size * len(named)).reshape(len(named), -1).T.ravel()
    rise = as_index(np.concatenate(found)[turn])
    progressed = days.select("file", "row", progression_date="date", value="day_low").select(pl.all().gather(rise))
    of_lines = days.select(*_LINE, last_value_date="date", last_file="file", last_row="row")[latest[order]]
    changes = derive_assay_changes(marker_values, of_lines.select(*_LINE, "last_value_date"))
    changed = of_lines.join(changes, on=_LINE, how="left", maintain_order="left")
    of_line = changed[np.repeat(np.arange(changed.height), len(named))]
    return (
        pl.concat([of_line, progressed], how="horizontal")
        .with_columns(
            pl.concat(references, rechunk=True)[turn].alias("reference_value"),
            pl.concat(negatives, rechunk=True)[turn].alias("negative_date"),
            pl.Series("rule_id", [rule.rule_id for rule in named]).gather(np.tile(np.arange(len(named)), opening.size)),
        )
        .select(pl.col(name).cast(column.dtype) for name, column in MarkerProgressions.columns().items())
        .lazy()
    )
