"""Where the disease was known to be when a line started, and how much of it was seen."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from analytics.catalogue.settings import Settings
from analytics.catalogue.sites import METASTATIC_SITES
from analytics.longitudinal.line_windows import is_surely_timed
from analytics.longitudinal.reading import select_reading

_ON_LINE = ["pid", "line_no"]
_SEEN = ("yes", "too_small")
_ORGANS = 1_000
"""More than there are sites: patient and site make one number."""


def _derive_first_seen(lesions: pl.DataFrame, days: pl.Series) -> pl.DataFrame:
    """Return the first day a lesion was seen in each metastatic site of each patient."""
    organs = pl.Enum([site.code for site in METASTATIC_SITES])
    how = pl.col("measured")
    is_seen = how.is_null() | pl.any_horizontal(*(how == code for code in _SEEN)).fill_null(value=False)
    return (
        lesions.lazy()
        .select(
            "pid", is_seen=is_seen, organ=pl.col("organ").cast(organs, strict=False), date=days.gather(lesions["scan"])
        )
        .filter(pl.col("is_seen") & pl.col("organ").is_not_null() & pl.col("date").is_not_null())
        .group_by(key=pl.col("pid").cast(pl.Int64) * _ORGANS + pl.col("organ").to_physical())
        .agg(pl.col("pid", "organ").first(), pl.col("date").min())
        .select("pid", pl.col("organ").cast(pl.String), "date")
        .collect()
    )


def derive_metastases(
    tables: Mapping[str, pl.LazyFrame], lines: pl.DataFrame, lesions: pl.DataFrame, days: pl.Series
) -> pl.DataFrame:
    """Return the metastatic sites of each line that has any, with what models ask of them.

    A site counts when a diagnosis that may lie before the start names it, or a lesion in it was seen by
    the day of the start. A lesion in the organ of the primary is not taken for a metastasis.

    Parameters
    ----------
    lesions
        Accepted lesions with ``scan``, their place in ``days``.
    days
        The day of each examination.
    """
    starts = lines.lazy().select(*_ON_LINE, "start_date", "primary_site")
    is_known = (pl.col("diagnosis_date_lo") <= pl.col("start_date")).fill_null(value=True)
    told = (
        starts.join(tables["diagnoses"].select("pid", "diagnosis_date_lo", "metastatic_sites"), on="pid")
        .filter(is_known & (pl.col("metastatic_sites").list.len() > 0))
        .explode("metastatic_sites")
        .select(*_ON_LINE, site="metastatic_sites")
    )
    seen = (
        starts.join(_derive_first_seen(lesions, days).lazy(), on="pid")
        .filter((pl.col("date") <= pl.col("start_date")) & pl.col("organ").ne_missing(pl.col("primary_site")))
        .select(*_ON_LINE, site="organ")
    )
    site = pl.col("site")
    return (
        pl.concat([told, seen])
        .group_by(_ON_LINE)
        .agg(
            metastatic_sites=site.unique().sort(),
            has_bone_metastases=(site == "bone").any(),
            is_liver_only=(site == "liver").all(),
            extent=pl.when((site == "liver").all())
            .then(pl.lit("liver_only"))
            .when((site == "liver").any())
            .then(pl.lit("liver_and_beyond"))
            .otherwise(pl.lit("no_liver")),
        )
        .collect()
    )


def _select_last_scans(
    lines: pl.DataFrame, lesions: pl.DataFrame, imaging: pl.DataFrame, settings: Settings
) -> pl.DataFrame:
    """Return the examinations (``scan``) of the last day before each line on which any lesion was measured."""
    # an examination for uptake alone, as FDG PET, tells no burden and hides none
    is_measured = lesions.select((pl.col("measured") != "not_assessed").fill_null(value=True)).to_series()
    with_lesions = lesions["scan"].filter(is_measured).drop_nulls()
    has_lesions = pl.repeat(value=False, n=imaging.height, eager=True).scatter(with_lesions, values=True)
    day = [pl.col("date"), pl.coalesce("date_hi", "date").alias("date_hi")]
    scans = imaging.select("pid", *day, scan=pl.int_range(pl.len(), dtype=pl.Int64)).filter(
        has_lesions & pl.col("date").is_not_null()
    )
    starts = (
        lines.select(*_ON_LINE, "start_date", "start_lo", "start_hi")
        .with_row_index("place")
        .filter(pl.col("start_date").is_not_null())
    )
    earliest = pl.col("start_date") - pl.duration(days=settings.baseline_scan_days)
    near = starts.join(scans, on="pid").filter(
        pl.col("date").is_between(earliest, pl.col("start_date")) & is_surely_timed()
    )
    last = near.group_by("place").agg(last=pl.col("date").max())
    return near.join(last, on="place").filter(pl.col("date") == pl.col("last")).select(*_ON_LINE, "place", "scan")


def derive_burden(
    lines: pl.DataFrame, lesions: pl.DataFrame, imaging: pl.DataFrame, settings: Settings
) -> pl.DataFrame:
    """Return the lesions of the last day any was measured, from ``baseline_scan_days`` before to the day of the start.

    ``n_lesions`` counts those seen; ``target_sum_mm`` adds up the targets, nodes by their short axis, and
    is null unless every target of that day has a size. One lesion on several scans counts once, at its
    largest, and as a target when it is one on any; of several readers of a scan one is taken. ``lesions`` have
    ``scan``, their row of ``imaging``.
    """
    chosen = _select_last_scans(lines, lesions, imaging, settings)
    is_chosen = pl.repeat(value=False, n=imaging.height, eager=True).scatter(chosen["scan"].unique(), values=True)
    rows = select_reading(lesions.filter(is_chosen.gather(lesions["scan"])), "scan")
    size = pl.when(pl.col("nodal") == "Y").then(pl.coalesce("short_mm", "longest_mm")).otherwise("longest_mm")
    target = pl.col("tenths").filter("is_target")
    return (
        rows.lazy()
        .select(
            "scan",
            pl.col("lesion_id").cast(pl.Categorical(pl.Categories.random())),
            tenths=(size * 10).round().cast(pl.Int64),
            is_seen=pl.col("measured").fill_null("yes").is_in(_SEEN),
            is_target=pl.col("role") == "target",
        )
        .join(chosen.lazy(), on="scan")
        .group_by("place", "lesion_id")
        .agg(pl.col(_ON_LINE).first(), pl.col("tenths").max(), pl.col("is_seen").any(), pl.col("is_target").any())
        .group_by("place")
        .agg(
            pl.col(_ON_LINE).first(),
            n_lesions=pl.col("is_seen").sum().cast(pl.Int32),
            target_sum_mm=pl.when((target.len() > 0) & (target.null_count() == 0)).then(target.sum() / 10),
        )
        .drop("place")
        .collect()
    )
