"""One reading of each examination."""

from __future__ import annotations

import pytest

from analytics.longitudinal.reading import select_reading
from tests.by_hand import accept_by_hand


@pytest.mark.parametrize(
    ("readers", "kept"),
    [
        (["local", "Central"], "Central"),
        (["B", "A"], "A"),
        (["A", ""], None),  # a row without a name stands before any name
        (["", ""], None),
        (["central", "Central"], "Central"),
    ],
)
def test_the_reader_who_is_kept(readers: list[str], kept: str | None):
    rows = "\n".join(f"P1 | s0 | L{place} | {reader}" for place, reader in enumerate(readers))
    other = "\nP2 | s0 | L1 | local"
    tables = accept_by_hand({"lesions": f"patient_id | imaging_id | lesion_id | reader\n{rows}{other}"})
    read = select_reading(tables["lesions"].collect(), "pid", "imaging_id")
    assert read.filter(patient_id="P1")["reader"].unique().to_list() == [kept]
    assert read.filter(patient_id="P2").height == 1
