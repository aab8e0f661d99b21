"""What the patient page says about one history: header, neighbours, cards, chart and tables."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Any

import polars as pl

from analytics.catalogue.biomarkers import BIOMARKER_BY_CODE
from analytics.catalogue.calendar import DAYS_PER_MONTH
from analytics.figures.screen.look import Look
from analytics.figures.screen.patient import draw_patient
from analytics.tables.history import Card, PatientHistory
from analytics.tables.relative_days import is_from_anchor, say_day
from analytics.tables.results import Refusal
from dashboards.components.numbers import make_table, table_of_frame
from dashboards.components.panel import NO_TABLE, Shown, TableData
from dashboards.shelf import Shelf
from dashboards.view import View, spell_search
from dashboards.words import count

NOBODY = Refusal(
    "unknown_patient", "There is no patient at this address.", "Search by the study code, or go to the first patient."
)


@dataclass(frozen=True, slots=True)
class Around:
    """Everything around the chart and tables; ``before`` and ``after`` are addresses of the neighbours."""

    history: PatientHistory | Refusal
    place: str
    title: str
    facts: str = ""
    cards: tuple[Card, ...] = ()
    query: str = ""
    opaque: str = ""
    before: str = "/patient"
    after: str = "/patient"
    analytes: tuple[dict[str, str], ...] = ()
    version: str = ""


def show_around(shelf: Shelf, view: View, code: str | None) -> Around:
    """Return header, cards and tables of the patient with study code ``code``."""
    opened = shelf.opened(view.study)
    query = spell_search(view, shelf)
    if code is None:
        return Around(NOBODY, opened.place, "Nobody to show", query=query)
    history = shelf.tell(view.study, code, view.word("analyte"))
    if isinstance(history, Refusal):
        return Around(history, opened.place, "Nobody to show", query=query)
    at = opened.patients.index(code)
    neighbours = (opened.patients[at - 1], opened.patients[(at + 1) % len(opened.patients)])
    before, after = (f"/patient/{opened.opaque[neighbour]}{query}" for neighbour in neighbours)
    return Around(
        history=history,
        place=opened.place,
        title=f"Patient {code} ({at + 1:,} of {len(opened.patients):,})",
        facts=" · ".join(f"{label}: {value}" for label, value in history.facts),
        cards=history.cards,
        query=query,
        opaque=opened.opaque[code],
        before=before,
        after=after,
        analytes=tuple(
            {"value": name, "label": BIOMARKER_BY_CODE[name].name}
            for name in dict.fromkeys((*history.analytes, history.analyte))
        ),
        version=opened.study.version[:12],
    )


def show_marker(around: Around, view: View, look: Look) -> Shown | Refusal:
    """Show the chart of the marker and lanes, or say why there is none."""
    history = around.history
    if isinstance(history, Refusal):
        return history
    if history.zero_date is None:
        return Refusal(
            "nothing_dated",
            "Nothing of this patient has a date, so nothing can be placed in time.",
            "What is known stands in the tables below; give dates, even the year alone, to see a time axis.",
        )
    if view.word("zero") == "date" and is_from_anchor(history.zero_date):
        return Refusal(
            "no_calendar",
            "There is no calendar to draw on: the dates of this study are days from each patient's anchor.",
            "Choose the time axis that counts from the start of treatment.",
        )
    unit = "× ULN" if view.word("unit") == "uln" else history.unit
    words = "uln" if view.word("unit") == "uln" else "reported"
    figure = draw_patient(
        history,
        look,
        scale="log" if view.word("scale") == "log" else "linear",
        unit=words,
        calendar=view.word("zero") == "date",
    )
    return Shown(
        figure=figure,
        about=f"{history.analyte_name} ({unit}), {count(history.values.height, 'value')}, with treatment, conditions "
        f"and scans below. Zero is the {history.zero_label}, {say_day(history.zero_date)}. "
        f"Data version {around.version}.",
        sentences=(),
        table=_values(history.values),
        download=f"patient/{around.opaque}",
        call=shlex.join(["lutetia", "ask", "patient", around.place, "--patient", history.patient_id,
                         "--analyte", history.analyte, "--level", "full", "--out", "patient-answer"]),
    )  # fmt: skip


def tables_of(history: PatientHistory | Refusal) -> dict[str, TableData]:
    """Return the tables under the chart by name; empty ones where there is nobody."""
    if isinstance(history, Refusal):
        return dict.fromkeys(("given", "lesions", "outcomes"), NO_TABLE)
    return {
        "given": _given(history.spells),
        "lesions": _lesions(history.lesions),
        "outcomes": _outcomes(history.outcomes),
    }


def _values(values: pl.DataFrame) -> TableData:
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
    """Return one row an examination, a column a lesion; examinations of one tracer stand together."""
    names = lesions["lesion_id"].unique(maintain_order=True).to_list()
    rows: list[tuple[Any, ...]] = []
    for scan in lesions.partition_by("tracer", "imaging_id", maintain_order=True):
        first = scan.row(0, named=True)
        seen = {row["lesion_id"]: _seen(row) for row in scan.iter_rows(named=True)}
        tracer = "no tracer" if first["tracer"] == "none" else first["tracer"]
        day = first["date_text"] or first["date"]
        kind = str(first["modality"] or "").replace("_", "/")
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
    head = ("Line", "Treatment", "Agents", "Start", "Endpoint", "Months", "What happened")
    rows = [
        (
            row["line_no"],
            row["treatment"],
            row["agents"],
            row["start_date"] and say_day(row["start_date"]),
            row["endpoint"],
            row["days"] and f"{row['days'] / DAYS_PER_MONTH:.1f}",
            _happened(row),
        )
        for row in outcomes.iter_rows(named=True)
    ]
    return make_table(head, rows)


def _happened(row: dict[str, Any]) -> str | None:
    kind = {True: "event", False: "censored", None: "not counted"}[row["happened"]]
    return None if row["reason"] is None else f"{kind}: {row['reason']}"
