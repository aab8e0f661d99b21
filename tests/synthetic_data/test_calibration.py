"""The trial scenarios stand near the published figures over several seeds; run with -s to see them side by side."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from synthetic_data.generate import simulate
from tests.synthetic_data.trial_figures import (
    compute_hazard_ratio,
    compute_median,
    compute_share_at,
    follow_first_lines,
)

pytestmark = pytest.mark.slow

TARGETS = pl.read_csv(Path(__file__).parents[2] / "synthetic_data" / "published" / "targets.csv")
SEEDS = (1, 2, 3, 4, 5)
PATIENTS = 2_000
CUTS = {"netter-1": dt.date(2015, 7, 24)}
"""Data cut of the figures that depend on it: responses, and which share of events are deaths."""


@dataclass(frozen=True)
class Near:
    """A published figure the mean over the seeds must stand near.

    ``target`` is its row, ``arm`` the treatment category as written (a ratio compares it with the other arm),
    ``measure`` what is computed, ``tolerance`` how far off the mean may be (assumed; within the published
    interval in any case).
    """

    target: str
    arm: str
    measure: str
    tolerance: float


NEAR = {
    "netter-1": (
        Near("netter1-control-median_pfs", "SSA", "median", 1.0),
        Near("netter1-PRRT-median_pfs_update", "PRRT", "median", 3.0),
        Near("netter1-PRRT-pfs_at_20_months", "PRRT", "at 20", 0.04),
        Near("netter1-control-pfs_at_20_months", "SSA", "at 20", 0.04),
        Near("netter1-PRRT_against_control-hazard_ratio_pfs", "PRRT", "ratio", 0.04),
        Near("netter1-PRRT-deaths_among_pfs_events", "PRRT", "deaths", 0.06),
        Near("netter1-control-deaths_among_pfs_events", "SSA", "deaths", 0.05),
        Near("netter1-PRRT-response_share", "PRRT", "response of evaluable", 0.04),
        Near("netter1-control-response_share", "SSA", "response of evaluable", 0.02),
        Near("netter1_os-PRRT-median_os", "PRRT", "alive", 6.0),
        Near("netter1_os-control-median_os", "SSA", "alive", 6.0),
        Near("netter1_os-PRRT_against_control-hazard_ratio_os", "PRRT", "ratio alive", 0.25),
    ),
    "netter-2": (
        Near("netter2-control-median_pfs", "SSA", "median", 1.0),
        Near("netter2-PRRT-median_pfs", "PRRT", "median", 2.5),
        Near("netter2-PRRT_against_control-hazard_ratio_pfs", "PRRT", "ratio", 0.05),
        Near("netter2-PRRT-response_share", "PRRT", "responds", 0.05),
        Near("netter2-control-response_share", "SSA", "responds", 0.04),
        Near("netter2-PRRT-disease_control_share", "PRRT", "is_controlled", 0.05),
        Near("netter2-control-disease_control_share", "SSA", "is_controlled", 0.10),
    ),
    "clarinet": (
        Near("clarinet-placebo-median_pfs", "other", "median", 2.0),
        Near("clarinet-lanreotide-pfs_at_24_months", "SSA", "at 24", 0.05),
        Near("clarinet-placebo-pfs_at_24_months", "other", "at 24", 0.06),
        Near("clarinet-lanreotide_against_placebo-hazard_ratio_pfs", "SSA", "ratio", 0.08),
        Near("clarinet_ole-lanreotide-median_pfs", "SSA", "median", 7.0),
    ),
    "erasmus-like-registry": (
        Near("erasmus-PRRT-median_pfs", "PRRT", "median", 3.0),
        Near("erasmus-PRRT-median_os", "PRRT", "alive", 6.0),
        Near("erasmus-PRRT-response_share", "PRRT", "responds", 0.05),
    ),
}


def _measure(lines: pl.DataFrame, at_cut: pl.DataFrame, near: Near) -> float:
    own, own_at_cut = (table.filter(pl.col("arm") == near.arm) for table in (lines, at_cut))
    months, happened = ("months_alive", "died") if "alive" in near.measure else ("months", "happened")
    if near.measure.startswith("ratio"):
        treated = (lines["arm"] == near.arm).to_numpy()
        return compute_hazard_ratio(lines[months].to_numpy(), lines[happened].to_numpy(), treated)
    if near.measure in {"median", "alive"}:
        return compute_median(own[months].to_numpy(), own[happened].to_numpy())
    if near.measure == "deaths":
        return float(own_at_cut["dies"].sum() / own_at_cut["happened"].sum())
    if near.measure == "response of evaluable":
        return float(own_at_cut.filter("is_evaluable")["responds"].mean())
    if near.measure in {"responds", "is_controlled"}:
        return float(own_at_cut[near.measure].mean())
    return compute_share_at(own[months].to_numpy(), own[happened].to_numpy(), float(near.measure.removeprefix("at ")))


def _simulate(scenario: str, seed: int) -> dict[Near, float]:
    world = simulate(scenario, PATIENTS, seed)
    arms = [near.arm for near in NEAR[scenario]]
    lines = follow_first_lines(world).filter(pl.col("arm").is_in(arms))
    at_cut = follow_first_lines(world, CUTS.get(scenario)).filter(pl.col("arm").is_in(arms))
    return {near: _measure(lines, at_cut, near) for near in NEAR[scenario]}


@pytest.mark.parametrize("scenario", NEAR)
def test_a_scenario_stands_near_its_published_figures(scenario: str):
    figures = [_simulate(scenario, seed) for seed in SEEDS]
    far: list[str] = []
    for near in NEAR[scenario]:
        published, low, high = TARGETS.filter(pl.col("target_id") == near.target).select("value", "low", "high").row(0)
        over_seeds = np.array([figure[near] for figure in figures])
        mean = over_seeds.mean()
        interval = f"{low or ''} to {high or ''}" if low or high else ""
        line = f"| {near.target} | {published} | {interval} | {mean:.3g} | {over_seeds.std(ddof=1):.2g} |"
        print(line)
        is_inside = (low is None or mean >= low) and (high is None or mean <= high)
        # the update's lower limit is its own median: published at its bound, so only nearness counts there
        if abs(mean - published) > near.tolerance or not (is_inside or published in {low, high}):
            far.append(line)
    assert not far
