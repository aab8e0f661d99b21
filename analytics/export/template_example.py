"""The example row of each sheet: one invented patient, told in values every rule accepts."""

from __future__ import annotations

from analytics.tables.columns import facts_of
from analytics.tables.registry import SOURCE_TABLES

_EXAMPLES: dict[str, dict[str, str]] = {
    "patients": {
        "patient_id": "P001", "birth_date": "1958", "sex": "F", "site": "Centre 1", "consent_to_research": "Y",
    },
    "diagnoses": {
        "patient_id": "P001", "diagnosis_no": "1", "diagnosis_date": "2021-03", "primary_site": "small_bowel",
        "histology": "NET", "grade": "G2", "ki67_pct": "8", "stage": "IV", "metastatic_sites": "liver; lymph_node",
        "sstr_status": "positive",
    },
    "pathology": {
        "patient_id": "P001", "specimen_no": "1", "date": "2021-03-02", "site": "liver", "ki67_pct": "8",
        "differentiation": "well", "immunohistochemistry": "synaptophysin=positive; chromogranin=positive",
    },
    "concomitants": {"patient_id": "P001", "kind": "PPI", "start": "2020", "end": "2021-12"},
    "labs": {
        "patient_id": "P001", "analyte": "CGA", "collected": "2022-01-10", "value_text": "412", "unit": "ng/mL",
        "uln": "100", "assay_id": "assay_A", "specimen": "serum", "fasting": "Y", "ppi_within_2w": "N",
    },
    "treatments": {
        "patient_id": "P001", "treatment_id": "T1", "category": "PRRT", "agent": "177Lu-DOTATATE",
        "start": "2022-01-12", "end": "2022-07-06", "ongoing": "N", "stop_reason": "planned_end",
    },
    "cycles": {
        "patient_id": "P001", "treatment_id": "T1", "cycle_no": "1", "date": "2022-01-12", "nuclide": "177Lu",
        "activity_gbq": "7.4", "amino_acids": "Y",
    },
    "imaging": {
        "patient_id": "P001", "imaging_id": "I1", "date": "2022-04-11", "modality": "CT",
        "body_regions": "chest; abdomen", "contrast": "Y", "adequate": "Y", "new_lesion": "N",
    },
    "lesions": {
        "patient_id": "P001", "imaging_id": "I1", "lesion_id": "T01", "role": "target", "organ": "liver",
        "longest_mm": "23", "measured": "yes",
    },
    "responses": {
        "patient_id": "P001", "imaging_id": "I1", "date": "2022-04-11", "criteria": "RECIST_1_1", "response": "SD",
    },
    "symptoms": {"patient_id": "P001", "date": "2022-01-10", "item": "ECOG", "value": "1"},
    "toxicities": {
        "patient_id": "P001", "term": "Nausea", "ctcae_version": "5.0", "grade": "1", "start": "2022-01-12",
        "end": "2022-01-14", "related_treatment_id": "T1",
    },
    "vital_status": {"patient_id": "P001", "date": "2024-05-20", "kind": "alive_contact", "source": "clinic"},
    "assays": {"assay_id": "assay_A", "analyte": "CGA", "unit": "ng/mL", "uln": "100", "valid_from": "2019"},
    "schedule": {
        "schedule_id": "follow_up", "phase": "1", "anchor": "index", "start_offset_days": "91", "interval_days": "91",
    },
    "study": {"setting": "extract_date", "value": "2024-06-30"},
}  # fmt: skip


def example_of(table: str) -> dict[str, str]:
    """Return the example row of a table: every column, empty where the example has no value."""
    return {name: _EXAMPLES[table].get(name, "") for name in facts_of(SOURCE_TABLES[table])}
