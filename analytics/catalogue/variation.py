"""How much a marker moves without any change of disease: reference change values with their source."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReferenceChange:
    """A change between two values of one assay that is more than analytical and biological variation.

    ``rise_pct`` and ``fall_pct`` are the log-normal 95 % limits from the within-person and analytical
    coefficients of variation (%): σ² = ln(1 + CVi²) + ln(1 + CVa²), exp(± 1.96 √2 σ) − 1.
    """

    analyte: str
    rise_pct: int
    fall_pct: int
    within_person_cv_pct: float
    analytical_cv_pct: float
    caution: str
    source: str


REFERENCE_CHANGES: tuple[ReferenceChange, ...] = (
    ReferenceChange("CGA", 62, -38, 16.3, 6.5, "from healthy people; patients may vary more", "variation2013"),
)

REFERENCE_CHANGE_BY_ANALYTE: dict[str, ReferenceChange] = {entry.analyte: entry for entry in REFERENCE_CHANGES}
"""The reference change of each analyte that has one; the others get no verdict on noise."""


@dataclass(frozen=True, slots=True)
class TransientRise:
    """A time after a treatment in which a marker may rise without progression."""

    analyte: str
    treatment: str
    days: int
    meaning: str
    source: str


TRANSIENT_RISES: tuple[TransientRise, ...] = (
    TransientRise("CGA", "PRRT", 91, "a rise may be transient after a PRRT cycle", "prrt_pitfalls"),
)
"""Windows after each administration in which no wording of progression is made from the marker alone."""

RAISES_CGA: dict[str, str] = {
    "PPI": "proton-pump inhibitor",
    "H2RA": "H2 blocker",
    "chronic_kidney_disease": "chronic kidney disease",
    "atrophic_gastritis": "atrophic gastritis",
    "heart_failure": "heart failure",
    "biotin": "biotin (disturbs some assays)",
}
"""Concomitants that move chromogranin A without tumour growth, in words."""
