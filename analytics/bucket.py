"""One bucket of whole patients: accepted, derived and written as parts; or taken over, if nothing changed in it."""

from __future__ import annotations

import json
import shutil
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from analytics.catalogue.settings import Settings
from analytics.endpoints.derive import derive_all
from analytics.endpoints.findings import count_exclusions, derive_findings
from analytics.intake.fingerprint import Fingerprint
from analytics.intake.ledger import OUTCOME_COLUMNS
from analytics.intake.part import Part, accept_part
from analytics.intake.settle import Ground
from analytics.intake.shelf import Filed, load_tables
from analytics.intake.tallies import TALLY_COLUMNS
from analytics.parts import write_table
from analytics.store import ACCOUNT_FILE, FINDINGS

EXCLUSION_COLUMNS: dict[str, pl.DataType] = {
    "endpoint": pl.String(),
    "reason": pl.String(),
    "is_left_out": pl.Boolean(),
    "n": pl.UInt32(),
}
MAKING = ".making-"
"""Starts the name of a bucket's folder while it is written."""

FUTURE_RULE = "V13"
"""The only rule that depends on the day of the build: a date may not lie after it."""


@dataclass(frozen=True, slots=True)
class BucketAccount:
    """What is added up over the buckets.

    Attributes
    ----------
    fingerprint
        Names what went in; see `analytics.intake.fingerprint`.
    latest
        The last day a date could have.
    has_future
        Whether a date lay after it.
    outcomes, tallies
        See `analytics.intake.part.Part`.
    exclusions
        See `analytics.endpoints.findings.count_exclusions`.
    n_patients, n_without_consent, n_lines
        Patients accepted, those of them without consent, and treatment lines.
    """

    fingerprint: str
    latest: date | None
    has_future: bool
    outcomes: pl.DataFrame
    tallies: pl.DataFrame
    exclusions: pl.DataFrame
    n_patients: int
    n_without_consent: int
    n_lines: int


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket to be worked on, here or by another process that sees the same files.

    Attributes
    ----------
    rows
        The text rows of its patients.
    ground
        What all buckets share.
    lookups
        The accepted lookup sheets.
    folder
        Where its parts go; made here.
    before
        The same bucket of the version before: if the same went in, its parts are copied.
    """

    rows: list[Filed]
    ground: Ground
    lookups: Mapping[str, pl.DataFrame]
    folder: Path
    before: Path | None


def build_bucket(bucket: Bucket) -> tuple[BucketAccount, bool]:
    """Write the parts of a bucket; return what was counted, and whether it was worked out again.

    The parts appear all at once. Whoever is stopped leaves nothing that hinders another attempt, and of two
    attempts the first one stands: both write the same.
    """
    aside = bucket.folder.with_name(f"{MAKING}{bucket.folder.name}-{uuid.uuid4().hex}")
    try:
        account, is_new = _write_bucket(bucket, aside)
        if not bucket.folder.exists():
            aside.rename(bucket.folder)
        return account, is_new
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _write_bucket(bucket: Bucket, folder: Path) -> tuple[BucketAccount, bool]:
    ground, before = bucket.ground, bucket.before
    known = _read_account(before) if before is not None else None
    if before is not None and known is not None and _is_the_same(known, _fingerprint_of(bucket), ground.latest):
        shutil.copytree(before, folder)
        return known, False
    folder.mkdir(mode=0o700)
    fingerprint = Fingerprint(ground, bucket.lookups)
    part = accept_part(fingerprint.noting(load_tables(bucket.rows)), ground)
    _write_tables(part.tables, folder)
    # only here from now on, so that they can be let go
    tables = part.tables | dict(bucket.lookups)
    part = replace(part, tables={"patients": part.tables["patients"]})
    derived, late = derive_tables(tables, ground.settings, tables.pop)
    findings = pl.concat([part.findings, late])
    write_table(findings, folder / f"{FINDINGS}.parquet")
    account = _account_of(fingerprint.read(), ground.latest, part, derived, findings)
    tables.clear()
    _write_tables(derived, folder)
    _write_account(account, folder)
    return account, True


def _fingerprint_of(bucket: Bucket) -> str:
    """Return the fingerprint of the rows that wait, which are read for it alone."""
    fingerprint = Fingerprint(bucket.ground, bucket.lookups)
    deque(fingerprint.noting(load_tables(list(bucket.rows))), maxlen=0)
    return fingerprint.read()


def _write_tables(tables: Mapping[str, pl.DataFrame], folder: Path) -> None:
    for name, table in tables.items():
        write_table(_by_patient(table), folder / f"{name}.parquet")


def derive_tables(
    tables: Mapping[str, pl.DataFrame], settings: Settings, let_go: Callable[[str], object] = lambda _table: None
) -> tuple[dict[str, pl.DataFrame], pl.DataFrame]:
    """Return the derived tables of some whole patients, and what only these could find.

    ``let_go`` is called with the name of a table that is read no more; see `analytics.endpoints.derive.derive_all`.
    """
    accepted = {name: table.lazy() for name, table in tables.items()}

    def forget(name: str) -> None:
        del accepted[name]
        let_go(name)

    derived = derive_all(accepted, settings, forget)
    return derived, derive_findings(accepted, derived, settings)


def _by_patient(table: pl.DataFrame) -> pl.DataFrame:
    """Return the table in the order of its patients, so that buckets one after the other are in it too."""
    is_so = table.get_column("pid").is_sorted()
    return table if is_so else table.sort("pid", maintain_order=True)


def _account_of(
    fingerprint: str,
    latest: date | None,
    part: Part,
    derived: Mapping[str, pl.DataFrame],
    findings: pl.DataFrame,
) -> BucketAccount:
    patients = part.tables["patients"]
    return BucketAccount(
        fingerprint=fingerprint,
        latest=latest,
        has_future=FUTURE_RULE in findings.get_column("rule_id"),
        outcomes=part.outcomes,
        tallies=part.tallies,
        exclusions=count_exclusions(derived["times_to_event"]),
        n_patients=patients.height,
        n_without_consent=patients.filter(pl.col("consent_to_research") == "N").height,
        n_lines=derived["lines"].height,
    )


def _is_the_same(known: BucketAccount, fingerprint: str, latest: date | None) -> bool:
    """Say whether the same rows would come to the same: on a later day too, if no date lay in the future before."""
    if known.fingerprint != fingerprint:
        return False
    if known.latest == latest:
        return True
    return not known.has_future and known.latest is not None and (latest is None or latest > known.latest)


def _write_account(account: BucketAccount, folder: Path) -> None:
    content: dict[str, Any] = {
        "fingerprint": account.fingerprint,
        "latest": account.latest.isoformat() if account.latest else None,
        "has_future": account.has_future,
        "outcomes": account.outcomes.to_dicts(),
        "tallies": account.tallies.to_dicts(),
        "exclusions": account.exclusions.to_dicts(),
        "n_patients": account.n_patients,
        "n_without_consent": account.n_without_consent,
        "n_lines": account.n_lines,
    }
    (folder / ACCOUNT_FILE).write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")


def _read_account(folder: Path) -> BucketAccount | None:
    """Return the account of a bucket; None if it has none any more, because a patient withdrew from it."""
    try:
        content: dict[str, Any] = json.loads((folder / ACCOUNT_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    frames = {"outcomes": OUTCOME_COLUMNS, "tallies": TALLY_COLUMNS, "exclusions": EXCLUSION_COLUMNS}
    for name, schema in frames.items():
        content[name] = pl.DataFrame(content[name], schema=schema, orient="row")
    content["latest"] = date.fromisoformat(content["latest"]) if content["latest"] else None
    return BucketAccount(**content)
