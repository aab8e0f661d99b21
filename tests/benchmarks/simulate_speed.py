"""What the generator costs, beside writing the same tables again, on one core.

    POLARS_MAX_THREADS=1 python tests/benchmarks/simulate_speed.py [PATIENTS ...]

Processor seconds and peak memory of a process of its own for each number of patients, CSV and truth included;
«rewritten» is the floor: the same files read as text and written back.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))


def simulate(folder: Path, patients: int) -> None:
    """Simulate the default registry and print what it cost, then what rewriting it costs."""
    import polars as pl

    from synthetic_data.write import write_world

    began = time.process_time()
    write_world("mixed-hospital-registry", folder / "world", patients, 1)
    simulated = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    began = time.process_time()
    for file in sorted((folder / "world").rglob("*.csv")):
        pl.scan_csv(file, infer_schema=False).sink_csv(folder / f"{file.stem}.csv")
    rewritten = time.process_time() - began
    print(f"{patients:>9,} patients {simulated:7.1f} s {peak:6.0f} MiB {simulated / rewritten:5.1f} × rewritten")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--do"]:
        with tempfile.TemporaryDirectory() as scratch:
            simulate(Path(scratch), int(sys.argv[2]))
    else:
        for word in sys.argv[1:] or ["10000", "50000"]:
            subprocess.run([sys.executable, __file__, "--do", word], check=True)
