"""Every source table by name, in sheet order."""

from __future__ import annotations

import dataframely as dy

from analytics.tables.care import CARE_TABLES
from analytics.tables.lookup import LOOKUP_TABLES
from analytics.tables.measurement import MEASUREMENT_TABLES
from analytics.tables.outcome import OUTCOME_TABLES
from analytics.tables.person import PERSON_TABLES
from analytics.tables.scans import SCAN_TABLES

_DECLARED: dict[str, type[dy.Schema]] = {
    **PERSON_TABLES,
    **MEASUREMENT_TABLES,
    **CARE_TABLES,
    **SCAN_TABLES,
    **OUTCOME_TABLES,
    **LOOKUP_TABLES,
}

SHEET_ORDER: tuple[str, ...] = (
    "patients", "diagnoses", "pathology", "concomitants", "labs", "treatments", "cycles", "imaging",
    "lesions", "responses", "symptoms", "toxicities", "vital_status", "assays", "schedule", "study",
)  # fmt: skip

SOURCE_TABLES: dict[str, type[dy.Schema]] = {name: _DECLARED[name] for name in SHEET_ORDER}
"""The thirteen patient tables, then the three lookup sheets."""

PATIENT_TABLES: tuple[str, ...] = SHEET_ORDER[:13]
LOOKUPS: tuple[str, ...] = SHEET_ORDER[13:]
ESSENTIAL_TABLES: tuple[str, ...] = ("patients", "labs", "treatments", "vital_status")
"""The tables a hospital needs to start; each further one switches features on."""
