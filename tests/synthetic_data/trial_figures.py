"""The figures a trial publishes, computed from the tables of a simulation without the analysis."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl

from synthetic_data.generate import Simulation

DAYS_PER_MONTH = 30.4375
NEWTON_STEPS = 25


def follow_first_lines(world: Simulation, cut: dt.date | None = None) -> pl.DataFrame:
    """Return one row a patient: arm, PFS and OS with their events, best response; nothing after ``cut`` is known.

    Progression is the local reader's, who decides on the next line; a response counts from one scan.
    """
    tables = world.tables
    last_day = cut or dt.date(2100, 1, 1)
    first = tables["treatments"].filter((pl.col("line") == 1) & pl.col("treatment_id").str.starts_with("T"))
    first = first.select("patient_id", arm="category", start=pl.col("start").str.to_date("%Y-%m-%d", strict=False))
    seen = tables["responses"].filter(
        (pl.col("reader") == "local") & pl.col("imaging_id").str.starts_with("I1-") & (pl.col("date") <= last_day)
    )
    read = seen.group_by("patient_id").agg(
        pl.col("date").filter(pl.col("response") == "PD").min().alias("progression"),
        pl.col("date").filter(pl.col("response") != "NE").max().alias("last_scan"),
        responds=pl.col("response").is_in(["CR", "PR"]).any(),
        is_controlled=pl.col("response").is_in(["CR", "PR", "SD"]).any(),
    )
    status = (
        tables["vital_status"]
        .group_by("patient_id")
        .agg(
            died=pl.col("date").filter((pl.col("kind") == "death") & (pl.col("date") <= last_day)).min(),
            last=pl.col("date").max(),
        )
    )
    lines = world.truth["lines"].filter(pl.col("line") == 1).select("patient_id", "ended_by")
    table = first.drop_nulls("start").filter(pl.col("start") < last_day)
    for other in (read, status, lines):
        table = table.join(other, on="patient_id", how="left")
    death = pl.when(pl.col("ended_by") == "death").then(pl.col("died"))
    end = pl.coalesce("progression", death, "last_scan", "start")
    until = pl.coalesce("died", pl.min_horizontal("last", pl.lit(last_day)))
    return table.select(
        "patient_id",
        "arm",
        months=((end - pl.col("start")).dt.total_days() + 1) / DAYS_PER_MONTH,
        happened=pl.col("progression").is_not_null() | death.is_not_null(),
        dies=pl.col("progression").is_null() & death.is_not_null(),
        is_evaluable=pl.col("last_scan").is_not_null(),
        responds=pl.col("responds").fill_null(value=False),
        is_controlled=pl.col("is_controlled").fill_null(value=False),
        months_alive=((until - pl.col("start")).dt.total_days() + 1) / DAYS_PER_MONTH,
        died=pl.col("died").is_not_null(),
    ).sort("patient_id")


def compute_survival(months: np.ndarray, happened: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the product-limit estimate: months in order and the share still without the event after each."""
    order = np.lexsort((~happened, months))
    at_risk = len(months) - np.arange(len(months))
    return months[order], np.cumprod(1 - happened[order] / at_risk)


def compute_median(months: np.ndarray, happened: np.ndarray) -> float:
    """Return the first month at which half or fewer are without the event; infinity if it is not reached."""
    ordered, survival = compute_survival(months, happened)
    reached = np.flatnonzero(survival <= 0.5)
    return float(ordered[reached[0]]) if len(reached) else np.inf


def compute_share_at(months: np.ndarray, happened: np.ndarray, landmark: float) -> float:
    """Return the share without the event at ``landmark`` months."""
    ordered, survival = compute_survival(months, happened)
    before = np.searchsorted(ordered, landmark, side="right")
    return float(survival[before - 1]) if before else 1.0


def compute_hazard_ratio(months: np.ndarray, happened: np.ndarray, treated: np.ndarray) -> float:
    """Return Cox's hazard ratio of ``treated`` with Breslow ties, by Newton's method."""
    order = np.argsort(-months, kind="stable")
    time, event, group = months[order], happened[order], treated[order].astype(np.float64)
    last_of_tie = np.searchsorted(-time, -time, side="right") - 1
    log_ratio = 0.0
    for _ in range(NEWTON_STEPS):
        weight = np.exp(log_ratio * group)
        share = (np.cumsum(weight * group) / np.cumsum(weight))[last_of_tie][event]
        log_ratio += (group[event] - share).sum() / (share * (1 - share)).sum()
    return float(np.exp(log_ratio))
