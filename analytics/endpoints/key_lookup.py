"""Values by whole-number keys, for a million keys at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.tables.results import IntArray

LARGEST_KEY = 2**25
"""Keys below this are looked up by their place in a table of all, larger ones in a sorted list."""


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
    if n_keys <= LARGEST_KEY:
        table = np.full(n_keys, absent, dtype=values.dtype)
        table[keys] = values
        return table.take(asked)
    if not len(keys):
        return np.full(len(asked), absent, dtype=values.dtype)
    order = np.argsort(keys, kind="stable")
    found = order[np.searchsorted(keys, asked, sorter=order).clip(max=len(keys) - 1)]
    return np.where(keys[found] == asked, values[found], values.dtype.type(absent))
