"""Sources → Study: the recipe, told in one page."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from analytics.bucket import MAKING, Bucket, BucketAccount, build_bucket
from analytics.differences import find_differences
from analytics.endpoints.findings import derive_exclusion_findings
from analytics.errors import StoreError
from analytics.intake.checks import KEYS
from analytics.intake.prepare import Order, Prepared, prepare_source, select_alike
from analytics.intake.register import NOBODY
from analytics.intake.report import describe_ledger
from analytics.intake.shelf import BUCKET_PATIENTS
from analytics.intake.source import Progress
from analytics.parts import read_part, scan_parts
from analytics.snapshots import hold_lock, hold_scratch, read_snapshot
from analytics.store import StudyParts, bucket_name, publish_held, scan_findings, study_of
from analytics.tables.findings import SEVERITIES, worst_first
from analytics.tables.registry import LOOKUPS, PATIENT_TABLES
from analytics.tables.study import Study
from analytics.withdrawal import read_withdrawn

SHOWN_REASONS = 8
"""Reasons for turned-away rows named after a build; `lutetia check` names them all."""


Work = Callable[[Iterator[Bucket]], Iterator[tuple[BucketAccount, bool]]]
"""Buckets → what `analytics.bucket.build_bucket` returns of each, in their order."""


def one_after_the_other(buckets: Iterator[Bucket]) -> Iterator[tuple[BucketAccount, bool]]:
    """Work on the buckets here, in the memory of one."""
    return map(build_bucket, buckets)


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did.

    Attributes
    ----------
    version, store
        The published version and where it is.
    n_patients, n_without_consent
        Patients accepted, and those of them who are kept out of every analysis.
    ledger
        One row a file and table, as in `analytics.tables.findings`.
    n_lines
        Treatment lines derived.
    n_buckets, n_recomputed
        Buckets of patients, and those of them in which something had changed since the version before.
    differences
        Rows added, changed and gone since the version before; see `analytics.differences`.
    """

    version: str
    store: Path
    n_patients: int
    n_without_consent: int
    ledger: pl.DataFrame
    n_lines: int
    n_buckets: int
    n_recomputed: int
    differences: pl.DataFrame
    _folder: Path

    @property
    def findings(self) -> pl.DataFrame:
        """Return every finding, worst first."""
        return worst_first(self.scan_findings().collect())

    def scan_findings(self) -> pl.LazyFrame:
        """Return every finding, unread and in no order."""
        return scan_findings(self._folder)


def build_study(
    source: Path,
    store: Path,
    settings_changes: Mapping[str, Any] | None,
    progress: Progress,
    now: datetime,
    layout: Path | None = None,
    *,
    bucket_patients: int = BUCKET_PATIENTS,
    work: Work = one_after_the_other,
) -> BuildReport:
    """Read a source, derive what happened to each patient, and publish the study.

    Patients are worked on in buckets, so that memory is that of one bucket; a bucket in which nothing
    changed since the version before is taken over from it. The result does not depend on their size.

    Parameters
    ----------
    source
        Folder of tables or workbook.
    store
        Folder of the store; created if needed.
    settings_changes
        Settings that win over the ``study`` sheet.
    progress
        Called with what is being done, how many of how many are done.
    now
        The moment of the build; no date of the source may lie after its day.
    layout
        How the source's own files and columns become tables; looked for beside them if not given.
    bucket_patients
        Patient numbers a bucket.
    work
        Who works on the buckets; see `analytics.cluster` for others.

    Raises
    ------
    SourceError, LayoutError, SettingsError, StoreError
        As `accept_source` and `analytics.store.publish` say; the version before stays.
    """
    with hold_lock(store), hold_scratch(store) as scratch:
        before = _version_before(store, bucket_patients)
        order = Order(
            source,
            dict(settings_changes or {}),
            layout,
            now.date(),
            read_withdrawn(store),
            before.patients,
            bucket_patients,
        )
        prepared = prepare_source(order, scratch, progress)
        made = _Making(prepared, before, bucket_patients, progress, work)
        snapshot = publish_held(store, made.make, now)
    accounts, parts = made.accounts, made.parts
    return BuildReport(
        version=snapshot.manifest["version"],
        store=store,
        n_patients=sum(account.n_patients for account in accounts),
        n_without_consent=sum(account.n_without_consent for account in accounts),
        ledger=parts[0].ledger,
        n_lines=sum(account.n_lines for account in accounts),
        n_buckets=len(accounts),
        n_recomputed=made.n_recomputed,
        differences=pl.concat(made.differences),
        _folder=snapshot.folder,
    )


@dataclass(frozen=True, slots=True)
class _Before:
    """The version before, if there is one that can be used."""

    study: Study | None = None
    folder: Path | None = None

    @property
    def patients(self) -> pl.DataFrame:
        """Return who has which number."""
        if self.study is None:
            return NOBODY
        return self.study.table("patients").select("patient_id", "pid").collect()

    def bucket(self, number: int) -> Path | None:
        """Return the folder of a bucket, if it holds the same patients' numbers."""
        return self.folder / bucket_name(number) if self.folder else None

    def tables(self, number: int, bucket_patients: int) -> Iterator[tuple[str, pl.DataFrame]]:
        """Yield the accepted rows of the patients of a bucket, table by table: from its own files if it had some."""
        folder = self.bucket(number)
        if folder is not None and folder.is_dir():
            yield from ((name, read_part(folder / f"{name}.parquet")) for name in PATIENT_TABLES)
        elif self.study is not None:
            first_pid = number * bucket_patients
            is_mine = pl.col("pid").is_between(first_pid, first_pid + bucket_patients - 1)
            yield from ((name, self.study.table(name).filter(is_mine).collect()) for name in PATIENT_TABLES)

    def lookups(self) -> dict[str, pl.DataFrame]:
        """Return the accepted lookup sheets."""
        return {name: self.study.table(name).collect() for name in LOOKUPS} if self.study else {}


def _version_before(store: Path, bucket_patients: int) -> _Before:
    """Return the current version; nothing at a first build, when none is whole, or when it is of another format."""
    try:
        snapshot, _ = read_snapshot(store)
        study = study_of(snapshot, store.name)
    except StoreError:
        return _Before()
    has_these_buckets = snapshot.manifest["bucket_patients"] == bucket_patients
    return _Before(study, snapshot.folder if has_these_buckets else None)


@dataclass(slots=True)
class _Making:
    """The buckets of a study while they are made; what is counted piles up here."""

    prepared: Prepared
    before: _Before
    bucket_patients: int
    progress: Progress
    work: Work
    accounts: list[BucketAccount] = field(default_factory=list[BucketAccount])
    differences: list[pl.DataFrame] = field(default_factory=list[pl.DataFrame])
    parts: list[StudyParts] = field(default_factory=list[StudyParts])
    n_recomputed: int = 0

    def make(self, folder: Path) -> StudyParts:
        """Write every bucket into ``folder`` and return what is in none."""
        prepared, lookups = self.prepared, self.prepared.lookups.tables
        self.differences.append(find_differences(self.before.lookups(), lookups, KEYS))
        n_buckets = prepared.shelf.n_buckets
        buckets = (self._bucket(number, folder) for number in range(n_buckets))
        for number, (account, is_new) in enumerate(self.work(buckets)):
            self._note(number, account, folder if is_new else None)
            self.progress("patients", number + 1, n_buckets)
        for left_behind in folder.glob(f"{MAKING}*"):
            shutil.rmtree(left_behind, ignore_errors=True)
        self.progress("publish", 0, 1)
        findings, ledger = prepared.close(
            pl.concat(account.outcomes for account in self.accounts),
            pl.concat(account.tallies for account in self.accounts),
            self._look_alikes(folder),
        )
        excluded = derive_exclusion_findings(pl.concat(account.exclusions for account in self.accounts))
        parts = StudyParts(
            lookups,
            pl.concat([findings, excluded]),
            ledger,
            prepared.settings,
            prepared.inputs,
            pl.concat(self.differences),
            self.bucket_patients,
        )
        self.parts.append(parts)
        return parts

    def _bucket(self, number: int, folder: Path) -> Bucket:
        prepared, name = self.prepared, bucket_name(number)
        rows = prepared.shelf.take(number)
        return Bucket(rows, prepared.ground, prepared.lookups.tables, folder / name, self.before.bucket(number))

    def _note(self, number: int, account: BucketAccount, folder: Path | None) -> None:
        """Count a bucket that was made, and compare it if it is new in ``folder``."""
        self.prepared.shelf.clear(number)
        self.accounts.append(account)
        if folder is None:
            return
        self.n_recomputed += 1
        for name, old in self.before.tables(number, self.bucket_patients):
            new = read_part(folder / bucket_name(number) / f"{name}.parquet")
            self.differences.append(find_differences({name: old}, {name: new}, KEYS))

    def _look_alikes(self, folder: Path) -> pl.DataFrame:
        """Return the accepted patients whose id differs from another one only in writing."""
        patients = scan_parts(sorted(folder.glob("*/patients.parquet")))
        return select_alike(patients, self.prepared.look_alikes).collect()


def describe_build(report: BuildReport) -> tuple[str, ...]:
    """Return the lines a person reads after a build: rows taken and turned away, and why."""
    return tuple(_describe(report))


def _describe(report: BuildReport) -> Iterator[str]:
    yield from describe_ledger(report.ledger)
    yield ""
    yield f"{report.n_patients} patients, {report.n_lines} treatment lines."
    if report.n_without_consent:
        yield f"{report.n_without_consent} patients have not consented to research: in no analysis."
    yield from _describe_turned_away(report.scan_findings())
    counts = dict(report.scan_findings().group_by("severity").agg(pl.len()).collect().iter_rows())
    words = [f"{counts[severity]} {severity}" for severity in SEVERITIES if counts.get(severity)]
    yield f"Findings: {', '.join(words) or 'none'}."
    changes = dict(report.differences.get_column("change").value_counts().iter_rows())
    if report.n_recomputed < report.n_buckets:
        yield f"{report.n_recomputed} of {report.n_buckets} buckets of patients had changed and were worked out again."
    if changes:
        yield f"Since the version before: {', '.join(f'{n} rows {change}' for change, n in sorted(changes.items()))}."
    yield f"Version {report.version} in {report.store}"


def _describe_turned_away(findings: pl.LazyFrame) -> Iterator[str]:
    """Say why rows were not used: each reason counted, with its first place and sentence."""
    rows = findings.filter((pl.col("severity") == "ERROR") & (pl.col("scope") == "row"))
    first = pl.col("file", "sheet", "row", "message").sort_by("file", "sheet", "row").first()
    reasons = rows.group_by("rule_id", "table").agg(pl.len().alias("n"), first).collect()
    if reasons.height:
        yield "Why rows were turned away (all of them: lutetia check):"
    ordered = reasons.sort("n", "rule_id", "table", descending=[True, False, False])
    for reason in ordered.head(SHOWN_REASONS).iter_rows(named=True):
        sheet = f", sheet {reason['sheet']}," if reason["sheet"] else ""
        place = f"{reason['file']}{sheet} line {reason['row']}"
        yield f"  {reason['n']} in {reason['table']} ({reason['rule_id']}), first {place}: {reason['message']}"
