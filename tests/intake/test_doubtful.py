"""What is settled and reviewed by a cheap look first gives what the long way gives."""

from __future__ import annotations

from datetime import date

import polars as pl
from polars.testing import assert_frame_equal

from analytics.intake.lab_limits import _join_assay, _join_latest
from analytics.intake.review import order_of

CYCLES = "patient_id,treatment_id,cycle_no,date,nuclide,activity_gbq\n"
IMAGING = "patient_id,imaging_id,date,modality,tracer,new_lesion\n"
LESIONS = "patient_id,imaging_id,reader,lesion_id,role,organ,nodal,longest_mm,short_mm,measured\n"


def test_cycles_after_a_sound_one_are_named_each(deliver):
    """A table of which the first row is sound once left a piece without rows, of which no text can be made."""
    rows = ("P1,T1,1,2020-02-01", "P1,T1,3,2020-04-01", "P1,T1,5,2020-06-01", "P1,T1,7,2020-08-01")
    accepted = deliver({"cycles": CYCLES + "".join(f"{row},177Lu,7.4\n" for row in rows)})
    found = accepted.findings.filter(pl.col("rule_id") == "V54").get_column("message").to_list()
    assert [message.split(":")[0] for message in found] == ["Cycle 3", "Cycle 5", "Cycle 7"]


def test_lesions_of_mixed_up_rows_are_held_to_their_rules(deliver):
    """Rows of one examination apart, examinations out of order, two readers and one without a name."""
    scans = IMAGING + "P1,I2,2020-06-15,CT,none,N\nP1,I1,2020-01-15,CT,none,N\nP2,I1,2020-01-15,CT,none,N\n"
    rows = (
        *("P1,I2,R,T1,target,bone,N,20,15,yes", "P2,I1,R,T1,target,liver,N,9,5,yes"),
        *("P1,I1,R,T1,target,liver,N,20,15,yes", "P1,I1,,T1,target,liver,N,20,15,yes"),
        *("P1,I1,R,T2,target,liver,N,20,15,yes", "P1,I2,,T1,target,liver,N,5,5,yes"),
    )
    found = deliver({"imaging": scans, "lesions": LESIONS + "\n".join(rows) + "\n"}).findings
    lesions = found.filter((pl.col("table") == "lesions") & pl.col("rule_id").is_in(["V40", "V41", "V43"]))
    assert sorted(lesions.select("rule_id", "patient_id", "row").rows()) == [
        ("V40", "P1", 2),
        ("V41", "P2", 3),
        ("V43", "P1", 2),
    ]


def test_an_assay_listed_once_is_joined_as_one_listed_often():
    days = [date(2019, 12, 31), date(2020, 1, 1), date(2020, 6, 30), date(2020, 7, 1), None]
    labs = pl.DataFrame(
        {
            "assay_id": [*(["A"] * 5), *(["B"] * 5), *(["C"] * 5), None, "X"],
            "analyte": ["CGA"] * 17,
            "collected_lo": [*days, *days, *days, days[0], days[1]],
        }
    )
    assays = pl.DataFrame(
        {
            "assay_id": ["A", "B", "C"],
            "analyte": ["CGA"] * 3,
            "valid_from_lo": [date(2020, 1, 1), None, None],
            "valid_to_hi": [date(2020, 6, 30), date(2020, 6, 30), None],
            "_assay_unit": ["ng/mL", "U/L", "ug/L"],
            "_assay_uln": [85.0, 20.0, 100.0],
        }
    )
    assert_frame_equal(_join_assay(labs, assays), _join_latest(labs, assays))
    assert_frame_equal(_join_assay(labs, assays.clear()), _join_latest(labs, assays.clear()))


def test_rows_are_ordered_by_one_number_as_by_their_columns():
    frame = pl.DataFrame(
        {
            "pid": [2, 1, None, 1, 2, 1, 2],
            "text": ["b", None, "a", "é", "B", "a", "b"],
            "day": [
                date(2020, 1, 1),
                None,
                date(1800, 1, 1),
                date(2300, 1, 1),
                None,
                date(2020, 1, 1),
                date(2019, 1, 1),
            ],
        }
    )
    by = ("pid", "text", "day")
    sorted_plainly = frame.sort(by, nulls_last=True, maintain_order=True)
    assert_frame_equal(frame[order_of(frame, *by)], sorted_plainly)
    far = frame.with_columns(pl.when(pl.col("pid") == 1).then(2**62).otherwise(-(2**61)).alias("far"))
    assert_frame_equal(far[order_of(far, "far", *by)], far.sort("far", *by, nulls_last=True, maintain_order=True))
    assert len(order_of(frame.clear(), *by)) == 0
