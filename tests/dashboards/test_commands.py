"""`lutetia serve` says what it does, and refuses what is not safe yet."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from analytics.errors import StoreError, UsageError
from analytics.store import StudyParts, publish
from dashboards.commands import serve
from tests.dashboards.hand_made import make_opened


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "registry.hospital.example"])
def test_only_this_machine_is_served(host: str):
    with pytest.raises(UsageError, match="this machine only") as refused:
        serve([Path("nowhere")], host=host, port=8050)
    assert "SSH tunnel" in refused.value.hint


def test_a_missing_store_is_said(tmp_path: Path):
    with pytest.raises(StoreError):
        serve([tmp_path / "nothing"], host="127.0.0.1", port=free_port())


def test_a_port_in_use_is_said_with_a_remedy(tmp_path: Path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(UsageError, match="cannot be used") as refused:
            serve([tmp_path], host="127.0.0.1", port=taken.getsockname()[1])
    assert "--port" in refused.value.hint


def test_a_port_above_the_range_is_refused_by_the_command_line():
    import lutetia

    assert CliRunner().invoke(lutetia.app, ["serve", "store", "--port", "70000"]).exit_code == 2


def test_ctrl_c_ends_in_words(tmp_path: Path):
    """Start the command as a person does, wait for the address, stop it, and read what it said."""
    opened = make_opened()
    parts = StudyParts(
        tables={name: table.collect() for name, table in opened.study.tables.items()},
        findings=opened.study.findings,
        ledger=opened.study.ledger,
        settings=opened.study.settings,
        inputs=opened.study.inputs,
    )
    publish(tmp_path / "registry-store", parts, datetime(2026, 11, 20, tzinfo=UTC))
    port = free_port()
    command = [sys.executable, "-m", "lutetia", "serve", str(tmp_path / "registry-store"), "--port", str(port)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        said = [process.stderr.readline()]
        while said[-1] and "Ctrl-C" not in said[-1]:
            said.append(process.stderr.readline())
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as page:
            assert page.status == 200
        process.send_signal(signal.SIGINT)
        said += process.stderr.readlines()
        assert process.wait(timeout=20) == 0
    words = "".join(said)
    assert words.index("Opening the study") < words.index("http://")
    assert f"http://127.0.0.1:{port}/" in words and "has stopped" in words and "Traceback" not in words


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
