"""Lesions and responses over time: one identity, complete target sets, responses that fit the scans."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import polars as pl

from analytics.catalogue.settings import Settings
from analytics.intake.checks import Check, number_text
from analytics.intake.doubtful_lesions import find_doubtful
from analytics.intake.examinations import EXAMINATION, find_examinations
from analytics.intake.parse import STATUS, raw
from analytics.intake.review import Review, day_text, shown_columns, sort_rows, used, used_places, used_where

SEPARATELY_READ = ("pid", "reader")
"""Lesions are followed within a patient and a reader."""
OTHER_THAN_RECEPTOR = ("18F-FDG", "18F-DOPA")
"""Tracers that answer another question than those of somatostatin receptors."""

LESION_FACTS = ("imaging_id", "reader", "lesion_id", "role", "organ", "nodal", "longest_mm", "short_mm", "measured")
LESION_COLUMNS = ("pid", "patient_id", EXAMINATION, *LESION_FACTS, *map(raw, LESION_FACTS), "_file", "_sheet", "_row")
"""What is looked at over time; the rest of a lesion's row is not copied."""
LOOKED_AT = ("pid", EXAMINATION, *LESION_FACTS)

COURSE = ("pid", "criteria", "reader")
"""Responses are followed within a patient, the criteria and a reader."""
RESPONSE_FACTS = (*COURSE, "patient_id", "imaging_id", "date_lo", "date_precision", "response", "new", "_row")


def review_lesions(settled: Mapping[str, pl.DataFrame], settings: Settings) -> Iterator[Review]:
    """Yield the checks of lesions over time, of the patients and readers concerned only."""
    days = settled["imaging"].get_column("date_lo")
    looked_at = used(settled, "lesions", *LOOKED_AT)
    doubtful = used_where(settled, "lesions", find_doubtful(looked_at, days, settings), *LESION_COLUMNS)
    lesions = _in_order(doubtful, days)
    yield Review("lesions", _with_before(lesions), tuple(_identity_checks()))
    # uptake alone, as on FDG PET, is no measurement: such an examination neither opens nor breaks a series
    sized = lesions.filter(pl.col("_day").is_not_null() & (pl.col("measured").fill_null("yes") != "not_assessed"))
    targets = sized.filter(pl.col("role") == "target")
    first = targets.filter(pl.col("_day") == pl.col("_day").min().over(SEPARATELY_READ))
    yield Review("lesions", first, tuple(_first_scan_checks(settings)))
    yield Review("lesions", _target_sets(sized, first), (_incomplete_check(),))
    measured = _measured_check()
    unsized = used_where(settled, "lesions", looked_at.select(measured.fires).to_series(), *LESION_COLUMNS)
    yield Review("lesions", _in_order(unsized, days), (measured,))


def review_tracers(settled: Mapping[str, pl.DataFrame]) -> Iterator[Review]:
    """Yield the check for uptake measured with different tracers of one kind; FDG is never compared with the others."""
    imaging = settled["imaging"]
    uptake = settled["lesions"].select(STATUS, EXAMINATION, "suv_max").filter(pl.col("suv_max").is_not_null())
    seen = uptake.filter(pl.col(STATUS).is_null()).get_column(EXAMINATION).drop_nulls()
    has_uptake = np.zeros(imaging.height, dtype=np.bool_)
    has_uptake[seen.to_numpy()] = True
    numbers = imaging.get_column(EXAMINATION)
    is_seen = pl.Series(has_uptake).gather(numbers)
    scans = (
        imaging.select(*shown_columns("imaging", "tracer"), "tracer", "date_lo")
        .filter(is_seen)
        .with_columns(_kind=pl.when(pl.col("tracer").is_in(OTHER_THAN_RECEPTOR)).then("tracer"))
    )
    scans = sort_rows(scans, "pid", "_kind", "date_lo", "tracer", "_row")
    same = pl.all_horizontal(pl.col(key).eq_missing(pl.col(key).shift(1)) for key in ("pid", "_kind"))
    before = pl.when(same).then(pl.col("tracer").shift(1))
    frame = scans.with_columns(_before=before)
    yield Review(
        "imaging",
        frame,
        (Check("V52", "tracer", pl.col("tracer") != pl.col("_before"), {"before": pl.col("_before")}),),
    )


def review_responses(settled: Mapping[str, pl.DataFrame], settings: Settings, *, has_imaging: bool) -> Iterator[Review]:
    """Yield the checks of responses given by readers; by their scans only where the source lists scans."""
    source, imaging = settled["responses"], settled["imaging"]
    responses = sort_rows(used_places(settled, "responses", *RESPONSE_FACTS), *COURSE, "date_lo", "response", "_row")
    examinations = find_examinations(responses, imaging)
    seen = imaging.select(_seen_new="new_lesion", _seen_day="date_lo")[examinations]
    same = pl.all_horizontal(pl.col(key).eq_missing(pl.col(key).shift(1)) for key in COURSE)
    ordered = responses.hstack(seen).with_columns(
        _before=pl.when(same).then(pl.col("response").shift(1)),
        _before_day=pl.when(same).then(pl.col("date_lo").shift(1)),
        _again=same & (pl.col("date_lo") == pl.col("date_lo").shift(1)),
    )
    yield Review("responses", ordered, tuple(_response_checks()), source)
    if has_imaging:
        far = ordered.filter(_is_beyond(pl.col("_seen_day"), settings).fill_null(value=True))
        yield Review("responses", _with_nearest_scan(far, imaging), (_scan_check(settings),), source)
    repeated = ordered.filter(pl.col("_again") | pl.col("_again").shift(-1))
    yield Review("responses", repeated, (_same_day_check(),), source)


def _in_order(lesions: pl.DataFrame, days: pl.Series) -> pl.DataFrame:
    """Return lesions with the day of their examination, each followed over time."""
    dated = lesions.with_columns(days.gather(lesions.get_column(EXAMINATION)).alias("_day"))
    return sort_rows(dated, "pid", "reader", "lesion_id", "_day", "imaging_id", "_row")


def _with_before(lesions: pl.DataFrame) -> pl.DataFrame:
    keys = ("pid", "reader", "lesion_id")
    same = pl.all_horizontal(pl.col(key).eq_missing(pl.col(key).shift(1)) for key in keys)
    return lesions.with_columns(
        pl.when(same).then(pl.col(name).shift(1)).alias(f"_before_{name}") for name in ("role", "organ", "nodal")
    )


def _identity_checks() -> Iterator[Check]:
    for name in ("role", "organ", "nodal"):
        before = pl.col(f"_before_{name}")
        fields = {"lesion": pl.col("lesion_id"), "before": before}
        is_new_followed = (before == "new") & (pl.col(name) == "non_target")
        yield Check("V40", name, (pl.col(name) != before) & ~is_new_followed, fields)


def _first_scan_checks(settings: Settings) -> Iterator[Check]:
    lesion = pl.col("lesion_id")
    is_node = (pl.col("nodal") == "Y").fill_null(value=False)
    sizes = (
        ("longest_mm", ~is_node, settings.target_min_mm),
        ("short_mm", is_node, settings.target_min_node_mm),
    )
    for name, applies, limit in sizes:
        yield Check("V41", name, applies & (pl.col(name) < limit), {"lesion": lesion, "limit": f"{limit:g}"})
    many = pl.len().over(SEPARATELY_READ) > settings.max_targets
    crowded = pl.len().over(*SEPARATELY_READ, "organ") > settings.max_targets_per_organ
    yield Check(
        "V42",
        "role",
        many | crowded,
        {
            "n": number_text(pl.len()),
            "organs": pl.col("organ").drop_nulls().unique(maintain_order=True).str.join(", "),
            "limit": str(settings.max_targets),
            "organ_limit": str(settings.max_targets_per_organ),
        },
        per=("patient_id",),
    )


def _target_sets(sized: pl.DataFrame, first: pl.DataFrame) -> pl.DataFrame:
    """Return one row a later examination with how many of the first targets it accounts for.

    A target is accounted for when it has a size or a word why not. One that goes by another name there, since
    lesions merged or one split, is not: a person must say which pieces belong together.
    """
    named = first.select(*SEPARATELY_READ, "lesion_id", "_day").unique()
    chosen = named.select(*SEPARATELY_READ, "lesion_id", _is_chosen=pl.lit(value=True))
    expected = named.group_by(SEPARATELY_READ).agg(_first_day=pl.col("_day").first(), _expected=pl.len())
    exams = (
        sized.select(*SEPARATELY_READ, "imaging_id", "lesion_id", "_day")
        .with_row_index("_place")
        .join(expected, on=SEPARATELY_READ, nulls_equal=True)
        .filter(pl.col("_day") > pl.col("_first_day"))
        .join(chosen, on=[*SEPARATELY_READ, "lesion_id"], how="left", nulls_equal=True)
        .group_by(*SEPARATELY_READ, "imaging_id")
        .agg(pl.col("_place").min(), pl.col("_expected").first(), _found=pl.col("_is_chosen").sum())
        .sort("_place")
    )
    return sized[exams.get_column("_place")].with_columns(exams.select("_found", "_expected"))


def _incomplete_check() -> Check:
    n, expected = pl.col("_found"), pl.col("_expected")
    return Check("V43", "imaging_id", n < expected, {"n": number_text(n), "expected": number_text(expected)})


def _measured_check() -> Check:
    diameter = pl.coalesce("longest_mm", "short_mm")
    fires = (pl.col("measured") == "yes") & (diameter.is_null() | (diameter == 0))
    shown = number_text(diameter).fill_null("empty")
    return Check("V45", "longest_mm", fires, {"lesion": pl.col("lesion_id"), "value": shown})


def _response_checks() -> Iterator[Check]:
    is_pd = pl.col("response") == "PD"
    new = pl.coalesce("new", "_seen_new")
    yield Check("V46", "response", (new == "Y") & ~is_pd, {"new": pl.lit("yes")})
    follows = (pl.col("_before") == "CR") & pl.col("response").is_in(["PR", "SD"])
    yield Check("V48", "response", follows, {"before": day_text("_before_day")})


def _with_nearest_scan(responses: pl.DataFrame, imaging: pl.DataFrame) -> pl.DataFrame:
    dated = responses.filter(pl.col("date_lo").is_not_null()).sort("date_lo", maintain_order=True)
    is_asked = pl.col(STATUS).is_null() & pl.col("pid").is_in(dated.get_column("pid").unique().implode())
    scans = imaging.filter(is_asked).select("pid", _scan_day="date_lo").drop_nulls().sort("_scan_day")
    return dated.join_asof(
        scans, left_on="date_lo", right_on="_scan_day", by="pid", strategy="nearest", check_sortedness=False
    )


def _scan_check(settings: Settings) -> Check:
    is_far = _is_beyond(pl.col("_scan_day"), settings).fill_null(value=True)
    is_radiological = ~pl.col("criteria").is_in(["biochemical", "symptomatic", "clinical"])
    is_full = pl.col("date_precision") == "D"
    return Check("V49", "date", is_far & is_radiological & is_full, {"days": str(settings.response_scan_days)})


def _is_beyond(day: pl.Expr, settings: Settings) -> pl.Expr:
    """Return whether a response is too many days away from a day; null where the day is not known."""
    return (pl.col("date_lo") - day).dt.total_days().abs() > settings.response_scan_days


def _same_day_check() -> Check:
    return Check(
        "V50",
        "response",
        pl.col("date_lo").is_not_null(),
        {
            "n": number_text(pl.len()),
            "day": pl.col(raw("date")).first(),
            "values": pl.col("response").sort_by("_row").str.join(", "),
            "rows": pl.col("_row").sort().cast(pl.String).str.join(", "),
        },
        per=("patient_id", "criteria", "reader", "date_lo"),
    )
