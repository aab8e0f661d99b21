"""Number the rows of columns with few distinct texts, such as names of lesions, by their hashes."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analytics.intake.distinct import code_texts

_SLOTS = 2**16
_TOP = np.uint64(64 - 16)


def number_rows(rows: pl.DataFrame) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
    """Return a number for each row, the same for the same values, and for each number the place of such a row.

    Values are known by the top bits of their hash, which is faster than a table of them while they are few.
    None where they are not so few that these bits are enough.
    """
    hashes = rows.hash_rows().to_numpy()
    slots = (hashes >> _TOP).view(np.int64)
    held = np.zeros(_SLOTS, dtype=np.uint64)
    held[slots] = hashes
    if not np.array_equal(held.take(slots), hashes):
        return None
    places = np.full(_SLOTS, -1, dtype=np.int64)
    places[slots] = np.arange(len(slots))
    is_taken = places >= 0
    numbers = np.cumsum(is_taken) - 1
    return numbers.take(slots, out=slots, mode="clip"), places[is_taken]


def few_texts(texts: pl.Series) -> tuple[NDArray[np.int64], pl.Series]:
    """Return a number for each text and the texts so numbered, one of which may be null."""
    few = number_rows(texts.to_frame())
    if few is not None:
        return few[0], texts.gather(few[1])
    coded = code_texts(texts)
    numbers = coded.codes.cast(pl.Int64).fill_null(len(coded.texts)).to_numpy()
    return numbers, pl.concat([coded.texts, pl.Series([None], dtype=pl.String())])


def number_texts(texts: pl.Series) -> tuple[NDArray[np.int64], int]:
    """Return a number for each text, the same for the same text, and how many numbers there are.

    No text counts as a text of its own.
    """
    numbers, numbered = few_texts(texts)
    return numbers, len(numbered)
