"""Same seed, same bytes: whatever the number of patients or the size of the chunks."""

from __future__ import annotations

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from synthetic_data.generate import Simulation, simulate, simulate_chunks
from synthetic_data.scenarios import read_scenario


def _all(simulation: Simulation) -> dict[str, pl.DataFrame]:
    return simulation.tables | {f"truth/{name}": table for name, table in simulation.truth.items()}


def _of(table: pl.DataFrame, last: int) -> pl.DataFrame:
    # every truth row names the patient it is about; spoilt codes in labs still end in the number
    number = pl.col("patient_id").str.extract(r"(\d+)$").cast(pl.Int64)
    return table.filter(number <= last)


@pytest.fixture(scope="module")
def forty() -> Simulation:
    return simulate("hostile", 40, seed=8)


def test_the_same_seed_gives_the_same_bytes(forty: Simulation):
    again = _all(simulate("hostile", 40, seed=8))
    for name, table in _all(forty).items():
        assert table.write_csv() == again[name].write_csv(), name


def test_another_seed_gives_another_world(forty: Simulation):
    other = simulate("hostile", 40, seed=9)
    assert not forty.tables["labs"].equals(other.tables["labs"])
    assert not forty.truth["subjects"].equals(other.truth["subjects"])


def test_the_first_patients_stay_the_same_when_more_are_simulated(forty: Simulation):
    few = _all(simulate("hostile", 17, seed=8))
    for name, table in _all(forty).items():
        if "patient_id" in table.columns:
            assert_frame_equal(_of(table, 17), few[name])


@pytest.mark.parametrize("chunk", [1, 7, 40])
def test_the_size_of_a_chunk_changes_nothing(forty: Simulation, chunk: int):
    parts = list(simulate_chunks(read_scenario("hostile"), 40, 8, chunk))
    assert len(parts) == -(-40 // chunk)
    for name in parts[0].tables:
        assert_frame_equal(pl.concat([part.tables[name] for part in parts]), forty.tables[name])
    for name in parts[0].truth:
        assert_frame_equal(pl.concat([part.truth[name] for part in parts]), forty.truth[name])
