"""How many people and events each group has, and the refusals that follow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analytics.catalogue.settings import Settings
from analytics.errors import RefusedError
from analytics.estimation.observations import Observations, label_codes
from analytics.tables.results import FloatArray, IntArray, Refusal


@dataclass(frozen=True, slots=True)
class Groups:
    """Group of each line: ``labels`` in sorted order, ``codes`` (n,), and counts a group, arrays of shape (g,)."""

    labels: tuple[str, ...]
    codes: IntArray
    n_patients: IntArray
    n_events: IntArray

    def indicators(self, chosen: list[int]) -> FloatArray:
        """Return one 0/1 column a chosen group, shape (n, len(chosen))."""
        return (self.codes[:, None] == np.array(chosen)[None, :]).astype(np.float64)


def count_groups(observations: Observations, group: ArrayLike) -> Groups:
    """Count patients and events of each group; a person counts once in each group it has lines in.

    Raises
    ------
    RefusedError
        When a group label is missing or the lengths differ.
    """
    labels, codes = label_codes(group)
    n = len(observations.days)
    if len(codes) != n:
        raise RefusedError(f"group has {len(codes)} values where days has {n}.", "group", "Give one value a line.")
    events = np.bincount(codes, observations.happened, len(labels)).astype(np.int64)
    return Groups(
        tuple(str(label) for label in labels), codes, _count_patients(observations, codes, len(labels)), events
    )


def count_in_several_groups(observations: Observations, groups: Groups) -> int:
    """Count the people with lines in more than one group."""
    if observations.cluster is None:
        return 0
    pairs = _pair_people_with_groups(observations.cluster, groups.codes, len(groups.labels))
    return int(np.count_nonzero(np.bincount(pairs // len(groups.labels)) > 1)) if len(pairs) else 0


def refuse_comparison(groups: Groups) -> Refusal | None:
    """Refuse to compare one group, or groups without a single event among them."""
    if len(groups.labels) < 2:
        return Refusal(
            "one_group",
            "There is only one group, so there is nothing to compare.",
            "Group by something that varies, or widen the selection.",
        )
    if not groups.n_events.any():
        return Refusal(
            "no_events",
            "Nobody has had the event in any group.",
            "Wait for more follow-up, or choose an endpoint with events.",
        )
    return None


def refuse_small_group(groups: Groups, code: int, settings: Settings) -> Refusal | None:
    """Refuse a hazard ratio for a group with too few people or events."""
    label, n_patients, n_events = groups.labels[code], groups.n_patients[code], groups.n_events[code]
    if n_patients < settings.min_group_patients:
        return Refusal(
            "too_few_patients",
            f"{label} has {n_patients} patients; a hazard ratio needs at least {settings.min_group_patients}.",
            "Join groups or widen the selection.",
        )
    if n_events < settings.min_group_events:
        return Refusal(
            "too_few_events",
            f"{label} has {n_events} events; a hazard ratio needs at least {settings.min_group_events}.",
            "Join groups, widen the selection or wait for more follow-up.",
        )
    return None


def refuse_test(groups: Groups, settings: Settings) -> Refusal | None:
    """Refuse a test on so few events in all that its chi-squared approximation means nothing."""
    refusal = refuse_comparison(groups)
    n_events = int(sum(groups.n_events))
    if refusal or n_events >= settings.min_group_events:
        return refusal
    return Refusal(
        "too_few_events",
        f"{n_events} events in all; a test of the groups needs at least {settings.min_group_events}.",
        "Widen the selection or wait for more follow-up.",
    )


def refuse_events_per_parameter(n_events: int, n_parameters: int, settings: Settings) -> Refusal | None:
    """Refuse a model with too few events for its parameters."""
    if n_events >= settings.min_events_per_parameter * n_parameters:
        return None
    return Refusal(
        "too_few_events_per_parameter",
        f"{n_events} events for {n_parameters} parameters; at least {settings.min_events_per_parameter:g} events a "
        "parameter are needed.",
        f"Use at most {int(n_events // settings.min_events_per_parameter)} parameters, or a penalised model.",
    )


def note_events_per_parameter(n_events: int, n_parameters: int, settings: Settings) -> dict[str, str]:
    """Return the note that belongs to a model with few events a parameter, as options of its `Method`."""
    if n_events >= settings.note_events_per_parameter * n_parameters:
        return {}
    return {
        "note": f"{n_events} events for {n_parameters} parameters, fewer than "
        f"{settings.note_events_per_parameter:g} a parameter: read with caution"
    }


def _count_patients(observations: Observations, codes: IntArray, n_groups: int) -> IntArray:
    if observations.cluster is None:
        return np.bincount(codes, minlength=n_groups)
    pairs = _pair_people_with_groups(observations.cluster, codes, n_groups)
    return np.bincount(pairs % n_groups, minlength=n_groups) if n_groups else np.zeros(0, dtype=np.int64)


def _pair_people_with_groups(cluster: IntArray, codes: IntArray, n_groups: int) -> IntArray:
    """Return person · n_groups + group once for every person and group that occur together."""
    return np.flatnonzero(np.bincount(cluster * n_groups + codes))
