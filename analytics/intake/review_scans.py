"""Lesions and responses over time: one identity, complete target sets, responses that fit the scans."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from analytics.catalogue.settings import Settings
from analytics.intake.checks import Check, number_text
from analytics.intake.doubtful_lesions import find_doubtful
from analytics.intake.parse import raw
from analytics.intake.review import Review, day_text, sort_rows, used, used_where

SEPARATELY_READ = ("pid", "reader")
"""Lesions are followed within a patient and a reader."""
OTHER_THAN_RECEPTOR = ("18F-FDG", "18F-DOPA")
"""Tracers that answer another question than those of somatostatin receptors."""

LESION_FACTS = ("imaging_id", "reader", "lesion_id", "role", "organ", "nodal", "longest_mm", "short_mm", "measured")
LESION_COLUMNS = ("pid", "patient_id", *LESION_FACTS, *map(raw, LESION_FACTS), "_file", "_sheet", "_row")
"""What is looked at over time; the rest of a lesion's row is not copied."""
LOOKED_AT = ("pid", *LESION_FACTS)


def review_lesions(settled: Mapping[str, pl.DataFrame], settings: Settings) -> Iterator[Review]:
    """Yield the checks of lesions over time, of the patients and readers concerned only."""
    days = (
        used(settled, "imaging", "pid", "imaging_id", "date_lo")
        .rename({"date_lo": "_day"})
        .unique(["pid", "imaging_id"], keep="first")
    )
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
    with_uptake = used(settled, "lesions", "pid", "imaging_id", "suv_max").filter(pl.col("suv_max").is_not_null())
    scans = (
        used(settled, "imaging")
        .join(with_uptake.select("pid", "imaging_id").unique(), on=["pid", "imaging_id"], how="semi")
        .with_columns(_kind=pl.when(pl.col("tracer").is_in(OTHER_THAN_RECEPTOR)).then("tracer"))
        .sort("pid", "_kind", "date_lo", "_row", nulls_last=True)
    )
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
    imaging = used(settled, "imaging")
    seen_new = imaging.select("pid", "imaging_id", pl.col("new_lesion").alias("_seen_new"))
    responses = (
        used(settled, "responses")
        .join(seen_new.unique(["pid", "imaging_id"], keep="first"), on=["pid", "imaging_id"], how="left")
        .sort("pid", "criteria", "reader", "date_lo", "_row", nulls_last=True)
    )
    keys = ("pid", "criteria", "reader")
    same = pl.all_horizontal(pl.col(key).eq_missing(pl.col(key).shift(1)) for key in keys)
    ordered = responses.with_columns(
        _before=pl.when(same).then(pl.col("response").shift(1)),
        _before_day=pl.when(same).then(pl.col("date_lo").shift(1)),
    )
    yield Review("responses", ordered, tuple(_response_checks()))
    if has_imaging:
        yield Review("responses", _with_nearest_scan(ordered, imaging), (_scan_check(settings),))
    repeated = pl.len().over(*keys, "date_lo") > 1
    dated = responses.filter(pl.col("date_lo").is_not_null()).filter(repeated)
    yield Review("responses", dated, (_same_day_check(),))


def _in_order(lesions: pl.DataFrame, days: pl.DataFrame) -> pl.DataFrame:
    """Return lesions with the day of their examination, each followed over time."""
    dated = lesions.join(days, on=["pid", "imaging_id"], how="left", maintain_order="left")
    return sort_rows(dated, "pid", "reader", "lesion_id", "_day", "_row")


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
    scans = imaging.select("pid", pl.col("date_lo").alias("_scan_day")).drop_nulls().sort("_scan_day")
    dated = responses.filter(pl.col("date_lo").is_not_null()).sort("date_lo")
    return dated.join_asof(
        scans, left_on="date_lo", right_on="_scan_day", by="pid", strategy="nearest", check_sortedness=False
    )


def _scan_check(settings: Settings) -> Check:
    distance = (pl.col("date_lo") - pl.col("_scan_day")).dt.total_days().abs()
    is_far = distance.is_null() | (distance > settings.response_scan_days)
    is_radiological = ~pl.col("criteria").is_in(["biochemical", "symptomatic", "clinical"])
    is_full = pl.col("date_precision") == "D"
    return Check("V49", "date", is_far & is_radiological & is_full, {"days": str(settings.response_scan_days)})


def _same_day_check() -> Check:
    return Check(
        "V50",
        "response",
        pl.lit(value=True),
        {
            "n": number_text(pl.len()),
            "day": pl.col(raw("date")).first(),
            "values": pl.col("response").str.join(", "),
            "rows": pl.col("_row").cast(pl.String).str.join(", "),
        },
        per=("patient_id", "criteria", "reader", "date_lo"),
    )
