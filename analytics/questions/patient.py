"""One patient: the marker in time beside everything given, seen and decided."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Any

import polars as pl

from analytics.catalogue.biomarkers import BIOMARKER_BY_CODE
from analytics.catalogue.variation import TRANSIENT_RISES
from analytics.estimation.methods import describe_method
from analytics.estimation.mixed_model_result import MIXED_MODEL
from analytics.questions.own_course import Populations, derive_own_courses, learn_population
from analytics.questions.patient_cards import (
    describe_assessments,
    describe_cautions,
    describe_conditions,
    describe_now,
    describe_series,
    describe_since_nadir,
)
from analytics.questions.patient_facts import derive_lesions, derive_outcomes, describe_facts
from analytics.questions.patient_lanes import derive_spells
from analytics.questions.patient_values import Windows, derive_history_path, derive_history_values
from analytics.tables.history import PatientHistory
from analytics.tables.relative_days import word_texts
from analytics.tables.results import Refusal
from analytics.tables.study import Study

OWN_COURSE = (
    "Own fitted curve: what people under the same treatment, and this patient's own values, let expect; 95 % of single "
    "values lie in the shaded range if the course goes on as it did. With few values it is mostly the course of others."
)
READ = (
    "patients", "diagnoses", "pathology", "concomitants", "labs", "treatments", "cycles", "imaging", "lesions",
    "responses", "vital_status", "marker_values", "lines", "times_to_event",
)  # fmt: skip


def answer_patient(
    study: Study, patient_id: str, analyte: str = "CGA", populations: Populations | None = None
) -> PatientHistory | Refusal:
    """Answer «what is the history of this patient, and of this analyte in it».

    ``populations`` gives the course of others under a treatment where it was learnt before; by default it is learnt.

    A patient with several analytes and none of the one asked for is shown with an empty series and a note,
    so that the lanes can still be read.
    """
    if analyte not in BIOMARKER_BY_CODE:
        known = ", ".join(BIOMARKER_BY_CODE)
        return Refusal("unknown_analyte", f"There is no biomarker «{analyte}».", f"Ask for one of: {known}.")
    patients = study.table("patients").filter(pl.col("patient_id") == patient_id).collect()
    if patients.is_empty():
        return Refusal(
            "unknown_patient",
            f"There is no patient «{patient_id}» in this study.",
            "Search by the study code exactly as in the source, capitals included.",
        )
    if patients["consent_to_research"][0] == "N":
        return Refusal(
            "no_consent",
            "This patient has not consented to research and is not shown.",
            "Correct the consent in the source if this is wrong, and build again.",
        )
    pid = patients["pid"][0]
    rows = {name: study.rows_of(name, pid).collect() for name in READ}
    if study.settings.dates == "relative":
        rows = {name: word_texts(table) for name, table in rows.items()}
    history = _tell(study, patient_id, analyte, rows)
    courses = derive_own_courses(study, rows["lines"], analyte, populations or partial(learn_population, study))
    if courses.is_empty():
        return history
    learnt = describe_method(
        "Linear mixed model", MIXED_MODEL, criterion="ML", patient="best linear unbiased prediction"
    )
    return replace(history, courses=courses, notes=(*history.notes, OWN_COURSE), methods=(*history.methods, learnt))


def _tell(study: Study, patient_id: str, analyte: str, rows: dict[str, pl.DataFrame]) -> PatientHistory:
    spells = derive_spells(rows)
    transient = find_transient(spells, analyte)
    read = rows["marker_values"].filter(pl.col("analyte") == analyte)
    values = derive_history_values(rows["labs"], read, analyte, transient)
    zero, label = find_zero(spells, rows["diagnoses"], values)
    notes = describe_series(values)
    units = values.drop_nulls("amount_unit")["amount_unit"]
    return PatientHistory(
        patient_id=patient_id,
        facts=describe_facts(rows),
        analyte=analyte,
        analyte_name=BIOMARKER_BY_CODE[analyte].name,
        analytes=_analytes_of(rows["labs"]),
        unit=units[-1] if len(units) else "",
        zero_date=zero,
        zero_label=label,
        last_contact=rows["vital_status"]["date"].max(),  # pyright: ignore[reportArgumentType]
        values=values,
        path=derive_history_path(values, study.settings),
        spells=spells,
        transient=transient,
        lesions=derive_lesions(rows["lesions"], rows["imaging"]),
        outcomes=derive_outcomes(rows["lines"], rows["times_to_event"]),
        cards=(
            describe_now(values),
            describe_since_nadir(values, analyte),
            describe_assessments(rows["responses"]),
            describe_cautions(values, (*(describe_conditions(spells, values) if analyte == "CGA" else ()), *notes)),
        ),
        notes=notes,
    )


def _analytes_of(labs: pl.DataFrame) -> tuple[str, ...]:
    """Return the analytes a patient has values of, in the order of the catalogue."""
    held = set(labs.drop_nulls("value")["analyte"])
    return tuple(code for code in BIOMARKER_BY_CODE if code in held)


def find_transient(spells: pl.DataFrame, analyte: str) -> Windows:
    """Return the (first, last) days in which a rise may be transient, overlapping windows joined."""
    windows: list[tuple[date, date]] = []
    for rise in TRANSIENT_RISES:
        given = spells.filter((pl.col("lane") == rise.treatment) & (pl.col("letters") != ""))
        for day in given["start"].drop_nulls().sort() if rise.analyte == analyte else ():
            last = day + timedelta(days=rise.days)
            if windows and day <= windows[-1][1]:
                windows[-1] = (windows[-1][0], last)
            else:
                windows.append((day, last))
    return tuple(windows)


def find_zero(spells: pl.DataFrame, diagnoses: pl.DataFrame, values: pl.DataFrame) -> tuple[date | None, str]:
    """Return the day the axis counts from and its name: first PRRT, else SSA, else diagnosis, else value."""

    def first(days: pl.Series) -> Any:
        return days.drop_nulls().min()

    for label, days in (
        ("first PRRT cycle", spells.filter((pl.col("lane") == "PRRT") & (pl.col("letters") != ""))["start"]),
        ("start of PRRT", spells.filter(pl.col("lane") == "PRRT")["start"]),
        ("start of SSA", spells.filter(pl.col("lane") == "SSA")["start"]),
        ("diagnosis", diagnoses["diagnosis_date"]),
        ("first value", values["date"]),
    ):
        if first(days) is not None:
            return first(days), label
    return None, ""
