"""Landmark and switching analyses leave with their landmark, exclusions and restarted clock in every file."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from analytics.catalogue.settings import Settings
from analytics.errors import RefusedError
from analytics.export.release import Release
from analytics.export.sentences import caption_survival
from analytics.export.write import write_answer
from analytics.questions.ask import answer
from analytics.questions.question import Answer, Question
from analytics.tables.survival_results import SurvivalResult
from tests.questions.conftest import START, HandMadeStudy
from tests.questions.marked_lines import day_of, followed

NOW = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture
def given() -> Answer:
    """Twelve responders and twelve others followed beyond day 100, six lines that ended by then."""
    study = HandMadeStudy()
    for place in range(12):
        followed(study, place, 200 + 20 * place, (90, 4.0))
        followed(study, 20 + place, 150 + 20 * place, (90, 9.0))
    for place in range(6):
        followed(study, 40 + place, 80, (50, 9.0))
    found = answer(study.build(), Question(kind="landmark", landmark_days=100))
    assert isinstance(found, Answer)
    return found


def write(given: Answer, out: Path, level: str) -> set[str]:
    return {path.name for path in write_answer(given, out, level, call="a test", now=NOW)}


@pytest.mark.parametrize("level", ["safe", "full"])
def test_every_level_says_landmark_exclusions_and_clock(given: Answer, level: str, tmp_path: Path) -> None:
    names = write(given, tmp_path / level, level)
    assert {"curve.csv", "risk_table.csv", "guyot_curve_1.txt", "figure.svg", "summary.json"} <= names
    summary = json.loads((tmp_path / level / "summary.json").read_text(encoding="utf-8"))
    assert summary["landmark_days"] == 100
    assert summary["time_zero"] == "the landmark, day 100 of the line"
    assert summary["question"]["by"] == "marker_response"
    assert "event by day 100" in {step["reason"] for step in summary["flow"]}
    (note,) = (note for note in summary["notes"] if note.startswith("Landmark day 100"))
    assert "(days − 100)" in note
    assert "Left out" in note
    readme = (tmp_path / level / "README.txt").read_text(encoding="utf-8")
    assert note in readme


def test_row_level_stays_at_the_full_level(given: Answer, tmp_path: Path) -> None:
    assert not {"subjects.csv", "adtte.json"} & write(given, tmp_path / "safe", "safe")


def test_adam_dates_agree_with_the_restarted_clock(given: Answer, tmp_path: Path) -> None:
    """ADaM holds AVAL = ADT − STARTDT + 1, so the origin of the data set is the day after the landmark."""
    write(given, tmp_path / "full", "full")
    data = json.loads((tmp_path / "full" / "adtte.json").read_text(encoding="utf-8"))
    table = pl.DataFrame(data["rows"], schema=[column["name"] for column in data["columns"]], orient="row")
    start, end = (pl.col(name).str.to_date() for name in ("STARTDT", "ADT"))
    assert table.select(((end - start).dt.total_days() + 1 == pl.col("AVAL")).all()).item()
    assert table["STARTDT"].unique().to_list() == [(START + timedelta(days=100)).isoformat()]
    assert table["PARAM"].unique().to_list() == ["Progression-free survival from the landmark, day 100 of the line"]


def test_switching_curves_leave_without_what_late_entry_would_make_wrong(tmp_path: Path) -> None:
    """Guyot's algorithm and ADaM know one group a person from the start; the caption says who is counted where."""
    study = HandMadeStudy()
    for place in range(8):
        followed(study, place, 40 + 20 * place)
        followed(study, 20 + place, 60 + 25 * place, (15 + 5 * place, 4.0))
        study.response(20 + place, "responder", response_date=day_of(15 + 5 * place))
    found = answer(study.build(), Question(kind="switching", landmark_days=20))
    assert isinstance(found, Answer), found
    names = write(found, tmp_path / "full", "full")
    assert {"curve.csv", "risk_table.csv", "figure.svg", "subjects.csv"} <= names
    assert not [name for name in names if name.startswith(("guyot", "adtte"))]
    release = Release(answer=found, level="full", settings=Settings(), call="a test", now=NOW)
    assert isinstance(found.result, SurvivalResult)
    caption = caption_survival(release, found.result)
    assert caption.startswith("Simon–Makuch curves")
    assert "n = 16 treatment lines" in caption
    assert "Landmark day 20" in caption
    assert "counts as not responded" in caption
    with pytest.raises(RefusedError, match="no group of this answer may be shown"):
        write(found, tmp_path / "safe", "safe")
