"""The readings of the big tables run in the streaming engine from end to end, so that memory stays small."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from analytics.catalogue.settings import Settings
from analytics.endpoints.assessments import derive_given_assessments
from analytics.endpoints.recist import derive_recist_assessments
from analytics.endpoints.records import RecordBook, derive_last_alive
from analytics.longitudinal.lines import derive_lines
from analytics.longitudinal.marker_values import derive_marker_values
from tests.by_hand import Tables, accept_by_hand

FALLBACK = re.compile(r'label="in-memory-(?!source)')
"""A step the streaming engine hands to the other one: it holds its whole input."""


def draw_plan(plan: pl.LazyFrame) -> str:
    return str(plan.show_graph(plan_stage="physical", engine="streaming", raw_output=True, show=False))


@pytest.fixture
def tables() -> Tables:
    return accept_by_hand(
        {
            "treatments": "patient_id | treatment_id | category | start \n P1 | T1 | SSA | 2020-01-01",
            "imaging": "patient_id | imaging_id | date | modality \n P1 | s1 | 2020-06-01 | CT",
            "lesions": "patient_id | imaging_id | lesion_id | role | longest_mm \n P1 | s1 | L1 | target | 20",
            "responses": "patient_id | imaging_id | criteria | response \n P1 | s1 | RECIST_1_1 | SD",
            "labs": "patient_id | analyte | collected | value_text \n P1 | CGA | 2020-01-01 | 100",
        }
    )


def hand_back(rows: pl.DataFrame) -> pl.DataFrame:
    return rows


def test_a_fallback_would_be_seen():
    table = pl.LazyFrame({"pid": [1], "day": [2]})
    assert FALLBACK.search(draw_plan(table.map_batches(hand_back)))
    assert not FALLBACK.search(draw_plan(table.join(table, on="day")))


def test_no_step_of_a_reading_falls_back_to_memory(tables: Tables, monkeypatch: pytest.MonkeyPatch):
    plans: list[str] = []
    collect: Callable[..., pl.DataFrame] = pl.LazyFrame.collect

    def record(plan: pl.LazyFrame, **options: Any) -> pl.DataFrame:
        if options.get("engine") == "streaming":
            plans.append(draw_plan(plan))
        return collect(plan, **options)

    monkeypatch.setattr(pl.LazyFrame, "collect", record)
    lines = derive_lines(tables, Settings())
    derive_marker_values(tables, lines, Settings())
    derive_recist_assessments(tables, lines, Settings())
    derive_given_assessments(tables, Settings())
    derive_last_alive(tables, RecordBook())
    assert len(plans) > 10
    for plan in plans:
        assert not FALLBACK.search(plan), plan
