"""A study typed by hand for the pages: one patient with everything that can mislead, and a small crowd."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta

import polars as pl

from analytics.catalogue.settings import Settings
from analytics.endpoints.derive import derive_all
from analytics.tables.findings import FINDING_COLUMNS, empty_ledger
from analytics.tables.study import InputFile, Study
from dashboards.shelf import OpenedStudy, Shelf, hold_study
from tests.by_hand import accept_by_hand

EDGE = {
    "patients": """
patient_id | birth_year | sex | site
EDGE       | 1955       | F   | Basel
""",
    "diagnoses": """
patient_id | diagnosis_no | diagnosis_date | primary_site | histology | grade | ki67_pct | stage
EDGE       | 1            | 2021-05-04     | small_bowel  | NET       | G2    | 8        | IV
""",
    "labs": """
patient_id | analyte | collected  | value_text | unit   | uln | assay_id
EDGE       | CGA     | 2021-12-01 | 850        | ng/mL  | 85  | A
EDGE       | CGA     | 2022-02-01 | 900        | ng/mL  | 85  | A
EDGE       | CGA     | 2022-04-01 | 420        | ng/mL  | 85  | A
EDGE       | CGA     | 2022-06-15 | 90         | ng/mL  | 85  | A
EDGE       | CGA     | 2022-09-15 | <20        | ng/mL  | 85  | A
EDGE       | CGA     | 2022-12-15 | 40         | ng/mL  | 85  | A
EDGE       | CGA     | 2023-03-15 | 60         | ng/mL  | 85  | A
EDGE       | CGA     | 2023-03-15 | 66         | ng/mL  | 85  | A
EDGE       | CGA     | 2024-02-01 | 80         | ng/mL  | 85  | A
EDGE       | CGA     | 2025-01-10 | 2.1        | nmol/L | 3.0 | B
EDGE       | CGA     | 2025-04-10 | 3.9        | nmol/L | 3.0 | B
EDGE       | CGA     | 2025-07-10 | 9.6        | nmol/L | 3.0 | B
EDGE       | PLT     | 2022-04-01 | 210        | 10^9/L
""",
    "treatments": """
patient_id | treatment_id | category        | agent          | start      | end        | ongoing
EDGE       | T0           | surgery_primary | resection      | 2021-05-20 | 2021-05-20
EDGE       | T1           | SSA             | lanreotide     | 2021-06-10 |            | Y
EDGE       | T2           | PRRT            | 177Lu-DOTATATE | 2022-01-15 | 2022-07-01
""",
    "cycles": """
patient_id | treatment_id | cycle_no | date       | nuclide | activity_gbq
EDGE       | T2           | 1        | 2022-01-15 | 177Lu   | 7.4
EDGE       | T2           | 2        | 2022-03-12 | 177Lu   | 7.4
EDGE       | T2           | 3        | 2022     | 177Lu   | 7.4
EDGE       | T2           | 4        | 2022-07-01 | 177Lu   | 7.4
""",
    "concomitants": """
patient_id | kind | start      | end
EDGE       | PPI  | 2023-01-01 | 2024-06-30
""",
    "imaging": """
patient_id | imaging_id | date       | modality | tracer         | new_lesion
EDGE       | I1         | 2021-12-20 | CT       |                | N
EDGE       | I2         | 2022-10-01 | CT       |                | N
EDGE       | I3         | 2025-07-20 | PET_CT   | 68Ga-DOTATATE  | Y
EDGE       | I4         | 2025-07-20 | PET_CT   | 18F-FDG        | N
""",
    "lesions": """
patient_id | imaging_id | lesion_id | role   | organ | longest_mm | measured    | suv_max
EDGE       | I1         | T01       | target | liver | 42         | yes
EDGE       | I2         | T01       | target | liver | 28         | yes
EDGE       | I3         | T01       | target | liver | 31         | yes         | 22.5
EDGE       | I3         | N01       | new    | liver | 9          | yes         | 8.1
EDGE       | I4         | T01       | target | liver |            | not_visible
""",
    "responses": """
patient_id | imaging_id | date       | criteria   | response
EDGE       | I1         | 2021-12-20 | RECIST_1_1 | PD
EDGE       | I2         | 2022-10-01 | RECIST_1_1 | PR
EDGE       | I3         | 2025-07-20 | RECIST_1_1 | PD
""",
    "vital_status": """
patient_id | date       | kind
EDGE       | 2025-10-01 | alive_contact
""",
}

START = date(2020, 1, 1)


def make_study(name: str = "by-hand", crowd: int = 16) -> Study:
    """Return EDGE and a crowd of ``crowd`` people, half under PRRT and half under SSA, with every table."""
    grids = {table: "\n".join((EDGE.get(table, ""), rows)) for table, rows in _crowd(crowd).items()}
    tables = accept_by_hand(EDGE | grids)
    derived = derive_all(tables, Settings())
    return Study(
        name=name,
        version="0123456789abcdef",
        built_at="2026-11-20T08:00:00+00:00",
        settings=Settings(),
        inputs=(InputFile("labs.csv", 1234, "ab" * 32),),
        versions={"lutetia": "0.1.0"},
        tables={**tables, **{table: frame.lazy() for table, frame in derived.items()}},
        findings=_findings(),
        ledger=empty_ledger(),
    )


def make_opened(name: str = "by-hand", crowd: int = 16) -> OpenedStudy:
    return hold_study(make_study(name, crowd), f"{name}-store", name, name_patients)


def make_shelf(*names: str) -> Shelf:
    return Shelf([make_opened(name) for name in names or ("by-hand",)])


def name_patients(codes: list[str]) -> dict[str, str]:
    return {code: hashlib.sha256(code.encode()).hexdigest()[:16] for code in codes}


def _crowd(size: int) -> dict[str, str]:
    """Return grids of people whose CgA halves, or does not, and who progress one after the other."""
    rows: dict[str, list[str]] = {name: [] for name in ("patients", "treatments", "labs", "imaging", "responses")}
    rows |= {"vital_status": [], "cycles": [], "diagnoses": []}
    for place in range(size):
        code, is_prrt = f"C{place:02}", place % 2 == 0
        grade = ("G1", "G2")[place % 4 // 2]
        start = START + timedelta(days=place)
        scan = start + timedelta(days=100 + 40 * place)
        fall = 0.3 if place % 3 == 0 else 0.9
        category, agent = ("PRRT", "177Lu-DOTATATE") if is_prrt else ("SSA", "lanreotide")
        response = "PD" if place % 4 else "SD"
        rows["patients"].append(f"{code}|1950|M|Bern")
        rows["diagnoses"].append(f"{code}|1|2019-12-01|pancreas|NET|{grade}|5|IV")
        rows["treatments"].append(f"{code}|T1|{category}|{agent}|{start}|{start + timedelta(days=90)}")
        rows["labs"] += [
            f"{code}|CGA|{start - timedelta(days=5)}|400|ng/mL|85|A",
            f"{code}|CGA|{start + timedelta(days=90)}|{400 * fall:g}|ng/mL|85|A",
        ]
        rows["imaging"].append(f"{code}|I1|{scan}|CT||N")
        rows["responses"].append(f"{code}|I1|{scan}|RECIST_1_1|{response}")
        rows["vital_status"].append(f"{code}|{scan + timedelta(days=30)}|alive_contact")
        if is_prrt:
            rows["cycles"].append(f"{code}|T1|1|{start}|177Lu|7.4")
    return {name: "\n".join(lines) for name, lines in rows.items()}


def _findings() -> pl.DataFrame:
    rows = [
        {"rule_id": "V11", "severity": "WARN", "table": "labs", "patient_id": "EDGE", "file": "labs.csv", "row": 9},
        {"rule_id": "V74", "severity": "ERROR", "table": "labs", "patient_id": "C01", "file": "labs.csv", "row": 20},
        {"rule_id": "V06", "severity": "ERROR", "table": "cycles", "file": "cycles.csv", "row": 3, "value": "=1+1"},
    ]
    return pl.DataFrame([row | {"message": "what", "suggestion": "do"} for row in rows], schema=FINDING_COLUMNS)
