"""What is found does not depend on the order in which the rows of one day stand."""

from __future__ import annotations

from itertools import permutations

import pytest

PLACED = ("file", "sheet", "row")
LABS = "patient_id,analyte,collected,value_text,unit,uln,assay_id\n"
DEATHS = "patient_id,date,kind\nP2,2022-01-01,alive_contact\n"
SCANS = {
    "imaging": "patient_id,imaging_id,date,modality,tracer\n"
    "P1,I1,2020-01-20,PET_CT,68Ga-DOTATATE\nP1,I2,2020-01-20,PET_CT,68Ga-DOTATOC\n",
    "lesions": "patient_id,imaging_id,lesion_id,role,organ,longest_mm,measured,suv_max\n"
    "P1,I1,T1,target,liver,20,yes,12\nP1,I2,T1,target,liver,20,yes,14\n",
}

CASES = {
    "V24": (
        "labs",
        LABS,
        ("CGA,2020-01-10,20,ng/mL,85,", "CGA,2020-01-10,500,ng/mL,85,", "CGA,2020-03-10,30,ng/mL,85,"),
    ),
    "V30": (
        "labs",
        LABS,
        ("CGA,2020-01-10,20,ng/mL,85,A", "CGA,2020-01-10,21,ng/mL,85,B", "CGA,2020-03-10,30,ng/mL,85,A"),
    ),
    "V28": ("labs", LABS, ("CGA,2020-01-10,20,ng/mL,85,A", "CGA,2020-01-10,3,nmol/L,5,A")),
    "V40": (
        "lesions",
        "patient_id,imaging_id,lesion_id,role,organ,longest_mm,measured\n",
        ("I1,T1,target,liver,20,yes", "I2,T1,target,lung,20,yes"),
    ),
    "V52": (
        "imaging",
        "patient_id,imaging_id,date,modality,tracer\n",
        ("I1,2020-01-20,PET_CT,68Ga-DOTATATE", "I2,2020-01-20,PET_CT,68Ga-DOTATOC"),
    ),
    "V48": (
        "responses",
        "patient_id,date,criteria,reader,response\n",
        ("2020-06-01,RECIST_1_1,A,CR", "2020-06-01,RECIST_1_1,A,SD", "2020-09-01,RECIST_1_1,A,CR"),
    ),
    "V58": ("vital_status", DEATHS, ("2021-05-05,death", "2022-01,death")),
}


@pytest.mark.parametrize("rule_id", CASES)
def test_rows_of_one_day_may_stand_in_any_order(rule_id, deliver):
    table, header, rows = CASES[rule_id]
    said = []
    for order in permutations(rows):
        text = header + "".join(f"P1,{row}\n" for row in order)
        found = deliver(SCANS | {table: text}).findings
        assert rule_id in found["rule_id"]
        said.append(sorted(map(str, found.filter(rule_id=rule_id).drop(PLACED).rows())))
    assert all(one == said[0] for one in said)
