"""The rows of one patient are found in the part that holds them, and the other parts stay closed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from analytics.errors import StoreError
from analytics.parts import write_table
from analytics.store import StudyParts, bucket_name, open_study, publish_held

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
LESIONS = pl.DataFrame({"pid": [0, 0, 1, 3, 4], "lesion_id": ["L1", "L2", "L1", "L1", "L7"]})
SCHEDULE = pl.DataFrame({"schedule": ["NET", "NET"], "phase": [1, 2]})


@pytest.fixture
def store(tmp_path, make_parts) -> Path:
    """Return a store of buckets of two patient numbers; patient 2 has no lesions."""
    nothing = make_parts(1)

    def make(folder: Path) -> StudyParts:
        for number in range(3):
            (folder / bucket_name(number)).mkdir()
            rows = LESIONS.filter(pl.col("pid") // 2 == number)
            write_table(rows, folder / bucket_name(number) / "lesions.parquet")
        tables = {"schedule": SCHEDULE}
        return replace(nothing, tables=tables, bucket_patients=2)

    (tmp_path / "versions").mkdir()
    publish_held(tmp_path, make, NOW)
    return tmp_path


@pytest.mark.parametrize("pid", range(6))
def test_the_rows_are_those_of_the_whole_table(store, pid):
    found = open_study(store).rows_of("lesions", pid).collect()
    assert_frame_equal(found, LESIONS.filter(pid=pid))


def test_the_other_parts_stay_closed(store):
    study = open_study(store)
    for other in (0, 2):
        next(store.glob(f"versions/*/{bucket_name(other)}/lesions.parquet")).unlink()
    assert study.rows_of("lesions", 3).collect()["lesion_id"].to_list() == ["L1"]
    with pytest.raises(FileNotFoundError):
        study.table("lesions").collect()


def test_a_table_about_no_patient_is_given_whole(store):
    assert_frame_equal(open_study(store).rows_of("schedule", 3).collect(), SCHEDULE)


def test_tables_put_in_place_of_those_of_the_store_are_read(store):
    study = open_study(store)
    held = replace(study, tables={"lesions": LESIONS.with_columns(lesion_id=pl.lit("other")).lazy()})
    assert held.rows_of("lesions", 3).collect()["lesion_id"].to_list() == ["other"]


def test_an_unknown_table_is_refused(store):
    with pytest.raises(StoreError, match="no table «lesion»"):
        open_study(store).rows_of("lesion", 3)
