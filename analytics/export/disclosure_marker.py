"""Agreement with scans, growth rates and imputed models at the safe level: two figures, no small cell."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import polars as pl

from analytics.export.coarse_time import is_enough
from analytics.export.disclosure_models import hide_small_counts, make_safe_model, refuse_small_levels, round_term
from analytics.export.merging import merge_flow_to, refuse_small
from analytics.export.rounding import round_estimate, round_figures
from analytics.questions.agreement import PROGRESSED, RESPONDED, describe_agreements
from analytics.questions.growth import COLUMN
from analytics.questions.growth_wording import describe_growth
from analytics.questions.imputation_wording import describe_imputation
from analytics.questions.question import Answer
from analytics.tables.hazard_results import ModelTerm
from analytics.tables.marker_results import GrowthGroup, GrowthResult, ImputationResult, ScanAgreementResult
from analytics.tables.model_results import AgreementResult
from analytics.tables.regression_results import ModelResult
from analytics.tables.results import Refusal

FIGURES = 2
PEOPLE_BEYOND_A_QUARTILE = 4
"""Times the floor: people of whom a quarter are still the floor."""


def make_safe_agreement(answer: Answer, floor: int) -> Answer | Refusal:
    """Return the agreements whose four cells are each of nobody or of the floor of people; limits with two figures."""
    exact = cast("ScanAgreementResult", answer.result)
    columns = (("has_fallen", RESPONDED), ("has_risen", PROGRESSED))
    kept = tuple(
        _round_agreement(item)
        for item, (column, responses) in zip(exact.agreements, columns, strict=True)
        if _has_no_small_cell(answer.subjects, column, responses, floor)
    )
    if not kept:
        return refuse_small(floor)
    result = replace(
        exact, n_scans=exact.n_scans // floor * floor, n_matched=exact.n_matched // floor * floor, agreements=kept
    )
    return replace(
        answer,
        result=result,
        flow=merge_flow_to(answer.flow, _lines(answer), floor),
        summary=describe_agreements(result),
        notes=(
            *(note for note in answer.notes if "left open" not in note),
            f"Safe level: a comparison is shown when each of its four counts is of nobody or of at least {floor} "
            "people; numbers of scans are rounded down.",
        ),
    )


def _has_no_small_cell(pairs: pl.DataFrame, column: str, responses: tuple[str, ...], floor: int) -> bool:
    decided = pairs.drop_nulls(column).with_columns(is_yes=pl.col("response").is_in(responses))
    people = decided.group_by(column, "is_yes").agg(n=pl.col("pid").n_unique())["n"].to_list()
    open_people = pairs.filter(pl.col(column).is_null())["pid"].n_unique()
    return all(is_enough(int(n), floor) for n in (*people, open_people))


def _round_agreement(item: AgreementResult) -> AgreementResult:
    return replace(
        item,
        sensitivity=round_estimate(item.sensitivity, FIGURES),
        specificity=round_estimate(item.specificity, FIGURES),
        positive_predictive=round_estimate(item.positive_predictive, FIGURES),
        negative_predictive=round_estimate(item.negative_predictive, FIGURES),
        agreement=round_estimate(item.agreement, FIGURES),
        kappa=round_estimate(item.kappa, FIGURES),
    )


def make_safe_growth(answer: Answer, floor: int) -> Answer | Refusal:
    """Return quartiles with people enough beyond them, and the models as any regression leaves."""
    exact = cast("GrowthResult", answer.result)
    groups = tuple(_safe_group(group, answer.subjects, floor) for group in exact.groups)
    models = tuple((period, _safe_model(answer, period, model, floor)) for period, model in exact.models)
    if all(group.median is None for group in groups) and not any(isinstance(model, ModelResult) for _, model in models):
        return refuse_small(floor)
    result = replace(exact, groups=groups, models=models)
    return replace(
        answer,
        result=result,
        flow=merge_flow_to(answer.flow, answer.subjects, floor),
        summary=describe_growth(result),
        notes=(*answer.notes, f"Safe level: quartiles have two figures and {floor} people beyond them."),
    )


def _safe_group(group: GrowthGroup, subjects: pl.DataFrame, floor: int) -> GrowthGroup:
    lines = subjects.filter(pl.col("group") == group.group)
    has_rate = pl.col(COLUMN[group.period]).is_not_null()
    people, others = lines.filter(has_rate)["pid"].n_unique(), lines.filter(~has_rate)["pid"].n_unique()
    may_count = is_enough(people, floor) and is_enough(others, floor)
    quartiles = (group.lower_quartile, group.median, group.upper_quartile)
    enough = people >= PEOPLE_BEYOND_A_QUARTILE * floor
    low, middle, high = (round_figures(part, FIGURES) if enough and part is not None else None for part in quartiles)
    counts = (group.n_lines, group.n_without) if may_count else (None, None)
    return GrowthGroup(group.group, group.period, *counts, low, middle, high)


def _safe_model(answer: Answer, period: str, model: ModelResult | Refusal, floor: int) -> ModelResult | Refusal:
    """Return a model as the safe level of a regression gives it; the exact words of a refusal could hold a count."""
    if isinstance(model, Refusal):
        return refuse_small(floor)
    start = cast("GrowthResult", answer.result).landmark_days if period != next(iter(COLUMN)) else 0
    column = COLUMN[period]
    lines = answer.subjects.filter(pl.col(column).is_not_null() & (pl.col("days") > start))
    made = make_safe_model(replace(answer, result=model, subjects=lines, flow=()), floor)
    return made if isinstance(made, Refusal) else cast("ModelResult", made.result)


def make_safe_imputation(answer: Answer, floor: int) -> Answer | Refusal:
    """Return both models with two figures where every level has people and events enough, among the complete too."""
    exact = cast("ImputationResult", answer.result)
    variables = tuple(dict.fromkeys(level.variable for level in exact.levels))
    names = tuple(dict.fromkeys(column.variable for column in exact.columns))
    complete = answer.subjects.drop_nulls(list(names))
    refusal = refuse_small_levels(complete, variables, floor)
    if refusal:
        return refusal
    missing = answer.subjects.height - complete.height
    result = replace(
        exact,
        levels=hide_small_counts(complete, exact.levels, floor),
        complete=_round_terms(exact.complete),
        pooled=_round_terms(exact.pooled),
        missing_share=tuple(round(share, FIGURES) for share in exact.missing_share),
        missing=tuple(
            replace(item, n_lines=item.n_lines if is_enough(item.n_lines or 0, floor) else None)
            for item in exact.missing
        ),
        n_complete=exact.n_complete if is_enough(missing, floor) else None,
    )
    return replace(
        answer,
        result=result,
        flow=merge_flow_to(answer.flow, answer.subjects, floor),
        summary=describe_imputation(result, "{:g}".format),
        notes=(*answer.notes, "Safe level: ratios have two figures, p values one."),
    )


def _round_terms(terms: tuple[ModelTerm, ...] | Refusal) -> tuple[ModelTerm, ...] | Refusal:
    if isinstance(terms, Refusal):
        return Refusal("withheld", "This model cannot be given.", "Use the full level inside the hospital.")
    return tuple(round_term(term) for term in terms)


def _lines(answer: Answer) -> pl.DataFrame:
    return answer.subjects.unique(["pid", "line_no"], maintain_order=True)
