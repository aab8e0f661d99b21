"""Competing risks and times known between visits as tables."""

from __future__ import annotations

from typing import cast

import numpy as np
import polars as pl

from analytics.catalogue.calendar import DAYS_PER_MONTH
from analytics.export.cells import table_as_csv
from analytics.export.model_tables import table_of_model, term_row
from analytics.export.release import Release
from analytics.tables.competing_results import (
    CompetingRisksResult,
    CumulativeIncidence,
    IntervalGroup,
    IntervalSurvivalResult,
)
from analytics.tables.hazard_results import ParametricResult, RegressionResult
from analytics.tables.results import Estimate


def write_incidence(release: Release) -> dict[str, bytes]:
    """Write ``cif.csv`` (one row a time, group and cause) and ``hazards.csv`` (both kinds of hazard ratio)."""
    result = cast("CompetingRisksResult", release.answer.result)
    files = {"cif.csv": table_as_csv(incidence_table(result))}
    hazards = hazard_table(result)
    return files if hazards.is_empty() else files | {"hazards.csv": table_as_csv(hazards)}


def incidence_table(result: CompetingRisksResult) -> pl.DataFrame:
    """Return the curves with the names of R's broom; ``n.risk`` counts just before, ``time`` is in months."""
    return pl.concat(
        _table_of_incidence(curve, cause, result.endpoint)
        for group in result.groups
        for cause, curve in zip(result.causes, group.curves, strict=True)
    )


def hazard_table(result: CompetingRisksResult) -> pl.DataFrame:
    """Return the hazard ratios of the first cause, cause-specific and subdistribution, terms of splines left out."""
    rows: list[dict[str, object]] = []
    for kind, model in (("cause-specific", result.cause_specific), ("subdistribution", result.subdistribution)):
        if isinstance(model, RegressionResult):
            rows.extend(
                {"hazard": kind, "cause": result.causes[0]} | term_row(column, term, "hazard ratio")
                for column, term in zip(result.columns, model.terms, strict=True)
                if column.kind != "spline"
            )
    return pl.DataFrame(rows, infer_schema_length=None)


def write_turnbull(release: Release) -> dict[str, bytes]:
    """Write ``turnbull.csv``: survival after each interval in which events lie; full level only."""
    groups = cast("IntervalSurvivalResult", release.answer.result).groups
    tables = [_table_of_intervals(group) for group in groups if group.curve is not None]
    return {"turnbull.csv": table_as_csv(pl.concat(tables))} if tables else {}


def write_interval_models(release: Release) -> dict[str, bytes]:
    """Write ``interval_medians.csv`` and, if any, ``modelled_curves.csv``, ``interval_coefficients.csv``."""
    result = cast("IntervalSurvivalResult", release.answer.result)
    files = {"interval_medians.csv": table_as_csv(interval_median_table(result))}
    curves = [_table_of_models(group) for group in result.groups if any(model.curve for model in group.models)]
    files |= {"modelled_curves.csv": table_as_csv(pl.concat(curves))} if curves else {}
    coefficients = interval_coefficient_table(result)
    return files if coefficients.is_empty() else files | {"interval_coefficients.csv": table_as_csv(coefficients)}


def interval_coefficient_table(result: IntervalSurvivalResult) -> pl.DataFrame:
    """Return the ratios of every model of everybody's intervals, terms of splines left out."""
    rows = [
        {"family": model.family, "aic": model.fit.aic} | term_row(column, term, model.ratio)
        for model in result.regressions
        if isinstance(model.fit, ParametricResult)
        for column, term in zip(result.columns, model.fit.terms, strict=True)
        if column.kind != "spline"
    ]
    return pl.DataFrame(rows, infer_schema_length=None)


def interval_median_table(result: IntervalSurvivalResult) -> pl.DataFrame:
    """Return medians in months, one row a group and way.

    For Turnbull ``low`` and ``high`` bound the median itself; resampled limits of that and of how much later detection
    dates it have rows of their own.
    """
    rows: list[tuple[str, str, float | None, float | None, float | None, float | None]] = []
    for group in result.groups:
        found = group.detection_median
        rows.append((group.group, "day of detection", found.value, found.low, found.high, None))
        if group.curve is not None:
            low, high = group.median or (None, None)
            rows.append((group.group, "turnbull", None, low, high, None))
        if group.limits is not None:
            for way, at in (("turnbull, limits", group.limits.median), ("detection later by", group.limits.shift)):
                rows.append((group.group, way, None, at.low, at.high, None))
        for model in group.models:
            at = model.median or Estimate(None, None, None, "days")
            aic = model.fit.aic if isinstance(model.fit, ParametricResult) else None
            rows.append((group.group, model.family, at.value, at.low, at.high, aic))
    schema = {"strata": pl.String, "way": pl.String} | dict.fromkeys(("median", "low", "high", "aic"), pl.Float64)
    table = pl.DataFrame(rows, schema=schema, orient="row")
    return table.with_columns(pl.col("median", "low", "high") / DAYS_PER_MONTH, time_unit=pl.lit("months"))


def _table_of_incidence(curve: CumulativeIncidence, cause: str, endpoint: str) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "strata": [curve.group] * len(curve.time),
            "cause": [cause] * len(curve.time),
            "time": curve.time / DAYS_PER_MONTH,
            "n.risk": curve.n_risk,
            "n.event": curve.n_event,
            "estimate": curve.incidence,
            "std.error": curve.std_error,
            "conf.low": curve.low,
            "conf.high": curve.high,
            "cum.event": np.cumsum(curve.n_event),
        }
    ).with_columns(
        pl.lit(curve.method.interval).alias("conf.type"),
        pl.lit(curve.level).alias("conf.level"),
        pl.lit("months").alias("time_unit"),
        pl.lit(endpoint).alias("outcome"),
        pl.Series("days", curve.time),
    )


def _table_of_intervals(group: IntervalGroup) -> pl.DataFrame:
    curve = group.curve
    if curve is None:
        return pl.DataFrame()
    right = np.where(np.isinf(curve.right), np.nan, curve.right)
    nothing = np.full(len(right), np.nan)
    return pl.DataFrame(
        {
            "strata": [group.group] * len(curve.left),
            "left_days": curve.left,
            "right_days": right,
            "left_months": curve.left / DAYS_PER_MONTH,
            "right_months": right / DAYS_PER_MONTH,
            "mass": curve.mass,
            "survival_after": curve.survival,
            "conf.low": nothing if group.limits is None else group.limits.low,
            "conf.high": nothing if group.limits is None else group.limits.high,
        }
    )


def _table_of_models(group: IntervalGroup) -> pl.DataFrame:
    tables = [
        table_of_model(curve).select(
            pl.lit(group.group).alias("strata"), pl.lit(model.family).alias("family"), pl.all()
        )
        for model in group.models
        if (curve := model.curve) is not None
    ]
    return pl.concat(tables)
