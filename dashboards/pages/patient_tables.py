"""The tables of the patient page: values, what was given, lesions, and what became of each line of treatment."""

from __future__ import annotations

from typing import Any

import polars as pl

from analytics.catalogue.calendar import DAYS_PER_MONTH
from analytics.catalogue.endpoints import ENDPOINT_BY_CODE
from analytics.tables.history import PatientHistory
from analytics.tables.relative_days import say_day
from analytics.tables.results import Refusal
from dashboards.components.numbers import make_table, table_of_frame
from dashboards.components.panel import NO_TABLE, TableData
from dashboards.words import label


def tables_of(history: PatientHistory | Refusal) -> dict[str, TableData]:
    """Return the tables under the chart by name; empty ones where there is nobody."""
    if isinstance(history, Refusal):
        return dict.fromkeys(("given", "lesions", "outcomes"), NO_TABLE)
    return {
        "given": _given(history.spells),
        "lesions": _lesions(history.lesions),
        "outcomes": _outcomes(history.outcomes),
    }


def table_of_values(values: pl.DataFrame) -> TableData:
    """Return the values of the marker, with what each is compared with and the cell it came from."""
    head = ("Date", "Value", "Unit", "Assay", "ULN", "× ULN", "From baseline", "From value before", "Flags", "Cell")
    rows = [
        (
            row["date_text"] or (row["date"] and str(row["date"])),
            row["value_text"],
            row["unit"],
            row["assay"],
            row["uln"] and f"{row['uln']:g}",
            row["fold_uln"] and f"{row['comparator'] or ''}{row['fold_uln']:.2f}",
            _change(row["change_from_baseline_pct"], None),
            _change(row["change_from_previous_pct"], row["beyond_noise"]),
            "; ".join(row["flags"] or []),
            f"{row['file']} line {row['row']}",
        )
        for row in values.iter_rows(named=True)
    ]
    return make_table(head, rows)


def _change(change: float | None, beyond_noise: bool | None) -> str | None:
    if change is None:
        return None
    noise = {True: " (beyond noise)", False: " (noise)", None: ""}[beyond_noise]
    return f"{change:+.0f} %{noise}".replace("-", "−")


def _given(spells: pl.DataFrame) -> TableData:
    return table_of_frame(spells, {"lane": "Lane", "detail": "What", "comment": "Comment in the source"})


def _lesions(lesions: pl.DataFrame) -> TableData:
    """Return one row an examination and reader, a column a lesion; examinations of one tracer stand together."""
    names = lesions["lesion_id"].unique(maintain_order=True).to_list()
    has_readers = lesions["reader"].n_unique() > 1
    rows: list[tuple[Any, ...]] = []
    for scan in lesions.partition_by("tracer", "imaging_id", "reader", maintain_order=True):
        first = scan.row(0, named=True)
        seen = {row["lesion_id"]: _seen(row) for row in scan.iter_rows(named=True)}
        tracer = "no tracer" if first["tracer"] == "none" else first["tracer"]
        day = first["date_text"] or first["date"]
        kind = str(first["modality"] or "").replace("_", "/")
        kind += f", {first['reader']}" if has_readers and first["reader"] else ""
        rows.append((tracer, kind, day and str(day), *(seen.get(name) for name in names)))
    return make_table(("Tracer", "Examination", "Date", *names), rows)


def _seen(row: dict[str, Any]) -> str:
    parts = [
        f"SUVmax {row['suv_max']:g}" if row["suv_max"] is not None else "",
        f"{row['longest_mm']:g} mm" if row["longest_mm"] is not None else "",
        f"{row['short_mm']:g} mm short axis" if row["short_mm"] is not None else "",
        str(row["measured"]).replace("_", " ") if row["measured"] not in (None, "yes") else "",
        "new" if row["role"] == "new" else "",
    ]
    return ", ".join(part for part in parts if part) or "seen"


def _outcomes(outcomes: pl.DataFrame) -> TableData:
    """Return a row an endpoint, a column a line of treatment."""
    lines = outcomes.partition_by("line_no", maintain_order=True)
    heads = [_line_of(line.row(0, named=True)) for line in lines]
    said = [{row["endpoint"]: _happened(row) for row in line.iter_rows(named=True)} for line in lines]
    codes = [code for code in ENDPOINT_BY_CODE if any(code in line for line in said)]
    rows = [(f"{ENDPOINT_BY_CODE[code].name} ({code})", *(line.get(code) for line in said)) for code in codes]
    return make_table(("Endpoint", *heads), rows if heads else [])


def _line_of(row: dict[str, Any]) -> str:
    start = f", from {say_day(row['start_date'])}" if row["start_date"] else ""
    return f"Line {row['line_no']}: {label(row['treatment'])} ({row['agents']}){start}"


def _happened(row: dict[str, Any]) -> str | None:
    if row["reason"] is None:
        return None
    kind = {True: "event", False: "censored", None: "not counted"}[row["happened"]]
    when = "" if row["days"] is None else f" at {row['days'] / DAYS_PER_MONTH:.1f} months"
    return f"{kind}{when}: {row['reason']}"
