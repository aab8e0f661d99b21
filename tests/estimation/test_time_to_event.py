"""One endpoint by group: the answer a question asks for."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.catalogue.settings import Settings
from analytics.errors import RefusedError
from analytics.estimation.time_to_event import estimate_time_to_event
from analytics.tables.results import Refusal, TestResult
from analytics.tables.survival_results import HazardRatio, SurvivalResult


@pytest.fixture
def lines(data):
    """R's lung data as treatment lines: one line a patient, group by sex."""
    return data("lung").select(
        group=pl.when(pl.col("sex") == 1).then(pl.lit("SSA")).otherwise(pl.lit("PRRT")),
        patient=pl.int_range(pl.len()),
        days="time",
        happened=pl.col("happened").cast(bool),
    )


def ask(frame, **options):
    return estimate_time_to_event(frame, endpoint="PFS", rule_set="default", **options)


def test_one_line_a_patient_gives_curves_log_rank_and_ratio(lines):
    result = ask(lines, reference="SSA")
    assert isinstance(result, SurvivalResult)
    assert [group.group for group in result.groups] == ["SSA", "PRRT"]
    assert [group.n_patients for group in result.groups] == [138, 90]
    assert [group.median.value for group in result.groups] == [270, 426]
    assert isinstance(result.test, TestResult) and result.test.name == "Log-rank test"
    (ratio,) = result.hazard_ratios
    assert isinstance(ratio, HazardRatio) and not ratio.is_robust
    assert result.n_patients_in_several_groups == 0


def test_patients_with_lines_in_both_groups_are_clustered_and_counted(lines, from_r, agree):
    shared = lines.with_columns(patient=pl.int_range(pl.len()) // 3)
    result = ask(shared, reference="SSA")
    inside = shared.group_by("patient").agg(pl.col("group").n_unique())
    assert result.n_patients_in_several_groups == (inside["group"] > 1).sum()
    assert result.test.name == "Robust score test"
    agree(result.test.statistic, from_r("comparison", "lung_persons")["statistic"], 1e-9)
    assert result.hazard_ratios[0].is_robust
    agree(
        [[group.median.value, group.median.low, group.median.high] for group in result.groups],
        from_r("survival", "lung_persons")["median"],
        1e-9,
    )
    assert any("clustered" in value for method in result.methods for _, value in method.options)


def test_every_method_has_a_source_and_a_version(lines):
    for method in ask(lines).methods:
        assert "doi:" in method.citation or "doi.org" in method.citation
        assert method.library and method.version


def test_one_group_has_a_curve_and_no_comparison(lines):
    result = ask(lines.filter(group="SSA"))
    assert len(result.groups) == 1
    assert result.test is None
    assert result.hazard_ratios == ()


def test_nobody_progressing_is_shown_and_not_compared(lines):
    result = ask(lines.with_columns(happened=pl.lit(False)))
    assert [group.median.value for group in result.groups] == [None, None]
    assert isinstance(result.test, Refusal) and result.test.code == "no_events"
    assert [answer.code for answer in result.hazard_ratios] == ["no_events"]


def test_three_patients_get_a_curve_and_a_sentence(lines):
    result = ask(pl.concat([lines.filter(group="SSA"), lines.filter(group="PRRT").head(3)]), reference="SSA")
    (refusal,) = result.hazard_ratios
    assert isinstance(refusal, Refusal) and refusal.code == "too_few_patients"


def test_an_empty_table_is_refused(lines):
    refusal = ask(lines.clear())
    assert isinstance(refusal, Refusal) and refusal.code == "nobody_left"


@pytest.mark.parametrize("column", ["group", "patient", "days", "happened"])
def test_a_missing_value_is_an_error_that_says_so(lines, column):
    broken = lines.with_columns(pl.when(pl.int_range(pl.len()) == 4).then(None).otherwise(pl.col(column)).alias(column))
    with pytest.raises(RefusedError) as caught:
        ask(broken)
    assert caught.value.hint


small_registries = st.lists(
    st.tuples(st.sampled_from(["SSA", "PRRT", "chemotherapy"]), st.integers(1, 9), st.integers(1, 12), st.booleans()),
    min_size=1,
    max_size=40,
)
LOW_BAR = Settings(min_group_patients=1, min_group_events=1, min_events_per_parameter=0.1)


@settings(max_examples=60, deadline=None)
@given(small_registries, st.booleans())
def test_any_small_registry_gets_finite_numbers_or_a_refusal(rows, is_one_line_a_patient):
    # Warnings are errors in these tests: nothing may whisper beside a number.
    frame = pl.DataFrame(rows, schema=["group", "patient", "days", "happened"], orient="row")
    if is_one_line_a_patient:
        frame = frame.with_columns(patient=pl.int_range(pl.len()))
    for bar in (None, LOW_BAR):
        result = ask(frame, settings=bar)
        assert isinstance(result, SurvivalResult)
        if isinstance(result.test, TestResult):
            assert np.isfinite(result.test.statistic) and 0 <= result.test.p_value <= 1
        for answer in result.hazard_ratios:
            if isinstance(answer, HazardRatio):
                assert np.isfinite([answer.ratio.low, answer.ratio.value, answer.ratio.high, answer.p_value]).all()
                assert 0 < answer.ratio.low <= answer.ratio.value <= answer.ratio.high
        for group in result.groups:
            assert group.n_patients <= group.n_lines
            assert all(mark.survival.value is None or 0 <= mark.survival.value <= 1 for mark in group.landmarks)
