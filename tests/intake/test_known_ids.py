"""Ids of patients that were read on the patients sheet are not read again in each table."""

from __future__ import annotations

import polars as pl

from analytics.intake.known_ids import known_ids

SHEET = pl.DataFrame({"pid": [7, 4, None, 4], "patient_id": ["B", "A", None, "A"]}, schema_overrides={"pid": pl.UInt32})


def _pids(*pids: int | None) -> pl.Series:
    return pl.Series("pid", pids, pl.UInt32())


def test_each_row_gets_the_id_of_its_number():
    known = known_ids(SHEET)
    assert known is not None
    found = known.of_rows(_pids(7, 4, 4, 7))
    assert found is not None
    assert found.to_list() == ["B", "A", "A", "B"]


def test_rows_of_others_are_read_as_they_stand():
    known = known_ids(SHEET)
    assert known is not None
    for pids in (_pids(4, None), _pids(3), _pids(8), _pids(4, 5), _pids()):
        assert known.of_rows(pids) is None


def test_a_sheet_without_patients_knows_nobody():
    assert known_ids(SHEET.clear()) is None
