"""Who the patient is and what the disease is: patients, diagnoses, pathology, concomitants."""

from __future__ import annotations

import dataframely as dy

from analytics.tables.columns import code, codes, integer, number, partial_date, text
from analytics.tables.row import Row


class Patients(Row):
    """One row a patient; every other table refers to it."""

    patient_id = text("Study code of the patient; never a name or a birth number.", essential=True, key=True)
    birth_date = partial_date("Birth date; the year is enough.")
    birth_year = integer("Birth year, where no birth date is given.", "year", low=1880, high=2100)
    sex = code("sex", "Sex as recorded by the hospital.", required=True)
    site = text("Hospital or centre.")
    consent_to_research = code("yes_no", "N keeps the patient out of every analysis.")
    index_date = partial_date("Time zero, where the study fixes one; else each line's first administration.")


class Diagnoses(Row):
    """One row a tumour diagnosis, as it stood at ``diagnosis_date``."""

    patient_id = text("Study code of the patient.", essential=True, key=True)
    diagnosis_no = integer("Number of the diagnosis within the patient.", low=1, essential=True, key=True)
    diagnosis_date = partial_date("Date of first histological or imaging diagnosis.")
    primary_site = code("primary_site", "Organ of the primary tumour.")
    histology = code("histology", "Tumour type; Merkel cell carcinoma is kept out of NET cohorts.")
    grade = code("grade", "Grade as written in the report; never recovered from a morphology code.")
    ki67_pct = number("Ki-67 labelling index.", "%", low=0, high=100)
    ki67_date = partial_date("Date of the specimen the Ki-67 belongs to.")
    functional = code("yes_no", "Whether the tumour causes a hormonal syndrome.")
    syndrome = code("syndrome", "Hormonal syndrome.")
    stage = code("stage", "Stage group; empty when not reported.")
    tnm = text("TNM as reported.")
    tnm_edition = text("TNM edition; empty when the report names none.")
    metastatic_sites = codes("metastatic_site", "Sites of metastases known at diagnosis, with «;» between them.")
    sstr_status = code("sstr_status", "Somatostatin-receptor status on imaging.")
    hereditary = code("hereditary", "Hereditary syndrome.")


class Pathology(Row):
    """One row a specimen: a metastasis has its own Ki-67."""

    patient_id = text("Study code of the patient.", essential=True, key=True)
    specimen_no = integer("Number of the specimen within the patient.", low=1, essential=True, key=True)
    date = partial_date("Date the specimen was taken.")
    site = code("organ", "Organ the specimen came from.")
    ki67_pct = number("Ki-67 labelling index of this specimen.", "%", low=0, high=100)
    mitoses = number("Mitotic count, over the area of ``mitoses_per``.", "count", low=0)
    mitoses_per = code("mitoses_per", "Area the mitoses were counted over; converted by area, never by count.")
    differentiation = code("differentiation", "Differentiation.")
    size_mm = number("Largest diameter.", "mm", low=0, high=500)
    immunohistochemistry = text("Marker=result pairs with «;» between them, e.g. synaptophysin=positive.")
    tnm = text("TNM as reported.")
    tnm_edition = text("TNM edition; empty when the report names none.")
    who_edition = text("WHO edition the grade was given by; empty when the report names none.")


class Concomitants(Row):
    """One row a spell of a drug or condition that changes how a marker is read."""

    patient_id = text("Study code of the patient.", essential=True)
    kind = code("concomitant", "PPI, H2RA and kidney disease raise CgA without tumour growth.", essential=True)
    start = partial_date("First day.")
    end = partial_date("Last day; empty while it goes on.")


PERSON_TABLES: dict[str, type[dy.Schema]] = {
    "patients": Patients,
    "diagnoses": Diagnoses,
    "pathology": Pathology,
    "concomitants": Concomitants,
}
