"""Hashes as numbers of the distinct ones: faster than a table of them, while they are not too many."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbered = tuple[NDArray[np.uint32], NDArray[np.int64]]
"""A number for each hash, the same for the same one, and for each number the place of such a hash."""

LONG = 100_000
"""Rows from which on more bits of the hashes tell texts apart: the tables have to be cleared."""

_BITS, _SHORT_BITS, _FEW_BITS = 16, 12, (10, 12, 14)
"""So many top bits of the hashes tell texts apart, in long columns, in others and where they are few."""

_PIECE = 2**16
"""Hashes looked at at a time: so few that no memory is asked for."""

_NO_HASH_OF_PLACE_0 = 2**64 - 1

_ODD = 8
"""One row in so many may have a text that shares these bits with another."""


def number_hashes(hashes: NDArray[np.uint64]) -> Numbered | None:
    """Number hashes by their top bits, and those that share these with others one by one; None if these are many."""
    bits = _BITS if len(hashes) >= LONG else _SHORT_BITS
    held = np.zeros(1 << bits, dtype=np.uint64)
    places = np.full(1 << bits, -1, dtype=np.int64)
    for first, some, slots in _top_bits(hashes, bits):
        held[slots] = some
        places[slots] = np.arange(first, first + len(some))
    is_taken = places >= 0
    number_of = (np.cumsum(is_taken) - 1).astype(np.uint32)
    numbers = np.empty(len(hashes), dtype=np.uint32)
    odd: list[NDArray[np.int64]] = []
    for first, some, slots in _top_bits(hashes, bits):
        is_odd = held.take(slots, mode="clip") != some
        if is_odd.any():
            odd.append(first + np.flatnonzero(is_odd))
            if sum(map(len, odd)) * _ODD > len(hashes):
                return None
        number_of.take(slots, out=numbers[first : first + len(some)], mode="clip")
    places = places[is_taken]
    if odd:
        others = np.concatenate(odd)
        _, firsts, codes = np.unique(hashes[others], return_index=True, return_inverse=True)
        numbers[others] = len(places) + codes
        places = np.concatenate([places, others[firsts]])
    return numbers, places


def number_few_hashes(hashes: NDArray[np.uint64], step: int) -> Numbered | None:
    """Number hashes of which nearly all stand on every ``step``-th row; None if top bits do not tell them apart."""
    known, places = np.unique(hashes[::step], return_index=True)
    places = places * step
    table = _table_of(known)
    if table is None:
        return None
    numbers = np.empty(len(hashes), dtype=np.uint32)
    for first in range(0, len(hashes), _PIECE):
        some = hashes[first : first + _PIECE]
        slots = _slots(some, table.bits)
        is_new = table.held.take(slots, mode="clip") != some
        if is_new.any():
            more, firsts = np.unique(some[is_new], return_index=True)
            known = np.concatenate([known, more])
            places = np.concatenate([places, first + np.flatnonzero(is_new)[firsts]])
            table = _table_of(known)
            if table is None:
                return None
            slots = _slots(some, table.bits)
        table.number_of.take(slots, out=numbers[first : first + len(some)], mode="clip")
    return numbers, places


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """Hashes and their numbers, each at the place its top ``bits`` say."""

    bits: int
    held: NDArray[np.uint64]
    number_of: NDArray[np.uint32]


def _table_of(known: NDArray[np.uint64]) -> _Table | None:
    """Return a table in which each hash has a place of its own; None if they are too many, or too much alike."""
    for bits in _FEW_BITS:
        slots = _slots(known, bits)
        if len(np.unique(slots)) == len(known):
            held: NDArray[np.uint64] = np.zeros(1 << bits, dtype=np.uint64)
            number_of: NDArray[np.uint32] = np.zeros(1 << bits, dtype=np.uint32)
            held[0] = _NO_HASH_OF_PLACE_0
            held[slots], number_of[slots] = known, np.arange(len(known))
            return _Table(bits, held, number_of)
    return None


def _top_bits(hashes: NDArray[np.uint64], bits: int) -> Iterator[tuple[int, NDArray[np.uint64], NDArray[np.int64]]]:
    """Yield some hashes at a time, after the place of the first, with their top bits."""
    for first in range(0, len(hashes), _PIECE):
        some = hashes[first : first + _PIECE]
        yield first, some, _slots(some, bits)


def _slots(hashes: NDArray[np.uint64], bits: int) -> NDArray[np.int64]:
    return (hashes >> np.uint64(64 - bits)).view(np.int64)
