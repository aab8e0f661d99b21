"""Blood counts fall after PRRT as often and as far as published, and laboratory and toxicity sheets tell one story."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from synthetic_data.blood import COUNT_BY_CODE, compute_count
from synthetic_data.chance import Chance
from synthetic_data.cycles import Cycles
from synthetic_data.labs import observe_labs
from synthetic_data.records.labs import record_labs
from synthetic_data.records.toxicities import record_toxicities
from synthetic_data.scenarios import read_scenario
from synthetic_data.world import simulate_world

TARGETS = pl.read_csv(Path(__file__).parents[2] / "synthetic_data" / "published" / "targets.csv")
WORLD = simulate_world(read_scenario("netter-1"), Chance(4), np.arange(1, 3_001))
TOXICITIES = record_toxicities(WORLD)
TREATED = np.unique(WORLD.cycles.row[WORLD.cycles.line == 0])
PLATELETS = COUNT_BY_CODE["PLT"]


def test_one_cycle_takes_its_share_at_the_nadir_and_gives_it_back():
    one = Cycles(
        row=np.array([0]), line=np.array([0]), number=np.array([1]), day=np.array([0]), delay=np.array([0]),
        activity=np.array([7.4]), is_reduced=np.array([False]),
    )  # fmt: skip
    people = replace(WORLD.people, blood_sensitivity=np.ones(len(WORLD.people.number)))
    world = replace(WORLD, cycles=one, people=people)
    row, day = np.zeros(3, dtype=np.int64), np.array([-10, 36, 390])
    before, nadir, later = compute_count(world, row, day, PLATELETS)
    fall = WORLD.scenario.number("toxicity.platelet_fall")  # e-folds, at 36 days
    assert nadir / before == pytest.approx(np.exp(-fall))
    assert later / before == pytest.approx(1, abs=0.001)  # 390 days: x exp(1 - x) with x = 10.8 leaves 0.06 % of it


@pytest.mark.parametrize(
    ("term", "lowest_grade", "target", "tolerance"),
    [
        ("Anemia", 1, "novartis_safety-PRRT-anaemia_any_share", 0.06),
        ("Platelet count decreased", 1, "novartis_safety-PRRT-thrombocytopenia_any_share", 0.06),
        ("Neutrophil count decreased", 1, "novartis_safety-PRRT-neutropenia_any_share", 0.06),
        ("Platelet count decreased", 3, "netter1-PRRT-thrombocytopenia_grade_3_4_share", 0.015),
        ("Lymphocyte count decreased", 3, "netter1-PRRT-lymphopenia_grade_3_4_share", 0.03),
    ],
)
def test_toxicity_on_prrt_is_as_frequent_as_published(term: str, lowest_grade: int, target: str, tolerance: float):
    published = TARGETS.filter(pl.col("target_id") == target)["value"][0]
    has = TOXICITIES.filter(
        (pl.col("term") == term) & (pl.col("grade") >= lowest_grade) & (pl.col("related_treatment_id") == "T1")
    )
    assert abs(has.height / len(TREATED) - published) < tolerance


def test_who_has_low_platelets_on_one_sheet_has_them_on_the_other():
    low = TOXICITIES.filter((pl.col("term") == PLATELETS.term) & (pl.col("grade") >= 2)).select("patient_id", "start")
    labs = record_labs(WORLD, observe_labs(WORLD)).filter(pl.col("analyte") == "PLT")
    same_day = labs.join(low, left_on=["patient_id", "collected"], right_on=["patient_id", "start"])
    assert same_day.height > 20
    # a grade 2 count is below 75; a sample varies by 8 %
    assert same_day["value_text"].cast(pl.Float64).max() < 75 * np.exp(4 * PLATELETS.within)


def test_persons_and_samples_vary_as_stated():
    row = np.setdiff1d(np.arange(len(WORLD.people.number)), WORLD.cycles.row)
    levels = np.log(compute_count(WORLD, row, np.zeros(len(row), dtype=np.int64), COUNT_BY_CODE["NEUT"]))
    assert levels.std() == pytest.approx(COUNT_BY_CODE["NEUT"].between, rel=0.1)


def test_whose_platelets_fall_further_waits_longer_for_the_next_cycle():
    later = WORLD.cycles.number > 1
    late = WORLD.cycles.delay > 0
    share = WORLD.scenario.number("care.delay_share")
    assert abs(late[later].mean() - share) < 4 * np.sqrt(share * (1 - share) / later.sum())
    sensitivity = np.log(WORLD.people.blood_sensitivity[WORLD.cycles.row])
    assert sensitivity[later & late].mean() > sensitivity[later & ~late].mean() + 0.1
