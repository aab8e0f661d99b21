"""Marker response at the safe level: the finest split of a group whose parts may all be shown."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import polars as pl

from analytics.export.coarse_time import is_enough
from analytics.export.merging import Cell, merge_cells, merge_flow_to, refuse_small, select_groups
from analytics.questions.question import Answer
from analytics.questions.response import describe_differences
from analytics.questions.wording import share
from analytics.tables.response_results import ProportionDifference, ResponseGroup, ResponseResult
from analytics.tables.results import Estimate, Refusal

CONFIRMED, UNCONFIRMED, OTHER, NOT_EVALUABLE = "confirmed", "unconfirmed", "no response", "not evaluable"


def make_safe_response(answer: Answer, floor: int) -> Answer | Refusal:
    """Return the response answer with every count of nobody or of at least ``floor`` people, or withheld."""
    exact = cast("ResponseResult", answer.result)
    allowed = select_groups(answer.subjects, floor)
    if not allowed:
        return refuse_small(floor)
    shown = answer.subjects.filter(pl.col("group").is_in(allowed)).with_columns(part=_part())
    groups = tuple(
        _withhold(group, shown.filter(pl.col("group") == group.group), floor)
        for group in exact.groups
        if group.group in allowed
    )
    reasons = tuple(
        (group.group, cell.label, cell.n_lines)
        for group in groups
        if group.n_not_evaluable
        for cell in _reasons(shown.filter(pl.col("group") == group.group), floor)
    )
    result = replace(
        exact,
        groups=groups,
        not_evaluable_reasons=reasons,
        best_changes=exact.best_changes.clear(),
        comparisons=_comparisons(exact, groups),
    )
    return replace(
        answer,
        result=result,
        flow=merge_flow_to(answer.flow, shown, floor),
        summary=(*(describe_safe_response(group) for group in groups), *describe_differences(result)),
        notes=(
            *answer.notes,
            f"Safe level: a count below {floor} people is withheld, with those it could be had from.",
        ),
    )


def _comparisons(
    exact: ResponseResult, groups: tuple[ResponseGroup, ...]
) -> tuple[ProportionDifference | Refusal, ...]:
    """Keep the comparisons of groups whose counts are shown: they say nothing the counts do not."""
    shown = {group.group for group in groups if group.n_responders is not None and group.n_evaluable is not None}
    kept = tuple(
        item
        for item in exact.comparisons
        if isinstance(item, ProportionDifference) and {item.group, item.reference} <= shown
    )
    if len(kept) == len(exact.comparisons):
        return kept
    withheld = Refusal(
        "comparison_withheld",
        "At the safe level responses are compared only between groups whose counts are shown, of people with one line "
        "each.",
        "Choose the first line of each patient, merge groups, or use the full level inside the hospital.",
    )
    return (*kept, withheld)


def describe_safe_response(group: ResponseGroup) -> str:
    """Say what may be said of one group."""
    said = [f"{group.group}: {group.n_all} lines"]
    if group.n_responders is None:
        said.append("responders withheld")
    elif group.n_evaluable is None:
        said.append(f"{group.n_responders} responded, of all {share(group.share_of_all)}")
    else:
        said.append(f"{group.n_responders}/{group.n_evaluable} evaluable = {share(group.share_of_evaluable)}")
    if group.n_confirmed is not None:
        said.append(f"confirmed {group.n_confirmed}")
    withheld = group.n_not_evaluable is None
    said.append("not evaluable withheld" if withheld else f"not evaluable {group.n_not_evaluable}")
    return "; ".join(said) + "."


def _part() -> pl.Expr:
    responded = pl.col("status") == "responder"
    return (
        pl.when(responded & pl.col("is_confirmed").fill_null(value=False))
        .then(pl.lit(CONFIRMED))
        .when(responded)
        .then(pl.lit(UNCONFIRMED))
        .when(pl.col("status") == "non_responder")
        .then(pl.lit(OTHER))
        .otherwise(pl.lit(NOT_EVALUABLE))
    )


def _withhold(group: ResponseGroup, lines: pl.DataFrame, floor: int) -> ResponseGroup:
    def may_show(*splits: tuple[str, ...]) -> bool:
        people = (lines.filter(pl.col("part").is_in(parts))["pid"].n_unique() for parts in splits)
        return all(is_enough(n, floor) for n in people)

    responders, evaluable = (CONFIRMED, UNCONFIRMED), (CONFIRMED, UNCONFIRMED, OTHER)
    if may_show((CONFIRMED,), (UNCONFIRMED,), (OTHER,), (NOT_EVALUABLE,)):
        return group
    unsplit = replace(group, n_confirmed=None, confirmed_share_of_evaluable=_unknown(group))
    if may_show(responders, (OTHER,), (NOT_EVALUABLE,)):
        return unsplit
    no_evaluable = replace(unsplit, share_of_evaluable=_unknown(group))
    if may_show(responders, (OTHER, NOT_EVALUABLE)):
        return replace(no_evaluable, n_evaluable=None, n_not_evaluable=None)
    nothing = replace(no_evaluable, n_responders=None, share_of_all=_unknown(group))
    if may_show(evaluable, (NOT_EVALUABLE,)):
        return nothing
    return replace(nothing, n_evaluable=None, n_not_evaluable=None)


def _unknown(group: ResponseGroup) -> Estimate:
    return replace(group.share_of_all, value=None, low=None, high=None)


def _reasons(lines: pl.DataFrame, floor: int) -> list[Cell]:
    counted = (
        lines.filter(pl.col("part") == NOT_EVALUABLE)
        .group_by("reason")
        .agg(n=pl.len(), people=pl.col("pid").n_unique())
        .sort("n", "reason", descending=[True, False])
    )
    cells = [Cell(str(reason), int(n), int(people)) for reason, n, people in counted.rows()]
    return merge_cells(cells, floor, "other reasons together")
