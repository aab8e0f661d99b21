"""The columns of a model: indicators for levels, natural splines or straight lines for continuous variables."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from analytics.errors import RefusedError
from analytics.estimation.splines import NaturalSpline, place_knots
from analytics.questions.covariates import Covariate
from analytics.tables.regression_results import LevelCount, ModelColumn
from analytics.tables.results import FloatArray, Refusal


@dataclass(frozen=True, slots=True)
class Design:
    """Covariates of n lines as ``matrix`` (n, p), a `ModelColumn` each, with what is needed to read them back."""

    matrix: FloatArray
    columns: tuple[ModelColumn, ...]
    levels: tuple[LevelCount, ...]
    splines: dict[str, NaturalSpline]

    @property
    def names(self) -> list[str]:
        """Names of the columns."""
        return [column.name for column in self.columns]

    def places(self, variable: str) -> list[int]:
        """Return the places of a variable's columns."""
        return [place for place, column in enumerate(self.columns) if column.variable == variable]


def make_design(lines: pl.DataFrame, covariates: tuple[Covariate, ...], spline_df: int) -> Design | Refusal:
    """Return the columns of a model of complete ``lines``.

    A category of one level, or a continuous variable of too few distinct values for its spline, is refused.
    """
    parts: list[FloatArray] = []
    columns: list[ModelColumn] = []
    levels: list[LevelCount] = []
    splines: dict[str, NaturalSpline] = {}
    for covariate in covariates:
        if covariate.form == "levels":
            counts = count_levels(lines, covariate)
            if isinstance(counts, Refusal):
                return counts
            levels.extend(counts)
            columns.extend(_level_columns(covariate, counts))
            values = lines[covariate.name].to_numpy()
            parts.extend((values == count.level).astype(np.float64)[:, None] for count in counts[1:])
            continue
        values = lines[covariate.name].to_numpy()
        if covariate.form == "line":
            parts.append(values[:, None])
        else:
            spline = _place_knots(values, covariate, spline_df)
            if isinstance(spline, Refusal):
                return spline
            splines[covariate.name] = spline
            parts.append(spline.basis(values))
        columns.extend(_continuous_columns(covariate, parts[-1].shape[1]))
    matrix = np.concatenate(parts, axis=1) if parts else np.zeros((lines.height, 0))
    return Design(matrix, tuple(columns), tuple(levels), splines)


def count_levels(lines: pl.DataFrame, covariate: Covariate) -> list[LevelCount] | Refusal:
    """Count lines and events by level, the reference first: the usual one if present, else the most frequent."""
    counts = (
        lines.group_by(covariate.name)
        .agg(n_lines=pl.len().cast(pl.Int64), n_events=pl.col("happened").sum().cast(pl.Int64))
        .sort("n_lines", covariate.name, descending=[True, False])
    )
    found = counts[covariate.name].to_list()
    if len(found) < 2:
        return Refusal(
            "one_level",
            f"«{covariate.name}» has one level with enough people and events"
            f" ({found[0] if found else 'none'}), so it cannot be in the model.",
            "Leave it out, or widen the selection.",
        )
    reference = covariate.reference if covariate.reference in found else found[0]
    rows = {str(level): (int(lines_), int(events)) for level, lines_, events in counts.rows()}
    ordered = [reference, *sorted(level for level in found if level != reference)]
    return [LevelCount(covariate.name, level, level == reference, *rows[level]) for level in ordered]


def _level_columns(covariate: Covariate, counts: list[LevelCount]) -> list[ModelColumn]:
    reference = counts[0].level
    return [
        ModelColumn(
            f"{covariate.name}: {count.level}",
            covariate.name,
            covariate.label,
            "level",
            level=count.level,
            reference=reference,
        )
        for count in counts[1:]
    ]


def _continuous_columns(covariate: Covariate, n: int) -> list[ModelColumn]:
    if covariate.form == "line":
        return [
            ModelColumn(covariate.name, covariate.name, covariate.label, "line", covariate.unit, step=covariate.step)
        ]
    return [
        ModelColumn(f"{covariate.name}: spline {part}", covariate.name, covariate.label, "spline", covariate.unit)
        for part in range(1, n + 1)
    ]


def _place_knots(values: FloatArray, covariate: Covariate, spline_df: int) -> NaturalSpline | Refusal:
    try:
        return place_knots(values, spline_df)
    except RefusedError as problem:
        return Refusal(
            "too_few_values",
            f"«{covariate.name}»: {problem.what}",
            "Enter it as a straight line, or ask for fewer parameters.",
        )
