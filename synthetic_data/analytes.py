"""The analytes of the world: how often each is measured, how it is printed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Analyte:
    """How often an analyte is measured (share of samples taken routinely, before a line, around a cycle).

    ``uln`` and ``lln`` are printed on the result; the shares are assumed.
    """

    code: str
    unit: str
    uln: float | None
    lln: float | None
    decimals: int
    routine: float
    baseline: float
    safety: float


ANALYTES: tuple[Analyte, ...] = (
    Analyte("CGA", "ng/mL", None, None, 1, 0.90, 0.90, 0.0),
    Analyte("5HIAA_U24", "umol/24h", 41.6, None, 1, 0.06, 0.10, 0.0),
    Analyte("NSE", "ng/mL", 16.3, None, 1, 0.05, 0.10, 0.0),
    Analyte("HB", "g/L", 170.0, 120.0, 0, 0.07, 0.25, 0.35),
    Analyte("PLT", "10^9/L", 400.0, 150.0, 0, 0.05, 0.25, 0.65),
    Analyte("NEUT", "10^9/L", 7.5, 2.0, 1, 0.03, 0.15, 0.30),
    Analyte("LYMPH", "10^9/L", 4.0, 1.0, 1, 0.03, 0.15, 0.30),
    Analyte("CREAT", "umol/L", 105.0, None, 0, 0.07, 0.30, 0.25),
    Analyte("EGFR", "mL/min/1.73m2", None, 90.0, 0, 0.05, 0.20, 0.0),
    Analyte("ALP", "U/L", 120.0, None, 0, 0.07, 0.20, 0.0),
)
CODES: tuple[str, ...] = tuple(analyte.code for analyte in ANALYTES)
