"""Which value is said to be in another unit, and which scan to lack a target: the odd one, and only that."""

from __future__ import annotations

import polars as pl
import pytest

LABS = "patient_id,analyte,collected,value_text,unit,uln"
HEADS = {
    "imaging": "patient_id,imaging_id,date,modality,tracer",
    "lesions": "patient_id,imaging_id,lesion_id,reader,role,organ,longest_mm,measured,suv_max",
}
CREATININE = {"a": "88,umol/L,104", "b": "1.0,mg/dL,1.2"}


def creatinine(units: str) -> dict[str, str]:
    """Return one value a letter, a month apart: a in umol/L, b in mg/dL."""
    rows = [f"P1,CREAT,2020-{month:02d}-10,{CREATININE[unit]}" for month, unit in enumerate(units, start=1)]
    return {"labs": "\n".join([LABS, *rows]) + "\n"}


@pytest.mark.parametrize(
    ("units", "asked"),
    [
        ("aaa", []),
        ("aba", [2]),  # not the return to the usual unit
        ("baa", [1]),  # the first value is the odd one
        ("aab", [3]),
        ("ab", [2]),  # of two, the later
        ("aabbaa", [3, 4]),
    ],
)
def test_the_value_in_the_rarer_unit_is_queried(units: str, asked: list[int], deliver) -> None:
    findings = deliver(creatinine(units)).findings.filter(pl.col("rule_id") == "V28")
    assert sorted(row - 1 for row in findings["row"]) == asked  # the header is row 1


def test_each_assay_has_a_unit_of_its_own(deliver) -> None:
    assays = "assay_id,analyte,unit,uln,comparable_group\nA,CGA,ng/mL,85,\nB,CGA,nmol/L,3,\n"
    head = f"{LABS},assay_id"
    rows = ["P1,CGA,2020-01-10,50,ng/mL,85,A", "P1,CGA,2020-02-10,2,nmol/L,3,B", "P1,CGA,2020-03-10,2,nmol/L,3,B"]
    accepted = deliver({"assays": assays, "labs": "\n".join([head, *rows]) + "\n"})
    assert "V28" not in set(accepted.findings["rule_id"])


@pytest.mark.parametrize(
    ("analyte", "unit", "standard"),
    [
        ("PLT", "Tsd/µl", 250),
        ("PLT", "Tsd./µl", 250),
        ("PLT", "10³/µl", 250),
        ("PLT", "10*3/uL", 250),
        ("PLT", "×10⁹/L", 250),
        ("PLT", "x10E9/L", 250),
        ("PLT", "K/uL", 250),
        ("PLT", "1000/µl", 250),
        ("PLT", "10^3/mm3", 250),
        ("PLT", "Gpt/l", 250),
        ("EGFR", "ml/min/1,73m²", 250),
        ("EGFR", "mL/min/1.73 m^2", 250),
        ("EGFR", "ml/min/1.73qm", 250),
        ("5HIAA_U24", "mg/24 Std.", 250 * 5.231),
        ("5HIAA_U24", "mg/Tag", 250 * 5.231),
        ("5HIAA_U24", "µmol/dygn", 250),
        ("5HIAA_U24", "mg/die", 250 * 5.231),
        ("CREAT", "mg/100ml", 250 * 88.4),
        ("CREAT", "mg%", 250 * 88.4),
        ("ALT", "UI/L", 250),
    ],
)
def test_a_unit_is_known_as_hospitals_write_it(analyte, unit, standard, deliver) -> None:
    labs = deliver({"labs": f'{LABS}\nP1,{analyte},2020-01-10,250,"{unit}",\n'}).tables["labs"]
    assert labs["value_standard"].to_list() == [pytest.approx(standard)]


@pytest.mark.parametrize(
    ("analyte", "unit"),
    [("CGA", "ng/dl"), ("CGA", "kU/L"), ("5HIAA_U24", "mg/dl"), ("5HIAA_U24", "mmol/mol"), ("PLT", "10^6/uL")],
)
def test_a_unit_of_another_size_is_none(analyte, unit, deliver, rules_fired) -> None:
    assert "V26" in rules_fired(deliver({"labs": f"{LABS}\nP1,{analyte},2020-01-10,250,{unit},\n"}))


SCANS = (
    "P1,I1,2020-01-15,CT,none",
    "P1,F1,2020-01-20,PET_CT,18F-FDG",
    "P1,I2,2020-06-15,CT,none",
    "P1,I3,2020-10-15,CT,none",
)


def seen(*rows: str) -> dict[str, str]:
    """Return lesions on three CT scans and an FDG PET between the first two."""
    return {name: "\n".join([HEADS[name], *lines]) + "\n" for name, lines in (("imaging", SCANS), ("lesions", rows))}


TWO = ("P1,I1,T1,local,target,liver,30,yes,", "P1,I1,T2,local,target,liver,20,yes,")
ONE = ("P1,I1,T1,local,target,liver,30,yes,",)


@pytest.mark.parametrize(
    ("first", "later", "asked"),
    [
        (TWO, ("P1,I2,T1,local,target,liver,31,yes,", "P1,I2,T2,local,target,liver,21,yes,"), 0),
        (TWO, ("P1,I2,T1,local,target,liver,31,yes,",), 1),
        (TWO, ("P1,I2,T1+T02,local,target,liver,51,yes,",), 1),  # merged: no target has its own name any more
        (ONE, ("P1,I2,T1a,local,target,liver,20,yes,", "P1,I2,T1b,local,target,liver,12,yes,"), 1),  # split
        (ONE, ("P1,I2,N1,local,non_target,bone,12,yes,",), 1),  # the only target is left out
        (TWO, ("P1,I2,T1,local,target,liver,31,yes,", "P1,I2,T2,local,target,liver,,not_evaluable,"), 0),  # says why
        (TWO, ("P1,I2,T1,local,target,liver,31,yes,", "P1,I2,T2,local,target,liver,,excised,"), 0),
        (TWO, ("P1,I2,T1,local,target,liver,31,yes,", "P1,I2,T2,local,target,liver,,not_assessed,"), 1),
        (TWO, ("P1,F1,T1,local,target,liver,,not_assessed,7.5",), 0),  # uptake is no measurement
    ],
)
def test_a_scan_that_lacks_a_target_of_the_first_is_queried(first, later, asked: int, deliver) -> None:
    findings = deliver(seen(*first, *later)).findings
    assert findings.filter(pl.col("rule_id") == "V43").height == asked


def test_readers_keep_targets_of_their_own(deliver) -> None:
    central = ("P1,I1,T1,central,target,liver,29,yes,", "P1,I2,T1,central,target,liver,28,yes,")
    local = (*TWO, "P1,I2,T1,local,target,liver,31,yes,", "P1,I2,T2,local,target,liver,21,yes,")
    assert "V43" not in set(deliver(seen(*local, *central)).findings["rule_id"])
