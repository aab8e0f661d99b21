"""What the names of merged («T01+T02») and split lesions («T01/2») say of the lesions they came from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analytics.coded_texts import few_texts
from analytics.longitudinal.runs import list_places
from analytics.tables.results import IntArray


@dataclass(frozen=True, slots=True)
class LesionParents:
    """The lesions that each name stands for, as numbers; a lesion that neither merged nor split is its own parent.

    Attributes
    ----------
    parent
        The number of each parent, those of one name after another.
    starts, lengths
        Of each name: where its parents begin, and how many it has.
    n_parents
        How many numbers there are.
    """

    parent: IntArray
    starts: IntArray
    lengths: IntArray
    n_parents: int

    def find(self, lesion: NDArray[np.uint32]) -> tuple[IntArray, IntArray]:
        """Return the places of ``lesion`` and the parents of each: several of a merged one."""
        starts, lengths = self.starts.take(lesion), self.lengths.take(lesion)
        return np.repeat(np.arange(len(lesion)), lengths), self.parent.take(list_places(starts, lengths))


def list_parents(names: pl.Series) -> LesionParents:
    """Return the parents of each name."""
    if not names.str.contains_any(["+", "/"]).any():
        own = np.arange(len(names))
        return LesionParents(own, own, np.ones_like(own), len(names))
    parents = names.str.split("+")
    lengths = parents.list.len().fill_null(1).to_numpy().astype(np.int64)
    parent, known = few_texts(parents.explode().str.split("/").list.first())
    return LesionParents(parent.astype(np.int64), np.cumsum(lengths) - lengths, lengths, len(known))
