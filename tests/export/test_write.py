"""Writing an answer: which files, the same bytes twice, all or nothing, and never over somebody else's."""

from __future__ import annotations

import hashlib
import json
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from analytics.catalogue.settings import Settings
from analytics.errors import ExportError
from analytics.export.formats import FORMATS
from analytics.export.write import write_answer
from analytics.questions.question import Answer

FIGURE = {"figure.svg", "figure.pdf", "figure.png"}
ALWAYS = {"flow.csv", "summary.json", "README.txt", "manifest.json"}


def names(files: tuple[Path, ...]) -> set[str]:
    assert all(file.is_file() for file in files)
    return {file.name for file in files}


def test_a_survival_answer_becomes_a_folder_of_tables_and_figures(
    two_arms: Answer, tmp_path: Path, now: datetime
) -> None:
    safe = names(write_answer(two_arms, tmp_path / "safe", "safe", call="by hand", now=now))
    full = names(write_answer(two_arms, tmp_path / "full", "full", call="by hand", now=now))
    guyot = {f"guyot_{what}_{number}.txt" for what in ("curve", "nrisk") for number in (1, 2)}
    tables = {"curve.csv", "risk_table.csv", "read_curve.R", "read_curve.py"}
    assert safe == ALWAYS | FIGURE | guyot | tables
    by_eye = {"log_hazards.svg", "log_hazards.pdf", "log_hazards.png"}
    assert full == safe | by_eye | {"subjects.csv", "adtte.json", "adtte.xpt"}


def test_the_other_answers_have_their_own_files(
    make_response: Callable[..., Answer],
    cohort: Answer,
    trajectory: Answer,
    endpoints: Answer,
    tmp_path: Path,
    now: datetime,
) -> None:
    waterfall = {"best_changes.csv", "waterfall.svg", "waterfall.pdf", "waterfall.png"}
    for answer, both, full_only in (
        (make_response(10, 8, 30, 6), FIGURE | {"response.csv", "not_evaluable.csv"}, waterfall),
        (cohort, {"characteristics.csv"}, set[str]()),
        (trajectory, FIGURE | {"bands.csv"}, {"spider.svg", "spider.pdf", "spider.png"}),
        (endpoints, {"endpoints.csv"}, set[str]()),
    ):
        out = tmp_path / answer.question.kind
        assert names(write_answer(answer, out, "safe", call="", now=now)) == ALWAYS | both
        assert names(write_answer(answer, out, "full", call="", now=now)) == ALWAYS | both | full_only | {
            "subjects.csv"
        }


def test_the_same_answer_gives_the_same_bytes_at_any_time(two_arms: Answer, tmp_path: Path, now: datetime) -> None:
    dated = {"manifest.json", "adtte.json", "adtte.xpt"}
    for level in ("safe", "full"):
        first = write_answer(two_arms, tmp_path / "first", level, call="once", now=now)
        second = write_answer(two_arms, tmp_path / "second", level, call="twice", now=now + timedelta(days=400))
        for one, other in zip(first, second, strict=True):
            assert one.name in dated or one.read_bytes() == other.read_bytes(), one.name


def test_the_manifest_names_every_file_by_its_hash(two_arms: Answer, tmp_path: Path, now: datetime) -> None:
    settings = Settings(floor_patients=7)
    files = write_answer(two_arms, tmp_path / "out", "safe", call="lutetia ask survival", now=now, settings=settings)
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["call"] == "lutetia ask survival"
    assert manifest["made_at"] == "2026-11-20T12:00:00+00:00"
    assert (manifest["level"], manifest["floor_patients"]) == ("safe", 7)
    assert manifest["settings"]["floor_patients"] == "7"
    assert manifest["question"]["kind"] == "survival"
    assert manifest["study"] == {"name": "by hand", "version": "0001"}
    assert set(manifest["files"]) == names(files) - {"manifest.json"}
    for name, facts in manifest["files"].items():
        content = (tmp_path / "out" / name).read_bytes()
        assert facts == {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}


def test_the_summary_says_medians_ratio_test_and_methods(two_arms: Answer, tmp_path: Path, now: datetime) -> None:
    write_answer(two_arms, tmp_path / "out", "full", call="", now=now)
    said: dict[str, Any] = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))
    assert said["endpoint"]["name"] == "Progression-free survival"
    assert said["time_zero"] == "the first administration of the line"
    assert [group["group"] for group in said["groups"]] == ["PRRT", "SSA"]
    assert said["groups"][0]["median"]["is_reached"]
    assert [mark["months"] for mark in said["groups"][0]["landmarks"]] == [12, 24, 36]
    assert said["hazard_ratios"][0]["reference"] == "PRRT"
    assert 0 < said["test"]["p_value"] < 1
    assert "Kaplan" in said["methods_sentence"]
    assert said["flow"][0]["n_lines"] == 110


def test_a_median_that_was_not_reached_is_null_and_said_in_words(
    make_survival: Callable[..., Answer], tmp_path: Path, now: datetime
) -> None:
    answer = make_survival([(n, "PRRT", 100 + n, n < 2) for n in range(10)])
    write_answer(answer, tmp_path / "out", "full", call="", now=now)
    median = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))["groups"][0]["median"]
    assert median["months"] is None
    assert not median["is_reached"]
    assert median["words"].startswith("not reached")


def test_an_earlier_export_is_replaced_as_a_whole(two_arms: Answer, tmp_path: Path, now: datetime) -> None:
    write_answer(two_arms, tmp_path / "out", "full", call="", now=now)
    write_answer(two_arms, tmp_path / "out", "safe", call="", now=now)
    assert not (tmp_path / "out" / "subjects.csv").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_folder_with_somebody_elses_file_is_left_alone(two_arms: Answer, tmp_path: Path, now: datetime) -> None:
    out = tmp_path / "out"
    write_answer(two_arms, out, "safe", call="", now=now)
    (out / "thesis.docx").write_text("mine")
    with pytest.raises(ExportError, match=r"thesis\.docx"):
        write_answer(two_arms, out, "safe", call="", now=now)
    assert (out / "thesis.docx").read_text() == "mine"


def test_a_file_where_the_folder_should_be_is_an_error(two_arms: Answer, tmp_path: Path, now: datetime) -> None:
    (tmp_path / "out").write_text("a file")
    for out in (tmp_path / "out", tmp_path / "out" / "below"):
        with pytest.raises(ExportError, match="file, not a folder"):
            write_answer(two_arms, out, "safe", call="", now=now)


def test_an_unknown_level_is_an_error(two_arms: Answer, tmp_path: Path, now: datetime) -> None:
    with pytest.raises(ExportError, match="no level"):
        write_answer(two_arms, tmp_path / "out", "open", call="", now=now)


@pytest.fixture
def small_disk() -> Iterator[None]:
    """Let no file grow beyond 20 kB, as a full disk would."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.usefixtures("small_disk")
def test_when_the_disk_is_full_nothing_is_left_behind(two_arms: Answer, tmp_path: Path, now: datetime) -> None:
    with pytest.raises(ExportError) as caught:
        write_answer(two_arms, tmp_path / "out", "safe", call="", now=now)
    assert caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_the_curve_can_be_read_by_the_script_beside_it(two_arms: Answer, tmp_path: Path, now: datetime) -> None:
    write_answer(two_arms, tmp_path / "out", "safe", call="", now=now)
    done = subprocess.run(
        [sys.executable, tmp_path / "out" / "read_curve.py"], capture_output=True, text=True, check=True
    )
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["PRRT", "SSA"]


def test_a_group_that_looks_like_a_formula_is_disarmed(
    make_survival: Callable[..., Answer], tmp_path: Path, now: datetime
) -> None:
    answer = make_survival([(n, "=1+1", 100 + n, n % 2 == 0) for n in range(10)])
    write_answer(answer, tmp_path / "out", "full", call="", now=now)
    for name in ("curve.csv", "risk_table.csv"):
        assert pl.read_csv(tmp_path / "out" / name)["strata"].unique().to_list() == ["'=1+1"]


def test_every_format_serves_some_kind_and_level() -> None:
    assert len({form.name for form in FORMATS}) == len(FORMATS)
    assert all(form.kinds and form.levels for form in FORMATS)
