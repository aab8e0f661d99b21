"""Numbers of texts, of examinations and of lesions, and checks looked at all at once, give what the long way gives."""

from __future__ import annotations

import random
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal, assert_series_equal

from analytics.coded_texts import few_texts, number_rows
from analytics.intake import examinations, lab_limits, review_scans
from analytics.intake.checks import Check, apply_checks
from analytics.intake.parse import raw
from analytics.intake.review import order_of

IMAGING = "patient_id,imaging_id,date,modality,tracer,new_lesion\n"
LESIONS = "patient_id,imaging_id,reader,lesion_id,role,organ,nodal,longest_mm,short_mm,measured,suv_max\n"


@pytest.mark.parametrize("n_distinct", [1, 7, 30_000])
def test_numbers_stand_for_texts_few_or_many(n_distinct: int):
    chance = random.Random(n_distinct)
    given = pl.Series("text", [chance.choice([f"T{chance.randrange(n_distinct)}", None, ""]) for _ in range(60_000)])
    numbers, texts = few_texts(given)
    assert_series_equal(texts.gather(pl.Series(numbers)), given, check_names=False)
    assert texts.is_duplicated().sum() == 0
    assert (number_rows(given.to_frame()) is None) == (n_distinct == 30_000)


def test_no_rows_have_no_numbers():
    nothing = pl.Series("text", [], dtype=pl.String())
    assert [len(found) for found in few_texts(nothing)] == [0, 0]


@pytest.mark.parametrize("is_far", [False, True])
def test_examinations_are_found_as_by_a_join(is_far: bool, monkeypatch: pytest.MonkeyPatch):
    """Rows out of order, ids without an examination, twice the same, rejected ones, and none at all."""
    if is_far:
        monkeypatch.setattr(examinations, "_TABLE_PER_ROW", 0)
    chance = random.Random(4)
    pid, ids = [3, 4, 9, None], ["A", "B", "C", None]
    imaging = pl.DataFrame(
        {
            "pid": [chance.choice(pid) for _ in range(40)],
            "imaging_id": [chance.choice(ids) for _ in range(40)],
            "_status": [chance.choice([None, "rejected"]) for _ in range(40)],
        },
        schema={"pid": pl.UInt32(), "imaging_id": pl.String(), "_status": pl.String()},
    )
    numbered = examinations.number_examinations(imaging)
    rows = pl.DataFrame(
        {
            "pid": [chance.choice([*pid, 5]) for _ in range(200)],
            "imaging_id": [chance.choice([*ids, "D"]) for _ in range(200)],
        },
        schema={"pid": pl.UInt32(), "imaging_id": pl.String()},
    )
    known = imaging.with_row_index("place").filter(pl.col("_status").is_null()).drop("_status")
    first = known.unique(["pid", "imaging_id"], keep="first")
    for asked in (rows, rows.sort("pid", "imaging_id"), rows.head(1), rows.clear()):
        joined = asked.join(first, on=["pid", "imaging_id"], how="left", maintain_order="left").get_column("place")
        found = examinations.find_examinations(asked, numbered)
        assert_series_equal(found, joined, check_names=False)
    own = numbered.filter(pl.col("_status").is_null() & pl.all_horizontal(pl.col("pid", "imaging_id").is_not_null()))
    assert_series_equal(examinations.find_examinations(own, numbered), own.get_column(examinations.EXAMINATION))
    assert len(examinations.find_examinations(rows, numbered.clear())) == rows.height


@pytest.mark.parametrize("seed", range(12))
def test_lesions_passed_by_break_no_rule(seed: int, deliver, monkeypatch: pytest.MonkeyPatch):
    """The findings of a cheap look at all lesions are those of a close look at every one of them."""
    chance = random.Random(seed)
    scans = [f"P{p},I{n},2020-{n:02d}-01,CT,none,N" for p in (1, 2) for n in (1, 2, 3)]
    rows = [
        f"P{p},I{chance.choice([n, n, n, 4])},{reader},T{t},{chance.choice(['target'] * 9 + ['non_target', ''])},"
        f"{chance.choice(['liver'] * 9 + ['bone', ''])},{chance.choice('NNNNY')},{chance.choice([20, 20, 20, 5, ''])},"
        f"{chance.choice([15, 15, 4])},{chance.choice(['yes'] * 6 + ['not_assessed', ''])},{chance.choice(['', '3.5'])}"
        for p in (1, 2)
        for n in (1, 2, 3)
        for reader in ("R", "")
        for t in range(chance.choice([1, 2, 3, 6]))
    ]
    if seed % 2:
        chance.shuffle(rows)
        chance.shuffle(scans)
    source = {"imaging": IMAGING + "\n".join(scans) + "\n", "lesions": LESIONS + "\n".join(rows) + "\n"}
    found = deliver(source).findings
    monkeypatch.setattr(
        review_scans, "find_doubtful", lambda lesions, _days, _settings: pl.repeat(True, lesions.height, eager=True)
    )
    assert_frame_equal(found, deliver(source).findings)


def test_checks_looked_at_at_once_are_those_of_one_stage_after_another():
    """A row turned away and a cell emptied are not looked at by the stages after."""
    texts = ("patient_id", "analyte", "collected", "specimen", "assay_id", "source_id", "uln")
    frame = pl.DataFrame(
        {"uln": [-5.0, -5.0, 3.0, None], "lln": [1.0, 1.0, 9.0, 9.0], "pid": [1, 2, 3, 4], "_status": [None] * 4},
        schema_overrides={"_status": pl.String()},
    ).with_columns(
        pl.lit("P").alias("patient_id"),
        *(pl.lit("x").alias(raw(name)) for name in texts),
        _file=pl.lit("f"),
        _sheet=pl.lit(None, dtype=pl.String()),
        _row=pl.int_range(pl.len(), dtype=pl.UInt32),
    )
    stages = (
        (Check("V05", "patient_id", pl.col("pid") == 2),),
        (Check("V22", "uln", pl.col("uln") < 0, {"what": "uln", "limits": ""}),),
        (Check("V32", "uln", pl.col("uln") <= pl.col("lln"), {"analyte": "CGA", "why": "is not above"}),),
    )
    one_by_one, found = frame, []
    for stage in stages:
        one_by_one, more = apply_checks("labs", one_by_one, stage)
        found += more
    at_once, together = apply_checks("labs", frame, *stages)
    assert_frame_equal(at_once, one_by_one)
    assert_frame_equal(pl.concat(together), pl.concat(found))
    assert pl.concat(together).select("rule_id", "row").rows() == [("V05", 1), ("V22", 0), ("V32", 2)]


def test_limits_found_once_an_assay_are_those_of_each_row(monkeypatch: pytest.MonkeyPatch):
    chance = random.Random(1)
    n = 300
    labs = pl.DataFrame(
        {
            "assay_id": [chance.choice(["A", "B", None]) for _ in range(n)],
            "analyte": [chance.choice(["CGA", "NSE"]) for _ in range(n)],
            "specimen": [chance.choice(["serum", None]) for _ in range(n)],
            "_unit": [chance.choice(["ng/mL", "U/L", None]) for _ in range(n)],
            "_factor": [chance.choice([1.0, None]) for _ in range(n)],
            "uln": [chance.choice([0.0, 90.0, None]) for _ in range(n)],
            "value": [chance.choice([10.0, None]) for _ in range(n)],
            "_standard": ["ug/L"] * n,
            "collected_lo": [date(2020, 1, 1) + timedelta(days=chance.randrange(99)) for _ in range(n)],
        }
    ).with_columns(collected_hi="collected_lo")
    row = {"analyte": "CGA", "valid_from_lo": None, "valid_to_hi": None, "unit": "U/L", "uln": 20.0}
    row |= {"factor_to_standard": 3.0}
    named = {"A": "one", "B": None}
    assays = pl.DataFrame([{"assay_id": name, **row, "comparable_group": group} for name, group in named.items()])
    at_once = [lab_limits.derive_lab_limits(labs, assays.head(n_assays)) for n_assays in (0, 1, 2)]
    monkeypatch.setattr(lab_limits, "number_rows", lambda _rows: None)
    for n_assays, found in enumerate(at_once):
        assert_frame_equal(found, lab_limits.derive_lab_limits(labs, assays.head(n_assays)))
    assert lab_limits.derive_lab_limits(labs.clear(), assays).height == 0


@pytest.mark.parametrize("n_names", [3, 50_000])
def test_many_rows_are_ordered_as_by_their_columns(n_names: int):
    chance = np.random.default_rng(n_names)
    frame = pl.DataFrame(
        {
            "pid": chance.integers(0, 50, 20_000),
            "name": [f"N{number}" for number in chance.integers(0, n_names, 20_000)],
            "number": chance.integers(-(2**40), 2**40, 20_000),
            "_row": np.arange(20_000, dtype=np.uint32),
        }
    ).with_columns(name=pl.when(pl.col("number") % 7 != 0).then("name"))
    for by in (("pid", "name", "_row"), ("pid", "name"), ("number", "name", "pid", "_row")):
        assert_frame_equal(frame[order_of(frame, *by)], frame.sort(by, nulls_last=True, maintain_order=True))
