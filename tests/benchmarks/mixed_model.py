"""How long mixed models take beside lme4 in the same run: python tests/benchmarks/mixed_model.py [patients …].

Each fit runs in a process of its own on one thread; CPU seconds (user and system) are those of the fit alone, the peak
memory that of the whole process with its data. R is passed over where it is not installed.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from analytics.estimation.censored_mixed_model import fit_censored_mixed_model
from analytics.estimation.mixed_model import check_mixed_data, fit_mixed_model

CENSORED = "20 % below a limit"
TARGETS = {("ML", 100_000): 2.0, ("REML", 100_000): 2.0, ("ML", 1_000): 0.05, ("REML", 1_000): 0.05}
CENSORED_TARGETS = {10_000: 30.0}
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
LME4 = """
suppressMessages(library(lme4))
words <- commandArgs(trailingOnly = TRUE)
read <- function(name) { path <- file.path(words[1], name); readBin(path, "double", file.size(path) / 8) }
data <- data.frame(y = read("outcome"), years = read("years"), group = read("group"), patient = read("patient"))
spent <- system.time(fit <- lmer(y ~ years * group + (years | patient), data, REML = words[2] == "REML"))
peak <- as.numeric(gsub("[^0-9]", "", grep("VmHWM", readLines("/proc/self/status"), value = TRUE)))
cat(format(c(spent[["user.self"]] + spent[["sys.self"]], logLik(fit), peak / 1024), digits = 15))
"""


def simulate(n_patients, seed=1):
    """5 to 15 visits in five years, ten in the mean, a group, and a line of each patient's own."""
    stream = np.random.default_rng(seed)
    patient = np.repeat(np.arange(n_patients), stream.integers(5, 16, n_patients))
    years, group = stream.uniform(0, 5, len(patient)), (patient % 2).astype(float)
    own = stream.multivariate_normal([0, 0], [[1, -0.1], [-0.1, 0.2]], n_patients)
    outcome = 1 + 0.3 * years - 0.2 * group * years + own[patient, 0] + own[patient, 1] * years
    return outcome + stream.normal(0, 0.4, len(patient)), years, group, patient


def fit_here(kind, n_patients):
    """Fit in this process; print CPU seconds, log-likelihood and peak memory in MB."""
    outcome, years, group, patient = simulate(n_patients)
    fixed = np.column_stack([np.ones_like(years), years, group, group * years])
    names = ["one", "years", "group", "both"], ["one", "years"]
    start = time.process_time()
    if kind == CENSORED:
        limit = np.quantile(outcome, 0.2)
        data = check_mixed_data(np.maximum(outcome, limit), fixed, fixed[:, :2], patient, *names)
        fitted = fit_censored_mixed_model(data, np.where(outcome < limit, -1, 0))
    else:
        fitted = fit_mixed_model(check_mixed_data(outcome, fixed, fixed[:, :2], patient, *names), kind)
    spent = time.process_time() - start
    print(spent, fitted.log_likelihood, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def run_apart(call):
    told = subprocess.run(call, capture_output=True, text=True, check=True, env=os.environ | ONE_THREAD)
    return [float(word) for word in told.stdout.split()]


def run_lme4(kind, n_patients):
    with tempfile.TemporaryDirectory() as folder:
        arrays = zip(("outcome", "years", "group", "patient"), simulate(n_patients), strict=True)
        for name, values in arrays:
            values.astype(np.float64).tofile(Path(folder) / name)
        script = Path(folder) / "fit.R"
        script.write_text(LME4, encoding="utf-8")
        return run_apart(["Rscript", str(script), folder, kind])


def judge(spent, target):
    return "" if target is None else f", target {target:g} s {'met' if spent <= target else 'MISSED'}"


def main():
    sizes = [int(word) for word in sys.argv[1:]] or [1_000, 10_000, 100_000]
    for n_patients in sizes:
        for kind in ("ML", "REML"):
            spent, likelihood, memory = run_apart([sys.executable, __file__, "--one", kind, str(n_patients)])
            told = judge(spent, TARGETS.get((kind, n_patients)))
            print(f"{n_patients:>9,} patients, {kind}: {spent:.3f} s, {memory:.0f} MB{told}", flush=True)
            if shutil.which("Rscript"):
                by_r = run_lme4(kind, n_patients)
                apart = f"{likelihood - by_r[1]:.1e} of {likelihood:.0f}"
                print(f"{'lme4':>18}, {kind}: {by_r[0]:.3f} s, {by_r[2]:.0f} MB; log-likelihood differs by {apart}")
        if n_patients in CENSORED_TARGETS:
            spent, _, memory = run_apart([sys.executable, __file__, "--one", CENSORED, str(n_patients)])
            told = judge(spent, CENSORED_TARGETS[n_patients])
            print(f"{n_patients:>9,} patients, {CENSORED}: {spent:.3f} s, {memory:.0f} MB{told}", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        fit_here(sys.argv[2], int(sys.argv[3]))
    else:
        main()
