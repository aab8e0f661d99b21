"""Ids found by their hashes are found as by comparing each with each."""

from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.intake.id_table import make_id_table
from analytics.intake.register import Register

FOUND = 0.98
"""Least share of known ids that two looks find: by chance about one in eighty has lost both of its places."""

N_KNOWN = 5_000


def known(n: int) -> pl.Series:
    return pl.Series("patient_id", [f"S-{number:06d}" for number in range(n)])


def test_most_known_ids_are_found_and_no_others() -> None:
    ids = known(N_KNOWN)
    table = make_id_table(ids)
    found = table.find(ids)
    assert found.null_count() <= (1 - FOUND) * N_KNOWN
    places = pl.Series(range(N_KNOWN), dtype=pl.Int32)
    assert (found == places).drop_nulls().all()
    assert table.find(pl.Series([None, "", "S-999999", "s-000001"], dtype=pl.String())).null_count() == 4


@settings(deadline=None)
@given(st.integers(1, 400), st.lists(st.integers(0, 500) | st.none(), max_size=900), st.integers(0, 5))
def test_patients_are_numbered_as_on_their_sheet(n: int, asked: list[int | None], first: int) -> None:
    patients = known(n).to_frame().with_columns(pid=pl.int_range(first, first + n, dtype=pl.UInt32))
    cells = pl.Series([None if number is None else f" S-{number:06d}" for number in asked], dtype=pl.String())
    wanted = [None if number is None or number >= n else first + number for number in asked]
    register = Register(patients)
    assert register.number(cells).to_list() == wanted
    assert register.strays == {f"S-{number:06d}" for number in asked if number is not None and number >= n}


def test_nobody_is_found_on_an_empty_sheet() -> None:
    nobody = pl.DataFrame(schema={"patient_id": pl.String(), "pid": pl.UInt32()})
    assert Register(nobody).number(pl.Series(["S-1", None])).to_list() == [None, None]
