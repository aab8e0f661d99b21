"""The course of a marker by treatment: against R's coefficients, and the curves people read."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from analytics.estimation.marker_course import estimate_marker_course
from analytics.estimation.mixed_model_result import check_residuals
from analytics.tables.results import Refusal

ESTIMATES = 1e-5  # as in the mixed model's own tests


def values(data, limit=None):
    frame = data("marker").select(
        group=pl.when(pl.col("group") == 1).then(pl.lit("PRRT")).otherwise(pl.lit("SSA")),
        patient="patient",
        months=pl.col("day") / 365.25,
        value="log_fold",
        beyond=pl.lit(0),
    )
    if limit is None:
        return frame
    return frame.with_columns(
        value=pl.col("value").clip(limit), beyond=pl.when(pl.col("value") < limit).then(-1).otherwise(0)
    )


def test_the_model_is_rs(data, from_r):
    """Time in years stands in the column of months here, as in R's call."""
    result = estimate_marker_course(values(data), outcome="ln fold-ULN CgA", reference="SSA")
    r = from_r("mixed_model", "marker_reml")
    assert result.groups == ("SSA", "PRRT")
    ours = {c.name: c.estimate.value for c in result.model.coefficients}
    assert list(ours) == ["intercept", "months", "PRRT", "PRRT × months"]
    assert list(ours.values()) == pytest.approx([r["fixed"][j] for j in (0, 1, 2, 3)], rel=ESTIMATES)
    slope, error = r["fixed"][3], np.sqrt(r["covariance"][3][3])
    assert result.tests[0].statistic == pytest.approx((slope / error) ** 2, rel=1e-4)
    assert result.tests[1].degrees_of_freedom == 2


def test_curves_start_and_end_with_their_group_and_people_spread_wider_than_averages(data):
    result = estimate_marker_course(values(data), outcome="ln fold-ULN CgA", n_curve=3)
    curves = result.curves
    assert curves.filter(pl.col("person_low") >= pl.col("low")).is_empty()
    for (group,), curve in curves.group_by("group"):
        months = values(data).filter(pl.col("group") == group)["months"]
        assert (curve["months"].min(), curve["months"].max()) == pytest.approx((months.min(), months.max()))
    assert result.model.random_names == ("intercept", "months")
    assert result.model.patients.height == result.model.n_patients == 120
    assert result.model.fitted.height == result.model.n_values


def test_limits_of_patients_hold_their_values(data):
    frame = values(data)
    fitted = estimate_marker_course(frame, outcome="ln fold-ULN CgA").model.fitted
    inside = (frame["value"] > fitted["value_low"]) & (frame["value"] < fitted["value_high"])
    assert inside.mean() > 0.95  # of values the curve was fitted to


def test_values_beyond_a_limit_are_counted_and_named_in_the_method(data):
    result = estimate_marker_course(values(data, limit=0.5), outcome="ln fold-ULN CgA")
    assert result.model.n_beyond == int((values(data)["value"] < 0.5).sum())
    assert result.model.criterion == "ML"
    assert "quantitation limits" in result.model.methods[1].name


def test_residuals_are_those_of_people_without_a_value_beyond_a_limit(data):
    """One censored value takes its person alone out of the check; one a person leaves nobody to judge."""
    frame = values(data)
    whole = estimate_marker_course(frame, outcome="ln fold-ULN CgA").model.residuals
    first = (
        frame.with_row_index().with_columns(beyond=pl.when(pl.col("index") == 0).then(-1).otherwise(0)).drop("index")
    )
    without = estimate_marker_course(first, outcome="ln fold-ULN CgA").model.residuals
    assert without.skewness == pytest.approx(whole.skewness, abs=0.1)
    assert without.skewness != whole.skewness
    person = pl.int_range(pl.len()).over("patient")
    every = frame.with_columns(beyond=pl.when(person == 0).then(-1).otherwise(0))
    assert estimate_marker_course(every, outcome="ln fold-ULN CgA").model.residuals is None


def test_one_group_has_a_course_and_no_test(data):
    result = estimate_marker_course(values(data).filter(pl.col("group") == "SSA"), outcome="ln fold-ULN CgA")
    assert result.groups == ("SSA",)
    assert result.tests == ()


def test_normal_residuals_look_normal_and_others_do_not():
    stream = np.random.default_rng(5)
    normal = check_residuals(stream.normal(size=20_000))
    assert normal.observed == pytest.approx(normal.normal, abs=0.06)
    assert abs(normal.skewness) < 0.06
    skewed = check_residuals(stream.exponential(size=20_000) - 1)
    assert skewed.skewness > 1
    assert skewed.share_beyond_3 > 5 * 0.0027


def test_nobody_and_too_few_are_refused(data):
    frame = values(data)
    assert estimate_marker_course(frame.clear(), outcome="CgA").code == "nobody_left"
    few = frame.filter((pl.col("group") == "SSA") | pl.col("patient").is_in([1, 3]))
    answer = estimate_marker_course(few, outcome="CgA")
    assert isinstance(answer, Refusal)
    assert answer.code == "too_few_patients"
    assert answer.sentence.startswith("PRRT has 2 patients")
