"""Uptake on PET: the receptor tracer follows the Krenning score, FDG follows the grade, NETPET reads both together."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from synthetic_data.chance import Chance
from synthetic_data.lesions import list_lesions
from synthetic_data.records.lesions import record_lesions
from synthetic_data.records.scans import record_imaging
from synthetic_data.scenarios import read_scenario
from synthetic_data.uptake import GRADES, grade_pairs, observe_glucose
from synthetic_data.world import simulate_world

WORLD = simulate_world(read_scenario("mixed-hospital-registry"), Chance(4), np.arange(1, 4_001))
LISTED = list_lesions(WORLD)
GLUCOSE = observe_glucose(WORLD, LISTED)
IMAGING = record_imaging(WORLD, GLUCOSE)
LESIONS = record_lesions(WORLD, LISTED, GLUCOSE)
UPTAKE = LESIONS.join(
    IMAGING.select("patient_id", "imaging_id", "tracer", "netpet"), on=["patient_id", "imaging_id"]
).filter(pl.col("suv_max").is_not_null())


@pytest.mark.parametrize(
    ("glucose", "receptor", "grade"),
    [
        ([1.0], [1.0], "P0"),  # both negative
        ([1.0, 2.0], [20.0, 8.0], "P1"),  # receptor only
        ([4.0, 1.0], [20.0, 8.0], "P2"),  # FDG below the receptor
        ([8.0, 4.0], [8.0, 20.0], "P3"),  # equal in one lesion
        ([9.0, 9.0, 4.0], [4.0, 5.0, 20.0], "P4a"),  # FDG above in two lesions
        ([9.0, 9.0, 9.0], [4.0, 5.0, 4.0], "P4b"),  # in three
        ([9.0, 4.0], [1.0, 20.0], "P5"),  # a lesion without receptor
    ],
)
def test_netpet_by_hand(glucose: list[float], receptor: list[float], grade: str):
    """The worst lesion decides (Chan 2017, doi 10.7150/thno.18068)."""
    of = np.zeros(len(glucose), dtype=np.int64)
    assert GRADES[grade_pairs(1, of, np.array(glucose), np.array(receptor))[0]] == grade


def test_uptake_is_written_only_where_a_tracer_was_given():
    assert set(UPTAKE["tracer"]) == {"68Ga-DOTATATE", "68Ga-DOTATOC", "68Ga-DOTANOC", "18F-FDG"}


def test_fdg_scans_stand_between_their_receptor_scan_and_the_treatment():
    days = WORLD.history.scans.day[GLUCOSE.scan]
    start = WORLD.timeline.start[WORLD.history.scans.row[GLUCOSE.scan], WORLD.history.scans.line[GLUCOSE.scan]]
    assert len(days) > 100
    assert (GLUCOSE.day > days).all()
    assert (GLUCOSE.day < start).all()
    assert (GLUCOSE.day - days <= 7).all()


def test_an_fdg_scan_has_a_grade_and_no_sizes():
    fdg = IMAGING.filter(pl.col("tracer") == "18F-FDG")
    assert fdg["netpet"].null_count() == 0
    assert IMAGING.filter(pl.col("tracer") != "18F-FDG")["netpet"].null_count() == IMAGING.height - fdg.height
    rows = LESIONS.filter(pl.col("imaging_id").str.starts_with("F"))
    assert rows["longest_mm"].null_count() == rows.height == rows["short_mm"].null_count()
    assert set(rows["measured"]) == {"not_assessed"}


def test_higher_grades_take_up_more_fdg():
    grade = WORLD.people.ki67[WORLD.history.scans.row[GLUCOSE.scan]]
    avid = np.bincount(GLUCOSE.of, minlength=len(GLUCOSE.scan)) > 0
    shares = [avid[low].mean() for low in (grade < 3, (grade >= 3) & (grade <= 20), grade > 20)]
    assert shares[0] < shares[1] < shares[2]


def test_receptor_uptake_follows_the_krenning_score():
    """Medians by score stand near the published ones: 4, 10.7 and 22.6 (J Nucl Med 60 suppl 1:1535)."""
    scored = IMAGING.filter(pl.col("krenning").is_not_null() & (pl.col("tracer") == "68Ga-DOTATATE"))
    rows = LESIONS.join(scored.select("patient_id", "imaging_id", "krenning"), on=["patient_id", "imaging_id"])
    medians = dict(rows.group_by("krenning").agg(pl.col("suv_max").median()).iter_rows())
    for score, published in {"2": 4.0, "3": 10.7, "4": 22.6}.items():
        assert medians[score] == pytest.approx(published, rel=0.2)  # a few hundred patients, log SD 0.5
