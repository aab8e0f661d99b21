"""Restricted means, tests, subgroups and sensitivity analyses as tables."""

from __future__ import annotations

from typing import cast

import polars as pl

from analytics.catalogue.calendar import DAYS_PER_MONTH
from analytics.export.cells import table_as_csv
from analytics.export.release import Release
from analytics.tables.comparison_results import MeanSurvivalResult, SensitivityResult, SubgroupsResult
from analytics.tables.hazard_results import ModelTerm
from analytics.tables.results import Estimate, Refusal, TestResult

_RATIO: dict[str, type[pl.DataType]] = dict.fromkeys(("ratio", "conf.low", "conf.high", "p.value"), pl.Float64)


def write_means(release: Release) -> dict[str, bytes]:
    """Write ``restricted_means.csv``, ``contrasts.csv`` and ``group_tests.csv``."""
    result = cast("MeanSurvivalResult", release.answer.result)
    return {
        "restricted_means.csv": table_as_csv(mean_table(result)),
        "contrasts.csv": table_as_csv(contrast_table(result)),
        "group_tests.csv": table_as_csv(group_test_table(result)),
    }


def write_subgroups(release: Release) -> dict[str, bytes]:
    """Write ``forest.csv`` (one row a subgroup) and ``interactions.csv``."""
    result = cast("SubgroupsResult", release.answer.result)
    return {
        "forest.csv": table_as_csv(subgroup_table(result)),
        "interactions.csv": table_as_csv(_test_table(("variable",), [((name,), t) for name, t in result.interactions])),
    }


def write_sensitivity(release: Release) -> dict[str, bytes]:
    """Write ``sensitivity.csv``: one row an endpoint, rule set, model and group."""
    return {"sensitivity.csv": table_as_csv(sensitivity_table(cast("SensitivityResult", release.answer.result)))}


def mean_table(result: MeanSurvivalResult) -> pl.DataFrame:
    """Return the restricted mean of each group in months."""
    counts = {group: (n, events) for group, n, events in result.counts}
    rows = [(group, *counts[group], *_in_months(mean)) for group, mean in result.means.means]
    schema = {"strata": pl.String, "n.lines": pl.Int64, "n.events": pl.Int64} | dict.fromkeys(
        ("mean", "conf.low", "conf.high"), pl.Float64
    )
    table = pl.DataFrame(rows, schema=schema, orient="row")
    return table.with_columns(horizon=pl.lit(result.means.days / DAYS_PER_MONTH), time_unit=pl.lit("months"))


def contrast_table(result: MeanSurvivalResult) -> pl.DataFrame:
    """Return differences (months) and ratios of restricted means against the reference group."""
    rows = [
        (
            item.group,
            item.reference,
            *_in_months(item.difference),
            item.p_difference,
            item.ratio.value,
            item.ratio.low,
            item.ratio.high,
            item.p_ratio,
        )
        for item in result.means.contrasts
    ]
    names = ("difference", "difference.low", "difference.high", "difference.p.value")
    ratios = ("ratio", "ratio.low", "ratio.high", "ratio.p.value")
    schema = {"group": pl.String, "reference": pl.String} | dict.fromkeys((*names, *ratios), pl.Float64)
    return pl.DataFrame(rows, schema=schema, orient="row")


def group_test_table(result: MeanSurvivalResult) -> pl.DataFrame:
    """Return the tests of all groups, then those of pairs with p values after Holm."""
    tests = [(("all groups", said), test) for said, test in result.tests]
    pairs = [((f"{pair.group} against {pair.reference}", "pair"), pair.test) for pair in result.pairs]
    adjusted = [None] * len(tests) + [pair.p_adjusted for pair in result.pairs]
    table = _test_table(("groups", "looks_for"), [*tests, *pairs])
    return table.with_columns(pl.Series("p.holm", adjusted, dtype=pl.Float64))


def subgroup_table(result: SubgroupsResult) -> pl.DataFrame:
    """Return one row a subgroup, the whole first; a ratio that is not given has its reason."""
    rows = [
        (row.variable, row.level, result.group, result.reference, row.n_lines, row.n_events, *_term(row.term))
        for row in result.rows
    ]
    schema: dict[str, type[pl.DataType]] = dict.fromkeys(("variable", "level", "group", "reference"), pl.String)
    schema |= {"n.lines": pl.Int64, "n.events": pl.Int64} | _RATIO | {"not_given": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


def sensitivity_table(result: SensitivityResult) -> pl.DataFrame:
    """Return one row an analysis and group, medians in words of months."""
    rows = [
        (
            row.endpoint,
            row.rule_set,
            row.model,
            row.group,
            result.reference,
            row.n_lines,
            row.n_events,
            row.ratio,
            *_term(row.term),
            "; ".join(f"{group} {_say(median)}" for group, median in row.medians),
        )
        for row in result.rows
    ]
    schema: dict[str, type[pl.DataType]] = dict.fromkeys(
        ("endpoint", "rule_set", "model", "group", "reference"), pl.String
    )
    schema |= {"n.lines": pl.Int64, "n.events": pl.Int64, "ratio_of": pl.String} | _RATIO
    return pl.DataFrame(rows, schema=schema | {"not_given": pl.String, "median_months": pl.String}, orient="row")


def _say(median: Estimate) -> str:
    parts = (
        "–" if part is None else f"{part / DAYS_PER_MONTH:.1f}" for part in (median.value, median.low, median.high)
    )
    value, low, high = parts
    return f"{value} ({low} to {high})"


def _term(term: ModelTerm | Refusal) -> tuple[float | None, float | None, float | None, float | None, str]:
    if isinstance(term, Refusal):
        return None, None, None, None, term.sentence
    return term.ratio.value, term.ratio.low, term.ratio.high, term.p_value, ""


def _in_months(estimate: Estimate) -> tuple[float | None, float | None, float | None]:
    value, low, high = (
        None if part is None else part / DAYS_PER_MONTH for part in (estimate.value, estimate.low, estimate.high)
    )
    return value, low, high


def _test_table(names: tuple[str, ...], tests: list[tuple[tuple[str, ...], TestResult | Refusal]]) -> pl.DataFrame:
    rows = [
        (*words, "", None, None, None, test.sentence)
        if isinstance(test, Refusal)
        else (*words, test.name, test.statistic, test.degrees_of_freedom, test.p_value, "")
        for words, test in tests
    ]
    schema: dict[str, type[pl.DataType]] = dict.fromkeys((*names, "test"), pl.String)
    schema |= {"statistic": pl.Float64, "df": pl.Int64, "p.value": pl.Float64, "not_given": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")
