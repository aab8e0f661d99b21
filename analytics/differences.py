"""What a new delivery changed: rows added, changed and gone, against the version before."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from analytics.tables.columns import facts_of
from analytics.tables.registry import SHEET_ORDER, SOURCE_TABLES

DIFFERENCE_COLUMNS: dict[str, pl.DataType] = {
    "table": pl.String(),
    "change": pl.String(),
    "patient_id": pl.String(),
    "key": pl.String(),
    "file": pl.String(),
    "row": pl.UInt32(),
}
"""One row a difference; ``row`` is the line in the new file, of a row that is gone the line in the old one."""


def find_differences(
    before: Mapping[str, pl.DataFrame], tables: Mapping[str, pl.DataFrame], keys: Mapping[str, tuple[str, ...]]
) -> pl.DataFrame:
    """Return the differences between accepted tables of two versions, or of the same patients in both.

    Parameters
    ----------
    before
        The accepted tables of the version before; those it has not are not compared.
    tables
        The accepted tables of the new version.
    keys
        The columns that name a row within its patient, by table.
    """
    found = [
        _of_table(name, before[name], tables[name], keys[name])
        for name in SHEET_ORDER
        if name in before and name in tables
    ]
    return pl.concat([pl.DataFrame(schema=DIFFERENCE_COLUMNS), *found])


def _of_table(name: str, old: pl.DataFrame, new: pl.DataFrame, key: tuple[str, ...]) -> pl.DataFrame:
    said = [_reported(new, column) for column in facts_of(SOURCE_TABLES[name])]
    old_rows, new_rows = _fingerprinted(old, said, key), _fingerprinted(new, said, key)
    only_old = old_rows.join(new_rows, on="_print", how="anti")
    only_new = new_rows.join(old_rows, on="_print", how="anti")
    parts = {
        "added": only_new.join(only_old, on=["patient_id", "key"], how="anti", nulls_equal=True),
        "changed": only_new.join(only_old, on=["patient_id", "key"], how="semi", nulls_equal=True),
        "gone": only_old.join(only_new, on=["patient_id", "key"], how="anti", nulls_equal=True),
    }
    return pl.concat(
        rows.select(
            pl.lit(name).alias("table"),
            pl.lit(change).alias("change"),
            "patient_id",
            "key",
            pl.col("_file").alias("file"),
            pl.col("_row").alias("row"),
        )
        for change, rows in parts.items()
    )


def _reported(table: pl.DataFrame, column: str) -> str:
    """Return the column that holds what was reported: of a date its text."""
    return f"{column}_text" if f"{column}_text" in table.columns else column


def _fingerprinted(table: pl.DataFrame, said: list[str], key: tuple[str, ...]) -> pl.DataFrame:
    """Return patient, key, place and a fingerprint of what each row says, repeats numbered."""
    names = [_reported(table, column) for column in key]
    words = [pl.col(name).cast(pl.String()) for name in names]
    patient = pl.col("patient_id") if "patient_id" in table.columns else pl.lit(None, dtype=pl.String())
    return table.select(
        patient.alias("patient_id"),
        (pl.concat_str(words, separator=" ", ignore_nulls=True) if words else pl.lit("")).alias("key"),
        "_file",
        "_row",
        pl.struct(said).hash().alias("_print"),
    ).with_columns(_print=pl.struct("_print", pl.int_range(pl.len()).over("_print")))
