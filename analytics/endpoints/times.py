"""Times to event: one row a line and endpoint, with what happened, why, and the row it stands on."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from analytics.catalogue.endpoints import (
    CENSOR_RECORD_WORDS,
    CENSOR_WORDS,
    ENDPOINTS,
    EVENT_WORDS,
    Endpoint,
)
from analytics.catalogue.settings import Settings
from analytics.endpoints.assessments import derive_given_assessments
from analytics.endpoints.observation import derive_observation, make_scan_record
from analytics.endpoints.records import derive_last_until
from analytics.tables.derived import TimesToEvent

DEFAULT_RULE_SET = "default"


def _day(record: str) -> pl.Expr:
    return pl.col(record).struct.field("date")


def _compute_event(endpoint: Endpoint) -> list[pl.Expr]:
    """Return the first event not after the end of observation: its record, words and rule."""
    in_time = {
        name: pl.when((_day(name) <= pl.col("end")).fill_null(pl.col("end").is_null())).then(pl.col(name))
        for name in endpoint.events
    }
    first = pl.min_horizontal(*(record.struct.field("date") for record in in_time.values()))
    chosen = {name: record.struct.field("date") == first for name, record in in_time.items()}
    return [
        pl.coalesce(*(pl.when(is_it).then(pl.col(name)) for name, is_it in chosen.items())).alias("event"),
        pl.coalesce(*(pl.when(is_it).then(pl.lit(name)) for name, is_it in chosen.items())).alias("event_name"),
    ]


def _derive_censoring(observed: pl.DataFrame, endpoint: Endpoint, adequate: pl.DataFrame) -> pl.DataFrame:
    """Add ``censoring``, the record a line without event is censored at, and ``censor_name``, why."""
    closing = pl.coalesce(*(pl.when(_day(name) == pl.col("end")).then(pl.lit(name)) for name in endpoint.ends))
    lost = pl.when("is_lost").then(pl.lit("lost")).otherwise(pl.lit("open"))
    if endpoint.censor_at == "last_adequate_scan":
        seen = derive_last_until(observed, adequate, pl.col("end"), "last_scan")
        is_seen = _day("last_scan").is_not_null()
        return seen.with_columns(
            censoring=pl.when(is_seen).then("last_scan").otherwise("start"),
            censor_name=pl.when(is_seen).then(pl.coalesce(closing, lost)).otherwise(pl.lit("nothing_seen")),
        )
    is_closed = _day("alive") >= pl.col("end")
    died_first = (closing == "death").fill_null(value=False) if "death" in endpoint.ends else pl.lit(value=False)
    at_end = pl.coalesce(*(pl.when(_day(name) == pl.col("end")).then(pl.col(name)) for name in endpoint.ends))
    return observed.with_columns(
        censoring=pl.when(is_closed | died_first).then(at_end).otherwise(pl.coalesce("alive", "start")),
        censor_name=pl.when(is_closed | died_first).then(closing).otherwise(lost),
    )


def _derive_endpoint(observed: pl.DataFrame, endpoint: Endpoint, adequate: pl.DataFrame) -> pl.DataFrame:
    """Return the times to one endpoint in the shape of ``TimesToEvent``."""
    ended = observed.with_columns(end=pl.min_horizontal(*(_day(name) for name in endpoint.ends)))
    closed = _derive_censoring(ended.with_columns(_compute_event(endpoint)), endpoint, adequate)
    happened = pl.col("event_name").is_not_null()
    is_in = pl.col("exclusion").is_null()
    record = pl.when(is_in).then(pl.when(happened).then("event").otherwise("censoring"))
    at_start = pl.col("censor_name") == "nothing_seen"
    words = {name: EVENT_WORDS[name] for name in endpoint.events}
    where = (
        pl.when(at_start).then(pl.lit("start of the line")).otherwise(pl.lit(CENSOR_RECORD_WORDS[endpoint.censor_at]))
    )
    event_word = pl.col("event_name").replace_strict({name: word for name, (word, _) in words.items()}, default=None)
    event_where = pl.col("event_name").replace_strict({name: where for name, (_, where) in words.items()}, default=None)
    return (
        closed.with_columns(record=record)
        .unnest("record", separator="_")
        .with_columns(
            endpoint=pl.lit(endpoint.code),
            rule_set=pl.lit(DEFAULT_RULE_SET),
            end_date="record_date",
            # an assessment or contact dated before the start cannot end the clock before it began
            days=pl.when(is_in).then(
                (pl.max_horizontal("record_date", "start_date") - pl.col("start_date")).dt.total_days() + 1
            ),
            happened=pl.when(is_in).then(happened),
            reason=pl.coalesce("exclusion", event_word, pl.col("censor_name").replace_strict(CENSOR_WORDS)),
            code=pl.when(is_in).then(
                pl.when(happened)
                .then(0)
                .otherwise(pl.col("censor_name").replace_strict(dict(endpoint.censor_codes), default=None))
            ),
            date_used=pl.when(is_in).then(pl.when(happened).then(event_where).otherwise(where)),
            rule_id=pl.when(~is_in)
            .then(pl.lit("excluded"))
            .when(happened)
            .then(pl.lit("first_") + pl.col("event_name"))
            .when(at_start)
            .then(pl.lit("censored_at_start"))
            .otherwise(pl.lit(endpoint.censor_at)),
            source_table="record_table",
            source_file="record_file",
            source_row="record_row",
            is_imputed=pl.col("record_is_imputed").fill_null(value=False) | pl.col("start").struct.field("is_imputed"),
        )
        .select(pl.col(name).cast(column.dtype) for name, column in TimesToEvent.columns().items())
    )


def derive_times_to_event(tables: Mapping[str, pl.LazyFrame], lines: pl.LazyFrame, settings: Settings) -> pl.LazyFrame:
    """Derive the times to every catalogue endpoint of every line, under the default rules.

    Progression is taken from responses given by readers. New therapy and the data cut-off end observation
    where the endpoint says so; an event on the last day counts. ``days`` = date − start + 1.

    Returns
    -------
    pl.LazyFrame
        Schema ``derived.TimesToEvent``: every line has one row an endpoint, as event, censored or
        excluded with its reason.

    Raises
    ------
    SettingsError
        If the data cut-off is not a date.
    """
    assessments = derive_given_assessments(tables)
    observed = derive_observation(tables, lines.collect(), assessments, settings)
    adequate = assessments.filter("is_adequate").select("pid", "date", record=make_scan_record())
    return (
        pl.concat([_derive_endpoint(observed, endpoint, adequate) for endpoint in ENDPOINTS])
        .sort("endpoint", "rule_set", "pid", "line_no")
        .lazy()
    )
