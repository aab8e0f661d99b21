"""Coarsen follow-up until no step of it speaks of fewer people than the floor.

Time is cut into months; a month's end becomes a row of the table only when, since the row before, the people with an
event number 0 or at least the floor, the people censored likewise, the people still to come in each of the two
likewise, and at least the floor are still at risk. Months that are not a row are merged into the next that is.
Nothing is blanked, so nothing can be had back by subtraction, and every published count is true at its time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from analytics.catalogue.calendar import DAYS_PER_MONTH


@dataclass(slots=True)
class Spell:
    """What happened in a stretch of time: lines counted, and whose they are."""

    n_event: int = 0
    n_censor: int = 0
    event_people: set[int] = field(default_factory=set[int])
    censor_people: set[int] = field(default_factory=set[int])

    def add(self, other: Spell) -> None:
        """Take the next stretch in."""
        self.n_event += other.n_event
        self.n_censor += other.n_censor
        self.event_people |= other.event_people
        self.censor_people |= other.censor_people

    def is_publishable(self, floor: int) -> bool:
        """Return whether each kind of exit is of nobody or of at least ``floor`` people."""
        return is_enough(len(self.event_people), floor) and is_enough(len(self.censor_people), floor)


def is_enough(n_people: int, floor: int) -> bool:
    """Return whether a count of people may be shown: nobody, or at least ``floor``."""
    return n_people == 0 or n_people >= floor


def split_months(lines: pl.DataFrame) -> dict[int, Spell]:
    """Return what happened in each month (1 is the first), from ``pid``, ``days`` and ``happened``."""
    spells: dict[int, Spell] = {}
    months = (lines["days"] / DAYS_PER_MONTH).ceil().cast(pl.Int64)
    for month, pid, happened in zip(months, lines["pid"], lines["happened"], strict=True):
        spell = spells.setdefault(int(month), Spell())
        spell.add(Spell(1, 0, {pid}, set()) if happened else Spell(0, 1, set(), {pid}))
    return dict(sorted(spells.items()))


def release_rows(spells: dict[int, Spell], floor: int) -> list[tuple[int, int, int]]:
    """Return (month, events, censored since the row before) for the months that may be shown.

    The last row is found first, as late as it can be; the others as early as they can be before it.
    """
    found = list(spells.items())
    ends = [
        place
        for place in range(len(found))
        if _take(found[: place + 1]).is_publishable(floor) and _may_be_left(found[place + 1 :], floor)
    ]
    rows: list[tuple[int, int, int]] = []
    start = 0
    for place in range(ends[-1] + 1 if ends else 0):
        since, until_last = _take(found[start : place + 1]), _take(found[place + 1 : ends[-1] + 1])
        if since.is_publishable(floor) and until_last.is_publishable(floor):
            rows.append((found[place][0], since.n_event, since.n_censor))
            start = place + 1
    return rows


def _may_be_left(later: Sequence[tuple[int, Spell]], floor: int) -> bool:
    rest = _take(later)
    return rest.is_publishable(floor) and len(rest.event_people | rest.censor_people) >= floor


def _take(spells: Sequence[tuple[int, Spell]]) -> Spell:
    together = Spell()
    for _, spell in spells:
        together.add(spell)
    return together
