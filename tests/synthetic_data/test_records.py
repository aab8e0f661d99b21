"""The clean extract holds together: declared columns and codes, unique keys, nothing after death, RECIST."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from analytics.tables.columns import facts_of
from analytics.tables.registry import SOURCE_TABLES
from synthetic_data.chance import Chance
from synthetic_data.generate import TABLES, record_lookups, record_world
from synthetic_data.scenarios import read_scenario
from synthetic_data.world import simulate_world

SCENARIO = read_scenario("mixed-hospital-registry")
CLEAN = record_world(simulate_world(SCENARIO, Chance(4), np.arange(1, 1_501))) | record_lookups(SCENARIO)
DATES = {
    "labs": "collected", "imaging": "date", "responses": "date", "symptoms": "date", "cycles": "date",
    "toxicities": "start", "treatments": "start",
}  # fmt: skip


def test_the_tables_are_those_announced():
    assert set(CLEAN) == set(TABLES)


@pytest.mark.parametrize("name", TABLES)
def test_columns_and_codes_are_the_declared_ones(name: str):
    declared = facts_of(SOURCE_TABLES[name])
    table = CLEAN[name]
    assert set(table.columns) <= set(declared)
    for column, facts in declared.items():
        if facts.is_required:
            assert column in table.columns
        if facts.is_essential:
            assert table[column].null_count() == 0, column
        if facts.codes and column in table.columns:
            values = table[column].cast(pl.String).drop_nulls()
            values = values.str.split(";").explode() if facts.kind == "codes" else values
            assert set(values) <= set(facts.codes), column


KEYS = {
    "patients": ["patient_id"],
    "labs": ["patient_id", "source_id"],
    "treatments": ["patient_id", "treatment_id"],
    "cycles": ["patient_id", "treatment_id", "cycle_no"],
    "imaging": ["patient_id", "imaging_id"],
    "lesions": ["patient_id", "imaging_id", "reader", "lesion_id"],
    "responses": ["patient_id", "imaging_id", "reader"],
    "symptoms": ["patient_id", "date", "item"],
    "vital_status": ["patient_id", "kind"],
}


@pytest.mark.parametrize("name", KEYS)
def test_keys_are_unique(name: str):
    assert CLEAN[name].select(KEYS[name]).is_duplicated().sum() == 0


@pytest.mark.parametrize("name", DATES)
def test_nothing_is_recorded_after_the_last_day_of_sight(name: str):
    last = CLEAN["vital_status"].group_by("patient_id").agg(pl.col("date").max().alias("last"))
    late = CLEAN[name].join(last, on="patient_id").filter(pl.col(DATES[name]) > pl.col("last"))
    assert late.height == 0


def test_every_cycle_lies_in_its_treatment_and_every_lesion_in_a_scan():
    cycles = CLEAN["cycles"].join(CLEAN["treatments"], on=["patient_id", "treatment_id"], how="left")
    assert cycles["category"].eq_missing("PRRT").all()
    assert cycles.filter((pl.col("date") < pl.col("start")) | (pl.col("date") > pl.col("end"))).height == 0
    assert CLEAN["lesions"].join(CLEAN["imaging"], on=["patient_id", "imaging_id"], how="anti").height == 0


def test_the_local_reader_follows_recist_on_the_recorded_millimetres():
    """Sum, nadir and baseline recomputed from the lesions table, by RECIST 1.1 (doi 10.1016/j.ejca.2008.10.026)."""
    key = ["patient_id", "line"]
    sums = (
        CLEAN["lesions"]
        .filter((pl.col("role") == "target") & (pl.col("reader") == "local") & (pl.col("measured") != "not_assessed"))
        .with_columns(
            mm=pl.when(pl.col("measured") == "not_visible")
            .then(0)
            .otherwise(pl.coalesce("short_mm", "longest_mm").cast(pl.Int64))
        )
        .with_columns(gone=(pl.col("mm") == 0) | ((pl.col("nodal") == "Y") & (pl.col("mm") < 10)))
        .group_by("patient_id", "imaging_id")
        .agg(pl.col("mm").sum(), pl.col("gone").all())
    )
    scans = (
        CLEAN["imaging"]
        .filter(pl.col("adequate") == "Y")
        .join(sums, on=["patient_id", "imaging_id"])
        .with_columns(line=pl.col("imaging_id").str.slice(1, 1))
        .sort("patient_id", "imaging_id")
        .with_columns(baseline=pl.col("mm").first().over(key), nadir=pl.col("mm").cum_min().shift(1).over(key))
        .join(CLEAN["responses"].filter(pl.col("reader") == "local"), on=["patient_id", "imaging_id"])
    )
    grows = (10 * pl.col("mm") >= 12 * pl.col("nadir")) & (pl.col("mm") - pl.col("nadir") >= 5)
    other = (pl.col("new_lesion") == "Y") | (pl.col("non_target") == "PD")
    expected = (
        pl.when(grows | other).then(pl.lit("PD"))
        .when(pl.col("gone")).then(pl.lit("CR"))
        .when(10 * pl.col("mm") <= 7 * pl.col("baseline")).then(pl.lit("PR"))
        .otherwise(pl.lit("SD"))
    )  # fmt: skip
    judged = scans.with_columns(expected=expected)
    assert set(judged["expected"]) == {"PD", "CR", "PR", "SD"}
    assert judged.filter(pl.col("expected") != pl.col("response")).height == 0


def test_the_size_of_an_extract():
    patients = CLEAN["patients"].height
    assert 22 <= CLEAN["labs"].height / patients <= 28  # about 25
    assert 7 <= CLEAN["imaging"].height / patients <= 9  # about 8
    assert 5 <= CLEAN["lesions"].height / CLEAN["imaging"].height <= 15


def test_platelets_fall_to_a_nadir_about_five_weeks_after_a_cycle_and_recover():
    platelets = CLEAN["labs"].filter(pl.col("analyte") == "PLT").with_columns(pl.col("value_text").cast(pl.Float64))
    first = CLEAN["cycles"].filter(pl.col("cycle_no") == 1).select("patient_id", day="date")
    after = platelets.join(first, on="patient_id").with_columns(
        since=(pl.col("collected") - pl.col("day")).dt.total_days()
    )
    medians = {
        place: after.filter(pl.col("since").is_between(*days))["value_text"].median()
        for place, days in {"before": (-30, 0), "nadir": (35, 37), "later": (400, 2_000)}.items()
    }
    assert medians["nadir"] < 0.85 * medians["before"]
    assert medians["later"] > 0.92 * medians["before"]  # some have had further cycles by then
