"""The distinct texts of a column and their numbers."""

from __future__ import annotations

import polars as pl
import pytest

from analytics.intake.distinct import code_columns, code_texts

LONG = "a text of more than the twelve bytes that stand in a view"


@pytest.mark.parametrize(
    "cells", [[], [None, None], ["x"], ["b", "", None, "a", "b", "é", "e\u0301", LONG, " a", LONG, None]]
)
def test_each_cell_finds_its_text(cells: list[str | None]) -> None:
    column = pl.Series("text", cells, pl.String())
    coded = code_texts(column)
    assert coded.codes.null_count() == column.null_count()
    assert coded.texts.to_list() == list(dict.fromkeys(cell for cell in cells if cell is not None))
    assert coded.spread(coded.texts.to_frame("text")).to_series().to_list() == cells


def test_cells_in_pieces_find_their_texts() -> None:
    head = pl.Series([str(number * 7 % 501) for number in range(5_000)])
    column = pl.concat([head, pl.Series([None, "new"], dtype=pl.String()), head.reverse()], rechunk=False)
    coded = code_texts(column)
    assert coded.texts.gather(coded.codes).to_list() == column.to_list()


def test_columns_do_not_share_their_numbers() -> None:
    coded = code_columns({"a": pl.Series(["x", "y"]), "b": pl.Series(["y", "z"])})
    assert [coded[name].codes.to_list() for name in "ab"] == [[0, 1], [0, 1]]
    assert [coded[name].texts.to_list() for name in "ab"] == [["x", "y"], ["y", "z"]]
