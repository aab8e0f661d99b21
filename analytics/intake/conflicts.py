"""Rows that say different things under one key: what is told of them, and what stays of a patient."""

from __future__ import annotations

import polars as pl

from analytics.intake.checks import Check, findings_of, key_of, number_text
from analytics.intake.parse import raw
from analytics.tables.columns import facts_of
from analytics.tables.registry import SOURCE_TABLES

NOT_SAID = ("status", "comment", "source_id")
"""Columns that say nothing about the patient; two rows may differ in them and still agree."""

DATE_PARTS = ("_lo", "_hi", "_precision")
"""What is added to the name of a date for the parts it was read into."""

SHOWN_PLACES = 10
"""So many places are named in a message, and the others counted."""


def count_said(table: str, name: str) -> pl.Expr:
    """Return how many different things rows of one key say in a column; a month is another thing than its first day.

    Of two rows of a patient one may know what the other does not; elsewhere an empty cell is a different thing.
    """
    is_date = facts_of(SOURCE_TABLES[table])[name].kind == "partial_date"
    said = pl.struct(name, f"{name}_precision") if is_date else pl.col(name)
    return said.filter(pl.col(name).is_not_null()).n_unique() if table == "patients" else said.n_unique()


def merge_patients(frame: pl.DataFrame, shared: pl.DataFrame) -> pl.DataFrame:
    """Give the first row of each patient what its rows say and none contradicts; a refusal of consent stays.

    A patient whose rows differ in the sex is still a patient: without the row every other record would be lost.

    Parameters
    ----------
    frame, shared
        The patients with their place ``_n``, and those of them that share a ``_key``.
    """
    names = [name for name in frame.columns if name[0] != "_" and name not in (*NOT_SAID, "pid", "patient_id")]
    typed = [name for name in names if "!" not in name]
    texts = [name for name in names if name.endswith("!text") and name not in map(raw, NOT_SAID)]
    merged = shared.group_by("_key", maintain_order=True).agg(
        pl.col("_n").first(),
        *(pl.when(count_said("patients", _of(name)) <= 1).then(pl.col(name).drop_nulls().first()) for name in typed),
        pl.col(texts).drop_nulls().first(),
        _refused=(pl.col("consent_to_research") == "N").any(),
    )
    refused = pl.when("_refused").then(pl.lit("N")).otherwise("consent_to_research")
    firsts = merged.with_columns(consent_to_research=refused).drop("_key", "_refused")
    return frame.update(firsts, on="_n", how="left", include_nulls=True)


def completed_findings(shared: pl.DataFrame) -> list[pl.DataFrame]:
    """Return, for each cell that the first row of a patient has from another one, where that stands.

    Parameters
    ----------
    shared
        The rows of patients that share a ``_key``, as they were read.
    """
    found: list[pl.DataFrame] = []
    for name in facts_of(SOURCE_TABLES["patients"]):
        if name in (*NOT_SAID, "patient_id"):
            continue
        is_given = pl.col(raw(name)).is_not_null()
        first_given = is_given & (is_given.cum_sum().over("_key") == 1)
        is_other = first_given & ~pl.col("_key").is_first_distinct()
        rows = shared.filter(is_other & (count_said("patients", name) == 1).over("_key"))
        if rows.height:
            found.append(findings_of(Check("V107", name, pl.lit(value=True)), "patients", rows))
    return found


def _of(name: str) -> str:
    """Return the column that a part of it, the range or precision of a date, belongs to."""
    return next((name.removesuffix(part) for part in DATE_PARTS if name.endswith(part)), name)


def conflict_findings(table: str, rows: pl.DataFrame, said: list[str]) -> pl.DataFrame:
    """Return one finding a key, naming the columns in which its rows differ and where they stand.

    Parameters
    ----------
    rows
        The rows in conflict, with their ``_key``.
    said
        The columns that may differ.
    """
    parts = [
        pl.when(count_said(table, name) > 1).then(
            pl.concat_str(
                [
                    pl.lit(f"{name} "),
                    _texts(table, name).unique(maintain_order=True).str.join(" / "),
                ]
            )
        )
        for name in said
    ]
    told = rows.group_by("_key", maintain_order=True).agg(
        _count=pl.len(),
        _values=pl.concat_str(parts, separator="; ", ignore_nulls=True),
        _lines=pl.col("_row").cast(pl.String()).unique(maintain_order=True).head(SHOWN_PLACES).str.join(", "),
        _places=_places().unique(maintain_order=True).head(SHOWN_PLACES).str.join("; "),
        _is_one_file=_source().n_unique() == 1,
    )
    firsts = rows.filter(pl.col("_key").is_first_distinct()).with_columns(_shown=key_of(table))
    patient = [pl.col("patient_id")] if "patient_id" in rows.columns else []
    more = pl.when(pl.col("_count") > SHOWN_PLACES).then(pl.lit(", …")).otherwise(pl.lit(""))
    lines = pl.format(" They stand in lines {}{}.", "_lines", more)
    places = pl.format(" They stand in {}{}.", "_places", more)
    then = "The patient stays, without what is contradicted." if table == "patients" else "None is used."
    fields: dict[str, pl.Expr | str] = {
        "n": number_text("_count"),
        "key": pl.concat_str([pl.lit(table), *patient, pl.col("_shown")], separator=" ").str.strip_chars(),
        "values": pl.col("_values"),
        "then": pl.concat_str([pl.lit(then), pl.when("_is_one_file").then(lines).otherwise(places)]),
    }
    check = Check("V38", "", pl.lit(value=True), fields)
    return findings_of(check, table, firsts.join(told, on="_key", how="left", maintain_order="left"))


def _texts(table: str, name: str) -> pl.Expr:
    reported = pl.col(raw(name))
    return reported.drop_nulls() if table == "patients" else reported.fill_null("(empty)")


def _source() -> pl.Expr:
    return pl.concat_str([pl.col("_file"), pl.lit(", sheet ") + pl.col("_sheet")], ignore_nulls=True)


def _places() -> pl.Expr:
    return pl.concat_str([_source(), pl.lit(" line "), pl.col("_row").cast(pl.String())])
