"""Repeated rows, rows that contradict each other, corrected rows and rows entered in error."""

from __future__ import annotations

import polars as pl

from analytics.intake.checks import KEYS, Check, findings_of, key_of, number_text
from analytics.intake.parse import STATUS, raw
from analytics.tables.columns import facts_of
from analytics.tables.registry import SOURCE_TABLES

MAY_REPEAT = ("concomitants", "responses", "vital_status")
"""Tables in which two rows with one key do not contradict each other."""

NOT_SAID = ("status", "comment", "source_id")
"""Columns that say nothing about the patient; two rows may differ in them and still agree."""


def settle_records(table: str, frame: pl.DataFrame, duplicate_rule: str) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """Mark the rows that are not used because of another row, with the findings.

    ``withdrawn``: entered in error. ``exact_duplicates``: repeats of an earlier row. ``superseded``: a row
    with the same key is marked corrected. ``conflicting``: rows with one key that differ, unless
    ``duplicate_rule`` is «latest_status», where the last of them supersedes the others.
    """
    if frame.height == 0:
        return frame, []
    frame = _mark(frame, pl.col("status") == "entered_in_error", "withdrawn")
    frame, repeats = _settle_repeats(table, frame)
    if table in MAY_REPEAT:
        return frame, repeats
    frame = frame.with_columns(_key=_record_key(table))
    frame = _settle_corrected(frame)
    frame, conflicts = _settle_conflicts(table, frame, duplicate_rule)
    return frame.drop("_key"), repeats + conflicts


def _mark(frame: pl.DataFrame, condition: pl.Expr, status: str) -> pl.DataFrame:
    accepted = pl.col(STATUS).is_null()
    return frame.with_columns(
        pl.when(condition.fill_null(value=False) & accepted)
        .then(pl.lit(status))
        .otherwise(pl.col(STATUS))
        .alias(STATUS)
    )


def _settle_repeats(table: str, frame: pl.DataFrame) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    reported = [raw(name) for name in facts_of(SOURCE_TABLES[table])]
    used = frame.filter(pl.col(STATUS).is_null())
    first = used.unique(reported, keep="first", maintain_order=True)
    if first.height == used.height:
        return frame, []
    kept = first.select("_file", "_sheet", "_row").with_columns(_is_first=pl.lit(value=True))
    flagged = frame.join(kept, on=["_file", "_sheet", "_row"], how="left", nulls_equal=True, maintain_order="left")
    is_repeat = pl.col("_is_first").is_null() & pl.col(STATUS).is_null()
    repeats = flagged.filter(is_repeat)
    check = Check("V37", "", pl.lit(value=True), {"n": pl.len()}, per=())
    findings = findings_of(check, table, repeats)
    return _mark(flagged, is_repeat, "exact_duplicates").drop("_is_first"), [findings]


def _record_key(table: str) -> pl.Expr:
    """Return the key of a row; null where the row may stand beside another one.

    Two laboratory values of one day are two values, unless the hospital gives them one id or one time.
    """
    names = (("patient_id",) if "patient_id" in facts_of(SOURCE_TABLES[table]) else ()) + KEYS[table]
    key = pl.concat_str([pl.col(raw(name)).fill_null("") for name in names], separator="\x1f")
    if table == "labs":
        has_time = pl.col(raw("collected")).str.contains(r"[1-9]\d?:\d{2}|:\d*[1-9]")
        return pl.when(pl.col("source_id").is_not_null() | has_time.fill_null(value=False)).then(key)
    date = {"symptoms": "date", "toxicities": "start"}.get(table)
    return pl.when(pl.col(raw(date)).is_not_null()).then(key) if date else key


def _settle_corrected(frame: pl.DataFrame) -> pl.DataFrame:
    is_used = pl.col(STATUS).is_null()
    is_corrected = ((pl.col("status") == "corrected") & is_used).fill_null(value=False)
    has_correction = is_corrected.any().over("_key") & pl.col("_key").is_not_null()
    return _mark(frame, has_correction & ~is_corrected, "superseded")


def _settle_conflicts(table: str, frame: pl.DataFrame, duplicate_rule: str) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    used = frame.filter(pl.col(STATUS).is_null() & pl.col("_key").is_not_null())
    shared = used.filter(pl.col("_key").is_duplicated())
    if shared.height == 0:
        return frame, []
    said = [name for name in facts_of(SOURCE_TABLES[table]) if name not in NOT_SAID]
    differ = shared.filter(pl.struct(said).n_unique().over("_key") > 1)
    agree = shared.filter(pl.struct(said).n_unique().over("_key") == 1)
    in_key = pl.col("_key").is_in(differ.get_column("_key").unique().to_list())
    is_last = pl.int_range(pl.len()).over("_key") == pl.len().over("_key") - 1
    repeated = pl.col("_key").is_in(agree.get_column("_key").unique().to_list())
    frame = _mark(frame, repeated & (pl.int_range(pl.len()).over("_key") > 0), "exact_duplicates")
    if differ.height == 0:
        return frame, []
    if duplicate_rule == "latest_status":
        return _mark(frame, in_key & ~is_last, "superseded"), []
    return _mark(frame, in_key, "conflicting"), [_conflict_findings(table, differ, said)]


def _conflict_findings(table: str, rows: pl.DataFrame, said: list[str]) -> pl.DataFrame:
    """Return one finding a key, naming the columns in which its rows differ."""
    differing = pl.concat_str(
        [
            pl.when(pl.col(name).n_unique() > 1).then(
                pl.concat_str(
                    [
                        pl.lit(f"{name} "),
                        pl.col(raw(name)).fill_null("(empty)").unique(maintain_order=True).str.join(" / "),
                    ]
                )
            )
            for name in said
        ],
        separator="; ",
        ignore_nulls=True,
    )
    patient = ("patient_id",) if "patient_id" in rows.columns else ()
    named = rows.with_columns(_shown=key_of(table))
    check = Check(
        "V38",
        "",
        pl.lit(value=True),
        {
            "n": number_text(pl.len()),
            "key": pl.concat_str(
                [pl.lit(table), *(pl.col(name).first() for name in patient), pl.col("_shown").first()],
                separator=" ",
            ),
            "values": differing,
        },
        per=(*patient, "_key"),
    )
    return findings_of(check, table, named)
