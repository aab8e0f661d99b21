"""Cycles, follow-up and scores: numbers that follow each other, a start and an end, possible scores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from analytics.catalogue.settings import Settings
from analytics.catalogue.symptoms import SYMPTOM_ITEMS
from analytics.intake.checks import Check, number_text
from analytics.intake.parse import STATUS, raw
from analytics.intake.review import Review, day_text, shown_columns, sort_rows, used, used_places

DATED_BY = {"labs": "collected", "imaging": "date"}
"""Tables whose partial dates may straddle the first treatment."""

CYCLE_FACTS = (
    *("pid", "patient_id", "treatment_id", "cycle_no", "date_lo", "date_hi", "date_precision"),
    *("nuclide", "activity_gbq", "_row"),
)
PATIENT_FACTS = (
    *shown_columns("patients", "patient_id", "birth_date", "birth_year"),
    *("index_date_lo", "birth_date_lo", "birth_year"),
)


def review_cycles(settled: Mapping[str, pl.DataFrame], settings: Settings) -> Iterator[Review]:
    """Yield the checks of cycles against each other and against their treatment."""
    source = settled["cycles"]
    spells = used(settled, "treatments", "pid", "treatment_id", "start_lo", "end_hi")
    cycles = sort_rows(
        used_places(settled, "cycles", *CYCLE_FACTS).join(
            spells.unique(["pid", "treatment_id"], keep="first"), on=["pid", "treatment_id"], how="left"
        ),
        *("pid", "treatment_id", "cycle_no", "date_lo", "_row"),
    )
    same = (pl.col("pid") == pl.col("pid").shift(1)) & (pl.col("treatment_id") == pl.col("treatment_id").shift(1))
    ordered = cycles.with_columns(
        _before_no=pl.when(same).then(pl.col("cycle_no").shift(1)).otherwise(0),
        _gap=pl.when(same).then((pl.col("date_lo") - pl.col("date_lo").shift(1)).dt.total_days()),
        _gap_is_exact=(pl.col("date_precision") == "D") & (pl.col("date_precision").shift(1) == "D"),
        _lu177=pl.when(pl.col("nuclide") == "177Lu").then("activity_gbq").sum().over("pid").round(2),
    )
    yield Review("cycles", ordered, tuple(_cycle_checks(settings)), source)


def _cycle_checks(settings: Settings) -> Iterator[Check]:
    skipped = pl.format("the one before is {}", pl.col("_before_no"))
    skips = pl.col("cycle_no") != pl.col("_before_no") + 1
    yield Check("V54", "cycle_no", skips & (pl.col("_before_no") > 0), {"why": skipped})
    yield Check("V54", "cycle_no", skips & (pl.col("_before_no") == 0), {"why": "there is no cycle 1 before it"})
    gap = pl.col("_gap")
    odd = ~gap.is_between(settings.min_cycle_gap_days, settings.max_cycle_gap_days) & pl.col("_gap_is_exact")
    yield Check("V54", "cycle_no", odd, {"why": pl.format("it is {} days after the one before", gap)})
    limit = settings.max_cumulative_177lu_gbq
    yield Check(
        "V55",
        "activity_gbq",
        pl.col("_lu177") > limit,
        {"total": number_text(pl.col("_lu177").first()), "limit": f"{limit:g}"},
        per=("patient_id",),
    )
    outside = (pl.col("date_hi") < pl.col("start_lo")) | (pl.col("date_lo") > pl.col("end_hi"))
    fields = {"cycle": number_text("cycle_no"), "start": day_text("start_lo"), "end": day_text("end_hi")}
    yield Check("V56", "date", outside, fields)


def review_follow_up(settled: Mapping[str, pl.DataFrame], settings: Settings) -> Iterator[Review]:
    """Yield the checks of start and end of observation, and of dates against both."""
    vital = used(settled, "vital_status", "pid", "date_lo", "date_hi").filter(pl.col("date_lo").is_not_null())
    last = vital.group_by("pid").agg(_last=pl.col("date_hi").max())
    starts = used(settled, "treatments", "pid", "start_lo").group_by("pid").agg(_start=pl.col("start_lo").min())
    patients = (
        used(settled, "patients", *PATIENT_FACTS).join(last, on="pid", how="left").join(starts, on="pid", how="left")
    )
    yield Review("patients", patients, tuple(_patient_checks()))
    progressions = settled["responses"].filter((pl.col("response") == "PD") & pl.col(STATUS).is_null())
    moved = Check("V60", "date", pl.col("date_lo") > pl.col("_last"), {"last": day_text("_last")})
    yield Review(
        "responses", progressions.select(*shown_columns("responses", "date"), "date_lo").join(last, on="pid"), (moved,)
    )
    years = settings.max_years_before_diagnosis
    first_day = pl.col("diagnosis_date_lo").min().dt.offset_by(f"-{years}y")
    diagnosed = used(settled, "diagnoses", "pid", "diagnosis_date_lo").group_by("pid").agg(_first_day=first_day)
    for table, column in DATED_BY.items():
        dated = used_places(settled, table, "pid", "patient_id", f"{column}_lo", f"{column}_hi")
        early = Check(
            "V17",
            column,
            pl.col(f"{column}_hi") < pl.col("_first_day"),
            {"why": f"more than {years} years before the diagnosis"},
        )
        # a full date is on one side of the start
        partial = dated.filter(pl.col(f"{column}_lo") < pl.col(f"{column}_hi")).join(starts, on="pid", how="left")
        straddles = (pl.col(f"{column}_lo") < pl.col("_start")) & (pl.col(f"{column}_hi") >= pl.col("_start"))
        yield Review(table, partial, (Check("V12", column, straddles, {"start": day_text("_start")}),), settled[table])
        yield Review(table, dated.join(diagnosed, on="pid", how="left"), (early,), settled[table])


def _patient_checks() -> Iterator[Check]:
    yield Check("V61", "patient_id", pl.col("_last").is_null(), per=(), counts={"n": pl.len()})
    has_no_start = pl.col("_start").is_null() & pl.col("index_date_lo").is_null()
    yield Check("V62", "patient_id", has_no_start)
    differs = pl.col("birth_date_lo").dt.year() != pl.col("birth_year")
    yield Check("V69", "birth_year", differs, {"birth": pl.col(raw("birth_date"))})


def review_scores(settled: Mapping[str, pl.DataFrame]) -> Iterator[Review]:
    """Yield the check of scores against what their instrument allows."""
    limits = pl.DataFrame(
        [(item.code, item.low, item.high) for item in SYMPTOM_ITEMS],
        schema={"item": pl.String(), "_low": pl.Float64(), "_high": pl.Float64()},
        orient="row",
    )
    rows = used_places(settled, "symptoms", "patient_id", "item", "value").join(
        limits, on="item", how="left", maintain_order="left"
    )
    outside = ~pl.col("value").is_between(pl.col("_low"), pl.col("_high"))
    fields = {"item": pl.col("item"), "low": number_text("_low"), "high": number_text("_high")}
    yield Review("symptoms", rows, (Check("V68", "value", outside, fields),), settled["symptoms"])
