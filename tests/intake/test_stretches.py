"""Rows that wait where they were delivered come back as if the file had been read at once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import polars as pl
import pytest

from analytics.intake import blocks, stretch
from analytics.intake.columnar import read_columnar, read_columnar_pieces
from analytics.intake.delimited import read_delimited, read_delimited_pieces
from analytics.intake.headers import Delivery
from analytics.intake.own_copy import copy_delivery
from analytics.intake.register import Register
from analytics.intake.shelf import Shelf, load_tables
from analytics.intake.stretch import Stretch
from analytics.intake.text_table import PID, ROW

N_PATIENTS = 12
COLUMNS = ("patient_id", "analyte", "value_text", "comment")
REGISTER = pl.DataFrame({"patient_id": [f"P{n:02d}" for n in range(N_PATIENTS)], "pid": range(N_PATIENTS)}).cast(
    {"pid": pl.UInt32}
)


def labs(order: str) -> pl.DataFrame:
    """Return five rows a patient, quotes and empty cells among them, and some of ids nobody knows."""
    ids = [f"P{n // 5:02d}" for n in range(5 * N_PATIENTS)]
    ids[7], ids[31] = "stranger", "P-4 0"
    if order == "a late patient early":
        ids[3], ids[4] = "P11", "P11"
    texts = ["1", None, "1,5", 'a "b"', "", " 7"]
    rows = pl.DataFrame(
        {
            "patient_id": ids,
            "analyte": ["CGA", "HB"] * (len(ids) // 2),
            "value_text": [texts[n % 6] or None for n in range(len(ids))],
            "comment": ["x" if n % 9 == 0 else None for n in range(len(ids))],
        },
        schema=dict.fromkeys(COLUMNS, pl.String),
    )
    return rows.sample(fraction=1, shuffle=True, seed=1) if order == "shuffled" else rows


def write(rows: pl.DataFrame, folder: Path, kind: str) -> Delivery:
    """Write a table in one of the formats."""
    path = folder / f"labs.{kind}"
    if kind == "csv":
        rows.write_csv(path)
    elif kind == "parquet":
        rows.write_parquet(path, row_group_size=7)
    else:
        rows.write_ipc(path)
    return Delivery(path, path.name, "labs", frozenset(COLUMNS))


@pytest.mark.parametrize("bucket_patients", [3, N_PATIENTS])
@pytest.mark.parametrize("order", ["by patient", "a late patient early", "shuffled"])
@pytest.mark.parametrize("kind", ["csv", "parquet", "arrow"])
def test_what_waits_in_a_copy_is_what_was_delivered(kind, order, bucket_patients, tmp_path):
    delivery = write(labs(order), tmp_path, kind)
    is_text = kind == "csv"
    whole = read_delimited(delivery, "")[0] if is_text else read_columnar(delivery)[0]
    ours = copy_delivery(delivery, tmp_path / "scratch")
    delivery.path.write_bytes(b"another file by now")
    shelf = Shelf(tmp_path / "scratch" / "rows", Register(REGISTER), bucket_patients, N_PATIENTS)
    with patch.object(blocks, "BLOCK_BYTES", 400), patch.object(stretch, "PIECE_ROWS", 20):
        pieces = list((read_delimited_pieces(ours, "") if is_text else read_columnar_pieces(ours))[0])
        assert any(isinstance(piece, Stretch) for piece in pieces)
        for piece in pieces:
            shelf.put(piece)
    loaded = [table for bucket in range(shelf.n_buckets) for table in load_tables(shelf.take(bucket))]
    found = pl.concat(table.rows for table in loaded).sort(ROW)
    assert found.drop(PID).equals(whole.rows)
    numbered = whole.rows.join(REGISTER, on="patient_id", how="left", maintain_order="left")
    assert found.get_column(PID).to_list() == numbered.get_column("pid").to_list()
    assert shelf.register.strays == {"stranger", "P-4 0"}
    assert {replace(table, rows=whole.rows.clear()).header for table in loaded} == {COLUMNS}


def test_each_bucket_has_its_own_patients(tmp_path):
    ours = copy_delivery(write(labs("by patient"), tmp_path, "parquet"), tmp_path / "scratch")
    shelf = Shelf(tmp_path / "scratch" / "rows", Register(REGISTER), 3, N_PATIENTS)
    for piece in read_columnar_pieces(ours)[0]:
        shelf.put(piece)
    for bucket in range(shelf.n_buckets):
        pids = next(load_tables(shelf.take(bucket))).rows.get_column(PID).drop_nulls()
        assert set(pids // 3) == {bucket}
