"""Published figures are data with their source; published patients hold what their papers say."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from analytics.tables.columns import facts_of
from analytics.tables.registry import SOURCE_TABLES
from synthetic_data.scenarios import SCENARIOS

PUBLISHED = Path(__file__).parents[2] / "synthetic_data" / "published"
TARGETS = pl.read_csv(PUBLISHED / "targets.csv")
FILES = sorted((PUBLISHED / "patients").glob("*.csv"))


def test_every_target_names_its_source_and_how_sure_it_is():
    assert TARGETS["target_id"].is_unique().all()
    assert (
        TARGETS.select("source", "group", "quantity", "value", "unit", "confidence").null_count().sum_horizontal()[0]
        == 0
    )
    words = TARGETS["confidence"].str.extract(r"^(found|memory|derived)").drop_nulls()
    assert len(words) == TARGETS.height
    assert set(TARGETS["scenario"].drop_nulls()) <= set(SCENARIOS)


def test_a_value_lies_in_its_interval():
    low, high = pl.col("low").fill_null(-float("inf")), pl.col("high").fill_null(float("inf"))
    assert TARGETS.filter(~pl.col("value").is_between(low, high)).height == 0


def test_shares_are_shares_and_durations_are_positive():
    shares = TARGETS.filter((pl.col("unit") == "share") & ~pl.col("quantity").str.contains("change"))
    assert shares["value"].is_between(0, 1).all()
    assert (TARGETS.filter(pl.col("unit") == "months")["value"] > 0).all()


@pytest.mark.parametrize("scenario", ["netter-1", "netter-2", "clarinet", "erasmus-like-registry"])
def test_a_trial_scenario_has_a_median_to_stand_near(scenario: str):
    assert TARGETS.filter((pl.col("scenario") == scenario) & pl.col("quantity").str.starts_with("median_pfs")).height


def test_several_official_figures_of_one_trial_are_all_kept():
    medians = TARGETS.filter((pl.col("source") == "netter1") & pl.col("quantity").str.starts_with("median_pfs"))
    assert {8.4, 8.5, 28.4} <= set(medians["value"])
    assert medians.select("data_cut", "rule_set").null_count().sum_horizontal()[0] == 0


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_published_patients_use_the_declared_columns(path: Path):
    assert set(pl.read_csv(path, infer_schema=False).columns) <= set(facts_of(SOURCE_TABLES[path.stem]))


def _read(name: str) -> pl.DataFrame:
    return pl.read_csv(PUBLISHED / "patients" / f"{name}.csv", infer_schema=False)


def test_no_date_is_more_precise_than_its_paper():
    for path in FILES:
        table = pl.read_csv(path, infer_schema=False)
        for column in set(table.columns) & {"date", "start", "end", "collected", "diagnosis_date"}:
            known = table.drop_nulls(column)
            assert set(known["patient_id"]) <= {"CASE-A"}
            assert known[column].str.contains(r"^\d{4}(-\d{2})?$").all()


def test_a_derived_year_says_so():
    for name, column in (("treatments", "start"), ("imaging", "date"), ("labs", "collected")):
        derived = _read(name).filter(pl.col(column).is_in(["2012", "2014", "2016"]))
        assert derived["comment"].str.contains("derived year").all()


def test_case_a_keeps_its_figures():
    assert _read("labs")["value_text"].to_list() == ["588.1", "394.2", "1210", "~121"]
    activities = _read("cycles").filter(pl.col("patient_id") == "CASE-A")["activity_gbq"].cast(pl.Float64)
    assert activities.sum() == pytest.approx(29.6)
    lesions = _read("lesions").filter(pl.col("imaging_id") == "A-I5").filter(pl.col("role") == "new")
    assert dict(lesions.select("lesion_id", "suv_max").iter_rows()) == {"liver-III": "6.9", "bone-femur-left": "5.2"}


def test_case_b_has_two_drugs_in_one_line_and_five_cycles():
    lines = _read("treatments").filter((pl.col("patient_id") == "CASE-B") & (pl.col("line") == "2"))
    assert set(lines["agent"]) == {"everolimus", "octreotide_LAR"}
    assert set(lines["stop_reason"]) == {"progression"}
    assert _read("cycles").filter(pl.col("patient_id") == "CASE-B").height == 5


def test_case_c_loses_one_lesion_by_the_knife_and_one_by_treatment():
    seen = _read("lesions").filter(pl.col("patient_id") == "CASE-C")
    ends = dict(seen.filter(pl.col("imaging_id") == "C-I3").select("lesion_id", "measured").iter_rows())
    assert ends == {"skin-temple": "excised", "skin-scalp": "not_visible"}
