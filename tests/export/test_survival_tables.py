"""Curve and risk tables: the field's column names, and sums that must agree."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.export.survival_tables import curve_table, guyot_curve, guyot_nrisk, risk_table
from analytics.questions.question import Answer
from analytics.tables.survival_results import SurvivalResult

BROOM = ["time", "n.risk", "n.event", "n.censor", "estimate", "std.error", "conf.low", "conf.high", "strata"]

ROUNDING = 4 * np.finfo(float).eps
"""A product of few factors near one."""

FOUR_LINES = [(1, "PRRT", 100, True), (2, "PRRT", 100, False), (3, "PRRT", 200, False), (4, "PRRT", 300, True)]


def only_group(answer: Answer):
    return cast("SurvivalResult", answer.result).groups[0]


def test_the_curve_has_the_columns_of_broom_and_a_row_for_every_time(make_survival: Callable[..., Answer]) -> None:
    table = curve_table(only_group(make_survival(FOUR_LINES)), "PFS", "survival", is_coarse=False)
    assert set(BROOM) < set(table.columns)
    # R: survfit(Surv(c(100,100,200,300), c(1,0,0,1)) ~ 1, conf.type = "log-log"), with a row for time 0
    assert table["days"].to_list() == [0, 100, 200, 300]
    assert table["time"].to_list() == [0.0, 100 / 30.4375, 200 / 30.4375, 300 / 30.4375]
    assert table["n.risk"].to_list() == [4, 4, 2, 1]
    assert table["n.event"].to_list() == [0, 1, 0, 1]
    assert table["n.censor"].to_list() == [0, 1, 1, 0]
    assert table["estimate"].to_list() == pytest.approx([1.0, 0.75, 0.75, 0.0], abs=ROUNDING)
    # broom writes the standard error of log S: sqrt(1 / (4 * 3))
    assert table["std.error"][1] == pytest.approx(0.288675134594813, abs=ROUNDING)
    assert table["std.error.scale"].unique().to_list() == ["log"]
    assert table["conf.type"].unique().to_list() == ["log-log"]
    # log(−log 0.75) = −1.2459; not known where nobody has had the event, nor where everybody has
    assert table["cloglog"].to_list() == [None, pytest.approx(-1.2458993237), pytest.approx(-1.2458993237), None]


def test_at_risk_has_two_meanings_and_both_are_there(make_survival: Callable[..., Answer]) -> None:
    day = 1461  # 48 months exactly, so that a time of the grid and of an event are one
    lines = [(1, "PRRT", day, True), (2, "PRRT", day, False), (3, "PRRT", day + 100, True), (4, "PRRT", 30, True)]
    row = risk_table(only_group(make_survival(lines)), is_coarse=False).filter(pl.col("time") == 48.0)
    assert row["n.risk.before"].to_list() == [3]
    assert row["n.risk.after"].to_list() == [1]
    assert row["cum.event.before"].to_list() == [1]
    assert row["cum.event.at_or_before"].to_list() == [2]
    assert row["cum.censor.before"].to_list() == [0]
    assert row["cum.censor.at_or_before"].to_list() == [1]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(1, 900), st.booleans()), min_size=1, max_size=30))
def test_at_risk_events_and_censored_add_up_to_everybody(
    make_survival: Callable[..., Answer], lines: list[tuple[int, bool]]
) -> None:
    answer = make_survival([(pid, "PRRT", days, happened) for pid, (days, happened) in enumerate(lines)])
    table = risk_table(only_group(answer), is_coarse=False)
    after = table["n.risk.after"] + table["cum.event.at_or_before"] + table["cum.censor.at_or_before"]
    before = table["n.risk.before"] + table["cum.event.before"] + table["cum.censor.before"]
    assert after.to_list() == before.to_list() == [len(lines)] * table.height
    assert table["n.risk.after"][-1] == 0


def test_guyots_files_hold_every_drop_and_the_interval_it_lies_in(two_arms: Answer) -> None:
    group = only_group(two_arms)
    curve = guyot_curve(group, is_coarse=False)
    at_risk = guyot_nrisk(curve, risk_table(group, is_coarse=False))
    assert curve.columns == ["ID", "time", "survival"]
    assert at_risk.columns == ["Interval", "Time", "Lower", "Upper", "nrisk"]
    assert curve["ID"].to_list() == list(range(1, curve.height + 1))
    assert curve.row(0) == (1, 0.0, 1.0)
    assert np.all(np.diff(curve["survival"].to_numpy()) < 0)
    assert at_risk["Lower"][0] == 1
    assert at_risk["Upper"][-1] == curve.height
    assert at_risk["Lower"].to_list()[1:] == [upper + 1 for upper in at_risk["Upper"].to_list()[:-1]]
    assert at_risk["nrisk"][0] == group.n_lines
    points = curve["time"].to_numpy()
    for row in at_risk.iter_rows(named=True):
        assert row["Time"] <= points[row["Lower"] - 1]
