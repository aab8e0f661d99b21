"""Where ids stand among many known ones: found by their hashes, and compared as texts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

SLOTS_PER_ID = 4
"""So many slots an id leave one id in nine without a slot of its own, and one in eighty if two are tried."""

LOOKS = 2


@dataclass(frozen=True, slots=True, eq=False)
class IdTable:
    """Known ids, each at the places that some bits of its hash say.

    Attributes
    ----------
    ids
        The known ids.
    bits
        So many bits of a hash are a place.
    tables
        For each look the number of the id at each place, of several the last.
    """

    ids: pl.Series
    bits: int
    tables: tuple[NDArray[np.int32], ...]

    def find(self, asked: pl.Series) -> pl.Series:
        """Return the place of each id among those known; null if it is not found here, which a few known are not."""
        hashes = asked.hash().to_numpy()
        found, is_known = self._look(0, asked, hashes)
        for look in range(1, LOOKS):
            rest = np.flatnonzero(~is_known)
            again, is_known_now = self._look(look, asked.gather(rest), hashes[rest])
            found[rest], is_known[rest] = again, is_known_now
        return pl.select(pl.when(pl.Series(is_known)).then(pl.Series(found))).to_series()

    def _look(
        self, look: int, asked: pl.Series, hashes: NDArray[np.uint64]
    ) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
        found = self.tables[look][_places(hashes, self.bits, look)]
        is_known = (self.ids.gather(pl.Series(found)) == asked).fill_null(value=False)
        return found, is_known.to_numpy(writable=True)


def make_id_table(ids: pl.Series) -> IdTable:
    """Put ids, at least one, where they are found by their hashes."""
    bits = (SLOTS_PER_ID * len(ids) - 1).bit_length()
    hashes, numbers = ids.hash().to_numpy(), np.arange(len(ids), dtype=np.int32)
    tables = tuple(np.zeros(1 << bits, dtype=np.int32) for _ in range(LOOKS))
    for look, table in enumerate(tables):
        table[_places(hashes, bits, look)] = numbers
    return IdTable(ids, bits, tables)


def _places(hashes: NDArray[np.uint64], bits: int, look: int) -> NDArray[np.int64]:
    """Return places from bits of the hashes, for each look from others: from the top, and from the bottom."""
    return (hashes >> np.uint64(64 - bits) if look == 0 else hashes & np.uint64((1 << bits) - 1)).view(np.int64)
