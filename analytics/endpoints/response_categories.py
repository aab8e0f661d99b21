"""Response categories of a visit: target, non-target and overall, from its sums and lesions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analytics.catalogue.size_criteria import SizeCriteria
from analytics.endpoints.visits import NON_TARGET_WORDS, NOT_SAID
from analytics.tables.results import BoolArray, IntArray

CATEGORIES: tuple[str, ...] = ("CR", "PR", "SD", "NON_CR_NON_PD", "PD", "NE", "NA")
"""The categories; everywhere else in this room a category is its place among them."""

CR, PR, SD, NON_CR_NON_PD, PD, NE, NA = (np.uint8(place) for place in range(len(CATEGORIES)))

NO_SUM = 999_999_999
"""Tenths of a millimetre no sum reaches: stands where there is none."""

Categories = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class VisitSums:
    """The targets of visits.

    Attributes
    ----------
    sum, nadir, baseline
        In tenths of a millimetre, 0 for the sum of a visit without lesions, ``NO_SUM`` for a nadir or baseline
        that is not known.
    n_targets
        How many targets the baseline has.
    were_diseased
        Whether any of these was seen and not normal.
    is_complete, is_gone, was_gone, is_back
        Whether all targets are measured, all are gone, all were gone at an earlier visit, and any has a size.
    """

    sum: IntArray
    nadir: IntArray
    baseline: IntArray
    n_targets: IntArray
    were_diseased: BoolArray
    is_complete: BoolArray
    is_gone: BoolArray
    was_gone: BoolArray
    is_back: BoolArray


def compute_target_response(sums: VisitSums, criteria: SizeCriteria) -> Categories:
    """Return the target response; progression is also read from an incomplete sum that is large enough.

    Targets that were all gone or normal at the baseline have not responded by staying so.
    """
    rises = (100 * sums.sum >= criteria.progression_pct * sums.nadir) & (
        sums.sum - sums.nadir >= max(criteria.least_rise_tenths, 1)
    )
    returns = sums.is_back & (sums.was_gone | (sums.nadir == 0))
    shrinks = 100 * sums.sum <= criteria.response_pct * sums.baseline
    target = np.where(shrinks, PR, SD)
    target[~sums.is_complete] = NE
    target[rises | returns] = PD
    target[sums.is_gone] = np.where(sums.were_diseased[sums.is_gone], CR, NON_CR_NON_PD)
    target[sums.n_targets == 0] = NA
    return target


def compute_non_target_response(
    said: NDArray[np.uint8],
    n_others: IntArray,
    n_others_gone: IntArray,
    is_other_left: BoolArray,
    may_respond: BoolArray,
) -> Categories:
    """Return the non-target response: the reader's word first, since only a reader calls it unequivocal.

    ``said`` is the place of that word among ``NON_TARGET_WORDS``. A line may respond in which disease was seen at
    the baseline.
    """
    other = np.where(n_others_gone == n_others, np.where(may_respond, CR, NON_CR_NON_PD), NE)
    other[is_other_left] = NON_CR_NON_PD
    other[n_others == 0] = NA
    of_word = np.array([CATEGORIES.index(word) for word in NON_TARGET_WORDS], dtype=np.uint8)
    is_said = np.flatnonzero(said != NOT_SAID)
    other[is_said] = of_word[said[is_said]]
    return other


def _decide_overall(target: str, other: str, *, has_new: bool) -> str:
    if "PD" in (target, other) or has_new:
        return "PD"
    if target == "NA":
        return "NE" if other == "NA" else other
    # targets without disease at the baseline leave the answer to the others, as no targets do
    if target == "NON_CR_NON_PD":
        return target if other == "NA" else other
    if target == "CR" and other in ("CR", "NA"):
        return "CR"
    return "PR" if target in ("CR", "PR") else target


def compute_overall_response(target: Categories, other: Categories, has_new: BoolArray) -> Categories:
    """Return the overall response from target, non-target and new lesions (RECIST 1.1, tables 1 and 2)."""
    decided = [
        CATEGORIES.index(_decide_overall(one, two, has_new=new))
        for one in CATEGORIES
        for two in CATEGORIES
        for new in (False, True)
    ]
    code = (target.astype(np.int64) * len(CATEGORIES) + other) * 2 + has_new
    return np.array(decided, dtype=np.uint8).take(code)


def name_categories(categories: Categories) -> pl.Series:
    """Return the words of ``categories``."""
    return pl.Series(CATEGORIES).gather(pl.Series(categories).cast(pl.UInt32))
