"""The course of a marker as tables: curves, effects, how people differ, residuals, and people's own curves."""

from __future__ import annotations

from typing import cast

import numpy as np
import polars as pl

from analytics.export.cells import table_as_csv
from analytics.export.model_tables import table_of_tests
from analytics.export.release import Release
from analytics.tables.model_results import Coefficient, MarkerCourseResult, MixedModelResult


def write_course(release: Release) -> dict[str, bytes]:
    """Write ``course.csv``, ``coefficients.csv``, ``spread.csv`` and, where there are several groups, ``tests.csv``."""
    result = cast("MarkerCourseResult", release.answer.result)
    files = {
        "course.csv": course_table(result),
        "coefficients.csv": effect_table(result.model.coefficients),
        "spread.csv": spread_table(result.model),
    }
    if result.tests:
        files["tests.csv"] = table_of_tests(result.tests)
    return {name: table_as_csv(table) for name, table in files.items()}


def write_own_courses(release: Release) -> dict[str, bytes]:
    """Write ``patients.csv``, each person's level and slope beside the group's, and ``residuals.csv``; full level only.

    The people's own fitted values stand in ``subjects.csv``.
    """
    model = cast("MarkerCourseResult", release.answer.result).model
    names = release.answer.subjects.select(pl.col("pid").cast(pl.String).alias("patient"), "patient_id", "group")
    patients = model.patients.join(names.unique(), on="patient", maintain_order="left")
    files = {"patients.csv": table_as_csv(patients.select("patient_id", "group", *model.patients.columns[1:]))}
    if model.residuals is not None:
        check = model.residuals
        quantiles = {"probability": check.probability, "normal": check.normal, "observed": check.observed}
        files["residuals.csv"] = table_as_csv(pl.DataFrame(quantiles))
    return files


def course_table(result: MarkerCourseResult) -> pl.DataFrame:
    """Return the curves in multiples of the upper limit of normal.

    ``typical`` is the curve of the typical person, with limits (``conf.low``, ``conf.high``) and those of one value of
    a person never seen (``value.low``, ``value.high``); ``mean`` is the arithmetic mean over people, which lies higher
    as few high values draw it up.
    """
    return result.curves.select(
        strata="group",
        months="months",
        typical=pl.col("mean").exp(),
        **{"conf.low": pl.col("low").exp(), "conf.high": pl.col("high").exp()},
        **{"value.low": pl.col("person_low").exp(), "value.high": pl.col("person_high").exp()},
        mean=(pl.col("mean") + pl.col("spread") ** 2 / 2).exp(),
        **{"n.patients": pl.col("n_patients")},
    )


def effect_table(coefficients: tuple[Coefficient, ...]) -> pl.DataFrame:
    """Return one row a fixed effect, on the scale of the outcome."""
    rows = [
        (item.name, item.estimate.value, item.std_error, item.estimate.low, item.estimate.high, item.p_value)
        for item in coefficients
    ]
    numbers = ("estimate", "std.error", "conf.low", "conf.high", "p.value")
    return pl.DataFrame(rows, schema={"term": pl.String} | dict.fromkeys(numbers, pl.Float64), orient="row")


def spread_table(model: MixedModelResult) -> pl.DataFrame:
    """Return standard deviations of the random effects, their correlations, and that of single values."""
    deviations = np.sqrt(np.diag(model.random_covariance))
    rows = [
        ("standard deviation", name, "", float(sd)) for name, sd in zip(model.random_names, deviations, strict=True)
    ]
    for i, first in enumerate(model.random_names):
        for j, second in enumerate(model.random_names[:i]):
            product = float(deviations[i] * deviations[j])
            if product > 0:
                rows.append(("correlation", first, second, float(model.random_covariance[i, j]) / product))
    rows.append(("standard deviation", "single value", "", model.residual_sd))
    return pl.DataFrame(
        rows, schema={"what": pl.String, "of": pl.String, "with": pl.String, "value": pl.Float64}, orient="row"
    )


def say_course(result: MarkerCourseResult) -> dict[str, object]:
    """Return the model as plain values for ``summary.json``."""
    model = result.model
    check = model.residuals
    return {
        "outcome": model.outcome,
        "groups": list(result.groups),
        "n_values": model.n_values,
        "n_patients": model.n_patients,
        "n_beyond_limits": model.n_beyond,
        "criterion": model.criterion,
        "is_singular": model.is_singular,
        "effects": effect_table(model.coefficients).to_dicts(),
        "spread": spread_table(model).to_dicts(),
        "tests": table_of_tests(result.tests).to_dicts(),
        "residuals": None
        if check is None
        else {
            "skewness": check.skewness,
            "excess_kurtosis": check.excess_kurtosis,
            "share_beyond_3": check.share_beyond_3,
        },
    }
