"""The pages of a study in days from an anchor: months as ever, no date anywhere, no calendar axis."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from analytics.build import build_study
from analytics.figures.screen.look import LIGHT
from analytics.tables.results import Refusal
from dashboards.components.panel import Shown
from dashboards.pages import data
from dashboards.pages.patient_panels import show_around, show_marker
from dashboards.pages.patient_tables import tables_of
from dashboards.shelf import Shelf, open_shelf
from dashboards.view import parse_view

SOURCE = {
    "study": "setting,value\ndates,relative\n",
    "patients": "patient_id,sex,birth_date\nP1,F,-20000\n",
    "labs": "patient_id,analyte,collected,value_text,unit,uln\nP1,CGA,-7,588.1,ng/mL,85\nP1,CGA,180,201,ng/mL,85\n",
    "treatments": "patient_id,treatment_id,category,agent,start\nP1,T1,PRRT,177Lu-DOTATATE,14\n",
    "vital_status": "patient_id,date,kind\nP1,700,alive_contact\n",
}


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    source = tmp_path / "source"
    source.mkdir()
    for name, text in SOURCE.items():
        (source / f"{name}.csv").write_text(text, encoding="utf-8")
    build_study(
        source, tmp_path / "study", None, lambda _stage, _done, _total: None, datetime(2026, 11, 20, tzinfo=UTC)
    )
    return open_shelf([tmp_path / "study"])


def test_the_chart_counts_from_the_start_and_says_days(shelf):
    view = parse_view("", shelf)
    around = show_around(shelf, view, "P1")
    shown = show_marker(around, view, LIGHT)
    assert isinstance(shown, Shown)
    assert "Zero is the start of PRRT, day 14." in shown.about
    told = json.dumps(
        [shown.table, around.facts, tables_of(around.history), shown.figure], default=str, ensure_ascii=False
    )
    assert "day 180" in told
    assert "from day 14" in told
    assert "2300-" not in told
    assert "2299-" not in told


def test_there_is_no_calendar_to_draw_on(shelf):
    view = parse_view("?zero=date", shelf)
    refused = show_marker(show_around(shelf, view, "P1"), view, LIGHT)
    assert isinstance(refused, Refusal)
    assert "no calendar" in refused.sentence


def test_the_data_page_says_that_dates_are_days(shelf):
    page = str(data.layout(shelf, ""))
    assert "days from each patient's own anchor" in page
