"""What a column measures, by its header: the analyte, in the unit written beside it; to propose, never to read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from analytics.catalogue.biomarkers import BIOMARKERS
from analytics.intake.header_words import bare
from analytics.intake.lab_values import normalise_unit

ANALYTE_WORDS: dict[str, str] = {
    "CGA": "chromogranin, chromogranin_a, cromogranina_a, chromogranine_a, kromogranin_a",
    "5HIAA_U24": "5hiaa, hiaa, 5hies, hies, hydroxyindolessigsäure, 5_hydroxyindolessigsäure, u_5hiaa, 5_hiaa_urin, "
    "5_hiaa_urine, 5_hiaa_24h, 5_hies_urin, 5_hies_iu, du_5hiaa, tu_5hiaa",
    "5HIAA_S": "5hiaa, hiaa, 5hies, hies, hydroxyindolessigsäure, 5_hydroxyindolessigsäure, s_5hiaa, p_5hiaa, "
    "5_hiaa_serum, 5_hiaa_plasma, 5_hies_serum",
    "NSE": "neuronspezifische_enolase, énolase, enolase_neuronale_spécifique",
    "GASTRIN": "gastrine, gastrina",
    "PP": "pankreatisches_polypeptid, pankreatisk_polypeptid, polypeptide_pancréatique",
    "GLUCAGON": "glukagon",
    "SEROTONIN": "sérotonine",
    "CALCITONIN": "kalzitonin, kalcitonin, calcitonine",
    "HB": "hämoglobin, hemoglobin, hémoglobine, hemoglobina, haemoglobin, b_hb",
    "PLT": "thrombozyten, thrombos, plaquettes, trombocyter, plaquetas, platelet_count, b_trombocyter",
    "WBC": "leukozyten, leukos, leucocytes, leukocyter, leucocitos, leukocytes, b_leukocyter",
    "NEUT": "neutrophile, neutrophile_granulozyten, neutrophiles, neutrofile, neutrofila, anc",
    "LYMPH": "lymphozyten, lymphos, lymfocyter",
    "CREAT": "kreatinin, krea, crea, créatinine, creatinina, s_kreatinin, p_kreatinin, serum_creatinine",
    "EGFR": "gfr, gfr_ckd_epi, egfr_ckd_epi, dfg, dfge",
    "ALT": "gpt, alat, alt_gpt, gpt_alt, sgpt, p_alat",
    "AST": "got, asat, ast_got, got_ast, sgot, p_asat",
    "ALP": "ap, alkalische_phosphatase, pal, alk_phos, alkaline_phosphatase, phosphatases_alcalines",
    "GGT": "gamma_gt, ygt, ggtp",
    "BILI": "bilirubin, bilirubin_gesamt, gesamtbilirubin, bilirubine, bilirubine_totale, p_bilirubin",
    "ALB": "albumine, p_albumin, s_albumin",
    "NTPROBNP": "nt_pro_bnp, probnp",
    "GLUC": "glukose, blutzucker, glycémie, blood_glucose, p_glukos",
}
"""Analyte → names that laboratories give it beside its code and its name in the catalogue."""

_BRACKETS = re.compile(r"(?P<name>.*?)[\s,_;:]*[(\[](?P<unit>[^()\[\]]+)[)\]]\s*")


@dataclass(frozen=True, slots=True)
class Measured:
    """A column of results: its header, the analyte, and its unit as the header says it (empty: not said)."""

    column: str
    analyte: str
    unit: str


def read_measured(header: str) -> Measured | None:
    """Return what a header says is measured; None where it says no analyte, or may say several.

    Examples
    --------
    >>> read_measured("CgA (µg/l)")
    Measured(column='CgA (µg/l)', analyte='CGA', unit='µg/l')
    >>> read_measured("5-HIES [mg/24h]").analyte
    '5HIAA_U24'
    >>> read_measured("5-HIAA") is None
    True
    """
    named = {analyte: unit for name, unit in _splits(header) for analyte in _analytes_of(name, unit)}
    if not named and (match := _BRACKETS.fullmatch(header)):
        named = dict.fromkeys(_analytes_of(match["name"], ""), "")  # a unit nobody knows is left to a person
    return Measured(header, *next(iter(named.items()))) if len(named) == 1 else None


def _splits(header: str) -> Iterator[tuple[str, str]]:
    """Yield the ways to part a header in name and unit."""
    yield header, ""
    if match := _BRACKETS.fullmatch(header):
        yield match["name"], match["unit"].strip()
    words = [word for word in re.split(r"[\s_,;]+", header) if word]
    for cut in range(1, len(words)):
        yield " ".join(words[:cut]), " ".join(words[cut:])
        yield " ".join(words[:cut]), "/".join(words[cut:])


def _analytes_of(name: str, unit: str) -> Iterator[str]:
    for analyte in _by_name().get(bare(name), ()):
        if not unit or normalise_unit(unit, analyte) is not None:
            yield analyte


@cache
def _by_name() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for biomarker in BIOMARKERS:
        words = (biomarker.code, biomarker.name, *ANALYTE_WORDS.get(biomarker.code, "").split(","))
        for name in {bare(word.strip()) for word in words} - {""}:
            found.setdefault(name, []).append(biomarker.code)
    return {name: tuple(codes) for name, codes in found.items()}
