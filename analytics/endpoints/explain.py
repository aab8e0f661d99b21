"""The story of one line's endpoint, in six sentences a person can check against the sources."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import polars as pl

from analytics.catalogue.calendar import DAYS_PER_MONTH
from analytics.catalogue.endpoints import ENDPOINT_BY_CODE, RULE_SET_BY_CODE, Endpoint, RuleSet
from analytics.catalogue.outcome_words import END_WORDS, EVENT_WORDS
from analytics.catalogue.settings import Settings
from analytics.endpoints.evidence import tell_evidence
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
        return f"Outcome: left out, {row['reason']}."
    word = "event" if row["happened"] else "censored"
    n = "1 day" if row["days"] == 1 else f"{row['days']} days"
    months = row["days"] / DAYS_PER_MONTH
    day = _say_date(row["end_date"], is_imputed=row["is_imputed"])
    return (
        f"Outcome: {word} after {n} ({months:.1f} months), {row['reason']}; dated by the {row['date_used']} "
        f"on {day}, from {_say_source(row)}."
    )


def _say_rule(row: Mapping[str, Any], endpoint: Endpoint, rules: RuleSet) -> str:
    """Say what counts, what ends observation, and the rule that decided."""
    events = _join_words([EVENT_WORDS[name][0] for name in endpoint.events])
    ends = _join_words([END_WORDS[name] for name in endpoint.ends if name not in rules.ignored_ends])
    decided = "" if row["happened"] is None else f" decided by {row['rule_id']} of"
    return f"Rule: {events} counts; {ends} ends observation;{decided} «{rules.name}»."


def _join_words(words: list[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _say_others(rows: pl.DataFrame, chosen: str) -> str:
    """Say which rule sets answer the same, and what the others answer."""
    own = rows.filter(rule_set=chosen).select("happened", "days").row(0)
    same: list[str] = []
    others: list[str] = []
    for name, *answer in rows.sort("rule_set").select("rule_set", "happened", "days").rows():
        if name == chosen:
            continue
        if tuple(answer) == own:
            same.append(str(name))
            continue
        status = "excluded" if answer[0] is None else "event" if answer[0] else "censored"
        others.append(f"{name} {status}" + (f" at {answer[1]} d" if answer[1] is not None else ""))
    told = ([f"{', '.join(same)} the same"] if same else []) + others
    return f"Other rules: {'; '.join(told) or 'none for this endpoint'}."


def explain_endpoint(
    tables: Mapping[str, pl.LazyFrame],
    patient_id: str,
    endpoint: str,
    line_no: int,
    rule_set: str = "default",
    settings: Settings | None = None,
) -> tuple[str, ...]:
    """Return six lines that tell how one endpoint of one treatment line came about.

    Parameters
    ----------
    tables
        The tables of a study, accepted and derived.
    settings
        Those of the study, for its data cut-off; default: none.

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
    asked, rules = ENDPOINT_BY_CODE[endpoint], RULE_SET_BY_CODE[rule_set]
    of_line = f"{begins} ({line['file']}, line {line['row']})"
    if asked.origin != "start":
        zero = f"the response on {say_day(row['start_date'])}" if row["start_date"] else "none"
        of_line = f"{zero}; the line starts on {of_line}"
    return (
        f"{patient_id}, line {line_no}: {line['agents']}; {asked.name} ({endpoint}).",
        f"Time zero: {of_line}; {follows}.",
        tell_evidence(tables, line, row, asked, rules, settings or Settings()),
        _say_outcome(row),
        _say_rule(row, asked, rules),
        _say_others(times, rule_set),
    )
