"""Marker progression by named rules, and the shape of a marker: slope, doubling time, early change."""

from __future__ import annotations

import datetime as dt
import math

import polars as pl
import pytest

from analytics.catalogue.response_rules import PROGRESSION_RULE_BY_ID
from analytics.catalogue.settings import Settings
from analytics.longitudinal.lines import derive_lines
from analytics.longitudinal.marker_changes import derive_marker_changes
from analytics.longitudinal.marker_features import derive_marker_features
from analytics.longitudinal.marker_progressions import derive_marker_progressions
from analytics.longitudinal.marker_values import derive_marker_values
from analytics.questions.ask import answer
from analytics.questions.question import Answer, Question
from analytics.tables.derived import MarkerFeatures, MarkerProgressions
from analytics.tables.derived_markers import MarkerChanges
from tests.by_hand import accept_by_hand
from tests.questions.derived_study import derive_study

EXACT = 1e-9
"""Sums of logarithms of a handful of values: rounding only."""

R_SLOPE = (0.0552796765650, -0.0460799361379, 0.1566392892679)
"""R 4.2.2: m <- lm(log(c(100, 90, 140, 150)) ~ I(c(1, 92, 183, 275)/30.4375)); c(coef(m)[2], confint(m)[2, ])"""

R_DIGITS = 1e-6
"""The quantiles of Student's t are held to six decimals."""


def read_values(rows: str) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    tables = accept_by_hand(
        {
            "treatments": """
                patient_id | treatment_id | category | agent          | start
                P1         | T1           | PRRT     | 177Lu-DOTATATE | 2020-01-01
                """,
            "labs": "patient_id | analyte | collected | value_text | uln | assay_id\n" + rows,
        }
    )
    lines = derive_lines(tables, Settings())
    return derive_marker_values(tables, lines, Settings()), lines


def progression_of(rule: str, rows: str) -> str | None:
    values, _ = read_values(rows)
    found = derive_marker_progressions(values, [PROGRESSION_RULE_BY_ID[rule]]).collect()
    MarkerProgressions.validate(found)
    day = found["progression_date"].to_list()[0]
    return None if day is None else str(day)


def features_of(rows: str) -> dict[str, object]:
    values, lines = read_values(rows)
    features = derive_marker_features(values, lines).collect()
    MarkerFeatures.validate(features)
    return features.row(0, named=True)


def lab(day: str, value: str, uln: str = "100", assay: str = "K") -> str:
    return f"P1 | CGA | {day} | {value} | {uln} | {assay}\n"


def test_doubling_from_the_nadir_needs_a_second_value_a_week_later():
    """M2: never normal, so twice the nadir; dated at the first of the two."""
    start = lab("2019-12-20", "400") + lab("2020-03-01", "150") + lab("2020-06-01", "300")
    assert progression_of("DOUBLED", start) is None
    assert progression_of("DOUBLED", start + lab("2020-06-07", "310")) is None
    assert progression_of("DOUBLED", start + lab("2020-06-08", "310")) == "2020-06-01"
    assert progression_of("DOUBLED", start.replace("300", "299.9") + lab("2020-06-08", "310")) is None


def test_a_normalised_marker_progresses_at_twice_its_upper_limit():
    """M2: the nadir 30 is normal, so 60 is no progression and 200 is."""
    start = lab("2019-12-20", "400") + lab("2020-03-01", "30")
    assert progression_of("DOUBLED", start + lab("2020-06-01", "199") + lab("2020-07-01", "199")) is None
    assert progression_of("DOUBLED", start + lab("2020-06-01", "200") + lab("2020-07-01", "200")) == "2020-06-01"


@pytest.mark.parametrize(
    ("rule", "values", "day"),
    [
        ("RISE25", ["100", "125"], "2020-03-01"),
        ("RISE25", ["100", "124.9"], None),
        ("RISE25", ["100", ">125"], "2020-03-01"),
        ("RISE25", ["100", ">110"], None),
        ("CASPAR", ["100", "80", "120"], "2020-06-01"),
        ("CASPAR", ["100", "60", "95"], None),
        ("CASPAR", ["100", "90", "134"], None),
        ("PRRT20", ["100", "120"], "2020-03-01"),
    ],
)
def test_rises_by_named_rules(rule: str, values: list[str], day: str | None):
    days = ["2019-12-20", "2020-03-01", "2020-06-01"]
    rows = "".join(lab(*pair) for pair in zip(days, values, strict=False))
    assert progression_of(rule, rows) == day


def test_a_change_of_assay_ends_what_can_be_known():
    rows = lab("2019-12-20", "100") + lab("2020-03-01", "110") + lab("2020-06-01", "900", assay="C")
    assert progression_of("RISE25", rows) is None


def test_a_doubling_every_six_months_is_found_with_its_limits():
    """Four values exactly on a line of ln(value): the slope is ln 2 / 6 a month and the limits close on it."""
    days = ["2020-01-01", "2020-04-01", "2020-07-01", "2020-10-01"]
    offsets = [1, 92, 183, 275]
    rows = "".join(lab(day, f"{100 * 2 ** ((d - 1) / 182.625):.12f}") for day, d in zip(days, offsets, strict=True))
    features = features_of(rows)
    assert features["slope_per_month"] == pytest.approx(math.log(2) / 6, rel=1e-6)
    assert features["doubling_time_months"] == pytest.approx(6, rel=1e-6)


def test_the_limits_of_the_slope_are_those_of_least_squares():
    rows = lab("2020-01-01", "100") + lab("2020-04-01", "90") + lab("2020-07-01", "140") + lab("2020-10-01", "150")
    features = features_of(rows)
    slope, low, high = R_SLOPE
    assert features["slope_per_month"] == pytest.approx(slope, rel=R_DIGITS)
    assert features["slope_low"] == pytest.approx(low, rel=R_DIGITS)
    assert features["slope_high"] == pytest.approx(high, rel=R_DIGITS)
    assert features["doubling_time_months"] is None  # the limits do not exclude no growth


def test_two_values_or_two_months_give_no_slope():
    """What is too short for a slope is left out; the slope of a line is one rate, of growth or of fall."""
    assert features_of(lab("2020-01-01", "100") + lab("2020-06-01", "200"))["slope_per_month"] is None
    short = lab("2020-01-01", "100") + lab("2020-02-01", "150") + lab("2020-03-01", "200")
    assert features_of(short)["slope_per_month"] is None


@pytest.mark.parametrize(
    ("values", "model", "reason"),
    [
        (["400"], None, "one evaluation only"),
        (["400", "321"], None, "two evaluations less than 20 % apart"),
        (["400", "320"], "dx", None),
        (["400", "200", "100", "50", "25"], "dx", None),
        (["100", "120", "144", "173", "207"], "gx", None),
        (["400", "200", "212", "302", "432.68", "596.3"], "gd", None),
        (["100", "600", "20", "700", "10"], None, "not fit"),
    ],
)
def test_the_best_of_the_models_of_decay_and_regrowth_or_a_reason(
    values: list[str], model: str | None, reason: str | None
):
    """M3: exp(−d·t) + exp(g·t) − 1 and its three relatives, the lowest Akaike criterion among fits whose parameters are
    all significant; the reasons for leaving a line out are listed. Asked by the question regrowth, from labs to answer.
    """
    dates = [dt.date(2019, 12, 20) + dt.timedelta(days=91 * place) for place in range(len(values))]
    rows = "".join(lab(str(date), value) for date, value in zip(dates, values, strict=True))
    tables = {
        "treatments": """
            patient_id | treatment_id | category | agent          | start
            P1         | T1           | PRRT     | 177Lu-DOTATATE | 2020-01-01
            P2         | T2           | PRRT     | 177Lu-DOTATATE | 2020-01-01
            """,
        "labs": "patient_id | analyte | collected | value_text | uln | assay_id\n"
        + rows
        + "P2 | CGA | 2019-12-20 | 400 | 100 | K\nP2 | CGA | 2020-03-20 | 100 | 100 | K\n",
    }
    given = answer(derive_study(tables, min_group_patients=1), Question(kind="regrowth"))
    assert isinstance(given, Answer), given
    row = given.subjects.filter(patient_id="P1").row(0, named=True)
    assert (row["model"], row["reason"], row["n_values"]) == (model, reason, len(values))


def test_nadir_rise_early_change_and_a_transient_rise_after_prrt():
    features = features_of(
        lab("2019-12-20", "100") + lab("2020-01-28", "130") + lab("2020-03-25", "50") + lab("2020-07-01", "80")
    )
    assert (features["nadir_value"], str(features["nadir_date"])) == (50, "2020-03-25")
    assert features["rise_from_nadir_pct"] == pytest.approx(60)
    assert features["change_week_4_pct"] == pytest.approx(30)
    assert features["change_week_12_pct"] == pytest.approx(-50)
    assert features["change_month_6_pct"] == pytest.approx(-20)
    assert features["has_transient_rise"]
    assert features["verdict_on_noise"] == "within"


def test_the_area_is_that_of_the_logarithm_over_the_baseline():
    """Twice the baseline at day 62, flat before: half of ln 2 over the months between (a triangle)."""
    features = features_of(lab("2020-01-01", "100") + lab("2020-03-02", "200"))
    assert features["log_area"] == pytest.approx(math.log(2) / 2 * 61 / 30.4375, abs=EXACT)


def test_time_between_two_days_does_not_jump_over_the_start():
    """Study days have no day 0: from ten days before the start to 84 days after it are 94 days, not 95."""
    features = features_of(lab("2019-12-22", "1000") + lab("2020-03-25", "100"))
    assert features["log_area"] == pytest.approx(math.log(0.1) / 2 * 94 / 30.4375, abs=EXACT)


@pytest.mark.parametrize(
    ("days", "change"),
    [
        ((60, 122), None),  # both outside
        ((61,), 10),
        ((121,), 10),
        ((70, 95), 20),  # the second is nearer to day 91
        ((81, 101), 20),  # equally near: the later
    ],
)
def test_the_value_nearest_to_the_middle_of_a_window_is_used(days: tuple[int, ...], change: float | None):
    """B2: windows include both their edges; of two values equally near the later one counts."""
    first = dt.date(2020, 1, 1)
    later = "".join(
        lab(str(first + dt.timedelta(days=day - 1)), str(110 + 10 * place)) for place, day in enumerate(days)
    )
    found = features_of(lab("2019-12-20", "100") + later)["change_month_3_pct"]
    assert found == (None if change is None else pytest.approx(change))


def changes_of(labs: str, analyte: str = "CGA") -> list[tuple[object, ...]]:
    values, _ = read_values(labs)
    changes = derive_marker_changes(values)
    MarkerChanges.validate(changes)
    return (
        changes.filter(analyte=analyte)
        .select(
            pl.col("from_baseline_pct").round(1),
            "baseline_verdict",
            pl.col("from_previous_pct").round(1),
            "previous_verdict",
        )
        .rows()
    )


def test_each_value_is_held_against_the_baseline_and_the_value_before():
    """The reference change of chromogranin A: a rise beyond 62 %, a fall beyond 38 %; exactly that is within."""
    rows = [
        ("2019-12-20", "100"),
        ("2020-03-01", "162"),
        ("2020-05-01", "62"),
        ("2020-07-01", "100.6"),
        ("2020-09-01", "<20"),
    ]
    shown = changes_of("\n".join(f"P1 | CGA | {day} | {value}" for day, value in rows))
    assert shown == [
        (62.0, "within", 62.0, "within"),
        (-38.0, "within", -61.7, "fall"),
        (0.6, "within", 62.3, "rise"),
        (None, None, None, None),  # a limit is no value to subtract from
    ]


def test_without_a_reference_change_there_is_no_verdict():
    shown = changes_of("P1 | 5HIAA_S | 2019-12-20 | 100\nP1 | 5HIAA_S | 2020-03-01 | 300", "5HIAA_S")
    assert shown == [(200.0, None, 200.0, None)]


@pytest.mark.parametrize(
    ("baseline", "last", "change", "verdict"),
    [
        ("100", "162", 62.0, "within"),  # exactly the reference change
        ("100", "163", 63.0, "beyond: rise"),
        ("100", "62", -38.0, "within"),
        ("100", "61", -39.0, "beyond: fall"),
        ("100", "<200", None, None),  # anything from 0 to 200
        ("100", "<60", None, "beyond: fall"),
        ("100", ">110", None, None),
        ("100", ">170", None, "beyond: rise"),
        (">1000", "1700", None, None),  # it may have been 5000
        (">1000", "600", None, "beyond: fall"),
        ("<10", "30", None, "beyond: rise"),
        ("<50", "60", None, None),
    ],
)
def test_a_limit_gives_no_change_and_a_verdict_only_where_it_is_sure(baseline, last, change, verdict):
    features = features_of(lab("2019-12-20", baseline) + lab("2020-03-01", last))
    assert features["verdict_on_noise"] == verdict
    assert features["last_change_pct"] == (None if change is None else pytest.approx(change))
    assert (features["rise_from_nadir_pct"] is None) == (last[0] in "<>" or baseline[0] == "<" or last == "1700")


@pytest.mark.parametrize(
    ("early", "last", "is_transient"),
    [
        ("120", "110", True),  # exactly 20 % up
        ("119", "110", False),
        ("<300", "110", False),  # nothing says that it rose
        (">130", "110", True),
        ("130", "<150", False),  # nothing says that it fell back
        ("130", "<115", True),
    ],
)
def test_a_transient_rise_is_called_only_where_it_is_sure(early: str, last: str, is_transient: bool):
    """After PRRT: 20 % up within six months, and no longer at the last value."""
    rows = lab("2019-12-20", "100") + lab("2020-03-01", early) + lab("2020-06-01", last)
    assert features_of(rows)["has_transient_rise"] is is_transient
