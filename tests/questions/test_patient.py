"""One patient's history: what may be compared, what is noise, what cannot be placed in time."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from analytics.questions.patient import answer_patient
from analytics.questions.patient_cards import describe_conditions, describe_since_nadir
from analytics.questions.patient_lanes import place_in_order
from analytics.tables.history import HISTORY_PATH, HISTORY_SPELLS, HISTORY_VALUES, Card, PatientHistory
from analytics.tables.results import Refusal
from analytics.tables.study import Study
from tests.dashboards.hand_made import make_study


@pytest.fixture(scope="module")
def study() -> Study:
    return make_study(crowd=2)


@pytest.fixture(scope="module")
def edge(study: Study) -> PatientHistory:
    told = answer_patient(study, "EDGE")
    assert isinstance(told, PatientHistory)
    return told


def card(history: PatientHistory, title: str) -> Card:
    return next(card for card in history.cards if card.title == title)


def on(history: PatientHistory, day: str) -> dict:
    return history.values.filter(pl.col("date_text") == day).row(0, named=True)


def test_the_tables_have_the_declared_columns(edge: PatientHistory):
    assert dict(edge.values.schema) == HISTORY_VALUES
    assert dict(edge.path.schema) == HISTORY_PATH
    assert dict(edge.spells.schema) == HISTORY_SPELLS


def test_a_change_is_compared_within_one_assay_only(edge: PatientHistory):
    assert on(edge, "2022-04-01")["change_from_previous_pct"] == pytest.approx(100 * (420 / 900 - 1))
    assert on(edge, "2025-01-10")["change_from_previous_pct"] is None
    assert on(edge, "2025-04-10")["change_from_previous_pct"] == pytest.approx(100 * (3.9 / 2.1 - 1))


def test_a_bound_has_no_change_and_gives_none_to_the_next(edge: PatientHistory):
    assert on(edge, "2022-09-15")["is_bound"] and on(edge, "2022-09-15")["change_from_previous_pct"] is None
    assert on(edge, "2022-12-15")["change_from_previous_pct"] is None


def test_only_a_change_beyond_the_reference_change_is_more_than_noise(edge: PatientHistory):
    assert on(edge, "2022-02-01")["beyond_noise"] is False
    assert on(edge, "2022-04-01")["beyond_noise"] is True
    assert on(edge, "2025-04-10")["beyond_noise"] is True


def test_an_analyte_without_reference_change_gets_no_verdict(study: Study):
    told = answer_patient(study, "EDGE", "PLT")
    assert isinstance(told, PatientHistory)
    assert told.values["beyond_noise"].to_list() == [None]
    assert told.transient == ()


def test_flags_say_what_stands_beside_a_value(edge: PatientHistory):
    assert on(edge, "2022-02-01")["flags"] == ["soon after a PRRT cycle: a rise may be transient"]
    assert "PPI at the time (may raise CgA)" in on(edge, "2023-03-15")["flags"]


def test_a_condition_that_raises_the_marker_is_a_caution_while_it_lasts():
    values = pl.DataFrame({"date": [date(2024, 3, 1), date(2024, 9, 1)]})
    spells = pl.DataFrame(
        [
            ("chronic kidney disease", date(2020, 1, 1), None, True, True),
            ("atrophic gastritis", date(2021, 1, 1), date(2022, 1, 1), False, True),
            ("heart failure", date(2024, 10, 1), None, True, True),
            ("PPI", date(2024, 8, 1), None, True, True),
            ("splenectomy", date(2020, 1, 1), None, True, False),
        ],
        schema=["label", "start", "end", "is_ongoing", "is_confounder"],
        orient="row",
    )
    assert describe_conditions(spells, values) == ("chronic kidney disease (may raise CgA)",)
    assert describe_conditions(spells, values.clear()) == ()


def test_the_cards_answer_at_a_glance(edge: PatientHistory):
    assert card(edge, "NOW").headline == "3.2 × ULN"
    assert card(edge, "NOW").lines == ("9.6 nmol/L", "2025-07-10", "assay B, ULN 3")
    assert card(edge, "SINCE NADIR").headline == "+357 %"
    assert card(edge, "SINCE NADIR").lines[0] == "more than noise"
    assert card(edge, "RECIST").headline == "PD"
    assert "assay changed 2025-01-10 to B" in card(edge, "READ WITH CARE").lines


def test_a_latest_value_below_quantitation_is_not_called_a_nadir(edge: PatientHistory):
    until_the_bound = edge.values.filter(pl.col("date") <= date(2022, 9, 15))
    assert describe_since_nadir(until_the_bound, "CGA").headline == "below quantitation"


def test_a_rise_from_a_bound_is_at_least_as_large(edge: PatientHistory):
    until_the_next = edge.values.filter(pl.col("date") <= date(2022, 12, 15))
    assert describe_since_nadir(until_the_next, "CGA").headline == "at least +100 %"


def test_time_zero_is_the_first_cycle(edge: PatientHistory):
    assert (edge.zero_date, edge.zero_label) == (date(2022, 1, 15), "first PRRT cycle")


def test_time_zero_without_prrt_is_the_start_of_the_ssa(study: Study):
    told = answer_patient(study, "C01")
    assert isinstance(told, PatientHistory)
    assert told.zero_label == "start of SSA"


def test_a_vague_cycle_stands_between_its_neighbours(edge: PatientHistory):
    cycles = edge.spells.filter((pl.col("lane") == "PRRT") & (pl.col("letters") != ""))
    days = cycles["start"].to_list()
    assert days == sorted(days)
    assert date(2022, 3, 12) < days[2] < date(2022, 7, 1)
    assert cycles.row(2, named=True)["start_lo"] != cycles.row(2, named=True)["start_hi"]


def test_vague_cycles_of_one_range_are_spread_evenly():
    year = {"lo": date(2017, 1, 1), "hi": date(2017, 12, 31), "day": date(2017, 1, 1)}
    first = {"lo": date(2017, 3, 1), "hi": date(2017, 3, 1), "day": date(2017, 3, 1)}
    last = {"lo": date(2017, 10, 1), "hi": date(2017, 10, 1), "day": date(2017, 10, 1)}
    placed = [row["day"] for row in place_in_order([first, dict(year), dict(year), last])]
    assert placed == [date(2017, 3, 1), date(2017, 5, 11), date(2017, 7, 22), date(2017, 10, 1)]


def test_cycles_without_any_date_stay_without():
    nothing = {"lo": None, "hi": None, "day": None}
    assert [row["day"] for row in place_in_order([dict(nothing), dict(nothing)])] == [None, None]


def test_lesions_keep_the_tracer_of_their_examination(edge: PatientHistory):
    tracers = edge.lesions.filter(pl.col("lesion_id") == "T01").select("tracer", "suv_max").rows()
    assert sorted(tracers, key=str) == [("18F-FDG", None), ("68Ga-DOTATATE", 22.5), ("none", None), ("none", None)]


def test_outcomes_have_a_row_for_each_line_and_endpoint(edge: PatientHistory):
    assert set(edge.outcomes.filter(pl.col("treatment") == "PRRT")["endpoint"]) >= {"PFS", "OS"}


def test_who_is_not_there_is_said_with_a_remedy(study: Study):
    refused = answer_patient(study, "edge")
    assert isinstance(refused, Refusal) and refused.code == "unknown_patient" and "capitals" in refused.remedy


def test_an_unknown_marker_is_refused(study: Study):
    refused = answer_patient(study, "EDGE", "XYZ")
    assert isinstance(refused, Refusal) and refused.code == "unknown_analyte"


def test_a_patient_without_consent_is_not_shown(study: Study):
    patients = study.table("patients").with_columns(consent_to_research=pl.lit("N"))
    closed = Study(**{name: getattr(study, name) for name in Study.__slots__ if name != "tables"},
                   tables={**study.tables, "patients": patients})  # fmt: skip
    refused = answer_patient(closed, "EDGE")
    assert isinstance(refused, Refusal) and refused.code == "no_consent"


def test_a_marker_never_measured_leaves_the_lanes_readable(study: Study):
    told = answer_patient(study, "EDGE", "NSE")
    assert isinstance(told, PatientHistory)
    assert told.values.is_empty() and told.spells.height > 0
    assert card(told, "NOW").headline == "no dated value"
    assert "no value of this analyte" in card(told, "READ WITH CARE").lines
