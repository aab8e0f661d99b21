# pyright: basic, reportArgumentType=false
"""The door to statsmodels' chained equations: a table with gaps in, completed tables out."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
from statsmodels.imputation.mice import MICEData

from analytics.tables.results import FloatArray

NEAREST = 5  # donors of predictive mean matching (Morris TP et al. BMC Med Res Methodol 2014;14:75)


def impute_by_chained_equations(
    columns: FloatArray, n_imputations: int, n_cycles: int, stream: np.random.Generator
) -> FloatArray:
    """Complete ``columns`` (n, k), NaN where missing, ``n_imputations`` times; returns (n_imputations, n, k).

    Each column with gaps is predicted from all others by least squares and takes the value of a person with a like
    prediction, so a value is always one that was seen. ``n_cycles`` rounds lie before and between completed tables.
    """
    names = [f"column_{j}" for j in range(columns.shape[1])]
    donors = min(NEAREST, int((~np.isnan(columns)).sum(axis=0).min()))
    data = MICEData(pd.DataFrame(columns, columns=names), k_pmm=donors, rng=stream)
    completed = []
    with warnings.catch_warnings():
        # statsmodels fits each column by a formula and warns where two columns are nearly one; the caller refuses that.
        warnings.simplefilter("ignore")
        for _ in range(n_imputations):
            data.update_all(n_cycles)
            completed.append(data.data[names].to_numpy(dtype=np.float64, copy=True))
    return np.stack(completed)
