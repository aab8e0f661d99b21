"""Effects that differ by another variable: the products of the columns of two covariates."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from analytics.catalogue.settings import Settings
from analytics.questions.design import Design
from analytics.tables.regression_results import ModelColumn
from analytics.tables.results import FloatArray, Refusal


def cross_covariates(
    design: Design, lines: pl.DataFrame, interactions: tuple[str, ...], settings: Settings
) -> Design | Refusal:
    """Return the design with the products of each pair ``a:b``; both must be among its variables.

    A continuous variable is measured from its median in products, so that the ratio of the other variable is that at
    the median; that of a category is at the reference level of the other.
    """
    crossed = design
    for pair in dict.fromkeys(interactions):
        first, _, second = pair.partition(":")
        refusal = _refuse_pair(design, pair, first, second)
        refusal = refusal or _refuse_small_cells(design, lines, first, second, settings)
        if refusal:
            return refusal
        columns: list[ModelColumn] = []
        parts: list[FloatArray] = []
        for one in design.places(first):
            for other in design.places(second):
                columns.append(_name_product(design.columns[one], design.columns[other]))
                parts.append(_centred(design, lines, one) * _centred(design, lines, other))
        matrix = np.column_stack([crossed.matrix, *parts])
        crossed = replace(crossed, matrix=matrix, columns=(*crossed.columns, *columns))
    return crossed


def place_in_group(design: Design, lines: pl.DataFrame, variable: str, level: str) -> FloatArray:
    """Return the columns (n, p) of the same lines as they would be with ``level`` of a category."""
    matrix = design.matrix.copy()
    own = {place: design.columns[place] for place in design.places(variable)}
    for place, column in own.items():
        matrix[:, place] = float(column.level == level)
    names = {column.name: column.level for column in own.values()}
    by_name = {column.name: place for place, column in enumerate(design.columns)}
    for place, column in enumerate(design.columns):
        parent = next((name for name in column.parents if name in names), "")
        if parent:
            other = next(name for name in column.parents if name != parent)
            matrix[:, place] = float(names[parent] == level) * _centred(design, lines, by_name[other])
    return matrix


def _centred(design: Design, lines: pl.DataFrame, place: int) -> FloatArray:
    """Return a column (n,); a continuous one is 0 where its variable has its median."""
    column = design.columns[place]
    if column.kind == "level":
        return design.matrix[:, place]
    middle = np.median(lines[column.variable].to_numpy())
    if column.kind == "line":
        return design.matrix[:, place] - middle
    own = design.places(column.variable).index(place)
    return design.matrix[:, place] - design.splines[column.variable].basis([middle])[0, own]


def _name_product(one: ModelColumn, other: ModelColumn) -> ModelColumn:
    return ModelColumn(
        f"{one.name} × {other.name}",
        f"{one.variable} × {other.variable}",
        f"{one.label} × {other.label}",
        "spline" if "spline" in (one.kind, other.kind) else "product",
        level=f"{one.level or _say_step(one)} × {other.level or _say_step(other)}",
        parents=(one.name, other.name),
    )


def _say_step(column: ModelColumn) -> str:
    return f"per {column.step}" if column.kind == "line" else "curve"


def _refuse_pair(design: Design, pair: str, first: str, second: str) -> Refusal | None:
    known = {column.variable for column in design.columns}
    if first in known and second in known and first != second:
        return None
    return Refusal(
        "unknown_interaction",
        f"«{pair}» is not a pair of two variables of this model.",
        f"Write a:b with two of: {', '.join(sorted(known))}; name a further one as a covariate too.",
    )


def _refuse_small_cells(
    design: Design, lines: pl.DataFrame, first: str, second: str, settings: Settings
) -> Refusal | None:
    """Refuse two categories with a combination of too few people or events for a ratio."""
    if any(design.columns[design.places(variable)[0]].kind != "level" for variable in (first, second)):
        return None
    levels = [[item.level for item in design.levels if item.variable == variable] for variable in (first, second)]
    counts = lines.group_by(first, second).agg(people=pl.col("pid").n_unique(), events=pl.col("happened").sum())
    found = {(one, other): (people, events) for one, other, people, events in counts.iter_rows()}
    for one in levels[0]:
        for other in levels[1]:
            people, events = found.get((one, other), (0, 0))
            if people < settings.min_group_patients or events < settings.min_group_events:
                return Refusal(
                    "small_combination",
                    f"{first} {one} with {second} {other}: too few people or events for an effect of their own.",
                    "Leave the interaction out, join levels or widen the selection.",
                )
    return None
