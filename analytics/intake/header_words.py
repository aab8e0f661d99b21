"""Names hospitals give to columns and tables; used to propose a layout, never to read without one."""

from __future__ import annotations

from analytics.intake.examine import clean_header
from analytics.intake.readable import KNOWN_COLUMNS

COLUMN_WORDS: dict[str, str] = {
    "patient_id": "patient, pat, patnr, pat_nr, pat_id, patientennummer, patienten_id, id_patient, subject, "
    "subject_id, record_id, study_id, studienummer, pseudonym, case_id",
    "birth_date": "geburtsdatum, geb_datum, date_of_birth, dob, date_naissance, fecha_nacimiento",
    "birth_year": "geburtsjahr, year_of_birth, yob, annee_naissance",
    "sex": "geschlecht, gender, sexe, sexo",
    "site": "centre, center, hospital, zentrum, klinik",
    "analyte": "parameter, test, analyse, marker, laborwert, untersuchung, lab_test, biomarker",
    "collected": "entnahme, abnahme, abnahmedatum, entnahmedatum, sample_date, collection_date, lab_date, "
    "blutentnahme, date_prelevement",
    "value_text": "wert, value, result, ergebnis, messwert, lab_value, resultat",
    "unit": "einheit, units, unite",
    "uln": "obergrenze, upper_limit, referenz_oben, norm_max, ref_high, upper_reference",
    "lln": "untergrenze, lower_limit, referenz_unten, norm_min, ref_low, lower_reference",
    "assay_id": "assay, methode, kit, method",
    "treatment_id": "therapie_id, treatment_no, therapienummer",
    "category": "therapieart, treatment_type, therapy_type, kategorie",
    "agent": "substanz, drug, medikament, wirkstoff, treatment, therapie",
    "start": "beginn, start_date, startdatum, von, begin, date_debut",
    "end": "ende, end_date, enddatum, bis, stop_date, date_fin",
    "cycle_no": "zyklus, cycle, zyklusnummer",
    "activity_gbq": "aktivitaet_gbq, aktivitat_gbq, activity, gbq",
    "diagnosis_date": "diagnosedatum, date_of_diagnosis, erstdiagnose, dx_date",
    "primary_site": "primarius, primaertumor, primary, primary_tumour, primary_tumor",
    "grade": "grading, tumour_grade, tumor_grade",
    "ki67_pct": "ki67, ki_67, mib1",
    "imaging_id": "scan_id, bildgebung_id",
    "modality": "modalitaet, modalitat, scan_type",
    "response": "ansprechen, recist, remission",
    "kind": "vitalstatus, status_vital, vital_status",
}
"""Our column → other names, as they look in lower case with «_» between words."""


def bare(name: str) -> str:
    """Return a name without anything but letters and digits: «Pat.-Nr.» and «pat_nr» are one.

    Examples
    --------
    >>> bare("Pat.-Nr.")
    'patnr'
    """
    return "".join(character for character in clean_header(name) if character.isalnum())


def words_of(column: str) -> frozenset[str]:
    """Return every name a column is known by, its own included."""
    others = (clean_header(word) for word in COLUMN_WORDS.get(column, "").split(",") if word.strip())
    return frozenset((column, *others))


ALL_WORDS: frozenset[str] = frozenset(
    word for columns in KNOWN_COLUMNS.values() for column in columns for word in words_of(column)
)
"""Every name known, to find the header of a sheet."""
