"""Where each number of a patient came from: the cell it was read in and the rule that made it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from analytics.errors import StoreError
from analytics.tables.registry import PATIENT_TABLES
from analytics.tables.relative_days import word_texts
from analytics.tables.study import Study

SAID: dict[str, tuple[str, ...]] = {
    "diagnoses": ("diagnosis_date_text", "primary_site", "histology", "grade", "ki67_pct", "stage"),
    "pathology": ("date_text", "site", "ki67_pct", "mitoses"),
    "concomitants": ("kind", "start_text", "end_text"),
    "treatments": ("treatment_id", "category", "agent", "start_text", "end_text"),
    "cycles": ("treatment_id", "cycle_no", "date_text", "nuclide", "activity_gbq"),
    "imaging": ("imaging_id", "date_text", "modality", "tracer", "new_lesion"),
    "lesions": ("imaging_id", "lesion_id", "role", "organ", "longest_mm", "short_mm", "suv_max"),
    "responses": ("date_text", "criteria", "reader", "response"),
    "symptoms": ("date_text", "item", "value"),
    "toxicities": ("term", "grade", "start_text"),
    "vital_status": ("date_text", "kind", "cause"),
    "patients": ("sex", "birth_date_text", "birth_year", "consent_to_research"),
}
"""What is told of a row of each table; laboratory values have a sentence of their own."""


def explain_patient(study: Study, patient_id: str) -> tuple[str, ...]:
    """Return, line by line, what is known of a patient and the file and line of each number.

    Raises
    ------
    StoreError
        If the study has no such patient.
    """
    known = study.table("patients").filter(pl.col("patient_id") == patient_id).collect()
    if known.height == 0:
        raise StoreError(f"The study has no patient «{patient_id}».", study.name, "Check the study code and its case.")
    return tuple(_explain(study, patient_id, known.item(0, "pid")))


def _explain(study: Study, patient_id: str, pid: int) -> Iterator[str]:
    yield f"Patient {patient_id}, study {study.name}, version {study.version}"
    for name in PATIENT_TABLES:
        rows = _rows(study, name, pid)
        if rows:
            yield ""
            yield name
            yield from (f"  {_said(name, row)}  ← {_place(row)}" for row in rows)
    outcomes = _rows(study, "lesion_outcomes", pid)
    if outcomes:
        yield ""
        yield "what became of each lesion"
        for row in outcomes:
            place = f"{row['organ'] or 'unknown organ'}{' ' + row['segment'] if row['segment'] else ''}"
            yield f"  {row['lesion_id']} ({place}): {row['outcome']}  ← {row['file']}, line {row['row']}"
    yield from _explain_lines(study, pid)
    findings = study.findings.filter(pl.col("patient_id") == patient_id)
    if findings.height:
        yield ""
        yield "what was not used, or asked about"
        for row in findings.iter_rows(named=True):
            place = _place({f"_{name}": row[name] for name in ("file", "sheet", "row")})
            yield f"  {row['rule_id']}  {row['message']}  ← {place}"


def _explain_lines(study: Study, pid: int) -> Iterator[str]:
    for line in _rows(study, "lines", pid):
        yield ""
        yield f"line {line['line_no']}: {line['treatment']} ({line['agents']})  ← {line['file']}, line {line['row']}"
        mine = pl.col("line_no") == line["line_no"]
        for response in _rows(study, "marker_responses", pid, mine):
            yield f"  {response['analyte']} by {response['rule_id']}: {response['status']}. {response['reason']}"
            yield from _sources(response, ("baseline", "deciding"))
        for event in _rows(study, "times_to_event", pid, mine):
            yield f"  {_event(event)}"


def _sources(response: Mapping[str, Any], roles: tuple[str, ...]) -> Iterator[str]:
    for role in roles:
        if response[f"{role}_file"] is not None:
            yield f"    {role} value  ← {response[f'{role}_file']}, line {response[f'{role}_row']}"


def _event(event: Mapping[str, Any]) -> str:
    name = f"{event['endpoint']} ({event['rule_set']})"
    if event["days"] is None:
        return f"{name}: left out. {event['reason']}"
    what = "event" if event["happened"] else "censored"
    source = f"  ← {event['source_file']}, line {event['source_row']}" if event["source_file"] else ""
    return f"{name}: {what} after {event['days']} days. {event['reason']} (rule {event['rule_id']}){source}"


def _rows(study: Study, name: str, pid: int, *more: pl.Expr) -> list[dict[str, Any]]:
    rows = study.rows_of(name, pid).filter(*more).collect()
    return (word_texts(rows) if study.settings.dates == "relative" else rows).to_dicts()


def _said(name: str, row: Mapping[str, Any]) -> str:
    if name == "labs":
        return _lab(row)
    words = [f"{column.removesuffix('_text')} {row[column]}" for column in SAID[name] if row[column] is not None]
    return ", ".join(words) or "(nothing but the patient)"


def _lab(row: Mapping[str, Any]) -> str:
    told = f"{row['collected_text'] or 'undated'} {row['analyte']} «{row['value_text']}» {row['unit'] or ''}".rstrip()
    if row["value"] is None:
        return f"{told}: no number ({row['value_reason']})"
    standard = row["value_standard"]
    converted = f" = {standard:g} {row['unit_standard']}" if standard is not None and standard != row["value"] else ""
    fold = f", {row['fold_uln']:.2f} × ULN {row['uln_used']:g}" if row["fold_uln"] is not None else ""
    return f"{told}{converted}{fold}"


def _place(row: Mapping[str, Any]) -> str:
    sheet = f", sheet {row['_sheet']}" if row["_sheet"] else ""
    return f"{row['_file']}{sheet}, line {row['_row']}"
