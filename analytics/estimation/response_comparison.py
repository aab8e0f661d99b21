"""Response rates of groups compared with a reference, where every line is another person's."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from analytics.catalogue.settings import Settings
from analytics.estimation.proportion import ProportionMethod
from analytics.estimation.proportion_comparison import compare_proportions
from analytics.tables.response_results import ProportionDifference, ResponseGroup
from analytics.tables.results import Refusal


def compare_responses(
    groups: Sequence[ResponseGroup],
    people: pl.DataFrame,
    reference: str,
    settings: Settings | None = None,
    method: ProportionMethod = "exact",
) -> tuple[ProportionDifference | Refusal, ...]:
    """Compare the share of evaluable responders of each group with that of ``reference``.

    Parameters
    ----------
    groups
        From `estimate_response`.
    people
        One row an evaluable line: ``group`` and ``pid``. Limits of two shares hold for different people only, so a
        comparison in which somebody has two lines is refused.
    reference
        Label of the reference group.
    method
        Limits of each share by itself; those of the difference and the ratio are score limits.

    Returns
    -------
    tuple of ProportionDifference or Refusal
        One a group that is not the reference, in their order.
    """
    by_label = {group.group: group for group in groups}
    smallest = (settings or Settings()).min_group_patients
    return tuple(
        _compare(group, by_label[reference], people, smallest, method) for group in groups if group.group != reference
    )


def _compare(
    group: ResponseGroup, reference: ResponseGroup, people: pl.DataFrame, smallest: int, method: ProportionMethod
) -> ProportionDifference | Refusal:
    both = people.filter(pl.col("group").is_in([group.group, reference.group]))
    if both["pid"].is_duplicated().any():
        return Refusal(
            "several_lines",
            f"{group.group} against {reference.group}: some people have several lines, and the limits of a difference "
            "hold for different people only.",
            "Choose the first line of each patient or the decision point.",
        )
    for side in (group, reference):
        if (side.n_evaluable or 0) < smallest:
            return Refusal(
                "too_few_patients",
                f"{group.group} against {reference.group}: {side.group} has fewer than {smallest} evaluable lines.",
                "Join groups or widen the selection.",
            )
    return compare_proportions(group.group, _counts(group), reference.group, _counts(reference), method)


def _counts(group: ResponseGroup) -> tuple[int, int]:
    return group.n_responders or 0, group.n_evaluable or 0
