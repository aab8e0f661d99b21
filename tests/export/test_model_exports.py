"""Models and comparisons as files: what the full level holds, and what the safe level must not."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.catalogue.settings import Settings
from analytics.errors import RefusedError
from analytics.export.coarse_causes import release_cause_rows
from analytics.export.disclosure import make_safe
from analytics.export.write import write_answer
from analytics.questions.ask import answer
from analytics.questions.question import Answer, Question
from analytics.tables.study import Study
from tests.questions.conftest import START, HandMadeStudy

FLOOR = 5
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ROW_LEVEL = {"subjects.csv", "schoenfeld.csv", "schoenfeld.svg", "influence.csv", "turnbull.csv"}
TWO_FIGURES = 2


@pytest.fixture(scope="module")
def study() -> Study:
    """Two hundred people, half under PRRT; progression between visits, deaths, and every fifth censored."""
    made = HandMadeStudy()
    for place in range(200):
        is_prrt = place % 2 == 1
        made.line(
            place,
            treatment="PRRT" if is_prrt else "SSA",
            sex="F" if place % 4 < 2 else "M",
            grade=("G1", "G2", "G3")[place % 3],
            age_years=40.0 + (17 * place) % 41 + place / 200,
        )
        days = 60 + (53 * place) % 1201 + 200 * is_prrt
        happened, dies = place % 5 != 0, place % 7 == 0
        seen = START + timedelta(days=days - 1)
        before = seen if dies else None if days < 200 else seen - timedelta(days=180)
        made.time(
            place,
            days,
            happened=happened,
            reason="no event" if not happened else "death" if dies else "progression",
            last_negative_date=before if happened else seen,
            first_positive_date=seen if happened else None,
        )
    return made.build()


@pytest.fixture(scope="module")
def export(study: Study, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., dict[str, bytes]]:
    """Write an answer once for all tests that read it: figures take most of the time."""
    written: dict[str, dict[str, bytes]] = {}

    def write(kind: str, level: Any, **options: Any) -> dict[str, bytes]:
        name = f"{kind}-{level}-{options}"
        if name not in written:
            asked = answer(study, Question(kind=kind, **options))
            assert isinstance(asked, Answer), asked
            out = tmp_path_factory.mktemp("export") / "answer"
            paths = write_answer(asked, out, level, call="test", now=NOW, settings=Settings())
            written[name] = {path.name: path.read_bytes() for path in paths}
        return written[name]

    return write


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def has_two_figures(text: str) -> bool:
    return text == "" or float(text) == float(f"{float(text):.{TWO_FIGURES}g}")


QUESTIONS: list[tuple[str, dict[str, Any], set[str]]] = [
    (
        "regression",
        {"covariates": ("age_years", "grade")},
        {"coefficients.csv", "tests.csv", "proportionality.csv", "effect_curves.csv", "missing.csv", "figure.svg"},
    ),
    ("competing_risks", {"covariates": ("grade",)}, {"cif.csv", "hazards.csv", "figure.svg"}),
    ("interval_censored", {}, {"interval_medians.csv", "modelled_curves.csv", "figure.svg"}),
    ("comparison", {}, {"restricted_means.csv", "contrasts.csv", "group_tests.csv"}),
    ("subgroups", {"subgroups": ("grade", "sex")}, {"forest.csv", "interactions.csv", "figure.svg"}),
    ("sensitivity", {"covariates": ("grade",)}, {"sensitivity.csv", "figure.svg"}),
]
NAMES = [kind for kind, _, _ in QUESTIONS]


@pytest.mark.parametrize(("kind", "options", "expected"), QUESTIONS, ids=NAMES)
def test_both_levels_hold_the_tables_and_safe_nothing_of_a_person(
    export: Callable[..., dict[str, bytes]], kind: str, options: dict[str, Any], expected: set[str]
) -> None:
    full, safe = export(kind, "full", **options), export(kind, "safe", **options)
    assert expected | {"subjects.csv", "summary.json"} <= set(full)
    assert expected | {"summary.json"} <= set(safe)
    assert not ROW_LEVEL & set(safe)
    assert json.loads(safe["summary.json"])["methods"]


def test_reference_levels_stand_in_the_table_with_ratio_1(export: Callable[..., dict[str, bytes]]) -> None:
    table = rows(export("regression", "full", covariates=("age_years", "grade"))["coefficients.csv"])
    assert [(row["term"], row["kind"]) for row in table] == [
        ("treatment: SSA", "reference"),
        ("treatment: PRRT", "level"),
        ("age_years: spline 1", "spline"),
        ("age_years: spline 2", "spline"),
        ("age_years: spline 3", "spline"),
        ("grade: G1", "reference"),
        ("grade: G2", "level"),
        ("grade: G3", "level"),
    ]
    assert float(table[0]["ratio"]) == 1.0
    assert sum(int(row["n.lines"]) for row in table[5:]) == 200


def test_influence_has_one_row_a_line_and_the_subjects_keys(export: Callable[..., dict[str, bytes]]) -> None:
    full = export("regression", "full", covariates=("age_years", "grade"))
    influence, subjects = rows(full["influence.csv"]), rows(full["subjects.csv"])
    assert [row["pid"] for row in influence] == [row["pid"] for row in subjects]
    assert set(influence[0]) == {"pid", "line_no", "patient_id"} | {
        row["term"] for row in rows(full["coefficients.csv"]) if row["kind"] != "reference"
    }


def test_a_safe_model_has_two_figures_and_no_spline_terms(export: Callable[..., dict[str, bytes]]) -> None:
    safe = export("regression", "safe", covariates=("age_years", "grade"))
    table = rows(safe["coefficients.csv"])
    assert "spline" not in {row["kind"] for row in table}
    assert all(has_two_figures(row[name]) for row in table for name in ("ratio", "conf.low", "conf.high", "std.error"))
    assert "age_years" in {row["variable"] for row in rows(safe["effect_curves.csv"])}


def test_a_safe_curve_ends_where_few_people_lie_beyond(study: Study) -> None:
    asked = answer(study, Question(kind="regression", covariates=("age_years",)))
    assert isinstance(asked, Answer)
    made = make_safe(asked, 40)
    assert isinstance(made, Answer)
    (curve,) = made.result.curves
    ages = asked.subjects["age_years"]
    assert (ages <= curve.value.min() + 0.05).sum() >= 40  # values are shown to 0.1
    assert (ages >= curve.value.max() - 0.05).sum() >= 40


def test_a_level_with_few_events_keeps_a_model_inside(study: Study, tmp_path: Path, now: datetime) -> None:
    asked = answer(study, Question(kind="regression", covariates=("grade",)))
    assert isinstance(asked, Answer)
    with pytest.raises(RefusedError, match="every level"):
        write_answer(asked, tmp_path / "out", "safe", call="test", now=now, settings=Settings(floor_patients=30))


def test_events_of_a_level_are_hidden_where_few_have_none() -> None:
    made = HandMadeStudy()
    for place in range(120):
        grade = ("G1", "G2", "G3")[place % 3]
        happened = place > 5 if grade == "G3" else place % 2 == 0
        made.line(place, grade=grade, treatment="PRRT" if place % 5 < 2 else "SSA")
        made.time(place, 30 + (41 * place) % 601, happened=happened)
    asked = answer(made.build(), Question(kind="regression", covariates=("grade",)))
    assert isinstance(asked, Answer)
    made_safe = make_safe(asked, FLOOR)
    assert isinstance(made_safe, Answer)
    hidden = {level.level: level.n_events for level in made_safe.result.levels}
    assert [hidden[level] for level in ("G1", "G2", "G3")] == [None, None, None]
    assert hidden["SSA"] is not None


def test_safe_incidence_counts_are_of_nobody_or_of_the_floor(export: Callable[..., dict[str, bytes]]) -> None:
    for row in rows(export("competing_risks", "safe", covariates=("grade",))["cif.csv"]):
        assert int(row["n.event"]) == 0 or int(row["n.event"]) >= FLOOR
        assert has_two_figures(row["estimate"])


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(st.integers(1, 25), st.integers(0, 2), st.integers(1, 900)), min_size=1, max_size=90),
    st.integers(2, 6),
)
def test_no_released_step_speaks_of_few(people: list[tuple[int, int, int]], floor: int) -> None:
    """Each row since the one before, and what comes after the last, is of nobody or of the floor, kind by kind."""
    lines = pl.DataFrame(people, schema=["pid", "cause", "days"], orient="row")
    released = release_cause_rows(lines, 2, floor)
    dated = lines.with_columns(month=(pl.col("days") / 30.4375).ceil().cast(pl.Int64))
    since = 0
    for month, counts in released:
        part = dated.filter((pl.col("month") > since) & (pl.col("month") <= month))
        for kind in range(3):
            ended = part.filter(pl.col("cause") == kind)
            assert counts[kind] == ended.height
            assert ended["pid"].n_unique() == 0 or ended["pid"].n_unique() >= floor
        since = month
    if released:
        rest = dated.filter(pl.col("month") > since)
        assert rest["pid"].n_unique() >= floor
        people_by_kind = rest.group_by("cause").agg(n=pl.col("pid").n_unique())["n"]
        assert (people_by_kind >= floor).all()


def test_safe_intervals_are_smooth_curves_within_follow_up(export: Callable[..., dict[str, bytes]]) -> None:
    safe = export("interval_censored", "safe")
    assert {row["is_extrapolated"] for row in rows(safe["modelled_curves.csv"])} == {"false"}
    assert "turnbull" not in {row["way"] for row in rows(safe["interval_medians.csv"])}


def test_two_rule_sets_that_differ_in_one_person_show_no_second_count(study: Study) -> None:
    made = HandMadeStudy()
    for place in range(80):
        made.line(place, treatment="PRRT" if place % 2 else "SSA")
        for rule_set in ("default", "clinical"):
            changed = rule_set == "clinical" and place == 6
            made.time(place, 50 + 9 * place, happened=place % 3 == 0 and not changed, rule_set=rule_set)
    asked = answer(made.build(), Question(kind="sensitivity", rule_sets=("default", "clinical")))
    assert isinstance(asked, Answer)
    made_safe = make_safe(asked, FLOOR)
    assert isinstance(made_safe, Answer)
    first, second = made_safe.result.rows
    assert (first.n_lines, first.n_events) == (80, 27)
    assert (second.n_lines, second.n_events) == (None, None)
    assert not any("26 event" in sentence for sentence in made_safe.summary)
