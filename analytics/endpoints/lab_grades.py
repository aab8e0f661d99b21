"""CTCAE grades from laboratory values: the worst of each line, analyte and cycle."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from analytics.catalogue.settings import Settings
from analytics.catalogue.toxicity_grades import FALL_GRADES, GRADED_ANALYTES, RISE_GRADES, FallGrades, RiseGrades
from analytics.longitudinal.comparisons import is_at_most
from analytics.longitudinal.keys import (
    DAYS_PER_PATIENT,
    EARLIEST_DAY,
    compute_line_key,
    is_first_of,
    sort_by_key,
    spread_rows,
    sum_runs,
)
from analytics.longitudinal.line_windows import derive_line_windows, is_surely_timed
from analytics.tables.derived import LabGrades

_ANALYTES = tuple(sorted(GRADED_ANALYTES))

_LEVELS = 16
"""More than twice the grades 0 to 4 and «none»."""

_BASELINE, _FOLLOW_UP = 0, -1
"""Periods beside the cycles, which count from 1; they get their words when little is left."""

_FALLS = tuple(entry.analyte for entry in FALL_GRADES)

BESIDE = 1e-9
"""Share by which a value «< 50» lies below 50: far beyond the digits that make a tie, far below those reported."""

BEYOND_ANY_VALUE = 1e300
"""Stands for a value without an upper bound; unlike infinity it is not as large as its own multiples."""

_TERMS = {entry.analyte: entry.term for entry in (*FALL_GRADES, *RISE_GRADES)}


def _exceeds(value: pl.Expr, limit: pl.Expr) -> pl.Expr:
    return ~is_at_most(value, limit)


def compute_fall_grade(entry: FallGrades) -> pl.Expr:
    """Return the grade of a low ``value`` from its limits and ``lln``; null where grade 1 cannot be told from 0."""
    value = pl.col("value")
    grade = pl.when(value.is_null()).then(None)
    for step, limit in sorted(enumerate(entry.below, start=2), reverse=True):
        grade = grade.when(_exceeds(pl.lit(limit), value)).then(step)
    return grade.when(pl.col("lln").is_null()).then(None).when(_exceeds(pl.col("lln"), value)).then(1).otherwise(0)


def compute_rise_grade(entry: RiseGrades) -> pl.Expr:
    """Return the grade of a high ``value`` against ``uln`` or an abnormal ``baseline``; null without ``uln``.

    A baseline is abnormal by the limit of its own laboratory, ``baseline_uln``; where that is unknown by ``uln``.
    """
    value, uln, baseline = pl.col("value"), pl.col("uln"), pl.col("baseline")
    is_above = _exceeds(baseline, pl.coalesce("baseline_uln", "uln"))
    was_abnormal = is_above.fill_null(value=False) & (entry.baseline_from is not None)
    reference = pl.when(was_abnormal).then(baseline).otherwise(uln)
    start = baseline * (entry.baseline_from or 1.0)
    reaches = _exceeds(value, start) if entry.is_baseline_exceeded else is_at_most(start, value)
    is_first = pl.when(was_abnormal).then(reaches).otherwise(_exceeds(value, uln))
    grade = pl.when(uln.is_null()).then(None)
    for step, multiple in sorted(enumerate(entry.above, start=2), reverse=True):
        grade = grade.when(_exceeds(value, reference * multiple)).then(step)
    by_limit = grade.when(is_first).then(1).otherwise(0)
    by_baseline = pl.lit(0)
    for step, multiple in enumerate(entry.above_baseline, start=2):
        by_baseline = (
            pl.when(_exceeds(value, baseline * multiple).fill_null(value=False)).then(step).otherwise(by_baseline)
        )
    return pl.max_horizontal(by_limit, pl.when(by_limit.is_not_null() | (by_baseline > 0)).then(by_baseline))


def _compute_bounds(value: pl.Expr, sign: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """Return the lowest and the highest value a comparator leaves possible."""
    is_below, is_above = sign.is_in(["<", "<="]), sign.is_in([">", ">="])
    lowest = pl.when(is_below).then(0.0).when(sign == ">").then(value * (1 + BESIDE)).otherwise(value)
    highest = pl.when(is_above).then(BEYOND_ANY_VALUE).when(sign == "<").then(value * (1 - BESIDE)).otherwise(value)
    return lowest, highest


def _compute_ends() -> tuple[list[pl.Expr], list[pl.Expr]]:
    """Return ``value`` and ``baseline`` with the least and with the worst grade among those that are possible.

    A rise is the worse the lower the baseline was.
    """
    lowest, highest = _compute_bounds(pl.col("value"), pl.col("comparator"))
    base_lowest, base_highest = _compute_bounds(pl.col("baseline"), pl.col("baseline_sign"))
    is_fall = pl.col("analyte").is_in(_FALLS)
    best, worst = pl.when(is_fall).then(highest).otherwise(lowest), pl.when(is_fall).then(lowest).otherwise(highest)

    def pair(value: pl.Expr, baseline: pl.Expr) -> list[pl.Expr]:
        # what a baseline may have been, it was also as its own baseline
        own = pl.when("is_own_baseline").then(value).otherwise(baseline)
        return [value.alias("value"), own.alias("baseline")]

    return pair(best, base_highest), pair(worst, base_lowest)


def _add_grades(read: pl.DataFrame) -> pl.DataFrame:
    """Add ``grade``, the least that is certain, and ``is_least``: whether a bound leaves worse ones open.

    A bound that does not even exclude grade 0, though grades from 1 are possible, gives none.
    """
    graded = read.with_columns(_compute_ends()[0]).select(grade=_compute_grade())
    both = read.with_columns(graded.to_series(), is_least=pl.lit(value=False))
    bounds = read.select(pl.any_horizontal(pl.col("comparator", "baseline_sign").is_not_null()).arg_true()).to_series()
    if bounds.is_empty():
        return both
    open_ends = read[bounds].with_columns(_compute_ends()[1]).select(_compute_grade()).to_series()
    worst = both["grade"].scatter(bounds, open_ends)
    is_open = (worst != both["grade"]).fill_null(value=True)
    is_told = (both["grade"] > 0).fill_null(value=False)
    return both.with_columns(
        grade=pl.when(is_told | ~is_open).then("grade"),
        is_least=is_told & is_open,
    )


def _compute_grade() -> pl.Expr:
    graded = pl.when(pl.lit(value=False)).then(None)
    for entry in FALL_GRADES:
        graded = graded.when(pl.col("analyte") == entry.analyte).then(compute_fall_grade(entry))
    for entry in RISE_GRADES:
        graded = graded.when(pl.col("analyte") == entry.analyte).then(compute_rise_grade(entry))
    return graded.otherwise(None).cast(pl.Int32)


def _select_values(labs: pl.LazyFrame) -> pl.DataFrame:
    """Return the values that can be graded, with their limits of normal in the standard unit."""
    ratio = pl.col("value_standard") / pl.col("value")
    factor = pl.when(pl.col("value_standard") == pl.col("value")).then(1.0).otherwise(ratio)
    analyte = pl.col("analyte").cast(pl.Enum(_ANALYTES)).to_physical().cast(pl.Int64)
    day = pl.col("date").cast(pl.Int32).cast(pl.Int64) + EARLIEST_DAY
    read = (
        labs.filter(pl.col("analyte").is_in(GRADED_ANALYTES) & pl.col("value_standard").is_not_null())
        .filter(pl.col("collected").is_not_null())
        .select(
            "pid",
            "analyte",
            "comparator",
            date="collected",
            date_hi="collected_hi",
            value="value_standard",
            uln=pl.col("uln_used") * factor,
            lln=pl.col("lln") * factor,
            file="_file",
            row="_row",
        )
        .collect(engine="streaming")
    )
    # patient, analyte and day as one number: sorting by it takes a third of sorting by three columns
    key = (pl.col("pid").cast(pl.Int64) * len(_ANALYTES) + analyte) * DAYS_PER_PATIENT + day
    return sort_by_key(read.with_columns(key=key), "key", "file", "row").drop("key")


def _derive_periods(read: pl.DataFrame, lines: pl.DataFrame, cycles: pl.DataFrame) -> pl.Series:
    """Return the period of each value: ``_BASELINE``, the cycle last begun, or ``_FOLLOW_UP`` without dated cycles."""
    begun = (
        lines.select("pid", "line_no", "start_date", "next_line_date", treatment_id="treatment_ids")
        .explode("treatment_id")
        .join(cycles.select("pid", "treatment_id", cycle_date="date"), on=["pid", "treatment_id"])
        .filter(
            (pl.col("cycle_date") >= pl.col("start_date"))
            & (pl.col("cycle_date") < pl.col("next_line_date")).fill_null(value=True)
        )
        .select("pid", "line_no", "cycle_date")
        .unique()
    )
    n_begun = (
        read.select("pid", "line_no", "place_of_value", "date")
        .join(begun, on=["pid", "line_no"])
        .filter(pl.col("cycle_date") < pl.col("date"))
        .group_by("place_of_value")
        .agg(cycle=pl.len())
    )
    cycle = spread_rows(n_begun, "place_of_value", read.height)["cycle"].cast(pl.Int32)
    is_before = pl.col("date") <= pl.col("start_date")
    return read.select(
        period=pl.when(is_before).then(pl.lit(_BASELINE, pl.Int32)).otherwise(pl.lit(cycle.fill_null(_FOLLOW_UP)))
    ).to_series()


def _word_period() -> pl.Expr:
    period = pl.col("period")
    return (
        pl.when(period == _BASELINE)
        .then(pl.lit("baseline"))
        .when(period == _FOLLOW_UP)
        .then(pl.lit("follow_up"))
        .otherwise(pl.format("cycle {}", period))
    )


def _select_worst(graded: pl.DataFrame) -> pl.DataFrame:
    """Return the first row of the worst grade of each run, with how many values it has and how many without grade."""
    counts = sum_runs(
        graded.select("run", n_values=True, n_ungraded=pl.col("grade").is_null()), "run", "n_values", "n_ungraded"
    )
    # levels hold the run in front: where a run ends the running maximum is of that run
    grade = 2 * (pl.col("grade").fill_null(-1) + 1) + pl.col("is_least").cast(pl.Int32)
    leveled = graded.select("run", level=pl.col("run").cast(pl.Int64) * _LEVELS + grade).with_row_index("place")
    highest = leveled.select(
        pl.col("level").cum_max().filter(is_first_of("run").shift(-1, fill_value=True))
    ).to_series()
    is_worst = pl.col("level") == pl.lit(highest).gather(pl.col("run") - 1)
    worst = leveled.filter(is_worst).filter(is_first_of("run"))["place"]
    return pl.concat([graded[worst], counts.drop("run")], how="horizontal")


def _find_baselines(read: pl.DataFrame) -> pl.DataFrame:
    """Return beside each value the last one of its line and analyte up to the start, as it is noted.

    They stand in order: ``baseline``, ``baseline_sign``, ``baseline_uln``, and ``is_own_baseline``.
    """
    run = read.select(is_first_of("place", "analyte").cum_sum().cast(pl.Int64) - 1).to_series().alias("run")
    n_runs = 0 if run.is_empty() else run[-1] + 1
    last = (
        read.select("date", "start_date", "place_of_value", run)
        .filter(pl.col("date") <= pl.col("start_date"))
        .filter(is_first_of("run").shift(-1, fill_value=True))
        .select("run", "place_of_value")
    )
    place = spread_rows(last, "run", n_runs)["place_of_value"].gather(run)
    noted = read.select(baseline="value", baseline_sign="comparator", baseline_uln="uln")
    return noted.select(pl.all().gather(place)).with_columns(is_own_baseline=place.eq_missing(read["place_of_value"]))


def derive_lab_grades(tables: Mapping[str, pl.LazyFrame], lines: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Derive ``derived.LabGrades``: the worst grade of each line, analyte and period.

    The baseline of a line is its last value from ``baseline_window_days`` before to the day of the start;
    it decides how liver values are graded when it was abnormal. A value up to the start that may lie after it, its
    day being known only roughly, is not read. A value below a lower limit of normal
    that is not known, and above the limit of grade 2, stays ungraded. A value beyond a quantitation limit has
    the least grade its bound leaves, and says so; none where that is 0 and worse ones are open. So has a value
    whose baseline is a bound.
    """
    read = (
        derive_line_windows(_select_values(tables["labs"]), lines, settings)
        .filter(is_surely_timed())
        .with_row_index("place_of_value")
    )
    cycles = tables["cycles"].filter(pl.col("date").is_not_null()).select("pid", "treatment_id", "date").collect()
    beside = read.with_columns(*_find_baselines(read), _derive_periods(read, lines, cycles))
    graded = _add_grades(beside).with_columns(run=is_first_of("place", "analyte", "period").cum_sum())
    worst = _select_worst(graded).with_columns(
        unit_key=compute_line_key() * len(_ANALYTES)
        + pl.col("analyte").cast(pl.Enum(_ANALYTES)).to_physical().cast(pl.Int64),
        term=pl.col("analyte").replace_strict(_TERMS),
        period=_word_period(),
    )
    return sort_by_key(worst, "unit_key", "period").select(
        pl.col(name).cast(column.dtype) for name, column in LabGrades.columns().items()
    )
