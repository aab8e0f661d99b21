"""Visits: the scans that are read together, and the treatment line each is read against."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analytics.catalogue.settings import Settings
from analytics.coded_texts import few_texts
from analytics.longitudinal.keys import compute_day_key, sort_by_key
from analytics.tables.results import BoolArray, IntArray

NOT_FOR_SIZE: tuple[str, ...] = ("planar", "SPECT", "echo", "endoscopy", "post_therapy_scan")
"""Examinations that cannot measure: uptake alone on them is no new lesion in the sense of RECIST."""

METABOLIC_TRACER = "18F-FDG"
"""Well differentiated tumours often take up none: what is not visible by it may be there in full size."""

NON_TARGET_WORDS: tuple[str, ...] = ("PD", "NON_CR_NON_PD", "NE", "CR")
"""What a reader may say of the non-target lesions; of several scans of a visit the first of these holds."""

NOT_SAID = len(NON_TARGET_WORDS)
"""Place of the word where there is none."""

NEVER = np.int32(2**31 - 1)
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
            is_imputed=pl.col("date_precision") != "D", date_hi=pl.coalesce("date_hi", "date"),
            file="_file", row="_row",
            is_metabolic=(pl.col("tracer") == METABOLIC_TRACER).fill_null(value=False),
            day_key=compute_day_key(pl.col("date")),
        )
        .collect(engine="streaming")
    )  # fmt: skip
    scans = sort_by_key(dated, "day_key", "imaging_id").rechunk()
    visit = np.cumsum(_is_first_of_visit(scans, settings)) - 1
    return scans.select(pl.all().exclude("timepoint"), pl.lit(pl.Series("visit", visit)))


def _is_first_of_visit(scans: pl.DataFrame, settings: Settings) -> BoolArray:
    pid, day, label = scans["pid"].to_numpy(), scans["date"].to_physical().to_numpy(), scans["timepoint"]
    days_since = np.diff(day)
    one_label = (label.slice(1) == label.head(-1)).fill_null(value=False).to_numpy()
    is_first = np.ones(len(day), dtype=np.bool_)
    is_first[1:] = (pid[1:] != pid[:-1]) | ((days_since != 0) & ~(one_label & (days_since <= settings.visit_span_days)))
    return is_first


def _reduce(values: NDArray[Any], unite: np.ufunc, first: IntArray, visit: IntArray, others: IntArray) -> NDArray[Any]:
    """Return what the ``values`` of the scans of each visit come to; most visits are one scan."""
    united = values[first]
    unite.at(united, visit[others], values[others])
    return united


def derive_visit_facts(scans: pl.DataFrame) -> pl.DataFrame:
    """Return one row a visit, in order: first and last day, and what its readers said beside the measurements.

    ``scan`` is the position of its first scan among ``scans``; ``said`` is the place of its word among
    ``NON_TARGET_WORDS``, their number where none of them was said; ``new_day`` and ``worse_day`` are ``NEVER``
    without a new lesion and without a progression of the non-target lesions.
    """
    numbers, distinct = few_texts(scans["non_target"])
    words = distinct.cast(pl.Enum(NON_TARGET_WORDS), strict=False).to_physical().cast(pl.UInt8).fill_null(NOT_SAID)
    said = words.to_numpy()[numbers]
    day, visit = scans["date"].to_physical().to_numpy(), scans["visit"].to_numpy()
    is_first = np.diff(visit, prepend=-1) > 0
    first, others = np.flatnonzero(is_first), np.flatnonzero(~is_first)
    last = np.append(first[1:], len(day))[: len(first)] - 1
    told = {
        "is_inadequate": (scans["is_inadequate"].to_numpy(), np.logical_and),
        "is_described": (scans["non_target"].is_not_null().to_numpy(), np.logical_or),
        "said": (said, np.minimum),
        "new_day": (np.where(scans["is_new"].to_numpy(), day, NEVER), np.minimum),
        "worse_day": (np.where(said == NON_TARGET_WORDS.index("PD"), day, NEVER), np.minimum),
    }
    return pl.DataFrame(
        {
            "pid": scans["pid"].to_numpy()[first],
            "scan": first,
            "day_key": scans["day_key"].to_numpy()[first],
            "first_date": pl.Series(day[first]).cast(pl.Date),
            "last_date": pl.Series(day[last]).cast(pl.Date),
            **{name: _reduce(values, unite, first, visit, others) for name, (values, unite) in told.items()},
        }
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
    visit_key = visits["day_key"].to_numpy()
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
        .select("pid", "line_no", "start_date", "start_lo", "start_hi", start_key=compute_day_key(pl.col("start_date")))
        .sort("start_key", "line_no")
        .with_row_index("line")
    )
