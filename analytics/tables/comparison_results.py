"""Results that set things side by side: groups without proportional hazards, subgroups, ways to analyse."""

from __future__ import annotations

from dataclasses import dataclass

from analytics.tables.hazard_results import ModelTerm
from analytics.tables.results import Estimate, Method, Refusal, TestResult
from analytics.tables.survival_results import PairwiseTest, RestrictedMeanResult, SurvivalCurve


@dataclass(frozen=True, slots=True)
class MeanSurvivalResult:
    """Groups compared without the assumption of proportional hazards.

    ``means`` are restricted means with differences and ratios; ``tests`` the log-rank family, named; ``pairs`` every
    pair of groups with p values corrected by Holm. ``curves`` are those whose area the means are.
    """

    endpoint: str
    rule_set: str
    means: RestrictedMeanResult
    curves: tuple[SurvivalCurve, ...]
    counts: tuple[tuple[str, int, int], ...]
    tests: tuple[tuple[str, TestResult | Refusal], ...]
    pairs: tuple[PairwiseTest, ...]
    methods: tuple[Method, ...]


@dataclass(frozen=True, slots=True)
class SubgroupRow:
    """The ratio of ``group`` to the reference within one level of ``variable``; empty variable: everybody."""

    variable: str
    level: str
    n_lines: int | None
    n_events: int | None
    term: ModelTerm | Refusal


@dataclass(frozen=True, slots=True)
class SubgroupsResult:
    """The effect of one group against another in everybody and in subgroups.

    ``interactions`` holds (variable, test that its levels share one ratio, or why there is none), not corrected for
    their number.
    """

    endpoint: str
    rule_set: str
    group: str
    reference: str
    adjusted_for: tuple[str, ...]
    rows: tuple[SubgroupRow, ...]
    interactions: tuple[tuple[str, TestResult | Refusal], ...]
    methods: tuple[Method, ...]


@dataclass(frozen=True, slots=True)
class SensitivityRow:
    """One analysis: endpoint, rule set and model, with the ratio of ``group`` or why it is not given.

    ``ratio`` says of what the ratio is. ``medians`` holds (group, Kaplan–Meier median in days).
    """

    endpoint: str
    rule_set: str
    model: str
    group: str
    n_lines: int | None
    n_events: int | None
    medians: tuple[tuple[str, Estimate], ...]
    ratio: str
    term: ModelTerm | Refusal


@dataclass(frozen=True, slots=True)
class SensitivityResult:
    """The same comparison by every endpoint, rule set and model asked for, in that order."""

    reference: str
    rows: tuple[SensitivityRow, ...]
    methods: tuple[Method, ...]
