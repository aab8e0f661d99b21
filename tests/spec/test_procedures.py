"""Every procedure and drug that guidance names is a treatment the model knows, and takes its part in the lines."""

from __future__ import annotations

import pytest

from analytics.catalogue.settings import Settings
from analytics.catalogue.treatments import AGENTS
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
