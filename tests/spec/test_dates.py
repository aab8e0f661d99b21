"""Partial dates and ties, from the hospital's file to the day used."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from analytics.intake.accept import Accepted, accept_source

AS_OF = date(2026, 11, 20)
Read = Callable[..., Accepted]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Return what intake accepts of one patient's treatment, deaths and responses."""

    def accept(*, start: str = "2020-01-01", end: str = "", status: str = "", responses: str = "") -> Accepted:
        tables = {
            "patients": "patient_id,sex\nP1,F\n",
            "labs": "patient_id,analyte,collected,value_text,unit\n",
            "treatments": f"patient_id,treatment_id,category,agent,start,end\nP1,T1,SSA,lanreotide,{start},{end}\n",
            "vital_status": f"patient_id,date,kind\n{status}",
            "responses": f"patient_id,date,criteria,reader,response\n{responses}",
        }
        for name, text in tables.items():
            (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
        return accept_source(tmp_path, {}, as_of=AS_OF)

    return accept


@pytest.mark.parametrize(
    ("text", "used", "precision"),
    [("2020-03-04", "2020-03-04", "D"), ("2020-03", "2020-03-01", "M"), ("2020", "2020-01-01", "Y")],
)
def test_a_start_is_filled_with_the_first_day_and_keeps_its_precision(read: Read, text: str, used: str, precision: str):
    """D1, D2: a complete date never moves."""
    row = read(start=text).tables["treatments"].row(0, named=True)
    assert (str(row["start"]), row["start_precision"], row["start_text"]) == (used, precision, text)


@pytest.mark.parametrize(
    ("death", "end"),
    [
        ("2020-06-10", "2020-06-10"),  # an end known to the month is not after death
        ("2020-07-10", "2020-06-30"),
        ("2020-05-20", "None"),  # surely after death: the cell is not used, rather than moved outside its text
    ],
)
def test_an_end_is_filled_with_the_last_day_but_not_beyond_death(read: Read, death: str, end: str):
    """D2."""
    accepted = read(end="2020-06", status=f"P1,{death},death\n")
    assert str(accepted.tables["treatments"]["end"][0]) == end


def test_a_death_known_to_the_month_is_the_first_day_after_the_last_proof_of_life(read: Read):
    """D2: within its month."""
    accepted = read(status="P1,2020-06,death\nP1,2020-06-12,alive_contact\n")
    deaths = accepted.tables["vital_status"].filter(kind="death")
    assert str(deaths["date"][0]) == "2020-06-12"


@pytest.mark.parametrize(
    ("start", "end"), [("2020", "2020"), ("2020-06", "2020"), ("2020", "2020-06"), ("2020-06", "2020-06")]
)
def test_start_and_end_that_overlap_never_cross(read: Read, start: str, end: str):
    """D3: one is filled forwards, the other backwards, so that no order has to be invented."""
    row = read(start=start, end=end).tables["treatments"].row(0, named=True)
    assert row["start"] <= row["end"]
    assert {row["start_precision"], row["end_precision"]} <= {"M", "Y"}


def test_two_responses_of_one_reader_on_one_day_are_named_with_both_their_lines(read: Read):
    """T11: a tie inside one source is a finding, and the worst is used."""
    tied = read(responses="P1,2020-04-01,RECIST_1_1,R,SD\nP1,2020-04-01,RECIST_1_1,R,PD\n")
    [message] = tied.findings.filter(rule_id="V50")["message"].unique().to_list()
    assert message == "One reader gives 2 responses on 2020-04-01 (lines 2, 3): SD, PD. The worst is used."
    two = read(responses="P1,2020-04-01,RECIST_1_1,R,SD\nP1,2020-04-01,RECIST_1_1,Q,PD\n")
    assert two.findings.filter(rule_id="V50").is_empty()


def test_a_partial_response_after_a_complete_one_is_asked_about(read: Read):
    """R8."""
    after = read(responses="P1,2020-04-01,RECIST_1_1,R,CR\nP1,2020-07-01,RECIST_1_1,R,PR\n")
    assert after.findings.filter(rule_id="V48").height == 1
