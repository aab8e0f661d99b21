"""The times to one endpoint under one rule set, from the records of each line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from analytics.catalogue.endpoints import (
    CENSOR_CODES,
    CENSOR_RECORD_WORDS,
    CENSOR_WORDS,
    EVENT_WORDS,
    SURVIVAL_CODES,
    Endpoint,
    RuleSet,
)
from analytics.catalogue.settings import Settings
from analytics.endpoints.missed import compute_missed
from analytics.endpoints.records import derive_last_until
from analytics.tables.derived import TimesToEvent


@dataclass(frozen=True, slots=True)
class Assessed:
    """What a rule set looks at: scans that may date a censoring (``row_key``, ``record``, sorted), the schedule."""

    scans: pl.DataFrame
    schedule: pl.DataFrame
    settings: Settings


_EVENTS, _CENSORINGS, _PLACES = (pl.Enum(list(words)) for words in (EVENT_WORDS, CENSOR_WORDS, CENSOR_RECORD_WORDS))
"""Names of what happened and of what closed observation, held as codes until the words are asked for."""


def _name(code: str, kind: pl.Enum) -> pl.Expr:
    return pl.lit(code, dtype=kind)


def _word(column: str, kind: pl.Enum, words: Mapping[str, Any]) -> pl.Expr:
    """Return the word for each code of ``column``; null where the code has none."""
    known = pl.Series([words.get(code) for code in kind.categories])
    return pl.lit(known).gather(pl.col(column).to_physical())


def _day(record: str) -> pl.Expr:
    return pl.col(record).struct.field("date")


def _derive_origin(observed: pl.DataFrame, endpoint: Endpoint) -> pl.DataFrame:
    """Start the clock at the endpoint's origin and exclude the lines without what it needs."""
    missing = _day(endpoint.needs).is_null() if endpoint.needs else pl.lit(value=False)
    return observed.with_columns(
        start_date=_day(endpoint.origin),
        start=pl.col(endpoint.origin),
        exclusion=pl.coalesce("exclusion", pl.when(missing).then(pl.lit(endpoint.without))),
    )


def _derive_event(observed: pl.DataFrame, endpoint: Endpoint) -> pl.DataFrame:
    """Add the first event not after the end of observation: ``event`` and ``event_name``."""
    not_late = {
        name: (_day(name) <= pl.col("end")).fill_null(pl.col("end").is_null() & _day(name).is_not_null())
        for name in endpoint.events
    }
    first = pl.min_horizontal(*(pl.when(is_in_time).then(_day(name)) for name, is_in_time in not_late.items()))
    chosen = {name: is_in_time & (_day(name) == first) for name, is_in_time in not_late.items()}
    return observed.with_columns(
        event=pl.coalesce(*(pl.when(is_it).then(pl.col(name)) for name, is_it in chosen.items())),
        event_name=pl.coalesce(*(pl.when(is_it).then(_name(name, _EVENTS)) for name, is_it in chosen.items())),
    )


def _derive_scan_censoring(
    observed: pl.DataFrame, endpoint: Endpoint, closing: pl.Expr, scans: pl.DataFrame
) -> pl.DataFrame:
    """Censor at the last adequate scan up to the end of observation, else at the start."""
    from_start = endpoint.origin != "start"
    seen = derive_last_until(observed, scans, pl.col("end"), "last_scan", from_start=from_start)
    is_seen = _day("last_scan").is_not_null()
    named = pl.when(is_seen).then(closing).otherwise(_name("nothing_seen", _CENSORINGS))
    if endpoint.is_favourable:
        at_end = pl.coalesce(*(pl.when(closing == name).then(pl.col(name)) for name in endpoint.ends))
        return seen.with_columns(
            censoring=pl.coalesce(at_end, "last_scan", "start"),
            censor_name=pl.when(at_end.struct.field("date").is_not_null()).then(closing).otherwise(named),
            censor_where=pl.when(at_end.struct.field("date").is_not_null())
            .then(_name("end_of_observation", _PLACES))
            .when(is_seen)
            .then(_name("last_adequate_scan", _PLACES))
            .otherwise(_name("start", _PLACES)),
        )
    return seen.with_columns(
        censoring=pl.when(is_seen).then("last_scan").otherwise("start"),
        censor_name=named,
        censor_where=pl.when(is_seen).then(_name("last_adequate_scan", _PLACES)).otherwise(_name("start", _PLACES)),
    )


def _derive_contact_censoring(observed: pl.DataFrame, endpoint: Endpoint, closing: pl.Expr) -> pl.DataFrame:
    """Censor at the last day known alive, or at the end of observation where life is known to reach it."""
    at_end = pl.coalesce(*(pl.when(closing == name).then(pl.col(name)) for name in endpoint.ends))
    reaches = (_day("alive") >= pl.col("end")).fill_null(value=False) | (closing == "death")
    still_open = pl.when("is_lost").then(_name("lost", _CENSORINGS)).otherwise(_name("open", _CENSORINGS))
    return observed.with_columns(
        censoring=pl.when(reaches).then(at_end).otherwise(pl.coalesce("alive", "start")),
        censor_name=pl.when(reaches).then(closing).otherwise(still_open),
        censor_where=pl.when(reaches)
        .then(_name("end_of_observation", _PLACES))
        .otherwise(_name("last_known_alive", _PLACES)),
    )


def _derive_censoring(
    observed: pl.DataFrame, endpoint: Endpoint, ends: tuple[str, ...], scans: pl.DataFrame
) -> pl.DataFrame:
    """Add ``censoring``, the record a line without event is censored at, why, and which record that is."""
    lost = pl.when("is_lost").then(_name("lost", _CENSORINGS)).otherwise(_name("open", _CENSORINGS))
    closing = pl.coalesce(*(pl.when(_day(name) == pl.col("end")).then(_name(name, _CENSORINGS)) for name in ends), lost)
    if endpoint.censor_at == "last_adequate_scan":
        return _derive_scan_censoring(observed, endpoint, closing, scans)
    if endpoint.censor_at == "last_known_alive":
        return _derive_contact_censoring(observed, endpoint, closing)
    is_late = _day("last_marker_value") > pl.col("end")
    if endpoint.is_favourable:
        is_late = pl.col("end").is_not_null()
    at_end = pl.coalesce(*(pl.when(closing == name).then(pl.col(name)) for name in ends))
    return observed.with_columns(
        censoring=pl.when(is_late).then(at_end).otherwise(pl.col("last_marker_value")),
        censor_name=closing,
        censor_where=pl.when(is_late)
        .then(_name("end_of_observation", _PLACES))
        .otherwise(_name("last_marker_value", _PLACES)),
    )


def _derive_bounds(observed: pl.DataFrame, endpoint: Endpoint, scans: pl.DataFrame) -> pl.DataFrame:
    """Add ``last_negative`` (record) before an event seen at a scan: the event lies between the two days."""
    if endpoint.censor_at != "last_adequate_scan":
        return observed.with_columns(last_negative=pl.col("start"))
    before = _day("event") - pl.duration(days=1)
    seen = derive_last_until(observed, scans, before, "last_negative", from_start=endpoint.origin != "start")
    return seen.with_columns(last_negative=pl.coalesce("last_negative", "start"))


def _apply_missed(observed: pl.DataFrame, assessed: Assessed) -> pl.DataFrame:
    """Censor an event after too many missed assessments at the last adequate one before it."""
    since_start = observed.select(
        event=(_day("event") - pl.col("start_date")).dt.total_days(),
        last=(_day("last_negative") - pl.col("start_date")).dt.total_days(),
    )
    missed = compute_missed(since_start, assessed.schedule, assessed.settings)
    if missed is None:
        return observed.with_columns(
            exclusion=pl.coalesce("exclusion", pl.lit("no assessment schedule or interval is known"))
        )
    is_missed = pl.Series("is_missed", missed) & observed["event_name"].is_not_null()
    return observed.with_columns(is_missed).with_columns(
        event_name=pl.when(~pl.col("is_missed")).then("event_name"),
        censoring=pl.when("is_missed").then("last_negative").otherwise("censoring"),
        censor_name=pl.when("is_missed").then(_name("missed", _CENSORINGS)).otherwise("censor_name"),
        censor_where=pl.when(pl.col("is_missed") & (_day("last_negative") == pl.col("start_date")))
        .then(_name("start", _PLACES))
        .when("is_missed")
        .then(_name("last_adequate_scan", _PLACES))
        .otherwise("censor_where"),
    )


def _finish(decided: pl.DataFrame, endpoint: Endpoint, rule_set: RuleSet) -> pl.DataFrame:
    """Give the decided lines the columns of ``TimesToEvent``."""
    happened, is_in = pl.col("event_name").is_not_null(), pl.col("exclusion").is_null()
    record = pl.when(is_in).then(pl.when(happened).then("event").otherwise("censoring"))
    words = {name: word for name, (word, _) in EVENT_WORDS.items()}
    places = {name: place for name, (_, place) in EVENT_WORDS.items()}
    codes = SURVIVAL_CODES if endpoint.code == "OS" else CENSOR_CODES
    seen_at_scan = happened & (pl.col("event_name") != "death")
    elapsed = (pl.max_horizontal("record_date", "start_date") - pl.col("start_date")).dt.total_days()
    return (
        decided.with_columns(record=record)
        .unnest("record", separator="_")
        .with_columns(
            endpoint=pl.lit(endpoint.code),
            rule_set=pl.lit(rule_set.code),
            end_date="record_date",
            days=pl.when(is_in).then(elapsed + 1),
            happened=pl.when(is_in).then(happened),
            reason=pl.when(~is_in)
            .then("exclusion")
            .when(happened)
            .then(_word("event_name", _EVENTS, words))
            .otherwise(_word("censor_name", _CENSORINGS, CENSOR_WORDS)),
            code=pl.when(is_in).then(pl.when(happened).then(0).otherwise(_word("censor_name", _CENSORINGS, codes))),
            date_used=pl.when(is_in).then(
                pl.when(happened)
                .then(_word("event_name", _EVENTS, places))
                .otherwise(_word("censor_where", _PLACES, CENSOR_RECORD_WORDS))
            ),
            rule_id=pl.when(~is_in)
            .then(pl.lit("excluded"))
            .when(happened)
            .then(_word("event_name", _EVENTS, {name: f"first_{name}" for name in words}))
            .otherwise(_word("censor_where", _PLACES, {name: f"censored_at_{name}" for name in CENSOR_RECORD_WORDS})),
            source_table="record_table",
            source_file="record_file",
            source_row="record_row",
            is_imputed=pl.col("record_is_imputed").fill_null(value=False)
            | pl.col("start").struct.field("is_imputed").fill_null(value=False),
            last_negative_date=pl.when(~is_in)
            .then(None)
            .when(seen_at_scan)
            .then(_day("last_negative"))
            .otherwise("record_date"),
            first_positive_date=pl.when(is_in & happened).then("record_date"),
        )
        .select(pl.col(name).cast(column.dtype) for name, column in TimesToEvent.columns().items())
    )


def derive_endpoint_times(
    observed: pl.DataFrame, endpoint: Endpoint, rule_set: RuleSet, assessed: Assessed
) -> pl.DataFrame:
    """Derive the times to ``endpoint`` under ``rule_set``, in the shape of ``derived.TimesToEvent``.

    The earliest of the endpoint's ends closes observation; events after it are dropped, those of its day
    count. A line without event takes the reason from what closed it and the date from the censor record.
    """
    ends = tuple(name for name in endpoint.ends if name not in rule_set.ignored_ends)
    started = _derive_origin(observed, endpoint)
    ended = started.with_columns(end=pl.min_horizontal(*(_day(name) for name in ends)))
    censored = _derive_censoring(_derive_event(ended, endpoint), endpoint, ends, assessed.scans)
    bounded = _derive_bounds(censored, endpoint, assessed.scans)
    decided = _apply_missed(bounded, assessed) if rule_set.censors_missed else bounded
    return _finish(decided, endpoint, rule_set)
