# ruff: noqa: E402 -- one thread must be asked for before numpy loads
"""How long estimation takes beside R and the libraries, and how much memory, on the same data in one run.

    python tests/benchmarks/estimation_speed.py [--large] [--only NAME] [--no-r]

Prints CPU seconds (user and system; best of three, of one where it takes long), the target, the ratio to R, and the
peak memory of both processes. Each task, ours or R's, runs in a process of its own that reads the same binary columns;
R is used when Rscript is on the path. Times are whole days, as in the project, so ties are heavy.
"""

from __future__ import annotations

import argparse
import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import json
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

from analytics.estimation.bootstrap import estimate_bootstrap_medians
from analytics.estimation.comparison import compare_survival
from analytics.estimation.observations import Observations, check_observations
from analytics.estimation.partial_likelihood import PartialLikelihood, maximise_partial_likelihood
from analytics.estimation.partial_residuals import compute_sandwich
from analytics.estimation.proportionality import compare_effects_over_time
from analytics.estimation.risk_sets import observed_risk_sets
from analytics.estimation.survival import estimate_survival

Columns = dict[str, np.ndarray]


@dataclass
class Task:
    """One piece of work: the target in seconds, its data, ours, and R's (``set_up`` is not timed)."""

    name: str
    target_s: float
    cohort: str
    prepare: Callable[[Observations, Columns], Callable[[], object]]
    r_call: str
    r_set_up: str = ""
    library: str = ""


def draw_patients(n: int, p: int = 8) -> Columns:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(n, p)).round(3)
    rate = np.exp(x @ np.linspace(-0.4, 0.4, p)) / 700
    event, censoring = rng.exponential(1 / rate), rng.uniform(200, 2500, n)
    days = np.ceil(np.minimum(event, censoring))
    columns = {"time": days, "happened": (event <= censoring).astype(float), "g": (x[:, 0] > 0).astype(float)}
    return columns | {f"x{j}": x[:, j] for j in range(p)}


def draw_visits(n: int, rows: int = 7, p: int = 5) -> Columns:
    """Rows of 90 days a patient, until the event: covariates change at each."""
    rng = np.random.default_rng(2)
    x = rng.normal(size=(n * rows, p)).round(3)
    rate = np.exp(x @ np.linspace(-0.3, 0.3, p)) / 1500
    wait = np.ceil(rng.exponential(1 / rate))
    happened = (wait <= 90).reshape(n, rows)
    seen = np.concatenate([np.zeros((n, 1), dtype=bool), np.logical_or.accumulate(happened, axis=1)[:, :-1]], axis=1)
    kept = ~seen.ravel()
    start = np.tile(np.arange(rows) * 90.0, n)
    stop = start + np.minimum(wait, 90)
    columns = {"start": start[kept], "time": stop[kept], "happened": happened.ravel()[kept].astype(float)}
    return columns | {f"x{j}": x[kept, j] for j in range(p)}


COHORTS: dict[str, Callable[[], Columns]] = {
    "10 k": lambda: draw_patients(10_000),
    "100 k": lambda: draw_patients(100_000),
    "1 M": lambda: draw_patients(1_000_000),
    "100 k × 7": lambda: draw_visits(100_000),
    "1 M × 7": lambda: draw_visits(1_000_000),
}


def fit(observations: Observations, columns: Columns):
    names = [name for name in columns if name.startswith("x")]
    x = np.column_stack([columns[name] for name in names])
    data = PartialLikelihood(x, observed_risk_sets(observations))
    return data, maximise_partial_likelihood(data, names), names


def prepare_fit(observations, columns):
    return lambda: fit(observations, columns)


def prepare_robust(observations, columns):
    def work():
        data, found, _ = fit(observations, columns)
        return compute_sandwich(data, found.state, found.variance)

    return work


def prepare_proportionality(observations, columns):
    data, found, names = fit(observations, columns)
    return lambda: compare_effects_over_time(observations, data, found.state, names)


COX = "coxph(Surv(time, happened) ~ x0 + x1 + x2 + x3 + x4 + x5 + x6 + x7, d"
VISITS = "coxph(Surv(start, time, happened) ~ x0 + x1 + x2 + x3 + x4, d)"
BOOT = (
    "for (b in 1:1000) { i <- sample(nrow(d), replace = TRUE); "
    "summary(survfit(Surv(time, happened) ~ g, d[i, ], se.fit = FALSE))$table }"
)
TASKS = [
    Task("KM with limits, 1 M", 0.12, "1 M", lambda o, _: lambda: estimate_survival(o),
         "survfit(Surv(time, happened) ~ 1, d, conf.type = 'log-log')", library="lifelines KM"),
    Task("log-rank, 1 M", 0.15, "1 M", lambda o, c: lambda: compare_survival(o, c["g"]),
         "survdiff(Surv(time, happened) ~ g, d)", library="statsmodels log-rank"),
    Task("Cox, 8 covariates, 100 k", 0.15, "100 k", prepare_fit, f"{COX})", library="lifelines Cox"),
    Task("Cox, 8 covariates, 1 M", 1.5, "1 M", prepare_fit, f"{COX})"),
    Task("Cox with robust errors, 100 k", 0.2, "100 k", prepare_robust, f"{COX}, robust = TRUE)"),
    Task("time-dependent Cox, 100 k × 7", 0.5, "100 k × 7", prepare_fit, VISITS),
    Task("time-dependent Cox, 1 M × 7", 7.0, "1 M × 7", prepare_fit, VISITS),
    Task("PH test, 100 k (after the fit)", 0.15, "100 k", prepare_proportionality, "cox.zph(f)", f"f <- {COX})"),
    Task("1,000 bootstrap medians, 2 × 5 k", 2.0, "10 k",
         lambda o, c: lambda: estimate_bootstrap_medians(o, c["g"], 1), BOOT),
]  # fmt: skip
SLOW = ("Cox with robust errors, 100 k", "1,000 bootstrap medians, 2 × 5 k", "time-dependent Cox, 1 M × 7")
"""R takes long: timed once."""


def read_columns(folder: Path) -> Columns:
    return {path.stem: np.fromfile(path) for path in sorted(folder.glob("*.f64"))}


def observe(columns: Columns) -> Observations:
    return check_observations(columns["time"], columns["happened"] == 1, entry=columns.get("start"))


def best(work: Callable[[], object], times: int = 3) -> float:
    spent = []
    for _ in range(times):
        start = time.process_time()
        work()
        spent.append(time.process_time() - start)
    return min(spent)


def peak_mb() -> float:
    status = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return int(next(line for line in status if line.startswith("VmHWM")).split()[1]) / 1024


def work_here(task: Task, folder: Path) -> None:
    """Run in the child process: print seconds, peak memory and the library's seconds."""
    columns = read_columns(folder)
    observations = observe(columns)
    ours = best(task.prepare(observations, columns))
    print(json.dumps([ours, peak_mb(), time_library(task.library, columns)]))


def time_library(library: str, columns: Columns) -> float | None:
    days, happened = columns["time"], columns["happened"]
    if library == "lifelines KM":
        from lifelines import KaplanMeierFitter

        return best(lambda: KaplanMeierFitter().fit(days, happened))
    if library == "statsmodels log-rank":
        from statsmodels.duration.survfunc import survdiff

        return best(lambda: survdiff(days, happened.astype(int), columns["g"]))
    if library == "lifelines Cox":
        import pandas as pd
        from lifelines import CoxPHFitter

        frame = pd.DataFrame({name: values for name, values in columns.items() if name != "g"})
        return best(lambda: CoxPHFitter().fit(frame, "time", "happened"), 1)
    return None


def run_ours(task: Task, folder: Path) -> tuple[float, float, float | None]:
    call = [sys.executable, __file__, "--child", task.name, str(folder)]
    return tuple(json.loads(subprocess.run(call, capture_output=True, text=True, check=True).stdout))


def run_r(task: Task, folder: Path) -> tuple[float, float] | None:
    if not task.r_call or shutil.which("Rscript") is None:
        return None
    times = 1 if task.name in SLOW else 3
    script = f"""
        suppressMessages(library(survival))
        files <- list.files(commandArgs(TRUE)[1], full.names = TRUE)
        d <- lapply(files, function(f) readBin(f, "double", file.size(f) / 8))
        d <- as.data.frame(setNames(d, sub(".f64", "", basename(files), fixed = TRUE)))
        {task.r_set_up}
        t <- sapply(1:{times}, function(i) sum(system.time({{ {task.r_call} }})[1:2]))
        peak <- grep("VmHWM", readLines("/proc/self/status"), value = TRUE)
        cat(min(t), as.numeric(gsub("[^0-9]", "", peak)) / 1024)
    """
    call = ["Rscript", "-e", script, str(folder)]
    done = subprocess.run(call, capture_output=True, text=True, check=True, timeout=900)
    seconds, peak = done.stdout.split()
    return float(seconds), float(peak)


def show(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def print_row(task: Task, folder: Path, has_r: bool) -> None:
    ours, ours_mb, library = run_ours(task, folder)
    seconds, peak = run_r(task, folder) or (None, None) if has_r else (None, None)
    ratio = None if not seconds else ours / seconds
    times = f"{ours:>9.3f}{task.target_s:>9.2f}{show(library, 3):>11}{show(seconds, 3):>10}{show(ratio, 3):>8}"
    print(f"{task.name:34}{times}{ours_mb:>9.0f}{show(peak, 0):>7}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true", help="also the largest task")
    parser.add_argument("--only", default="", help="only tasks whose name holds this")
    parser.add_argument("--no-r", action="store_true")
    parser.add_argument("--child", nargs=2, metavar=("TASK", "FOLDER"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        name, folder = arguments.child
        work_here(next(task for task in TASKS if task.name == name), Path(folder))
        return
    print(f"{'CPU seconds':34}{'ours':>9}{'target':>9}{'library':>11}{'R':>10}{'ratio':>8}{'ours MB':>9}{'R MB':>7}")
    for cohort, draw in COHORTS.items():
        tasks = [task for task in TASKS if task.cohort == cohort and arguments.only in task.name]
        if not tasks or (cohort == "1 M × 7" and not arguments.large):
            continue
        with tempfile.TemporaryDirectory() as folder:
            for name, values in draw().items():
                values.astype(np.float64).tofile(Path(folder) / f"{name}.f64")
            for task in tasks:
                print_row(task, Path(folder), not arguments.no_r)


if __name__ == "__main__":
    main()
