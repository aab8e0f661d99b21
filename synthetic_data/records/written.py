"""How the treatments of the world are written in the table treatments."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Written:
    """How a treatment of the world is written in the table; ``interval_days`` 0 leaves the cell empty."""

    category: str
    agent: str
    dose: float
    dose_unit: str
    interval_days: int
    is_procedure: bool = False


WRITTEN: dict[str, Written] = {
    "SSA": Written("SSA", "lanreotide", 120, "mg", 28),
    "PRRT": Written("PRRT", "177Lu-DOTATATE", 7.4, "GBq", 56),
    "SSA_HIGH": Written("SSA", "lanreotide", 120, "mg", 14),
    "everolimus": Written("targeted", "everolimus", 10, "mg", 1),
    "sunitinib": Written("targeted", "sunitinib", 37.5, "mg", 1),
    "CAPTEM": Written("chemotherapy", "CAPTEM", 750, "mg/m2", 28),
    "NEC_CHEMO": Written("chemotherapy", "carboplatin_etoposide", 100, "mg/m2", 21),
    "TARE": Written("TARE_SIRT", "TARE_resin", 1.5, "GBq", 0, True),
    "TACE": Written("TACE", "TACE_drug_eluting_beads", 75, "mg", 0, True),
    "BLAND": Written("TAE", "bland", 0, "", 0, True),
    "PRRT_AGAIN": Written("PRRT", "177Lu-DOTATATE", 7.4, "GBq", 56),
    "PLACEBO": Written("other", "placebo", 0, "", 28),
    "RESECTION": Written("surgery_metastasis", "metastasectomy", 0, "", 0, is_procedure=True),
    "ABLATION": Written("ablation", "RFA", 0, "", 0, is_procedure=True),
    "CARE_ONLY": Written("other", "supportive_care", 0, "", 0),
}
OCTREOTIDE: dict[str, Written] = {
    "SSA": Written("SSA", "octreotide_LAR", 30, "mg", 28),
    "SSA_HIGH": Written("SSA", "octreotide_LAR", 60, "mg", 28),
}
