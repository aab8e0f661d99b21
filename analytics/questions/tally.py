"""Count lines, or people, by topic, category and group, and say the counts."""

from __future__ import annotations

import polars as pl

from analytics.questions.question import Answer, Question
from analytics.questions.wording import counted
from analytics.tables.cohort_results import FlowStep
from analytics.tables.study import Study
from analytics.tables.tally_results import TallyResult

CELL = ["topic", "category", "group"]


def count_cells(subjects: pl.DataFrame) -> pl.DataFrame:
    """Return (topic, category, group, n, share) of rows that are one a line and topic."""
    return (
        subjects.group_by(CELL)
        .agg(n=pl.len().cast(pl.Int64))
        .with_columns(share=pl.col("n") / pl.col("n").sum().over("topic", "group"))
        .sort("topic", "group", "category")
        .select(*CELL, "n", "share")
    )


def describe_cells(counts: pl.DataFrame, unit: str) -> tuple[str, ...]:
    """Say each topic and group in one sentence.

    Examples
    --------
    >>> table = pl.DataFrame({"topic": ["CgA"] * 2, "category": ["done", "late"], "group": ["SSA"] * 2, "n": [3, 1]})
    >>> describe_cells(table, "person")
    ('CgA, SSA: 3 done, 1 late (of 4 people).',)
    """
    return tuple(
        f"{topic}, {group}: {', '.join(f'{n} {category}' for category, n in part.select('category', 'n').rows())} "
        f"(of {counted(int(part['n'].sum()), unit)})."
        for (topic, group), part in counts.group_by("topic", "group", maintain_order=True)
    )


def make_tally(
    study: Study,
    question: Question,
    subjects: pl.DataFrame,
    flow: tuple[FlowStep, ...],
    *,
    unit: str = "line",
    details: pl.DataFrame | None = None,
    notes: tuple[str, ...] = (),
) -> Answer:
    """Return the answer that counts ``subjects`` (``pid``, ``line_no``, ``group``, ``topic``, ``category``)."""
    counts = count_cells(subjects)
    return Answer(
        question=question,
        result=TallyResult(unit, counts, pl.DataFrame() if details is None else details),
        subjects=subjects,
        flow=flow,
        summary=describe_cells(counts, unit),
        notes=notes,
        study_name=study.name,
        study_version=study.version,
    )
