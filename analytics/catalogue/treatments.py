"""Treatment categories and agents: which are anticancer, which are procedures, which lane draws them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Lane = Literal["PRRT", "SSA", "systemic", "procedure", "supportive"]


@dataclass(frozen=True, slots=True)
class TreatmentCategory:
    """A category of treatment.

    ``is_anticancer`` is the default for rows that do not say; it decides whether a start ends
    observation of the line before. ``group`` names the line of therapy it makes in comparisons.
    """

    code: str
    name: str
    is_anticancer: bool
    lane: Lane
    group: str
    source: str = "house"


@dataclass(frozen=True, slots=True)
class Agent:
    """A drug, radiopharmaceutical or procedure by the name written in ``treatments.agent``."""

    code: str
    name: str
    category: str
    atc: str = ""
    nuclide: str = ""
    source: str = "atc"


CATEGORIES: tuple[TreatmentCategory, ...] = (
    TreatmentCategory("SSA", "Somatostatin analogue", True, "SSA", "SSA"),
    TreatmentCategory("PRRT", "Peptide receptor radionuclide therapy", True, "PRRT", "PRRT"),
    TreatmentCategory("chemotherapy", "Chemotherapy", True, "systemic", "chemotherapy"),
    TreatmentCategory("targeted", "Targeted drug", True, "systemic", "targeted"),
    TreatmentCategory("immunotherapy", "Immunotherapy", True, "systemic", "immunotherapy"),
    TreatmentCategory("interferon", "Interferon", True, "systemic", "interferon"),
    TreatmentCategory("surgery_primary", "Surgery of the primary", True, "procedure", "surgery"),
    TreatmentCategory("surgery_metastasis", "Surgery of metastases", True, "procedure", "surgery"),
    TreatmentCategory("TAE", "Bland embolisation", True, "procedure", "liver_directed", "panel2015"),
    TreatmentCategory("TACE", "Chemoembolisation", True, "procedure", "liver_directed", "panel2015"),
    TreatmentCategory("TARE_SIRT", "Radioembolisation", True, "procedure", "liver_directed", "panel2015"),
    TreatmentCategory("ablation", "Ablation", True, "procedure", "liver_directed", "panel2015"),
    TreatmentCategory("EBRT", "External beam radiotherapy", True, "procedure", "radiotherapy", "panel2015"),
    TreatmentCategory("transplant", "Liver transplantation", True, "procedure", "surgery"),
    TreatmentCategory("bone_protecting", "Bone-protecting drug", False, "supportive", "", "panel2015"),
    TreatmentCategory("symptomatic", "Symptomatic treatment", False, "supportive", ""),
    TreatmentCategory("other", "Other", False, "supportive", ""),
)

AGENTS: tuple[Agent, ...] = (
    Agent("octreotide_LAR", "Octreotide LAR", "SSA", "H01CB02"),
    Agent("octreotide", "Octreotide, short-acting", "SSA", "H01CB02"),
    Agent("lanreotide", "Lanreotide", "SSA", "H01CB03"),
    Agent("pasireotide", "Pasireotide", "SSA", "H01CB05"),
    Agent("177Lu-DOTATATE", "177Lu-DOTATATE", "PRRT", "V10XX04", "177Lu"),
    Agent("177Lu-DOTATOC", "177Lu-edotreotide", "PRRT", "", "177Lu", "house"),
    Agent("90Y-DOTATOC", "90Y-edotreotide", "PRRT", "", "90Y", "house"),
    Agent("90Y-DOTATATE", "90Y-DOTATATE", "PRRT", "", "90Y", "house"),
    Agent("225Ac-DOTATATE", "225Ac-DOTATATE", "PRRT", "", "225Ac", "house"),
    Agent("everolimus", "Everolimus", "targeted", "L01EG02"),
    Agent("sunitinib", "Sunitinib", "targeted", "L01EX01"),
    Agent("cabozantinib", "Cabozantinib", "targeted", "L01EX07"),
    Agent("CAPTEM", "Capecitabine and temozolomide", "chemotherapy", "L01BC06 L01AX03"),
    Agent("STZ_5FU", "Streptozocin and 5-fluorouracil", "chemotherapy", "L01AD04 L01BC02", "", "skin_guidance"),
    Agent("STZ_DOX", "Streptozocin and doxorubicin", "chemotherapy", "L01AD04 L01DB01", "", "skin_guidance"),
    Agent(
        "5FU_DTIC_EPI",
        "5-fluorouracil, dacarbazine, epirubicin",
        "chemotherapy",
        "L01BC02 L01AX04 L01DB03",
        "",
        "skin_guidance",
    ),
    Agent("cisplatin_etoposide", "Cisplatin and etoposide", "chemotherapy", "L01XA01 L01CB01"),
    Agent("carboplatin_etoposide", "Carboplatin and etoposide", "chemotherapy", "L01XA02 L01CB01"),
    Agent("FOLFOX", "Folinic acid, fluorouracil, oxaliplatin", "chemotherapy", "", "", "house"),
    Agent("FOLFIRI", "Folinic acid, fluorouracil, irinotecan", "chemotherapy", "", "", "house"),
    Agent("interferon_alfa", "Interferon alfa", "interferon", "L03AB05"),
    Agent("resection", "Resection", "surgery_primary", "", "", "panel2015"),
    Agent("metastasectomy", "Metastasectomy", "surgery_metastasis", "", "", "panel2015"),
    Agent("excision", "Excision", "surgery_metastasis", "", "", "tunghahn2024"),
    Agent("bland", "Bland embolisation", "TAE", "", "", "panel2015"),
    Agent("TACE", "Chemoembolisation", "TACE", "", "", "panel2015"),
    Agent("TACE_drug_eluting_beads", "Chemoembolisation, drug-eluting beads", "TACE", "", "", "panel2015"),
    Agent("TARE_resin", "Radioembolisation, resin microspheres", "TARE_SIRT", "", "90Y", "panel2015"),
    Agent("TARE_glass", "Radioembolisation, glass microspheres", "TARE_SIRT", "", "90Y", "panel2015"),
    Agent("RFA", "Radiofrequency ablation", "ablation", "", "", "panel2015"),
    Agent("MWA", "Microwave ablation", "ablation", "", "", "house"),
    Agent("IRE", "Irreversible electroporation", "ablation", "", "", "panel2015"),
    Agent("thermoablation", "Thermal ablation, energy not stated", "ablation", "", "", "soeiro2020"),
    Agent("EBRT", "External beam radiotherapy", "EBRT", "", "", "panel2015"),
    Agent("zoledronate", "Zoledronic acid", "bone_protecting", "M05BA08", "", "panel2015"),
    Agent("denosumab", "Denosumab", "bone_protecting", "M05BX04"),
    Agent("telotristat", "Telotristat ethyl", "symptomatic", "A16AX15"),
)

CATEGORY_BY_CODE: dict[str, TreatmentCategory] = {category.code: category for category in CATEGORIES}
