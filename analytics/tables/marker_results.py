"""Answers about a marker: agreement with scans, rates of change, decay and regrowth, covariates imputed."""

from __future__ import annotations

from dataclasses import dataclass

from analytics.tables.hazard_results import ModelTerm
from analytics.tables.model_results import AgreementResult, MarkerCourseResult
from analytics.tables.regression_results import LevelCount, MissingCount, ModelColumn, ModelResult
from analytics.tables.results import Method, Refusal


@dataclass(frozen=True, slots=True)
class ScanAgreementResult:
    """How a marker agrees with scans it was measured beside: response, and progression.

    Of ``n_scans`` assessed scans ``n_matched`` have a marker value from ``days_before`` them to ``days_after`` them
    whose change from baseline is known; a few of these may be left undecided by a quantitation limit, so each of the
    ``agreements`` has its own counts.
    """

    analyte: str
    days_before: int
    days_after: int
    n_scans: int
    n_matched: int
    agreements: tuple[AgreementResult, ...]

    @property
    def methods(self) -> tuple[Method, ...]:
        """The methods of the agreements, each once."""
        return tuple(dict.fromkeys(method for item in self.agreements for method in item.methods))


@dataclass(frozen=True, slots=True)
class GrowthGroup:
    """Rates of one group in one period, in % a month; quartiles are ``None`` where nobody has a rate.

    ``n_without`` lines have no rate: too few values, or over too short a time.
    """

    group: str
    period: str
    n_lines: int | None
    n_without: int | None
    lower_quartile: float | None
    median: float | None
    upper_quartile: float | None


@dataclass(frozen=True, slots=True)
class GrowthResult:
    """How fast something grows before and on treatment, and what the rates say of the endpoint.

    ``models`` holds (period, Cox model of the time from when the rate is known), or why there is none.
    """

    endpoint: str
    rule_set: str
    what: str
    landmark_days: int
    groups: tuple[GrowthGroup, ...]
    models: tuple[tuple[str, ModelResult | Refusal], ...]
    methods: tuple[Method, ...]


@dataclass(frozen=True, slots=True)
class RateQuartiles:
    """Quartiles of a rate (or of the time it doubles or halves in) over the ``n_lines`` of a group that have it.

    They are ``None`` where too few people have the rate.
    """

    rate: str
    unit: str
    n_lines: int | None
    lower_quartile: float | None
    median: float | None
    upper_quartile: float | None


@dataclass(frozen=True, slots=True)
class RegrowthGroup:
    """The curves of decay and regrowth chosen for the ``n_lines`` of one group.

    ``models`` holds (name, lines) of each curve chosen, ``reasons`` (why without a curve, lines); ``n_beyond`` lines
    have values beyond a quantitation limit, which were left out. At the safe level small counts stand together.
    """

    group: str
    n_lines: int
    models: tuple[tuple[str, int], ...]
    reasons: tuple[tuple[str, int], ...]
    n_beyond: int | None
    rates: tuple[RateQuartiles, ...]


@dataclass(frozen=True, slots=True)
class RegrowthResult:
    """How fast something falls and grows again on treatment, by the best of four curves for each line."""

    what: str
    groups: tuple[RegrowthGroup, ...]
    methods: tuple[Method, ...]


@dataclass(frozen=True, slots=True)
class ImputationResult:
    """One Cox model twice: of the complete lines, and pooled over imputations of what is missing.

    ``complete`` and ``pooled`` have a term a column; ``missing_share`` is the share of information lost to missing
    values, by term of ``pooled``. Of ``n_lines``, ``n_complete`` have every covariate.
    """

    endpoint: str
    rule_set: str
    columns: tuple[ModelColumn, ...]
    levels: tuple[LevelCount, ...]
    complete: tuple[ModelTerm, ...] | Refusal
    pooled: tuple[ModelTerm, ...] | Refusal
    missing_share: tuple[float, ...]
    missing: tuple[MissingCount, ...]
    n_lines: int
    n_complete: int | None
    n_events: int
    n_imputations: int
    seed: int
    methods: tuple[Method, ...]


MarkerResult = MarkerCourseResult | ScanAgreementResult | GrowthResult | RegrowthResult | ImputationResult
"""Every answer about a marker that has a form of its own."""
