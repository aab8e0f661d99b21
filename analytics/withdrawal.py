"""Withdraw a patient: out of the study at once, out of every later build, older versions expired."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import polars as pl

from analytics.errors import StoreError
from analytics.snapshots import expire_all_but_current, hold_lock, write_durably
from analytics.store import StudyParts, ensure_key, opaque_id, open_study, publish_held
from analytics.tables.study import Study

WITHDRAWN_FILE = "withdrawn.json"
"""Opaque ids, so that the list of those who left does not name them."""


def read_withdrawn(store: Path) -> Callable[[str], bool]:
    """Return the test whether a patient of this store has withdrawn.

    Raises
    ------
    StoreError
        If the list of the withdrawn cannot be read: nothing may then be built.
    """
    ensure_key(store)
    withdrawn = frozenset(_read_list(store))
    return lambda patient_id: bool(withdrawn) and opaque_id(store, patient_id) in withdrawn


def withdraw(store: Path, patient_id: str, now: datetime) -> str:
    """Take a patient out of the study and keep the patient out; return the new version.

    The source files are the hospital's and stay as they are; the rows are counted as withdrawn in every
    ledger from now on. Versions that still hold the patient are removed.

    Raises
    ------
    StoreError
        If the study does not know the patient, or the store cannot be written.
    """
    with hold_lock(store):
        study = open_study(store)
        known = study.table("patients").filter(pl.col("patient_id") == patient_id).collect()
        if known.height == 0:
            raise StoreError(
                f"The study has no patient «{patient_id}».", str(store), "Check the study code and its case."
            )
        ids = [*_read_list(store), opaque_id(store, patient_id)]
        write_durably(store / WITHDRAWN_FILE, json.dumps(sorted(set(ids))))
        version = publish_held(store, _without(study, patient_id, known.item(0, "pid")), now)
        expire_all_but_current(store)
        return version


def _without(study: Study, patient_id: str, pid: int) -> StudyParts:
    whole = {name: table.collect() for name, table in study.tables.items()}
    tables = {name: _drop_patient(table, pid) for name, table in whole.items()}
    mentions = pl.any_horizontal(
        pl.col(name).str.contains(rf"\b{re.escape(patient_id)}\b").fill_null(value=False)
        for name in ("message", "value", "key")
    )
    findings = study.findings.filter(pl.col("patient_id").ne_missing(pl.lit(patient_id)) & ~mentions)
    gone = pl.concat(
        table.filter(pl.col("pid") == pid).select("_file", "_sheet").with_columns(_table=pl.lit(name))
        for name, table in whole.items()
        if {"pid", "_file", "_sheet"} <= set(table.columns)
    )
    return StudyParts(tables, findings, _moved(study.ledger, gone), study.settings, study.inputs)


def _drop_patient(table: pl.DataFrame, pid: int) -> pl.DataFrame:
    return table.filter(pl.col("pid") != pid) if "pid" in table.columns else table


def _moved(ledger: pl.DataFrame, gone: pl.DataFrame) -> pl.DataFrame:
    """Return the ledger with the rows in ``gone`` counted as withdrawn instead of accepted."""
    counts = gone.group_by("_file", "_sheet", "_table").agg(_n=pl.len())
    joined = ledger.join(
        counts,
        left_on=["file", "sheet", "table"],
        right_on=["_file", "_sheet", "_table"],
        how="left",
        nulls_equal=True,
        maintain_order="left",
    ).with_columns(pl.col("_n").fill_null(0))
    moved = joined.with_columns(
        accepted=pl.col("accepted") - pl.col("_n"), withdrawn=pl.col("withdrawn") + pl.col("_n")
    )
    return moved.select(pl.col(name).cast(kind) for name, kind in ledger.schema.items())


def _read_list(store: Path) -> list[str]:
    path = store / WITHDRAWN_FILE
    if not path.exists():
        return []
    try:
        return list(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        raise StoreError(
            "The list of withdrawn patients cannot be read, so nobody can be sure who is on it.",
            str(path),
            "Restore it from a backup before anything is built.",
        ) from None
