# ruff: noqa: E402 -- one thread must be asked for before numpy loads
"""How long estimation takes beside R and the libraries, on the same data in one run.

    python tests/benchmarks/estimation_speed.py [--large] [--only NAME]

Prints seconds (best of three, one for the slow peers), the ratio to R, and the target. R is used when Rscript is on the
path. Times are whole days, as in the project, so ties are heavy.
"""

from __future__ import annotations

import argparse
import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np
import polars as pl

from analytics.estimation.bootstrap import estimate_bootstrap_medians
from analytics.estimation.comparison import compare_survival
from analytics.estimation.observations import Observations, check_observations
from analytics.estimation.partial_likelihood import PartialLikelihood, maximise_partial_likelihood
from analytics.estimation.partial_residuals import compute_sandwich
from analytics.estimation.proportionality import compare_effects_over_time
from analytics.estimation.risk_sets import observed_risk_sets
from analytics.estimation.survival import estimate_survival


@dataclass
class Cohort:
    observations: Observations
    x: np.ndarray
    table: pl.DataFrame


@dataclass
class Task:
    name: str
    target_s: float
    cohort: Cohort
    prepare: Callable[[Cohort], Callable[[], object]]
    peer: str
    r_call: str


def draw_patients(n: int, p: int = 8) -> Cohort:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(n, p)).round(3)
    rate = np.exp(x @ np.linspace(-0.4, 0.4, p)) / 700
    event, censoring = rng.exponential(1 / rate), rng.uniform(200, 2500, n)
    days = np.ceil(np.minimum(event, censoring))
    table = pl.DataFrame({"time": days.astype(np.int64), "happened": event <= censoring, "id": np.arange(n)})
    table = table.with_columns(**{f"x{j}": x[:, j] for j in range(p)}, g=(x[:, 0] > 0).astype(int))
    return Cohort(check_observations(table["time"], table["happened"]), x, table)


def draw_visits(n: int, rows: int = 7, p: int = 5) -> Cohort:
    """Rows of 90 days a patient, until the event: covariates change at each."""
    rng = np.random.default_rng(2)
    x = rng.normal(size=(n * rows, p)).round(3)
    rate = np.exp(x @ np.linspace(-0.3, 0.3, p)) / 1500
    wait = np.ceil(rng.exponential(1 / rate))
    happened = (wait <= 90).reshape(n, rows)
    seen = np.concatenate([np.zeros((n, 1), dtype=bool), np.logical_or.accumulate(happened, axis=1)[:, :-1]], axis=1)
    kept = ~seen.ravel()
    entry = np.tile(np.arange(rows) * 90, n)
    stop = entry + np.minimum(wait, 90).astype(np.int64)
    table = pl.DataFrame(
        {"start": entry[kept], "time": stop[kept], "happened": happened.ravel()[kept],
         "id": np.repeat(np.arange(n), rows)[kept]}
    ).with_columns(**{f"x{j}": x[kept, j] for j in range(p)})  # fmt: skip
    observations = check_observations(table["time"], table["happened"], entry=table["start"])
    return Cohort(observations, x[kept], table)


def fit(cohort: Cohort):
    names = [f"x{j}" for j in range(cohort.x.shape[1])]
    data = PartialLikelihood(cohort.x, observed_risk_sets(cohort.observations))
    return data, maximise_partial_likelihood(data, names), names


def prepare_fit(cohort: Cohort):
    return lambda: fit(cohort)


def prepare_robust(cohort: Cohort):
    def work():
        data, found, _ = fit(cohort)
        return compute_sandwich(data, found.state, found.variance)

    return work


def prepare_proportionality(cohort: Cohort):
    data, found, names = fit(cohort)
    return lambda: compare_effects_over_time(cohort.observations, data, found.state, names)


KM = "survfit(Surv(time, happened) ~ 1, d, conf.type = 'log-log')"
LOG_RANK = "survdiff(Surv(time, happened) ~ g, d)"
COX = "coxph(Surv(time, happened) ~ x0 + x1 + x2 + x3 + x4 + x5 + x6 + x7, d)"
VISITS = "coxph(Surv(start, time, happened) ~ x0 + x1 + x2 + x3 + x4, d)"
BOOT = (
    "for (b in 1:50) { i <- sample(nrow(d), replace = TRUE); "
    "summary(survfit(Surv(time, happened) ~ g, d[i, ], se.fit = FALSE))$table }"
)


def peer_time(peer: str, cohort: Cohort) -> float | None:
    """Time of the library named by ``peer``, where it offers the same."""
    t = cohort.table
    if peer == "lifelines KM":
        from lifelines import KaplanMeierFitter

        return best(lambda: KaplanMeierFitter().fit(t["time"].to_numpy(), t["happened"].to_numpy()))
    if peer == "statsmodels log-rank":
        from statsmodels.duration.survfunc import survdiff

        return best(lambda: survdiff(t["time"].to_numpy(), t["happened"].to_numpy() * 1, t["g"].to_numpy()))
    if peer == "lifelines Cox" and t.height <= 200_000:
        import pandas as pd
        from lifelines import CoxPHFitter

        frame = pd.DataFrame(t.drop("id", "g").to_dict(as_series=False))
        return best(lambda: CoxPHFitter().fit(frame, "time", "happened"), 1)
    return None


def best(work: Callable[[], object], times: int = 3) -> float:
    spent = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        spent.append(time.perf_counter() - start)
    return min(spent)


def r_time(task: Task, folder: Path) -> float | None:
    if not task.r_call or shutil.which("Rscript") is None:
        return None
    path = folder / "cohort.csv"
    task.cohort.table.with_columns(pl.col("happened").cast(int)).write_csv(path)
    times = 1 if task.target_s >= 0.5 else 3
    script = (
        "suppressMessages(library(survival)); d <- read.csv(commandArgs(TRUE)[1]); "
        f"t <- sapply(1:{times}, function(i) system.time({{ {task.r_call} }})[['elapsed']]); cat(min(t))"
    )
    done = subprocess.run(["Rscript", "-e", script, str(path)], capture_output=True, text=True, check=True, timeout=600)
    return float(done.stdout)


def list_tasks(large: bool) -> list[Task]:
    hundred, million = draw_patients(100_000), draw_patients(1_000_000)
    ten = draw_patients(10_000)
    group = "g"
    tasks = [
        Task("KM 1M", 0.12, million, lambda c: lambda: estimate_survival(c.observations), "lifelines KM", KM),
        Task("log-rank 1M", 0.15, million, lambda c: lambda: compare_survival(c.observations, c.table[group].to_numpy()),  # noqa: E501
             "statsmodels log-rank", LOG_RANK),
        Task("Cox 8 covariates 100k", 0.15, hundred, prepare_fit, "lifelines Cox", COX),
        Task("Cox 8 covariates 1M", 1.5, million, prepare_fit, "", COX),
        Task("Cox robust 100k", 0.2, hundred, prepare_robust, "", ""),
        Task("time-dependent Cox 100k x 7", 0.5, draw_visits(100_000), prepare_fit, "", VISITS),
        Task("PH test 100k (after the fit)", 0.15, hundred, prepare_proportionality, "", f"cox.zph(f <- {COX})"),
        Task("1000 bootstrap medians, 10k", 2.0, ten,
             lambda c: lambda: estimate_bootstrap_medians(c.observations, c.table[group].to_numpy(), 1), "", ""),
    ]  # fmt: skip
    if large:
        tasks.append(Task("time-dependent Cox 1M x 7", 7.0, draw_visits(1_000_000), prepare_fit, "", ""))
    return tasks


def print_row(task: Task, folder: Path | None) -> None:
    work = task.prepare(task.cohort)
    ours = best(work)
    library = peer_time(task.peer, task.cohort)
    r = None if folder is None else r_time(task, folder)
    shown = [f"{value:.3f}" if value is not None else "-" for value in (library, r)]
    ratio = f"{ours / r:.2f}" if r else "-"
    print(f"{task.name:34}{ours:>10.3f}{task.target_s:>10.2f}{shown[0]:>11}{shown[1]:>9}{ratio:>12}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true", help="also the largest task")
    parser.add_argument("--only", default="", help="only tasks whose name holds this")
    parser.add_argument("--no-r", action="store_true")
    arguments = parser.parse_args()
    print(f"{'task':34}{'ours s':>10}{'target s':>10}{'library s':>11}{'R s':>9}{'ratio to R':>12}")
    with tempfile.TemporaryDirectory() as folder:
        for task in list_tasks(arguments.large):
            if arguments.only in task.name:
                print_row(task, None if arguments.no_r else Path(folder))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory of this process {peak:.0f} MB")


if __name__ == "__main__":
    main()
