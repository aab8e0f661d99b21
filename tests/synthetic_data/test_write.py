"""A world on disk: a file a table, the truth beside it, nothing of anybody's overwritten."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from typer.testing import CliRunner

import lutetia
from analytics.errors import ExportError, SettingsError
from synthetic_data.generate import TABLES, TRUTH_TABLES, simulate
from synthetic_data.write import copy_published_patients, write_world


def test_the_files_hold_the_simulated_tables(tmp_path: Path):
    counts = write_world("tiny", tmp_path, 30, seed=2)
    made = simulate("tiny", 30, seed=2)
    assert {path.stem for path in tmp_path.glob("*.csv")} == set(TABLES)
    assert {path.stem for path in (tmp_path / "truth").glob("*.csv")} == set(TRUTH_TABLES)
    for name, table in made.tables.items():
        assert (tmp_path / f"{name}.csv").read_text(encoding="utf-8") == table.write_csv()
        assert counts[name] == table.height


def test_chunks_are_appended_under_one_header(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write_world("tiny", tmp_path / "one", 25, seed=2)
    monkeypatch.setattr("synthetic_data.generate.simulate_chunks.__defaults__", (10,))
    told: list[int] = []
    write_world("tiny", tmp_path / "three", 25, seed=2, advance=told.append)
    assert told == [10, 10, 5]
    for path in (tmp_path / "one").rglob("*.csv"):
        assert path.read_bytes() == (tmp_path / "three" / path.relative_to(tmp_path / "one")).read_bytes()


def test_parquet_holds_the_same_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("synthetic_data.generate.simulate_chunks.__defaults__", (10,))
    write_world("tiny", tmp_path, 25, seed=2, form="parquet")
    made = simulate("tiny", 25, seed=2)
    for name, table in made.tables.items():
        assert_frame_equal(pl.read_parquet(tmp_path / f"{name}.parquet"), table)
    assert not (tmp_path / ".parts").exists()


def test_an_earlier_simulation_is_replaced(tmp_path: Path):
    write_world("tiny", tmp_path, 20, seed=2, form="parquet")
    write_world("tiny", tmp_path, 10, seed=2)
    assert pl.read_csv(tmp_path / "patients.csv").height == 10
    assert not list(tmp_path.rglob("*.parquet"))


@pytest.mark.parametrize("place", ["thesis.docx", "labs.xlsx", "truth/notes.txt"])
def test_a_folder_with_other_things_is_refused_and_left_alone(tmp_path: Path, place: str):
    (tmp_path / place).parent.mkdir(exist_ok=True)
    (tmp_path / place).write_text("mine", encoding="utf-8")
    with pytest.raises(ExportError, match="which no simulation wrote"):
        write_world("tiny", tmp_path, 10, seed=2)
    assert (tmp_path / place).read_text(encoding="utf-8") == "mine"
    assert not (tmp_path / "patients.csv").exists()


def test_a_file_where_the_folder_should_be_is_an_error_in_words(tmp_path: Path):
    (tmp_path / "out").write_text("", encoding="utf-8")
    with pytest.raises(ExportError, match="cannot be written"):
        write_world("tiny", tmp_path / "out", 10, seed=2)


@pytest.mark.parametrize("patients", [0, -3])
def test_no_patients_cannot_be_simulated(tmp_path: Path, patients: int):
    with pytest.raises(SettingsError, match="cannot be simulated"):
        write_world("tiny", tmp_path / "out", patients, seed=2)
    assert not (tmp_path / "out").exists()


def test_the_command_writes_and_says_where(tmp_path: Path):
    outcome = CliRunner().invoke(
        lutetia.app, ["simulate", "tiny", str(tmp_path / "out"), "--patients", "12", "--seed", "3"]
    )
    assert outcome.exit_code == 0
    assert outcome.stdout.strip() == str(tmp_path / "out")
    assert pl.read_csv(tmp_path / "out" / "patients.csv").height == 12


def test_the_published_patients_are_copied_as_they_are(tmp_path: Path):
    copy_published_patients(tmp_path / "published")
    assert pl.read_csv(tmp_path / "published" / "patients.csv")["patient_id"].to_list() == [
        "CASE-A",
        "CASE-B",
        "CASE-C",
    ]
