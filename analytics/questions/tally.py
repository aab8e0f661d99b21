"""Count lines, or people, by topic, category and group, and say the counts."""

from __future__ import annotations

import polars as pl

from analytics.estimation.proportion import estimate_proportion, proportion_method
from analytics.questions.question import Answer, Question
from analytics.questions.wording import counted
from analytics.tables.cohort_results import FlowStep
from analytics.tables.study import Study
from analytics.tables.tally_results import TallyResult

CELL = ["topic", "category", "group"]


def count_cells(subjects: pl.DataFrame) -> pl.DataFrame:
    """Return (topic, category, group, n) with shares and limits of rows that are one a line and topic."""
    return add_shares(subjects.group_by(CELL).agg(n=pl.len().cast(pl.Int64)))


def add_shares(counts: pl.DataFrame) -> pl.DataFrame:
    """Return counts (``topic``, ``category``, ``group``, ``n``) with ``share`` of its group and exact limits.

    The limits take lines as independent; that some are of one person is not allowed for.
    """
    with_all = counts.with_columns(n_all=pl.col("n").sum().over("topic", "group")).sort("topic", "group", "category")
    shares = [estimate_proportion(n, n_all) for n, n_all in with_all.select("n", "n_all").rows()]
    return with_all.select(
        *CELL,
        "n",
        share=pl.Series([item.value for item in shares], dtype=pl.Float64),
        low=pl.Series([item.low for item in shares], dtype=pl.Float64),
        high=pl.Series([item.high for item in shares], dtype=pl.Float64),
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
    summary: tuple[str, ...] = (),
) -> Answer:
    """Return the answer that counts ``subjects`` (``pid``, ``line_no``, ``group``, ``topic``, ``category``)."""
    counts = count_cells(subjects)
    return Answer(
        question=question,
        result=TallyResult(unit, counts, pl.DataFrame() if details is None else details, (proportion_method(),)),
        subjects=subjects,
        flow=flow,
        summary=(*summary, *describe_cells(counts, unit)),
        notes=notes,
        study_name=study.name,
        study_version=study.version,
    )
