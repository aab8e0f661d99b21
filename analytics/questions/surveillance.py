"""What is due, done, late or missed by a named schedule, for each person and the cohort, as of a day."""

from __future__ import annotations

import datetime as dt

import polars as pl

from analytics.catalogue.schedules import SCHEDULE_BY_ID
from analytics.endpoints.surveillance import derive_surveillance
from analytics.errors import UsageError
from analytics.questions.groups import Grouping, find_grouping
from analytics.questions.question import Answer, Question, Selection
from analytics.questions.selection import NOT_NET, Funnel, select_lines
from analytics.questions.tally import make_tally
from analytics.tables.results import Refusal
from analytics.tables.study import Study

_NO_LINE = "no line yet"


def answer_surveillance(study: Study, question: Question) -> Answer | Refusal:
    """Answer «what is due for whom on ``question.as_of``», by the group of the line last begun by then."""
    grouping = find_grouping(question.by)
    if isinstance(grouping, Refusal):
        return grouping
    if not question.as_of:
        return Refusal("no_day", "What is due depends on the day, and none was given.", "Give one: --as-of 2025-06-30.")
    if question.schedule not in SCHEDULE_BY_ID:
        return Refusal(
            "unknown_schedule",
            f"There is no schedule «{question.schedule}».",
            f"Ask for one of: {', '.join(SCHEDULE_BY_ID)}.",
        )
    as_of = _read_day(question.as_of)
    due = derive_surveillance(study.tables, question.schedule, as_of)
    people = _select_people(study, question, grouping, due.select("pid", "patient_id").unique(), as_of)
    subjects = due.join(people.lines, on=["pid", "patient_id"], maintain_order="left")
    if subjects.is_empty():
        return Refusal(
            "nobody_left",
            f"Nobody of this selection was under treatment or diagnosed, and still followed, on {as_of}.",
            "Choose another day, or widen the selection.",
        )
    schedule = SCHEDULE_BY_ID[question.schedule]
    said = subjects.with_columns(line_no=pl.lit(1, dtype=pl.Int32), topic="what", category="status")
    return make_tally(
        study,
        question,
        said.select("pid", "line_no", "group", "patient_id", "topic", "category"),
        tuple(people.flow),
        unit="person",
        details=said.drop("pid", "line_no", "topic", "category").sort("what", "days_overdue", descending=[False, True]),
        notes=(
            f"Schedule: {schedule.name} ({schedule.caution}). As of {as_of}; later records are not used.",
            f"due: within {schedule.tolerance_days} days of the day planned; missed: more than a whole interval late. "
            "Without any record the schedule counts from the first treatment or diagnosis; the first is due at once.",
        ),
    )


def _read_day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"«{text}» is not a date.", "--as-of", "Write it as 2025-06-30.") from None


def _select_people(
    study: Study, question: Question, grouping: Grouping, followed: pl.DataFrame, as_of: dt.date
) -> Funnel:
    """Narrow the people followed to those who may be studied and are in the selection; add their ``group``."""
    consent = study.table("patients").select("pid", "consent_to_research").collect()
    outside = study.table("diagnoses").filter(pl.col("histology").is_in(list(NOT_NET))).select("pid").unique()
    rows = followed.with_columns(line_no=pl.lit(1)).join(consent, on="pid", how="left").sort("pid")
    funnel = Funnel(rows, f"followed on {as_of}")
    funnel.keep(pl.col("consent_to_research").fill_null("Y") != "N", "consent to research", "no consent to research")
    is_outside = pl.col("pid").is_in(outside.collect()["pid"].implode())
    funnel.keep(~is_outside, "NET cohort", "; ".join(NOT_NET.values()))
    lines = select_lines(study, question.selection, grouping).lines
    current = (
        lines.filter(pl.col("start_date") <= as_of)
        .sort("pid", "start_date", "line_no")
        .unique("pid", keep="last", maintain_order=True)
        .select("pid", "group")
    )
    funnel.lines = funnel.lines.join(current, on="pid", how="left", maintain_order="left")
    if question.selection != Selection():
        funnel.keep(pl.col("group").is_not_null(), "a line of the selection begun by then", "no such line")
    outside_lines = _NO_LINE if grouping.column else "all"
    funnel.lines = funnel.lines.select("pid", "patient_id", group=pl.col("group").fill_null(outside_lines))
    return funnel
