"""Why a line has nothing to judge: no start, no baseline, no later value of the same assay group."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from analytics.catalogue.response_rules import ResponseRule
from analytics.longitudinal.keys import compute_line_key
from analytics.longitudinal.marker_follow_up import ValueRuns
from analytics.longitudinal.marker_units import UNIT_ANALYTES
from analytics.longitudinal.runs import differs_from_before

ALWAYS_ANSWERED = "CGA"
"""Every line has a row for this marker, also without a value; other markers where the line has values."""

ABSENCES: tuple[str, ...] = (
    "no start date",
    "no baseline value",
    "PPI at baseline",
    "atrophic gastritis at baseline",
    "eGFR below the limit at baseline",
    "no later value of the same assay group",
    "no value after the start",
)
"""Why there is nothing to judge, the first that holds; an absence is held as its place here."""

_OTHER_GROUP = 5

_BEFORE, _ASSESSABLE, _PPI, _GASTRITIS, _AFTER, _UNDATED = (1 << place for place in range(6))
"""Signs of a line and marker: a value before the start, a baseline, a PPI or atrophic gastritis at such a value, a
value after the start, and no start."""


def derive_absences(lines: pl.DataFrame, values: pl.DataFrame, runs: ValueRuns) -> pl.DataFrame:
    """Return an absence for each line and marker without a baseline and a later value of one series.

    The answer is in the order of ``unit_key``, with ``pid``, ``line_no`` and ``analyte``. ``runs`` are those of
    ``values``.
    """
    line = lines.select("pid", "line_no", is_undated=pl.col("start_date").is_null(), key=compute_line_key())
    line = line if line["key"].is_sorted() else line.sort("key")
    line_keys = line["key"].to_numpy()
    always = line_keys * len(UNIT_ANALYTES) + UNIT_ANALYTES.index(ALWAYS_ANSWERED)
    ordered = np.sort(np.concatenate([always, runs.unit_key]))
    wanted = ordered[differs_from_before(ordered)]
    signs = np.zeros(len(wanted), dtype=np.uint8)
    signs[np.searchsorted(wanted, runs.unit_key)] = _unite_signs(values, runs)
    of_line = np.searchsorted(line_keys, wanted // len(UNIT_ANALYTES)).clip(max=max(len(line_keys) - 1, 0))
    # values of lines that are not asked about may be among those read
    is_asked = line_keys[of_line] == wanted // len(UNIT_ANALYTES) if len(line_keys) else np.zeros(0, dtype=np.bool_)
    wanted, signs, of_line = wanted[is_asked], signs[is_asked], of_line[is_asked]
    code = signs + line["is_undated"].to_numpy()[of_line] * _UNDATED
    return line.select("pid", "line_no")[of_line].select(
        pl.Series("unit_key", wanted),
        "pid",
        "line_no",
        pl.Series("analyte", UNIT_ANALYTES).gather(wanted % len(UNIT_ANALYTES)),
        pl.Series("absence", _list_absences().take(code)),
    )


def _unite_signs(values: pl.DataFrame, runs: ValueRuns) -> npt.NDArray[np.uint8]:
    """Return the signs of each line and marker: those of any of its values."""
    is_clear = ~pl.col("has_unclear_date")
    before = (pl.col("days") <= 1) & is_clear
    holds = {
        _BEFORE: before,
        _ASSESSABLE: pl.col("is_baseline"),
        _PPI: before & (pl.col("ppi") == "yes"),
        _GASTRITIS: before & pl.col("has_atrophic_gastritis"),
        _AFTER: (pl.col("days") > 1) & is_clear,
    }
    signs = values.select(
        pl.sum_horizontal(
            pl.when(holds).then(pl.lit(sign, pl.UInt8)).otherwise(pl.lit(0, pl.UInt8)) for sign, holds in holds.items()
        )
    ).to_series()
    return np.bitwise_or.reduceat(signs.to_numpy(), runs.units) if values.height else np.zeros(0, dtype=np.uint8)


def _list_absences() -> npt.NDArray[np.uint8]:
    """Return the absence by the signs of a line and marker, the first that holds."""
    signs = np.arange(2 * _UNDATED)
    was_assessable = (signs & _ASSESSABLE) > 0
    holds = [
        (signs & _UNDATED) > 0,
        (signs & _BEFORE) == 0,
        ~was_assessable & ((signs & _PPI) > 0),
        ~was_assessable & ((signs & _GASTRITIS) > 0),
        ~was_assessable,
        (signs & _AFTER) > 0,
        np.ones(len(signs), dtype=np.bool_),
    ]
    return np.argmax(holds, axis=0).astype(np.uint8)


def word_absences(rule: ResponseRule) -> list[str]:
    """Return the absences in words; with a window, a value outside it is no later value."""
    words = list(ABSENCES)
    if rule.within_days is not None:
        first, last = rule.within_days
        words[_OTHER_GROUP] = f"no comparable value in days {first} to {last}"
    return words
