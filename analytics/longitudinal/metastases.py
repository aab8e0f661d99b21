"""Where the disease was known to be when a line started, and how much of it was seen."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from analytics.catalogue.settings import Settings
from analytics.catalogue.sites import METASTATIC_SITES
from analytics.longitudinal.reading import select_reading

_ON_LINE = ["pid", "line_no"]
_SEEN = ("yes", "too_small")


def derive_metastases(tables: Mapping[str, pl.LazyFrame], lines: pl.DataFrame) -> pl.DataFrame:
    """Return the metastatic sites of each line that has any, with what models ask of them.

    A site counts when a diagnosis that may lie before the start names it, or a lesion in it was seen by
    the day of the start. A lesion in the organ of the primary is not taken for a metastasis.
    """
    starts = lines.lazy().select(*_ON_LINE, "start_date", "primary_site")
    is_known = (pl.col("diagnosis_date_lo") <= pl.col("start_date")).fill_null(value=True)
    told = (
        starts.join(tables["diagnoses"].select("pid", "diagnosis_date_lo", "metastatic_sites"), on="pid")
        .filter(is_known & (pl.col("metastatic_sites").list.len() > 0))
        .explode("metastatic_sites")
        .select(*_ON_LINE, site="metastatic_sites")
    )
    scans = tables["imaging"].filter(pl.col("date").is_not_null()).select("pid", "imaging_id", "date")
    first_seen = (
        tables["lesions"]
        .filter(pl.col("organ").is_in([site.code for site in METASTATIC_SITES]))
        .filter(pl.col("measured").fill_null("yes").is_in(_SEEN))
        .join(scans, on=["pid", "imaging_id"])
        .group_by("pid", "organ")
        .agg(pl.col("date").min())
    )
    seen = (
        starts.join(first_seen, on="pid")
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


def derive_burden(tables: Mapping[str, pl.LazyFrame], lines: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Return the lesions of the last day any was measured, from ``baseline_scan_days`` before to the day of the start.

    ``n_lesions`` counts those seen; ``target_sum_mm`` adds up the targets, nodes by their short axis, and
    is null unless every target of that day has a size. One lesion on several scans counts once, at its
    largest, and as a target when it is one on any; of several readers of a scan one is taken.
    """
    # an examination for uptake alone, as FDG PET, tells no burden and hides none
    measured = tables["lesions"].filter(pl.col("measured").fill_null("yes") != "not_assessed")
    scans = (
        tables["imaging"]
        .filter(pl.col("date").is_not_null())
        .select("pid", "imaging_id", "date")
        .join(measured.select("pid", "imaging_id").unique(), on=["pid", "imaging_id"], how="semi")
    )
    starts = lines.lazy().select(*_ON_LINE, "start_date").filter(pl.col("start_date").is_not_null())
    earliest = pl.col("start_date") - pl.duration(days=settings.baseline_scan_days)
    size = pl.when(pl.col("nodal") == "Y").then(pl.coalesce("short_mm", "longest_mm")).otherwise("longest_mm")
    is_seen = pl.col("measured").fill_null("yes").is_in(_SEEN)
    tenths = (size * 10).round().cast(pl.Int64)
    target = pl.col("tenths").filter("is_target")
    return (
        starts.join(scans, on="pid")
        .filter(pl.col("date").is_between(earliest, pl.col("start_date")))
        .join(
            select_reading(tables["lesions"]).with_columns(
                tenths=tenths, is_seen=is_seen, is_target=pl.col("role") == "target"
            ),
            on=["pid", "imaging_id"],
        )
        .filter(pl.col("date") == pl.col("date").max().over(_ON_LINE))
        .group_by(*_ON_LINE, "lesion_id")
        .agg(pl.col("tenths").max(), pl.col("is_seen").any(), pl.col("is_target").any())
        .group_by(_ON_LINE)
        .agg(
            n_lesions=pl.col("is_seen").sum().cast(pl.Int32),
            target_sum_mm=pl.when((target.len() > 0) & (target.null_count() == 0)).then(target.sum() / 10),
        )
        .collect()
    )
