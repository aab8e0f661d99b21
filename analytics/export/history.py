"""One patient's history as files: row-level by nature, so at the full level only."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from analytics.errors import RefusedError
from analytics.export.cells import table_as_csv
from analytics.export.folder import publish_folder
from analytics.export.manifest import MANIFEST, describe_files
from analytics.export.summary import as_json
from analytics.tables.history import PatientHistory
from analytics.tables.study import Study


def write_history(
    history: PatientHistory, study: Study, out: Path, level: str, *, call: str, now: datetime
) -> tuple[Path, ...]:
    """Write values, fitted curves, spells, lesions and outcomes of one patient as CSV, with summary and manifest.

    Raises
    ------
    RefusedError
        At the safe level: one person is always below the floor.
    ExportError
        If the folder cannot be written.
    """
    if level != "full":
        raise RefusedError(
            "One patient's history is row-level data and leaves only at the full level.", str(out), "Add --level full."
        )
    files = {
        "values.csv": table_as_csv(history.values),
        "spells.csv": table_as_csv(history.spells),
        "own_courses.csv": table_as_csv(history.courses),
        "lesions.csv": table_as_csv(history.lesions),
        "outcomes.csv": table_as_csv(history.outcomes),
        "summary.json": as_json(describe_history(history)),
    }
    question = {"kind": "patient", "patient_id": history.patient_id, "analyte": history.analyte}
    manifest = describe_files(files, study=study, question=question, level=level, call=call, now=now)
    return publish_folder(out, files | {MANIFEST: as_json(manifest)})


def describe_history(history: PatientHistory) -> dict[str, Any]:
    """Return who, the four cards and the notes as plain values."""
    return {
        "patient_id": history.patient_id,
        "facts": dict(history.facts),
        "analyte": history.analyte,
        "time_zero": history.zero_label,
        "cards": [
            {"title": card.title, "headline": card.headline, "lines": list(card.lines)} for card in history.cards
        ],
        "notes": list(history.notes),
    }
