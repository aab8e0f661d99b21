"""Values by whole-number keys, for a million keys at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.tables.results import IntArray

LARGEST_KEY = 2**25
"""Keys below this are looked up by their place in a table of all, larger ones in a sorted list."""


class KeyedValues:
    """Values by keys, 0 or more and below ``n_keys``; of a key that is there twice either value may be meant."""

    def __init__(self, keys: IntArray, values: NDArray[Any], n_keys: int, absent: int) -> None:
        self._absent = values.dtype.type(absent)
        self._sorted: IntArray | None = None
        if n_keys <= LARGEST_KEY:
            self._values = np.full(n_keys, absent, dtype=values.dtype)
            self._values[keys] = values
        else:
            order = np.argsort(keys, kind="stable")
            self._sorted, self._values = keys[order], values[order]

    def find(self, asked: IntArray) -> NDArray[Any]:
        """Return the value of each key ``asked``, or the one for an absent key."""
        if self._sorted is None:
            return self._values.take(asked)
        if not len(self._sorted):
            return np.full(len(asked), self._absent)
        found = np.searchsorted(self._sorted, asked).clip(max=len(self._sorted) - 1)
        return np.where(self._sorted[found] == asked, self._values[found], self._absent)


def find_values(keys: IntArray, values: NDArray[Any], asked: IntArray, absent: int) -> NDArray[Any]:
    """Return the one of ``values`` whose key is ``asked``, or ``absent``; keys are 0 or more.

    Of a key that is there twice the value of either may be meant.

    Examples
    --------
    >>> import numpy as np
    >>> find_values(np.array([3, 8, 5]), np.array([10, 20, 30]), np.array([5, 3, 4]), -1)
    array([30, 10, -1])
    """
    n_keys = 1 + max(int(keys.max(initial=0)), int(asked.max(initial=0)))
    return KeyedValues(keys, values, n_keys, absent).find(asked)
