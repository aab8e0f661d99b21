"""What intake and a build cost, against bare readings of the same files in the same run, on one core.

    POLARS_MAX_THREADS=1 python tests/benchmarks/build_speed.py [PATIENTS ...]

For each number of patients a registry is simulated and each row below runs in a process of its own: processor
seconds (user and system) and peak memory. «all-text scan» is the floor: every CSV file read as text and
written as Parquet, nothing parsed. pandas reads the same files as text and parses the laboratory values and
dates of ``labs`` only, without a finding, a range or a ledger: less than a fifth of the work.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def scan_as_text(source: Path, scratch: Path) -> None:
    """Read every CSV file as text and write it as Parquet."""
    import polars as pl

    for file in sorted(source.glob("*.csv")):
        pl.scan_csv(file, infer_schema=False).sink_parquet(scratch / f"{file.stem}.parquet")


def read_with_pandas(source: Path, _scratch: Path) -> None:
    """Read every CSV file as text; parse values and dates of the laboratory table."""
    import pandas as pd

    tables = {file.stem: pd.read_csv(file, dtype=str, keep_default_na=False) for file in sorted(source.glob("*.csv"))}
    labs = tables["labs"]
    parts = labs["value_text"].str.extract(r"^\s*([<>]=?|~)?\s*([\d.,]+)\s*$")
    pd.to_numeric(parts[1].str.replace(",", ".", regex=False), errors="coerce")
    pd.to_datetime(labs["collected"], format="%Y-%m-%d", errors="coerce")


def accept(source: Path, _scratch: Path) -> None:
    """Read, check and account for every cell."""
    from analytics.intake.accept import accept_source

    accept_source(source)


def build(source: Path, scratch: Path) -> None:
    """Do all of it: accept, derive, publish."""
    from analytics.build import build_study

    build_study(source, scratch / "store", None, lambda _stage, _done, _total: None, NOW)


WORK = {"all-text scan": scan_as_text, "pandas, labs only": read_with_pandas, "accept": accept, "build": build}


def measure(name: str, source: Path) -> tuple[float, float]:
    """Return processor seconds and peak MiB of one piece of work in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, "--do", name, str(source)], capture_output=True, text=True, check=True
    )
    seconds, mebibytes = done.stdout.split()
    return float(seconds), float(mebibytes)


def do(name: str, source: Path) -> None:
    """Do one piece of work and print what it cost; imports are not counted."""
    import polars  # noqa: F401 - imported before the clock starts

    with tempfile.TemporaryDirectory() as scratch:
        before = time.process_time()
        WORK[name](source, Path(scratch))
        seconds = time.process_time() - before
    print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def report_help() -> None:
    """Print what `lutetia --help` costs beside importing typer alone: processor seconds, median of five."""
    costs = [
        sorted(_processor_seconds(command) for _ in range(5))[2]
        for command in (["-m", "lutetia", "--help"], ["-c", "import typer"])
    ]
    print(f"{'lutetia --help':>18} {costs[0]:8.2f} s {costs[0] / costs[1]:7.1f} × importing typer")


def _processor_seconds(command: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def report(patients: int) -> None:
    """Simulate a registry and print one line a piece of work."""
    from synthetic_data.write import write_world

    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "source"
        counts = write_world("mixed-hospital-registry", source, patients, 1, lambda _done: None)
        rows = sum(n for name, n in counts.items() if "/" not in name)
        size = sum(file.stat().st_size for file in source.glob("*.csv")) / 1e6
        print(f"\n{patients:,} patients, {rows:,} rows, {size:.0f} MB of CSV")
        floor = None
        for name in WORK:
            seconds, mebibytes = measure(name, source)
            floor = floor or seconds
            each = 1e6 * seconds / rows
            print(f"{name:>18} {seconds:8.2f} s {each:7.2f} µs/row {mebibytes:8.0f} MiB {seconds / floor:7.1f} × scan")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--do"]:
        do(sys.argv[2], Path(sys.argv[3]))
    else:
        report_help()
        for word in sys.argv[1:] or ["10000"]:
            report(int(word))
