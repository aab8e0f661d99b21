"""A study is worked on in buckets of whole patients: their size and the order of rows change nothing."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from analytics.build import BuildReport, build_study, describe_build
from analytics.errors import StoreError
from analytics.explain import explain_patient
from analytics.intake.accept import accept_source, check_source
from analytics.intake.prepare import Order
from analytics.store import open_study
from analytics.tables.study import Study
from analytics.withdrawal import withdraw
from synthetic_data.write import write_world

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
N_PATIENTS = 40
SUM_DIGITS = 12
"""Sums of a patient's numbers are compared to so many digits: their last one depends on the order of adding."""


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Simulate a registry with everything that goes wrong in one, strays and corrections included."""
    folder = tmp_path_factory.mktemp("source")
    write_world("hostile", folder, N_PATIENTS, 3, lambda _done: None)
    shutil.rmtree(folder / "truth")
    return folder


def build(source: Path, store: Path, bucket_patients: int, now: datetime = NOW) -> BuildReport:
    """Build without showing progress."""
    return build_study(source, store, None, lambda _stage, _done, _total: None, now, bucket_patients=bucket_patients)


def rounded(table: pl.DataFrame) -> pl.DataFrame:
    """Return a table with its sums rounded."""
    floats = [name for name, kind in table.schema.items() if kind.is_float()]
    return table.with_columns(pl.col(name).round_sig_figs(SUM_DIGITS) for name in floats)


def same(first: Study, second: Study) -> None:
    """Fail unless two studies say the same, table by table and in the same order."""
    assert list(first.tables) == list(second.tables)
    for name in first.tables:
        one, other = (rounded(study.table(name).collect()) for study in (first, second))
        assert one.equals(other), name
    assert first.findings.equals(second.findings)
    assert first.ledger.equals(second.ledger)


@pytest.fixture(scope="module")
def whole(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Study:
    """Build all patients in one bucket."""
    store = tmp_path_factory.mktemp("whole") / "study"
    assert build(source, store, N_PATIENTS).n_buckets == 1
    return open_study(store)


@pytest.fixture(scope="module")
def in_tens(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build four buckets, once for all who go on from there."""
    store = tmp_path_factory.mktemp("tens") / "study"
    assert build(source, store, 10).n_recomputed == 4
    return store


@pytest.fixture(scope="module")
def in_twenties(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build two buckets, once for all who go on from there."""
    store = tmp_path_factory.mktemp("twenties") / "study"
    assert build(source, store, 20).n_recomputed == 2
    return store


def copy(store: Path, folder: Path) -> Path:
    """Copy a store, so that its own stays as it was built."""
    return Path(shutil.copytree(store, folder / "study", symlinks=True))


@pytest.mark.parametrize(("bucket_patients", "n_buckets"), [(15, 3)])
def test_the_size_of_buckets_changes_nothing(bucket_patients, n_buckets, source, whole, tmp_path):
    report = build(source, tmp_path / "study", bucket_patients)
    assert report.n_buckets == n_buckets
    same(whole, open_study(tmp_path / "study"))
    assert not list((tmp_path / "study" / "versions").glob(".*"))


def test_a_check_in_any_buckets_says_what_reading_all_at_once_says(source):
    whole = accept_source(source, as_of=NOW.date())
    for size in (7, N_PATIENTS):
        order = Order(source, {}, None, NOW.date(), None, bucket_patients=size)
        checked = check_source(order)
        assert checked.findings.height > 20
        assert checked.findings.equals(whole.findings)
        assert checked.ledger.equals(whole.ledger)


def without_places(table: pl.DataFrame) -> pl.DataFrame:
    """Return a table without the lines its rows stood on, in an order of its own."""
    kept = rounded(table.select(name for name in table.columns if name != "row" and not name.endswith("_row")))
    flat = kept.with_columns(pl.col(name).list.join(";") for name, kind in kept.schema.items() if kind == pl.List)
    return flat.sort(flat.columns, nulls_last=True)


@settings(max_examples=3, deadline=None, phases=[Phase.generate])
@given(seed=st.integers(0, 2**31), bucket_patients=st.integers(10, N_PATIENTS))
def test_the_order_of_rows_changes_nothing_in_any_buckets(seed, bucket_patients, source, whole, tmp_path_factory):
    folder = tmp_path_factory.mktemp("shuffled")
    for file in source.glob("*.csv"):
        rows = pl.read_csv(file, infer_schema=False)
        rows.sample(fraction=1, shuffle=True, seed=seed).write_csv(folder / file.name)
    build(folder, folder / "study", bucket_patients)
    shuffled = open_study(folder / "study")
    for name in whole.tables:
        one, other = (without_places(study.table(name).collect()) for study in (whole, shuffled))
        assert one.equals(other), name
    assert shuffled.ledger.drop("file").equals(whole.ledger.drop("file"))


def change(source: Path, folder: Path, table: str, edit: Callable[[pl.DataFrame], pl.DataFrame]) -> Path:
    """Copy a source with one table edited, every line where it stood."""
    shutil.copytree(source, folder)
    edit(pl.read_csv(source / f"{table}.csv", infer_schema=False)).write_csv(folder / f"{table}.csv")
    return folder


def test_only_what_changed_is_worked_out_again(source, whole, in_tens, tmp_path):
    store = copy(in_tens, tmp_path)
    again = build(source, store, 10, NOW + timedelta(days=30))
    assert (again.n_recomputed, again.differences.height) == (0, 0)
    same(whole, open_study(store))
    patient = whole.table("patients").filter(pl.col("pid") == 25).collect().item(0, "patient_id")

    def more(labs: pl.DataFrame) -> pl.DataFrame:
        place = labs.get_column("patient_id").to_list().index(patient)
        labs[place, "value_text"] = "87654"
        return labs

    changed = change(source, tmp_path / "changed", "labs", more)
    report = build(changed, store, 10)
    assert report.n_recomputed == 1
    assert "1 of 4 buckets of patients had changed and were worked out again." in describe_build(report)
    assert set(report.differences["patient_id"]) == {patient}
    assert build(changed, tmp_path / "fresh", 10).version == report.version


def test_a_new_patient_takes_the_next_number_and_leaves_the_others_alone(source, in_tens, tmp_path):
    store, name = copy(in_tens, tmp_path), "A-first-in-the-alphabet"
    grown = change(
        source,
        tmp_path / "grown",
        "patients",
        lambda rows: pl.concat([rows, rows[:1].with_columns(patient_id=pl.lit(name))]),
    )
    report = build(grown, store, 10)
    assert (report.n_recomputed, report.n_buckets) == (1, 5)
    numbers = dict(open_study(store).table("patients").select("patient_id", "pid").collect().iter_rows())
    assert numbers[name] == max(numbers.values()) == N_PATIENTS
    assert report.differences.select("table", "change", "patient_id").rows() == [("patients", "added", name)]


def test_a_patient_gone_from_the_delivery_is_told_and_the_others_keep_their_numbers(source, in_twenties, tmp_path):
    store = copy(in_twenties, tmp_path)
    before = dict(open_study(store).table("patients").select("pid", "patient_id").collect().iter_rows())
    fewer = change(source, tmp_path / "fewer", "patients", lambda rows: rows.filter(pl.col("patient_id") != before[3]))
    report = build(fewer, store, 20)
    gone = report.differences.filter(pl.col("change") == "gone")
    assert set(gone["patient_id"]) == {before[3]}
    after = dict(open_study(store).table("patients").select("pid", "patient_id").collect().iter_rows())
    assert after == {pid: patient for pid, patient in before.items() if pid != 3}


def test_other_settings_are_worked_out_again(source, in_twenties, tmp_path):
    store = copy(in_twenties, tmp_path)
    report = build_study(source, store, {"gap_days": "90"}, lambda _stage, _done, _total: None, NOW, bucket_patients=20)
    assert report.n_recomputed == report.n_buckets == 2


def test_a_correction_moves_a_row_to_the_patient_it_belongs_to(source, whole, tmp_path):
    """The corrected id is a patient of another bucket."""
    lab = (
        whole.table("labs")
        .filter((pl.col("pid") == 2) & pl.col("source_id").is_not_null())
        .collect()
        .row(0, named=True)
    )
    known = whole.table("patients").filter(pl.col("pid") == 35).collect().item(0, "patient_id")
    corrected = tmp_path / "corrected"
    shutil.copytree(source, corrected)
    (corrected / "corrections.csv").write_text(
        "table,patient_id,key,column,old_value,new_value,reason\n"
        f"labs,{lab['patient_id']},source_id={lab['source_id']}; value_text={lab['value_text']},"
        f"patient_id,{lab['patient_id']},{known},wrong tube\n",
        encoding="utf-8",
    )
    for bucket_patients in (10, N_PATIENTS):
        store = tmp_path / str(bucket_patients)
        report = build(corrected, store, bucket_patients)
        assert report.findings.filter(pl.col("rule_id") == "V77").height == 1
        moved = open_study(store).table("labs").filter(pl.col("_row") == lab["_row"]).collect().row(0, named=True)
        assert moved["patient_id"] == known
    same(open_study(tmp_path / "10"), open_study(tmp_path / str(N_PATIENTS)))


def test_a_patient_withdrawn_leaves_one_bucket_and_the_next_build_works_on_that_one(source, whole, in_tens, tmp_path):
    store = copy(in_tens, tmp_path)
    patient = whole.table("patients").filter(pl.col("pid") == 25).collect().item(0, "patient_id")
    withdraw(store, patient, NOW)
    study = open_study(store)
    for name, table in study.tables.items():
        if "pid" in table.collect_schema():
            assert table.filter(pl.col("pid") == 25).collect().height == 0, name
    assert study.table("patients").collect().height == N_PATIENTS - 1
    report = build(source, store, 10)
    assert report.n_recomputed < report.n_buckets
    assert report.ledger["withdrawn"].sum() > 0
    assert patient not in set(open_study(store).table("labs").collect()["patient_id"])


def test_a_part_that_changed_on_disk_is_found_and_worked_out_again(source, in_twenties, tmp_path):
    store = copy(in_twenties, tmp_path)
    version = open_study(store).version
    part = next(store.glob("versions/*/00001/labs.parquet"))
    content = bytearray(part.read_bytes())
    content[len(content) // 2] ^= 1
    part.write_bytes(content)
    with pytest.raises(StoreError, match=r"00001/labs.parquet has changed"):
        open_study(store)
    again = build(source, store, 20)
    assert (again.version, again.n_recomputed) == (version, 2)
    assert open_study(store).warning == ""


def test_a_patient_is_explained_from_the_part_that_holds_the_patient(whole, in_tens):
    patient = whole.table("patients").filter(pl.col("pid") == 33).collect().item(0, "patient_id")
    one, other = (explain_patient(study, patient)[1:] for study in (whole, open_study(in_tens)))
    assert one == other
