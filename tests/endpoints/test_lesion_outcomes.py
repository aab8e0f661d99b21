"""What became of each lesion: gone under treatment, taken out, irradiated, or still there."""

from __future__ import annotations

import polars as pl
import pytest

from analytics.endpoints import lesion_outcomes
from analytics.endpoints.lesion_outcomes import derive_lesion_outcomes
from analytics.tables.derived_disease import LesionOutcomes
from tests.by_hand import accept_by_hand

IMAGING = """
    patient_id | imaging_id | date       | modality
    P1         | s2         | 2020-09-01 | CT
    P1         | s0         | 2019-12-20 | CT
    P1         | s1         | 2020-04-01 | CT
    """


def outcomes_of(rows: str) -> pl.DataFrame:
    lesions = f"patient_id | imaging_id | lesion_id | reader | longest_mm | measured\n{rows}"
    found = derive_lesion_outcomes(accept_by_hand({"imaging": IMAGING, "lesions": lesions}))
    LesionOutcomes.validate(found)
    return found


@pytest.mark.parametrize(
    ("how", "outcome", "last_mm"),
    [
        (("yes", "yes", "yes"), "present", 10.0),
        (("yes", "yes", "not_visible"), "resolved", 0.0),
        (("yes", "not_visible", "yes"), "present", 10.0),  # it came back
        (("yes", "not_visible", "not_assessed"), "resolved", 0.0),  # the last scan that looked for it
        (("yes", "excised", "not_visible"), "excised", 0.0),
        (("yes", "irradiated", "yes"), "irradiated", 10.0),
        (("not_assessed", "not_evaluable", "not_assessed"), "not assessed", None),
    ],
)
def test_the_last_scan_that_looked_for_it_tells(how: tuple[str, str, str], outcome: str, last_mm: float | None):
    sizes = {"yes": ("30", "20", "10")}
    rows = "\n".join(
        f"P1 | s{scan} | L1 | | {sizes[word][scan] if word in sizes else ''} | {word}" for scan, word in enumerate(how)
    )
    [row] = outcomes_of(rows).to_dicts()
    assert (row["outcome"], row["last_mm"], row["n_scans"]) == (outcome, last_mm, 3)
    assert str(row["last_date"]) == "2020-09-01"


def test_a_central_reader_stands_before_a_local_one():
    rows = "P1 | s0 | L1 | local | 30 | yes\nP1 | s0 | L1 | central | 20 | yes\nP1 | s0 | L2 | local | 9 | yes"
    assert outcomes_of(rows).select("lesion_id", "first_mm").rows() == [("L1", 20.0)]


def test_lesions_are_counted_alike_however_many_names_there_are(monkeypatch: pytest.MonkeyPatch):
    rows = "\n".join(
        f"P{1 + place % 3} | s{place % 2} | L{place % 5} | local | {10 + place} | yes" for place in range(12)
    )
    imaging = "patient_id | imaging_id | date | modality\n" + "\n".join(
        f"P{patient} | s{scan} | 2020-0{1 + scan}-01 | CT" for patient in (1, 2, 3) for scan in (0, 1)
    )
    lesions = f"patient_id | imaging_id | lesion_id | reader | longest_mm | measured\n{rows}"
    tables = accept_by_hand({"imaging": imaging, "lesions": lesions})
    by_table = derive_lesion_outcomes(tables)
    monkeypatch.setattr(lesion_outcomes, "LARGEST_TABLE", 0)
    assert by_table.height > 3
    assert derive_lesion_outcomes(tables).equals(by_table)
