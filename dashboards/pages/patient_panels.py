"""What the patient page says about one history: header, neighbours, cards and chart."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from analytics.catalogue.biomarkers import BIOMARKER_BY_CODE
from analytics.figures.screen.look import Look
from analytics.figures.screen.patient import draw_patient
from analytics.tables.history import Card, PatientHistory
from analytics.tables.relative_days import is_from_anchor, say_day
from analytics.tables.results import Refusal
from dashboards.components.panel import Shown
from dashboards.pages.patient_tables import table_of_values
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
        facts=" · ".join(f"{name}: {value}" for name, value in history.facts),
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
        table=table_of_values(history.values),
        download=f"patient/{around.opaque}",
        call=shlex.join(["lutetia", "ask", "patient", around.place, "--patient", history.patient_id,
                         "--analyte", history.analyte, "--level", "full", "--out", "patient-answer"]),
    )  # fmt: skip
