"""What other choices would move: partial dates, size criteria, dates of progression; each is derived anew."""

from __future__ import annotations

import polars as pl

from analytics.catalogue.choices import CHOICES, Choice
from analytics.endpoints.date_choices import derive_with_dates, has_partial_dates
from analytics.endpoints.rule_changes import UNCHANGED, derive_changes
from analytics.endpoints.times import derive_times_to_event
from analytics.errors import SettingsError
from analytics.longitudinal.lines import derive_lines
from analytics.questions.groups import find_grouping
from analytics.questions.question import Answer, Question
from analytics.questions.rule_changes import say_moved
from analytics.questions.selection import select_lines
from analytics.questions.tally import make_tally
from analytics.tables.registry import SOURCE_TABLES
from analytics.tables.results import Refusal
from analytics.tables.study import Study

_KEY = ["pid", "line_no", "endpoint"]
_DETAILS = (
    "patient_id", "line_no", "group", "endpoint", "choice", "change", "days", "happened", "reason", "usual_days",
    "usual_happened",
)  # fmt: skip


def answer_choices(study: Study, question: Question) -> Answer | Refusal:
    """Answer «how many lines would each other choice move», for the endpoints asked for."""
    grouping = find_grouping(question.by)
    if isinstance(grouping, Refusal):
        return grouping
    selected = select_lines(study, question.selection, grouping)
    if selected.lines.is_empty():
        return Refusal("nobody_left", "No treatment line is left in this selection.", "Widen the selection.")
    endpoints = tuple(dict.fromkeys((question.endpoint, *question.endpoints)))
    usual = study.table("times_to_event").filter(pl.col("endpoint").is_in(endpoints)).collect()
    parts: list[pl.DataFrame] = []
    notes: list[str] = []
    for choice in CHOICES:
        if _is_as_it_is(study, choice):
            continue
        try:
            parts.append(_derive_choice(study, choice, usual))
        except SettingsError as problem:
            notes.append(f"Not run: {choice.name}. {problem.what}")
    lines = selected.lines.select("pid", "line_no", "group", "patient_id")
    changed = pl.concat(parts).join(lines, on=["pid", "line_no"], maintain_order="left")
    if changed.is_empty():
        return Refusal("no_endpoint", f"Nothing is known of {', '.join(endpoints)}.", "Ask for PFS or OS, for example.")
    subjects = changed.with_columns(topic=pl.format("{}: {}", "endpoint", "choice"), category="change")
    return make_tally(
        study,
        question,
        subjects.select("pid", "line_no", "group", "patient_id", "topic", "category", "days", "usual_days"),
        selected.flow,
        details=changed.filter(pl.col("change") != UNCHANGED).select(_DETAILS),
        notes=(
            f"People with a line that is moved: {say_moved(subjects, 'topic', study.settings.floor_patients)}.",
            "Each choice is held against the study's own settings; all else stays as it is.",
            *notes,
        ),
    )


def _is_as_it_is(study: Study, choice: Choice) -> bool:
    """Return whether the study was derived in this way already."""
    chosen = bool(choice.settings) and all(
        str(getattr(study.settings, name)) == value for name, value in choice.settings
    )
    return chosen or (bool(choice.dates) and not has_partial_dates(study.tables))


def _derive_choice(study: Study, choice: Choice, usual: pl.DataFrame) -> pl.DataFrame:
    """Return every line's answers beside those under the choice; a line that is then no line is left out here only."""
    settings = study.settings.with_changes(dict(choice.settings), choice.code)
    tables = {name: study.table(name) for name in SOURCE_TABLES}
    if choice.dates:
        tables = derive_with_dates(tables, choice.dates)
    lines = derive_lines(tables, settings)
    times = derive_times_to_event(tables, lines, settings).filter(pl.col("rule_set") == choice.rule_set).collect()
    before = usual.filter(pl.col("rule_set") == choice.rule_set)
    under = before.select(_KEY).join(times, on=_KEY, how="left", maintain_order="left")
    return derive_changes(under, before).select(
        *_KEY, "days", "happened", "reason", "usual_days", "usual_happened", "change", choice=pl.lit(choice.name)
    )
