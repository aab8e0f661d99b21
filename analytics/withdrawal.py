"""Withdraw a patient: out of the study at once, out of every later build, older versions expired."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

import polars as pl

from analytics.durable import write_durably
from analytics.errors import StoreError
from analytics.parts import read_part, write_table
from analytics.snapshots import Snapshot, expire_all_but_current, hold_lock, read_snapshot
from analytics.store import (
    ACCOUNT_FILE,
    FINDINGS,
    StudyParts,
    ensure_key,
    opaque_id,
    publish_held,
    study_of,
)
from analytics.tables.study import Study

WITHDRAWN_FILE = "withdrawn.json"
"""Opaque ids, so that the list of those who left does not name them."""


def read_withdrawn(store: Path) -> Callable[[str], bool] | None:
    """Return the test whether a patient of this store has withdrawn; None if nobody has.

    Raises
    ------
    StoreError
        If the list of the withdrawn cannot be read: nothing may then be built.
    """
    ensure_key(store)
    withdrawn = frozenset(_read_list(store))
    return partial(_is_on_list, store, withdrawn) if withdrawn else None


def _is_on_list(store: Path, withdrawn: frozenset[str], patient_id: str) -> bool:
    return opaque_id(store, patient_id) in withdrawn


def withdraw(store: Path, patient_id: str, now: datetime) -> str:
    """Take a patient out of the study and keep the patient out; return the new version.

    The source files are the hospital's and stay as they are; the rows are counted as withdrawn in every
    ledger from now on. Versions that still hold the patient are removed.

    Raises
    ------
    StoreError
        If the study does not know the patient, its newest version is damaged, or the store cannot be written.
    """
    with hold_lock(store):
        snapshot, damage = read_snapshot(store)
        if damage:
            raise StoreError(
                f"{damage} Nobody was withdrawn: an older version may not hold what was delivered since.",
                str(store),
                "Build the study again from its source, then withdraw.",
            )
        study = study_of(snapshot, store.name)
        known = study.table("patients").filter(pl.col("patient_id") == patient_id).collect()
        if known.height == 0:
            raise StoreError(
                f"The study has no patient «{patient_id}».", str(store), "Check the study code and its case."
            )
        ids = [*_read_list(store), opaque_id(store, patient_id)]
        write_durably(store / WITHDRAWN_FILE, json.dumps(sorted(set(ids))))
        leaving = _Leaving(patient_id, known.item(0, "pid"), snapshot, study)
        published = publish_held(store, leaving.make, now)
        expire_all_but_current(store)
        return published.manifest["version"]


@dataclass(frozen=True, slots=True)
class _Leaving:
    """A patient on the way out of a version."""

    patient_id: str
    pid: int
    snapshot: Snapshot
    study: Study

    def make(self, folder: Path) -> StudyParts:
        """Copy the buckets without the patient; a bucket that held any trace loses its account."""
        for bucket in sorted(path for path in self.snapshot.folder.iterdir() if path.is_dir()):
            shutil.copytree(bucket, folder / bucket.name)
            changed = [self._drop(part) for part in sorted((folder / bucket.name).glob("*.parquet"))]
            if any(changed):
                (folder / bucket.name / ACCOUNT_FILE).unlink(missing_ok=True)
        top = {file.stem: read_part(file) for file in self.snapshot.folder.glob("*.parquet")}
        tables = {name: self._without(table) for name, table in top.items() if name in self.study.tables}
        return StudyParts(
            tables,
            self._without_mentions(top[FINDINGS]),
            _moved(self.study.ledger, self._gone()),
            self.study.settings,
            self.study.inputs,
            bucket_patients=self.snapshot.manifest["bucket_patients"],
        )

    def _drop(self, part: Path) -> bool:
        """Take the patient out of a part; say whether anything was there."""
        rows = read_part(part)
        kept = self._without_mentions(rows) if part.stem == FINDINGS else self._without(rows)
        if kept.height == rows.height:
            return False
        write_table(kept, part)
        return True

    def _without(self, table: pl.DataFrame) -> pl.DataFrame:
        return table.filter(pl.col("pid") != self.pid) if "pid" in table.columns else table

    def _without_mentions(self, findings: pl.DataFrame) -> pl.DataFrame:
        mentions = pl.any_horizontal(
            pl.col(name).str.contains(rf"\b{re.escape(self.patient_id)}\b").fill_null(value=False)
            for name in ("message", "value", "key")
        )
        return findings.filter(pl.col("patient_id").ne_missing(pl.lit(self.patient_id)) & ~mentions)

    def _gone(self) -> pl.DataFrame:
        """Return file, sheet and table of each row of the patient."""
        return pl.concat(
            table.filter(pl.col("pid") == self.pid)
            .select("_file", "_sheet")
            .with_columns(_table=pl.lit(name))
            .collect()
            for name, table in self.study.tables.items()
            if {"pid", "_file", "_sheet"} <= set(table.collect_schema())
        )


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
