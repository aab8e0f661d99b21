"""Chromogranin A assays of the world: slope, unit, limits, and which hospital used which from when."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SimulatedAssay:
    """``value = intercept + slope × 95 × fold``, where ``fold`` is fold-ULN on the ELISA (ULN 95 ng/mL)."""

    assay_id: str
    maker: str
    unit: str
    slope: float
    intercept: float
    uln: float
    lloq: float
    uloq: float
    decimals: int
    source: str


REFERENCE_ULN = 95.0
ASSAYS: tuple[SimulatedAssay, ...] = (
    SimulatedAssay(
        "CGA-ELISA", "Cisbio ELISA", "ng/mL", 1.0, 0.0, 95.0, 14.0, 9500.0, 1,
        "ARUP limit 0-95 ng/mL; quantitation limits assumed",
    ),
    SimulatedAssay(
        "CGA-KRYPTOR", "B.R.A.H.M.S CgA II KRYPTOR", "ng/mL", 0.695, 7.2, 101.8, 25.8, 1_000_000.0, 1,
        "KRYPTOR = 0.695 Cisbio + 7.2 (ARUP, n = 149); LabCorp limit 101.8; no hook to 1 000 000",
    ),
    SimulatedAssay(
        "CGA-RIA", "EuroDiagnostica RIA", "nmol/L", 3.0 / 95.0, 0.0, 3.0, 0.5, 300.0, 2,
        "limit 3 nmol/L; slope from the two upper limits, quantitation limits assumed",
    ),
)  # fmt: skip

CENTRAL_ASSAY = 1
HOSPITAL_ASSAYS: tuple[tuple[tuple[float, int], ...], ...] = (
    ((0.0, 1),),
    ((0.0, 0), (2016.5, 1)),
    ((0.0, 2), (2018.0, 0)),
)
"""For each hospital: from which year on it used which assay of ``ASSAYS`` (assumed)."""
