"""The words of an outcome are those its codes would give one by one; rows are found as a plain search finds them."""

from __future__ import annotations

import datetime as dt
from itertools import product

import polars as pl
import pytest

from analytics.catalogue.endpoints import ENDPOINTS, Endpoint
from analytics.catalogue.outcome_words import (
    CENSOR_CODES,
    CENSOR_RECORD_WORDS,
    CENSOR_WORDS,
    EVENT_WORDS,
    START_OF_RESPONSE,
    SURVIVAL_CODES,
)
from analytics.endpoints.outcomes import CENSORINGS, EVENTS, PLACES, compute_outcome, list_words
from analytics.endpoints.records import derive_first_after, derive_last_until, sort_rows


def word_by_hand(
    endpoint: Endpoint, case: dict[str, str | None]
) -> tuple[str | None, int | None, str | None, str | None]:
    event, why, where = case["event_name"], case["censor_name"], case["censor_where"]
    codes = SURVIVAL_CODES if endpoint.code == "OS" else CENSOR_CODES
    is_start_of_response = where == "start" and endpoint.origin != "start"
    if case["exclusion"] is not None:
        return None, None, None, "excluded"
    if event is not None:
        return EVENT_WORDS[event][0], 0, EVENT_WORDS[event][1], f"first_{event}"
    return (
        None if why is None else CENSOR_WORDS[why],
        None if why is None else codes.get(why),
        START_OF_RESPONSE if is_start_of_response else None if where is None else CENSOR_RECORD_WORDS[where],
        None if where is None else f"censored_at_{where}",
    )


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.code)
def test_every_outcome_has_the_words_of_its_codes(endpoint: Endpoint):
    names: list[str] = ["exclusion", "event_name", "censor_name", "censor_where"]
    cases = [
        dict(zip(names, case, strict=True))
        for case in product(
            (None, "no start date"), (None, *EVENT_WORDS), (None, *CENSOR_WORDS), (None, *CENSOR_RECORD_WORDS)
        )
    ]
    table = pl.DataFrame(
        cases,
        schema={"exclusion": pl.String, "event_name": EVENTS, "censor_name": CENSORINGS, "censor_where": PLACES},
    )
    words = list_words(endpoint)[table.select(compute_outcome()).to_series()]
    assert words.rows() == [word_by_hand(endpoint, case) for case in cases]


DAYS = [None, dt.date(2019, 12, 31), dt.date(2020, 1, 1), dt.date(2020, 1, 2), dt.date(2020, 2, 1)]


@pytest.mark.parametrize("from_start", [False, True])
def test_rows_are_found_as_by_looking_at_each(from_start: bool):
    held = [(0, day) for day in (DAYS[1], DAYS[2])] + [(2, day) for day in DAYS]
    rows = pl.DataFrame(
        {"pid": [pid for pid, _ in held], "date": [day for _, day in held], "record_at": range(10, 10 + len(held))},
        schema={"pid": pl.UInt32, "date": pl.Date, "record_at": pl.UInt32},
    )
    asked = list(product((0, 1, 2, 3), DAYS, DAYS))
    lines = pl.DataFrame(asked, schema={"pid": pl.UInt32, "start_date": pl.Date, "end": pl.Date}, orient="row")
    ordered = sort_rows(rows)
    after = derive_first_after(lines, ordered, "after")["after"].to_list()
    until = derive_last_until(lines, ordered, pl.col("end"), "until", from_start=from_start)["until"].to_list()
    for (pid, start, end), first, last in zip(asked, after, until, strict=True):
        if start is None:
            assert (first, last) == (None, None)
            continue
        own = [day for of, day in held if of == pid and day is not None]
        assert first == min((day for day in own if day > start), default=None)
        within = [day for day in own if (day >= start if from_start else day > start) and (end is None or day <= end)]
        assert last == max(within, default=None)


def test_without_rows_nothing_is_found():
    lines = pl.DataFrame({"pid": [0], "start_date": [DAYS[1]]}, schema={"pid": pl.UInt32, "start_date": pl.Date})
    none = pl.DataFrame(schema={"date": pl.Date, "record_at": pl.UInt32, "row_key": pl.Int64})
    found = derive_first_after(lines, none, "after")
    assert found.select("after", "after_at").row(0) == (None, None)
    assert found.schema["after_at"] == pl.UInt32
