"""Simon–Makuch curves at the safe level: two tables on shared months, from which no small count can be had."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from analytics.catalogue.settings import Settings
from analytics.export.disclosure import make_safe
from analytics.export.write import write_answer
from analytics.questions.ask import answer
from analytics.questions.question import Answer, Question
from analytics.tables.results import Refusal
from analytics.tables.survival_results import HazardRatio, SurvivalCurve, SurvivalResult
from tests.questions.conftest import HandMadeStudy
from tests.questions.marked_lines import day_of, followed

FLOOR = 5
LANDMARK = 60
CLOSE = 0.06  # of survival: months are merged, so the life table is coarser than the curve


@pytest.fixture(scope="module")
def given() -> Answer:
    """300 people followed for up to four years, every second of whom may respond at a time of its own."""
    study = HandMadeStudy()
    for pid in range(300):
        days = 30 + round(1400 * abs(math.sin(12.9898 * pid)))
        response_day = 20 + pid * 7 % 300
        responds = pid % 2 == 0 and response_day < days
        followed(study, pid, days, *(((response_day, 4.0),) if responds else ()), happened=pid % 3 != 0)
        if responds:
            study.response(pid, "responder", response_date=day_of(response_day))
    found = answer(study.build(), Question(kind="switching", landmark_days=LANDMARK))
    assert isinstance(found, Answer), found
    return found


@pytest.fixture(scope="module")
def safe(given: Answer) -> Answer:
    made = make_safe(given, FLOOR)
    assert isinstance(made, Answer), made
    return made


def curves_of(given: Answer) -> tuple[SurvivalCurve, SurvivalCurve]:
    assert isinstance(given.result, SurvivalResult)
    first, second = (group.curve for group in given.result.groups)
    return first, second


def test_both_tables_stand_on_the_same_months_and_hold_together(safe: Answer) -> None:
    """Who is at risk is who was, less those who left, with those who joined; who joins the second left the first."""
    first, second = curves_of(safe)
    assert (first.time == second.time).all()
    for curve in (first, second):
        left = curve.n_risk + np.append(0, curve.n_enter[1:]) - curve.n_event - curve.n_censor
        assert (curve.n_risk[1:] == left[:-1]).all()
    assert (second.n_enter[1:] <= first.n_censor[1:]).all()
    assert first.n_enter[1:].sum() == 0


def test_every_count_and_difference_is_of_nobody_or_of_the_floor(safe: Answer) -> None:
    first, second = curves_of(safe)
    kinds = (
        first.n_event, second.n_event, second.n_enter[1:], second.n_censor, first.n_censor[1:] - second.n_enter[1:],
    )  # fmt: skip
    for counts in kinds:
        assert ((counts == 0) | (counts >= FLOOR)).all()
    assert safe.subjects.is_empty()


def test_what_is_left_after_the_last_row_is_enough_too(given: Answer, safe: Answer) -> None:
    lines = given.subjects.filter(pl.col("days") > LANDMARK)
    first, second = curves_of(safe)
    rest = lines.filter(pl.col("days") - LANDMARK > int(first.time[-1]))
    events = int(rest["happened"].sum())
    assert events == 0 or events >= FLOOR
    assert rest.height >= FLOOR
    assert first.n_event.sum() + second.n_event.sum() + events == int(lines["happened"].sum())


def test_the_life_tables_follow_the_exact_curves(given: Answer, safe: Answer) -> None:
    for exact, coarse in zip(curves_of(given), curves_of(safe), strict=True):
        at = np.searchsorted(exact.time, coarse.time, side="right") - 1
        assert np.abs(exact.survival[at] - coarse.survival).max() < CLOSE


def test_ratio_and_test_leave_rounded_with_their_methods(given: Answer, safe: Answer) -> None:
    assert isinstance(safe.result, SurvivalResult)
    assert isinstance(given.result, SurvivalResult)
    (ratio,), (exact,) = safe.result.hazard_ratios, given.result.hazard_ratios
    assert isinstance(ratio, HazardRatio)
    assert isinstance(exact, HazardRatio)
    assert exact.ratio.value is not None
    assert ratio.ratio.value == float(f"{exact.ratio.value:.2g}")
    names = [method.name for method in safe.result.methods]
    assert names[0].startswith("Life table")
    assert "Mantel–Byar test" in names


def test_no_exact_count_is_left_in_the_words(safe: Answer) -> None:
    assert not [note for note in safe.notes if "in both" in note]
    assert any("leaves the first table and enters the second within the same row" in note for note in safe.notes)


def test_it_is_written_with_its_figure(given: Answer, tmp_path: Path) -> None:
    now = datetime(2026, 11, 20, tzinfo=UTC)
    files = write_answer(given, tmp_path / "safe", "safe", call="a test", now=now, settings=Settings())
    names = {file.name for file in files}
    assert {"curve.csv", "risk_table.csv", "figure.svg", "summary.json"} <= names
    assert "subjects.csv" not in names


def test_few_people_are_refused(given: Answer) -> None:
    assert isinstance(make_safe(given, 100), Refusal)
