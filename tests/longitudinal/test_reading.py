"""One reading of each examination."""

from __future__ import annotations

import polars as pl
import pytest

from analytics.longitudinal.reading import find_scans, select_reading
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


@pytest.mark.parametrize("seed", range(5))
def test_each_lesion_finds_its_examination_in_any_order(seed: int):
    of_scan = pl.DataFrame({"pid": [1, 1, 2, 2, 3], "imaging_id": ["a", "b", "a", "c", "b"]})
    known = of_scan.filter(pl.col("pid") < 3).sample(fraction=1, shuffle=True, seed=seed)
    lesions = pl.concat([of_scan, of_scan, of_scan]).sample(fraction=1, shuffle=True, seed=seed + 1)
    places = known.with_row_index("scan")
    expected = lesions.join(places, on=["pid", "imaging_id"], how="left", maintain_order="left")["scan"]
    assert find_scans(lesions, known).to_list() == expected.to_list()
    assert find_scans(lesions.head(0), known).is_empty()
