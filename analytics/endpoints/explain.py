"""The story of one line's endpoint, in six sentences a person can check against the sources."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import polars as pl

from analytics.catalogue.calendar import DAYS_PER_MONTH
from analytics.catalogue.endpoints import ENDPOINT_BY_CODE, RULE_SET_BY_CODE
from analytics.errors import UsageError
from analytics.tables.relative_days import say_day


def _say_date(day: dt.date | None, *, is_imputed: bool = False) -> str:
    if day is None:
        return "an unknown day"
    return f"{say_day(day)}{' (partly filled in)' if is_imputed else ''}"


def _say_source(row: Mapping[str, Any]) -> str:
    if row["source_file"] is None:
        return "no source row"
    return f"{row['source_file']}, line {row['source_row']}"


def _say_outcome(row: Mapping[str, Any]) -> str:
    if row["happened"] is None:
        return f"Outcome: left out. {row['reason'].capitalize()}."
    word = "event" if row["happened"] else "censored"
    months = row["days"] / DAYS_PER_MONTH
    return f"Outcome: {word} after {row['days']} days ({months:.1f} months): {row['reason']}."


def _say_others(rows: pl.DataFrame, chosen: str) -> str:
    """Say what the other rule sets answer."""
    others = [
        f"{row['rule_set']} {'excluded' if row['happened'] is None else 'event' if row['happened'] else 'censored'}"
        + (f" at {row['days']} d" if row["days"] is not None else "")
        for row in rows.sort("rule_set").iter_rows(named=True)
        if row["rule_set"] != chosen
    ]
    return f"Other rules: {'; '.join(others) or 'none for this endpoint'}."


def explain_endpoint(
    tables: Mapping[str, pl.LazyFrame], patient_id: str, endpoint: str, line_no: int, rule_set: str = "default"
) -> tuple[str, ...]:
    """Return six lines that tell how one endpoint of one treatment line came about.

    Parameters
    ----------
    tables
        ``lines`` and ``times_to_event`` of a study.

    Raises
    ------
    UsageError
        If the endpoint, the patient or the line is not known.
    """
    if endpoint not in ENDPOINT_BY_CODE:
        raise UsageError(f"There is no endpoint «{endpoint}».", "", f"Known: {', '.join(ENDPOINT_BY_CODE)}.")
    found = tables["lines"].filter((pl.col("patient_id") == patient_id) & (pl.col("line_no") == line_no)).collect()
    if found.is_empty():
        raise UsageError(f"There is no line {line_no} of patient «{patient_id}».", "", "Look at the patient's lines.")
    line = found.row(0, named=True)
    times = (
        tables["times_to_event"]
        .filter((pl.col("pid") == line["pid"]) & (pl.col("line_no") == line_no) & (pl.col("endpoint") == endpoint))
        .collect()
    )
    chosen = times.filter(rule_set=rule_set)
    if chosen.is_empty():
        known = ", ".join(times["rule_set"].sort().to_list())
        raise UsageError(f"{endpoint} is not decided by the rules «{rule_set}».", "", f"Known: {known}.")
    row = chosen.row(0, named=True)
    begins = _say_date(line["start_date"], is_imputed=line["start_precision"] != "D")
    follows = (
        f"the next line starts on {say_day(line['next_line_date'])}"
        if line["next_line_date"]
        else "no later line is known"
    )
    return (
        f"{patient_id}, line {line_no}: {line['agents']}; {ENDPOINT_BY_CODE[endpoint].name} ({endpoint}).",
        f"Time zero: {begins} ({line['file']}, line {line['row']}); {follows}.",
        _say_outcome(row),
        f"Dated by: {row['date_used'] or 'nothing'} on {_say_date(row['end_date'], is_imputed=row['is_imputed'])}, "
        f"from {_say_source(row)}.",
        f"Rule: {row['rule_id']} of «{RULE_SET_BY_CODE[rule_set].name}».",
        _say_others(times, rule_set),
    )
