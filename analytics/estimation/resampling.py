# pyright: basic
"""Long resampling, the only door to joblib: each replicate has a random stream of its own.

By default everything runs here, one after the other; inside ``joblib.parallel_config(backend=…, n_jobs=…)`` the chunks
run where that says, on several cores or on a cluster (``backend="dask"``), with the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from joblib import Parallel, delayed

from analytics.tables.results import FloatArray, IntArray

CHUNK = 50
Work = Callable[[list[np.random.Generator]], FloatArray]


def run_replicates(work: Work, seed: int, n_replicates: int, chunk: int = CHUNK) -> FloatArray:
    """Run replicates in chunks and return their rows in order, (n_replicates, …).

    Parameters
    ----------
    work
        Takes one random stream a replicate and returns one row a replicate; for other processes it must pickle.
    seed
        Seed of all replicates: their streams are spawned from it, whatever the chunks.
    """
    seeds = np.random.SeedSequence(seed).spawn(n_replicates)
    chunks = [seeds[start : start + chunk] for start in range(0, n_replicates, chunk)]
    rows: Any = Parallel()(delayed(_run)(work, part) for part in chunks)
    return np.concatenate(rows)


def draw_persons(stream: np.random.Generator, cluster: IntArray) -> IntArray:
    """Draw persons with replacement; return how often each of n lines was drawn, (n,), codes of persons in, (n,)."""
    n_persons = int(cluster.max()) + 1
    return stream.multinomial(n_persons, np.full(n_persons, 1 / n_persons))[cluster]


def _run(work: Work, seeds: list[np.random.SeedSequence]) -> FloatArray:
    return work([np.random.default_rng(seed) for seed in seeds])
