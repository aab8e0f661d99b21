"""A longitudinal REDCap project with arms, repeating instruments, boxes and missing-data codes, through its dictionary."""

# ruff: noqa: E501 - exports are wide
from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from analytics.errors import LayoutError, SourceError
from analytics.intake.accept import accept_source
from analytics.intake.redcap import suggest_redcap_layout

DICTIONARY = """Variable / Field Name,Form Name,Section Header,Field Type,Field Label,"Choices, Calculations, OR Slider Labels"
record_id,demographics,,text,Record ID,
sex,demographics,,radio,Sex,"1, Female | 2, Male | 9, Not stated"
dob,demographics,,text,Date of birth,
consent,demographics,,yesno,Consent to research,
dx_date,diagnosis,,text,Date of diagnosis,
primary_site,diagnosis,,dropdown,Primary site,"1, Pancreas | 2, Small bowel | 3, Lung | 88, Unknown primary"
grade,diagnosis,,radio,Grade,"1, G1 | 2, G2 | 3, G3"
ki67,diagnosis,,text,Ki-67 (%),
mets,diagnosis,,checkbox,Metastatic sites,"1, Liver | 2, Bone | 3, Lymph nodes | 4, Peritoneum"
lab_date,lab_results,,text,Collection date,
lab_test,lab_results,,dropdown,Test,"cga, Chromogranin A | nse, NSE | hiaa, 5-HIAA (24 h urine)"
lab_value,lab_results,,text,Result,
lab_unit,lab_results,,text,Unit,
lab_uln,lab_results,,text,Upper limit,
drug,treatments,,dropdown,Drug,"1, Lanreotide | 2, Octreotide LAR | 3, Lu-177 DOTATATE | 4, Everolimus"
tx_type,treatments,,dropdown,Treatment type,"1, SSA | 2, PRRT | 3, Targeted therapy"
start_date,treatments,,text,Start date,
end_date,treatments,,text,End date,
followup_date,vital_status,,text,Date,
vital,vital_status,,radio,Vital status,"1, Alive | 2, Dead"
qol,quality_of_life,,slider,Quality of life,
"""

EXPORT = """record_id,redcap_event_name,redcap_repeat_instrument,redcap_repeat_instance,redcap_data_access_group,sex,dob,consent,demographics_complete,dx_date,primary_site,grade,ki67,mets___1,mets___2,mets___3,mets___4,diagnosis_complete,lab_date,lab_test,lab_value,lab_unit,lab_uln,lab_results_complete,drug,tx_type,start_date,end_date,treatments_complete,followup_date,vital,vital_status_complete,qol,quality_of_life_complete
1001,baseline_arm_1,,,centre_a,1,1950-04-17,1,2,2019-11-05,2,2,7,1,0,1,0,2,,,,,,,,,,,,,,,,
1001,baseline_arm_1,lab_results,1,centre_a,,,,,,,,,,,,,,2020-01-10,cga,588.1,ng/mL,85,2,,,,,,,,,,
1001,follow_up_arm_1,lab_results,1,centre_a,,,,,,,,,,,,,,2020-07-10,cga,201,ng/mL,85,2,,,,,,,,,,
1001,baseline_arm_1,treatments,1,centre_a,,,,,,,,,,,,,,,,,,,,3,2,2020-02-01,2020-09-01,2,,,,,
1001,follow_up_arm_1,treatments,1,centre_a,,,,,,,,,,,,,,,,,,,,1,1,2021-02-01,,2,,,,,
1001,follow_up_arm_1,,,centre_a,,,,,,,,,,,,,,,,,,,,,,,,,2022-03-01,1,2,70,2
1002,baseline_arm_2,,,centre_b,2,1961-02-01,0,2,2020-01,1,-99,-99,0,0,0,0,2,,,,,,,,,,,,,,,,
1002,baseline_arm_2,lab_results,1,centre_b,,,,,,,,,,,,,,2020-03-10,hiaa,40,mg/24h,8,2,,,,,,,,,,
1002,follow_up_arm_2,,,centre_b,,,,,,,,,,,,,,,,,,,,,,,,,2022-05-01,2,2,-99,2
"""

ANSWERS = {
    '# missing = ["-99"] ?  none of the choices: do they mean that nothing is known?': 'missing = ["-99"]',
    '# "9" = ?  «Not stated»': '"9" = "unknown"',
    '"mets___3" = "?"  # «Lymph nodes» Did you mean «lymph_node»?': '"mets___3" = "lymph_node"',
    '# "hiaa" = ?  «5-HIAA (24 h urine)»': '"hiaa" = "5HIAA_U24"',
    '# "3" = ?  «Targeted therapy» Did you mean «targeted»?': '"3" = "targeted"',
    '# "1" = ?  «Alive»': '"1" = "alive_contact"',
    '# "2" = ?  «Dead» Did you mean «death»?': '"2" = "death"',
}
"""What a person answers to the lines that were left open."""


@pytest.fixture
def export(tmp_path: Path) -> Path:
    (tmp_path / "dictionary.csv").write_text(DICTIONARY, encoding="utf-8")
    (tmp_path / "data.csv").write_text(EXPORT, encoding="utf-8")
    return tmp_path / "data.csv"


@pytest.fixture
def proposal(export: Path) -> str:
    return suggest_redcap_layout(export.with_name("dictionary.csv"), export)


def test_the_proposal_is_a_layout_as_it_stands(proposal):
    tables = tomllib.loads(proposal)["tables"]
    assert list(tables) == ["patients", "diagnoses", "labs", "treatments", "vital_status"]
    assert tables["labs"]["where"] == {"redcap_repeat_instrument": "lab_results"}
    assert tables["patients"]["codes"]["consent_to_research"] == {"1": "Y", "0": "N"}
    assert "# the form quality_of_life fits no table" in proposal


def test_what_the_dictionary_does_not_tell_is_left_open(proposal):
    assert [line for line in proposal.splitlines() if "= ?" in line or "] ?" in line or '"?"' in line] == list(ANSWERS)


def test_the_export_is_read_when_the_open_lines_are_answered(export, proposal):
    for asked, answered in ANSWERS.items():
        proposal = proposal.replace(asked, answered)
    export.with_name("data.layout.toml").write_text(proposal, encoding="utf-8")
    accepted = accept_source(export)
    tables = accepted.tables
    assert tables["patients"].select("patient_id", "sex", "site", "consent_to_research").rows() == [
        ("1001", "F", "centre_a", "Y"),
        ("1002", "M", "centre_b", "N"),
    ]
    assert tables["diagnoses"].select("primary_site", "grade", "ki67_pct", "metastatic_sites").rows() == [
        ("small_bowel", "G2", 7.0, ["liver", "lymph_node"]),
        ("pancreas", None, None, None),
    ]
    assert tables["labs"].select("patient_id", "analyte", "value", "uln", "_row").rows() == [
        ("1001", "CGA", 588.1, 85.0, 3),
        ("1001", "CGA", 201.0, 85.0, 4),
        ("1002", "5HIAA_U24", 40.0, 8.0, 9),
    ]
    assert tables["treatments"].select("treatment_id", "category", "agent", "start").rows() == [
        ("baseline_arm_1 1", "PRRT", "Lu-177 DOTATATE", date(2020, 2, 1)),
        ("follow_up_arm_1 1", "SSA", "Lanreotide", date(2021, 2, 1)),
    ]
    assert tables["vital_status"].select("patient_id", "kind").rows() == [("1001", "alive_contact"), ("1002", "death")]
    told = accepted.findings
    assert told.filter(pl.col("severity") == "ERROR")["rule_id"].to_list() == ["V62"]
    assert "qol" in told.filter(pl.col("rule_id") == "V81")["message"].item()


def test_another_file_is_no_dictionary(tmp_path):
    (tmp_path / "a.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(LayoutError, match="no REDCap data dictionary"):
        suggest_redcap_layout(tmp_path / "a.csv", tmp_path / "a.csv")


def test_a_treatment_of_a_repeating_event_is_named_by_event_and_instance(tmp_path):
    (tmp_path / "dictionary.csv").write_text(
        "Variable / Field Name,Form Name,Field Type,Field Label\n"
        "record_id,patients,text,Record\nsex,patients,text,Sex\ndrug,treatments,text,Drug\nstart_date,treatments,text,Start\n"
        "scan_type,imaging,text,Scan\nscan_date,imaging,text,Date\nki67,pathology,text,Ki-67\n",
        encoding="utf-8",
    )
    (tmp_path / "data.csv").write_text(
        "record_id,redcap_event_name,redcap_repeat_instrument,redcap_repeat_instance,sex,drug,start_date,scan_type,scan_date,ki67\n"
        "1,baseline,,,F,,,,,\n1,line,,1,,lanreotide,2020-01-01,,,\n1,line,,2,,everolimus,2021-01-01,,,\n"
        "1,baseline,pathology,1,,,,,,7\n",
        encoding="utf-8",
    )
    proposal = suggest_redcap_layout(tmp_path / "dictionary.csv", tmp_path / "data.csv")
    tables = tomllib.loads(proposal)["tables"]
    assert tables["treatments"]["joined"] == {"treatment_id": ["redcap_event_name", "redcap_repeat_instance"]}
    assert tables["imaging"]["joined"] == {"imaging_id": ["redcap_event_name", "redcap_repeat_instance"]}
    assert "# specimen_no = ?  a number for each row of a patient" in proposal
    assert "# category = ?  needed: " in proposal


def test_two_forms_that_fill_one_table_are_read_back(tmp_path):
    forms = "".join(
        f'{form}_date,labs_{form},text,Collection date,\n{form}_test,labs_{form},radio,Test,"cga, CGA"\n'
        f"{form}_value,labs_{form},text,Result,\n{form}_unit,labs_{form},text,Unit,\n"
        for form in ("first", "later")
    )
    (tmp_path / "dictionary.csv").write_text(
        'Variable / Field Name,Form Name,Field Type,Field Label,"Choices, Calculations, OR Slider Labels"\n'
        f'record_id,demographics,text,Record,\nsex,demographics,radio,Sex,"1, F"\ndob,demographics,text,Date of birth,\n{forms}',
        encoding="utf-8",
    )
    (tmp_path / "export").mkdir()
    (tmp_path / "export" / "data.csv").write_text(
        "record_id,redcap_repeat_instrument,sex,dob,first_date,first_test,first_value,first_unit,later_date,later_test,later_value,later_unit\n"
        "1,,1,1950-04-17,2020-01-10,cga,588,ng/mL,,,,\n1,labs_later,,,,,,,2020-04-10,cga,300,ng/mL\n",
        encoding="utf-8",
    )
    proposal = suggest_redcap_layout(tmp_path / "dictionary.csv", tmp_path / "export")
    (tmp_path / "export" / "layout.toml").write_text(proposal, encoding="utf-8")
    assert accept_source(tmp_path / "export").tables["labs"]["value"].to_list() == [588.0, 300.0]


@pytest.mark.parametrize("name", ["dictionary.csv", "data.csv"])
def test_a_dictionary_or_an_export_that_is_not_there_is_named(name, export):
    export.with_name(name).unlink()
    with pytest.raises(SourceError, match=f"^{name}: The file cannot be read .No such file"):
        suggest_redcap_layout(export.with_name("dictionary.csv"), export)


def test_the_folder_of_an_export_stands_for_it_where_there_is_one(export, proposal):
    assert suggest_redcap_layout(export.with_name("dictionary.csv"), export.parent) == proposal
    export.with_name("more.csv").write_text(EXPORT, encoding="utf-8")
    with pytest.raises(LayoutError, match=r"it holds data.csv, more.csv. Name the file: lutetia check EXPORT.csv"):
        suggest_redcap_layout(export.with_name("dictionary.csv"), export.parent)


WIDE = """Variable / Field Name,Form Name,Field Type,Field Label,"Choices, Calculations, OR Slider Labels",Field Note,Text Validation Type OR Show Slider Number
record_id,demographics,text,Record ID,,,
sex,demographics,radio,Sex,"1, Female | 2, Male",,
dob,demographics,text,Date of birth,,,date_ymd
bdate,blood,text,Blood taken on,,,date_dmy
cga,blood,text,Chromogranin A,,ng/mL,number
nse_ng_ml,blood,text,NSE,,,number
crea,blood,text,Creatinine (µmol/L),,,number
hb,blood,text,Hb,,,number
haemolysed,blood,yesno,Haemolysed,,,
"""
WIDE_EXPORT = """record_id,redcap_event_name,redcap_repeat_instrument,redcap_repeat_instance,sex,dob,bdate,cga,nse_ng_ml,crea,hb,haemolysed
1,baseline_arm_1,,,1,1950-04-17,,,,,,
1,visit_1_arm_1,blood,1,,,2020-01-10,588.1,<5,80,13.5,0
1,visit_1_arm_1,blood,2,,,2020-02-10,201,,,,0
2,baseline_arm_2,,,2,1961-02-01,,,,,,
2,visit_1_arm_2,blood,1,,,2020-03-10,85,14.2,,,0
"""


def test_a_form_of_one_field_an_analyte_is_a_wide_table(tmp_path):
    (tmp_path / "dictionary.csv").write_text(WIDE, encoding="utf-8")
    (tmp_path / "data.csv").write_text(WIDE_EXPORT, encoding="utf-8")
    proposal = suggest_redcap_layout(tmp_path / "dictionary.csv", tmp_path / "data.csv")
    assert proposal.count("# unit = ?  needed among the constants") == 1
    proposal = proposal.replace('{ analyte = "HB" }', '{ analyte = "HB", unit = "g/dL" }')
    (tmp_path / "data.layout.toml").write_text(proposal, encoding="utf-8")
    labs = accept_source(tmp_path / "data.csv").tables["labs"].sort("_row", "analyte")
    assert labs.select("patient_id", "analyte", "collected", "value", "unit").rows() == [
        ("1", "CGA", date(2020, 1, 10), 588.1, "ng/mL"),
        ("1", "CREAT", date(2020, 1, 10), 80.0, "µmol/L"),
        ("1", "HB", date(2020, 1, 10), 13.5, "g/dL"),
        ("1", "NSE", date(2020, 1, 10), 5.0, "ng/ml"),
        ("1", "CGA", date(2020, 2, 10), 201.0, "ng/mL"),
        ("2", "CGA", date(2020, 3, 10), 85.0, "ng/mL"),
        ("2", "NSE", date(2020, 3, 10), 14.2, "ng/ml"),
    ]
