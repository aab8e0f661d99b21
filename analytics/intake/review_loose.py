"""Rows that stand in no place: without a day, or of a treatment that nobody listed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from analytics.intake.checks import Check
from analytics.intake.parse import STATUS, raw
from analytics.intake.review import Review, shown_columns, used

DAYS: dict[str, str] = {
    "labs": "collected",
    "cycles": "date",
    "imaging": "date",
    "responses": "date",
    "symptoms": "date",
    "toxicities": "start",
}
"""The column without which a row enters no analysis over time, by table."""
ON_TREATMENT = ("pid", "treatment_id")


def review_loose(settled: Mapping[str, pl.DataFrame]) -> Iterator[Review]:
    """Yield the checks of rows that are used nowhere for want of a day or of the row they refer to."""
    for table, column in DAYS.items():
        yield from _review_undated(settled[table], table, column)
    yield from _review_deaths(settled["vital_status"])
    yield from _review_treatments(settled)


def _review_undated(rows: pl.DataFrame, table: str, column: str) -> Iterator[Review]:
    """Yield the count of rows without a day; a day that cannot be read was told of, and a scan may give it."""
    if rows.get_column(column).null_count() == 0:
        return
    has_none = pl.all_horizontal(pl.col(STATUS, column, raw(column)).is_null())
    on_scan = pl.col("imaging_id").is_not_null() if table == "responses" else pl.lit(value=False)
    undated = rows.filter(has_none & ~on_scan).select(shown_columns(table, column))
    yield Review(table, undated, (Check("V92", column, pl.lit(value=True), per=(), counts={"n": pl.len()}),))


def _review_deaths(vital_status: pl.DataFrame) -> Iterator[Review]:
    deaths = vital_status.filter(pl.col("kind") == "death", pl.col(STATUS).is_null())
    if deaths.get_column("date").null_count():
        dated = deaths.filter(pl.col("date").is_not_null())
        unknown = deaths.filter(pl.col("date").is_null()).join(dated, on="pid", how="anti", maintain_order="left")
        yield Review("vital_status", unknown, (Check("V93", "date", pl.lit(value=True)),))


def _review_treatments(settled: Mapping[str, pl.DataFrame]) -> Iterator[Review]:
    """Yield the checks of treatments that nothing dates, and of cycles that belong to none."""
    treatments = used(settled, "treatments", *shown_columns("treatments", "start"), "treatment_id", "start")
    cycles = used(settled, "cycles", *shown_columns("cycles", "treatment_id"), "treatment_id", "date")
    if treatments.get_column("start").null_count():
        given = cycles.filter(pl.col("date").is_not_null()).select(ON_TREATMENT)
        is_empty = pl.all_horizontal(pl.col("start", raw("start")).is_null())
        undated = treatments.filter(is_empty).join(given, on=ON_TREATMENT, how="anti", maintain_order="left")
        yield Review("treatments", undated, (Check("V94", "start", pl.lit(value=True)),))
    strays = cycles.join(treatments.select(ON_TREATMENT), on=ON_TREATMENT, how="anti", maintain_order="left")
    fields = {"treatment": pl.col("treatment_id").first()}
    belongs = Check(
        "V96", "treatment_id", pl.lit(value=True), fields, per=("patient_id", "treatment_id"), counts={"n": pl.len()}
    )
    yield Review("cycles", strays, (belongs,))
