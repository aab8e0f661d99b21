"""How the rows of a bucket lie in memory changes nothing."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
from polars.testing import assert_frame_equal

from analytics.catalogue.settings import Settings
from analytics.intake.part import parse_tables
from analytics.intake.text_table import NO_RAGGED, PID, ROW, TextTable

ROWS = pl.DataFrame(
    {
        ROW: pl.Series([2, 3, 4, 5], dtype=pl.UInt32),
        "patient_id": ["A", "A", None, "B"],
        "date": ["2020-01-03", "2020-02", "nonsense", None],
        "item": ["flushing", "diarrhoea", "FLUSHING", " flushing "],
        "value": ["1", "2,5", None, "x"],
        PID: pl.Series([0, 0, None, 1], dtype=pl.UInt32),
    }
)


def test_rows_in_several_chunks_are_parsed_as_those_in_one():
    whole = TextTable("symptoms", "symptoms.csv", None, ROWS, NO_RAGGED)
    empty = ROWS.clear()
    pieces = [empty, ROWS[:1], empty, ROWS[1:3], ROWS[3:]]
    cut = replace(whole, rows=pl.concat(pieces, rechunk=False))
    assert cut.rows.n_chunks() > 1
    waiting = [cut, replace(whole, file="more.csv")]
    found = parse_tables(waiting, Settings(), ("symptoms",))["symptoms"]
    expected = parse_tables([whole, replace(whole, file="more.csv")], Settings(), ("symptoms",))["symptoms"]
    assert_frame_equal(found, expected)
    assert found.height == 2 * ROWS.height
