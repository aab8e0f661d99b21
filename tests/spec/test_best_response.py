"""Best overall and confirmed response of a line, from what readers said on days since its start.

A response of «84 PR» was read 84 days after the start. Stable disease counts from day 42, a second scan confirms from
28 days after the first.
"""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from analytics.catalogue.settings import Settings
from analytics.endpoints.best_response import compute_best_responses

START = dt.date(2020, 1, 1)


def read(text: str, **settings: object) -> dict[str, object]:
    """Return the best responses with days since the start in place of dates."""
    days, said = zip(*(part.split() for part in text.split(",")), strict=True)
    rows = pl.DataFrame(
        {
            "line": [0] * len(days),
            "start_date": [START] * len(days),
            "date": [START + dt.timedelta(days=int(day)) for day in days],
            "response": said,
        }
    )
    row = compute_best_responses(rows, Settings(**settings)).row(0, named=True)
    return {name: (value - START).days if isinstance(value, dt.date) else value for name, value in row.items()}


def confirmed(text: str, **settings: object) -> tuple[object, object]:
    row = read(text, **settings)
    return row["confirmed_response"], row["confirmed_response_date"]


@pytest.mark.parametrize(
    ("text", "best"),
    [
        ("56 SD, 112 CR, 168 PD", ("CR", 112)),
        ("20 PR, 56 SD", ("PR", 20)),  # a response has no least time
        ("56 NON_CR_NON_PD, 112 PD", ("NON_CR_NON_PD", 56)),
        ("42 SD, 84 PD", ("SD", 42)),
        ("41 SD, 84 PD", ("PD", 84)),  # stable for too short
        ("41 SD, 84 NE", ("NE", 41)),
        ("41 NON_CR_NON_PD, 84 PD", ("PD", 84)),
        ("56 ND, 84 NE", ("NE", 56)),
        ("20 PD, 84 CR", ("PD", 20)),  # what follows progression is no response, and progression has no least time
    ],
)
def test_the_best_response_is_the_first_that_holds(text: str, best: tuple[str, int]):
    """R2, R4, R5."""
    row = read(text)
    assert (row["best_response"], row["best_date"]) == best


@pytest.mark.parametrize(
    ("first", "second", "late", "early"),
    [
        ("CR", "CR", "CR", "CR"),
        ("CR", "PR", "SD", "SD"),
        ("CR", "SD", "SD", "SD"),
        ("CR", "PD", "SD", "PD"),
        ("CR", "NE", "SD", "NE"),
        ("PR", "CR", "PR", "PR"),
        ("PR", "PR", "PR", "PR"),
        ("PR", "SD", "SD", "SD"),
        ("PR", "PD", "SD", "PD"),
        ("PR", "NE", "SD", "NE"),
        ("SD", "PD", "SD", "PD"),
        ("SD", "NE", "SD", "NE"),
        ("NE", "NE", "NE", "NE"),
    ],
)
def test_two_scans_where_confirmation_is_asked_for(first: str, second: str, late: str, early: str):
    """R6, R7: table 3 of RECIST 1.1, the first scan after the least time of stable disease, and before it."""
    assert confirmed(f"56 {first}, 112 {second}")[0] == late
    assert confirmed(f"28 {first}, 56 {second}")[0] == early


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("56 PR, 84 PR", ("PR", 56)),  # dated by the first of the two
        ("56 PR, 83 PR", ("SD", None)),
        ("56 PR, 70 NE, 84 PR", ("PR", 56)),
        ("56 PR, 70 NE, 77 NE, 84 PR", ("SD", None)),
        ("56 PR, 70 ND, 77 NE, 84 PR", ("SD", None)),
        ("56 PR, 70 SD, 84 PR", ("SD", None)),
        ("56 CR, 70 SD, 84 CR", ("SD", None)),
        ("56 CR, 70 PR, 84 CR", ("SD", None)),
        ("56 CR, 70 NON_CR_NON_PD, 84 CR", ("SD", None)),
        ("56 PR, 70 CR, 84 PR", ("SD", None)),  # a partial response after a complete one
        ("56 PR, 70 CR, 84 CR", ("PR", 56)),
        ("56 CR, 70 CR, 84 CR", ("CR", 56)),
        # the first scan late enough decides; a cleaner one later does not rescue the first response
        ("56 CR, 70 NE, 77 NE, 84 CR, 120 CR", ("CR", 84)),
        ("56 PR, 84 PD, 112 PR", ("SD", None)),
    ],
)
def test_what_may_lie_between_a_response_and_its_confirmation(text: str, answer: tuple[str, int | None]):
    """R6."""
    assert confirmed(text) == answer


def test_one_stable_scan_between_may_be_allowed():
    """R6: of partial responses, and one alone."""
    assert confirmed("56 PR, 70 SD, 84 PR", confirmation_accepts_sd="Y") == ("PR", 56)
    assert confirmed("56 PR, 70 SD, 77 SD, 84 PR", confirmation_accepts_sd="Y") == ("SD", None)
    assert confirmed("56 CR, 70 SD, 84 CR", confirmation_accepts_sd="Y")[0] == "SD"


@pytest.mark.parametrize(
    ("text", "benefit"),
    [("20 PR, 56 SD", 20), ("41 SD, 84 SD", 84), ("42 SD", 42), ("42 NON_CR_NON_PD", 42), ("41 SD, 84 PD", None)],
)
def test_benefit_is_a_response_at_any_time_or_stability_for_long_enough(text: str, benefit: int | None):
    """R3."""
    assert read(text)["benefit_date"] == benefit
