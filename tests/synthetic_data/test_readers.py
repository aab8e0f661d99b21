"""Two readers look at the same scans: they measure apart, now and then choose other targets, and disagree."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from synthetic_data.chance import Chance
from synthetic_data.lesions import CENTRAL, LOCAL, NEW, NON_TARGET, TARGET, find_centrally_read, list_lesions
from synthetic_data.patients import simulate_people
from synthetic_data.readers import Viewed, choose_central_targets, read_scans
from synthetic_data.scans import CR, NE, PD, PR, SD, TARGETS
from synthetic_data.scenarios import read_scenario
from synthetic_data.world import simulate_world

SCENARIO = read_scenario("mixed-hospital-registry")
WORLD = simulate_world(SCENARIO, Chance(4), np.arange(1, 3_001))
LISTED = list_lesions(WORLD)
TWO_PEOPLE = simulate_people(SCENARIO, Chance(4), np.array([1, 2]))


def _view(volumes: list[float], readable: list[bool], *, has_new: bool = False) -> Viewed:
    """Lay one patient's scans before the readers; volumes are ratios to the first treatment."""
    count = len(volumes)
    last = np.arange(count) == count - 1
    return Viewed(
        row=np.zeros(count, dtype=np.int64),
        visit=np.arange(count),
        slot=np.arange(count),
        volume=np.log(np.array(volumes)),
        is_readable=np.array(readable),
        has_new=last & has_new,
        has_other=np.zeros(count, dtype=np.bool_),
    )


def _local(viewed: Viewed) -> list[int]:
    """Read with a large single liver lesion, so that 5 % of noise decides nothing."""
    sizes = np.array([[100.0, np.nan, np.nan, np.nan, np.nan]] * 2)
    local, _ = read_scans(SCENARIO, Chance(4), TWO_PEOPLE, sizes, viewed)
    return local.response.tolist()


def test_recist_by_hand():
    # diameters are cube roots of volumes: 0.2 gives 58 %, 1.0 a nadir of 58 % grown to 100 %, 0 gone
    assert _local(_view([1.0, 0.2, 1.0], [True, True, True])) == [SD, PR, PD]
    assert _local(_view([1.0, 1e-5], [True, True])) == [SD, CR]


def test_what_cannot_be_read_is_not_evaluable_and_no_nadir():
    # the unreadable scan would be the nadir: without it 100 mm after 100 mm is stable
    assert _local(_view([1.0, 0.2, 1.0], [True, False, True])) == [SD, NE, SD]


def test_a_new_lesion_is_progression_whatever_the_targets_do():
    assert _local(_view([1.0, 0.2], [True, True], has_new=True)) == [SD, PD]


def test_the_central_reader_leaves_out_one_target_of_some_patients():
    exists = ~np.isnan(WORLD.history.sizes)
    chosen = choose_central_targets(SCENARIO, WORLD.chance, WORLD.people, exists)
    left_out = (exists & ~chosen).sum(axis=1)
    several = exists.sum(axis=1) > 1
    assert set(left_out) == {0, 1}
    assert not left_out[~several].any()
    assert chosen.any(axis=1).all()
    share = SCENARIO.number("visits.other_targets_share")
    assert abs(left_out[several].mean() - share) < 4 * np.sqrt(share * (1 - share) / several.sum())


def test_a_lesion_left_out_is_listed_as_non_target():
    exists = ~np.isnan(WORLD.history.sizes)
    chosen = choose_central_targets(SCENARIO, WORLD.chance, WORLD.people, exists)
    central = (LISTED.reader == CENTRAL) & (LISTED.lesion < TARGETS)
    row, lesion = WORLD.history.scans.row[LISTED.scan[central]], LISTED.lesion[central]
    assert np.array_equal(LISTED.role[central] == TARGET, chosen[row, lesion])
    assert set(LISTED.role[central]) == {TARGET, NON_TARGET}
    assert set(LISTED.role[(LISTED.reader == LOCAL) & (LISTED.lesion < TARGETS)]) == {TARGET}


def test_all_scans_of_a_patient_are_read_centrally_or_none():
    table = pl.DataFrame({"row": WORLD.history.scans.row, "is_central": find_centrally_read(WORLD)})
    assert table.group_by("row").agg(pl.col("is_central").n_unique())["is_central"].max() == 1
    by_central = np.unique(LISTED.scan[LISTED.reader == CENTRAL])
    assert np.array_equal(by_central, np.flatnonzero(find_centrally_read(WORLD)))


def test_readers_measure_the_same_lesion_with_noise_of_their_own():
    scans = WORLD.history.scans
    both = (scans.targets > 20) & (scans.central_sizes > 20)  # rounding to whole mm is little of 20 mm
    ratios = np.log(scans.targets[both] / scans.central_sizes[both])
    assert np.std(ratios) == pytest.approx(np.sqrt(2) * SCENARIO.number("visits.reader_cv"), rel=0.03)  # and rounding
    assert abs(ratios.mean()) < 4 * ratios.std() / np.sqrt(len(ratios))


def test_readers_disagree_on_some_responses_and_agree_on_most():
    scans = WORLD.history.scans
    judged = (scans.visit > 0) & scans.is_adequate
    agree = (scans.response == scans.central_response)[judged].mean()
    assert 0.75 < agree < 0.97


def test_a_new_lesion_once_seen_centrally_stays_seen():
    scans = WORLD.history.scans
    line = pl.DataFrame(
        {"row": scans.row, "line": scans.line, "visit": scans.visit, "new": scans.central_new, "ok": scans.is_adequate}
    ).sort("row", "line", "visit")
    ever = line.filter("ok").with_columns(before=pl.col("new").cum_max().shift(1).over("row", "line"))
    assert ever.filter(pl.col("before") & ~pl.col("new")).height == 0
    assert (LISTED.role == NEW).any()
