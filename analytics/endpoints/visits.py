"""Visits: the scans that are read together, and the treatment line each is read against."""

from __future__ import annotations

import polars as pl

from analytics.catalogue.settings import Settings
from analytics.longitudinal.keys import DAYS_PER_PATIENT, compute_day_key, is_first_of, sort_by_key

NOT_FOR_SIZE: tuple[str, ...] = ("planar", "SPECT", "echo", "endoscopy", "post_therapy_scan")
"""Examinations that cannot measure: uptake alone on them is no new lesion in the sense of RECIST."""

METABOLIC_TRACER = "18F-FDG"
"""Well differentiated tumours often take up none: what is not visible by it may be there in full size."""

NON_TARGET_WORDS: tuple[str, ...] = ("PD", "NON_CR_NON_PD", "NE", "CR")
"""What a reader may say of the non-target lesions; of several scans of a visit the first of these holds."""


def derive_visits(imaging: pl.LazyFrame, settings: Settings) -> pl.DataFrame:
    """Group examinations of one day, or of one timepoint within ``visit_span_days``, into visits.

    Returns the examinations with ``visit`` (0, 1, … over all patients), sorted by patient and date.
    """
    dated = (
        imaging.filter(pl.col("date").is_not_null() & ~_is_any_of("modality", NOT_FOR_SIZE))
        .select(
            "pid", "imaging_id", "date", "timepoint", "new_lesion", "non_target", "adequate",
            is_imputed=pl.col("date_precision") != "D", file="_file", row="_row",
            is_metabolic=(pl.col("tracer") == METABOLIC_TRACER).fill_null(value=False),
            day_key=compute_day_key(pl.col("date")),
        )
        .collect(engine="streaming")
    )  # fmt: skip
    near = (pl.col("date") - pl.col("date").shift(1)).dt.total_days() <= settings.visit_span_days
    one_label = (pl.col("timepoint") == pl.col("timepoint").shift(1)).fill_null(value=False)
    one_day = pl.col("date") == pl.col("date").shift(1)
    joins = (pl.col("pid") == pl.col("pid").shift(1)) & (one_day | (one_label & near))
    return (
        sort_by_key(dated, "day_key", "imaging_id")
        .drop("day_key")
        .with_columns(visit=(~joins.fill_null(value=False)).cum_sum().cast(pl.Int64) - 1)
    )


def _is_any_of(column: str, codes: tuple[str, ...]) -> pl.Expr:
    return pl.any_horizontal(*((pl.col(column) == code) for code in codes))


def derive_visit_facts(scans: pl.DataFrame) -> pl.DataFrame:
    """Return one row a visit, in order: first and last day, and what its readers said beside the measurements."""
    said = pl.col("non_target")
    facts = scans.select(
        "visit", "pid", "is_imputed", "file", "row",
        first_date="date",
        new_date=pl.when(pl.col("new_lesion") == "Y").then("date"),
        worse_date=pl.when(said == "PD").then("date"),
        last_date="date",
        is_inadequate=(pl.col("adequate") == "N").fill_null(value=False),
        is_described=said.is_not_null(),
        **{f"non_target_{code}": (said == code).fill_null(value=False) for code in NON_TARGET_WORDS},
    )  # fmt: skip
    is_alone = facts.select(is_first_of("visit") & is_first_of("visit").shift(-1, fill_value=True)).to_series()
    of_several = (
        facts.filter(~is_alone)
        .group_by("visit")
        .agg(
            pl.col("pid", "is_imputed", "file", "row").first(),
            pl.col("first_date", "new_date", "worse_date").min(),
            pl.col("last_date").max(),
            pl.col("is_inadequate").all(),
            pl.col("is_described", *(f"non_target_{code}" for code in NON_TARGET_WORDS)).any(),
        )
    )
    return pl.concat([facts.filter(is_alone), of_several]).sort("visit")


def derive_line_visits(visits: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """Read each visit against the line in force, to the day the next line starts.

    Parameters
    ----------
    visits
        As ``derive_visit_facts`` gives them.
    lines
        As ``select_dated_lines`` gives them.

    Returns
    -------
    pl.DataFrame
        ``visits`` with ``line`` (position of the line in force), ``coming`` (position of the line that starts
        on its day or next: a candidate for the baseline) and ``days_before`` that start.
    """
    keyed = visits.with_columns(visit_key=compute_day_key(pl.col("first_date")).set_sorted())
    starts = lines.select("line", "start_key")
    own = pl.col("start_key") // DAYS_PER_PATIENT == pl.col("pid").cast(pl.Int64)
    during = keyed.join_asof(
        starts, left_on="visit_key", right_on="start_key", strategy="backward", allow_exact_matches=False
    )
    before = keyed.select("pid", "visit_key").join_asof(
        starts.unique("start_key", keep="first", maintain_order=True),
        left_on="visit_key",
        right_on="start_key",
        strategy="forward",
    )
    coming = before.select(
        coming=pl.when(own).then("line"), days_before=pl.when(own).then(pl.col("start_key") - pl.col("visit_key"))
    )
    in_force = during.with_columns(line=pl.when(own).then("line")).drop("visit_key", "start_key")
    return pl.concat([in_force, coming], how="horizontal")


def select_dated_lines(lines: pl.DataFrame) -> pl.DataFrame:
    """Return the lines with a start, in order, with ``line`` (position) and ``start_key``."""
    return (
        lines.filter(pl.col("start_date").is_not_null())
        .select("pid", "line_no", "start_date", start_key=compute_day_key(pl.col("start_date")))
        .sort("start_key", "line_no")
        .with_row_index("line")
    )
