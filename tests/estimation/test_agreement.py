"""Shares compared and verdicts matched: by hand, by published examples, and against R."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.inter_rater import cohens_kappa

from analytics.errors import RefusedError
from analytics.estimation.agreement import estimate_agreement, match_to_scans
from analytics.estimation.proportion import estimate_proportion
from analytics.estimation.proportion_comparison import compare_proportions
from analytics.tables.results import Refusal

AS_R = 1e-7
AS_PRINTED = 5e-4  # the paper prints shares to a tenth of a percent


def pairs(both, sign_only, reference_only, neither):
    sign = np.repeat([True, True, False, False], [both, sign_only, reference_only, neither])
    return sign, np.repeat([True, False, True, False], [both, sign_only, reference_only, neither])


# ---- two shares ------------------------------------------------------------------------------------------------


def test_a_difference_has_newcombes_limits(from_r):
    """Newcombe 1998, table II, example a: 56/70 − 48/80 = 0.2000 (0.0524 to 0.3339)."""
    result = compare_proportions("A", (56, 70), "B", (48, 80))
    assert result.difference.value == pytest.approx(0.2)
    limits = [result.difference.low, result.difference.high]
    assert limits == pytest.approx([0.0524, 0.3339], abs=AS_PRINTED)
    assert limits == pytest.approx(from_r("response_model", "difference"), rel=AS_R)


def test_a_ratio_has_score_limits_and_fishers_p(from_r):
    result = compare_proportions("A", (36, 40), "B", (16, 80))
    assert result.ratio.value == pytest.approx(4.5)
    assert [result.ratio.low, result.ratio.high] == pytest.approx(from_r("response_model", "ratio"), rel=1e-5)
    assert result.p_value == pytest.approx(from_r("response_model", "fisher"), rel=1e-6)


def test_shares_of_nobody_and_of_all():
    nobody = compare_proportions("A", (0, 10), "B", (0, 20))
    assert (nobody.ratio.value, nobody.ratio.low, nobody.ratio.high) == (None, None, None)
    assert nobody.difference.low < 0 < nobody.difference.high
    assert compare_proportions("A", (0, 10), "B", (5, 20)).ratio.value == 0
    assert isinstance(compare_proportions("A", (0, 0), "B", (5, 20)), Refusal)
    with pytest.raises(RefusedError, match="not a share"):
        compare_proportions("A", (3, 2), "B", (5, 20))


# ---- agreement -------------------------------------------------------------------------------------------------


def test_the_shares_are_those_of_the_four_fields():
    result = estimate_agreement(*pairs(33, 24, 63, 339), sign="CgA", reference="RECIST")
    assert result.counts == (33, 24, 63, 339)
    for ours, some, every in (
        (result.sensitivity, 33, 96),
        (result.specificity, 339, 363),
        (result.positive_predictive, 33, 57),
        (result.negative_predictive, 339, 402),
        (result.agreement, 372, 459),
    ):
        known = estimate_proportion(some, every, "wilson")
        assert (ours.value, ours.low, ours.high) == pytest.approx((known.value, known.low, known.high))


def test_the_published_caspar_figures():
    """CASPAR (doi in the clinical catalogue): sensitivity 34.4 % (25.6–44.3), specificity 93.4 % (90.4–95.5)."""
    result = estimate_agreement(*pairs(33, 24, 63, 339), sign="CgA", reference="RECIST")
    sensitivity, specificity = result.sensitivity, result.specificity
    assert [sensitivity.value, sensitivity.low, sensitivity.high] == pytest.approx(
        [0.344, 0.256, 0.443], abs=AS_PRINTED
    )
    assert [specificity.value, specificity.low, specificity.high] == pytest.approx(
        [0.934, 0.904, 0.955], abs=AS_PRINTED
    )


def test_kappa_is_statsmodels():
    result = estimate_agreement(*pairs(20, 5, 10, 15), sign="CgA", reference="RECIST")
    theirs = cohens_kappa(np.array([[20, 5], [10, 15]]))
    assert result.kappa.value == pytest.approx(0.4)
    assert (result.kappa.low, result.kappa.high) == pytest.approx((theirs.kappa_low, theirs.kappa_upp), rel=1e-9)


def test_a_person_seen_twice_alike_counts_once():
    sign, truth = pairs(20, 5, 10, 15)
    once = estimate_agreement(sign, truth, sign="CgA", reference="RECIST")
    twice = estimate_agreement(
        np.tile(sign, 2), np.tile(truth, 2), sign="CgA", reference="RECIST", cluster=np.tile(np.arange(50), 2)
    )
    naive = estimate_agreement(np.tile(sign, 2), np.tile(truth, 2), sign="CgA", reference="RECIST")
    assert twice.sensitivity.value == once.sensitivity.value
    width = [answer.sensitivity.high - answer.sensitivity.low for answer in (once, twice, naive)]
    assert width[1] == pytest.approx(width[0], rel=0.02)  # m / (m − 1) persons, and no more
    assert width[2] < 0.8 * width[0]
    assert twice.kappa.high - twice.kappa.low == pytest.approx(once.kappa.high - once.kappa.low, rel=0.05)


def test_what_nobody_shows_has_no_share():
    result = estimate_agreement(*pairs(0, 0, 0, 7), sign="CgA", reference="RECIST")
    assert result.sensitivity.value is None
    assert result.kappa.value is None
    assert result.specificity.value == 1
    empty = estimate_agreement(*pairs(0, 0, 0, 0), sign="CgA", reference="RECIST")
    assert empty.agreement.value is None


def test_verdicts_must_be_truth_values_and_as_many():
    with pytest.raises(RefusedError, match="truth values"):
        estimate_agreement([1, 0], [True, False], sign="CgA", reference="RECIST")
    with pytest.raises(RefusedError, match="number"):
        estimate_agreement([True], [True, False], sign="CgA", reference="RECIST")


def test_scans_are_matched_with_the_nearest_value_in_the_window():
    """Line 0 has values on days 10, 85 and 95, line 1 on day 100; the window is 14 days before to 7 after."""
    marker_line, marker_day = np.array([0, 0, 1, 0]), np.array([95, 10, 100, 85])
    matched = match_to_scans(
        np.array([0, 0, 1, 2, 0]), np.array([90, 40, 90, 90, 103]), marker_line, marker_day, before=14, after=7
    )
    # Day 90 lies between 85 and 95: the earlier; day 100 is ten after day 90; line 2 has none; day 95 is 8 before 103.
    assert list(zip(matched.scan.tolist(), matched.marker.tolist(), strict=True)) == [(0, 3), (4, 0)]
    nothing = np.empty(0, dtype=np.int64)
    assert len(match_to_scans(np.array([0]), np.array([1]), nothing, nothing, 5, 5).scan) == 0


def test_pairs_of_one_person_alone_have_a_kappa_without_limits():
    """Leaving that person out leaves nobody."""
    result = estimate_agreement(
        np.array([True, False, True, False]), np.array([True, False, False, True]), sign="marker", reference="scan",
        cluster=["P1"] * 4,
    )  # fmt: skip
    assert result.kappa.value == pytest.approx(0.0)
    assert (result.kappa.low, result.kappa.high) == (None, None)
