"""The times to one endpoint under one rule set, from the records of each line."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from analytics.catalogue.endpoints import Endpoint, RuleSet
from analytics.catalogue.outcome_words import HAVE_THEIR_DAY
from analytics.catalogue.settings import Settings
from analytics.endpoints.missed import compute_missed
from analytics.endpoints.outcomes import CENSORINGS, EVENTS, PLACES, as_code, compute_outcome, list_words
from analytics.endpoints.records import derive_last_until, number_of
from analytics.tables.derived import TimesToEvent

_COLUMNS = {name: column.dtype for name, column in TimesToEvent.columns().items()}


@dataclass(frozen=True, slots=True)
class Assessed:
    """What a rule set looks at.

    Attributes
    ----------
    scans
        The scans that may date a censoring, as `analytics.endpoints.records.sort_rows` returns them.
    records
        What the numbers of all records stand for; see `analytics.endpoints.records.RecordBook`.
    schedule, settings
        The planned assessments, and how many may be missed.
    """

    scans: pl.DataFrame
    records: pl.DataFrame
    schedule: pl.DataFrame
    settings: Settings


def _pick(name: str, *choices: tuple[pl.Expr | None, str]) -> list[pl.Expr]:
    """Return the record ``name``, its day and number: of the first choice whose condition holds; None always does."""
    return [
        pl.coalesce(
            *(
                pl.col(column(record)) if holds is None else pl.when(holds).then(pl.col(column(record)))
                for holds, record in choices
            )
        ).alias(column(name))
        for column in (str, number_of)
    ]


def _derive_origin(observed: pl.LazyFrame, endpoint: Endpoint) -> pl.LazyFrame:
    """Start the clock at the endpoint's origin and exclude the lines without what it needs."""
    missing = pl.col(endpoint.needs).is_null() if endpoint.needs else pl.lit(value=False)
    return observed.with_columns(
        pl.col(number_of(endpoint.origin)).alias(number_of("start")),
        start_date=pl.col(endpoint.origin),
        start=pl.col(endpoint.origin),
        exclusion=pl.coalesce("exclusion", pl.when(missing).then(pl.lit(endpoint.without))),
    )


def _derive_event(observed: pl.LazyFrame, endpoint: Endpoint) -> pl.LazyFrame:
    """Add the first event not after the end of observation: ``event`` and ``event_name``."""
    not_late = {
        name: (pl.col(name) <= pl.col("end")).fill_null(pl.col("end").is_null() & pl.col(name).is_not_null())
        for name in endpoint.events
    }
    first = pl.min_horizontal(*(pl.when(is_in_time).then(pl.col(name)) for name, is_in_time in not_late.items()))
    chosen = {name: pl.col(name) == pl.col("event") for name in endpoint.events}
    # a day not later than the end that is the first of all is in time
    return observed.with_columns(event=first).with_columns(
        pl.coalesce(*(pl.when(is_it).then(number_of(name)) for name, is_it in chosen.items())).alias(
            number_of("event")
        ),
        event_name=pl.coalesce(*(pl.when(is_it).then(as_code(name, EVENTS)) for name, is_it in chosen.items())),
    )


def _add_scans(observed: pl.DataFrame, endpoint: Endpoint, scans: pl.DataFrame) -> pl.DataFrame:
    """Add ``last_scan``, the last up to the end of observation, and ``last_negative``, the last before the event."""
    from_start, before = endpoint.origin != "start", pl.col("event") - pl.duration(days=1)
    seen = derive_last_until(observed, scans, pl.col("end"), "last_scan", from_start=from_start)
    return derive_last_until(seen, scans, before, "last_negative", from_start=from_start)


def _derive_scan_censoring(observed: pl.LazyFrame, endpoint: Endpoint, closing: pl.Expr) -> pl.LazyFrame:
    """Censor at the last adequate scan up to the end of observation, else at the start."""
    is_seen = pl.col("last_scan").is_not_null()
    named = pl.when(is_seen).then(closing).otherwise(as_code("nothing_seen", CENSORINGS))
    where = pl.when(is_seen).then(as_code("last_adequate_scan", PLACES)).otherwise(as_code("start", PLACES))
    if not endpoint.is_favourable:
        censoring = _pick("censoring", (None, "last_scan"), (None, "start"))
        return observed.with_columns(*censoring, censor_name=named, censor_where=where)
    at_end = [((closing == name) & pl.col(name).is_not_null(), name) for name in endpoint.ends]
    is_at_end = pl.any_horizontal(*(holds.fill_null(value=False) for holds, _ in at_end))
    return observed.with_columns(
        *_pick("censoring", *at_end, (None, "last_scan"), (None, "start")),
        censor_name=pl.when(is_at_end).then(closing).otherwise(named),
        censor_where=pl.when(is_at_end).then(as_code("end_of_observation", PLACES)).otherwise(where),
    )


def _is_followed_to_end(endpoint: Endpoint) -> pl.Expr:
    """Return whether the patient is known to have been followed to the end of observation: who died later was alive.

    Of who was lost a later death tells the survival alone: what was given or seen until then is not known.
    """
    is_alive, is_dead_later = ((pl.col(name) >= pl.col("end")).fill_null(value=False) for name in ("alive", "death"))
    tells_enough = pl.lit(value=True) if endpoint.events == ("death",) else ~pl.col("is_lost")
    return is_alive | (is_dead_later & tells_enough)


def _derive_contact_censoring(observed: pl.LazyFrame, endpoint: Endpoint, closing: pl.Expr) -> pl.LazyFrame:
    """Censor at the last day known alive, or at the end of observation where life is known to reach it."""
    reaches = _is_followed_to_end(endpoint)
    still_open = pl.when("is_lost").then(as_code("lost", CENSORINGS)).otherwise(as_code("open", CENSORINGS))
    at_end = ((reaches & (closing == name), name) for name in endpoint.ends)
    return observed.with_columns(
        *_pick("censoring", *at_end, (~reaches, "alive"), (~reaches, "start")),
        censor_name=pl.when(reaches).then(closing).otherwise(still_open),
        censor_where=pl.when(reaches)
        .then(as_code("end_of_observation", PLACES))
        .otherwise(as_code("last_known_alive", PLACES)),
    )


def _derive_censoring(observed: pl.LazyFrame, endpoint: Endpoint, ends: tuple[str, ...]) -> pl.LazyFrame:
    """Add ``censoring``, the record a line without event is censored at, why, and which record that is."""
    lost = pl.when("is_lost").then(as_code("lost", CENSORINGS)).otherwise(as_code("open", CENSORINGS))
    closes = {name: pl.col(name) == pl.col("end") for name in ends}
    for name in closes.keys() & {"death", "data_cutoff"}:
        # who was lost before was not observed until then
        closes[name] = closes[name] & ~(pl.col("is_lost") & ~_is_followed_to_end(endpoint))
    closing = pl.coalesce(*(pl.when(holds).then(as_code(name, CENSORINGS)) for name, holds in closes.items()), lost)
    if endpoint.censor_at == "last_adequate_scan":
        return _derive_scan_censoring(observed, endpoint, closing)
    if endpoint.censor_at == "last_known_alive":
        return _derive_contact_censoring(observed, endpoint, closing)
    is_late = (pl.col("last_marker_value") > pl.col("end")).fill_null(value=False)
    if endpoint.is_favourable:
        is_late = pl.any_horizontal(*((closing == name).fill_null(value=False) for name in ends))
    at_end = ((is_late & (closing == name), name) for name in ends)
    # the baseline is the last value: it may lie before the start, which then dates the line
    is_blank = ~is_late & (pl.col("last_marker_value") <= pl.col("start_date")) & (endpoint.origin == "start")
    return observed.with_columns(
        *_pick("censoring", *at_end, (is_blank, "start"), (~is_late, "last_marker_value")),
        censor_name=pl.when(is_blank).then(as_code("no_value", CENSORINGS)).otherwise(closing),
        censor_where=pl.when(is_late)
        .then(as_code("end_of_observation", PLACES))
        .when(is_blank)
        .then(as_code("start", PLACES))
        .otherwise(as_code("last_marker_value", PLACES)),
    )


def _derive_bounds(observed: pl.LazyFrame, endpoint: Endpoint) -> pl.LazyFrame:
    """Add ``last_negative`` before an event seen at a scan or in a value: the event lies between the two days."""
    if endpoint.censor_at == "last_adequate_scan":
        return observed.with_columns(*_pick("last_negative", (None, "last_negative"), (None, "start")))
    yet = {"marker_progression": "no_progression_yet", "marker_response": "no_response_yet"}
    known = (
        pl.when(pl.col("event_name") == as_code(name, EVENTS)).then(yet[name])
        for name in endpoint.events
        if name in yet
    )
    return observed.with_columns(last_negative=pl.max_horizontal("start_date", *known))


def _apply_missed(observed: pl.DataFrame, assessed: Assessed) -> pl.DataFrame:
    """Censor an event after too many missed assessments at the last adequate one before it."""
    since_anchor = observed.select(
        event=(pl.col("event") - pl.col("anchor_date")).dt.total_days(),
        last=(pl.col("last_negative") - pl.col("anchor_date")).dt.total_days(),
    )
    missed = compute_missed(since_anchor, assessed.schedule, assessed.settings)
    if missed is None:
        return observed.with_columns(
            exclusion=pl.coalesce("exclusion", pl.lit("no assessment schedule or interval is known"))
        )
    is_missed = pl.Series("is_missed", missed) & observed["event_name"].is_not_null()
    return observed.with_columns(is_missed).with_columns(
        *_pick("censoring", (pl.col("is_missed"), "last_negative"), (~pl.col("is_missed"), "censoring")),
        event_name=pl.when(~pl.col("is_missed")).then("event_name"),
        censor_name=pl.when("is_missed").then(as_code("missed", CENSORINGS)).otherwise("censor_name"),
        censor_where=pl.when(pl.col("is_missed") & (pl.col("last_negative") == pl.col("start_date")))
        .then(as_code("start", PLACES))
        .when("is_missed")
        .then(as_code("last_adequate_scan", PLACES))
        .otherwise("censor_where"),
    )


def _apply_baseline(observed: pl.LazyFrame) -> pl.LazyFrame:
    """Censor a line without a baseline examination at its start."""
    lacks = pl.col("lacks_baseline")
    return observed.with_columns(
        *_pick("censoring", (lacks, "start"), (~lacks, "censoring")),
        event_name=pl.when(~lacks).then("event_name"),
        censor_name=pl.when(lacks).then(as_code("no_baseline", CENSORINGS)).otherwise("censor_name"),
        censor_where=pl.when(lacks).then(as_code("start", PLACES)).otherwise("censor_where"),
    )


def _conclude(decided: pl.LazyFrame) -> pl.DataFrame:
    """Return what is written of each line, with ``record``, the day that counts, and ``outcome``."""
    happened, is_in = pl.col("event_name").is_not_null(), pl.col("exclusion").is_null()
    has_its_day = pl.any_horizontal(*(pl.col("event_name") == as_code(name, EVENTS) for name in HAVE_THEIR_DAY))
    seen_at_look = happened & ~has_its_day
    return (
        decided.with_columns(
            *_pick("record", (is_in & happened, "event"), (is_in & ~happened, "censoring")), outcome=compute_outcome()
        )
        .with_columns(record=pl.max_horizontal("record", pl.when(is_in).then("start_date")))
        .select(
            "pid",
            "line_no",
            "start_date",
            "exclusion",
            "outcome",
            number_of("record"),
            number_of("start"),
            end_date="record",
            days=pl.when(is_in).then((pl.col("record") - pl.col("start_date")).dt.total_days() + 1),
            happened=pl.when(is_in).then(happened),
            last_negative_date=pl.when(~is_in).then(None).when(seen_at_look).then("last_negative").otherwise("record"),
            first_positive_date=pl.when(is_in & happened).then("record"),
        )
        .collect()
    )


def _finish(concluded: pl.DataFrame, endpoint: Endpoint, rule_set: RuleSet, records: pl.DataFrame) -> pl.DataFrame:
    """Give the decided lines the columns of ``TimesToEvent``."""
    # whole rows are looked up at once: that costs a tenth of looking up each column
    entries = records[concluded[number_of("record")]]
    started_by = records.select(is_start_imputed="is_imputed")[concluded[number_of("start")]]
    words = list_words(endpoint)[concluded["outcome"]]
    computed = {
        "endpoint": pl.lit(endpoint.code),
        "rule_set": pl.lit(rule_set.code),
        "reason": pl.coalesce("exclusion", "reason"),
        "source_table": pl.col("table"),
        "source_file": pl.col("file"),
        "source_row": pl.col("row"),
        "is_imputed": pl.col("is_imputed").fill_null(value=False) | pl.col("is_start_imputed").fill_null(value=False),
    }
    return pl.concat([concluded, entries, started_by, words], how="horizontal").select(
        computed.get(name, pl.col(name)).cast(kind).alias(name) for name, kind in _COLUMNS.items()
    )


def derive_endpoint_times(
    observed: pl.DataFrame, endpoint: Endpoint, rule_set: RuleSet, assessed: Assessed
) -> pl.DataFrame:
    """Derive the times to ``endpoint`` under ``rule_set``, in the shape of ``derived.TimesToEvent``.

    The earliest of the endpoint's ends closes observation; events after it are dropped, those of its day
    count. A line without event takes the reason from what closed it and the date from the censor record.
    """
    ends = tuple(name for name in endpoint.ends if name not in rule_set.ignored_ends)
    ended = _derive_origin(observed.lazy(), endpoint).with_columns(end=pl.min_horizontal(*ends))
    started = _derive_event(ended, endpoint).collect()
    if endpoint.censor_at == "last_adequate_scan":
        started = _add_scans(started, endpoint, assessed.scans)
    decided = _derive_bounds(_derive_censoring(started.lazy(), endpoint, ends), endpoint)
    if rule_set.censors_missed:
        decided = _apply_missed(decided.collect(), assessed).lazy()
    if rule_set.needs_baseline:
        decided = _apply_baseline(decided)
    return _finish(_conclude(decided), endpoint, rule_set, assessed.records)
