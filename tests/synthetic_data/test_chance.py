"""One stream a (seed, patient, purpose): the numbers are where their address says, whoever else is asked for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthetic_data.chance import Chance, philox

# Known answers of Random123 (kat_vectors, philox4x32, 10 rounds): counter, key, result.
KNOWN_ANSWERS = [
    (
        (0x00000000, 0x00000000, 0x00000000, 0x00000000),
        (0x00000000, 0x00000000),
        (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8),
    ),
    (
        (0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF),
        (0xFFFFFFFF, 0xFFFFFFFF),
        (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD),
    ),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]
MANY = np.arange(1, 200_001)


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN_ANSWERS)
def test_philox_gives_the_published_answers(counter: tuple[int, ...], key: tuple[int, int], answer: tuple[int, ...]):
    words = philox([np.array([word], dtype=np.uint64) for word in counter], key)
    assert tuple(int(word[0]) for word in words) == answer


def test_blocks_are_computed_side_by_side_as_one_by_one():
    counters = [np.array(column, dtype=np.uint64) for column in zip(*(c for c, _, _ in KNOWN_ANSWERS), strict=True)]
    together = philox(counters, (7, 9))
    for place in range(len(KNOWN_ANSWERS)):
        alone = philox([column[place : place + 1] for column in counters], (7, 9))
        assert [int(word[place]) for word in together] == [int(word[0]) for word in alone]


def test_a_patient_has_the_same_numbers_whoever_stands_beside():
    alone = Chance(5).uniform("weight", np.array([17]), 6)
    among = Chance(5).uniform("weight", np.arange(1, 1_001), 6)
    assert np.array_equal(alone[0], among[16])


@settings(deadline=None)
@given(width=st.integers(1, 30), more=st.integers(1, 9))
def test_asking_for_more_numbers_leaves_the_first_ones_where_they_are(width: int, more: int):
    people = np.arange(4)
    for draw in (Chance(1).uniform, Chance(1).normal):
        assert np.array_equal(draw("size", people, width), draw("size", people, width + more)[:, :width])


@pytest.mark.parametrize("other", [("else", 1, 0, 3), ("size", 2, 0, 3), ("size", 1, 1, 3), ("size", 1, 0, 4)])
def test_another_purpose_seed_slot_or_patient_has_other_numbers(other: tuple[str, int, int, int]):
    purpose, seed, slot, patient = other
    here = Chance(1).uniform("size", np.array([3]), 8, 0)
    there = Chance(seed).uniform(purpose, np.array([patient]), 8, slot)
    assert not np.isclose(here, there).any()


def test_patients_beyond_the_32nd_bit_are_not_folded_back():
    numbers = np.array([5, 5 + 2**32])
    low, high = Chance(1).uniform("size", numbers, 4)
    assert not np.isclose(low, high).any()


def test_uniform_numbers_are_uniform():
    drawn = np.sort(Chance(3).uniform("any", MANY)[:, 0])
    distance = np.abs(drawn - (np.arange(len(MANY)) + 0.5) / len(MANY)).max()
    assert distance < 1.95 / np.sqrt(len(MANY))  # Kolmogorov's bound at one in a thousand
    assert drawn[0] > 0
    assert drawn[-1] < 1


def test_normal_numbers_are_normal_and_do_not_lean_on_their_neighbours():
    first, second = Chance(3).normal("any", MANY, 2).T
    error = 4 / np.sqrt(len(MANY))  # four standard errors
    assert abs(first.mean()) < error
    assert abs(first.std() - 1) < error
    assert abs(np.corrcoef(first, second)[0, 1]) < error
    assert abs(np.corrcoef(first[1:], first[:-1])[0, 1]) < error
    assert abs((first > 1.959964).mean() - 0.025) < error


def test_options_are_picked_by_their_shares():
    picked = Chance(3).pick("arm", MANY, np.array([1.0, 0.0, 3.0]))
    shares = np.bincount(picked, minlength=3) / len(MANY)
    assert shares[1] == 0
    assert abs(shares[0] - 0.25) < 4 * np.sqrt(0.25 * 0.75 / len(MANY))  # four standard errors
