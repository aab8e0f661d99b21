"""Publish a Study as Parquet and a manifest, in one step; open it again, whole or not at all."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from base64 import b32encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path, PurePosixPath
from typing import Any

import polars as pl

from analytics.catalogue.settings import Settings
from analytics.errors import SettingsError, StoreError
from analytics.parts import read_part, scan_parts, told_as_unwritable, write_table
from analytics.snapshots import Snapshot, hold_lock, publish_snapshot, read_snapshot
from analytics.tables.derived import DERIVED_TABLES
from analytics.tables.findings import FINDING_COLUMNS, SEVERITIES, worst_first
from analytics.tables.registry import SHEET_ORDER
from analytics.tables.safe_cells import disarm_texts
from analytics.tables.study import InputFile, Study, TablesInParts

FORMAT = 3
"""Raised when an older reader would misread a store: since 3, files lack columns without a value."""

READABLE_FORMATS = (2, FORMAT)

FINDINGS = "findings"
DIFFERENCES_FILE = "differences.csv"
ACCOUNT_FILE = "account.json"
"""Beside the parts of a bucket: what went in and what was counted; see `analytics.bucket`."""

NO_CONTENT = (DIFFERENCES_FILE, ACCOUNT_FILE)
KEY_FILE = "key"
KEY_BYTES = 32
LIBRARIES = ("lutetia", "polars", "dataframely", "scipy", "lifelines", "statsmodels", "numpy")


@dataclass(frozen=True, slots=True)
class StudyParts:
    """What one build made, ready to be published.

    Attributes
    ----------
    tables
        The tables that are in no bucket.
    findings, ledger
        The findings that are in no bucket, and the ledger of the whole study.
    settings, inputs
        The effective settings and the files read.
    differences
        What changed since the version before.
    bucket_patients
        Patient numbers a bucket, where there are buckets.
    """

    tables: Mapping[str, pl.DataFrame]
    findings: pl.DataFrame
    ledger: pl.DataFrame
    settings: Settings
    inputs: tuple[InputFile, ...]
    differences: pl.DataFrame | None = None
    bucket_patients: int = 0


def publish(store: Path, parts: StudyParts, now: datetime) -> str:
    """Publish a study as a new version and return the version's name, a hash of its content.

    Raises
    ------
    StoreError
        If another build is writing, the disk is full or the folder cannot be written; the version before
        stays as it was.
    """
    with hold_lock(store):
        return publish_held(store, lambda _folder: parts, now).manifest["version"]


def publish_held(store: Path, make: Callable[[Path], StudyParts], now: datetime) -> Snapshot:
    """Publish while the caller holds the store (see `analytics.snapshots.hold_lock`).

    Parameters
    ----------
    make
        Writes the buckets, if there are any, each into a folder of its own inside the folder given (see
        `bucket_name` and `analytics.parts.write_table`), and returns the rest.
    """
    ensure_key(store)
    made: list[StudyParts] = []

    def write(folder: Path) -> None:
        parts = make(folder)
        for name, table in parts.tables.items():
            write_table(table, folder / f"{name}.parquet")
        write_table(parts.findings, folder / f"{FINDINGS}.parquet")
        write_table(parts.ledger, folder / "ledger.parquet")
        _write_findings_csv(folder)
        if parts.differences is not None:
            with told_as_unwritable(folder / DIFFERENCES_FILE):
                disarm_texts(parts.differences).write_csv(folder / DIFFERENCES_FILE)
        made.append(parts)

    def describe(hashes: Mapping[str, str]) -> dict[str, Any]:
        parts = made[0]
        content = {
            "format": FORMAT,
            "tables": _parts_of_tables(hashes),
            "settings": asdict(parts.settings),
            "inputs": [asdict(file) for file in parts.inputs],
            "bucket_patients": parts.bucket_patients,
        }
        return content | {
            "version": _content_hash(content, hashes),
            "built_at": now.isoformat(timespec="seconds"),
            "libraries": {name: _version_of(name) for name in LIBRARIES},
        }

    return publish_snapshot(store, write, describe)


def bucket_name(number: int) -> str:
    """Return the name of a bucket's folder; buckets stand in the order of their patients' numbers."""
    return f"{number:05d}"


def open_study(store: Path, name: str = "") -> Study:
    """Open the current version of a store, after checking every file against its manifest.

    Parameters
    ----------
    store
        The folder.
    name
        What to call the study; default: the folder's name.

    Raises
    ------
    StoreError
        If there is no study, no version is whole, or it was built by a newer software.
    """
    snapshot, damage = read_snapshot(store)
    warning = f"{damage} The newest version that is whole is shown; build again." if damage else ""
    return study_of(snapshot, name or store.resolve().name, warning)


def study_of(snapshot: Snapshot, name: str, warning: str = "") -> Study:
    """Return the study a version holds; its files are taken as they are.

    Raises
    ------
    StoreError
        If it was built by a newer software, or its manifest does not say what one must.
    """
    manifest = snapshot.manifest
    if manifest.get("format") not in READABLE_FORMATS:
        raise StoreError("This study was built by another version of the software.", name, "Build it again.")
    try:
        return Study(
            name=name,
            version=manifest["version"],
            built_at=manifest["built_at"],
            settings=Settings().with_changes(manifest["settings"], str(snapshot.folder)),
            inputs=tuple(InputFile(**file) for file in manifest["inputs"]),
            versions=manifest["libraries"],
            tables=_tables_of(snapshot),
            findings=worst_first(scan_findings(snapshot.folder).collect()),
            ledger=read_part(snapshot.folder / "ledger.parquet"),
            warning=warning,
        )
    except (KeyError, TypeError, AttributeError, SettingsError) as error:
        raise StoreError(f"The manifest of this study is damaged ({error}).", name, "Build it again.") from None


def _tables_of(snapshot: Snapshot) -> TablesInParts:
    """Return the tables of a version; those of patients are in a part for each bucket of numbers."""
    files = {table: [snapshot.folder / name for name in names] for table, names in snapshot.manifest["tables"].items()}
    patients_a_part = snapshot.manifest.get("bucket_patients", 0)

    def part_of(table: str, pid: int) -> pl.LazyFrame:
        bucket = bucket_name(pid // patients_a_part) if patients_a_part else ""
        return scan_parts([file for file in files[table] if file.parent.name == bucket] or files[table])

    return TablesInParts({table: scan_parts(parts) for table, parts in files.items()}, part_of)


def opaque_id(store: Path, patient_id: str) -> str:
    """Return a name for a patient that means nothing outside this store; see `opaque_ids`."""
    return opaque_ids(store, [patient_id])[patient_id]


def opaque_ids(store: Path, patient_ids: Iterable[str]) -> dict[str, str]:
    """Return for each patient a name that means nothing outside this store, for addresses of pages.

    Sixteen letters and digits, the same at every build of the store (HMAC-SHA-256 under its random key).

    Raises
    ------
    StoreError
        If the store has no key.
    """
    try:
        key = (store / KEY_FILE).read_bytes()
    except OSError:
        raise StoreError("The store's key cannot be read.", str(store), "Build the study again.") from None
    return {patient_id: _opaque(key, patient_id) for patient_id in patient_ids}


def _opaque(key: bytes, patient_id: str) -> str:
    digest = hmac.new(key, patient_id.encode(), hashlib.sha256).digest()
    return b32encode(digest[:10]).decode().lower()


def ensure_key(store: Path) -> None:
    """Make the random key of a store, if it has none."""
    path = store / KEY_FILE
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(os.urandom(KEY_BYTES))
            os.fsync(stream.fileno())


def scan_findings(folder: Path) -> pl.LazyFrame:
    """Return the findings of every part of a version."""
    return scan_parts(_findings_files(folder))


def _findings_files(folder: Path) -> list[Path]:
    return [folder / f"{FINDINGS}.parquet", *sorted(folder.glob(f"*/{FINDINGS}.parquet"))]


def _write_findings_csv(folder: Path) -> None:
    """Write the findings for people, worst first; of a study in several buckets one bucket after the other."""
    files = _findings_files(folder)
    groups = [files] if len(files) <= 2 else [[file] for file in files]
    with (folder / f"{FINDINGS}.csv").open("w", encoding="utf-8", newline="") as stream:
        pl.DataFrame(schema=FINDING_COLUMNS).write_csv(stream)
        for severity in SEVERITIES:
            for group in groups:
                chosen = scan_parts(group).filter(pl.col("severity") == severity).collect()
                with told_as_unwritable(folder / f"{FINDINGS}.csv"):
                    disarm_texts(worst_first(chosen)).write_csv(stream, include_header=False)


def _parts_of_tables(hashes: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the files of each table, in the order of the sheets and then of the derived tables."""
    parts: dict[str, list[str]] = {}
    for file in sorted(name for name in hashes if name.endswith(".parquet")):
        table = PurePosixPath(file).stem
        if table not in (FINDINGS, "ledger"):
            parts.setdefault(table, []).append(file)
    order = {table: place for place, table in enumerate((*SHEET_ORDER, *DERIVED_TABLES))}
    return dict(sorted(parts.items(), key=lambda item: order.get(item[0], len(order))))


def _version_of(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "run from its source folder, not installed"


def _content_hash(content: Mapping[str, Any], hashes: Mapping[str, str]) -> str:
    """Return the hash that names a version; how it was made and what it changed are no part of it."""
    files = {name: digest for name, digest in hashes.items() if PurePosixPath(name).name not in NO_CONTENT}
    text = json.dumps([content, files], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
