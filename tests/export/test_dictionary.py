"""The data dictionary is made from the schemas: every column is there, with a meaning."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from analytics.errors import ExportError
from analytics.export.dictionary import COLUMNS, describe_dictionary, dictionary_table, write_dictionary
from analytics.tables.derived import DERIVED_TABLES
from analytics.tables.registry import SOURCE_TABLES


def test_every_column_of_every_table_has_a_kind_and_a_meaning() -> None:
    table = dictionary_table()
    for origin, schemas in (("source", SOURCE_TABLES), ("derived", DERIVED_TABLES)):
        for name, schema in schemas.items():
            part = table.filter((pl.col("origin") == origin) & (pl.col("table") == name))
            assert set(part["column"]) == set(schema.columns())
    assert table.filter((pl.col("meaning") == "") | (pl.col("kind") == "")).is_empty()


def test_a_column_says_unit_values_and_need() -> None:
    table = dictionary_table()
    activity = table.filter((pl.col("table") == "cycles") & (pl.col("column") == "activity_gbq")).row(0, named=True)
    assert (activity["unit"], activity["allowed"], activity["need"]) == ("GBq", "≥ 0", "optional")
    sex = table.filter((pl.col("table") == "patients") & (pl.col("column") == "sex")).row(0, named=True)
    assert (sex["allowed"], sex["need"]) == ("F; M; other; unknown", "table")


def test_it_can_be_read_as_text_and_as_a_table(tmp_path: Path) -> None:
    write_dictionary(tmp_path / "dictionary.md")
    write_dictionary(tmp_path / "dictionary.csv")
    assert (tmp_path / "dictionary.md").read_text(encoding="utf-8") == describe_dictionary()
    table = pl.read_csv(tmp_path / "dictionary.csv")
    assert table.columns == list(COLUMNS)
    assert table.height == dictionary_table().height


def test_another_ending_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"\.docx"):
        write_dictionary(tmp_path / "dictionary.docx")
