"""Whatever happens during a publish, a reader sees the old study or the new one, whole."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from analytics.catalogue.settings import Settings
from analytics.errors import StoreError
from analytics.snapshots import hold_lock
from analytics.store import StudyParts, open_study, publish
from analytics.tables.findings import empty_findings, empty_ledger

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
ROWS = 200_000
TABLES = ("patients", "labs", "treatments")


def parts(mark: int, rows: int = ROWS) -> StudyParts:
    """Return a study in which every cell is ``mark``, large enough to be interrupted."""
    tables = {
        name: pl.DataFrame({"n": pl.int_range(rows, eager=True) * 7919 % 10007, "mark": [mark] * rows})
        for name in TABLES
    }
    return StudyParts(tables, empty_findings(), empty_ledger(), Settings(), ())


PUBLISH_FOREVER = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
sys.path.insert(0, {str(Path(__file__).parent)!r})
from pathlib import Path
from test_faults import NOW, parts, publish
print("ready", flush=True)
for mark in range(1, 1000):
    publish(Path(sys.argv[1]), parts(mark), NOW)
"""


def marks(store: Path) -> set[int]:
    """Return the marks of all tables; one mark means one study."""
    return {
        mark for table in open_study(store).tables.values() for mark in table.select("mark").unique().collect()["mark"]
    }


def kill_while_publishing(store: Path, delay: float) -> None:
    """Publish in another process and kill it after ``delay`` seconds."""
    words = [sys.executable, "-c", PUBLISH_FOREVER, str(store)]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)


def check_survival(store: Path, kills: int, seed: int) -> None:
    """Kill a publisher again and again; after each kill one whole study is there, and a new one can come."""
    stream = random.Random(seed)
    publish(store, parts(0), NOW)
    for _ in range(kills):
        kill_while_publishing(store, stream.uniform(0.0, 0.4))
        study = open_study(store)
        assert study.warning == ""
        assert len(marks(store)) == 1
    publish(store, parts(-1), NOW)
    assert marks(store) == {-1}
    assert not list((store / "versions").glob(".staging-*"))


def test_a_killed_build_leaves_one_whole_study(tmp_path):
    check_survival(tmp_path, kills=5, seed=1)


@pytest.mark.slow
def test_fifty_killed_builds_leave_one_whole_study(tmp_path):
    check_survival(tmp_path, kills=50, seed=2)


def test_a_full_disk_leaves_the_study_before(tmp_path):
    publish(tmp_path, parts(1), NOW)
    script = f"""
import resource, signal, sys
sys.path[:0] = [{str(ROOT)!r}, {str(Path(__file__).parent)!r}]
from pathlib import Path
from test_faults import NOW, StoreError, parts, publish
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    publish(Path(sys.argv[1]), parts(2), NOW)
except StoreError as error:
    print(error)
    sys.exit(error.exit_code)
"""
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == StoreError.exit_code, done.stderr
    assert "cannot be written" in done.stdout
    assert marks(tmp_path) == {1}
    assert not list((tmp_path / "versions").glob(".staging-*"))


def test_readers_during_publishes_never_see_a_mixture(tmp_path):
    publish(tmp_path, parts(0, rows=500), NOW)
    stop = threading.Event()
    seen: list[set[int]] = []
    failures: list[BaseException] = []

    def read() -> None:
        while not stop.is_set():
            try:
                seen.append(marks(tmp_path))
            except BaseException as error:
                failures.append(error)

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for mark in range(1, 41):
        publish(tmp_path, parts(mark, rows=500), NOW)
    stop.set()
    for reader in readers:
        reader.join()
    assert not failures, failures[0]
    assert seen
    assert all(len(found) == 1 for found in seen)


def test_a_lock_left_by_a_killed_build_does_not_block(tmp_path):
    publish(tmp_path, parts(1, rows=10), NOW)
    child = os.fork()
    if child == 0:
        with hold_lock(tmp_path):
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    publish(tmp_path, parts(2, rows=10), NOW)
    assert marks(tmp_path) == {2}
