"""A store holds whole studies only: published in one step, opened after every file was checked."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from analytics.errors import StoreError
from analytics.snapshots import KEPT_VERSIONS, hold_lock, version_names
from analytics.store import opaque_id, open_study, publish

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def marks(store: Path) -> set[int]:
    """Return the marks of all tables of the current study."""
    study = open_study(store)
    return {mark for table in study.tables.values() for mark in table.collect()["mark"]}


def current(store: Path) -> Path:
    """Return the folder of the current version."""
    return store / "versions" / (store / "CURRENT").read_text().strip()


def test_what_is_published_is_opened(tmp_path, make_parts):
    version = publish(tmp_path / "registry", make_parts(1, decimal_mark=","), NOW)
    study = open_study(tmp_path / "registry")
    assert (study.name, study.version, study.built_at) == ("registry", version, "2026-11-20T12:00:00+00:00")
    assert study.settings.decimal_mark == ","
    assert study.inputs[0].name == "labs.csv"
    assert study.versions["polars"]
    assert study.warning == ""
    assert study.table("labs").collect()["mark"].to_list() == [1, 1, 1]


def test_the_version_is_the_content_not_the_hour(tmp_path, make_parts):
    first = publish(tmp_path / "a", make_parts(1), NOW)
    later = publish(tmp_path / "b", make_parts(1), datetime(2027, 1, 1, tzinfo=UTC))
    assert first == later
    assert publish(tmp_path / "a", make_parts(2), NOW) != first
    assert publish(tmp_path / "a", make_parts(1, gap_days=90), NOW) != first


def test_the_last_three_versions_are_kept_and_those_somebody_may_still_be_reading(tmp_path, make_parts):
    for mark in range(4):
        publish(tmp_path, make_parts(mark), NOW)
    assert len(version_names(tmp_path)) == 4
    for name in version_names(tmp_path):
        os.utime(tmp_path / "versions" / name, (0, 0))
    publish(tmp_path, make_parts(4), NOW)
    assert marks(tmp_path) == {4}
    assert len(version_names(tmp_path)) == KEPT_VERSIONS


def test_a_store_without_a_study_says_how_to_make_one(tmp_path):
    with pytest.raises(StoreError, match=r"no study here.*lutetia build"):
        open_study(tmp_path)


def test_a_study_has_no_table_it_was_not_given(tmp_path, make_parts):
    publish(tmp_path, make_parts(1), NOW)
    with pytest.raises(StoreError, match="no table «lesions»"):
        open_study(tmp_path).table("lesions")


def flip_a_bit(file: Path) -> None:
    """Change one bit in the middle of a file."""
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


@pytest.mark.parametrize("name", ["labs.parquet", "findings.parquet", "ledger.parquet"])
def test_a_flipped_bit_is_found_and_the_version_before_is_served(name, tmp_path, make_parts):
    publish(tmp_path, make_parts(1), NOW)
    publish(tmp_path, make_parts(2), NOW)
    flip_a_bit(current(tmp_path) / name)
    study = open_study(tmp_path)
    assert study.table("labs").collect()["mark"].unique().to_list() == [1]
    assert f"{name} has changed" in study.warning


@pytest.mark.parametrize("harm", [Path.unlink, lambda file: file.write_text("{"), lambda file: file.write_text("{}")])
def test_a_harmed_manifest_is_passed_over(harm, tmp_path, make_parts):
    publish(tmp_path, make_parts(1), NOW)
    publish(tmp_path, make_parts(2), NOW)
    harm(current(tmp_path) / "manifest.json")
    study = open_study(tmp_path)
    assert "manifest" in study.warning
    assert study.table("labs").collect()["mark"].unique().to_list() == [1]


def test_when_no_version_is_whole_the_study_is_not_opened(tmp_path, make_parts):
    publish(tmp_path, make_parts(1), NOW)
    (current(tmp_path) / "labs.parquet").unlink()
    with pytest.raises(StoreError, match=r"No version of this study is whole.*labs.parquet is missing"):
        open_study(tmp_path)


def test_a_new_build_heals_a_damaged_store(tmp_path, make_parts):
    publish(tmp_path, make_parts(1), NOW)
    flip_a_bit(current(tmp_path) / "labs.parquet")
    publish(tmp_path, make_parts(1), NOW)
    assert (marks(tmp_path), open_study(tmp_path).warning) == ({1}, "")


def test_a_study_of_another_format_is_refused(tmp_path, make_parts, monkeypatch):
    monkeypatch.setattr("analytics.store.FORMAT", 99)
    publish(tmp_path, make_parts(1), NOW)
    monkeypatch.undo()
    with pytest.raises(StoreError, match="another version of the software"):
        open_study(tmp_path)


def test_a_manifest_that_was_changed_is_passed_over(tmp_path, make_parts):
    publish(tmp_path, make_parts(1), NOW)
    publish(tmp_path, make_parts(2), NOW)
    path = current(tmp_path) / "manifest.json"
    path.write_text(path.read_text().replace('"floor_patients": 5', '"floor_patients": 4'))
    study = open_study(tmp_path)
    assert "manifest has changed" in study.warning
    assert (study.settings.floor_patients, marks(tmp_path)) == (5, {1})


def test_a_study_from_before_manifests_were_sealed_is_opened(tmp_path, make_parts):
    publish(tmp_path, make_parts(1), NOW)
    (current(tmp_path) / "manifest.sha256").unlink()
    assert (marks(tmp_path), open_study(tmp_path).warning) == ({1}, "")
    path = current(tmp_path) / "manifest.json"
    path.write_text(path.read_text().replace('"floor_patients"', '"floor_patientt"'))
    with pytest.raises(StoreError, match=r"manifest of this study is damaged.*Build it again"):
        open_study(tmp_path)


@pytest.mark.parametrize("pointer", [b"\xb0000002-abc\n", b"../../etc\n", b"000009-abc\n", b""])
def test_a_harmed_pointer_leads_to_the_newest_whole_version_with_a_warning(pointer, tmp_path, make_parts):
    publish(tmp_path, make_parts(1), NOW)
    publish(tmp_path, make_parts(2), NOW)
    (tmp_path / "CURRENT").write_bytes(pointer)
    assert marks(tmp_path) == {2}
    assert open_study(tmp_path).warning.startswith("The file CURRENT names no version of this store.")
    publish(tmp_path, make_parts(3), NOW)
    assert (marks(tmp_path), open_study(tmp_path).warning) == ({3}, "")


def test_two_builds_at_once_are_refused(tmp_path, make_parts):
    publish(tmp_path, make_parts(1), NOW)
    with hold_lock(tmp_path), pytest.raises(StoreError, match="Another build is writing"):
        publish(tmp_path, make_parts(2), NOW)
    assert marks(tmp_path) == {1}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_said(tmp_path, make_parts):
    tmp_path.chmod(0o500)
    with pytest.raises(StoreError, match="cannot be written"):
        publish(tmp_path / "store", make_parts(1), NOW)


def test_a_file_in_place_of_the_store_is_said(tmp_path, make_parts):
    (tmp_path / "store").write_text("not a folder")
    with pytest.raises(StoreError, match="cannot be written"):
        publish(tmp_path / "store", make_parts(1), NOW)


def test_nobody_else_can_read_a_store(tmp_path, make_parts):
    publish(tmp_path / "store", make_parts(1), NOW)
    for path in (tmp_path / "store", *(tmp_path / "store").rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_opaque_ids_stay_and_say_nothing(tmp_path, make_parts):
    publish(tmp_path / "a", make_parts(1), NOW)
    publish(tmp_path / "b", make_parts(1), NOW)
    name = opaque_id(tmp_path / "a", "CASE-A")
    publish(tmp_path / "a", make_parts(2), NOW)
    assert opaque_id(tmp_path / "a", "CASE-A") == name
    assert name not in {opaque_id(tmp_path / "b", "CASE-A"), opaque_id(tmp_path / "a", "CASE-B")}
    assert name.isalnum()
    assert len(name) == 16
