"""From when to when a line was observed: late entry for those whose record begins after their line, and weights."""

from __future__ import annotations

import polars as pl

from analytics.estimation.observations import Observations, check_observations
from analytics.questions.question import Question
from analytics.questions.selection import Funnel
from analytics.tables.cohort_results import FlowStep
from analytics.tables.results import Refusal
from analytics.tables.study import Study

ENTRIES: dict[str, tuple[tuple[str, str], ...]] = {
    "first_record": (("labs", "collected"), ("imaging", "date")),
    "first_scan": (("imaging", "date"),),
}
"""What a patient's observation may begin with, by name: tables and their date columns."""


def refuse_entry(question: Question) -> Refusal | None:
    """Refuse a word for the beginning of observation that is not known."""
    if not question.entry or question.entry in ENTRIES:
        return None
    return Refusal(
        "unknown_entry",
        f"There is no beginning of observation «{question.entry}».",
        f"Use one of: {', '.join(ENTRIES)}, or leave it out where everybody is followed from the start.",
    )


def enter_late(study: Study, lines: pl.DataFrame, question: Question) -> tuple[pl.DataFrame, tuple[FlowStep, ...]]:
    """Give each line its day of ``entry`` and leave out those that ended before their patient's record began.

    Entry is date − start + 1, and 0 for those whose record began by the start: a line is at risk in (entry, days].
    """
    if not question.entry:
        return lines, ()
    words = question.entry.replace("_", " ")
    after = (pl.col("record_date") - pl.col("start_date")).dt.total_days() + 1
    found = lines.join(_find_first_dates(study, question.entry), on="pid", how="left", maintain_order="left")
    funnel = Funnel(found.with_columns(entry=pl.when(after > 1).then(after).otherwise(0)), "selected")
    funnel.keep(pl.col("record_date").is_not_null(), f"{words} known", f"no {words.removeprefix('first ')}")
    funnel.keep(pl.col("entry") < pl.col("days"), f"observed after the {words}", f"ended before the {words}")
    return funnel.lines.drop("record_date"), tuple(step for step in funnel.flow[1:] if step.n_lines_removed)


def observe_lines(lines: pl.DataFrame) -> Observations:
    """Return follow-up of lines, those of a person in one cluster; columns ``entry`` and ``weight`` count if there."""
    columns = {name: lines[name].to_numpy() for name in ("entry", "weight") if name in lines.columns}
    return check_observations(
        lines["days"].to_numpy(),
        lines["happened"].to_numpy(),
        entry=columns.get("entry"),
        weights=columns.get("weight"),
        cluster=lines["pid"].to_numpy(),
    )


def say_follow_up(question: Question) -> tuple[str, ...]:
    """Say from when lines were observed and how they were weighted, where a question asks for either."""
    notes: list[str] = []
    if question.entry:
        words = question.entry.replace("_", " ")
        notes.append(
            f"Late entry: a line is at risk from the {words} of its patient on; who ended before it is not counted."
        )
    if question.weights:
        notes.append(
            f"Lines are weighted ({question.weights} weights) so that the groups are alike in "
            f"{', '.join(question.balance)}; counts are of lines, unweighted."
        )
    return tuple(notes)


def _find_first_dates(study: Study, entry: str) -> pl.DataFrame:
    dates = [
        study.table(table).select("pid", record_date=pl.col(column).cast(pl.Date)) for table, column in ENTRIES[entry]
    ]
    return pl.concat(dates).group_by("pid").agg(pl.col("record_date").min()).collect()
