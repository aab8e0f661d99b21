"""The patient's own curve of a marker: what people under the same treatment foretell of somebody with these values."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from analytics.catalogue.calendar import DAYS_PER_MONTH
from analytics.errors import RefusedError
from analytics.estimation.own_course import PopulationCourse, fit_population_course, predict_own_course
from analytics.questions.course import derive_course_days
from analytics.questions.groups import GROUPINGS
from analytics.questions.question import Selection
from analytics.questions.selection import select_lines
from analytics.tables.history import HISTORY_COURSES
from analytics.tables.results import Refusal
from analytics.tables.study import Study

MOST_PEOPLE = 250
"""People whose courses are learnt from: with more the patient's curve hardly moves, and the page would wait."""
MONTHS_AHEAD = 6.0
STEP_MONTHS = 0.5

Populations = Callable[[str, str], PopulationCourse | Refusal]
"""The course of others by (analyte, treatment)."""


def learn_population(study: Study, analyte: str, treatment: str) -> PopulationCourse | Refusal:
    """Learn the course of ``analyte`` from the first lines of one treatment of at most `MOST_PEOPLE` people."""
    selection = Selection(treatments=(treatment,), choose="first_line")
    lines = select_lines(study, selection, GROUPINGS["none"]).lines
    days = derive_course_days(study, lines, analyte)
    people = days["pid"].unique().sort()
    chosen = people.gather_every(-(-len(people) // MOST_PEOPLE)) if len(people) else people
    values = days.filter(pl.col("pid").is_in(chosen.implode()))
    try:
        return fit_population_course(values.select("months", "beyond", patient="pid", value="log_fold"))
    except RefusedError as problem:
        return Refusal("no_course", problem.what, problem.hint)


def derive_own_courses(study: Study, lines: pl.DataFrame, analyte: str, populations: Populations) -> pl.DataFrame:
    """Derive the curve of each of a patient's ``lines`` from its start to half a year beyond its last value.

    A line under a treatment of which too few others are known has none. Schema ``HISTORY_COURSES``.
    """
    days = derive_course_days(study, lines, analyte)
    parts = [
        _predict(line, days.filter(pl.col("line_no") == line["line_no"]), populations(analyte, line["treatment"]))
        for line in lines.iter_rows(named=True)
        if line["start_date"] is not None and line["line_no"] in days["line_no"]
    ]
    found = [part for part in parts if part is not None]
    return pl.concat(found) if found else pl.DataFrame(schema=HISTORY_COURSES)


def _predict(line: dict[str, Any], own: pl.DataFrame, others: PopulationCourse | Refusal) -> pl.DataFrame | None:
    if isinstance(others, Refusal):
        return None
    last = min(float(own["months"].to_numpy().max()) + MONTHS_AHEAD, others.last_month)
    if line["next_line_date"] is not None:
        last = min(last, (line["next_line_date"] - line["start_date"]).days / DAYS_PER_MONTH)
    months = np.arange(0.0, max(last, 0.0) + STEP_MONTHS / 2, STEP_MONTHS)
    told = predict_own_course(others, own.select("months", "beyond", value="log_fold"), months)
    start: date = line["start_date"]
    return told.select(
        line_no=pl.lit(line["line_no"], pl.Int32),
        treatment=pl.lit(line["treatment"], pl.String),
        date=pl.Series([start + timedelta(days=round(month * DAYS_PER_MONTH)) for month in months]),
        fitted=pl.col("fitted").exp(),
        value_low=pl.col("value_low").exp(),
        value_high=pl.col("value_high").exp(),
    ).select(pl.col(name).cast(kind) for name, kind in HISTORY_COURSES.items())
