"""What the assays sheet says of a value: for its day, in its unit, and nothing where that is not known."""

from __future__ import annotations

import polars as pl
import pytest

LABS = "patient_id,analyte,collected,value_text,unit,assay_id"
IN_TURN = (
    "assay_id,analyte,unit,uln,comparable_group,valid_from,valid_to\n"
    "K,CGA,ng/mL,100,old,,2020-06-14\nK,CGA,ng/mL,200,new,2020-06-15,\n"
)
SAID = ("collected_text", "uln_used", "fold_uln", "assay_group")


def lab(day: str, unit: str = "ng/mL", analyte: str = "CGA") -> str:
    """Return a laboratory table of one value of 500."""
    return f"{LABS}\nP1,{analyte},{day},500,{unit},K\n"


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("2020-06-14", (100.0, 5.0, "old")),
        ("2020-06-15", (200.0, 2.5, "new")),
        ("2020-05", (100.0, 5.0, "old")),
        ("2020-07", (200.0, 2.5, "new")),
        ("2020-06", (None, None, "K")),
        ("2020", (None, None, "K")),
    ],
)
def test_a_month_in_which_the_assay_changes_has_neither_limit(day, said, deliver):
    accepted = deliver({"assays": IN_TURN, "labs": lab(day)})
    assert accepted.tables["labs"].select(SAID).rows() == [(day, *said)]
    assert ("V98" in accepted.findings["rule_id"].to_list()) == (said[0] is None)


def test_a_month_in_which_the_assay_begins_has_no_limit(deliver):
    sheet = "assay_id,analyte,unit,uln,valid_from\nK,CGA,ng/mL,100,2020-06-15\n"
    assert deliver({"assays": sheet, "labs": lab("2020-06")}).tables["labs"]["uln_used"].to_list() == [None]


@pytest.mark.parametrize(
    ("analyte", "reported", "of_assay", "limit"),
    [
        ("CGA", "µg/l", "ng/mL", 100.0),
        ("5HIAA_U24", "mg/24h", "umol/24h", pytest.approx(100 / 5.231)),
        ("CGA", "U/L", "ng/mL", None),
        ("CGA", "U/L", "U/L", 100.0),
    ],
)
def test_the_limit_of_the_assay_is_turned_into_the_unit_of_the_value_where_that_is_safe(
    analyte, reported, of_assay, limit, deliver
):
    sheet = f"assay_id,analyte,unit,uln\nK,{analyte},{of_assay},100\n"
    labs = deliver({"assays": sheet, "labs": lab("2020-01-10", reported, analyte)}).tables["labs"]
    assert labs["uln_used"].to_list() == [limit]
    assert labs["fold_uln"].item() == (None if limit is None else pytest.approx(500 / labs["uln_used"].item()))


def test_an_assay_written_otherwise_is_asked_about(deliver):
    sheet = "assay_id,analyte,unit,uln\nKryptor,CGA,ng/mL,100\n"
    told = deliver({"assays": sheet, "labs": lab("2020-01-10").replace(",K\n", ",KRYPTOR\n")}).findings
    assert told.filter(pl.col("rule_id") == "V97")["message"].to_list() == [
        "CGA values of the assay «KRYPTOR», of which the assays sheet has no row for their day: 1. "
        "Did you mean «Kryptor»?"
    ]


def test_a_new_row_of_one_assay_in_another_group_breaks_the_series_and_is_told(deliver):
    rows = "".join(f"P1,CGA,{day},500,ng/mL,K\n" for day in ("2020-05-01", "2020-06-14", "2020-06-15", "2020-07-01"))
    told = deliver({"assays": IN_TURN, "labs": f"{LABS}\n{rows}"}).findings.filter(pl.col("rule_id") == "V30")
    assert told.select("row", "message").rows() == [
        (4, "CGA is measured differently from here: old, then new. Change is not computed across.")
    ]
