"""Days inside spells, and days before the starts of lines: both agree with the plain way of saying it."""

from __future__ import annotations

import datetime as dt

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.catalogue.settings import Settings
from analytics.longitudinal.line_windows import derive_line_windows
from analytics.longitudinal.spells import is_in_spell

FIRST = dt.date(2020, 1, 1)
PATIENTS = st.integers(0, 2)
DAYS = st.integers(0, 40).map(lambda day: FIRST + dt.timedelta(days=day))
VALUES = st.lists(st.tuples(PATIENTS, DAYS), max_size=8)
BOUNDS = st.none() | DAYS | st.just(dt.date(9999, 12, 31)) | st.just(dt.date(1, 1, 1))
SPELLS = st.lists(st.tuples(PATIENTS, BOUNDS, BOUNDS), max_size=6)
STARTS = st.lists(st.tuples(PATIENTS, DAYS), max_size=6)


@settings(deadline=None)
@given(VALUES, SPELLS)
def test_a_day_lies_in_a_spell_of_its_own_patient(
    values: list[tuple[int, dt.date]], spells: list[tuple[int, dt.date | None, dt.date | None]]
):
    found = is_in_spell(
        pl.DataFrame(values, schema={"pid": pl.UInt32, "date": pl.Date}, orient="row"),
        pl.DataFrame(spells, schema={"pid": pl.UInt32, "begins": pl.Date, "ends": pl.Date}, orient="row"),
    )
    assert found.to_list() == [
        any(pid == own and (begins or dt.date.min) <= date <= (ends or dt.date.max) for own, begins, ends in spells)
        for pid, date in values
    ]


@settings(deadline=None)
@given(VALUES, STARTS, st.integers(0, 12))
def test_a_value_is_read_against_the_line_in_force_and_those_that_start_soon(
    values: list[tuple[int, dt.date]], starts: list[tuple[int, dt.date]], window: int
):
    """A value of the day a line starts belongs to that line and not to the one before."""
    ordered = sorted(starts)
    lines = pl.DataFrame(
        [(pid, number, start, start, start) for number, (pid, start) in enumerate(ordered)],
        schema={"pid": pl.UInt32, "line_no": pl.Int32, "start_date": pl.Date, "start_lo": pl.Date, "start_hi": pl.Date},
        orient="row",
    )
    table = pl.DataFrame(values, schema={"pid": pl.UInt32, "date": pl.Date}, orient="row").with_row_index("row")
    expected: list[tuple[int, int]] = []
    for row, (pid, date) in enumerate(values):
        own = [(start, number) for number, (patient, start) in enumerate(ordered) if patient == pid]
        begun = [number for start, number in own if start < date]
        if begun and all(start != date for start, _ in own):
            expected.append((begun[-1], row))
        expected += [(number, row) for start, number in own if date <= start <= date + dt.timedelta(days=window)]
    read = derive_line_windows(table, lines, Settings(baseline_window_days=window))
    assert read.select("place", "row").rows() == sorted(expected)
