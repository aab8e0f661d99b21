"""Number the texts of a column that has few distinct ones, such as names of lesions, by their hashes."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analytics.intake.distinct import code_texts

_SLOTS = 2**16
_TOP = np.uint64(64 - 16)


def number_texts(texts: pl.Series) -> tuple[NDArray[np.int64], int]:
    """Return a number for each text, the same for the same text, and how many numbers there are.

    No text counts as a text of its own. A text is known by the top bits of its hash, which is faster than a
    table of texts while these are few; where two texts share them the table of texts is asked.
    """
    hashes = texts.hash().to_numpy()
    slots = (hashes >> _TOP).view(np.int64)
    held = np.zeros(_SLOTS, dtype=np.uint64)
    held[slots] = hashes
    if not np.array_equal(held.take(slots), hashes):
        coded = code_texts(texts)
        return coded.codes.cast(pl.Int64).fill_null(len(coded.texts)).to_numpy(), len(coded.texts) + 1
    is_taken = np.zeros(_SLOTS, dtype=np.bool_)
    is_taken[slots] = True
    numbers = np.cumsum(is_taken) - 1
    return numbers.take(slots, out=slots, mode="clip"), int(is_taken.sum())
