"""Who is in: people, lines, groups and characteristics at the start of the line."""

from __future__ import annotations

from itertools import pairwise

import polars as pl

from analytics.questions.groups import find_grouping
from analytics.questions.question import Answer, Question
from analytics.questions.selection import select_lines
from analytics.questions.wording import counted
from analytics.tables.cohort_results import CohortResult
from analytics.tables.results import Refusal
from analytics.tables.study import Study

MISSING = "not recorded"

CATEGORICAL: dict[str, str] = {
    "sex": "Sex",
    "primary_site": "Primary site",
    "histology": "Histology",
    "grade": "Grade",
    "has_bone_metastases": "Bone metastases",
    "is_liver_only": "Liver only",
    "extent": "Metastases",
    "sstr_status": "Somatostatin receptors",
    "fdg_status": "FDG avidity",
    "netpet": "NETPET",
    "has_concurrent_ssa": "Concurrent SSA",
}
BANDS: dict[str, tuple[str, tuple[float, ...]]] = {
    "age_years": ("Age (years)", (50, 60, 70, 80)),
    "ki67_pct": ("Ki-67 (%)", (3, 10, 20)),
    "prior_lines": ("Prior lines", (1, 2, 3)),
    "cga_fold_uln": ("CgA (× ULN)", (1, 2, 5, 10)),
    "alp_fold_uln": ("Alkaline phosphatase (× ULN)", (1, 2.5)),
    "egfr": ("eGFR (mL/min/1.73m²)", (30, 60, 90)),
}


def answer_cohort(study: Study, question: Question) -> Answer | Refusal:
    """Answer «who is in», by ``question.by``."""
    grouping = find_grouping(question.by)
    if isinstance(grouping, Refusal):
        return grouping
    selected = select_lines(study, question.selection, grouping)
    lines = selected.lines
    if lines.is_empty():
        return Refusal("nobody_left", "No treatment line is left in this selection.", "Widen the selection.")
    groups = (
        lines.group_by("group")
        .agg(n_patients=pl.col("pid").n_unique(), n_lines=pl.len())
        .sort("group")
        .select("group", "n_patients", "n_lines")
    )
    result = CohortResult(
        n_patients=lines["pid"].n_unique(),
        n_lines=lines.height,
        groups=tuple((str(name), int(people), int(n)) for name, people, n in groups.rows()),
        characteristics=describe_characteristics(lines),
    )
    return Answer(
        question=question,
        result=result,
        subjects=lines,
        flow=selected.flow,
        summary=(
            f"{counted(result.n_lines, 'treatment line')} of {counted(result.n_patients, 'person')}.",
            *(f"{name}: {counted(n, 'line')} of {counted(people, 'person')}." for name, people, n in result.groups),
        ),
        notes=("Characteristics are those known at the start of each line.",),
        study_name=study.name,
        study_version=study.version,
    )


def describe_characteristics(lines: pl.DataFrame) -> pl.DataFrame:
    """Return (characteristic, category, group, n, share), the missing as a category of their own."""
    parts = [
        _count(lines, title, pl.col(column).cast(pl.String).fill_null(MISSING)) for column, title in CATEGORICAL.items()
    ]
    parts += [_count(lines, title, _band(column, breaks)) for column, (title, breaks) in BANDS.items()]
    return pl.concat(parts)


def _band(column: str, breaks: tuple[float, ...]) -> pl.Expr:
    """Return the label of the band a number falls in, each band closed below and open above."""
    value = pl.col(column)
    label = pl.lit(f"≥ {breaks[-1]:g}")
    for low, high in reversed(list(pairwise(breaks))):
        label = pl.when(value < high).then(pl.lit(f"{low:g} to < {high:g}")).otherwise(label)
    label = pl.when(value < breaks[0]).then(pl.lit(f"< {breaks[0]:g}")).otherwise(label)
    return pl.when(value.is_null()).then(pl.lit(MISSING)).otherwise(label)


def _count(lines: pl.DataFrame, title: str, category: pl.Expr) -> pl.DataFrame:
    return (
        lines.group_by("group", category=category)
        .agg(n=pl.len().cast(pl.Int64))
        .with_columns(characteristic=pl.lit(title), share=pl.col("n") / pl.col("n").sum().over("group"))
        .select("characteristic", "category", "group", "n", "share")
        .sort("category", "group")
    )
