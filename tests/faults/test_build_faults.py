"""A build that is killed or runs out of space leaves the study before, and nothing of a patient elsewhere."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from analytics.build import build_study
from analytics.errors import StoreError
from analytics.store import open_study
from synthetic_data.write import write_world

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
BUCKET_PATIENTS = 10

BUILD = f"""
import sys
sys.path[:0] = [{str(ROOT)!r}, {str(Path(__file__).parent)!r}]
from pathlib import Path
from test_build_faults import StoreError, build
try:
    build(Path(sys.argv[1]), Path(sys.argv[2]), gap_days="90")
except StoreError as error:
    print(error)
    sys.exit(error.exit_code)
"""

LITTLE_SPACE = """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
"""


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Simulate a registry of several buckets."""
    folder = tmp_path_factory.mktemp("source")
    write_world("mixed-hospital-registry", folder, 40, 3, lambda _done: None)
    shutil.rmtree(folder / "truth")
    return folder


@pytest.fixture(scope="module")
def first_study(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the study that each case harms a copy of."""
    store = tmp_path_factory.mktemp("first") / "study"
    build(source, store)
    return store


@pytest.fixture
def store(first_study: Path, tmp_path: Path) -> Path:
    """Copy the first study."""
    return Path(shutil.copytree(first_study, tmp_path / "study", symlinks=True))


def build(source: Path, store: Path, **changes: str) -> str:
    """Build without showing progress; return the version."""
    report = build_study(
        source, store, changes, lambda _stage, _done, _total: None, NOW, bucket_patients=BUCKET_PATIENTS
    )
    return report.version


def left_behind(store: Path) -> list[Path]:
    """Return what is in the store beside its versions."""
    return sorted((store / "versions").glob(".*"))


@pytest.mark.parametrize("moment", [".rows-*/rows/*", ".staging-*/00000", ".staging-*/00002"])
def test_a_build_killed_on_the_way_leaves_the_study_and_the_next_one_sweeps(moment, source, store):
    version = open_study(store).version
    with subprocess.Popen([sys.executable, "-c", BUILD, str(source), str(store)]) as process:
        while not list((store / "versions").glob(moment)):
            assert process.poll() is None, f"the build was over before {moment}"
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
    assert open_study(store).version == version
    build(source, store, gap_days="90")
    assert open_study(store).settings.gap_days == 90
    assert left_behind(store) == []


def test_a_build_asked_to_end_takes_its_folders_away(source, tmp_path):
    version = build(source, tmp_path)
    words = [sys.executable, "-m", "lutetia", "build", str(source), str(tmp_path)]
    with subprocess.Popen(words, cwd=ROOT, stderr=subprocess.DEVNULL) as process:
        while not list((tmp_path / "versions").glob(".staging-*/*")):
            assert process.poll() is None
            time.sleep(0.005)
        process.send_signal(signal.SIGTERM)
    assert process.returncode == 128 + signal.SIGTERM
    assert left_behind(tmp_path) == []
    assert open_study(tmp_path).version == version


@pytest.mark.parametrize(("limit", "words"), [(3_000, "rows on their way in"), (20_000, "store cannot be written")])
def test_a_disk_that_fills_on_the_way_leaves_the_study(limit, words, source, store):
    version = open_study(store).version
    script = LITTLE_SPACE.format(limit=limit) + BUILD
    call = [sys.executable, "-c", script, str(source), str(store)]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    assert done.returncode == StoreError.exit_code, done.stderr
    assert words in done.stdout
    assert open_study(store).version == version
    assert left_behind(store) == []
