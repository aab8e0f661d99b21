"""Every imperfection leaves exactly the trace the truth records: no more, no less."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from synthetic_data.blemish import blemish
from synthetic_data.chance import Chance
from synthetic_data.generate import record_world
from synthetic_data.imperfections import IMPERFECTIONS, KEYS, Imperfection
from synthetic_data.scenario import Parameter, Scenario
from synthetic_data.scenarios import read_scenario
from synthetic_data.world import simulate_world

HOSTILE = read_scenario("hostile")
CHANCE = Chance(6)
CLEAN = record_world(simulate_world(HOSTILE, CHANCE, np.arange(1, 201)))
TEXT = {name: CLEAN[name].with_columns(pl.col(pl.Date).cast(pl.String)) for name in KEYS}
BY_NAME = {imperfection.name: imperfection for imperfection in IMPERFECTIONS}


def _only(name: str, rate: float) -> Scenario:
    parameters = dict(HOSTILE.parameters)
    for imperfection in IMPERFECTIONS:
        value = rate if imperfection.name == name else 0.0
        parameters[f"imperfections.{imperfection.name}"] = Parameter(value, "share", "assumed", 0, 1)
    return Scenario("one", "One imperfection", parameters)


def _key(table: pl.DataFrame, name: str) -> pl.Series:
    return table.select(pl.concat_str("patient_id", *KEYS[name], separator="/").alias("key"))["key"]


def _traces(imperfection: Imperfection, traces: pl.DataFrame) -> set[str]:
    keys = traces.select(pl.concat_str("patient_id", "row_key", separator="/").alias("key"))["key"]
    assert keys.is_duplicated().sum() == 0
    assert set(traces["imperfection"]) == {imperfection.name}
    return set(keys)


def test_without_imperfections_the_extract_is_the_clean_world():
    spoilt, traces = blemish(_only("none", 0.0), CHANCE, CLEAN)
    assert traces.height == 0
    for name in CLEAN:
        assert_frame_equal(spoilt[name], TEXT.get(name, CLEAN[name]))


IN_PLACE = [i.name for i in IMPERFECTIONS if i.copy is None and not i.removes_next and i.name != "id_variant"]


@pytest.mark.parametrize("name", IN_PLACE)
def test_a_spoilt_cell_is_recorded_and_every_other_cell_is_untouched(name: str):
    imperfection = BY_NAME[name]
    spoilt, traces = blemish(_only(name, 0.05), CHANCE, CLEAN)
    table = imperfection.table
    recorded = _traces(imperfection, traces)
    before = TEXT[table].with_columns(key=_key(TEXT[table], table))
    after = spoilt[table].with_columns(key=_key(spoilt[table], table))
    both = before.join(after, on="key", suffix="_after")
    assert both.height == before.height == after.height
    columns = [column for column in TEXT[table].columns if column not in {"patient_id", *KEYS[table]}]
    changed = both.filter(pl.any_horizontal(pl.col(c).ne_missing(pl.col(f"{c}_after")) for c in columns))
    assert set(changed["key"]) == recorded
    assert recorded
    for column in columns:
        if column not in imperfection.original:
            assert both.filter(pl.col(column).ne_missing(pl.col(f"{column}_after"))).height == 0
    for other in CLEAN:
        if other != table:
            assert_frame_equal(spoilt[other], TEXT.get(other, CLEAN[other]))


def test_a_patient_code_in_another_spelling_is_recorded_under_the_true_one():
    spoilt, traces = blemish(_only("id_variant", 0.05), CHANCE, CLEAN)
    strange = spoilt["labs"].filter(~pl.col("patient_id").is_in(CLEAN["patients"]["patient_id"].implode()))
    assert strange.height == traces.height > 0
    assert sorted(strange["patient_id"]) == sorted(traces["after"])
    assert (traces["before"] == traces["patient_id"]).all()


@pytest.mark.parametrize(("name", "differs"), [("doubled", []), ("conflicting", ["value_text"])])
def test_a_second_row_appears_beside_the_first(name: str, differs: list[str]):
    spoilt, traces = blemish(_only(name, 0.05), CHANCE, CLEAN)
    labs = spoilt["labs"].with_columns(key=_key(spoilt["labs"], "labs"))
    twice = labs.filter(pl.col("key").is_duplicated())
    assert set(twice["key"]) == _traces(BY_NAME[name], traces)
    assert labs.height == CLEAN["labs"].height + traces.height
    columns = [column for column in CLEAN["labs"].columns if column not in differs]
    assert twice.unique([*columns, "key"]).height == traces.height
    assert twice.unique(CLEAN["labs"].columns).height == traces.height * (2 if differs else 1)


def test_a_correction_keeps_the_wrong_value_and_adds_the_right_one():
    spoilt, traces = blemish(_only("corrected", 0.05), CHANCE, CLEAN)
    right = (
        spoilt["labs"]
        .filter(pl.col("status") == "corrected")
        .with_columns(key=pl.col("patient_id") + "/" + pl.col("source_id"))
    )
    joined = right.join(traces, left_on=["patient_id", "source_id"], right_on=["patient_id", "row_key"])
    assert joined.height == traces.height > 0
    assert (joined["value_text"] == joined["before"]).all()
    wrong = spoilt["labs"].filter(pl.col("status") == "final").join(
        traces, left_on=["patient_id", "source_id"], right_on=["patient_id", "row_key"]
    )  # fmt: skip
    assert (wrong["value_text"] == wrong["after"]).all()
    assert (wrong["before"] != wrong["after"]).all()


def test_merged_lesions_share_one_row_with_the_sum_of_both():
    spoilt, traces = blemish(_only("lesion_merged", 0.2), CHANCE, CLEAN)
    merged = spoilt["lesions"].filter(pl.col("lesion_id") == "T01+T02")
    assert merged.height == traces.height > 0
    assert spoilt["lesions"].height == CLEAN["lesions"].height - traces.height
    parts = (
        TEXT["lesions"].filter(pl.col("lesion_id").is_in(["T01", "T02"]) & (pl.col("reader") == "local"))
        .join(merged, on=["patient_id", "imaging_id"], how="semi")
        .group_by("patient_id", "imaging_id").agg(pl.col("longest_mm").cast(pl.Int64).sum().cast(pl.String))
    )  # fmt: skip
    assert merged.join(parts, on=["patient_id", "imaging_id", "longest_mm"]).height == merged.height


def test_a_split_lesion_becomes_two():
    spoilt, traces = blemish(_only("lesion_split", 0.2), CHANCE, CLEAN)
    halves = spoilt["lesions"].filter(pl.col("lesion_id").is_in(["T01a", "T01b"]))
    assert halves.height == 2 * traces.height > 0
    assert halves.group_by("patient_id", "imaging_id").len()["len"].eq(2).all()


def test_no_row_is_spoilt_twice():
    _, traces = blemish(HOSTILE, CHANCE, CLEAN)
    assert traces.select("table", "patient_id", "row_key").is_duplicated().sum() == 0
    assert set(traces["imperfection"]) == set(BY_NAME)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("name", ["missing_value", "two_digit_year", "doubled"])
def test_rates_are_the_ones_asked_for(name: str, seed: int):
    rate = 0.05
    _, traces = blemish(_only(name, rate), Chance(seed), CLEAN)
    rows = CLEAN["labs"].height
    assert abs(traces.height / rows - rate) < 4 * np.sqrt(rate * (1 - rate) / rows)  # four standard errors
