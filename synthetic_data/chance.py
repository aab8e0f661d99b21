"""Chance as an address book: one stream of numbers a (seed, patient, purpose), evaluated in arrays.

The generator is counter-based (Philox-4x32-10: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as
easy as 1, 2, 3", SC11, doi 10.1145/2063384.2063405): a number is a pure function of its address, so patient
17 is the same whatever the number of patients, chunks or draws of any other purpose.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.int64]
Words: TypeAlias = npt.NDArray[np.uint64]

_LOW_HALF = np.uint64(0xFFFFFFFF)
_SHIFT = np.uint64(32)
_MULTIPLIERS = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
_WEYL = (0x9E3779B9, 0xBB67AE85)
_ROUNDS = 10
_WORDS_PER_BLOCK = 4


def philox(counter: Sequence[Words], key: tuple[int, int]) -> tuple[Words, Words, Words, Words]:
    """Return the four 32-bit words of each Philox-4x32-10 block.

    Parameters
    ----------
    counter
        Four arrays of one shape, each holding a 32-bit counter word.
    key
        Two 32-bit key words.
    """
    word0, word1, word2, word3 = counter
    key0, key1 = key
    for _ in range(_ROUNDS):
        product0 = _MULTIPLIERS[0] * word0
        product1 = _MULTIPLIERS[1] * word2
        word0 = (product1 >> _SHIFT) ^ word1 ^ np.uint64(key0)
        word2 = (product0 >> _SHIFT) ^ word3 ^ np.uint64(key1)
        word1 = product1 & _LOW_HALF
        word3 = product0 & _LOW_HALF
        key0 = (key0 + _WEYL[0]) & 0xFFFFFFFF
        key1 = (key1 + _WEYL[1]) & 0xFFFFFFFF
    return word0, word1, word2, word3


def _key_of(seed: int, purpose: str) -> tuple[int, int]:
    digest = blake2b(f"{seed}:{purpose}".encode(), digest_size=8).digest()
    return int.from_bytes(digest[:4], "big"), int.from_bytes(digest[4:], "big")


@dataclass(frozen=True, slots=True)
class Chance:
    """Every random number of a simulated world; ``seed`` is any integer."""

    seed: int

    def uniform(self, purpose: str, patients: Integers, width: int = 1, slot: Integers | int = 0) -> Floats:
        """Return uniform numbers strictly between 0 and 1, shape ``(len(patients), width)``.

        Parameters
        ----------
        purpose
            What the numbers are for; two purposes never share a number.
        patients
            Patient numbers, one a row; a patient may stand in several rows with different slots.
        width
            How many numbers a row.
        slot
            Tells the rows of one patient apart, for instance the number of the scan.
        """
        blocks = -(-width // _WORDS_PER_BLOCK)
        shape = (len(patients), blocks)
        slots = np.broadcast_to(np.asarray(slot, dtype=np.uint64), (len(patients),))
        people = patients.astype(np.uint64)
        counter = (
            np.broadcast_to(np.arange(blocks, dtype=np.uint64), shape),
            np.broadcast_to(slots[:, None], shape),
            np.broadcast_to((people & _LOW_HALF)[:, None], shape),
            np.broadcast_to((people >> _SHIFT)[:, None], shape),
        )
        words = np.stack(philox(counter, _key_of(self.seed, purpose)), axis=-1)
        flat = words.reshape(len(patients), blocks * _WORDS_PER_BLOCK)[:, :width]
        return (flat.astype(np.float64) + 0.5) / 4294967296.0

    def normal(self, purpose: str, patients: Integers, width: int = 1, slot: Integers | int = 0) -> Floats:
        """Return standard normal numbers, shape ``(len(patients), width)``, by Box and Muller (1958)."""
        pairs = -(-width // 2)
        uniforms = self.uniform(purpose, patients, 2 * pairs, slot)
        radius = np.sqrt(-2.0 * np.log(uniforms[:, 0::2]))
        angle = 2.0 * np.pi * uniforms[:, 1::2]
        numbers = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=-1)
        return numbers.reshape(len(patients), 2 * pairs)[:, :width]

    def happens(
        self, purpose: str, patients: Integers, share: Floats | float, slot: Integers | int = 0
    ) -> npt.NDArray[np.bool_]:
        """Return whether something of probability ``share`` happens, one answer a row."""
        return self.uniform(purpose, patients, 1, slot)[:, 0] < share

    def pick(self, purpose: str, patients: Integers, shares: Floats, slot: Integers | int = 0) -> Integers:
        """Return the number of the chosen option, with ``shares`` of shape ``(options,)`` or ``(rows, options)``.

        Shares need not add up to one; they are scaled.
        """
        steps = np.cumsum(np.atleast_2d(shares), axis=1)
        point = self.uniform(purpose, patients, 1, slot) * steps[:, -1:]
        return np.minimum((point >= steps).sum(axis=1), steps.shape[1] - 1).astype(np.int64)
