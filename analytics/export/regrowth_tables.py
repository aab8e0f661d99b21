"""Decay and regrowth as tables, and what they say in ``summary.json``."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, cast

import polars as pl

from analytics.export.cells import table_as_csv
from analytics.export.release import Release
from analytics.questions.regrowth_wording import MEANINGS
from analytics.tables.marker_results import RegrowthResult


def write_regrowth(release: Release) -> dict[str, bytes]:
    """Write ``regrowth.csv`` (quartiles of the rates) and ``regrowth_models.csv`` (lines by curve or reason)."""
    result = cast("RegrowthResult", release.answer.result)
    return {
        "regrowth.csv": table_as_csv(regrowth_table(result)),
        "regrowth_models.csv": table_as_csv(regrowth_model_table(result)),
    }


def regrowth_table(result: RegrowthResult) -> pl.DataFrame:
    """Return one row a group and rate, each with its unit."""
    texts, numbers = ("group", "rate", "unit"), ("lower_quartile", "median", "upper_quartile")
    schema = dict.fromkeys(texts, pl.String) | {"n_lines": pl.Int64} | dict.fromkeys(numbers, pl.Float64)
    rows = [{"group": group.group, **asdict(rate)} for group in result.groups for rate in group.rates]
    return pl.DataFrame(rows, schema=schema).with_columns(of=pl.lit(result.what))


def regrowth_model_table(result: RegrowthResult) -> pl.DataFrame:
    """Return one row a group and curve, or reason why lines have none; the rows of a group add up to its lines."""
    rows = [
        (group.group, has_curve, name, MEANINGS.get(name, name), n)
        for group in result.groups
        for has_curve, counts in ((True, group.models), (False, group.reasons))
        for name, n in counts
    ]
    schema = {
        "group": pl.String, "has_curve": pl.Boolean, "model_or_reason": pl.String, "meaning": pl.String,
        "n_lines": pl.Int64,
    }  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row")


def say_regrowth(result: RegrowthResult) -> dict[str, Any]:
    """Return counts and rates as plain values."""
    return {
        "of": result.what,
        "groups": [
            {"group": group.group, "n_lines": group.n_lines, "n_lines_with_values_left_out": group.n_beyond}
            for group in result.groups
        ],
        "curves": regrowth_model_table(result).to_dicts(),
        "rates": regrowth_table(result).to_dicts(),
    }
