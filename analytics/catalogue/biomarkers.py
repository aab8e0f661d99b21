"""Biomarkers and laboratory values: standard unit, safe conversions, plausible range, LOINC."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["marker", "haematology", "chemistry", "urine"]


@dataclass(frozen=True, slots=True)
class UnitFactor:
    """One unit an analyte may be reported in.

    ``factor`` turns a value into the standard unit; ``None`` means the conversion depends on the assay
    and is never done without a factor stated for that assay.
    """

    unit: str
    factor: float | None
    source: str = "molar_mass"


@dataclass(frozen=True, slots=True)
class Biomarker:
    """An analyte; a value outside ``plausible`` (standard unit) is queried, not refused.

    ``interferences`` names what makes a value not assessable: «PPI» (within the washout),
    «low_egfr» and «atrophic_gastritis».
    """

    code: str
    name: str
    kind: Kind
    standard_unit: str
    units: tuple[UnitFactor, ...]
    plausible: tuple[float, float]
    loinc: str = ""
    may_be_zero: bool = False
    source: str = "house"
    interferences: tuple[str, ...] = ()


def _units(spec: str) -> tuple[UnitFactor, ...]:
    """Read «ng/mL=1 U/L=assay» into factors."""
    pairs = (item.split("=") for item in spec.split())
    return tuple(UnitFactor(unit, None if factor == "assay" else float(factor)) for unit, factor in pairs)


def _marker(
    code: str, name: str, spec: str, high: float, loinc: str = "", interferences: tuple[str, ...] = ()
) -> Biomarker:
    units = _units(spec)
    return Biomarker(
        code,
        name,
        "marker",
        units[0].unit,
        units,
        (0.0, high),
        loinc,
        source="loinc",
        interferences=interferences,
    )


def _blood(code: str, name: str, kind: Kind, spec: str, low: float, high: float, loinc: str = "") -> Biomarker:
    units = _units(spec)
    return Biomarker(code, name, kind, units[0].unit, units, (low, high), loinc, may_be_zero=kind == "haematology")


BIOMARKERS: tuple[Biomarker, ...] = (
    _marker(
        "CGA",
        "Chromogranin A",
        "ng/mL=1 ug/L=1 nmol/L=assay pmol/L=assay U/L=assay",
        1_000_000,
        "9811-1",
        ("PPI", "low_egfr", "atrophic_gastritis"),
    ),
    _marker("5HIAA_U24", "5-HIAA, 24 h urine", "umol/24h=1 mg/24h=5.231", 5_000, "14573-0"),
    _marker("5HIAA_S", "5-HIAA, serum or plasma", "nmol/L=1 ng/mL=5.231 ug/L=5.231", 50_000, "50149-4"),
    _marker("NSE", "Neuron-specific enolase", "ng/mL=1 ug/L=1 U/L=assay", 5_000, "15060-7"),
    _marker("GASTRIN", "Gastrin", "pg/mL=1 ng/L=1 pmol/L=assay", 1_000_000, "2333-3", ("PPI", "atrophic_gastritis")),
    _marker("PP", "Pancreatic polypeptide", "pmol/L=1 pg/mL=assay ng/L=assay", 100_000),
    _marker("GLUCAGON", "Glucagon", "pmol/L=1 pg/mL=assay ng/L=assay", 100_000),
    _marker("VIP", "Vasoactive intestinal peptide", "pmol/L=1 pg/mL=assay ng/L=assay", 100_000),
    _marker("INSULIN", "Insulin", "pmol/L=1 mU/L=assay uU/mL=assay", 100_000),
    _marker("SEROTONIN", "Serotonin", "nmol/L=1 ng/mL=5.675 ug/L=5.675", 100_000),
    _marker("CALCITONIN", "Calcitonin", "pg/mL=1 ng/L=1 pmol/L=assay", 1_000_000, "1992-7"),
    _marker("PANCREASTATIN", "Pancreastatin", "pg/mL=1 ng/L=1 pmol/L=assay", 1_000_000),
    _marker("NETEST", "NETest score", "score=1 %=1", 100),
    _blood("HB", "Haemoglobin", "haematology", "g/L=1 g/dL=10 mmol/L=16.114", 20, 250, "718-7"),
    _blood("PLT", "Platelets", "haematology", "10^9/L=1 G/L=1 10^3/uL=1 /nL=1", 1, 2_000, "777-3"),
    _blood("WBC", "White blood cells", "haematology", "10^9/L=1 G/L=1 10^3/uL=1 /nL=1", 0, 300, "6690-2"),
    _blood("NEUT", "Neutrophils", "haematology", "10^9/L=1 G/L=1 10^3/uL=1 /nL=1", 0, 200, "751-8"),
    _blood("LYMPH", "Lymphocytes", "haematology", "10^9/L=1 G/L=1 10^3/uL=1 /nL=1", 0, 300, "731-0"),
    _blood("CREAT", "Creatinine", "chemistry", "umol/L=1 mg/dL=88.4", 10, 2_000, "14682-9"),
    _blood("EGFR", "Estimated GFR", "chemistry", "mL/min/1.73m2=1 mL/min=assay", 1, 200, "98979-8"),
    _blood("ALT", "Alanine aminotransferase", "chemistry", "U/L=1 IU/L=1 ukat/L=59.98", 1, 10_000, "1742-6"),
    _blood("AST", "Aspartate aminotransferase", "chemistry", "U/L=1 IU/L=1 ukat/L=59.98", 1, 10_000, "1920-8"),
    _blood("ALP", "Alkaline phosphatase", "chemistry", "U/L=1 IU/L=1 ukat/L=59.98", 1, 10_000, "6768-6"),
    _blood("GGT", "Gamma-glutamyl transferase", "chemistry", "U/L=1 IU/L=1 ukat/L=59.98", 1, 10_000),
    _blood("BILI", "Bilirubin, total", "chemistry", "umol/L=1 mg/dL=17.10", 1, 1_000, "14631-6"),
    _blood("ALB", "Albumin", "chemistry", "g/L=1 g/dL=10", 5, 70, "1751-7"),
    _blood("LDH", "Lactate dehydrogenase", "chemistry", "U/L=1 IU/L=1 ukat/L=59.98", 20, 20_000),
    _blood("NTPROBNP", "NT-proBNP", "chemistry", "ng/L=1 pg/mL=1 pmol/L=8.457", 1, 100_000),
    _blood("GLUC", "Glucose", "chemistry", "mmol/L=1 mg/dL=0.05549", 0.5, 60),
)

BIOMARKER_BY_CODE: dict[str, Biomarker] = {biomarker.code: biomarker for biomarker in BIOMARKERS}
"""Every analyte by the code written in ``labs.analyte``."""

UNIT_SPELLINGS: tuple[tuple[str, str], ...] = (
    ("μ", "u"),
    ("µ", "u"),
    ("mcg", "ug"),
    ("ml", "mL"),
    ("dl", "dL"),
    ("/l", "/L"),
    ("×", "x"),
    ("10⁹", "10^9"),
    ("10³", "10^3"),
    ("10*9", "10^9"),
    ("10*3", "10^3"),
    ("10e9", "10^9"),
    ("10E9", "10^9"),
    ("10E3", "10^3"),
    ("x10^", "10^"),
    ("x 10^", "10^"),
    ("1000/", "10^3/"),
    ("Tsd./", "10^3/"),
    ("Tsd/", "10^3/"),
    ("K/", "10^3/"),
    ("Gpt/", "G/"),
    ("/mm3", "/uL"),
    ("/mm³", "/uL"),
    ("UI/", "IU/"),
    ("g%", "g/dL"),
    ("/100 mL", "/dL"),
    ("/100mL", "/dL"),
    ("/24 h", "/24h"),
    ("/24hr", "/24h"),
    ("/24 Std.", "/24h"),
    ("/24 Std", "/24h"),
    ("/24Std", "/24h"),
    ("/24 t", "/24h"),
    ("/24t", "/24h"),
    ("/Tag", "/24h"),
    ("/day", "/24h"),
    ("/dygn", "/24h"),
    ("/døgn", "/24h"),
    ("/die", "/24h"),
    ("/d", "/24h"),
    ("1,73", "1.73"),
    ("m²", "m2"),
    ("m^2", "m2"),
    ("qm", "m2"),
    ("1.73 m2", "1.73m2"),
)
"""Spellings of the same unit, applied in order to the reported text before it is looked up."""
