"""Buckets worked on by other processes come to the same, also when one of these is killed."""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from analytics.build import BuildReport, Work, build_study, one_after_the_other
from analytics.cluster import open_cluster
from analytics.errors import UsageError
from analytics.store import open_study
from synthetic_data.write import write_world

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
N_PATIENTS, BUCKET_PATIENTS = 60, 10

pytestmark = pytest.mark.filterwarnings("ignore")  # dask warns of what it does with processes that are killed


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Simulate a registry."""
    folder = tmp_path_factory.mktemp("source")
    write_world("hostile", folder, N_PATIENTS, 3, lambda _done: None)
    shutil.rmtree(folder / "truth")
    return folder


def build(source: Path, store: Path, work: Work) -> BuildReport:
    """Build without showing progress."""
    return build_study(
        source, store, None, lambda _stage, _done, _total: None, NOW, bucket_patients=BUCKET_PATIENTS, work=work
    )


@pytest.fixture
def workers() -> Iterator[object]:
    """Start a scheduler and two workers on this machine."""
    distributed = pytest.importorskip("distributed", reason="needs the extra «cluster»: dask and distributed")
    options = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
    with distributed.LocalCluster(**options) as cluster:
        yield cluster


@pytest.mark.slow
def test_a_cluster_builds_the_same_version_and_a_killed_worker_loses_nothing(source, workers, tmp_path):
    serial = build(source, tmp_path / "serial", one_after_the_other)
    with open_cluster(workers.scheduler_address) as work:
        assert build(source, tmp_path / "parallel", work).version == serial.version

        def kill() -> None:
            while not list((tmp_path / "hurt").glob("versions/.staging-*/00000")):
                time.sleep(0.01)
            victim = next(iter(workers.workers.values()))
            os.kill(victim.pid, signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        hurt = build(source, tmp_path / "hurt", work)
        killer.join()
    assert hurt.version == serial.version
    assert open_study(tmp_path / "hurt").findings.equals(open_study(tmp_path / "serial").findings)
    assert not list((tmp_path / "hurt").rglob(".making-*"))


def test_nobody_at_the_address_is_said(tmp_path, monkeypatch):
    pytest.importorskip("distributed", reason="needs the extra «cluster»: dask and distributed")
    monkeypatch.setattr("analytics.cluster.CONNECT_SECONDS", 1)
    with pytest.raises(UsageError, match="No scheduler answers"), open_cluster("tcp://127.0.0.1:9"):
        pass


def test_without_dask_a_cluster_is_refused_in_words(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    with pytest.raises(UsageError, match=r"Install lutetia\[cluster\]"), open_cluster("tcp://127.0.0.1:9"):
        pass
