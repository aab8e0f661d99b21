"""What was given: treatments and their cycles."""

from __future__ import annotations

import dataframely as dy

from analytics.tables.columns import code, integer, number, partial_date, text
from analytics.tables.row import Row


class Treatments(Row):
    """One row a treatment: a drug from start to end, or a procedure on its day."""

    patient_id = text("Study code of the patient.", essential=True, key=True)
    treatment_id = text("Id of the treatment within the patient.", essential=True, key=True)
    category = code("treatment_category", "Kind of treatment; decides whether it ends observation.", essential=True)
    agent = text("Drug, radiopharmaceutical or procedure; the carrier is part of the name.", required=True)
    start = partial_date("First day of the treatment.", required=True)
    end = partial_date("Last day; empty while it goes on.")
    ongoing = code("yes_no", "Whether it was still given at the last contact.")
    intent = code("intent", "Intent.")
    line = integer("Number of the line of therapy, where the source knows it.", low=1, high=99_999)
    dose = number("Dose at one administration.", "dose_unit", low=0)
    dose_unit = text("Unit of ``dose``.")
    interval_days = number("Days between administrations.", "days", low=0)
    stop_reason = code("stop_reason", "Why it was stopped.")
    anticancer = code("yes_no", "Whether its start counts as new therapy; default by category.")


class Cycles(Row):
    """One row an administration of PRRT, radioembolisation or chemotherapy."""

    patient_id = text("Study code of the patient.", essential=True, key=True)
    treatment_id = text("The treatment it belongs to.", essential=True, key=True)
    cycle_no = integer("Number of the cycle within the treatment.", low=1, essential=True, key=True)
    date = partial_date("Day of administration.", required=True)
    nuclide = code("nuclide", "Radionuclide.")
    activity_gbq = number("Administered activity.", "GBq", low=0)
    kidney_dose_gy = number("Absorbed dose to the kidneys.", "Gy", low=0)
    marrow_dose_gy = number("Absorbed dose to the bone marrow.", "Gy", low=0)
    amino_acids = code("yes_no", "Whether amino acids were given for kidney protection.")
    amino_acids_ml = number("Volume of the amino-acid infusion.", "mL", low=0)
    weight_kg = number("Body weight.", "kg", low=20, high=400)
    delayed_days = number("Days later than planned.", "days", low=0)
    dose_reduced = code("yes_no", "Whether the activity was reduced.")


CARE_TABLES: dict[str, type[dy.Schema]] = {"treatments": Treatments, "cycles": Cycles}
