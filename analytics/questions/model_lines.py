"""The lines a model rests on: endpoint known, every covariate known, every level frequent enough, all else counted."""

from __future__ import annotations

from dataclasses import dataclass, replace

import polars as pl

from analytics.catalogue.settings import Settings
from analytics.questions.covariates import Covariate, derive_covariates, find_covariate
from analytics.questions.observed import select_observed_lines
from analytics.questions.question import Question
from analytics.questions.selection import Funnel
from analytics.questions.survival import refuse_nobody
from analytics.tables.cohort_results import FlowStep
from analytics.tables.regression_results import MissingCount
from analytics.tables.results import Refusal
from analytics.tables.study import Study
from analytics.tables.weighting_results import Weighting

TOO_RARE = ": too few people or events"


@dataclass(frozen=True, slots=True)
class ModelLines:
    """Complete lines with ``group``, ``days``, ``happened`` and one column a covariate or stratum."""

    lines: pl.DataFrame
    covariates: tuple[Covariate, ...]
    strata: tuple[Covariate, ...]
    missing: tuple[MissingCount, ...]
    flow: tuple[FlowStep, ...]
    weighting: Weighting | None = None


def select_model_lines(study: Study, question: Question) -> ModelLines | Refusal:
    """Select complete lines for a model of ``question.endpoint`` on ``question.by`` and the covariates.

    A line with a missing covariate, or with a level of fewer people or events than the settings ask for, leaves in a
    step of the flow that says so.
    """
    covariates = find_covariates(question)
    if isinstance(covariates, Refusal):
        return covariates
    strata = find_strata(question)
    if isinstance(strata, Refusal):
        return strata
    observed = select_observed_lines(study, question)
    if isinstance(observed, Refusal):
        return observed
    found = select_complete_lines(study, observed.lines, covariates, strata)
    if found.lines.is_empty():
        return refuse_nobody(question.endpoint, (*observed.flow, *found.flow))
    return replace(found, flow=(*observed.flow, *found.flow), weighting=observed.weighting)


def select_complete_lines(
    study: Study,
    lines: pl.DataFrame,
    covariates: tuple[Covariate, ...],
    strata: tuple[Covariate, ...] = (),
    *,
    needs_events: bool = True,
) -> ModelLines:
    """Keep of ``lines`` those with every covariate known and of frequent levels; ``flow`` holds these steps alone.

    A level is frequent by its people and, unless ``needs_events`` is false, by its events.
    """
    wide = derive_covariates(study, lines, (*covariates, *strata))
    funnel = Funnel(wide, "selected")
    missing: list[MissingCount] = []
    for covariate in (*covariates, *strata):
        missing.append(MissingCount(covariate.name, covariate.label, wide[covariate.name].null_count()))
        funnel.keep(pl.col(covariate.name).is_not_null(), f"{covariate.name} known", f"{covariate.name} not known")
    limits = study.settings if needs_events else replace(study.settings, min_group_events=0)
    _keep_frequent_levels(funnel, covariates, limits)
    steps = tuple(step for step in funnel.flow[1:] if step.n_lines_removed)
    return ModelLines(funnel.lines, covariates, strata, tuple(missing), steps)


def label_strata(selected: ModelLines) -> list[str] | None:
    """Return the stratum of each line in words, ``None`` without strata."""
    if not selected.strata:
        return None
    names = [stratum.name for stratum in selected.strata]
    return selected.lines.select(pl.concat_str(names, separator=" | "))[names[0]].to_list()


def find_covariates(question: Question) -> tuple[Covariate, ...] | Refusal:
    """Return ``question.by`` with its reference, then the covariates, each once, in the form asked for."""
    names = (*(() if question.by == "none" else (question.by,)), *question.covariates)
    found = _find_all(tuple(dict.fromkeys(names)))
    if isinstance(found, Refusal):
        return found
    unknown = [name for name in question.linear if name not in {covariate.name for covariate in found}]
    if unknown:
        return Refusal(
            "unknown_covariate",
            f"«{unknown[0]}» is to be a straight line but is not a covariate of this model.",
            "Name it as a covariate too.",
        )
    return tuple(_as_asked(covariate, question) for covariate in found)


def find_strata(question: Question) -> tuple[Covariate, ...] | Refusal:
    """Return the variables that make strata; a continuous one is refused."""
    strata = _find_all(question.strata)
    if isinstance(strata, Refusal):
        return strata
    continuous = [stratum.name for stratum in strata if stratum.form != "levels"]
    if continuous:
        return Refusal(
            "continuous_stratum",
            f"«{continuous[0]}» is continuous and cannot make strata.",
            "Use it as a covariate, or stratify by a category.",
        )
    return strata


def _as_asked(covariate: Covariate, question: Question) -> Covariate:
    if covariate.name == question.by and question.reference:
        return replace(covariate, reference=question.reference)
    if covariate.name in question.linear and covariate.form == "spline":
        return replace(covariate, form="line")
    return covariate


def _find_all(names: tuple[str, ...]) -> tuple[Covariate, ...] | Refusal:
    found: list[Covariate] = []
    for name in names:
        covariate = find_covariate(name)
        if isinstance(covariate, Refusal):
            return covariate
        found.append(covariate)
    return tuple(found)


def _keep_frequent_levels(funnel: Funnel, covariates: tuple[Covariate, ...], settings: Settings) -> None:
    """Leave out levels too rare for a ratio; leaving one out can make another rare, so look again."""
    categories = [covariate.name for covariate in covariates if covariate.form == "levels"]
    while rare := [(name, level) for name in categories for level in _rare_levels(funnel.lines, name, settings)]:
        name, level = rare[0]
        funnel.keep(pl.col(name) != level, f"{name}: frequent levels", f"{name} {level}{TOO_RARE}")


def _rare_levels(lines: pl.DataFrame, name: str, settings: Settings) -> list[str]:
    counts = lines.group_by(name).agg(people=pl.col("pid").n_unique(), events=pl.col("happened").sum())
    is_rare = (pl.col("people") < settings.min_group_patients) | (pl.col("events") < settings.min_group_events)
    return counts.filter(is_rare)[name].sort().to_list()
