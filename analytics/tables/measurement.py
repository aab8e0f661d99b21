"""What was measured or reported: labs, symptoms, toxicities."""

from __future__ import annotations

import dataframely as dy

from analytics.tables.columns import code, integer, number, partial_date, text
from analytics.tables.row import Row


class Labs(Row):
    """One row a laboratory result, exactly as reported."""

    patient_id = text("Study code of the patient.", essential=True)
    analyte = code("analyte", "What was measured.", essential=True)
    collected = partial_date("Day, or day and time, the sample was taken.", required=True)
    value_text = text("The result exactly as reported: «<5», «1.240,5».", essential=True)
    unit = text("Unit exactly as reported.", required=True)
    uln = number("Upper limit of normal printed with the result.", "as unit", low=0)
    lln = number("Lower limit of normal printed with the result.", "as unit", low=0)
    assay_id = text("The assay, as named on the assays sheet; values of different assays are never compared.")
    specimen = code("specimen", "Serum, plasma or 24 h urine.")
    fasting = code("yes_no", "Whether the patient was fasting.")
    ppi_within_2w = code("yes_no", "Whether a proton-pump inhibitor was taken within two weeks before.")
    urine_volume_ml = number("Volume of the 24 h collection.", "mL", low=0)


class Symptoms(Row):
    """One row a symptom, score or vital sign on a day."""

    patient_id = text("Study code of the patient.", essential=True)
    date = partial_date("Day, or first day.", required=True)
    end_date = partial_date("Day it resolved, for symptoms that last.")
    item = code("symptom_item", "What was scored.", essential=True)
    value = number("The score in the item's own unit.", "as item")
    instrument_version = text("Version of the questionnaire.")


class Toxicities(Row):
    """One row an adverse event as graded by the hospital."""

    patient_id = text("Study code of the patient.", essential=True)
    term = text("CTCAE term.", essential=True)
    ctcae_version = text("CTCAE version.")
    grade = integer("CTCAE grade.", "grade", low=1, high=5, essential=True)
    start = partial_date("First day.", required=True)
    end = partial_date("Last day.")
    related_treatment_id = text("The treatment it was attributed to.")
    serious = code("yes_no", "Whether it was serious.")


MEASUREMENT_TABLES: dict[str, type[dy.Schema]] = {
    "labs": Labs,
    "symptoms": Symptoms,
    "toxicities": Toxicities,
}
