"""The closed lists of values a code column may hold, each with its source."""

from __future__ import annotations

from dataclasses import dataclass

from analytics.catalogue.biomarkers import BIOMARKERS
from analytics.catalogue.sites import HISTOLOGIES, METASTATIC_SITES, ORGANS, PRIMARY_SITES
from analytics.catalogue.symptoms import SYMPTOM_ITEMS
from analytics.catalogue.treatments import CATEGORIES


@dataclass(frozen=True, slots=True)
class CodeList:
    """Allowed values of one kind of column, in the order people expect to see them."""

    name: str
    values: tuple[str, ...]
    source: str


def _codes(name: str, values: str, source: str = "house") -> CodeList:
    return CodeList(name, tuple(values.split()), source)


CODE_LISTS: dict[str, CodeList] = {
    entry.name: entry
    for entry in (
        _codes("yes_no", "Y N"),
        _codes("sex", "F M other unknown"),
        _codes("row_status", "final corrected entered_in_error"),
        CodeList("primary_site", tuple(site.code for site in PRIMARY_SITES), "house"),
        CodeList("metastatic_site", tuple(site.code for site in METASTATIC_SITES), "house"),
        CodeList("organ", tuple(site.code for site in ORGANS), "house"),
        CodeList("histology", tuple(histology.code for histology in HISTOLOGIES), "who2019"),
        _codes("grade", "G1 G2 G3 NEC_small NEC_large", "who2019"),
        _codes("differentiation", "well moderate poor unknown", "who2019"),
        _codes("mitoses_per", "10_hpf 2_mm2", "who2019"),
        _codes(
            "syndrome",
            "carcinoid insulinoma gastrinoma VIPoma glucagonoma somatostatinoma ectopic_ACTH other",
        ),
        _codes("stage", "I IA IB II IIA IIB III IIIA IIIB IV IVA IVB IVC", "ajcc8"),
        _codes("sstr_status", "positive negative mixed not_done"),
        _codes("hereditary", "none MEN1 VHL NF1 TSC other"),
        _codes(
            "concomitant",
            "PPI H2RA biotin chronic_kidney_disease atrophic_gastritis heart_failure splenectomy other",
        ),
        CodeList("analyte", tuple(biomarker.code for biomarker in BIOMARKERS), "loinc"),
        CodeList("symptom_item", tuple(item.code for item in SYMPTOM_ITEMS), "house"),
        _codes("specimen", "serum plasma urine_24h"),
        CodeList("treatment_category", tuple(category.code for category in CATEGORIES), "house"),
        _codes("intent", "curative debulking palliative adjuvant"),
        _codes("stop_reason", "planned_end progression toxicity patient_choice death other"),
        _codes("nuclide", "177Lu 90Y 111In 225Ac 166Ho"),
        _codes("modality", "CT MRI PET_CT PET_MR SPECT US endoscopy echo planar clinical_exam post_therapy_scan"),
        _codes(
            "tracer",
            "68Ga-DOTATATE 68Ga-DOTATOC 68Ga-DOTANOC 64Cu-DOTATATE 111In-octreotide 177Lu-DOTATATE "
            "18F-FDG 18F-DOPA none",
        ),
        _codes("netpet", "P0 P1 P2 P2a P2b P3 P3a P3b P4 P4a P4b P5", "netpet"),
        _codes("non_target", "CR NON_CR_NON_PD PD NE NA", "recist11"),
        _codes("lesion_role", "target non_target new", "recist11"),
        _codes(
            "measured",
            "yes too_small not_visible not_assessed not_evaluable excised irradiated",
            "recist11",
        ),
        _codes("criteria", "RECIST_1_1 RECIST_1_0 Choi mRECIST PERCIST biochemical symptomatic clinical"),
        _codes("response", "CR PR SD NON_CR_NON_PD PD NE ND", "recist11"),
        _codes("target_response", "CR PR SD PD NE NA", "recist11"),
        _codes("vital_kind", "alive_contact death lost study_end data_cutoff"),
        _codes("death_cause", "tumour treatment other unknown"),
        _codes("vital_source", "clinic registry letter"),
        _codes("schedule_anchor", "index last_treatment_start"),
    )
}

SPELLINGS: dict[str, dict[str, str]] = {
    "yes_no": {"yes": "Y", "no": "N", "true": "Y", "false": "N"},
    "sex": {"female": "F", "male": "M"},
    "analyte": {biomarker.name: biomarker.code for biomarker in BIOMARKERS},
    "primary_site": {site.name: site.code for site in PRIMARY_SITES},
    "treatment_category": {category.name: category.code for category in CATEGORIES},
}
"""Other ways to write a code that can mean nothing else."""
