"""Survival as tables: the curve with the names of R's broom, counts before and after, and Guyot's two files."""

from __future__ import annotations

from typing import cast

import numpy as np
import polars as pl

from analytics.catalogue.calendar import DAYS_PER_MONTH
from analytics.export.cells import table_as_csv
from analytics.export.release import Release
from analytics.tables.results import FloatArray, IntArray
from analytics.tables.survival_results import GroupSurvival, SurvivalCurve, SurvivalResult

RISK_MONTHS = 3
"""Grid of the risk table at the full level."""


def write_curve(release: Release) -> dict[str, bytes]:
    """Write ``curve.csv``: every distinct time of every group, from time 0."""
    result = cast("SurvivalResult", release.answer.result)
    kind = "life table" if release.is_safe else "survival"
    return {
        "curve.csv": table_as_csv(
            pl.concat(curve_table(group, result.endpoint, kind, is_coarse=release.is_safe) for group in result.groups)
        )
    }


def write_risk_table(release: Release) -> dict[str, bytes]:
    """Write ``risk_table.csv``: every three months at the full level, the released times at the safe level."""
    result = cast("SurvivalResult", release.answer.result)
    return {
        "risk_table.csv": table_as_csv(
            pl.concat(risk_table(group, is_coarse=release.is_safe) for group in result.groups)
        )
    }


def write_guyot(release: Release) -> dict[str, bytes]:
    """Write the two text files the algorithm of Guyot reads, a pair a group; at risk counts just before.

    Nothing with weights or late entry, which it does not know.
    """
    if release.answer.question.weights or release.answer.question.entry:
        return {}
    files: dict[str, bytes] = {}
    groups = cast("SurvivalResult", release.answer.result).groups
    for number, group in enumerate(groups, start=1):
        suffix = f"_{number}" if len(groups) > 1 else ""
        curve = guyot_curve(group, is_coarse=release.is_safe)
        times = risk_table(group, is_coarse=release.is_safe)
        files[f"guyot_curve{suffix}.txt"] = curve.write_csv(separator="\t").encode()
        files[f"guyot_nrisk{suffix}.txt"] = guyot_nrisk(curve, times).write_csv(separator="\t").encode()
    return files


def curve_table(group: GroupSurvival, endpoint: str, kind: str, *, is_coarse: bool) -> pl.DataFrame:
    """Return one group's curve with broom's columns and more.

    ``time`` is in months (days / 30.4375; whole months on the coarse grid), ``n.risk`` counts just before the
    time, ``std.error`` is that of log S, ``cloglog`` is log(−log S): of proportional hazards the groups' are parallel.
    """
    curve = group.curve
    inside = pl.col("estimate").is_between(0, 1, closed="none")
    return pl.DataFrame(
        {
            "strata": [group.group] * len(curve.time),
            "time": months_of(curve.time, is_coarse=is_coarse),
            "n.risk": curve.n_risk,
            "n.event": curve.n_event,
            "n.censor": curve.n_censor,
            "estimate": curve.survival,
            "std.error": curve.std_error_log,
            "conf.low": curve.low,
            "conf.high": curve.high,
            "cum.event": np.cumsum(curve.n_event),
            "cum.censor": np.cumsum(curve.n_censor),
        }
    ).with_columns(
        pl.lit("log").alias("std.error.scale"),
        pl.lit(curve.interval).alias("conf.type"),
        pl.lit(curve.level).alias("conf.level"),
        pl.lit(kind).alias("estimate_type"),
        pl.lit("months").alias("time_unit"),
        pl.lit(endpoint).alias("outcome"),
        pl.Series("days", curve.time),
        pl.when(inside).then((-pl.col("estimate").log()).log()).alias("cloglog"),
    )


def risk_table(group: GroupSurvival, *, is_coarse: bool) -> pl.DataFrame:
    """Return the counts of one group before and after each time of the grid.

    ``n.risk.after + cum.event.at_or_before + cum.censor.at_or_before`` is everybody who entered until then, and so
    are the three columns «before».
    """
    days = group.curve.time.astype(np.float64) if is_coarse else _regular_days(group)
    before = _count(group.curve, np.searchsorted(group.curve.time, days, side="left"))
    after = _count(group.curve, np.searchsorted(group.curve.time, days, side="right"))
    return pl.DataFrame(
        {
            "strata": [group.group] * len(days),
            "time": months_of(days, is_coarse=is_coarse),
            "n.risk.before": before[0],
            "n.risk.after": after[0],
            "cum.event.before": before[1],
            "cum.event.at_or_before": after[1],
            "cum.censor.before": before[2],
            "cum.censor.at_or_before": after[2],
            "days": days,
        }
    )


def _count(curve: SurvivalCurve, rows: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """Return at risk, events and censored after the first ``rows`` rows of the curve."""
    entered, events, censored = (
        np.concatenate(([0], np.cumsum(counts)))[rows] for counts in (curve.n_enter, curve.n_event, curve.n_censor)
    )
    present = np.maximum(entered, curve.n_enter[0])
    return present - events - censored, events, censored


def guyot_curve(group: GroupSurvival, *, is_coarse: bool) -> pl.DataFrame:
    """Return ID, time (months) and survival at time 0 and at every drop."""
    drops = np.concatenate(([True], np.diff(group.curve.survival) < 0))
    return pl.DataFrame(
        {
            "ID": np.arange(1, int(drops.sum()) + 1),
            "time": months_of(group.curve.time, is_coarse=is_coarse)[drops],
            "survival": group.curve.survival[drops],
        }
    )


def guyot_nrisk(curve: pl.DataFrame, times: pl.DataFrame) -> pl.DataFrame:
    """Return Interval, Time, Lower and Upper (IDs of the curve's points from that time on) and nrisk.

    Source: Guyot P et al. BMC Med Res Methodol 2012;12:9. doi:10.1186/1471-2288-12-9
    """
    points = curve["time"].to_numpy()
    starts = times["time"].to_numpy()
    first = np.searchsorted(points, starts, side="left") + 1
    last = np.append(first[1:] - 1, len(points))
    return (
        pl.DataFrame({"Time": starts, "Lower": first, "Upper": last, "nrisk": times["n.risk.before"]})
        .filter(pl.col("Upper") >= pl.col("Lower"))
        .with_row_index("Interval", offset=1)
    )


def months_of(days: FloatArray | IntArray, *, is_coarse: bool) -> FloatArray:
    """Return days as months; the coarse grid consists of whole months."""
    months = days / DAYS_PER_MONTH
    return np.round(months) if is_coarse else months


def _regular_days(group: GroupSurvival) -> FloatArray:
    last = float(group.curve.time[-1]) / DAYS_PER_MONTH
    return np.arange(0, last + RISK_MONTHS, RISK_MONTHS) * DAYS_PER_MONTH
