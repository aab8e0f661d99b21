"""Assessments: one radiological response a patient and day, out of all that readers gave."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from analytics.catalogue.endpoints import ADEQUATE_RESPONSES, RADIOLOGICAL_CRITERIA, WORST_LAST


def derive_given_assessments(tables: Mapping[str, pl.LazyFrame], *, with_clinical: bool = False) -> pl.DataFrame:
    """Derive one assessment a day from the responses given by readers.

    Returns
    -------
    pl.DataFrame
        ``pid``, ``date``, ``response``, ``criteria``, ``reader``, ``is_adequate``, ``is_imputed``,
        ``table``, ``file``, ``row``; sorted by (pid, date). A response without a day of its own takes that of its
        examination; an examination marked inadequate cannot show absence of progression. ``with_clinical``
        lets a clinical verdict without an examination count.
    """
    examinations = tables["imaging"].select(
        "pid",
        "imaging_id",
        scan_date="date",
        scan_precision="date_precision",
        is_inadequate=(pl.col("adequate") == "N").fill_null(value=False),
    )
    preference = pl.col("criteria").replace_strict(
        {code: place for place, code in enumerate(RADIOLOGICAL_CRITERIA)}, default=None, return_dtype=pl.Int32
    )
    is_central = (pl.col("reader").str.to_lowercase() == "central").fill_null(value=False)
    rests_on_scan = (pl.col("criteria") != "clinical") | pl.col("imaging_id").is_not_null() | with_clinical
    worst = pl.col("response").replace_strict(
        {code: place for place, code in enumerate(WORST_LAST)}, return_dtype=pl.Int32
    )
    return (
        tables["responses"]
        .filter(rests_on_scan)
        .join(examinations, on=["pid", "imaging_id"], how="left")
        .select(
            "pid",
            "response",
            "criteria",
            "reader",
            date=pl.coalesce("date", "scan_date"),
            is_imputed=pl.coalesce("date_precision", "scan_precision") != "D",
            is_adequate=pl.col("response").is_in(ADEQUATE_RESPONSES)
            & ~pl.col("is_inadequate").fill_null(value=False),
            preference=preference,
            local=(~is_central).cast(pl.Int32),
            worst=worst,
            table=pl.lit("responses"),
            file="_file",
            row="_row",
        )
        .filter(pl.col("preference").is_not_null() & pl.col("date").is_not_null())
        .collect()
        .sort(
            "pid", "date", "preference", "local", "worst", "file", "row",
            descending=[False, False, False, False, True, True, True],
        )
        .unique(["pid", "date"], keep="first", maintain_order=True)
        .drop("preference", "local", "worst")
    )  # fmt: skip


def derive_lesion_assessments(recist: pl.DataFrame, date_rule: str) -> pl.DataFrame:
    """Return the responses derived from lesions in the shape of given ones.

    ``date_rule`` names the column that dates a progression; empty: the assessment's own date.
    """
    dated = pl.when(pl.col("response") == "PD").then(date_rule or "date").otherwise("date")
    return recist.select(
        "pid",
        "response",
        "criteria",
        pl.lit("lesions").alias("reader"),
        dated.alias("date"),
        "is_imputed",
        (pl.col("response").is_in(ADEQUATE_RESPONSES) & ~pl.col("is_inadequate")).alias("is_adequate"),
        pl.lit("imaging").alias("table"),
        "file",
        "row",
    ).sort("pid", "date")
