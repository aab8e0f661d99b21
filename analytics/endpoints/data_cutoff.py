"""What was known by the data cut-off: answers use nothing after this day, whatever the tables hold."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import polars as pl

from analytics.catalogue.settings import Settings
from analytics.endpoints.records import read_cutoff

OBSERVED: tuple[tuple[str, str], ...] = (
    ("labs", "collected"),
    ("imaging", "date"),
    ("responses", "date"),
    ("cycles", "date"),
    ("symptoms", "date"),
    ("toxicities", "start"),
)
"""Tables of what was observed, and the column that dates a row.

Treatments, deaths and contacts stay: a line that starts later is left out with that reason, and a death
after the cut-off says that the patient was alive on it.
"""


def select_own_cutoffs(vital_status: pl.LazyFrame) -> pl.DataFrame:
    """Return the row of ``vital_status`` that ends the observation of each patient with a cut-off of their own.

    Of two days the earlier one counts.
    """
    is_own = (pl.col("kind") == "data_cutoff") & pl.col("date").is_not_null()
    return (
        vital_status.filter(is_own)
        .collect()
        .sort("pid", "date", "_file", "_row")
        .unique("pid", keep="first", maintain_order=True)
    )


def derive_cutoffs(tables: Mapping[str, pl.LazyFrame], settings: Settings) -> tuple[pl.DataFrame, dt.date | None]:
    """Return ``pid`` and ``data_cutoff`` of the patients with one of their own, and that of everybody else.

    Of that of the patient and that of the study the earlier one counts.

    Raises
    ------
    SettingsError
        If the setting ``data_cutoff`` is not an ISO date.
    """
    of_study = read_cutoff(settings)
    earlier = pl.min_horizontal("date", pl.lit(of_study, dtype=pl.Date))
    return select_own_cutoffs(tables["vital_status"]).select("pid", data_cutoff=earlier), of_study


def select_until_cutoff(tables: Mapping[str, pl.LazyFrame], settings: Settings) -> dict[str, pl.LazyFrame]:
    """Return the tables without what was observed after the data cut-off of the study or of the patient.

    A row without a date of its own stays, unless it belongs to an examination after the cut-off. Of the tables
    of `OBSERVED` and of lesions those given are looked at; ``vital_status`` is needed, and ``imaging`` beside what
    belongs to an examination.

    Raises
    ------
    SettingsError
        If the setting ``data_cutoff`` is not an ISO date.
    """
    own, of_study = derive_cutoffs(tables, settings)
    if own.is_empty() and of_study is None:
        return dict(tables)
    day = {name: pl.col(date) for name, date in OBSERVED if name in tables}
    cut = {
        name: tables[name]
        .join(own.lazy(), on="pid", how="left", maintain_order="left")
        .with_columns(pl.col("data_cutoff").fill_null(pl.lit(of_study, dtype=pl.Date)))
        for name in day
    }
    if "responses" in cut:
        scans = tables["imaging"].select("pid", "imaging_id", scan_date="date").unique(["pid", "imaging_id"])
        cut["responses"] = cut["responses"].join(scans, on=["pid", "imaging_id"], how="left", maintain_order="left")
        day["responses"] = pl.coalesce("date", "scan_date")
    # the first cycle dates its treatment where nothing else does, so that this can be left out by its date
    is_first_cycle = (pl.col("date") == pl.col("date").min().over("pid", "treatment_id")).fill_null(value=False)
    seen = dict(tables)
    for name, rows in cut.items():
        is_late = (day[name] > pl.col("data_cutoff")).fill_null(value=False)
        kept = ~is_late | is_first_cycle if name == "cycles" else ~is_late
        seen[name] = rows.filter(kept).drop("data_cutoff", "scan_date", strict=False)
    if "lesions" in tables:
        late = cut["imaging"].filter(pl.col("date") > pl.col("data_cutoff")).select("pid", "imaging_id").unique()
        seen["lesions"] = tables["lesions"].join(late, on=["pid", "imaging_id"], how="anti", maintain_order="left")
    return seen
