"""REDCap projects as people build them: HTML in labels, letters as codes, forms in several events, exports of labels."""

# ruff: noqa: E501 - exports are wide
from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from analytics.errors import LayoutError
from analytics.intake.accept import accept_source
from analytics.intake.redcap import suggest_redcap_layout

HEAD = '"Variable / Field Name","Form Name","Field Type","Field Label","Choices, Calculations, OR Slider Labels","Field Note","Text Validation Type OR Show Slider Number"\n'
PERSON = 'record_id,demographics,text,Record ID,,,\nsex,demographics,radio,"<b>Sex</b>:","1, Female | 2, Male",,\ndob,demographics,text,Date of birth *,,,date_dmy\n'


def propose(folder: Path, fields: str, export: str) -> str:
    (folder / "dictionary.csv").write_text(HEAD + PERSON + fields, encoding="utf-8")
    (folder / "data.csv").write_text(export, encoding="utf-8")
    return suggest_redcap_layout(folder / "dictionary.csv", folder / "data.csv")


def read(folder: Path, proposal: str):
    (folder / "data.layout.toml").write_text(proposal, encoding="utf-8")
    return accept_source(folder / "data.csv")


def test_labels_are_read_without_their_html(tmp_path):
    proposal = propose(tmp_path, "", "record_id;sex;dob\n1;1;1950-04-17\n")
    assert read(tmp_path, proposal).tables["patients"].select("sex", "birth_date").rows() == [("F", date(1950, 4, 17))]


def test_a_letter_whose_label_is_not_known_is_not_read(tmp_path):
    """«M» of «Mujer» is no man."""
    propose(tmp_path, "", "record_id,sex,dob\n1,M,1950-04-17\n")
    (tmp_path / "dictionary.csv").write_text(
        HEAD + PERSON.replace('"1, Female | 2, Male"', '"M, Mujer | H, Hombre"'), encoding="utf-8"
    )
    proposal = suggest_redcap_layout(tmp_path / "dictionary.csv", tmp_path / "data.csv")
    accepted = read(tmp_path, proposal)
    assert accepted.tables["patients"]["sex"].to_list() == [None]
    assert "V09" in accepted.findings["rule_id"]
    answered = proposal.replace('"M" = "?"', '"M" = "F"')
    assert read(tmp_path, answered).tables["patients"]["sex"].to_list() == ["F"]


DIAGNOSIS = 'dx_date,diagnosis,text,Date of diagnosis,,,\nprimary_site,diagnosis,dropdown,Primary site,"1, Lung",,\n'
METS = 'mets,diagnosis,checkbox,Metastatic sites,"1, Liver | 2, Bone and spine | -99, Bone",,\n'


def test_boxes_have_the_names_that_redcap_exports(tmp_path):
    export = "record_id,sex,dob,dx_date,primary_site,mets___1,mets____99\n1,1,1950-04-17,2019-01-01,1,1,1\n"
    proposal = propose(tmp_path, DIAGNOSIS + METS, export)
    assert read(tmp_path, proposal).tables["diagnoses"]["metastatic_sites"].to_list() == [["liver", "bone"]]
    assert '# "mets___2" is not in the export  «Bone and spine»' in proposal.splitlines()


def test_a_ticked_box_that_nobody_translated_makes_the_list_unknown(tmp_path):
    export = "record_id,sex,dob,dx_date,primary_site,mets___1,mets___2\n1,1,1950-04-17,2019-01-01,1,1,1\n2,1,1950-04-17,2019-01-01,1,1,0\n"
    accepted = read(tmp_path, propose(tmp_path, DIAGNOSIS + METS, export))
    assert accepted.tables["diagnoses"]["metastatic_sites"].to_list() == [None, ["liver"]]
    assert "V09" in accepted.findings["rule_id"]


def test_a_form_filled_in_several_events_is_not_numbered_one(tmp_path):
    export = (
        "record_id,redcap_event_name,sex,dob,dx_date,primary_site\n"
        "1,base_arm_1,1,1950-04-17,2019-01-01,1\n1,later_arm_1,,,2021-01-01,1\n"
    )
    once = export.replace("1,later_arm_1,,,2021-01-01,1\n", "")
    assert "# diagnosis_no = ?  a number for each row of a patient" in propose(tmp_path, DIAGNOSIS, export)
    assert tomllib.loads(propose(tmp_path, DIAGNOSIS, once))["tables"]["diagnoses"]["constants"] == {
        "diagnosis_no": "1"
    }


PRRT = 'drug,prrt,text,Drug,,,\nstart_date,prrt,text,Start date,,,\ntx_type,prrt,dropdown,Treatment type,"1, PRRT",,\n'
SYSTEMIC = (
    'drug2,systemic,text,Drug,,,\nstart2,systemic,text,Start date,,,\ntx2,systemic,dropdown,Treatment type,"1, SSA",,\n'
)
TREATED = (
    "record_id,redcap_event_name,redcap_repeat_instrument,redcap_repeat_instance,sex,dob,drug,start_date,tx_type,drug2,start2,tx2\n"
    "1,base_arm_1,,,1,1950-04-17,,,,,,\n1,base_arm_1,prrt,1,,,Lu-177,2020-02-01,1,,,\n"
    "1,base_arm_1,systemic,1,,,,,,lanreotide,2021-02-01,1\n"
)


def test_instances_of_two_forms_are_two_treatments(tmp_path):
    accepted = read(tmp_path, propose(tmp_path, PRRT + SYSTEMIC, TREATED))
    assert accepted.tables["treatments"].select("treatment_id", "agent").sort("treatment_id").rows() == [
        ("prrt base_arm_1 1", "Lu-177"),
        ("systemic base_arm_1 1", "lanreotide"),
    ]


def test_two_forms_that_do_not_repeat_are_asked_about(tmp_path):
    export = "record_id,sex,dob,drug,start_date,tx_type,drug2,start2,tx2\n1,1,1950-04-17,Lu-177,2020-02-01,1,lanreotide,2021-02-01,1\n"
    asked = "# treatment_id = ?  several forms fill treatments: it must tell their rows of a patient apart"
    assert propose(tmp_path, PRRT + SYSTEMIC, export).splitlines().count(asked) == 2


def test_a_repeating_form_is_found_by_its_label(tmp_path):
    proposal = propose(
        tmp_path,
        PRRT,
        TREATED.replace(",prrt,", ",PRRT,")
        .replace(",drug2,start2,tx2", "")
        .replace(",,,\n", "\n")
        .replace("1,base_arm_1,systemic,1,,,,,,lanreotide,2021-02-01,1\n", ""),
    )
    assert tomllib.loads(proposal)["tables"]["treatments"]["where"] == {"redcap_repeat_instrument": "PRRT"}


def test_a_birth_is_no_day_of_a_sample(tmp_path):
    visit = "cga,demographics,text,Chromogranin A,,ng/mL,number\n"
    export = "record_id,sex,dob,cga\n1,1,1950-04-17,588\n"
    lines = propose(tmp_path, visit, export).splitlines()
    assert "# collected = ?  needed: the day the sample was taken" in lines
    seen = propose(
        tmp_path,
        visit + "seen,demographics,text,Seen on,,,date_dmy\n",
        export.replace("cga\n", "cga,seen\n").replace("588\n", "588,2020-01-01\n"),
    )
    assert 'collected = "seen"' in seen.splitlines()


def test_fields_of_one_label_are_a_question(tmp_path):
    fields = PRRT + "start_b,prrt,text,Start date,,,\n"
    export = "record_id,sex,dob,drug,start_date,start_b,tx_type\n1,1,1950-04-17,Lu-177,2020-02-01,2020-03-01,1\n"
    assert "# start = ?  one of: start_date, start_b" in propose(tmp_path, fields, export).splitlines()


def test_codes_for_missing_data_that_also_stand_in_other_fields_are_named(tmp_path):
    export = "record_id,sex,dob,cga\n1,9,1950-04-17,9\n2,1,1950-04-17,12\n"
    lines = propose(tmp_path, "cga,blood,text,Chromogranin A,,ng/mL,number\n", export).splitlines()
    assert '# missing = ["9"] ?  none of the choices: do they mean that nothing is known?' in lines
    assert "# then nothing is known either where they stand in: cga" in lines


def test_an_export_without_rows_shows_its_columns(tmp_path):
    assert 'sex = "sex"' in propose(tmp_path, "", "record_id,sex,dob\n").splitlines()


def test_an_export_with_labels_in_its_header_is_refused(tmp_path):
    with pytest.raises(LayoutError, match="labels of the fields and not their names"):
        propose(tmp_path, "", "Record ID,Sex,Date of birth\n1,Female,1950-04-17\n")


def test_an_export_of_labels_under_the_names_of_fields_is_read(tmp_path):
    export = "record_id,sex,dob,dx_date,primary_site,mets___1,mets___2\n1,Female,1950-04-17,2019-01-01,Lung,Checked,Unchecked\n"
    tables = read(tmp_path, propose(tmp_path, DIAGNOSIS + METS, export)).tables
    assert tables["patients"]["sex"].to_list() == ["F"]
    assert tables["diagnoses"].select("primary_site", pl.col("metastatic_sites").list.join(";")).rows() == [
        ("lung", "liver")
    ]
