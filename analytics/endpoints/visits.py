"""Visits: the scans that are read together, and the treatment line each is read against."""

from __future__ import annotations

import numpy as np
import polars as pl

from analytics.catalogue.settings import Settings
from analytics.longitudinal.keys import compute_day_key, is_first_of, sort_by_key

NOT_FOR_SIZE: tuple[str, ...] = ("planar", "SPECT", "echo", "endoscopy", "post_therapy_scan")
"""Examinations that cannot measure: uptake alone on them is no new lesion in the sense of RECIST."""

METABOLIC_TRACER = "18F-FDG"
"""Well differentiated tumours often take up none: what is not visible by it may be there in full size."""

NON_TARGET_WORDS: tuple[str, ...] = ("PD", "NON_CR_NON_PD", "NE", "CR")
"""What a reader may say of the non-target lesions; of several scans of a visit the first of these holds."""

NEVER = 2**31 - 1
"""A day that does not come."""

NO_LINE = -1
"""Position of the line where there is none."""


def derive_visits(imaging: pl.LazyFrame, settings: Settings) -> pl.DataFrame:
    """Group examinations of one day, or of one timepoint within ``visit_span_days``, into visits.

    Returns the examinations with ``visit`` (0, 1, … over all patients), sorted by patient and date.
    """
    dated = (
        imaging.filter(pl.col("date").is_not_null() & ~pl.col("modality").is_in(NOT_FOR_SIZE))
        .select(
            "pid", "imaging_id", "date", "timepoint", "non_target",
            is_new=(pl.col("new_lesion") == "Y").fill_null(value=False),
            is_inadequate=(pl.col("adequate") == "N").fill_null(value=False),
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
        .with_columns(visit=(~joins.fill_null(value=False)).cum_sum().cast(pl.Int64) - 1)
        .drop("timepoint")
    )


def derive_visit_facts(scans: pl.DataFrame) -> pl.DataFrame:
    """Return one row a visit, in order: first and last day, and what its readers said beside the measurements.

    ``scan`` is the position of its first scan among ``scans``; ``said`` is the place of its word among
    ``NON_TARGET_WORDS``, null where none of them was said.
    """
    words = pl.Enum(NON_TARGET_WORDS)
    day = pl.col("date").to_physical()
    told = scans.select(
        "is_inadequate",
        is_described=pl.col("non_target").is_not_null(),
        said=pl.col("non_target").cast(words, strict=False).to_physical().fill_null(len(NON_TARGET_WORDS)),
        new_day=pl.when("is_new").then(day).otherwise(NEVER),
        worse_day=pl.when(pl.col("non_target") == "PD").then(day).otherwise(NEVER),
    )
    first = scans.select(is_first_of("visit").arg_true()).to_series().to_numpy()
    last = np.append(first[1:], scans.height)[: len(first)] - 1
    least = {name: np.minimum.reduceat(told[name].to_numpy(), first) for name in ("said", "new_day", "worse_day")}
    facts = pl.DataFrame(
        {
            "scan": first,
            "last": last,
            "is_inadequate": np.logical_and.reduceat(told["is_inadequate"].to_numpy(), first),
            "is_described": np.logical_or.reduceat(told["is_described"].to_numpy(), first),
            **least,
        }
    )
    return facts.select(
        pl.lit(scans["pid"]).gather("scan"),
        "scan",
        "is_inadequate",
        "is_described",
        first_date=pl.lit(scans["date"]).gather("scan"),
        last_date=pl.lit(scans["date"]).gather("last"),
        said=pl.when(pl.col("said") < len(NON_TARGET_WORDS)).then("said"),
        new_date=pl.when(pl.col("new_day") < NEVER).then(pl.col("new_day").cast(pl.Date)),
        worse_date=pl.when(pl.col("worse_day") < NEVER).then(pl.col("worse_day").cast(pl.Date)),
    )


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
        on its day or next: a candidate for the baseline), ``NO_LINE`` where there is none, and ``days_before``
        that coming start.
    """
    visit_key = visits.select(compute_day_key(pl.col("first_date"))).to_series().to_numpy()
    start_key = lines["start_key"].to_numpy()
    # lines that started before the day of each visit: they are fewer than the visits, and both are in order
    reached = np.bincount(np.searchsorted(visit_key, start_key, side="right"), minlength=len(visit_key) + 1)
    n_before = np.cumsum(reached)[: len(visit_key)]
    patient = np.append(lines["pid"].to_numpy().astype(np.int64), NO_LINE)
    visited = visits["pid"].to_numpy()
    in_force, coming = n_before - 1, n_before
    days_before = np.append(start_key, 0)[coming] - visit_key
    return visits.with_columns(
        line=pl.Series(np.where(patient[in_force] == visited, in_force, NO_LINE)),
        coming=pl.Series(np.where(patient[coming] == visited, coming, NO_LINE)),
        days_before=pl.Series(days_before),
    )


def select_dated_lines(lines: pl.DataFrame) -> pl.DataFrame:
    """Return the lines with a start, in order, with ``line`` (position) and ``start_key``."""
    return (
        lines.filter(pl.col("start_date").is_not_null())
        .select("pid", "line_no", "start_date", start_key=compute_day_key(pl.col("start_date")))
        .sort("start_key", "line_no")
        .with_row_index("line")
    )
