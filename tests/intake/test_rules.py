"""Every rule fires where it should, and stays silent on the same data put right."""

# ruff: noqa: E501 - a case reads best on one line
from __future__ import annotations

import polars as pl
import pytest

from analytics.errors import LayoutError
from analytics.intake.rules.registry import RULES
from analytics.tables.findings import SEVERITIES

PATIENTS = "patient_id,sex,birth_year"
LABS = "patient_id,analyte,collected,value_text,unit,uln"
LABS_ASSAY = f"{LABS},assay_id"
TREATMENTS = "patient_id,treatment_id,category,agent,start,end"
CYCLES = "patient_id,treatment_id,cycle_no,date,nuclide,activity_gbq"
IMAGING = "patient_id,imaging_id,date,modality,tracer,new_lesion"
LESIONS = "patient_id,imaging_id,lesion_id,role,organ,nodal,longest_mm,short_mm,measured"
UPTAKE = "patient_id,imaging_id,lesion_id,suv_max"
RESPONSES = "patient_id,imaging_id,date,criteria,reader,response,new"
SYMPTOMS = "patient_id,date,item,value"
TOXICITIES = "patient_id,term,grade,start"
VITAL = "patient_id,date,kind"
SCANS = f"{IMAGING}\nP1,I1,2020-01-15,CT,none,N\nP1,I2,2020-06-15,CT,none,N\nP1,I3,2020-10-15,CT,none,N"
PET = f"{IMAGING}\nP1,I1,2020-01-15,PET_CT,68Ga-DOTATOC,N\nP1,I2,2020-06-15,PET_CT,68Ga-DOTATOC,N"


def table(header: str, *rows: str) -> str:
    """Return a CSV text."""
    return "\n".join([header, *rows]) + "\n"


def labs(*rows: str) -> dict[str, str]:
    """Return a labs table of patient P1 without assays."""
    return {"labs": table(LABS, *rows)}


def lesions(*rows: str, imaging: str = SCANS) -> dict[str, str]:
    """Return lesions with the examinations they belong to."""
    return {"imaging": imaging + "\n", "lesions": table(LESIONS, *rows)}


def uptake(*rows: str, imaging: str = PET) -> dict[str, str]:
    """Return uptake with the examinations it belongs to."""
    return {"imaging": imaging + "\n", "lesions": table(UPTAKE, *rows)}


def responses(*rows: str, imaging: str = SCANS) -> dict[str, str]:
    """Return responses with the examinations they rest on."""
    return {"imaging": imaging + "\n", "responses": table(RESPONSES, *rows)}


def one(name: str, header: str, *rows: str) -> dict[str, str]:
    """Return one table."""
    return {name: table(header, *rows)}


ASSAYS = "assay_id,analyte,unit,uln,comparable_group\nA,CGA,ng/mL,85,\nB,CGA,ng/mL,100,\n"
IN_TURN = "assay_id,analyte,unit,uln,comparable_group,valid_from,valid_to\nA,CGA,ng/mL,85,old,,2020-06-14\nA,CGA,ng/mL,100,new,2020-06-15,\n"
FIVE_TARGETS = [f"P1,I1,T{number},target,liver,N,20,15,yes" for number in range(1, 4)]
SIRT = one("treatments", TREATMENTS, "P1,T1,TARE_SIRT,TARE_glass,2020-02-01,", "P2,T1,SSA,lanreotide,2020-03-01,")
CYCLES_OF_8 = [f"P1,T1,{number},2020-{number + 1:02d}-15,177Lu,8" for number in range(1, 7)]

CORRECTIONS = "table,patient_id,key,column,old_value,new_value,reason"
LABOR = {"labs": None, "labor.csv": "Fall,Was,Tag,Wert,Einheit,Bett\nP1,CGA,2020-01-10,5,ng/mL,4\n"}
COLUMNS = 'columns = { patient_id = "Fall", analyte = "Was", collected = "Tag", value_text = "Wert", unit = "Einheit"'
LAYOUT = f'[tables.labs]\nfile = "labor.csv"\n{COLUMNS}'
IN_DAYS = {
    "study": "setting,value\ndates,relative\n",
    "patients": "patient_id,sex,birth_date\nP1,F,-20000\nP2,M,\n",
    "labs": table(LABS, "P1,CGA,-10,5,ng/mL,85"),
    "treatments": table(TREATMENTS, "P1,T1,SSA,lanreotide,0,", "P2,T1,SSA,lanreotide,0,"),
    "vital_status": table(VITAL, "P1,700,alive_contact", "P2,700,alive_contact"),
}

CASES: list[tuple[str, dict[str, str], dict[str, str]]] = [
    ("V04", one("patients", "patient_id,sex,shoe_size", "P1,F,38", "P2,M,44"), {}),
    ("V05", labs(",CGA,2020-01-10,5,ng/mL,85"), labs("P1,CGA,2020-01-10,5,ng/mL,85")),
    ("V06", labs("P9,CGA,2020-01-10,5,ng/mL,85"), labs("P2,CGA,2020-01-10,5,ng/mL,85")),
    ("V07", one("patients", PATIENTS, "P1,F,1950", "p-001,F,1950", "P2,M,1960"), {}),
    ("V09", one("patients", PATIENTS, "P1,woman,1950", "P2,M,1960"), {}),
    ("V10", labs("P1,CGA,2020-02-30,5,ng/mL,85"), labs("P1,CGA,2020-02-28,5,ng/mL,85")),
    ("V11", labs("P1,CGA,05/03/2020,5,ng/mL,85"), labs("P1,CGA,2020-03-05,5,ng/mL,85")),
    ("V12", labs("P1,CGA,2020,5,ng/mL,85"), labs("P1,CGA,2019,5,ng/mL,85")),
    ("V13", labs("P1,CGA,2026-11-21,5,ng/mL,85"), labs("P1,CGA,2026-11-20,5,ng/mL,85")),
    ("V14", labs("P1,CGA,1949,5,ng/mL,85"), labs("P1,CGA,1950,5,ng/mL,85")),
    (
        "V15",
        one("vital_status", VITAL, "P1,2019-12-31,death"),
        one("vital_status", VITAL, "P1,2022-12-31,death"),
    ),
    (
        "V16",
        one("vital_status", VITAL, "P1,2020,death") | labs("P1,CGA,2020-05,5,ng/mL,85"),
        one("vital_status", VITAL, "P1,2022-05,death"),
    ),
    ("V17", labs("P1,CGA,1899,5,ng/mL,85"), labs("P1,CGA,1951,5,ng/mL,85")),
    ("V18", labs("P1,CGA,2020-01,5,ng/mL,85"), labs("P1,CGA,2020-01-01,5,ng/mL,85")),
    (
        "V19",
        one("treatments", TREATMENTS, "P1,T1,SSA,lanreotide,2020-02-01,2020-01-31", "P2,T1,SSA,lanreotide,2020-03-01,"),
        one("treatments", TREATMENTS, "P1,T1,SSA,lanreotide,2020-02,2020-02", "P2,T1,SSA,lanreotide,2020-03-01,"),
    ),
    ("V20", labs("P1,CGA,2020-01-10,100 ng/mL,ng/mL,85"), labs("P1,CGA,2020-01-10,pending,ng/mL,85")),
    ("V21", labs('P1,CGA,2020-01-10,"1,234",ng/mL,85'), labs('P1,CGA,2020-01-10,"1234,5",ng/mL,85')),
    ("V22", labs("P1,CGA,2020-01-10,-5,ng/mL,85"), labs("P1,NEUT,2020-01-10,0,10^9/L,7")),
    ("V23", labs("P1,CREAT,2020-01-10,90,mg/dL,1.2"), labs("P1,CREAT,2020-01-10,90,umol/L,104")),
    (
        "V24",
        labs("P1,CGA,2020-01-10,100,ng/mL,85", "P1,CGA,2020-02-10,1000,ng/mL,85"),
        labs("P1,CGA,2020-01-10,100,ng/mL,85", "P1,CGA,2020-02-10,999,ng/mL,85"),
    ),
    ("V25", labs("P1,CGA,2020-01-10,100,,85"), labs("P1,CGA,2020-01-10,pending,,85")),
    ("V26", labs("P1,CGA,2020-01-10,100,furlong,85"), labs("P1,CGA,2020-01-10,100,µg/l,85")),
    ("V27", labs("P1,CGA,2020-01-10,100,U/L,20"), labs("P1,CGA,2020-01-10,100,ug/L,85")),
    (
        "V28",
        labs("P1,5HIAA_U24,2020-01-10,30,umol/24h,40", "P1,5HIAA_U24,2020-02-10,6,mg/24h,8"),
        labs("P1,CGA,2020-01-10,30,ng/mL,85", "P1,CGA,2020-02-10,31,ug/L,85"),
    ),
    (
        "V29",
        labs("P1,CGA,2020-01-10,100,ng/mL,85"),
        {"assays": ASSAYS, "labs": table(LABS_ASSAY, "P1,CGA,2020-01-10,100,ng/mL,85,A")},
    ),
    (
        "V30",
        {"assays": ASSAYS, "labs": table(LABS_ASSAY, "P1,CGA,2020-01-10,50,ng/mL,85,A", "P1,CGA,2020-02-10,50,ng/mL,100,B")},
        {"assays": ASSAYS, "labs": table(LABS_ASSAY, "P1,CGA,2020-01-10,50,ng/mL,85,A", "P1,CGA,2020-02-10,50,ng/mL,85,A")},
    ),
    (
        "V101",
        one("labs", f"{LABS},specimen", "P1,CGA,2020-01-10,50,ng/mL,85,", "P1,CGA,2020-02-10,50,ng/mL,85,serum"),
        one("labs", f"{LABS},specimen", "P1,CGA,2020-01-10,50,ng/mL,85,", "P2,CGA,2020-02-10,50,ng/mL,85,serum"),
    ),
    (
        "V101",
        one("labs", f"{LABS_ASSAY},specimen", "P1,CGA,2020-01-10,50,ng/mL,85,A,", "P1,CGA,2020-02-10,50,ng/mL,85,A,serum"),
        {"assays": ASSAYS.replace("85,", "85,one")} | one("labs", f"{LABS_ASSAY},specimen", "P1,CGA,2020-01-10,50,ng/mL,85,A,", "P1,CGA,2020-02-10,50,ng/mL,85,A,serum"),
    ),
    ("V31", labs("P1,CGA,2020-01-10,100,ng/mL,"), labs("P1,HB,2020-01-10,120,g/L,")),
    ("V91", one("assays", "assay_id,analyte,unit,lloq", "A,CGA,ng/mL,5"), one("assays", "assay_id,analyte,unit,lloq", "A,CGA,ng/mL,")),
    (
        "V32",
        {"assays": ASSAYS, "labs": table(LABS_ASSAY, "P1,CGA,2020-01-10,50,ng/mL,90,A")},
        {"assays": ASSAYS, "labs": table(LABS_ASSAY, "P1,CGA,2020-01-10,50,ng/mL,85,A")},
    ),
    ("V33", labs("P1,CGA,2020-01-10,<20,ng/mL,85"), labs("P1,CGA,2020-01-10,~20,ng/mL,85")),
    (
        "V34",
        labs("P1,CGA,2020-01-10,50,ng/mL,85") | one("concomitants", "patient_id,kind,start,end", "P1,PPI,2019-10-01,2020-01-02"),
        labs("P1,CGA,2020-01-10,50,ng/mL,85") | one("concomitants", "patient_id,kind,start,end", "P1,PPI,2019-10-01,2019-12-20"),
    ),
    (
        "V35",
        labs("P1,CGA,2020-01-10,50,ng/mL,85", "P1,EGFR,2020-01-01,29,mL/min/1.73m2,"),
        labs("P1,CGA,2020-01-10,50,ng/mL,85", "P1,EGFR,2020-01-01,30,mL/min/1.73m2,"),
    ),
    (
        "V36",
        one("labs", f"{LABS},urine_volume_ml", "P1,5HIAA_U24,2020-01-10,30,umol/24h,40,300"),
        one("labs", f"{LABS},urine_volume_ml", "P1,5HIAA_U24,2020-01-10,30,umol/24h,40,1500"),
    ),
    (
        "V37",
        labs("P1,CGA,2020-01-10,50,ng/mL,85", "P1,CGA,2020-01-10,50,ng/mL,85"),
        labs("P1,CGA,2020-01-10,50,ng/mL,85", "P1,CGA,2020-01-10,51,ng/mL,85"),
    ),
    (
        "V38",
        one("labs", f"{LABS},source_id", "P1,CGA,2020-01-10,50,ng/mL,85,L1", "P1,CGA,2020-01-10,60,ng/mL,85,L1"),
        one("labs", f"{LABS},source_id", "P1,CGA,2020-01-10,50,ng/mL,85,L1", "P1,CGA,2020-01-10,60,ng/mL,85,L2"),
    ),
    (
        "V83",
        one("labs", f"{LABS},status", "P1,CGA,2020-01-10,5,ng/mL,85,", "P1,CGA,2020-01-10,6,ng/mL,85,", "P1,CGA,2020-01-10,7,ng/mL,85,corrected"),
        one("labs", f"{LABS},status", "P1,CGA,2020-01-10,5,ng/mL,85,", "P1,CGA,2020-01-10,7,ng/mL,85,corrected"),
    ),
    ("V84", one("labs", f"{LABS},status", "P1,CGA,2020-01-10,5,ng/mL,85,entered_in_error"), {}),
    ("V85", one("labs", f"{LABS},status", "P1,CGA,2020-01-10,5,ng/mL,85,cancelled"), one("labs", f"{LABS},status", "P1,CGA,2020-01-10,5,ng/mL,85,Final")),
    ("V86", one("patients", f"{PATIENTS},consent_to_research", "P1,F,1950,withdrawn", "P2,M,1960,"), one("patients", f"{PATIENTS},consent_to_research", "P1,F,1950,no", "P2,M,1960,")),
    (
        "V40",
        lesions("P1,I1,T1,target,liver,N,20,15,yes", "P1,I2,T1,target,bone,N,20,15,yes"),
        lesions("P1,I1,T1,new,liver,N,20,15,yes", "P1,I2,T1,non_target,liver,N,20,15,yes"),
    ),
    ("V41", lesions("P1,I1,T1,target,liver,N,9,5,yes"), lesions("P1,I1,T1,target,liver,N,10,5,yes")),
    ("V42", lesions(*FIVE_TARGETS), lesions(*FIVE_TARGETS[:2])),
    (
        "V43",
        lesions("P1,I1,T1,target,liver,N,20,15,yes", "P1,I1,T2,target,liver,N,20,15,yes", "P1,I2,T1,target,liver,N,20,15,yes"),
        lesions("P1,I1,T1,target,liver,N,20,15,yes", "P1,I2,T1,target,liver,N,,,not_visible"),
    ),
    ("V44", lesions("P1,I1,T1,target,liver,N,501,15,yes"), lesions("P1,I1,T1,target,liver,N,500,15,yes")),
    ("V45", lesions("P1,I1,T1,target,liver,N,,,yes"), lesions("P1,I1,T1,target,liver,N,,,too_small")),
    ("V46", responses("P1,I1,2020-01-15,RECIST_1_1,R,SD,Y"), responses("P1,I1,2020-01-15,RECIST_1_1,R,PD,Y")),
    (
        "V48",
        responses("P1,I1,2020-01-15,RECIST_1_1,R,CR,N", "P1,I2,2020-06-15,RECIST_1_1,R,PR,N"),
        responses("P1,I1,2020-01-15,RECIST_1_1,R,PR,N", "P1,I2,2020-06-15,RECIST_1_1,R,CR,N"),
    ),
    ("V49", responses("P1,,2020-03-15,RECIST_1_1,R,SD,N"), responses("P1,,2020-02-12,RECIST_1_1,R,SD,N")),
    (
        "V50",
        responses("P1,I1,2020-01-15,RECIST_1_1,R,SD,N", "P1,,2020-01-15,RECIST_1_1,R,PD,N"),
        responses("P1,I1,2020-01-15,RECIST_1_1,R,SD,N", "P1,,2020-01-15,RECIST_1_1,Q,PD,N"),
    ),
    ("V51", uptake("P1,I1,L1,301"), uptake("P1,I1,L1,80.5")),
    (
        "V52",
        uptake("P1,I1,L1,20", "P1,I2,L1,22", imaging=PET.replace("2020-06-15,PET_CT,68Ga-DOTATOC", "2020-06-15,PET_CT,68Ga-DOTATATE")),
        uptake("P1,I1,L1,20", "P1,I2,L1,22", imaging=PET.replace("2020-06-15,PET_CT,68Ga-DOTATOC", "2020-06-15,PET_CT,18F-FDG")),
    ),
    ("V53", one("cycles", CYCLES, "P1,T1,1,2020-02-01,177Lu,7400"), one("cycles", CYCLES, "P1,T1,1,2020-02-01,177Lu,7.4")),
    ("V53", one("cycles", CYCLES, "P1,T1,1,2020-02-01,,7400"), one("cycles", CYCLES, "P1,T1,1,2020-02-01,,7.4")),
    ("V53", one("cycles", CYCLES, "P1,T1,1,2020-02-01,225Ac,8"), one("cycles", CYCLES, "P1,T1,1,2020-02-01,225Ac,0.008")),
    ("V53", one("cycles", CYCLES, "P1,T1,1,2020-02-01,111In,-6"), one("cycles", CYCLES, "P1,T1,1,2020-02-01,111In,6")),
    ("V53", SIRT | one("cycles", CYCLES, "P1,T1,1,2020-02-01,90Y,1500"), SIRT | one("cycles", CYCLES, "P1,T1,1,2020-02-01,90Y,15")),
    ("V53M", one("cycles", CYCLES, "P1,T1,1,2020-02-01,177Lu,"), one("cycles", CYCLES, "P1,T1,1,2020-02-01,177Lu,7.4")),
    (
        "V54",
        one("cycles", CYCLES, "P1,T1,1,2020-02-01,177Lu,7.4", "P1,T1,3,2020-04-01,177Lu,7.4"),
        one("cycles", CYCLES, "P1,T1,1,2020-02-01,177Lu,7.4", "P1,T1,2,2020-04-01,177Lu,7.4"),
    ),
    ("V55", one("cycles", CYCLES, *CYCLES_OF_8), one("cycles", CYCLES, *CYCLES_OF_8[:5])),
    ("V56", one("cycles", CYCLES, "P1,T1,1,2020-01-31,177Lu,7.4"), one("cycles", CYCLES, "P1,T1,1,2020-09-01,177Lu,7.4")),
    (
        "V58",
        one("vital_status", VITAL, "P1,2022-01-01,death", "P1,2022-02-01,death"),
        one("vital_status", VITAL, "P1,2022-01-01,death", "P1,2022-01,death", "P1,2022-06-01,alive_contact"),
    ),
    (
        "V59",
        one("vital_status", VITAL, "P1,2022-01-01,death", "P1,2022-01-02,alive_contact"),
        one("vital_status", VITAL, "P1,2022-01,death", "P1,2022-01-02,alive_contact"),
    ),
    (
        "V60",
        responses("P1,I1,2022-01-15,RECIST_1_1,R,PD,N"),
        responses("P1,I1,2021-12-15,RECIST_1_1,R,PD,N"),
    ),
    ("V61", one("vital_status", VITAL, "P1,2022-01-01,alive_contact"), {}),
    ("V62", one("treatments", TREATMENTS, "P1,T1,SSA,lanreotide,2020-02-01,"), {}),
    ("V67", one("toxicities", TOXICITIES, "P1,anaemia,6,2020-03-01"), one("toxicities", TOXICITIES, "P1,anaemia,4,2020-03-01")),
    (
        "V67D",
        one("toxicities", TOXICITIES, "P1,sepsis,5,2020-03-01"),
        one("toxicities", TOXICITIES, "P1,sepsis,5,2020-03-01") | one("vital_status", VITAL, "P1,2020-03-05,death"),
    ),
    ("V68", one("symptoms", SYMPTOMS, "P1,2020-01-01,ECOG,6"), one("symptoms", SYMPTOMS, "P1,2020-01-01,ECOG,5")),
    (
        "V69",
        one("patients", "patient_id,sex,birth_year,birth_date", "P1,F,1950,1951-02-01", "P2,M,1960,"),
        one("patients", "patient_id,sex,birth_year,birth_date", "P1,F,1950,1950-02-01", "P2,M,1960,"),
    ),
    ("V92", labs("P1,CGA,,5,ng/mL,85"), labs("P1,CGA,2020,5,ng/mL,85")),
    ("V92", responses("P1,,,RECIST_1_1,R,PD,N"), responses("P1,I1,,RECIST_1_1,R,PD,N")),
    ("V93", one("vital_status", VITAL, "P1,,death", "P2,2022-01-01,alive_contact"), one("vital_status", VITAL, "P1,,death", "P1,2022,death")),
    (
        "V94",
        one("treatments", TREATMENTS, "P1,T1,PRRT,177Lu-DOTATATE,,", "P2,T1,SSA,lanreotide,2020,"),
        one("treatments", TREATMENTS, "P1,T1,PRRT,177Lu-DOTATATE,,", "P2,T1,SSA,lanreotide,2020,") | one("cycles", CYCLES, "P1,T1,1,2020-02-01,177Lu,7.4"),
    ),
    (
        "V100",
        one("treatments", f"{TREATMENTS},ongoing", "P1,T1,SSA,lanreotide,2020-02-01,2020-09-01,Y", "P2,T1,SSA,lanreotide,2020,,Y"),
        one("treatments", f"{TREATMENTS},ongoing", "P1,T1,SSA,lanreotide,2020-02-01,2020-09-01,N", "P2,T1,SSA,lanreotide,2020,,Y"),
    ),
    ("V95", lesions("P1,I9,T1,target,liver,N,20,15,yes"), lesions("P1,I1,T1,target,liver,N,20,15,yes")),
    ("V95", responses("P1,I9,,RECIST_1_1,R,PD,N"), responses("P1,I9,2020-01-15,RECIST_1_1,R,PD,N")),
    ("V104", one("lesions", LESIONS, "P1,I1,T1,target,liver,N,20,15,yes"), lesions("P1,I1,T1,target,liver,N,20,15,yes")),
    ("V96", one("cycles", CYCLES, "P1,T9,1,2020-02-01,177Lu,7.4"), one("cycles", CYCLES, "P1,T1,1,2020-02-01,177Lu,7.4")),
    (
        "V97",
        {"assays": ASSAYS, "labs": table(LABS_ASSAY, "P1,CGA,2020-01-10,50,ng/mL,85,a")},
        {"assays": ASSAYS, "labs": table(LABS_ASSAY, "P1,CGA,2020-01-10,50,ng/mL,85,A", "P1,NSE,2020-01-10,50,ng/mL,16,N")},
    ),
    (
        "V98",
        {"assays": IN_TURN, "labs": table(LABS_ASSAY, "P1,CGA,2020-06,50,ng/mL,,A")},
        {"assays": IN_TURN, "labs": table(LABS_ASSAY, "P1,CGA,2020-05,50,ng/mL,,A")},
    ),
    (
        "V107",
        one("patients", "patient_id,sex,birth_year,site", "P1,F,1950,", "P2,M,1960,", "P1,F,,Bern"),
        one("patients", "patient_id,sex,birth_year,site", "P1,F,1950,Bern", "P2,M,1960,", "P1,F,,"),
    ),
    ("V105", labs("P1,CGA,2020-01-10,588 (H),ng/mL,85"), labs("P1,CGA,2020-01-10,588,ng/mL,85")),
    ("V106", labs("P1,CGA,2020-01-10,58.8 H,ng/mL,85"), labs("P1,CGA,2020-01-10,588 H,ng/mL,85")),
    ("V99", {"assays": IN_TURN.replace("2020-06-14", "2020-06")}, {"assays": IN_TURN}),
    ("V71", {"vital_status": None}, {}),
    ("V72", labs("P1,CGA,2020-01-10,588,1,ng/mL,85"), labs('P1,CGA,2020-01-10,"588,1",ng/mL,85')),
    ("V73", labs("#P1,CGA,2020-01-10,5,ng/mL,85"), {}),
    ("V87", labs("#P1,CGA,2020-01-10,5,ng/mL,85"), labs("# Export of March,,,,,", "# of the laboratory, second try", "#example,CGA,2020-01-10,5,ng/mL,85")),
    ("V74", labs("P1,CGA,2020-01-10,,ng/mL,85"), {}),
    (
        "V08",
        one("corrections", CORRECTIONS, "labs,P1,analyte=CGA,uln,99,90,typing error"),
        one("corrections", CORRECTIONS, "labs,P1,analyte=CGA,uln,85,90,typing error"),
    ),
    ("V04", one("corrections", f"{CORRECTIONS},collected", "labs,P1,analyte=CGA,uln,85,90,typing error,2020-01-10"), {}),
    ("V77", one("corrections", CORRECTIONS, "labs,Ｐ１,analyte=CGA,uln,85,90,full-width id"), one("corrections", CORRECTIONS, "labs,P9,analyte=CGA,uln,85,90,nobody")),
    ("V77", one("corrections", CORRECTIONS, "labs,P1,analyte=CGA,uln,85,90,typing error"), {}),
    ("V78", IN_DAYS | labs("P1,CGA,2020-01-10,5,ng/mL,85"), IN_DAYS),
    ("V79", IN_DAYS | one("patients", PATIENTS, "P1,F,1950", "P2,M,1960"), IN_DAYS),
    (
        "V80",
        IN_DAYS | one("assays", "assay_id,analyte,valid_from", "A,CGA,2019-01-01"),
        IN_DAYS | one("assays", "assay_id,analyte,valid_from", "A,CGA,"),
    ),
    (
        "V81",
        LABOR | {"layout.toml": f"{LAYOUT} }}\n"},
        LABOR | {"layout.toml": f'{LAYOUT}, comment = "Bett" }}\n'},
    ),
    (
        "V82",
        LABOR | {"layout.toml": f'{LAYOUT} }}\nwhere = {{ Bett = "5" }}\n'},
        LABOR | {"layout.toml": f'{LAYOUT} }}\nwhere = {{ Bett = "4" }}\n'},
    ),
]  # fmt: skip

STOPPING: dict[str, dict[str, str]] = {
    "V01": {"labs": "patient_id\nP1\n"},
    "V03": one("patients", PATIENTS, "Anna Schmidt,F,1950", "P2,M,1960"),
}
"""Rules that stop the import; the sound source passes them."""

OF_WORKBOOKS = {"V02", "V75", "V88", "V89", "V90"}
"""Rules that only a workbook can break; see its tests."""


@pytest.mark.parametrize(("rule_id", "wrong", "_right"), CASES, ids=[case[0] for case in CASES])
def test_a_rule_fires_on_wrong_data(rule_id, wrong, _right, deliver, rules_fired):
    accepted = deliver(wrong)
    assert rule_id in rules_fired(accepted)
    finding = accepted.findings.filter(pl.col("rule_id") == rule_id).row(0, named=True)
    assert finding["severity"] == RULES[rule_id].severity
    assert "«?»" not in finding["message"]


@pytest.mark.parametrize(("rule_id", "_wrong", "right"), CASES, ids=[case[0] for case in CASES])
def test_a_rule_is_silent_on_right_data(rule_id, _wrong, right, deliver, rules_fired):
    assert rule_id not in rules_fired(deliver(right))


@pytest.mark.parametrize("rule_id", STOPPING)
def test_a_rule_stops_the_import(rule_id, deliver):
    with pytest.raises(LayoutError) as stopped:
        deliver(STOPPING[rule_id])
    assert stopped.value.hint == RULES[rule_id].suggestion


def test_every_rule_has_a_case():
    assert {case[0] for case in CASES} | set(STOPPING) | OF_WORKBOOKS == set(RULES)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_rule_says_how_bad_how_far_what_and_what_to_do(rule):
    assert rule.severity in SEVERITIES
    assert rule.scope in ("cell", "row", "patient", "file")
    assert rule.message
    assert rule.suggestion.endswith((".", "?"))


WRONG = {case[0]: case[1] for case in reversed(CASES)}
NODE = lesions("P1,I1,T1,target,lymph_node,Y,20,14,yes")
SIX_TARGETS = [f"P1,I1,T{number},target,{organ},N,20,15,yes" for number, organ in enumerate(
    ("liver", "lung", "bone", "pancreas", "brain", "spleen"), start=1)]  # fmt: skip
URINE = one("labs", f"{LABS},urine_volume_ml", "P1,5HIAA_U24,2020-01-10,30,umol/24h,40,6001")
LATE_CYCLE = one("cycles", CYCLES, "P1,T1,1,2020-02-01,177Lu,7.4", "P1,T1,2,2020-08-02,177Lu,7.4")
EARLY_CYCLE = one("cycles", CYCLES, "P1,T1,1,2020-02-01,177Lu,7.4", "P1,T1,2,2020-02-28,177Lu,7.4")
YTTRIUM = one("cycles", CYCLES, "P1,T1,1,2020-02-01,90Y,6.1")
LONG_BEFORE = one("diagnoses", "patient_id,diagnosis_no,diagnosis_date", "P1,1,2019-06-01") | labs(
    "P1,CGA,1999-05-31,5,ng/mL,85"
)

THRESHOLDS: list[tuple[str, str, float, dict[str, str]]] = [
    ("V17", "first_believed_year", 1899, WRONG["V17"] | {"patients": "patient_id,sex\nP1,F\nP2,M\n"}),
    ("V17", "max_years_before_diagnosis", 21, LONG_BEFORE),
    ("V24", "jump_factor", 10.1, WRONG["V24"]),
    ("V34", "ppi_washout_days", 7, WRONG["V34"]),
    ("V35", "egfr_not_assessable_below", 29, WRONG["V35"]),
    ("V35", "egfr_window_days", 8, WRONG["V35"]),
    ("V36", "min_urine_volume_ml", 300, WRONG["V36"]),
    ("V36", "max_urine_volume_ml", 6001, URINE),
    ("V41", "target_min_mm", 9, WRONG["V41"]),
    ("V41", "target_min_node_mm", 14, NODE),
    ("V42", "max_targets_per_organ", 3, WRONG["V42"]),
    ("V42", "max_targets", 6, lesions(*SIX_TARGETS)),
    ("V44", "max_diameter_mm", 501, WRONG["V44"]),
    ("V49", "response_scan_days", 60, WRONG["V49"]),
    ("V51", "max_suv", 301, WRONG["V51"]),
    ("V53", "max_plausible_177lu_gbq", 7400, WRONG["V53"]),
    ("V53", "max_plausible_90y_gbq", 6.1, YTTRIUM),
    ("V53", "max_plausible_111in_gbq", 21, one("cycles", CYCLES, "P1,T1,1,2020-02-01,111In,21")),
    ("V53", "max_plausible_225ac_gbq", 8, one("cycles", CYCLES, "P1,T1,1,2020-02-01,225Ac,8")),
    ("V53", "max_plausible_tare_gbq", 1500, SIRT | one("cycles", CYCLES, "P1,T1,1,2020-02-01,90Y,1500")),
    ("V54", "min_cycle_gap_days", 27, EARLY_CYCLE),
    ("V54", "max_cycle_gap_days", 183, LATE_CYCLE),
    ("V55", "max_cumulative_177lu_gbq", 48, WRONG["V55"]),
]


@pytest.mark.parametrize(
    ("rule_id", "setting", "value", "wrong"), THRESHOLDS, ids=[f"{case[0]} {case[1]}" for case in THRESHOLDS]
)
def test_a_threshold_is_a_setting(rule_id, setting, value, wrong, deliver, rules_fired):
    assert rule_id in rules_fired(deliver(wrong))
    assert rule_id not in rules_fired(deliver(wrong, **{setting: value}))


def test_the_sound_source_has_no_errors(deliver):
    findings = deliver().findings
    assert set(findings.get_column("severity")) <= {"WARN", "INFO"}


@pytest.mark.parametrize(("column", "scope"), [("value_text", "row"), ("uln", "cell")])
def test_a_cell_without_which_a_row_means_nothing_costs_the_row_and_says_so(column, scope, deliver):
    cells = dict(zip(LABS.split(","), ["P1", "CGA", "2020-01-10", "5", "ng/mL", "85"], strict=True)) | {column: "1,2,3"}
    accepted = deliver(labs(",".join(f'"{text}"' for text in cells.values())))
    told = accepted.findings.filter(pl.col("rule_id") == "V20")
    assert told.select("column", "scope").rows() == [(column, scope)]
    assert accepted.tables["labs"].height == (scope == "cell")


PERSONAL = [
    "Anna Schmidt", "Schmidt, Anna", "O'Brien, Pat", "van der Berg, Jan", "Müller-Lüdenscheidt, H.", "J. Smith", "Nováková",
    "Anna\u200b Schmidt", "Anna Schmidt 1950", "anna@example.org", "500101/1234", "19500101-1234", "131052-308T",
    "123-45-6789", "603 123 456", "+49 170 1234567",
]  # fmt: skip


@pytest.mark.parametrize("patient_id", PERSONAL)
def test_personal_ids_stop_the_import_and_are_not_repeated(patient_id, deliver):
    with pytest.raises(LayoutError) as stopped:
        deliver(one("patients", PATIENTS, f'"{patient_id}",F,1950', "P2,M,1960"))
    assert stopped.value.exit_code == 11
    assert "line 2" in str(stopped.value)
    assert patient_id not in str(stopped.value)


@pytest.mark.parametrize("patient_id", PERSONAL)
def test_personal_ids_of_other_tables_stop_it_too(patient_id, deliver):
    with pytest.raises(LayoutError, match=r"labs\.csv.*ids that are not on the patients sheet: 1") as stopped:
        deliver(labs(f'"{patient_id}",CGA,2020-01-10,5,ng/mL,85'))
    assert patient_id not in str(stopped.value)


def test_surnames_alone_stop_the_import_where_most_ids_are_one(deliver):
    with pytest.raises(LayoutError):
        deliver(one("patients", PATIENTS, "Smith,F,1950", "Jones,M,1960"))


@pytest.mark.parametrize(
    "patient_id", ["P1", "LU-0042", "S-000234", "1E5", "00123", "NA", "PRRT Arm", "001-002-0003", "Alpha"]
)
def test_study_codes_pass(patient_id, deliver):
    accepted = deliver(one("patients", PATIENTS, f"{patient_id},F,1950", "P1x,F,1950", "P2,M,1960"))
    assert patient_id in accepted.tables["patients"]["patient_id"].to_list()


@pytest.mark.parametrize("birth", ["birth_year", "birth_date"])
def test_a_birth_in_the_future_is_turned_away_and_takes_no_other_date_with_it(birth, deliver):
    accepted = deliver(one("patients", f"patient_id,sex,{birth}", "P1,F,2050", "P2,M,1960"))
    told = accepted.findings.filter(pl.col("severity") == "ERROR").select("rule_id", "table", "column", "value")
    assert told.rows() == [("V13", "patients", birth, "2050")]
    assert accepted.tables["patients"][birth].null_count() == 1
    assert accepted.tables["treatments"]["start"].null_count() == 0


def test_a_birth_year_long_ago_is_asked_about_as_a_birth_date_is(deliver):
    told = deliver(one("patients", PATIENTS, "P1,F,1890", "P2,M,1960")).findings.filter(pl.col("rule_id") == "V17")
    assert told.select("column", "value", "message").rows() == [
        ("birth_year", "1890", "birth_year 1890 looks mistyped: the year is before 1900.")
    ]
