"""Months are merged until nobody can be singled out; an adversary who knows the rule is let loose on the result."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import polars as pl
import pytest

from analytics.export.coarse_time import Spell, release_rows, split_months


def spells_of(cells: list[tuple[int, int]]) -> dict[int, Spell]:
    """Return months with (events, censored), one line a person."""
    spells: dict[int, Spell] = {}
    person = 0
    for month, (events, censored) in enumerate(cells, start=1):
        if events + censored:
            middle, end = person + events, person + events + censored
            spells[month] = Spell(events, censored, set(range(person, middle)), set(range(middle, end)))
            person = end
    return spells


def test_days_belong_to_the_month_they_end_in() -> None:
    lines = pl.DataFrame({"pid": [1, 2, 3], "days": [30, 31, 61], "happened": [True, False, True]})
    assert list(split_months(lines)) == [1, 2, 3]


def test_a_month_is_shown_when_what_happened_and_what_is_left_are_of_enough_people() -> None:
    #         month:  1       2       3       4        5
    cells = [(3, 0), (2, 0), (5, 1), (0, 4), (5, 10)]
    assert release_rows(spells_of(cells), floor=5) == [(2, 5, 0), (4, 5, 5)]


def test_a_month_is_merged_when_too_few_events_would_be_left() -> None:
    assert release_rows(spells_of([(5, 0), (3, 6)]), floor=5) == []
    assert release_rows(spells_of([(5, 0), (0, 6)]), floor=5) == [(1, 5, 0)]


def test_the_table_ends_where_fewer_are_at_risk() -> None:
    assert release_rows(spells_of([(5, 0), (5, 0), (5, 0)]), floor=5) == [(1, 5, 0), (2, 5, 0)]


def test_people_are_counted_not_lines() -> None:
    one_person = {1: Spell(6, 0, {7}, set()), 2: Spell(9, 0, set(range(20, 29)), set())}
    assert release_rows(one_person, floor=5) == []


def compositions(n: int, parts: int) -> Iterator[tuple[int, ...]]:
    if parts == 1:
        yield (n,)
        return
    for first in range(n + 1):
        for rest in compositions(n - first, parts - 1):
            yield (first, *rest)


@pytest.mark.parametrize(("floor", "n", "months"), [(3, 7, 4), (3, 12, 3), (4, 12, 3), (5, 15, 3)])
def test_no_small_count_can_be_worked_out_even_by_who_knows_the_rule(floor: int, n: int, months: int) -> None:
    """Every possible course of n people is put through the rule.

    Courses with the same table, and the same totals, cannot be told apart. In none of these classes may any stretch
    of months have one and the same number of events, or of censorings, when that number is below the floor.
    """
    classes: dict[object, list[list[tuple[int, int]]]] = defaultdict(list)
    for parts in compositions(n, 2 * months):
        cells = list(zip(parts[::2], parts[1::2], strict=True))
        rows = tuple(release_rows(spells_of(cells), floor))
        total = sum(events for events, _ in cells) if rows else None
        classes[rows, total].append(cells)
    assert any(rows for rows, _ in classes)
    for courses in classes.values():
        for kind in (0, 1):
            for first in range(months):
                for last in range(first + 1, months + 1):
                    counts = {sum(cell[kind] for cell in course[first:last]) for course in courses}
                    assert len(counts) > 1 or not 0 < min(counts) < floor
