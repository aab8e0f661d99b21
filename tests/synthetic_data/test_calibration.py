"""The trial scenarios stand near the published figures; run with -s to see them side by side."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from synthetic_data.generate import Simulation, simulate

pytestmark = pytest.mark.slow

TARGETS = pl.read_csv(Path(__file__).parents[2] / "synthetic_data" / "published" / "targets.csv")
PATIENTS = 6_000
DAYS_PER_MONTH = 30.4375


@dataclass(frozen=True)
class Near:
    """A published figure the world must stand near: target row, arm as given, measure, tolerance (assumed)."""

    target: str
    arm: str
    measure: str
    tolerance: float


NEAR = {
    "netter-1": (
        Near("netter1-control-median_pfs", "SSA", "median", 1.5),
        Near("netter1-PRRT-median_pfs_update", "PRRT", "median", 3.0),
        Near("netter1-PRRT-pfs_at_20_months", "PRRT", "at 20", 0.06),
        Near("netter1-control-pfs_at_20_months", "SSA", "at 20", 0.06),
        Near("netter1-PRRT-deaths_among_pfs_events", "PRRT", "deaths", 0.10),
        Near("netter1-PRRT-response_share", "PRRT", "response", 0.06),
    ),
    "netter-2": (
        Near("netter2-control-median_pfs", "SSA", "median", 1.5),
        Near("netter2-PRRT-median_pfs", "PRRT", "median", 3.0),
        Near("netter2-PRRT-response_share", "PRRT", "response", 0.06),
    ),
    "clarinet": (
        Near("clarinet-placebo-median_pfs", "other", "median", 2.0),
        Near("clarinet-lanreotide-pfs_at_24_months", "SSA", "at 24", 0.06),
        Near("clarinet-placebo-pfs_at_24_months", "other", "at 24", 0.06),
    ),
    "erasmus-like-registry": (
        Near("erasmus-PRRT-median_pfs", "PRRT", "median", 4.0),
        Near("erasmus-PRRT-response_share", "PRRT", "response", 0.06),
    ),
}


def _first_lines(world: Simulation) -> pl.DataFrame:
    """Return days, event and response of each first line from the written tables, local reader, RECIST and death."""
    tables = world.tables
    first = tables["treatments"].filter((pl.col("line") == 1) & pl.col("treatment_id").str.starts_with("T"))
    first = first.select("patient_id", "category", start=pl.col("start").str.to_date("%Y-%m-%d", strict=False))
    seen = tables["responses"].filter((pl.col("reader") == "local") & pl.col("imaging_id").str.starts_with("I1-"))
    read = seen.group_by("patient_id").agg(
        pl.col("date").filter(pl.col("response") == "PD").min().alias("progression"),
        pl.col("date").filter(pl.col("response") != "NE").max().alias("last_scan"),
        pl.col("response").is_in(["CR", "PR"]).any().alias("responds"),
    )
    deaths = tables["vital_status"].filter(pl.col("kind") == "death").select("patient_id", death="date")
    lines = world.truth["lines"].filter(pl.col("line") == 1).select("patient_id", "ended_by")
    table = first.drop_nulls("start")
    for other in (read, deaths, lines):
        table = table.join(other, on="patient_id", how="left")
    death = pl.when(pl.col("ended_by") == "death").then(pl.col("death"))
    happened = pl.col("progression").is_not_null() | death.is_not_null()
    end = pl.coalesce("progression", death, "last_scan", "start")
    return table.select(
        "category",
        days=(end - pl.col("start")).dt.total_days() + 1,
        happened=happened,
        dies=pl.col("progression").is_null() & death.is_not_null(),
        responds=pl.col("responds").fill_null(value=False),
    )


def _product_limit(days: np.ndarray, happened: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    order = np.lexsort((~happened, days))
    at_risk = len(days) - np.arange(len(days))
    return days[order] / DAYS_PER_MONTH, np.cumprod(1 - happened[order] / at_risk)


def _measure(table: pl.DataFrame, measure: str) -> float:
    if measure == "response":
        return float(table["responds"].mean())
    if measure == "deaths":
        return float(table["dies"].sum() / table["happened"].sum())
    months, survival = _product_limit(table["days"].to_numpy(), table["happened"].to_numpy())
    if measure == "median":
        return float(months[np.flatnonzero(survival <= 0.5)[0]])
    return float(survival[np.searchsorted(months, float(measure.removeprefix("at ")), side="right") - 1])


@pytest.mark.parametrize("scenario", NEAR)
def test_a_scenario_stands_near_its_published_figures(scenario: str):
    lines = _first_lines(simulate(scenario, PATIENTS, seed=1))
    far: list[str] = []
    for near in NEAR[scenario]:
        published = TARGETS.filter(pl.col("target_id") == near.target)["value"][0]
        simulated = _measure(lines.filter(pl.col("category") == near.arm), near.measure)
        line = f"{scenario:22} {near.target:42} published {published:7.3f} simulated {simulated:7.3f}"
        print(line)
        if abs(simulated - published) > near.tolerance:
            far.append(line)
    assert not far
