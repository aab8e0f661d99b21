"""Names hospitals give to columns and tables; used to propose a layout, never to read without one."""

from __future__ import annotations

import unicodedata

from analytics.intake.examine import clean_header
from analytics.intake.readable import KNOWN_COLUMNS

COLUMN_WORDS: dict[str, str] = {
    "patient_id": "patient, pat, patnr, pat_nr, pat_id, patientennummer, patienten_id, id_patient, subject, "
    "subject_id, record_id, study_id, studienummer, pseudonym, case_id, mrn, medical_record_number, patient_number, "
    "patient_no, subject_number, n_patient, no_patient, numéro_patient, code_patient, identifiant_patient, ipp",
    "birth_date": "geburtsdatum, geb_datum, geb_am, geboren_am, date_of_birth, dob, birthdate, date_naissance, "
    "date_de_naissance, fecha_nacimiento, fecha_de_nacimiento",
    "birth_year": "geburtsjahr, geb_jahr, year_of_birth, yob, année_naissance, année_de_naissance, födelseår, "
    "fødselsår",
    "sex": "geschlecht, geschl, gender, sexe, sexo, kön, kjønn, køn",
    "site": "centre, center, hospital, zentrum, klinik, hôpital",
    "analyte": "parameter, test, analyse, marker, laborwert, untersuchung, lab_test, biomarker, laborparameter, "
    "test_name, paramètre, marqueur",
    "collected": "entnahme, abnahme, abnahmedatum, entnahmedatum, sample_date, collection_date, lab_date, "
    "blutentnahme, probenentnahme, specimen_date, date_prélèvement, date_de_prélèvement, "
    "date_du_prélèvement, prélèvement",
    "value_text": "wert, value, result, ergebnis, messwert, lab_value, résultat, valeur",
    "unit": "einheit, units, unité, unités",
    "uln": "obergrenze, upper_limit, referenz_oben, norm_max, ref_high, upper_reference, reference_high, "
    "limite_supérieure, borne_supérieure, borne_sup",
    "lln": "untergrenze, lower_limit, referenz_unten, norm_min, ref_low, lower_reference, reference_low, "
    "limite_inférieure, borne_inférieure, borne_inf",
    "assay_id": "assay, methode, kit, method, méthode",
    "urine_volume_ml": "sammelvolumen, sammelvolumen_ml, urinvolumen, urinvolumen_ml, urine_volume, volume_urine",
    "ppi_within_2w": "ppi, protonenpumpenhemmer, ppi_use",
    "treatment_id": "therapie_id, treatment_no, therapienummer",
    "category": "therapieart, treatment_type, therapy_type, kategorie, type_de_traitement",
    "agent": "substanz, drug, medikament, wirkstoff, treatment, therapie, médicament, molécule, traitement",
    "start": "beginn, start_date, startdatum, von, begin, therapiebeginn, date_début, date_de_début, début",
    "end": "ende, end_date, enddatum, bis, stop_date, therapieende, date_fin, date_de_fin, fin",
    "cycle_no": "zyklus, cycle, zyklusnummer",
    "activity_gbq": "aktivität_gbq, aktivitaet_gbq, activity, gbq, activité_gbq",
    "diagnosis_date": "diagnosedatum, date_of_diagnosis, erstdiagnose, ed_datum, datum_ed, dx_date, date_diagnostic, "
    "date_du_diagnostic, date_de_diagnostic",
    "primary_site": "primarius, primärtumor, primaertumor, primary, primary_tumour, primary_tumor, tumeur_primitive",
    "grade": "grading, tumour_grade, tumor_grade",
    "ki67_pct": "ki67, ki_67, mib1",
    "imaging_id": "scan_id, bildgebung_id",
    "modality": "modalität, modalitaet, scan_type, modalité",
    "response": "ansprechen, recist, remission",
    "kind": "vitalstatus, status_vital, vital_status, statut_vital",
}
"""Our column → other names, as they look in lower case with «_» between words, with their accents."""

UNITS = {"gbq": "GBq", "ml": "mL", "mm": "mm", "gy": "Gy", "kg": "kg"}
"""How the names of our columns end that are in one unit."""


def bare(name: str) -> str:
    """Return a name in letters and digits alone, without accents: «Pat.-Nr.» and «pat_nr» are one.

    Examples
    --------
    >>> bare("Pat.-Nr."), bare("Date de prélèvement")
    ('patnr', 'datedeprelevement')
    """
    return "".join(character for character in _without_accents(clean_header(name)) if character.isalnum())


def words_of(column: str) -> frozenset[str]:
    """Return every name a column is known by, its own included, with and without accents."""
    others = [clean_header(word) for word in COLUMN_WORDS.get(column, "").split(",") if word.strip()]
    return frozenset((column, *others, *map(_without_accents, others)))


def unit_left_open(column: str, *said: str) -> str:
    """Return the unit in which our column is, where nothing that is said of the hospital's own names it; else nothing.

    Examples
    --------
    >>> unit_left_open("activity_gbq", "Activity"), unit_left_open("activity_gbq", "Aktivität [GBq]")
    ('GBq', '')
    """
    unit = column.rpartition("_")[2]
    return UNITS.get(unit, "") if not any(bare(text).endswith(unit) for text in said) else ""


def _without_accents(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name)
    return "".join(character for character in letters if not unicodedata.combining(character))


EVENT_WORDS: dict[str, str] = {
    "death": "todesdatum, verstorben_am, tod_am, gestorben_am, sterbedatum, date_of_death, death_date, dod, died_on, "
    "date_décès, date_de_décès, décédé_le, dödsdatum, dødsdato, fecha_muerte",
    "alive_contact": "letzter_kontakt, letzter_kontakt_am, letzte_vorstellung, last_contact, date_of_last_contact, "
    "last_contact_date, last_follow_up, last_followup, date_of_last_follow_up, last_seen, last_known_alive, "
    "dernier_contact, date_dernier_contact, dernières_nouvelles, date_des_dernières_nouvelles, sista_kontakt",
}
"""Kind of vital status → names of columns that hold its day, in a table with a row a patient."""

DAY_WORDS = "datum, date, dato, fecha, tag, day"
"""Names of a column of days in a table that has one."""


def bare_words(words: str) -> frozenset[str]:
    """Return the names of a list as they are compared."""
    return frozenset(bare(word.strip()) for word in words.split(","))


ALL_WORDS: frozenset[str] = frozenset(
    word for columns in KNOWN_COLUMNS.values() for column in columns for word in words_of(column)
)
"""Every name known, to find the header of a sheet."""
