"""Cohort, response, trajectory and endpoint results as tables."""

from __future__ import annotations

from typing import cast

import polars as pl

from analytics.export.cells import table_as_csv
from analytics.export.release import Release
from analytics.tables.cohort_results import CohortResult, EndpointsResult, FlowStep, TrajectoryResult
from analytics.tables.response_results import ProportionDifference, ResponseGroup, ResponseResult
from analytics.tables.results import Estimate

_FLOW_SCHEMA: dict[str, type[pl.DataType]] = {
    "step": pl.String,
    "n_patients": pl.Int64,
    "n_lines": pl.Int64,
    "n_lines_removed": pl.Int64,
    "reason": pl.String,
}


def write_flow(release: Release) -> dict[str, bytes]:
    """Write ``flow.csv``: who is left after each step, and why the others are not."""
    return {"flow.csv": table_as_csv(flow_table(release.answer.flow))}


def write_characteristics(release: Release) -> dict[str, bytes]:
    """Write ``characteristics.csv``: lines by characteristic, category and group."""
    return {"characteristics.csv": table_as_csv(cast("CohortResult", release.answer.result).characteristics)}


def write_response(release: Release) -> dict[str, bytes]:
    """Write ``response.csv`` (shares with limits), ``not_evaluable.csv`` (why not) and, if any, the comparisons."""
    result = cast("ResponseResult", release.answer.result)
    reasons = pl.DataFrame(
        result.not_evaluable_reasons,
        schema={"group": pl.String, "reason": pl.String, "n_lines": pl.Int64},
        orient="row",
    )
    files = {"response.csv": response_table(result), "not_evaluable.csv": reasons}
    if any(isinstance(item, ProportionDifference) for item in result.comparisons):
        files["response_comparisons.csv"] = response_comparison_table(result)
    return {name: table_as_csv(table) for name, table in files.items()}


def write_best_changes(release: Release) -> dict[str, bytes]:
    """Write ``best_changes.csv``: the best change of every evaluable line, in percent."""
    return {"best_changes.csv": table_as_csv(cast("ResponseResult", release.answer.result).best_changes)}


def write_bands(release: Release) -> dict[str, bytes]:
    """Write ``bands.csv``: quantiles of fold-ULN by window."""
    return {"bands.csv": table_as_csv(cast("TrajectoryResult", release.answer.result).bands)}


def write_endpoints(release: Release) -> dict[str, bytes]:
    """Write ``endpoints.csv``: events, censorings and exclusions by reason."""
    return {"endpoints.csv": table_as_csv(cast("EndpointsResult", release.answer.result).counts)}


def write_subjects(release: Release) -> dict[str, bytes]:
    """Write ``subjects.csv``: one row a line or value the answer rests on; full level only."""
    return {"subjects.csv": table_as_csv(release.answer.subjects)}


def flow_table(flow: tuple[FlowStep, ...]) -> pl.DataFrame:
    """Return the steps as rows."""
    rows = [(step.label, step.n_patients, step.n_lines, step.n_lines_removed, step.reason) for step in flow]
    return pl.DataFrame(rows, schema=_FLOW_SCHEMA, orient="row")


def response_table(result: ResponseResult) -> pl.DataFrame:
    """Return one row a group; shares between 0 and 1, empty where withheld or not estimable."""
    return pl.DataFrame([_response_row(result, group) for group in result.groups], infer_schema_length=None)


def response_comparison_table(result: ResponseResult) -> pl.DataFrame:
    """Return one row a comparison: difference of shares of the evaluable, their ratio, Fisher's exact p value."""
    rows = [
        {"group": item.group, "reference": item.reference}
        | _limits("difference", item.difference)
        | _limits("ratio", item.ratio)
        | {"p.value": item.p_value, "conf.level": item.difference.level}
        for item in result.comparisons
        if isinstance(item, ProportionDifference)
    ]
    return pl.DataFrame(rows, infer_schema_length=None)


def _response_row(result: ResponseResult, group: ResponseGroup) -> dict[str, object]:
    row: dict[str, object] = {
        "group": group.group,
        "analyte": result.analyte,
        "rule": result.rule_id,
        "n_all": group.n_all,
        "n_evaluable": group.n_evaluable,
        "n_not_evaluable": group.n_not_evaluable,
        "n_responders": group.n_responders,
        "n_confirmed": group.n_confirmed,
    }
    for name, estimate in (
        ("share_of_evaluable", group.share_of_evaluable),
        ("share_of_all", group.share_of_all),
        ("confirmed_share_of_evaluable", group.confirmed_share_of_evaluable),
    ):
        row |= _limits(name, estimate)
    return row | {"conf.level": group.share_of_all.level}


def _limits(name: str, estimate: Estimate) -> dict[str, float | None]:
    return {name: estimate.value, f"{name}.low": estimate.low, f"{name}.high": estimate.high}
