"""What comes first after the start: biochemical response, next treatment or death."""

from __future__ import annotations

import pytest

from tests.spec.test_times_to_event import EVEROLIMUS, times_of

BASELINE = "2019-12-20 400"


def first_of(values: str, *arguments: str) -> tuple[object, ...]:
    """Return days, whether it happened and the reason; ``values``: «day value» by commas, the first the baseline."""
    rows = "\n".join("P1 | CGA | {} | {} | 100".format(*part.split()) for part in values.split(","))
    labs = {"labs": f"patient_id | analyte | collected | value_text | uln\n{rows}"}
    return times_of(*arguments, tables=labs)[("BR_FIRST", "default")]


@pytest.mark.parametrize(
    ("values", "arguments", "expected"),
    [
        (f"{BASELINE}, 2020-04-01 200", (), (92, True, "biochemical response")),
        (f"{BASELINE}, 2020-04-01 200", ("", "2020-06-01 death"), (92, True, "biochemical response")),
        (f"{BASELINE}, 2020-04-01 300", ("", "2020-06-01 death"), (153, True, "death")),
        (f"{BASELINE}, 2020-04-01 300", ("", "", EVEROLIMUS), (153, True, "next treatment")),
        (f"{BASELINE}, 2020-04-01 300", (), (92, False, "no event")),
    ],
)
def test_the_first_of_the_three_counts(values: str, arguments: tuple[str, ...], expected: tuple[object, ...]) -> None:
    assert first_of(values, *arguments) == expected


def test_who_dies_before_a_second_value_is_in() -> None:
    """Leaving them out, as the time to response does, would count only those who lived to be measured."""
    assert first_of(BASELINE, "", "2020-02-01 death") == (32, True, "death")


def test_without_a_baseline_there_is_nothing_to_respond_from() -> None:
    assert first_of("2020-04-01 200") == (None, None, "no baseline value of the marker")
