"""The distinct texts of a column and their numbers, however the texts come."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.coded_texts import code_few, code_texts

LONG = "a text of more than the twelve bytes that stand in a view"

FEW = ["b", None, "a", LONG, "é", "e\u0301", "", " a"]
RUNS = [text for number in range(2_000) for text in [None if number % 7 == 0 else f"P{number % 1_700}"] * 11]
SOME = [None if number % 5 == 0 else f"{number * 7 % 307}" for number in range(12_000)]
MANY = [None if number % 5 == 0 else f"{number * 7 % 11_003}" for number in range(12_000)]
SPARSE = [None if number % 9 else f"{number}" for number in range(12_000)]
ALL_BUT_ONE = ["a", "b"] * 4_000 + ["c"] + ["a"] * 4_000


@pytest.mark.parametrize(
    "cells", [[], [None, None], ["x"], ["b", "", None, "a", "b", "é", "e\u0301", LONG, " a", LONG, None]]
)
def test_each_cell_finds_its_text(cells: list[str | None]) -> None:
    column = pl.Series("text", cells, pl.String())
    coded = code_texts(column)
    assert coded.codes.null_count() == column.null_count()
    assert coded.texts.to_list() == list(dict.fromkeys(cell for cell in cells if cell is not None))
    assert coded.spread(coded.texts.to_frame("text")).to_series().to_list() == cells


@pytest.mark.parametrize(
    "cells",
    [FEW * 500, FEW * 2_000, FEW[2:] * 2_000, RUNS, SOME, MANY, SPARSE, ALL_BUT_ONE, ["a"] * 12_000],
    ids=["short", "few", "full", "runs", "some", "many", "sparse", "all but one", "one"],
)
def test_long_columns_of_every_kind_find_their_texts(cells: list[str | None]) -> None:
    coded = code_texts(pl.Series("text", cells, pl.String()))
    assert coded.texts.gather(coded.codes).to_list() == cells
    assert coded.texts.is_unique().all()
    assert coded.texts.null_count() == 0
    assert coded.as_enum().cast(pl.String).to_list() == cells


@settings(deadline=None)
@given(
    st.lists(st.sampled_from([None, "x", "", LONG, "é", "CgA"]), min_size=2, max_size=9),
    st.integers(1, 30),
    st.lists(st.tuples(st.integers(0, 10_000), st.text(max_size=3) | st.none()), max_size=90),
)
def test_any_column_finds_its_texts(pattern: list[str | None], run: int, odd: list[tuple[int, str | None]]) -> None:
    cells = [pattern[number // run % len(pattern)] for number in range(10_001)]
    for place, text in odd:
        cells[place] = text
    coded = code_texts(pl.Series("text", cells, pl.String()))
    assert coded.texts.gather(coded.codes).to_list() == cells


def test_texts_that_rarely_come_again_are_not_called_repeated() -> None:
    assert code_few(pl.Series("text", MANY)) is None
    assert code_few(pl.Series("text", SOME)) is None
    assert code_few(pl.Series("text", SOME), most=940) is not None


def test_cells_in_pieces_find_their_texts() -> None:
    head = pl.Series([str(number * 7 % 501) for number in range(5_000)])
    column = pl.concat([head, pl.Series([None, "new"], dtype=pl.String()), head.reverse()], rechunk=False)
    coded = code_texts(column)
    assert coded.texts.gather(coded.codes).to_list() == column.to_list()
