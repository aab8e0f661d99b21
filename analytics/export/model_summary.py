"""The regression part of ``summary.json``."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from analytics.export.model_tables import coefficient_table
from analytics.export.sentences import describe_endpoint
from analytics.tables.regression_results import ModelResult


def say_model(result: ModelResult) -> dict[str, Any]:
    """Return counts, terms, tests and curves of a regression as plain values."""
    proportionality = result.proportionality
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
        "proportionality": None
        if proportionality is None
        else {test.name: test.p_value for test in proportionality.tests},
        "missing": [asdict(item) for item in result.missing],
    }
