"""Who has which number: ids are looked up the same way whether few or many are asked about."""

from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.intake.register import MANY_IDS, Register

IDS = st.text(st.sampled_from("aB1é～ \U0001f600"), min_size=1, max_size=3).map(str.strip).filter(bool)


@settings(deadline=None)
@given(sheet=st.lists(IDS, unique=True, max_size=40), asked=st.lists(st.none() | IDS, min_size=1, max_size=4))
def test_few_ids_are_found_as_many_are(sheet: list[str], asked: list[str | None]):
    """Few are searched for in the sorted sheet, many are joined to it."""
    patients = pl.DataFrame(
        {"patient_id": sheet, "pid": range(len(sheet))}, schema={"patient_id": str, "pid": pl.UInt32}
    )
    ids = pl.Series("patient_id", asked, dtype=pl.String)
    few = Register(patients).number(ids)
    many = Register(patients).number(pl.concat([ids] * MANY_IDS * (1 + len(sheet))))
    assert few.to_list() == many.head(len(ids)).to_list()


def test_an_id_that_is_not_on_the_sheet_is_a_stray():
    register = Register(pl.DataFrame({"patient_id": ["P1"], "pid": [7]}, schema_overrides={"pid": pl.UInt32}))
    assert register.number(pl.Series(["P1", " P1 ", "P2", "", None])).to_list() == [7, 7, None, None, None]
    assert register.strays == {"P2"}


def test_nobody_is_found_where_nobody_is():
    empty = Register(pl.DataFrame(schema={"patient_id": pl.String, "pid": pl.UInt32}))
    assert empty.number(pl.Series(dtype=pl.String)).to_list() == []
    assert empty.number(pl.Series(["P1"])).to_list() == [None]
