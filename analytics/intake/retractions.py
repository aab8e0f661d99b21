"""Rows that a row marked corrected or entered in error takes back, where no id says which."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from analytics.intake.checks import Check, findings_of, key_of
from analytics.intake.parse import STATUS, raw
from analytics.tables.columns import facts_of
from analytics.tables.registry import SOURCE_TABLES

CORRECTED, IN_ERROR = "corrected", "entered_in_error"
ONE_OF_A_DAY = ("pid", "analyte", "collected", "collected_hi", "specimen", "assay_id")
"""What two laboratory rows must share for one to take the other back; ids and times may also tell them apart."""

LEFT_OUT = {
    "withdrawn": "it was entered in error, or is what a row entered in error takes back",
    "superseded": "a corrected or later row takes its place",
}


@dataclass(frozen=True, slots=True)
class Retractions:
    """The places of the rows taken back, and what is told of those of which it cannot be known.

    Attributes
    ----------
    withdrawn, superseded, conflicting
        Places, counted from 0.
    findings
        A finding for each row of which it cannot be told what it takes back.
    """

    withdrawn: pl.Series
    superseded: pl.Series
    conflicting: pl.Series
    findings: list[pl.DataFrame]


def find_retractions(table: str, frame: pl.DataFrame, key: pl.Expr, duplicate_rule: str) -> Retractions | None:
    """Return what the marked rows of ``table`` take back; None where none is marked.

    Parameters
    ----------
    key
        What names a row; null where nothing does.
    duplicate_rule
        With «latest_status» a corrected row supersedes all it may stand for.
    """
    is_marked = ((pl.col("status") == IN_ERROR) | (pl.col("status") == CORRECTED)).fill_null(value=False)
    marked = frame.filter(is_marked)
    if table == "patients" or marked.is_empty():
        return None
    # few rows are marked: what is not near one of them need not be looked at
    near = _name_neighbours(table)
    is_near = near.is_in(marked.select(near.unique()).to_series().implode())
    placed = frame.with_row_index("_n").filter(is_near).with_columns(_key=key)
    if table != "labs":
        return Retractions(_equal_rows(table, placed), _no_places(), _no_places(), [])
    return _of_labs(placed, duplicate_rule)


def _name_neighbours(table: str) -> pl.Expr:
    """Return a number that rows share where one may take the other back: of the patient, of labs and of the day."""
    if "patient_id" not in facts_of(SOURCE_TABLES[table]):
        return pl.lit(0)
    pid = pl.col("pid").cast(pl.Int64)
    if table != "labs":
        return pid
    # days of two patients may meet: then a few rows more are looked at
    return pid * 2**20 + pl.col("collected").cast(pl.Int32).cast(pl.Int64).fill_null(0)


def _no_places() -> pl.Series:
    return pl.Series("_n", [], dtype=pl.UInt32)


def _equal_rows(table: str, placed: pl.DataFrame) -> pl.Series:
    """Return the accepted rows that say the same as one entered in error."""
    said = [raw(name) for name in facts_of(SOURCE_TABLES[table]) if name not in ("status", "comment", "source_id")]
    in_error = placed.filter(pl.col("status") == IN_ERROR, pl.col("_key").is_not_null())
    others = placed.filter((pl.col("status") != IN_ERROR).fill_null(value=True), pl.col(STATUS).is_null())
    return others.join(in_error, on=["_key", *said], how="semi", nulls_equal=True).get_column("_n")


def _of_labs(placed: pl.DataFrame, duplicate_rule: str) -> Retractions:
    rows = placed.with_columns(_time=_clock_time())
    is_in_error = (pl.col("status") == IN_ERROR).fill_null(value=False)
    # a retraction that is rejected itself, say for its value, still takes back what was reported before
    speaks = pl.col(STATUS).is_null() | (pl.col(STATUS) == "rejected")
    in_error = rows.filter(is_in_error, speaks)
    usable = rows.filter(~is_in_error, pl.col(STATUS).is_null())
    meant = _pairs(in_error, usable).filter(pl.col(raw("value_text")).is_null() | _say_the_same())
    withdrawn, doubtful = _told_apart(meant)
    left = usable.filter(~pl.col("_n").is_in(pl.concat([withdrawn, doubtful.get_column("_n_other")]).implode()))
    is_corrected = (pl.col("status") == CORRECTED).fill_null(value=False)
    corrected = rows.filter(is_corrected, speaks, ~pl.col("_n").is_in(withdrawn.implode()))
    superseded, open_pairs = _told_apart(_pairs(corrected, left.filter(~is_corrected)))
    if duplicate_rule == "latest_status":
        last = pl.col("_n") == pl.col("_n").max().over("_n_other")
        others = open_pairs.filter(~last).get_column("_n")
        superseded = pl.concat([superseded, open_pairs.get_column("_n_other"), others])
        open_pairs = open_pairs.clear()
    conflicting = [doubtful.get_column("_n_other"), open_pairs.get_column("_n"), open_pairs.get_column("_n_other")]
    findings = [_findings(rows, pairs) for pairs in (doubtful, open_pairs) if pairs.height]
    return Retractions(withdrawn, superseded, pl.concat(conflicting), findings)


def _clock_time() -> pl.Expr:
    """Return the time of day of a sample as «08:30»; midnight is none, since hospitals write it for «unknown»."""
    text = pl.col(raw("collected"))
    found = text.str.extract(r"(?:^|\D)(\d{1,2}:\d{2}(?::\d{2})?)").str.zfill(5).str.strip_suffix(":00")
    half = text.str.extract(r"\d:\d{2}(?::\d{2})?\s?([AaPp])").str.to_lowercase().fill_null("")
    return pl.when(found.str.contains(r"[1-9]")).then(pl.concat_str(found.str.pad_end(5, "0"), half))


def _pairs(marked: pl.DataFrame, others: pl.DataFrame) -> pl.DataFrame:
    """Return each marked row with the other rows it may stand for: those named alike, else those of the day.

    Rows whose ids or times differ are two measurements.
    """
    pairs = marked.join(others, on=ONE_OF_A_DAY, how="inner", nulls_equal=True, suffix="_other")
    same_id, same_time = (pl.col(name) == pl.col(f"{name}_other") for name in ("source_id", "_time"))
    no_id = pl.col("source_id").is_null() & pl.col("source_id_other").is_null()
    possible = pairs.filter(same_id.fill_null(value=True), same_time.fill_null(value=True)).with_columns(
        _is_named=(same_id | (no_id & same_time)).fill_null(value=False)
    )
    named = possible.filter("_is_named").get_column("_n_other").implode()
    is_meant = pl.col("_is_named") | ~(pl.col("_is_named").any().over("_n") | pl.col("_n_other").is_in(named))
    return possible.filter(is_meant)


def _say_the_same() -> pl.Expr:
    texts = pl.col(raw("value_text")) == pl.col(f"{raw('value_text')}_other")
    numbers = (pl.col("value") == pl.col("value_other")) & pl.col("comparator").eq_missing(pl.col("comparator_other"))
    return texts | numbers.fill_null(value=False)


def _told_apart(pairs: pl.DataFrame) -> tuple[pl.Series, pl.DataFrame]:
    """Return the other rows of pairs of two alike in name, or of one with one, and the pairs in doubt."""
    said = [raw(name) for name in ("value_text", "unit", "collected", "source_id")]
    counted = pairs.with_columns(
        _records=pl.struct(f"{name}_other" for name in said).n_unique().over("_n"),
        _claims=pl.struct(said).n_unique().over("_n_other"),
    )
    is_one = pl.col("_is_named") | ((pl.col("_records") == 1) & (pl.col("_claims") == 1))
    return counted.filter(is_one).get_column("_n_other"), counted.filter(~is_one)


def _findings(rows: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    lines = pairs.group_by("_n").agg(
        pl.col("_row_other").unique().sort().cast(pl.String()).str.join(", ").alias("_lines"),
        pl.col("_n_other").n_unique().alias("_count"),
    )
    shown = rows.join(lines, on="_n", how="inner", maintain_order="left").with_columns(_shown=key_of("labs"))
    fields = {"n": pl.col("_count"), "status": pl.col("status"), "lines": pl.col("_lines"), "key": pl.col("_shown")}
    return findings_of(Check("V83", "", pl.lit(value=True), fields), "labs", shown)


def left_out_findings(table: str, before: pl.DataFrame, after: pl.DataFrame) -> list[pl.DataFrame]:
    """Return a finding for each row that another one took the place of, or that was entered in error.

    Parameters
    ----------
    before, after
        The rows of ``table`` before and after they were settled, in one order.
    """
    if before.get_column("status").null_count() == before.height and "superseded" not in after.get_column(STATUS):
        return []
    why = pl.col(STATUS).replace_strict(LEFT_OUT, default=None, return_dtype=pl.String())
    left_out = after.filter(before.get_column(STATUS).is_null(), pl.col(STATUS).is_in(list(LEFT_OUT)))
    check = Check("V84", "", pl.lit(value=True), {"why": why})
    return [findings_of(check, table, left_out)] if left_out.height else []
