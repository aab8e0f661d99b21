"""A regression as tables: coefficients with their reference levels, tests, curves, and the missing."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import polars as pl

from analytics.catalogue.calendar import DAYS_PER_MONTH
from analytics.export.cells import table_as_csv
from analytics.export.release import Release
from analytics.tables.hazard_results import ModelledCurve, ModelTerm
from analytics.tables.regression_results import EffectCurve, MissingCount, ModelColumn, ModelResult
from analytics.tables.results import TestResult

_COEFFICIENTS: dict[str, type[pl.DataType]] = {
    "term": pl.String,
    "variable": pl.String,
    "label": pl.String,
    "kind": pl.String,
    "level": pl.String,
    "reference": pl.String,
    "per": pl.String,
    "n.lines": pl.Int64,
    "n.events": pl.Int64,
    "coefficient": pl.Float64,
    "std.error": pl.Float64,
    "ratio": pl.Float64,
    "conf.low": pl.Float64,
    "conf.high": pl.Float64,
    "p.value": pl.Float64,
    "conf.level": pl.Float64,
    "ratio_of": pl.String,
}


def write_coefficients(release: Release) -> dict[str, bytes]:
    """Write ``coefficients.csv``: one row a term, reference levels with ratio 1; no spline terms at the safe level."""
    result = cast("ModelResult", release.answer.result)
    return {"coefficients.csv": table_as_csv(coefficient_table(result))}


def write_model_tests(release: Release) -> dict[str, bytes]:
    """Write ``tests.csv`` (whole model, each variable, bends) and ``proportionality.csv``."""
    result = cast("ModelResult", release.answer.result)
    files = {"tests.csv": table_as_csv(table_of_tests((*_overall_tests(result), *result.variable_tests)))}
    if result.constancy_tests:
        files["proportionality.csv"] = table_as_csv(table_of_tests(result.constancy_tests))
    return files


def write_effect_curves(release: Release) -> dict[str, bytes]:
    """Write ``effect_curves.csv``: ratios along each continuous variable, against its median."""
    curves = cast("ModelResult", release.answer.result).curves
    if not curves:
        return {}
    return {"effect_curves.csv": table_as_csv(pl.concat([_table_of_curve(curve) for curve in curves]))}


def write_adjusted_curves(release: Release) -> dict[str, bytes]:
    """Write ``adjusted_curves.csv``: survival of the groups as if all were the same people."""
    adjusted = cast("ModelResult", release.answer.result).adjusted
    if not adjusted:
        return {}
    tables = [table_of_model(item.curve).select(pl.lit(item.group).alias("strata"), pl.all()) for item in adjusted]
    return {"adjusted_curves.csv": table_as_csv(pl.concat(tables))}


def table_of_model(curve: ModelledCurve) -> pl.DataFrame:
    """Return a modelled curve with months and what of it lies beyond follow-up."""
    return pl.DataFrame(
        {
            "time": curve.days / DAYS_PER_MONTH,
            "estimate": curve.survival,
            "conf.low": curve.low,
            "conf.high": curve.high,
            "is_extrapolated": curve.is_extrapolated,
        }
    )


def write_missing(release: Release) -> dict[str, bytes]:
    """Write ``missing.csv``: lines without each variable, whatever else is missing there."""
    return {"missing.csv": table_as_csv(missing_table(cast("ModelResult", release.answer.result).missing))}


def missing_table(missing: tuple[MissingCount, ...]) -> pl.DataFrame:
    """Return one row a variable."""
    rows = [(item.variable, item.label, item.n_lines) for item in missing]
    return pl.DataFrame(rows, schema={"variable": pl.String, "label": pl.String, "n.lines": pl.Int64}, orient="row")


def write_schoenfeld(release: Release) -> dict[str, bytes]:
    """Write ``schoenfeld.csv``: scaled residuals of every event; full level only, as each row is one person's day."""
    proportionality = cast("ModelResult", release.answer.result).proportionality
    if proportionality is None:
        return {}
    columns: dict[str, Any] = {"days": proportionality.time, "months": proportionality.time / DAYS_PER_MONTH}
    scaled = zip(proportionality.terms, proportionality.scaled.T, strict=True)
    return {"schoenfeld.csv": table_as_csv(pl.DataFrame(columns | dict(scaled)))}


def write_influence(release: Release) -> dict[str, bytes]:
    """Write ``influence.csv``: what each line moves each coefficient by, in standard errors; full level only."""
    result = cast("ModelResult", release.answer.result)
    if result.influence is None:
        return {}
    keys = release.answer.subjects.select("pid", "line_no", "patient_id")
    names = [column.name for column in result.columns]
    moved = pl.DataFrame(result.influence, schema=names)
    return {"influence.csv": table_as_csv(pl.concat([keys, moved], how="horizontal"))}


def coefficient_table(result: ModelResult) -> pl.DataFrame:
    """Return one row a term in the order of the model, each category led by its reference level."""
    counts = {(item.variable, item.level): (item.n_lines, item.n_events) for item in result.levels}
    rows: list[dict[str, object]] = []
    led: set[str] = set()
    for column, term in zip(result.columns, result.fit.terms, strict=True):
        if column.kind == "level" and column.variable not in led:
            led.add(column.variable)
            rows.append(_reference_row(column, counts[column.variable, column.reference], result.ratio))
        n_lines, n_events = counts.get((column.variable, column.level), (result.n_lines, result.n_events))
        rows.append(term_row(column, term, result.ratio) | {"n.lines": n_lines, "n.events": n_events})
    return pl.DataFrame(rows, schema=_COEFFICIENTS, orient="row")


def term_row(column: ModelColumn, term: ModelTerm, ratio: str) -> dict[str, object]:
    """Return one term as a row."""
    return {
        "term": column.name,
        "variable": column.variable,
        "label": column.label,
        "kind": column.kind,
        "level": column.level,
        "reference": column.reference,
        "per": column.step if column.kind == "line" else "",
        "coefficient": term.coefficient,
        "std.error": term.std_error,
        "ratio": term.ratio.value,
        "conf.low": term.ratio.low,
        "conf.high": term.ratio.high,
        "p.value": term.p_value,
        "conf.level": term.ratio.level,
        "ratio_of": ratio,
    }


def _reference_row(column: ModelColumn, counts: tuple[int | None, int | None], ratio: str) -> dict[str, object]:
    return {
        "term": f"{column.variable}: {column.reference}",
        "variable": column.variable,
        "label": column.label,
        "kind": "reference",
        "level": column.reference,
        "reference": column.reference,
        "n.lines": counts[0],
        "n.events": counts[1],
        "ratio": 1.0,
        "ratio_of": ratio,
    }


def _overall_tests(result: ModelResult) -> tuple[TestResult, ...]:
    return getattr(result.fit, "tests", ())


def table_of_tests(tests: tuple[TestResult, ...]) -> pl.DataFrame:
    """Return one row a test."""
    rows = [(test.name, test.statistic, test.degrees_of_freedom, test.p_value, test.method.name) for test in tests]
    schema = {"name": pl.String, "statistic": pl.Float64, "df": pl.Int64, "p.value": pl.Float64, "test": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _table_of_curve(curve: EffectCurve) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "variable": [curve.variable] * len(curve.value),
            "value": curve.value,
            "ratio": curve.ratio,
            "conf.low": curve.low,
            "conf.high": curve.high,
            "reference": np.full(len(curve.value), curve.reference),
            "unit": [curve.unit] * len(curve.value),
            "at": [curve.at] * len(curve.value),
        }
    )
