"""Which complete and partial responses a later assessment of the line confirms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.catalogue.settings import Settings
from analytics.tables.results import BoolArray, IntArray

CR, PR, SD, NON_CR_NON_PD, PD, NE = range(6)
"""Kinds of response, the best first; what was not done (ND) is NE."""

_KINDS = ((CR,), (PR,), (SD,), (NE,))
_OTHERS = (NON_CR_NON_PD, PD)


@dataclass(frozen=True, slots=True)
class _Counted:
    """Assessments in the order of lines and days; ``is_of`` says of which kind a row is.

    ``before`` counts the rows of a kind above each row, so that a difference counts those between two rows.
    """

    is_of: dict[tuple[int, ...], BoolArray]
    before: dict[tuple[int, ...], IntArray]

    def count_between(self, kind: tuple[int, ...], rows: IntArray, later: IntArray) -> IntArray:
        """Return how many rows of a kind lie strictly between ``rows`` and those that are ``later``."""
        return self.before[kind][later] - self.before[kind][rows] - self.is_of[kind][rows]


def _count(kind: IntArray) -> _Counted:
    is_of = {kinds: np.isin(kind, kinds) for kinds in (*_KINDS, _OTHERS)}
    return _Counted(is_of, {kinds: np.cumsum(is_it) - is_it for kinds, is_it in is_of.items()})


def _find_later(
    is_asked: BoolArray, is_confirming: BoolArray, line: IntArray, day_key: IntArray, settings: Settings
) -> tuple[IntArray, IntArray]:
    """Return the rows asked about that have a confirming row of their line late enough, and the first such row."""
    asked, confirming = np.flatnonzero(is_asked), np.flatnonzero(is_confirming)
    place = np.searchsorted(day_key[confirming], day_key[asked] + settings.confirmation_days)
    # behind the last row stands one of no line
    later = np.append(confirming, len(line))[place]
    is_own = np.append(line, -1)[later] == line[asked]
    return asked[is_own], later[is_own]


def _break_off(counted: _Counted, rows: IntArray, later: IntArray, line: IntArray) -> BoolArray:
    """Return whether a complete response lies between and then a partial one: the stretch of responses is broken."""
    complete = np.flatnonzero(counted.is_of[CR,])
    place = np.searchsorted(complete, rows, side="right")
    following = np.append(complete, len(line))[place]
    is_own = np.append(line, -1)[following] == line[rows]
    partial_before = np.append(counted.before[PR,], 0)[following]
    until_later = counted.before[PR,][later] + counted.is_of[PR,][later]
    has_complete = counted.before[CR,][later] > counted.before[CR,][rows]
    return is_own & (until_later > partial_before) & has_complete


def find_confirmed(kind: IntArray, line: IntArray, day_key: IntArray, settings: Settings) -> BoolArray:
    """Return which complete and partial responses are confirmed.

    A response is confirmed by the first later one at least ``confirmation_days`` after it: a complete one by a
    complete one, a partial one by either, with few enough unevaluable and stable assessments between.

    Parameters
    ----------
    kind, line
        Of each assessment, in the order of lines and days.
    day_key
        Line and day as one number, in order.
    """
    counted = _count(kind)
    is_confirmed = np.zeros(len(kind), dtype=np.bool_)
    is_cr, is_pr = counted.is_of[CR,], counted.is_of[PR,]
    allowed_sd = 1 if settings.confirmation_accepts_sd == "Y" else 0

    rows, later = _find_later(is_cr, is_cr, line, day_key, settings)
    is_confirmed[rows] = (
        (counted.count_between((NE,), rows, later) <= settings.confirmation_max_ne)
        & (counted.count_between((SD,), rows, later) == 0)
        & (counted.count_between((PR,), rows, later) == 0)
        & (counted.count_between(_OTHERS, rows, later) == 0)
    )
    rows, later = _find_later(is_pr, is_cr | is_pr, line, day_key, settings)
    is_confirmed[rows] = (
        (counted.count_between((NE,), rows, later) <= settings.confirmation_max_ne)
        & (counted.count_between((SD,), rows, later) <= allowed_sd)
        & (counted.count_between(_OTHERS, rows, later) == 0)
        & ~_break_off(counted, rows, later, line)
    )
    return is_confirmed
