"""Courses: each anticancer treatment as given without a long pause, dated by its administrations."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from analytics.catalogue.settings import Settings
from analytics.catalogue.treatments import CATEGORIES
from analytics.longitudinal.keys import DAYS_PER_PATIENT, EARLIEST_DAY, compute_day_key, is_first_of, sort_by_key

OPEN_END = pl.date(9999, 1, 1)
"""Stands for «goes on» where intervals are compared; never leaves this room."""

LANE_RANKS: dict[str, int] = {"PRRT": 0, "systemic": 1, "SSA": 2, "procedure": 3, "supportive": 4}
"""A line is named by its most specific part: PRRT before drugs, drugs before SSA, SSA before procedures."""

REPEATED_AS_ONE: tuple[str, ...] = ("PRRT", "TAE", "TACE", "TARE_SIRT")
"""Categories given in sessions: a further session within the pause allowed is the same line."""

_OF_TREATMENT = (
    "pid", "patient_id", "treatment_id", "category", "agent", "line", "start", "start_lo", "start_hi",
    "start_precision", "end", "ongoing", "stop_reason", "_file", "_row",
)  # fmt: skip

_CATEGORY_FACTS = pl.DataFrame(
    {
        "category": [entry.code for entry in CATEGORIES],
        "is_anticancer_category": [entry.is_anticancer for entry in CATEGORIES],
        "treatment": [entry.group or entry.code for entry in CATEGORIES],
        "rank": [LANE_RANKS[entry.lane] * len(CATEGORIES) + place for place, entry in enumerate(CATEGORIES)],
        "is_procedure": [entry.lane == "procedure" for entry in CATEGORIES],
    },
    schema_overrides={"rank": pl.Int32},
)


def _select_anticancer(treatments: pl.LazyFrame) -> pl.DataFrame:
    """Return the treatments that make or join a line, with a dense id in the order of their starts and own ids."""
    stated = pl.col("anticancer") == "Y"
    is_painful_site = (pl.col("category") == "EBRT") & (pl.col("intent").fill_null("") == "palliative")
    by_category = pl.col("is_anticancer_category") & ~is_painful_site
    place = pl.col("category").cast(pl.Enum(_CATEGORY_FACTS["category"]), strict=False).to_physical()
    facts = [pl.lit(_CATEGORY_FACTS[name]).gather(place).alias(name) for name in _CATEGORY_FACTS.columns[1:]]
    # after all others of the patient
    without_start = (pl.col("pid").cast(pl.Int64) + 1) * DAYS_PER_PATIENT - 1
    return (
        treatments.select(*_OF_TREATMENT, "anticancer", "intent", *facts)
        .filter(stated.fill_null(by_category))
        .select(*_OF_TREATMENT, *_CATEGORY_FACTS.drop("category", "is_anticancer_category").columns)
        .with_columns(start_key=compute_day_key(pl.col("start")).fill_null(without_start))
        .collect()
        .pipe(sort_by_key, "start_key", "treatment_id", "_file", "_row")
        .drop("start_key")
        .with_row_index("treatment_key")
    )


def _select_given(cycles: pl.LazyFrame, treatments: pl.DataFrame) -> pl.DataFrame:
    """Return the cycles of the treatments; of each stretch of one treatment only its first is looked up by texts."""
    of_treatment = ["pid", "treatment_id"]
    keys = treatments.select(*of_treatment, "treatment_key", is_prrt=pl.col("category") == "PRRT")
    read = cycles.select(
        *of_treatment, "cycle_no", "activity_gbq", "date", "date_lo", "date_hi", "date_precision"
    ).collect()
    is_first = read.select(is_first_of(*of_treatment)).to_series()
    stretches = read.select(of_treatment).filter(is_first).with_row_index("stretch", offset=1).join(keys, of_treatment)
    stretch = pl.Series("stretch", is_first.cum_sum(), dtype=pl.UInt32)
    return read.drop(of_treatment).with_columns(stretch).join(stretches.drop(of_treatment), on="stretch")


def _date_given(given: pl.DataFrame) -> pl.Series:
    """Return the day of each cycle; an imprecise one is moved after the cycle before it as its text allows."""
    if not given["date_precision"].ne_missing("D").any():
        return given["date"]
    earlier = pl.col("date").cum_max().over("treatment_key")
    moved = pl.min_horizontal(earlier, pl.col("date_hi").fill_null(pl.col("date")))
    return given.select(pl.when(pl.col("date_precision") == "D").then("date").otherwise(moved)).to_series()


def _derive_administrations(cycles: pl.LazyFrame, treatments: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Return courses of administrations: one row a treatment and stretch without a long pause.

    An imprecise date is moved after the cycle before it as far as its text allows, so that a cycle known
    only by its year does not come before the first.
    """
    pause = pl.col("given").diff().dt.total_days() > settings.retreatment_gap_days
    is_new_treatment = pl.col("treatment_key").ne_missing(pl.col("treatment_key").shift(1))
    is_restart = is_new_treatment | (pause & pl.col("is_prrt"))
    numbered = sort_by_key(_select_given(cycles, treatments), "treatment_key", "cycle_no")
    first_given = pl.col("treatment_key").cast(pl.Int64) * DAYS_PER_PATIENT
    day = pl.col("given").cast(pl.Int32).cast(pl.Int64) + EARLIEST_DAY
    return (
        numbered.with_columns(given=_date_given(numbered))
        .with_columns(given_key=first_given + day.fill_null(DAYS_PER_PATIENT - 1))
        .pipe(sort_by_key, "given_key", "cycle_no")
        .with_columns(course=is_restart.fill_null(value=False).cum_sum())
        .group_by("treatment_key", "course", maintain_order=True)
        .agg(
            pl.len().cast(pl.Int32).alias("n_cycles"),
            # a sum that lacks a cycle is not the sum
            pl.when(pl.col("activity_gbq").is_not_null().all())
            .then(pl.col("activity_gbq").sum())
            .alias("cumulative_activity_gbq"),
            pl.col("given").min().alias("first_given"),
            pl.col("given").max().alias("last_given"),
            pl.col("date_lo", "date_hi", "date_precision").first().name.prefix("first_"),
        )
    )


def derive_courses(tables: Mapping[str, pl.LazyFrame], settings: Settings) -> pl.DataFrame:
    """Derive courses from accepted treatments and cycles.

    Returns
    -------
    pl.DataFrame
        One row a course: ``pid``, ``treatment_key`` (by start and own id), ``treatment`` (group), ``rank``,
        ``start`` with its range, ``end`` (null: unknown or goes on), ``open_end`` (far future then),
        cycles and activity. PRRT starts with its first dated cycle; a pause longer than
        ``retreatment_gap_days`` between cycles starts another course.
    """
    treatments = _select_anticancer(tables["treatments"])
    given = _derive_administrations(tables["cycles"], treatments, settings)
    by_cycle = (pl.col("category") == "PRRT") & pl.col("first_given").is_not_null()
    is_ongoing = (pl.col("ongoing") == "Y").fill_null(value=False)
    return (
        treatments.join(given, on="treatment_key", how="left", maintain_order="left_right")
        .with_columns(
            start=pl.when(by_cycle).then("first_given").otherwise("start"),
            start_lo=pl.when(by_cycle).then("first_date_lo").otherwise("start_lo"),
            start_hi=pl.when(by_cycle).then("first_date_hi").otherwise("start_hi"),
            start_precision=pl.when(by_cycle).then("first_date_precision").otherwise("start_precision"),
            is_last_course=is_first_of("treatment_key").shift(-1, fill_value=True),
            repeat_key=pl.when(pl.col("category").is_in(REPEATED_AS_ONE))
            .then("category")
            .otherwise(pl.coalesce("agent", "category")),
            n_cycles=pl.col("n_cycles").fill_null(0),
            is_ongoing=is_ongoing,
        )
        .with_columns(
            end=pl.when(pl.col("is_ongoing"))
            .then(None)
            .when(~pl.col("is_last_course"))
            .then("last_given")
            .when(pl.col("is_procedure"))
            .then(pl.max_horizontal("start", "end", "last_given"))
            .otherwise(pl.max_horizontal("end", "last_given")),
        )
        .with_columns(open_end=pl.max_horizontal(pl.col("end").fill_null(OPEN_END), "start"))
    )
