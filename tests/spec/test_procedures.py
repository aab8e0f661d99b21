"""Every procedure and drug that guidance names is a treatment the model knows, and takes its part in the lines."""

from __future__ import annotations

import pytest

from analytics.catalogue.settings import Settings
from analytics.catalogue.treatments import AGENTS
from analytics.endpoints.times import derive_times_to_event
from analytics.longitudinal.lines import derive_lines
from tests.by_hand import accept_by_hand

KNOWN = {agent.code: agent for agent in AGENTS}


@pytest.mark.parametrize(
    ("agent", "category", "nuclide", "line"),
    [
        ("RFA", "ablation", "", "liver_directed"),
        ("IRE", "ablation", "", "liver_directed"),
        ("resection", "surgery_primary", "", "surgery"),
        ("metastasectomy", "surgery_metastasis", "", "surgery"),
        ("bland", "TAE", "", "liver_directed"),
        ("TACE_drug_eluting_beads", "TACE", "", "liver_directed"),
        ("TARE_resin", "TARE_SIRT", "90Y", "liver_directed"),
        ("TARE_glass", "TARE_SIRT", "90Y", "liver_directed"),
        ("EBRT", "EBRT", "", "radiotherapy"),
        ("177Lu-DOTATATE", "PRRT", "177Lu", "PRRT"),
        ("lanreotide", "SSA", "", "SSA"),
        ("5FU_DTIC_EPI", "chemotherapy", "", "chemotherapy"),
        ("STZ_5FU", "chemotherapy", "", "chemotherapy"),
        ("STZ_DOX", "chemotherapy", "", "chemotherapy"),
        ("cisplatin_etoposide", "chemotherapy", "", "chemotherapy"),
        ("carboplatin_etoposide", "chemotherapy", "", "chemotherapy"),
        ("everolimus", "targeted", "", "targeted"),
    ],
)
def test_a_named_treatment_makes_a_line_of_its_kind(agent: str, category: str, nuclide: str, line: str):
    assert (KNOWN[agent].category, KNOWN[agent].nuclide) == (category, nuclide)
    row = f"P1 | T1 | {category} | {agent} | 2020-01-01"
    tables = accept_by_hand({"treatments": f"patient_id | treatment_id | category | agent | start\n{row}"})
    lines = derive_lines(tables, Settings()).collect()
    assert lines.select("treatment", "agents").rows() == [(line, agent)]


def test_zoledronate_protects_bone_and_makes_no_line():
    assert KNOWN["zoledronate"].category == "bone_protecting"
    grid = "patient_id | treatment_id | category | agent | start\nP1 | T1 | bone_protecting | zoledronate | 2020-01-01"
    assert derive_lines(accept_by_hand({"treatments": grid}), Settings()).collect().is_empty()


@pytest.mark.parametrize(
    ("row", "discontinued"),
    [
        ("ablation | RFA | 2020-01-01 |", (None, "a procedure is not discontinued")),
        ("TACE | bland | 2020-01-01 | 2020-03-01", (None, "a procedure is not discontinued")),
        ("targeted | everolimus | 2020-01-01 | 2020-03-01", (61, "end of treatment")),
    ],
)
def test_what_is_done_in_a_day_is_not_discontinued(row: str, discontinued: tuple[int | None, str]):
    """It would be an event on its first day; the time to the next treatment it has as every line."""
    tables = accept_by_hand(
        {
            "treatments": f"patient_id | treatment_id | category | agent | start | end\nP1 | T1 | {row}",
            "vital_status": "patient_id | date | kind\nP1 | 2020-12-30 | alive_contact",
        }
    )
    times = derive_times_to_event(tables, derive_lines(tables, Settings()), Settings()).collect()
    assert times.filter(endpoint="TTD").select("days", "reason").row(0) == discontinued
    assert times.filter(endpoint="TTNT").select("days", "reason").row(0) == (365, "no event")


LANREOTIDE = "SSA | lanreotide | 2018-01-01 | 2019-01-01"
EVEROLIMUS = "targeted | everolimus | 2018-01-01 |"
CAPTEM = "chemotherapy | CAPTEM | 2018-01-10 |"


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [
        # an SSA changed for another goes on
        (f"{LANREOTIDE} | progression", "SSA | octreotide_LAR | 2019-01-02 | |", None),
        (f"{LANREOTIDE} | progression", "SSA | octreotide_LAR | 2019-01-02 | 2020-01-01 | toxicity", "toxicity"),
        # of two drugs the one that was given longer tells why the line ended
        (f"{EVEROLIMUS} 2018-12-01 | progression", f"{CAPTEM} 2018-06-01 | toxicity", "progression"),
        (f"{EVEROLIMUS} | progression", f"{CAPTEM} |", "progression"),
    ],
)
def test_a_line_was_stopped_for_the_reason_of_its_last_part(first: str, second: str, reason: str | None):
    head = "patient_id | treatment_id | category | agent | start | end | stop_reason"
    tables = accept_by_hand({"treatments": f"{head}\nP1 | T1 | {first}\nP1 | T2 | {second}"})
    assert derive_lines(tables, Settings()).collect()["stop_reason"].to_list() == [reason]
