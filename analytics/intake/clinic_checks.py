"""Checks of lesions, cycles, toxicities and deaths: what a scanner, a vial or a life allows."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from analytics.catalogue.settings import Settings
from analytics.intake.checks import Check, number_text
from analytics.intake.parse import raw

RADIONUCLIDE_CATEGORIES = ("PRRT", "TARE_SIRT")


def lesion_checks(settings: Settings) -> Iterator[Check]:
    """Yield the checks of diameters and uptake; ``_tracer`` is that of the examination."""
    lesion = pl.col("lesion_id")
    max_mm, max_suv = settings.max_diameter_mm, settings.max_suv
    for name in ("longest_mm", "short_mm"):
        is_impossible = (pl.col(name) < 0) | (pl.col(name) > max_mm)
        yield Check("V44", name, is_impossible, {"lesion": lesion, "why": f" (at most {max_mm:g})"})
    yield Check(
        "V44",
        "short_mm",
        pl.col("short_mm") > pl.col("longest_mm"),
        {"lesion": lesion, "why": ": the short axis is longer than the longest diameter"},
    )
    for name in ("suv_max", "suv_mean"):
        is_impossible = (pl.col(name) <= 0) | (pl.col(name) > max_suv)
        limits = f" (above 0, at most {max_suv:g})"
        yield Check("V51", name, is_impossible, {"lesion": lesion, "why": limits})
        has_no_tracer = pl.col(name).is_not_null() & (pl.col("_tracer") == "none")
        yield Check("V51", name, has_no_tracer, {"lesion": lesion, "why": ": the examination had no tracer"})


def cycle_checks(settings: Settings) -> Iterator[Check]:
    """Yield the checks of administered activity; ``_category`` is that of the treatment, if it is known."""
    activity, limit = pl.col("activity_gbq"), _largest_activity(settings)
    yield Check(
        "V53",
        "activity_gbq",
        (activity <= 0) | (activity > limit),
        {
            "cycle": pl.col(raw("cycle_no")),
            "nuclide": pl.col("nuclide").fill_null("a nuclide that is not named"),
            "limit": number_text(limit),
        },
    )
    yield Check(
        "V53M",
        "activity_gbq",
        pl.col("_category").is_in(RADIONUCLIDE_CATEGORIES) & pl.col(raw("activity_gbq")).is_null(),
        per=(),
        counts={"n": pl.len()},
    )


def _largest_activity(settings: Settings) -> pl.Expr:
    """Return the largest activity believed of a cycle; where no nuclide is named, of those of PRRT the common ones'."""
    of_nuclides = {
        "177Lu": settings.max_plausible_177lu_gbq,
        "90Y": settings.max_plausible_90y_gbq,
        "111In": settings.max_plausible_111in_gbq,
        "225Ac": settings.max_plausible_225ac_gbq,
    }
    unnamed = max(settings.max_plausible_177lu_gbq, settings.max_plausible_90y_gbq)
    of_prrt = pl.col("nuclide").replace_strict(of_nuclides, default=unnamed, return_dtype=pl.Float64())
    is_tare = (pl.col("_category") == "TARE_SIRT").fill_null(value=False)
    return pl.when(is_tare).then(pl.lit(settings.max_plausible_tare_gbq)).otherwise(of_prrt)


def toxicity_checks() -> Iterator[Check]:
    """Yield the checks of grades; ``_is_dead`` is null for the living."""
    grade = pl.col("grade")
    is_grade = grade.is_between(1, 5)
    term = {"term": pl.col(raw("term"))}
    yield Check("V67", "grade", ~is_grade.fill_null(value=False), term)
    yield Check("V67D", "grade", (grade == 5) & pl.col("_is_dead").is_null(), term)


def death_checks() -> Iterator[Check]:
    """Yield the check for patients who die on two days."""
    is_death = pl.col("kind") == "death"
    latest_first = pl.when(is_death).then("date_lo").max().over("pid")
    earliest_last = pl.when(is_death).then("date_hi").min().over("pid")
    is_contradictory = is_death & (latest_first > earliest_last)
    yield Check(
        "V58",
        "date",
        is_contradictory,
        {"n": number_text(pl.len()), "values": pl.col(raw("date")).unique().sort().str.join(" and ")},
        per=("patient_id",),
    )


def examination_check(table: str, *, has_imaging: bool) -> Check:
    """Return the check of rows that only an examination dates, where ``_is_unseen`` says that there is none."""
    where: dict[str, tuple[str, ...]] = {"per": ("patient_id", "imaging_id")} if has_imaging else {"per": ()}
    fields = {"table": table, "examination": pl.col("imaging_id").first()} if has_imaging else {"table": table}
    return Check(
        "V95" if has_imaging else "V104", "imaging_id", pl.col("_is_unseen"), fields, counts={"n": pl.len()}, **where
    )


def checks_of(table: str, settings: Settings, *, has_imaging: bool) -> Iterator[Check]:
    """Yield the checks that belong to one table alone, none for most."""
    if table in ("lesions", "responses"):
        yield examination_check(table, has_imaging=has_imaging)
    if table == "treatments":
        yield Check("V100", "end", (pl.col("ongoing") == "Y") & pl.col("end").is_not_null())
    if table == "lesions":
        yield from lesion_checks(settings)
    elif table == "cycles":
        yield from cycle_checks(settings)
    elif table == "toxicities":
        yield from toxicity_checks()
