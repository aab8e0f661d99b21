"""Repeated rows, rows that contradict each other, corrected rows and rows entered in error."""

from __future__ import annotations

import numpy as np
import polars as pl

from analytics.intake.checks import KEYS, Check, findings_of
from analytics.intake.conflicts import NOT_SAID, completed_findings, conflict_findings, count_said, merge_patients
from analytics.intake.parse import ID_COLUMNS, STATUS, raw
from analytics.intake.retractions import find_retractions
from analytics.tables.columns import facts_of
from analytics.tables.registry import SOURCE_TABLES

MAY_REPEAT = ("concomitants", "responses", "vital_status")
"""Tables in which two rows with one key do not contradict each other."""

_TOP = np.uint64(64 - 16)
"""The top bits of a hash, enough to pass by most rows that are like no other."""

REPEATED = Check("V37", "", pl.lit(value=True), per=(), counts={"n": pl.len()})
"""What is told of rows that say the same as an earlier one."""


def settle_records(table: str, frame: pl.DataFrame, duplicate_rule: str) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """Mark the rows that are not used because of another row, with the findings.

    ``withdrawn``: entered in error. ``exact_duplicates``: repeats of an earlier row. ``superseded``: a row
    with the same key is marked corrected. ``conflicting``: rows with one key that differ, unless
    ``duplicate_rule`` is «latest_status», where the last of them supersedes the others.
    """
    if frame.height == 0:
        return frame, []
    doubts: list[pl.DataFrame] = []
    if frame.get_column("status").null_count() < frame.height:
        frame, doubts = _settle_retractions(table, frame, duplicate_rule)
    # rows of one patient have one number, which is faster to compare
    keys = ["pid" if name == "patient_id" else name for name in _key_columns(table)]
    places = _places_alike(frame.select(keys))
    if len(places) == 0:
        return frame, doubts
    # of patients cells are emptied too, and not only of those in question is the table made
    if table == "patients":
        places = pl.int_range(frame.height, dtype=pl.UInt32, eager=True)
    alike, repeats = _settle_repeats(table, frame[places].with_row_index("_n"))
    findings = doubts + repeats
    if table not in MAY_REPEAT:
        alike = _settle_corrected(table, alike)
        alike, conflicts = _settle_conflicts(table, alike, duplicate_rule)
        findings = findings + conflicts
    return (alike.drop("_n") if table == "patients" else _put_back(frame, places, alike)), findings


def _settle_retractions(
    table: str, frame: pl.DataFrame, duplicate_rule: str
) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    found = find_retractions(table, frame, _record_key(table), duplicate_rule)
    frame = _mark(frame, pl.col("status") == "entered_in_error", "withdrawn")
    if found is None:
        return frame, []
    index = pl.int_range(pl.len(), dtype=pl.UInt32)
    for status in ("withdrawn", "superseded", "conflicting"):
        rows: pl.Series = getattr(found, status)
        frame = _mark(frame, index.is_in(rows.implode()), status) if len(rows) else frame
    return frame, found.findings


def _places_alike(keys: pl.DataFrame) -> pl.Series:
    """Return the places of the rows that may be the same as another one; they are found by a hash."""
    prints = keys.hash_rows().to_numpy()
    ordered = np.sort(prints)
    repeated = ordered[1:][ordered[1:] == ordered[:-1]]
    if len(repeated) == 0:
        return pl.Series(dtype=pl.UInt32())
    is_suspect = np.zeros(2**16, dtype=np.bool_)
    is_suspect[(repeated >> _TOP).view(np.int64)] = True
    suspects = np.flatnonzero(is_suspect[(prints >> _TOP).view(np.int64)])
    return pl.Series(suspects[np.isin(prints[suspects], repeated)].astype(np.uint32))


def _put_back(frame: pl.DataFrame, places: pl.Series, settled: pl.DataFrame) -> pl.DataFrame:
    """Return ``frame`` with the status that its rows at ``places`` have in ``settled``."""
    at = np.arange(frame.height, dtype=np.uint32)
    at[places.to_numpy()] = np.arange(frame.height, frame.height + len(places), dtype=np.uint32)
    statuses = pl.concat([frame.get_column(STATUS), settled.get_column(STATUS)])
    return frame.with_columns(statuses.gather(pl.Series(at)))


def _mark(frame: pl.DataFrame, is_meant: pl.Expr, status: str) -> pl.DataFrame:
    """Return ``frame`` with the rows meant that were still accepted marked ``status``."""
    is_marked = is_meant & pl.col(STATUS).is_null()
    return frame.with_columns(pl.when(is_marked).then(pl.lit(status)).otherwise(pl.col(STATUS)).alias(STATUS))


def _mark_rows(frame: pl.DataFrame, rows: pl.DataFrame, status: str) -> pl.DataFrame:
    return _mark(frame, pl.col("_n").is_in(rows.get_column("_n").implode()), status) if rows.height else frame


def _sharing_key(frame: pl.DataFrame, key: pl.Expr) -> pl.DataFrame:
    """Return the rows still accepted that share ``key`` with another one, with it as ``_key``."""
    named = frame.filter(pl.col(STATUS).is_null()).with_columns(_key=key)
    return named.filter(pl.col("_key").is_not_null() & pl.col("_key").is_duplicated())


def _settle_repeats(table: str, frame: pl.DataFrame) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    reported = [raw(name) for name in facts_of(SOURCE_TABLES[table])]
    shared = _sharing_key(frame, _reported_key(table))
    repeats = shared.filter(pl.struct(reported).is_first_distinct().not_())
    if repeats.height == 0:
        return frame, []
    return _mark_rows(frame, repeats, "exact_duplicates"), [findings_of(REPEATED, table, repeats)]


def _reported_key(table: str) -> pl.Expr:
    """Return the patient and key of a row as reported, as one text; repeats of a row share it."""
    return pl.concat_str([pl.col(name).fill_null("") for name in _key_columns(table)], separator="\x1f")


def _key_columns(table: str) -> list[str]:
    names = (("patient_id",) if "patient_id" in facts_of(SOURCE_TABLES[table]) else ()) + KEYS[table]
    # ids are matched in their Unicode form, of whatever form they were written in
    return [name if name in ID_COLUMNS else raw(name) for name in names]


def _record_key(table: str) -> pl.Expr:
    """Return the key of a row; null where the row may stand beside another one.

    Two laboratory values of one day are two values, unless the hospital gives them one id or one time.
    """
    key = _reported_key(table)
    if table == "labs":
        has_time = pl.col(raw("collected")).str.contains(r"(?:^|\D)[1-9]\d?:\d{2}|:\d*[1-9]")
        return pl.when(pl.col("source_id").is_not_null() | has_time.fill_null(value=False)).then(key)
    date = {"symptoms": "date", "toxicities": "start"}.get(table)
    return pl.when(pl.col(raw(date)).is_not_null()).then(key) if date else key


def _settle_corrected(table: str, frame: pl.DataFrame) -> pl.DataFrame:
    is_corrected = (pl.col("status") == "corrected") & pl.col(STATUS).is_null()
    if not frame.select(is_corrected.any()).item():
        return frame
    keyed = frame.select("_n", _record_key(table).alias("_key"), _is_corrected=is_corrected)
    corrected = keyed.filter("_is_corrected")
    superseded = keyed.join(corrected.select("_key").unique(), on="_key", how="semi").join(
        corrected.select("_n"), on="_n", how="anti"
    )
    return _mark_rows(frame, superseded, "superseded")


def _settle_conflicts(table: str, frame: pl.DataFrame, duplicate_rule: str) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    shared = _sharing_key(frame, _record_key(table))
    if shared.height == 0:
        return frame, []
    said = [name for name in facts_of(SOURCE_TABLES[table]) if name not in NOT_SAID]
    agrees = pl.all_horizontal((count_said(table, name) <= 1).over("_key") for name in said)
    differ = shared.filter(~agrees)
    repeats = shared.filter(agrees & ~pl.col("_key").is_first_distinct())
    frame = _mark_rows(frame, repeats, "exact_duplicates")
    told = [findings_of(REPEATED, table, repeats)] if repeats.height else []
    if table == "patients":
        frame = merge_patients(frame, shared)
        told.extend(completed_findings(shared))
    if differ.height == 0:
        return frame, told
    if table == "patients":
        others = differ.filter(~pl.col("_key").is_first_distinct())
        return _mark_rows(frame, others, "conflicting"), [*told, conflict_findings(table, differ, said)]
    if duplicate_rule == "latest_status":
        return _mark_rows(frame, differ.filter(~pl.col("_key").is_last_distinct()), "superseded"), told
    return _mark_rows(frame, differ, "conflicting"), [*told, conflict_findings(table, differ, said)]
