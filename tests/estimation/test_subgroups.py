"""Subgroup effects: R's ratios and interaction test, and levels that are too small."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.errors import RefusedError
from analytics.estimation.observations import check_observations
from analytics.estimation.subgroups import estimate_subgroup_effects
from analytics.tables.results import HazardRatio, Refusal

AS_R = 1e-8


@pytest.fixture
def lung(data):
    table = data("lung").drop_nulls("ph.ecog")
    return table.filter(table["ph.ecog"] < 3)


def ask(table, **columns):
    observations = check_observations(
        table["time"], table["happened"].cast(bool), **{key: table[name] for key, name in columns.items()}
    )
    return estimate_subgroup_effects(observations, table["sex"], table["ph.ecog"], "performance")


def test_effects_and_interaction_are_r_s(lung, from_r, agree):
    result = ask(lung)
    ratios = [effect for *_, effect in result.effects]
    assert all(isinstance(effect, HazardRatio) for effect in ratios)
    agree(np.log([effect.ratio.value for effect in ratios]), from_r("subgroups", "effects"), AS_R)
    agree(result.interaction.statistic, from_r("subgroups", "interaction")["statistic"], AS_R)
    assert result.interaction.degrees_of_freedom == 2
    assert [(level, lines, events) for level, lines, events, _ in result.effects] == [
        (level, part.height, part["happened"].sum())
        for level, part in ((str(k), lung.filter(lung["ph.ecog"] == k)) for k in range(3))
    ]


def test_with_several_lines_a_person_the_test_is_robust(lung, from_r, agree):
    agree(ask(lung, cluster="person").interaction.statistic, from_r("subgroups", "robust")["statistic"], AS_R)


def test_a_small_level_is_refused_alone(data):
    table = data("lung").drop_nulls("ph.ecog")  # one person has performance 3
    result = ask(table)
    assert [type(effect) for *_, effect in result.effects] == [HazardRatio, HazardRatio, HazardRatio, Refusal]
    assert isinstance(result.interaction, Refusal)


def test_one_level_and_three_groups_are_refused(lung):
    observations = check_observations(lung["time"], lung["happened"].cast(bool))
    one = estimate_subgroup_effects(observations, lung["sex"], ["all"] * lung.height, "everybody")
    assert one.interaction.code == "one_level"
    with pytest.raises(RefusedError, match="two groups, not 3"):
        estimate_subgroup_effects(observations, lung["ph.ecog"], lung["sex"], "sex")
