"""Lesion rows in any order and in any parts, of several readers and scans, come to the same."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from analytics.catalogue.settings import Settings
from analytics.endpoints import lesion_sizes
from analytics.endpoints.lesion_outcomes import derive_lesion_outcomes
from analytics.endpoints.recist import derive_recist_assessments
from analytics.longitudinal import key_lookup
from analytics.longitudinal.key_lookup import find_values
from analytics.longitudinal.lines import derive_lines
from tests.by_hand import Tables, accept_by_hand

TABLES = {
    "treatments": """
        patient_id | treatment_id | category | start
        P1         | T1           | SSA      | 2020-01-01
        P2         | T1           | SSA      | 2020-01-01
        """,
    "imaging": """
        patient_id | imaging_id | date       | modality | tracer
        P1         | b          | 2019-12-20 | CT       |
        P1         | a          | 2020-03-20 | CT       |
        P1         | c          | 2020-03-20 | MRI      |
        P1         | d          | 2020-06-20 | PET_CT   | 18F-FDG
        P1         | e          | 2020-09-20 | planar   |
        P2         | b          | 2019-12-20 | CT       |
        P2         | a          | 2020-03-20 | CT       |
        """,
    "lesions": """
        patient_id | imaging_id | lesion_id | reader  | role       | longest_mm | measured
        P1         | b          | T01       | local   | target     | 30         | yes
        P1         | b          | T01       | Central | target     | 40         | yes
        P1         | b          | T02       | local   | target     | 20         | yes
        P1         | b          | T02       | Central | target     | 22         | yes
        P1         | b          | N01       | Central | non_target |            | yes
        P1         | a          | T01+T02   |         | target     | 38         | yes
        P1         | c          | N01       |         | non_target |            | not_visible
        P1         | c          | X01       |         | new        | 8          | yes
        P1         | d          | T01       | A       | target     |            | not_visible
        P1         | d          | T02       | A       | target     | 9          | yes
        P1         | d          | T02       | B       | target     | 90         | yes
        P1         | e          | T01       | A       | target     | 99         | yes
        P1         | z          | T01       | A       | target     | 99         | yes
        P2         | b          | T01       |         | target     | 20.0       | yes
        P2         | a          | T01       |         | target     | 30.0       | yes
        P2         | a          | T02       | A       | new        | 50         | yes
        """,
}


def assess(tables: Tables, lesions: pl.DataFrame) -> pl.DataFrame:
    given_tables = {**tables, "lesions": lesions.lazy()}
    return derive_recist_assessments(given_tables, derive_lines(tables, Settings()), Settings()).collect()


@pytest.fixture(scope="module")
def tables() -> Tables:
    return accept_by_hand(TABLES)


def test_the_kept_reader_the_merged_lesion_and_the_glucose_scan(tables: Tables):
    """Of P1's baseline the central reading, of P2's second visit the one without a reader's name count."""
    assessments = assess(tables, tables["lesions"].collect())
    assert assessments.select("pid", "baseline_mm", "sum_mm", "target", "non_target", "has_new_lesion").rows() == [
        (0, 62.0, 38.0, "PR", "CR", True),
        (0, 62.0, 9.0, "NE", "NE", False),
        (1, 20.0, 30.0, "PD", "NA", False),
    ]


@pytest.mark.parametrize("seed", range(12))
def test_order_and_parts_of_the_rows_change_nothing(tables: Tables, seed: int):
    lesions = tables["lesions"].collect()
    expected = assess(tables, lesions)
    shuffled = lesions.sample(fraction=1, shuffle=True, seed=seed)
    in_parts = pl.concat([shuffled.slice(place, 3) for place in range(0, shuffled.height, 3)], rechunk=False)
    outcomes = derive_lesion_outcomes(tables)
    for rows in (shuffled, in_parts):
        assert_frame_equal(assess(tables, rows), expected, check_exact=True)
        assert_frame_equal(derive_lesion_outcomes({**tables, "lesions": rows.lazy()}), outcomes, check_exact=True)


@pytest.mark.parametrize("rows_at_once", [1, 2, 5])
@pytest.mark.parametrize("seed", range(4))
def test_how_many_rows_are_worked_on_at_once_changes_nothing(
    tables: Tables, rows_at_once: int, seed: int, monkeypatch: pytest.MonkeyPatch
):
    lesions = tables["lesions"].collect()
    expected = assess(tables, lesions)
    monkeypatch.setattr(lesion_sizes, "ROWS_AT_ONCE", rows_at_once)
    assert_frame_equal(assess(tables, lesions), expected, check_exact=True)
    shuffled = lesions.sample(fraction=1, shuffle=True, seed=seed)
    assert_frame_equal(assess(tables, shuffled), expected, check_exact=True)


@pytest.mark.parametrize("n_rows", [0, 1])
def test_none_and_one_row(tables: Tables, n_rows: int):
    assert assess(tables, tables["lesions"].collect().head(n_rows)).is_empty()


def test_lesions_without_a_scan_that_measures(tables: Tables):
    without = {**tables, "imaging": tables["imaging"].filter(pl.col("modality") == "planar")}
    assert assess(without, tables["lesions"].collect()).is_empty()


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.integers(0, 60), st.integers(0, 9)), st.lists(st.integers(0, 70)))
def test_values_are_found_in_a_table_and_in_a_list_alike(known: dict[int, int], asked: list[int]):
    keys, values = (np.array(list(part), dtype=np.int64) for part in (known.keys(), known.values()))
    wanted = np.array(asked, dtype=np.int64)
    with pytest.MonkeyPatch.context() as patch:
        by_place = find_values(keys, values, wanted, -1)
        patch.setattr(key_lookup, "LARGEST_KEY", -1)
        in_order = find_values(keys, values, wanted, -1)
    assert by_place.tolist() == in_order.tolist() == [known.get(key, -1) for key in asked]
