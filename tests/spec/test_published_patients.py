"""Three published patients: the answers their papers allow, and no others."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from analytics.catalogue.settings import Settings
from analytics.endpoints.derive import derive_all
from tests.by_hand import accept_folder

PUBLISHED = Path(__file__).parents[2] / "synthetic_data" / "published" / "patients"


@pytest.fixture(scope="module")
def derived() -> dict[str, pl.DataFrame]:
    return derive_all(accept_folder(PUBLISHED), Settings())


def line_of(derived: dict[str, pl.DataFrame], patient: str, line_no: int) -> dict[str, object]:
    return derived["lines"].filter(patient_id=patient, line_no=line_no).row(0, named=True)


def time_of(derived: dict[str, pl.DataFrame], pid: int, line_no: int, endpoint: str) -> dict[str, object]:
    found = derived["times_to_event"].filter(pid=pid, line_no=line_no, endpoint=endpoint, rule_set="default")
    return found.row(0, named=True)


def test_case_a_prrt_is_one_line_of_four_cycles_and_29_6_gbq(derived):
    line = line_of(derived, "CASE-A", 4)
    assert (line["treatment"], str(line["start_date"]), line["n_cycles"]) == ("PRRT", "2017-03-01", 4)
    assert line["cumulative_activity_gbq"] == pytest.approx(29.6)
    assert line["has_concurrent_ssa"]  # lifelong lanreotide, carried through


def test_case_a_progresses_by_new_lesions_in_2017_02_before_prrt(derived):
    pfs = time_of(derived, 0, 3, "PFS")
    assert (pfs["happened"], pfs["reason"], str(pfs["end_date"])) == (True, "progression", "2017-02-01")


def test_case_a_is_censored_after_prrt_at_the_assessment_of_2019(derived):
    pfs = time_of(derived, 0, 4, "PFS")
    assert (pfs["happened"], str(pfs["end_date"]), pfs["is_imputed"]) == (False, "2019-01-01", True)
    assert (pfs["source_file"], pfs["source_row"]) == ("responses.csv", 3)


def test_case_a_cga_falls_by_90_percent_and_does_not_normalise(derived):
    values = derived["marker_values"].filter(pid=0, analyte="CGA").unique(["date"], maintain_order=True)
    assert values.sort("date")["fold_uln"].round(2).to_list() == [6.92, 4.64, 14.24, 1.42]
    answers = derived["marker_responses"].filter(pid=0, line_no=4, analyte="CGA")
    status = dict(answers.select("rule_id", "status").iter_rows())
    assert (status["ELECT50"], status["CLAR_AND"]) == ("responder", "non_responder")
    assert answers.filter(rule_id="ELECT50")["best_change_pct"].to_list() == pytest.approx([-90])


def test_case_b_lines_stand_in_order_with_two_drugs_in_one(derived):
    lines = derived["lines"].filter(patient_id="CASE-B")
    assert lines["agents"].to_list() == ["metastasectomy", "everolimus + octreotide_LAR", "PRRT"]
    assert lines["stop_reason"].to_list() == [None, "progression", None]
    assert lines["n_cycles"].to_list() == [0, 0, 5]
    assert lines["primary_site"].to_list() == ["presacral_retroperitoneal"] * 3


def test_case_b_without_dates_is_left_out_with_the_reason(derived):
    times = derived["times_to_event"].filter(pid=1)
    assert times["happened"].is_null().all()
    assert set(times["reason"]) == {"no start date"}


def test_case_c_ssa_beside_prrt_is_one_line(derived):
    lines = derived["lines"].filter(patient_id="CASE-C")
    assert lines["agents"].to_list() == ["excision", "177Lu-DOTATATE + lanreotide"]
    assert lines["has_concurrent_ssa"].to_list() == [False, True]
    sites = derived["line_baselines"].filter(pid=2, line_no=2)["metastatic_sites"].item()
    assert "skin" in sites


def test_case_a_does_not_normalise_and_its_life_got_better(derived):
    """Normalisation by every rule that asks for it; 16.7 to 50 points of QLQ-C30 from the first cycle to the fourth."""
    answers = derived["marker_responses"].filter(pid=0, line_no=4, analyte="CGA")
    status = dict(answers.select("rule_id", "status").iter_rows())
    assert (status["NORMAL"], status["CLAR_OR"], status["FALL90"]) == ("non_responder", "responder", "responder")
    [score] = derived["score_changes"].filter(pid=0, line_no=4, item="EORTC_QLQC30_GH").to_dicts()
    assert (score["baseline"], score["value"], score["verdict"]) == (16.7, 50.0, "better")


def test_case_a_has_receptors_and_fdg_but_no_krenning_score(derived):
    """Avid on both tracers in year 4; an uptake is never turned into a score of the reader, nor compared."""
    known = derived["line_baselines"].filter(pid=0, line_no=4).row(0, named=True)
    assert (known["sstr_status"], known["fdg_status"], known["netpet"]) == ("positive", "positive", "P2-P4")
    assert known["krenning"] is None
    assert (known["has_bone_metastases"], known["extent"]) == (True, "liver_and_beyond")


def test_case_a_new_lesions_are_progression_by_the_lesions_too(derived):
    rows = derived["recist_assessments"].filter(pid=0, line_no=3).sort("first_date")
    shown = rows.select("has_new_lesion", "response", pl.col("date").cast(pl.String)).rows()
    assert shown[-1] == (True, "PD", "2017-02-01")


def test_case_a_got_every_cycle_as_planned(derived):
    cycles = derived["line_cycles"].filter(pid=0, line_no=4)
    assert cycles["activity_gbq"].to_list() == [7.4] * 4
    assert cycles["is_reduced"].to_list() == [False] * 4
    assert cycles["gap_days"].to_list() == [None] * 4  # no day is published


def test_case_b_keeps_the_stable_disease_its_reader_gave():
    """Without a date it belongs to no line, so that no endpoint is made of it; it stays to be seen."""
    given = accept_folder(PUBLISHED)["responses"].filter(pl.col("patient_id") == "CASE-B").collect()
    assert given.select("response", "criteria", "date").rows() == [("SD", "clinical", None)]


def test_case_c_one_lesion_left_by_excision_and_another_under_treatment(derived):
    """Leaving by a knife is no response."""
    outcomes = derived["lesion_outcomes"].filter(pid=2).select("organ", "segment", "outcome").rows()
    assert outcomes == [("skin", "scalp", "resolved"), ("skin", "temple", "excised")]


def test_case_c_has_pain_as_a_symptom():
    symptoms = accept_folder(PUBLISHED)["symptoms"].filter(pl.col("patient_id") == "CASE-C").collect()
    assert symptoms.select("item", "value").rows() == [("PAIN", 1.0)]
