"""Two groups made alike by weights: which lines, by which covariates, and the refusals on the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import polars as pl

from analytics.estimation.balancing_weights import WeightKind, estimate_balancing_weights
from analytics.questions.covariates import Covariate, derive_covariates, find_covariate
from analytics.questions.design import make_design
from analytics.questions.question import Question
from analytics.questions.selection import Funnel
from analytics.tables.cohort_results import FlowStep
from analytics.tables.results import Refusal
from analytics.tables.study import Study
from analytics.tables.weighting_results import Weighting

WEIGHTS = ("overlap", "inverse")


@dataclass(frozen=True, slots=True)
class BalancedLines:
    """Lines with a column ``weight`` where weights were asked for, the steps that led there, and what weighting did."""

    lines: pl.DataFrame
    flow: tuple[FlowStep, ...]
    weighting: Weighting | None


def balance_lines(study: Study, lines: pl.DataFrame, question: Question) -> BalancedLines | Refusal:
    """Weight lines of two groups so that they are alike in ``question.balance``; unchanged where none are asked for.

    A line in which a covariate is missing, or with a level that few people of one of the groups have, leaves in a step
    of the flow: nobody of the other group could stand for it.
    """
    if not question.weights:
        return BalancedLines(lines, (), None)
    covariates = _find_balance(question)
    if isinstance(covariates, Refusal):
        return covariates
    labels = lines["group"].unique().sort().to_list()
    if len(labels) != 2:
        return Refusal(
            "not_two_groups",
            f"Weights make two groups alike; here are {len(labels)}: {', '.join(labels)}.",
            "Narrow the selection to two, for example --treatment PRRT --treatment SSA.",
        )
    names = [covariate.name for covariate in covariates]
    wide = derive_covariates(study, lines, covariates)
    funnel = Funnel(wide, "selected")
    for name in names:
        funnel.keep(pl.col(name).is_not_null(), f"{name} known", f"{name} not known")
    _keep_levels_of_both(funnel, covariates, labels, study.settings.min_group_patients)
    design = make_design(funnel.lines, covariates, question.spline_df)
    if isinstance(design, Refusal):
        return design
    is_first = (funnel.lines["group"] == labels[0]).to_numpy()
    kind = cast("WeightKind", question.weights)
    found = estimate_balancing_weights(
        is_first, (labels[0], labels[1]), design.matrix, design.names, kind, study.settings
    )
    if isinstance(found, Refusal):
        return found
    kept = funnel.lines.select(lines.columns).with_columns(weight=pl.Series(found.weights))
    return BalancedLines(kept, tuple(step for step in funnel.flow[1:] if step.n_lines_removed), found.weighting)


def _keep_levels_of_both(funnel: Funnel, covariates: tuple[Covariate, ...], labels: list[str], least: int) -> None:
    """Leave out levels of fewer than ``least`` people in either group; leaving one out can make another rare."""
    names = [covariate.name for covariate in covariates if covariate.form == "levels"]
    while rare := [pair for name in names for pair in _rare_levels(funnel.lines, name, labels, least)]:
        name, level = rare[0]
        funnel.keep(
            pl.col(name) != level, f"{name}: levels of both groups", f"{name} {level}: few in one of the groups"
        )


def _rare_levels(lines: pl.DataFrame, name: str, labels: list[str], least: int) -> list[tuple[str, str]]:
    people = [(pl.col("pid").filter(pl.col("group") == label).n_unique() < least) for label in labels]
    found = lines.group_by(name).agg(is_rare=pl.any_horizontal(people)).filter("is_rare")
    return [(name, level) for level in found[name].sort().to_list()]


def _find_balance(question: Question) -> tuple[Covariate, ...] | Refusal:
    if question.weights not in WEIGHTS:
        return Refusal(
            "unknown_weights", f"There are no weights «{question.weights}».", f"Use one of: {', '.join(WEIGHTS)}."
        )
    found: list[Covariate] = []
    for name in dict.fromkeys(question.balance):
        covariate = find_covariate(name)
        if isinstance(covariate, Refusal):
            return covariate
        if name == question.by:
            return Refusal("balance_of_group", f"«{name}» is what is compared.", "Balance other covariates.")
        found.append(covariate)
    return tuple(found)
