"""Speed of the generator: 100,000 patients in a minute of CPU on one core, in bounded memory, in proportion to N."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

MEASURE = """
import resource, sys, time
from pathlib import Path
from synthetic_data.write import write_world
began = time.process_time()
write_world("mixed-hospital-registry", Path(sys.argv[1]), int(sys.argv[2]), 1)
print(time.process_time() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""
FEW, MANY = 10_000, 50_000
CPU_SECONDS_FOR_100_000 = 60.0
MEBIBYTES = 1024.0
PROPORTION_SLACK = 1.3  # single runs on a shared machine differ by about 15 %


def _run(folder: Path, patients: int) -> tuple[float, float]:
    """Return CPU seconds and peak memory in MiB of a run of its own, on one thread."""
    outcome = subprocess.run(
        [sys.executable, "-c", MEASURE, str(folder / str(patients)), str(patients)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1"},
        cwd=Path(__file__).parents[2],
    )
    seconds, mebibytes = outcome.stdout.split()
    return float(seconds), float(mebibytes)


def test_time_grows_with_the_patients_and_memory_does_not(tmp_path: Path):
    few, _ = _run(tmp_path, FEW)
    many, mebibytes = _run(tmp_path, MANY)
    print(f"{FEW}: {few:.1f} s; {MANY}: {many:.1f} s, {mebibytes:.0f} MiB")
    assert many * 100_000 / MANY < CPU_SECONDS_FOR_100_000
    assert mebibytes < MEBIBYTES
    assert many < few * MANY / FEW * PROPORTION_SLACK
