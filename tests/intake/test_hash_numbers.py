"""Hashes are numbered one for one, whatever bits they share, or not at all."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from analytics.hash_numbers import LONG, Numbered, number_few_hashes, number_hashes

HASHES = st.integers(0, 2**64 - 1) | st.integers(0, 3) | st.integers(2**64 - 3, 2**64 - 1)


def check(hashes: NDArray[np.uint64], numbered: Numbered) -> None:
    numbers, places = numbered
    assert np.array_equal(hashes[places][numbers], hashes)
    assert len(np.unique(hashes[places])) == len(places)


@given(st.lists(HASHES, min_size=1, max_size=30), st.lists(st.integers(0, 29), min_size=30, max_size=400))
def test_equal_hashes_and_no_others_have_one_number(distinct: list[int], order: list[int]) -> None:
    hashes = np.array([distinct[place % len(distinct)] for place in order], dtype=np.uint64)
    for numbered in (number_hashes(hashes), number_few_hashes(hashes, 1), number_few_hashes(hashes, 7)):
        if numbered is not None:
            check(hashes, numbered)


def test_a_hash_met_late_is_numbered_also_when_it_is_zero() -> None:
    hashes = np.array([2**63] * 99 + [0, 5 << 40, 0], dtype=np.uint64)
    numbered = number_few_hashes(hashes, 50)
    assert numbered is None  # the two share all bits looked at
    hashes[100] = 2**62
    numbered = number_few_hashes(hashes, 50)
    assert numbered is not None
    check(hashes, numbered)
    assert len(numbered[1]) == 3


@pytest.mark.parametrize("n_rows", [20_000, LONG])
def test_some_that_share_their_top_bits_are_told_apart(n_rows: int) -> None:
    hashes = np.full(n_rows, 2**63, dtype=np.uint64)
    hashes[::50] = 2**63 + 1
    hashes[1::50] = 2**63 + 2
    hashes[-1] = 2**63
    numbered = number_hashes(hashes)
    assert numbered is not None
    check(hashes, numbered)


def test_many_that_share_their_top_bits_are_left_to_a_slower_way() -> None:
    assert number_hashes(np.arange(1_000, dtype=np.uint64)) is None


def test_no_hashes_have_no_numbers() -> None:
    numbered = number_hashes(np.empty(0, dtype=np.uint64))
    assert numbered is not None
    assert [len(part) for part in numbered] == [0, 0]
