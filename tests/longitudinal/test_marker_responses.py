"""CgA response: baseline, assay groups, quantitation limits, PPI and kidneys, confirmation."""

from __future__ import annotations

import polars as pl
import pytest

from analytics.catalogue.response_rules import RESPONSE_RULE_BY_ID
from analytics.catalogue.settings import Settings
from analytics.longitudinal.lines import derive_lines
from analytics.longitudinal.marker_responses import derive_marker_responses
from analytics.longitudinal.marker_values import derive_marker_values
from analytics.tables.derived import MarkerResponses, MarkerValues
from tests.by_hand import accept_by_hand

PRRT_FROM_JANUARY = """
    patient_id | treatment_id | category | agent          | start
    P1         | T1           | PRRT     | 177Lu-DOTATATE | 2020-01-01
    """


def read_markers(
    labs: str, rule: str = "ELECT50", analyte: str = "CGA", **tables: str
) -> tuple[pl.DataFrame, dict[str, object]]:
    """Return the marker values and the one response of line 1, of CgA or another marker."""
    settings = Settings()
    accepted = accept_by_hand({"treatments": PRRT_FROM_JANUARY, "labs": labs} | tables)
    lines = derive_lines(accepted, settings)
    values = derive_marker_values(accepted, lines, settings)
    responses = derive_marker_responses(values, lines, [RESPONSE_RULE_BY_ID[rule]], settings).collect()
    MarkerValues.validate(values.collect())
    MarkerResponses.validate(responses)
    return values.collect(), responses.filter(line_no=1, analyte=analyte).row(0, named=True)


def test_a_fall_of_exactly_half_is_a_response():
    """B4: 588.2 → 294.1 is half, however decimals are held in binary."""
    _, response = read_markers(
        """
        patient_id | analyte | collected  | value_text | uln
        P1         | CGA     | 2019-12-20 | 588.2      | 85
        P1         | CGA     | 2020-03-01 | 294.1      | 85
        """
    )
    assert (response["status"], response["is_confirmed"]) == ("responder", False)
    assert str(response["response_date"]) == "2020-03-01"
    assert response["baseline_fold_uln"] == pytest.approx(6.92)
    assert response["best_change_pct"] == pytest.approx(-50)
    assert (response["baseline_row"], response["deciding_row"]) == (2, 3)
    assert response["has_flag"]  # nothing is known of PPI use


@pytest.mark.parametrize(("second", "is_confirmed"), [("2020-03-21", False), ("2020-03-22", True)])
def test_confirmation_needs_a_second_value_after_21_days(second: str, is_confirmed: bool):
    """M1: values between are not looked at."""
    _, response = read_markers(
        f"""
        patient_id | analyte | collected  | value_text
        P1         | CGA     | 2019-12-20 | 600
        P1         | CGA     | 2020-03-01 | 300
        P1         | CGA     | 2020-03-10 | 500
        P1         | CGA     | {second}   | 290
        """
    )
    assert response["is_confirmed"] is is_confirmed


@pytest.mark.parametrize(
    ("day", "has_baseline"), [("2019-10-02", False), ("2019-10-03", True), ("2020-01-01", True), ("2020-01-02", False)]
)
def test_baseline_lies_from_90_days_before_to_the_day_of_start(day: str, has_baseline: bool):
    """B1."""
    values, response = read_markers(
        f"""
        patient_id | analyte | collected  | value_text
        P1         | CGA     | {day}      | 600
        P1         | CGA     | 2020-03-01 | 100
        """
    )
    assert values["is_baseline"].any() is has_baseline
    assert response["status"] == ("responder" if has_baseline else "not_evaluable")
    if not has_baseline:
        assert response["reason"] == "no baseline value"


def test_no_change_across_assay_groups():
    values, response = read_markers(
        """
        patient_id | analyte | collected  | value_text | assay_id
        P1         | CGA     | 2019-12-20 | 600        | KRYPTOR
        P1         | CGA     | 2020-03-01 | 100        | Cisbio
        """
    )
    assert dict(values.select("assay_id", "change_pct").iter_rows()) == {"KRYPTOR": 0.0, "Cisbio": None}
    assert (response["status"], response["reason"]) == ("not_evaluable", "no later value of the same assay group")


def test_each_assay_group_has_its_own_baseline():
    values, response = read_markers(
        """
        patient_id | analyte | collected  | value_text | assay_id
        P1         | CGA     | 2019-12-20 | 600        | KRYPTOR
        P1         | CGA     | 2019-12-20 | 800        | Cisbio
        P1         | CGA     | 2020-03-01 | 390        | Cisbio
        """
    )
    assert values["is_baseline"].to_list() == [True, False, True]
    assert (response["status"], response["baseline_value"]) == ("responder", 800.0)


@pytest.mark.parametrize(
    ("baseline", "value", "status"),
    [
        ("100", "<50", "responder"),
        ("100", "<60", "undetermined"),
        ("100", ">60", "non_responder"),
        ("100", ">2700", "non_responder"),
        (">2700", "1350", "responder"),
        (">2700", "1351", "undetermined"),
        ("<20", "15", "non_responder"),
        ("<20", "9", "undetermined"),
    ],
)
def test_a_value_beyond_a_limit_answers_from_its_bound(baseline: str, value: str, status: str):
    """M4: number and comparator are kept apart, and the other values go on being numbers."""
    _, response = read_markers(
        f"""
        patient_id | analyte | collected  | value_text
        P1         | CGA     | 2019-12-20 | {baseline}
        P1         | CGA     | 2020-03-01 | {value}
        """
    )
    assert response["status"] == status


def test_two_values_of_a_day_decide_by_their_geometric_mean():
    values, response = read_markers(
        """
        patient_id | analyte | collected  | value_text
        P1         | CGA     | 2019-12-20 | 400
        P1         | CGA     | 2019-12-20 | 100
        P1         | CGA     | 2020-03-01 | 100
        """
    )
    assert values.height == 3
    assert values["day_high"].to_list() == pytest.approx([200, 200, 100])
    assert (response["status"], response["baseline_value"]) == ("responder", pytest.approx(200))


@pytest.mark.parametrize("first", ["400", "100"])
def test_the_fold_of_a_day_of_two_values_is_that_of_their_mean(first: str):
    """Whichever of the two stands first in the file."""
    second = {"400": "100", "100": "400"}[first]
    _, response = read_markers(
        f"""
        patient_id | analyte | collected  | value_text | uln
        P1         | CGA     | 2019-12-20 | {first}    | 100
        P1         | CGA     | 2019-12-20 | {second}   | 100
        P1         | CGA     | 2020-03-01 | 100        | 100
        """
    )
    assert response["baseline_fold_uln"] == pytest.approx(2)


def test_ppi_at_baseline_is_not_evaluable_and_an_earlier_clean_value_is_used():
    labs = """
        patient_id | analyte | collected  | value_text | ppi_within_2w
        P1         | CGA     | 2019-12-20 | 600        | Y
        P1         | CGA     | 2020-03-01 | 100        | N
        """
    assert read_markers(labs)[1]["reason"] == "PPI at baseline"
    earlier = labs + "P1 | CGA | 2019-11-20 | 500 | N"
    response = read_markers(earlier)[1]
    assert (response["status"], response["baseline_value"]) == ("responder", 500.0)


@pytest.mark.parametrize(("end", "status"), [("2020-02-15", "responder"), ("2020-02-16", "not_evaluable")])
def test_a_ppi_spell_reaches_two_weeks_beyond_its_end(end: str, status: str):
    _, response = read_markers(
        """
        patient_id | analyte | collected  | value_text
        P1         | CGA     | 2019-12-20 | 600
        P1         | CGA     | 2020-03-01 | 100
        """,
        concomitants=f"""
        patient_id | kind | start      | end
        P1         | PPI  | 2020-01-10 | {end}
        """,
    )
    assert response["status"] == status
    if status == "not_evaluable":
        assert response["reason"] == "the fall was seen only under PPI, with low eGFR or atrophic gastritis"


@pytest.mark.parametrize(
    ("spell", "analyte", "reason"),
    [
        ("          |", "CGA", "atrophic gastritis at baseline"),  # lasting: no start means always
        ("2019-12   |", "CGA", "atrophic gastritis at baseline"),
        ("2020-02-01|", "CGA", "the fall was seen only under PPI, with low eGFR or atrophic gastritis"),
        ("2020-03-02|", "CGA", "50 % fall"),
        ("          | 2019-12-19", "CGA", "50 % fall"),
        ("          |", "GASTRIN", "atrophic gastritis at baseline"),
        ("          |", "NSE", "50 % fall"),
    ],
)
def test_atrophic_gastritis_makes_chromogranin_and_gastrin_not_assessable(spell: str, analyte: str, reason: str):
    labs = f"""
        patient_id | analyte   | collected  | value_text
        P1         | {analyte} | 2019-12-20 | 600
        P1         | {analyte} | 2020-03-01 | 100
        """
    concomitants = f"""
        patient_id | kind              | start | end
        P1         | atrophic_gastritis | {spell}
        """
    _, response = read_markers(labs, concomitants=concomitants, analyte=analyte)
    assert response["reason"] == reason


def test_low_egfr_at_baseline_is_not_evaluable():
    labs = """
        patient_id | analyte | collected  | value_text
        P1         | CGA     | 2019-12-20 | 600
        P1         | CGA     | 2020-03-01 | 100
        P1         | EGFR    | 2019-12-01 | {egfr}
        """
    assert read_markers(labs.format(egfr="29.9"))[1]["reason"] == "eGFR below the limit at baseline"
    assert read_markers(labs.format(egfr="30"))[1]["status"] == "responder"
    assert read_markers(labs.format(egfr="<60"))[1]["status"] == "responder"


def test_5_hiaa_is_not_raised_by_a_ppi():
    accepted = accept_by_hand(
        {
            "treatments": PRRT_FROM_JANUARY,
            "labs": """
                patient_id | analyte   | collected  | value_text | ppi_within_2w
                P1         | 5HIAA_U24 | 2019-12-20 | 600        | Y
                P1         | 5HIAA_U24 | 2020-03-01 | 100        | Y
                """,
        }
    )
    lines = derive_lines(accepted, Settings())
    values = derive_marker_values(accepted, lines, Settings())
    responses = derive_marker_responses(values, lines, [RESPONSE_RULE_BY_ID["ELECT50"]], Settings()).collect()
    assert dict(responses.select("analyte", "status").iter_rows()) == {
        "CGA": "not_evaluable",
        "5HIAA_U24": "responder",
    }


def test_a_date_that_straddles_the_start_is_neither_baseline_nor_follow_up():
    values, response = read_markers(
        """
        patient_id | analyte | collected | value_text
        P1         | CGA     | 2020      | 600
        P1         | CGA     | 2020-03   | 100
        """
    )
    assert values["has_unclear_date"].to_list() == [True, False]
    assert response["reason"] == "no baseline value"


def test_values_belong_to_a_line_until_the_day_before_the_next():
    accepted = accept_by_hand(
        {
            "treatments": """
                patient_id | treatment_id | category | agent          | start
                P1         | T1           | SSA      | lanreotide     | 2019-01-01
                P1         | T2           | PRRT     | 177Lu-DOTATATE | 2020-01-01
                """,
            "labs": """
                patient_id | analyte | collected  | value_text
                P1         | CGA     | 2018-12-01 | 500
                P1         | CGA     | 2019-12-31 | 600
                P1         | CGA     | 2020-01-01 | 700
                P1         | CGA     | 2020-02-01 | 200
                """,
        }
    )
    lines = derive_lines(accepted, Settings())
    values = derive_marker_values(accepted, lines, Settings()).collect()
    assert values.select("line_no", "days", "is_baseline", "value").rows() == [
        (1, -31, True, 500.0),
        (1, 365, False, 600.0),
        (2, -1, False, 600.0),
        (2, 1, True, 700.0),
        (2, 32, False, 200.0),
    ]


@pytest.mark.parametrize(
    ("rule", "baseline", "value", "status"),
    [
        ("CLAR_AND", "200", "90", "responder"),
        ("CLAR_AND", "400", "190", "non_responder"),
        ("CLAR_AND", "90", "20", "not_evaluable"),
        ("CLAR_OR", "400", "190", "responder"),
        ("CLAR_OR", "110", "98.1", "responder"),
        ("CLAR_OR", "110", "98.2", "non_responder"),
    ],
)
def test_both_wordings_of_clarinet(rule: str, baseline: str, value: str, status: str):
    _, response = read_markers(
        f"""
        patient_id | analyte | collected  | value_text | uln
        P1         | CGA     | 2019-12-20 | {baseline} | 98.1
        P1         | CGA     | 2020-03-01 | {value}    | 98.1
        """,
        rule,
    )
    assert response["status"] == status


@pytest.mark.parametrize(
    ("rule", "day", "value", "status"),
    [
        ("FALL25", "2020-03-01", "450", "responder"),
        ("FALL25", "2020-03-01", "450.1", "non_responder"),
        ("FALL90", "2020-03-01", "60", "responder"),
        ("NORMAL", "2020-03-01", "98.1", "responder"),
        ("NORMAL", "2020-03-01", "98.2", "non_responder"),
        ("WK12", "2020-03-11", "599.9", "responder"),
        ("WK12", "2020-03-11", "600", "non_responder"),
        ("WK12", "2020-03-10", "100", "not_evaluable"),
        ("WK12", "2020-04-07", "100", "responder"),
        ("WK12", "2020-04-08", "100", "not_evaluable"),
        ("RAD1_EARLY", "2020-01-29", "420", "responder"),
        ("RAD1_EARLY", "2020-01-29", "420.1", "non_responder"),
        ("RAD1_EARLY", "2020-03-01", "100", "not_evaluable"),
    ],
)
def test_every_named_rule_at_its_edges(rule: str, day: str, value: str, status: str):
    _, response = read_markers(
        f"""
        patient_id | analyte | collected  | value_text | uln
        P1         | CGA     | 2019-12-20 | 600        | 98.1
        P1         | CGA     | {day}      | {value}    | 98.1
        """,
        rule,
    )
    assert response["status"] == status
    if status == "not_evaluable":
        assert str(response["reason"]).startswith("no comparable value in days")


@pytest.mark.parametrize(("baseline", "status"), [("17", "responder"), ("16", "not_evaluable")])
def test_an_early_response_of_nse_needs_a_baseline_above_the_limit_once(baseline: str, status: str):
    _, response = read_markers(
        f"""
        patient_id | analyte | collected  | value_text | uln
        P1         | NSE     | 2019-12-20 | {baseline} | 16
        P1         | NSE     | 2020-01-29 | 11         | 16
        """,
        "RAD1_EARLY",
        "NSE",
    )
    assert response["status"] == status


def test_an_early_response_needs_a_baseline_above_twice_the_limit():
    labs = """
        patient_id | analyte | collected  | value_text | uln
        P1         | CGA     | 2019-12-20 | {baseline} | 100
        P1         | CGA     | 2020-01-29 | 90         | 100
        """
    assert read_markers(labs.format(baseline="201"), "RAD1_EARLY")[1]["status"] == "responder"
    assert read_markers(labs.format(baseline="200"), "RAD1_EARLY")[1]["reason"] == "baseline not above 2 (NSE 1) × ULN"


def test_the_last_value_before_the_start_is_the_baseline_one_day_a_series():
    """B1: of several days one baseline, the last; the day of the start counts as before."""
    values, response = read_markers(
        """
        patient_id | analyte | collected  | value_text
        P1         | CGA     | 2019-11-20 | 900
        P1         | CGA     | 2020-01-01 | 400
        P1         | CGA     | 2020-03-01 | 200
        """
    )
    assert values.filter("is_baseline")["value"].to_list() == [400.0]
    assert response["status"] == "responder"


@pytest.mark.parametrize("asked", [[1], [2], [3], [1, 3], []])
def test_lines_are_answered_alike_whichever_others_are_asked_about(asked: list[int]):
    """The values read may be those of more lines than the answer is about."""
    settings = Settings()
    labs = "\n".join(
        f"P{patient} | CGA | {day} | {value}"
        for patient, last in ((1, 40), (2, 90), (3, 10))
        for day, value in (("2019-12-20", 100), ("2020-03-01", last))
    )
    starts = "\n".join(f"P{patient} | T1 | PRRT | 2020-01-01" for patient in (1, 2, 3))
    accepted = accept_by_hand(
        {
            "treatments": f"patient_id | treatment_id | category | start\n{starts}",
            "labs": f"patient_id | analyte | collected | value_text\n{labs}",
        }
    )
    lines = derive_lines(accepted, settings)
    values = derive_marker_values(accepted, lines, settings)
    rules = [RESPONSE_RULE_BY_ID["ELECT50"], RESPONSE_RULE_BY_ID["CLAR_OR"]]
    numbers = lines.collect().filter(pl.col("patient_id").is_in([f"P{patient}" for patient in asked]))["pid"]
    of_all = derive_marker_responses(values, lines, rules, settings).collect()
    of_some = derive_marker_responses(values, lines.filter(pl.col("pid").is_in(numbers)), rules, settings).collect()
    assert of_some.equals(of_all.filter(pl.col("pid").is_in(numbers)))
    assert of_some.height == 2 * len(asked)
