"""Flags of laboratories beside a number: the number is used, and asked about where the flag contradicts it."""

from __future__ import annotations

import pytest

LABS = "patient_id,analyte,collected,value_text,unit,lln,uln\n"

CASES = {
    "58.8 H": "the upper limit is 85",
    "85 HH": "the upper limit is 85",
    "<80 (H)": "the upper limit is 85",
    ">80 (H)": None,
    "588 [H]": None,
    "588 ↓": "the lower limit is 10",
    "10 L": "the lower limit is 10",
    "<20 (L)": None,
    ">20 (L)": "the lower limit is 10",
    "5 LL": None,
    "86 N": "the upper limit is 85",
    "85 N": None,
    "9 (N)": "the lower limit is 10",
    "<9 (N)": "the lower limit is 10",
    "~588 N": None,
}


@pytest.mark.parametrize("text", CASES)
def test_a_flag_that_contradicts_the_limits_is_asked_about(text, deliver):
    accepted = deliver({"labs": f"{LABS}P1,CGA,2020-01-10,{text},ng/mL,10,85\n"})
    assert accepted.tables["labs"]["value"].null_count() == 0
    asked = accepted.findings.filter(rule_id="V106")
    assert asked.height == (CASES[text] is not None)
    assert all(CASES[text] in message for message in asked["message"])
    assert accepted.findings.filter(rule_id="V105").height == 1


@pytest.mark.parametrize(("text", "n_asked"), [("588 L", 1), ("58 L", 0), ("58 H", 1), ("588 H", 0)])
def test_without_a_lower_limit_the_upper_one_decides(text, n_asked, deliver):
    accepted = deliver({"labs": f"{LABS}P1,CGA,2020-01-10,{text},ng/mL,,85\n"})
    assert accepted.findings.filter(rule_id="V106").height == n_asked


def test_the_text_stays_as_it_was_reported(deliver):
    labs = deliver(
        {"labs": f"{LABS}P1,CGA,2020-01-10,588 (H),ng/mL,,85\nP1,CGA,2020-02-10,pending,ng/mL,,85\n"}
    ).tables["labs"]
    assert labs["value_text"].to_list() == ["588 (H)", "pending"]
    assert labs["value"].to_list() == [588, None]
