"""What became of a line at an endpoint, held as codes until the words are asked for."""

from __future__ import annotations

from functools import cache

import polars as pl

from analytics.catalogue.endpoints import Endpoint
from analytics.catalogue.outcome_words import (
    CENSOR_CODES,
    CENSOR_RECORD_WORDS,
    CENSOR_WORDS,
    EVENT_WORDS,
    START_OF_RESPONSE,
    SURVIVAL_CODES,
)

EVENTS, CENSORINGS, PLACES = (pl.Enum(list(words)) for words in (EVENT_WORDS, CENSOR_WORDS, CENSOR_RECORD_WORDS))
"""Names of what happened and of what closed observation, held as codes until the words are asked for."""


@cache
def as_code(code: str, kind: pl.Enum) -> pl.Expr:
    """Return ``code`` as one of ``kind``."""
    return pl.lit(code, dtype=kind)


def _place(column: str, kind: pl.Enum) -> pl.Expr:
    """Return the place of each code of ``column``, one beyond the last where there is none."""
    return pl.col(column).to_physical().cast(pl.UInt16).fill_null(len(kind.categories))


def compute_outcome() -> pl.Expr:
    """Return in one number what became of a line: excluded, an event, or a censoring and the record that dates it.

    Words are looked up by it once a line; to choose among texts row by row costs several times as much.
    """
    n_places = len(PLACES.categories) + 1
    censored = _place("censor_name", CENSORINGS) * n_places + _place("censor_where", PLACES)
    return (
        pl.when(pl.col("exclusion").is_not_null())
        .then(pl.lit(0, pl.UInt16))
        .when(pl.col("event_name").is_not_null())
        .then(_place("event_name", EVENTS) + 1)
        .otherwise(censored + 1 + len(EVENTS.categories))
    )


@cache
def list_words(endpoint: Endpoint) -> pl.DataFrame:
    """Return ``reason``, ``code``, ``date_used`` and ``rule_id`` of each outcome; an exclusion has its own reason."""
    codes = SURVIVAL_CODES if endpoint.code == "OS" else CENSOR_CODES
    excluded = [(None, None, None, "excluded")]
    events = [(word, 0, place, f"first_{name}") for name, (word, place) in EVENT_WORDS.items()]
    records = CENSOR_RECORD_WORDS | ({} if endpoint.origin == "start" else {"start": START_OF_RESPONSE})
    places = [(word, f"censored_at_{name}") for name, word in records.items()]
    censorings = [
        (None if name is None else CENSOR_WORDS[name], None if name is None else codes.get(name), *place)
        for name in (*CENSOR_WORDS, None)
        for place in (*places, (None, None))
    ]
    return pl.DataFrame(
        [*excluded, *events, *censorings],
        schema={"reason": pl.String, "code": pl.Int32, "date_used": pl.String, "rule_id": pl.String},
        orient="row",
    )
