"""Publish a Study as Parquet and a manifest, in one step; open it again, whole or not at all."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from base64 import b32encode
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import polars as pl
from polars.exceptions import PolarsError

from analytics.catalogue.settings import Settings
from analytics.errors import StoreError
from analytics.snapshots import Snapshot, hold_lock, publish_snapshot, read_snapshot
from analytics.tables.study import InputFile, Study

FORMAT = 1
"""Raised when an older reader would misread a store."""

DIFFERENCES_FILE = "differences.csv"
KEY_FILE = "key"
KEY_BYTES = 32
ROW_GROUP_ROWS = 20_000
LIBRARIES = ("lutetia", "polars", "dataframely", "scipy", "statsmodels", "numpy")


@dataclass(frozen=True, slots=True)
class StudyParts:
    """What one build made, ready to be published."""

    tables: Mapping[str, pl.DataFrame]
    findings: pl.DataFrame
    ledger: pl.DataFrame
    settings: Settings
    inputs: tuple[InputFile, ...]
    differences: pl.DataFrame | None = None


def publish(store: Path, parts: StudyParts, now: datetime) -> str:
    """Publish a study as a new version and return the version's name, a hash of its content.

    Raises
    ------
    StoreError
        If another build is writing, the disk is full or the folder cannot be written; the version before
        stays as it was.
    """
    with hold_lock(store):
        return publish_held(store, parts, now)


def publish_held(store: Path, parts: StudyParts, now: datetime) -> str:
    """Publish while the caller holds the store (see `analytics.snapshots.hold_lock`)."""
    ensure_key(store)

    def write(folder: Path) -> None:
        for name, table in parts.tables.items():
            _write_table(table, folder / f"{name}.parquet")
        _write_table(parts.findings, folder / "findings.parquet")
        _write_table(parts.ledger, folder / "ledger.parquet")
        parts.findings.write_csv(folder / "findings.csv")
        if parts.differences is not None:
            parts.differences.write_csv(folder / DIFFERENCES_FILE)

    def describe(hashes: Mapping[str, str]) -> dict[str, Any]:
        content = {
            "format": FORMAT,
            "tables": list(parts.tables),
            "settings": asdict(parts.settings),
            "inputs": [asdict(file) for file in parts.inputs],
        }
        return content | {
            "version": _content_hash(content, hashes),
            "built_at": now.isoformat(timespec="seconds"),
            "libraries": {name: _version_of(name) for name in LIBRARIES},
        }

    try:
        return publish_snapshot(store, write, describe).manifest["version"]
    except PolarsError as error:
        raise StoreError(
            f"The store cannot be written ({str(error).splitlines()[0]}).",
            str(store),
            "Check the free space; the version before is untouched.",
        ) from None


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
    snapshot, warning = read_snapshot(store)
    manifest = snapshot.manifest
    if manifest["format"] != FORMAT:
        raise StoreError("This study was built by another version of the software.", str(store), "Build it again.")
    return Study(
        name=name or store.resolve().name,
        version=manifest["version"],
        built_at=manifest["built_at"],
        settings=Settings().with_changes(manifest["settings"], str(snapshot.folder)),
        inputs=tuple(InputFile(**file) for file in manifest["inputs"]),
        versions=manifest["libraries"],
        tables={name: _scan(snapshot, name) for name in manifest["tables"]},
        findings=pl.read_parquet(snapshot.folder / "findings.parquet"),
        ledger=pl.read_parquet(snapshot.folder / "ledger.parquet"),
        warning=warning,
    )


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


def _write_table(table: pl.DataFrame, path: Path) -> None:
    table.write_parquet(path, compression="zstd", row_group_size=ROW_GROUP_ROWS)


def _scan(snapshot: Snapshot, name: str) -> pl.LazyFrame:
    return pl.scan_parquet(snapshot.folder / f"{name}.parquet")


def _version_of(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "run from its source folder, not installed"


def _content_hash(content: Mapping[str, Any], hashes: Mapping[str, str]) -> str:
    """Return the hash that names a version; what differs from the version before is no part of it."""
    files = {name: digest for name, digest in hashes.items() if name != DIFFERENCES_FILE}
    text = json.dumps([content, files], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
