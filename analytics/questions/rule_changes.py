"""What every other rule set would move: how many lines change their answer, and how."""

from __future__ import annotations

import polars as pl

from analytics.endpoints.rule_changes import UNCHANGED, derive_rule_changes
from analytics.questions.groups import find_grouping
from analytics.questions.question import Answer, Question
from analytics.questions.selection import select_lines
from analytics.questions.tally import make_tally
from analytics.tables.results import Refusal
from analytics.tables.study import Study

_DETAILS = (
    "patient_id", "line_no", "group", "endpoint", "rule_set", "change", "days", "happened", "reason", "usual_days",
    "usual_happened", "source_file", "source_row",
)  # fmt: skip


def answer_rule_changes(study: Study, question: Question) -> Answer | Refusal:
    """Answer «how many lines would each rule set move against the default», for the endpoints asked for."""
    grouping = find_grouping(question.by)
    if isinstance(grouping, Refusal):
        return grouping
    selected = select_lines(study, question.selection, grouping)
    if selected.lines.is_empty():
        return Refusal("nobody_left", "No treatment line is left in this selection.", "Widen the selection.")
    changed = _select_changes(study, selected.lines, question)
    if changed.is_empty():
        return Refusal(
            "no_other_rules",
            f"No other rule set decides {' or '.join(_asked(question))}.",
            "Ask for PFS, TTP, DOR, TTR, DOR_CONF, TTR_CONF or TTCB.",
        )
    subjects = changed.with_columns(topic=pl.format("{} by the rules «{}»", "endpoint", "rule_set"), category="change")
    moved = subjects.filter(pl.col("change") != UNCHANGED)
    return make_tally(
        study,
        question,
        subjects.select("pid", "line_no", "group", "patient_id", "topic", "category", "days", "usual_days"),
        selected.flow,
        details=moved.select(_DETAILS),
        notes=(
            f"People with a line that is moved: {say_moved(subjects, 'topic', study.settings.floor_patients)}.",
            "Each rule set is held against the default: readers' responses, new therapy ends observation.",
        ),
    )


def _asked(question: Question) -> tuple[str, ...]:
    return tuple(dict.fromkeys((question.endpoint, *question.endpoints)))


def _select_changes(study: Study, lines: pl.DataFrame, question: Question) -> pl.DataFrame:
    """Return the selected lines under every other rule set of the endpoints asked for."""
    times = study.table("times_to_event").filter(pl.col("endpoint").is_in(_asked(question))).collect()
    # narrowed first: to hold every line of the study against its rules costs more than the answer itself
    of_lines = times.join(lines.select("pid", "line_no"), on=["pid", "line_no"], how="semi")
    return derive_rule_changes(of_lines).join(
        lines.select("pid", "line_no", "group", "patient_id"), on=["pid", "line_no"], maintain_order="left"
    )


def describe_moved(study: Study, lines: pl.DataFrame, endpoint: str) -> tuple[str, ...]:
    """Return a note on how many people have a line that other rule sets would move; none where there is no other.

    A number of fewer people than the floor is said as such, so that the note may stand at every level.
    """
    asked = Question(kind="rule_changes", endpoint=endpoint)
    keyed = lines.select("pid", "line_no", "patient_id", group=pl.lit(""))
    changed = _select_changes(study, keyed, asked)
    if changed.is_empty():
        return ()
    moved = say_moved(changed, "rule_set", study.settings.floor_patients)
    return (f"People whose {endpoint} other rule sets would change, in any line: {moved}.",)


def say_moved(changed: pl.DataFrame, column: str, floor: int) -> str:
    """Say how many people have a line that is moved, by the values of ``column``.

    Fewer people than ``floor``, moved or not, are said only as few.
    """
    moved = pl.col("pid").filter(pl.col("change") != UNCHANGED).n_unique()
    counts = changed.group_by(column).agg(moved.alias("n"), n_all=pl.col("pid").n_unique()).sort(column)
    return ", ".join(f"{name} {_say_count(n, n_all, floor)}" for name, n, n_all in counts.rows())


def _say_count(n: int, n_all: int, floor: int) -> str:
    if n == 0:
        return "none"
    if n < floor:
        return f"fewer than {floor}"
    return f"all but fewer than {floor}" if 0 < n_all - n < floor else str(n)
