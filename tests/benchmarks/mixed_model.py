"""How long mixed models take: python tests/benchmarks/mixed_model.py [patients …]; CPU seconds of one process."""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from analytics.estimation.censored_mixed_model import fit_censored_mixed_model
from analytics.estimation.mixed_model import check_mixed_data, fit_mixed_model

MOST_CENSORED = 10_000


def simulate(n_patients, seed=1):
    """5 to 15 visits in five years, a group, and a line of each patient's own."""
    stream = np.random.default_rng(seed)
    patient = np.repeat(np.arange(n_patients), stream.integers(5, 16, n_patients))
    years, group = stream.uniform(0, 5, len(patient)), (patient % 2).astype(float)
    own = stream.multivariate_normal([0, 0], [[1, -0.1], [-0.1, 0.2]], n_patients)
    outcome = 1 + 0.3 * years - 0.2 * group * years + own[patient, 0] + own[patient, 1] * years
    fixed = np.column_stack([np.ones_like(years), years, group, group * years])
    return outcome + stream.normal(0, 0.4, len(patient)), fixed, fixed[:, :2], patient


def fit(kind, outcome, fixed, random, patient):
    names = ["one", "years", "group", "both"], ["one", "years"]
    if kind in ("ML", "REML"):
        return fit_mixed_model(check_mixed_data(outcome, fixed, random, patient, *names), kind)
    limit = np.quantile(outcome, 0.2)
    data = check_mixed_data(np.maximum(outcome, limit), fixed, random, patient, *names)
    return fit_censored_mixed_model(data, np.where(outcome < limit, -1, 0))


def main():
    for n_patients in [int(word) for word in sys.argv[1:]] or [1_000, 10_000, 100_000]:
        arrays = simulate(n_patients)
        kinds = ("ML", "REML", "20 % below a limit") if n_patients <= MOST_CENSORED else ("ML", "REML")
        for kind in kinds:
            start = time.process_time()
            fitted = fit(kind, *arrays)
            print(
                f"{n_patients:>9,} patients {len(arrays[0]):>9,} values {kind}: "
                f"{time.process_time() - start:.3f} s, log-likelihood {fitted.log_likelihood:.4f}, "
                f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB"
            )


if __name__ == "__main__":
    main()
