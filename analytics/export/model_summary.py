"""What models and comparisons say in ``summary.json``."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from analytics.export.comparison_tables import (
    contrast_table,
    group_test_table,
    mean_table,
    sensitivity_table,
    subgroup_table,
)
from analytics.export.competing_tables import hazard_table, interval_coefficient_table, interval_median_table
from analytics.export.model_tables import coefficient_table
from analytics.export.sentences import describe_endpoint
from analytics.tables.comparison_results import MeanSurvivalResult, SensitivityResult, SubgroupsResult
from analytics.tables.competing_results import CompetingRisksResult, IntervalSurvivalResult
from analytics.tables.regression_results import ModelResult
from analytics.tables.results import Refusal, TestResult


def say_model(result: ModelResult) -> dict[str, Any]:
    """Return counts, terms, tests and curves of a regression as plain values."""
    return {
        "endpoint": describe_endpoint(result.endpoint) | {"rule_set": result.rule_set},
        "model": result.model,
        "n_lines": result.n_lines,
        "n_patients": result.n_patients,
        "n_events": result.n_events,
        "terms": coefficient_table(result).to_dicts(),
        "variable_tests": [
            {"name": test.name, "statistic": test.statistic, "df": test.degrees_of_freedom, "p_value": test.p_value}
            for test in result.variable_tests
        ],
        "proportionality": {test.name: test.p_value for test in result.constancy_tests},
        "missing": [asdict(item) for item in result.missing],
    }


def say_competing(result: CompetingRisksResult) -> dict[str, Any]:
    """Return counts, incidences at landmarks, Gray's test and hazard ratios as plain values."""
    return {
        "endpoint": describe_endpoint(result.endpoint) | {"rule_set": result.rule_set},
        "causes": list(result.causes),
        "groups": [
            {
                "group": group.group,
                "n_lines": group.n_lines,
                "n_patients": group.n_patients,
                "incidences": [asdict(mark) for mark in group.landmarks],
            }
            for group in result.groups
        ],
        "test": _say_test(result.test),
        "hazards": hazard_table(result).to_dicts(),
        "not_given": _say_refusals(result.cause_specific, result.subdistribution),
    }


def say_intervals(result: IntervalSurvivalResult) -> dict[str, Any]:
    """Return counts and medians by detection, intervals and models as plain values."""
    return {
        "endpoint": describe_endpoint(result.endpoint) | {"rule_set": result.rule_set},
        "groups": [
            {
                "group": group.group,
                "n_lines": group.n_lines,
                "n_patients": group.n_patients,
                "n_events": group.n_events,
                "n_known_days": group.n_exact,
            }
            for group in result.groups
        ],
        "medians": interval_median_table(result).to_dicts(),
        "test": _say_test(result.test),
        "coefficients": interval_coefficient_table(result).to_dicts(),
        "not_given": _say_refusals(
            *(model.fit for group in result.groups for model in group.models),
            *(model.fit for model in result.regressions),
        ),
    }


def say_means(result: MeanSurvivalResult) -> dict[str, Any]:
    """Return restricted means, contrasts and tests as plain values."""
    return {
        "endpoint": describe_endpoint(result.endpoint) | {"rule_set": result.rule_set},
        "means": mean_table(result).to_dicts(),
        "contrasts": contrast_table(result).to_dicts(),
        "tests": group_test_table(result).to_dicts(),
    }


def say_subgroups(result: SubgroupsResult) -> dict[str, Any]:
    """Return the rows of the forest and the interaction tests as plain values."""
    return {
        "endpoint": describe_endpoint(result.endpoint) | {"rule_set": result.rule_set},
        "adjusted_for": list(result.adjusted_for),
        "rows": subgroup_table(result).to_dicts(),
        "interactions": {name: _say_test(test) for name, test in result.interactions},
    }


def say_sensitivity(result: SensitivityResult) -> dict[str, Any]:
    """Return one entry an analysis as plain values."""
    return {"reference": result.reference, "rows": sensitivity_table(result).to_dicts()}


def _say_test(test: TestResult | Refusal | None) -> dict[str, Any] | None:
    if test is None:
        return None
    if isinstance(test, Refusal):
        return {"refused": asdict(test)}
    return {"name": test.name, "statistic": test.statistic, "df": test.degrees_of_freedom, "p_value": test.p_value}


def _say_refusals(*items: object) -> list[dict[str, Any]]:
    refusals = dict.fromkeys(item for item in items if isinstance(item, Refusal))
    return [asdict(item) for item in refusals]
