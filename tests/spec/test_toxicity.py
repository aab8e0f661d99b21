"""Laboratory toxicity by CTCAE version 5, worst grade by cycle; quality of life and its change."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from analytics.catalogue.quality_of_life import QUESTIONNAIRE_SCALES, SUMMARISED, SUMMARY_CODE
from analytics.catalogue.settings import Settings
from analytics.catalogue.toxicity_grades import FALL_GRADES, RISE_GRADES
from analytics.endpoints.lab_grades import compute_fall_grade, compute_rise_grade, derive_lab_grades
from analytics.longitudinal.lines import derive_lines
from analytics.longitudinal.scale_scores import derive_scale_scores
from analytics.longitudinal.scores import derive_score_changes
from analytics.tables.derived import LabGrades, ScoreChanges
from tests.by_hand import accept_by_hand

TREATED = {
    "treatments": """
        patient_id | treatment_id | category | agent          | start
        P1         | T1           | PRRT     | 177Lu-DOTATATE | 2020-01-01
        """,
    "cycles": """
        patient_id | treatment_id | cycle_no | date
        P1         | T1           | 1        | 2020-01-01
        P1         | T1           | 2        | 2020-03-01
        """,
}
FALLS = {entry.analyte: entry for entry in FALL_GRADES}
RISES = {entry.analyte: entry for entry in RISE_GRADES}


@pytest.mark.parametrize(
    ("analyte", "lln", "grades"),
    [
        ("HB", 120, {120: 0, 119.9: 1, 100: 1, 99.9: 2, 80: 2, 79.9: 3, 20: 3}),
        ("PLT", 150, {150: 0, 149: 1, 75: 1, 74: 2, 50: 2, 49: 3, 25: 3, 24: 4}),
        ("NEUT", 2, {2: 0, 1.9: 1, 1.5: 1, 1.4: 2, 1: 2, 0.9: 3, 0.5: 3, 0.4: 4}),
        ("LYMPH", 1, {1: 0, 0.9: 1, 0.8: 1, 0.7: 2, 0.5: 2, 0.4: 3, 0.2: 3, 0.1: 4}),
        ("WBC", 4, {4: 0, 3.9: 1, 3: 1, 2.9: 2, 2: 2, 1.9: 3, 1: 3, 0.9: 4}),
    ],
)
def test_low_counts(analyte: str, lln: float, grades: dict[float, int]):
    values = pl.DataFrame({"value": [float(value) for value in grades], "lln": [float(lln)] * len(grades)})
    assert values.select(compute_fall_grade(FALLS[analyte])).to_series().to_list() == list(grades.values())


def test_without_a_lower_limit_grade_1_is_not_told_from_normal():
    values = pl.DataFrame({"value": [149.0, 74.0]}, schema_overrides={"value": pl.Float64}).with_columns(
        lln=pl.lit(None, dtype=pl.Float64)
    )
    assert values.select(compute_fall_grade(FALLS["PLT"])).to_series().to_list() == [None, 2]


@pytest.mark.parametrize(
    ("analyte", "uln", "baseline", "grades"),
    [
        ("ALT", 40, 30, {40: 0, 41: 1, 120: 1, 121: 2, 200: 2, 201: 3, 800: 3, 801: 4}),
        ("ALT", 40, 60, {60: 0, 89: 0, 90: 1, 180: 1, 181: 2, 300: 2, 301: 3, 1201: 4}),
        ("ALP", 100, 200, {399: 0, 400: 1, 500: 1, 501: 2, 1000: 2, 1001: 3}),
        ("ALP", 100, None, {100: 0, 101: 1, 250: 1, 251: 2}),
        ("BILI", 20, 30, {30: 0, 31: 1, 45: 1, 46: 2, 90: 2, 91: 3, 301: 4}),
        ("CREAT", 100, 60, {90: 0, 91: 2, 101: 2, 150: 2, 181: 3, 301: 3, 601: 4}),
        ("CREAT", 100, 100, {100: 0, 101: 1, 150: 1, 151: 2, 300: 2, 301: 3}),
    ],
)
def test_high_values_depend_on_an_abnormal_baseline(analyte, uln, baseline, grades):
    values = pl.DataFrame({"value": [float(value) for value in grades]}).with_columns(
        uln=pl.lit(float(uln)), baseline_uln=pl.lit(float(uln)), baseline=pl.lit(baseline, dtype=pl.Float64)
    )
    assert values.select(compute_rise_grade(RISES[analyte])).to_series().to_list() == list(grades.values())


def test_worst_grade_by_cycle():
    """A value of the day of a cycle belongs to what was before it; haemoglobin in g/dL is converted."""
    tables = accept_by_hand(
        TREATED
        | {
            "labs": """
                patient_id | analyte | collected  | value_text | unit | lln
                P1         | HB      | 2019-12-20 | 13         | g/dL | 12
                P1         | HB      | 2020-02-01 | 9.9        | g/dL | 12
                P1         | HB      | 2020-03-01 | 7.9        | g/dL | 12
                P1         | HB      | 2020-04-01 | 11         | g/dL | 12
                P1         | PLT     | 2020-04-01 | 140        |      |
                """
        }
    )
    grades = derive_lab_grades(tables, derive_lines(tables, Settings()).collect(), Settings())
    LabGrades.validate(grades)
    assert grades.select("analyte", "period", "grade", "value", "n_ungraded").rows() == [
        ("HB", "baseline", 0, 130.0, 0),
        ("HB", "cycle 1", 3, 79.0, 0),
        ("HB", "cycle 2", 1, 110.0, 0),
        ("PLT", "cycle 2", None, 140.0, 1),
    ]


@pytest.mark.parametrize(
    ("value", "grade", "is_least"),
    [
        ("PLT | <25", 4, False),
        ("PLT | <50", 3, True),
        ("PLT | <=50", 2, True),
        ("PLT | <100", 1, True),
        ("PLT | <200", None, False),
        ("PLT | >150", 0, False),
        ("PLT | >=150", 0, False),
        ("PLT | >100", None, False),
        ("ALT | >800", 4, False),
        ("ALT | >200", 3, True),
        ("ALT | >=200", 2, True),
        ("ALT | >20", None, False),
        ("ALT | <40", 0, False),
        ("ALT | <41", None, False),
    ],
)
def test_a_bound_has_the_least_grade_it_leaves_and_says_so(value, grade, is_least):
    """No grade is better than too low a one: «< 50» platelets are grade 3 or worse, never grade 2."""
    limits = "150 | " if value.startswith("PLT") else " | 40"
    unit = "10^9/L" if value.startswith("PLT") else "U/L"
    labs = "patient_id | analyte | value_text | collected | unit | lln | uln"
    row = f"P1 | {value} | 2020-02-01 | {unit} | {limits}"
    tables = accept_by_hand(TREATED | {"labs": f"{labs}\n{row}"})
    grades = derive_lab_grades(tables, derive_lines(tables, Settings()).collect(), Settings())
    LabGrades.validate(grades)
    assert grades.select("grade", "is_least", "n_ungraded").row(0) == (grade, is_least, int(grade is None))


def scores_of(*answers: tuple[str, float]) -> dict[str, float]:
    """Return the scores of one day from (item, value)."""
    noted = pl.DataFrame(
        [
            {"pid": 0, "item": item, "date": dt.date(2020, 1, 1), "value": float(value), "file": "s.csv", "row": row}
            for row, (item, value) in enumerate(answers, start=2)
        ]
    )
    return dict(derive_scale_scores(noted).select("item", "value").rows())


def grades_against(baseline: str, later: str, analyte: str = "ALT", limits: tuple[int, int] = (40, 40)):
    """Return (period, grade, is_least) of a value before the start and one after it, each with its upper limit."""
    labs = f"""
        patient_id | analyte   | collected  | value_text | uln
        P1         | {analyte} | 2019-12-20 | {baseline} | {limits[0]}
        P1         | {analyte} | 2020-02-01 | {later}    | {limits[1]}
        """
    tables = accept_by_hand({"treatments": TREATED["treatments"], "labs": labs})
    found = derive_lab_grades(tables, derive_lines(tables, Settings()).collect(), Settings())
    return found.select("period", "grade", "is_least").rows()


@pytest.mark.parametrize(
    ("baseline", "later", "grade", "is_least"),
    [
        ("30", "130", 2, False),  # more than 3 x 40
        ("80", "130", 1, False),  # abnormal before: 1.6 times
        ("<40", "130", 2, False),  # surely normal
        ("<=40", "130", 2, False),
        ("<60", "130", 1, True),  # against 60 grade 1, against 30 grade 2
        (">200", "350", None, False),  # against 201 grade 1, against 300 none
        (">200", "190", 0, False),  # surely less than 1.5 times
        ("<60", "39", 0, False),
    ],
)
def test_a_baseline_beyond_a_limit_has_the_least_grade_it_leaves(baseline, later, grade, is_least):
    """Decisions 9 and 17: whether the baseline was abnormal is answered from its bounds."""
    assert grades_against(baseline, later) == [("baseline", 0, False), ("follow_up", grade, is_least)]


def test_a_creatinine_against_a_baseline_below_a_limit():
    """Against 40 it has doubled, grade 2; against 20 it is more than three times as much."""
    assert grades_against("<40", "80", "CREAT", (100, 100))[1] == ("follow_up", 2, True)


@pytest.mark.parametrize(("limits", "grade"), [((50, 40), 2), ((40, 40), 1), ((40, 50), 1)])
def test_a_baseline_is_abnormal_by_the_limit_of_its_own_laboratory(limits: tuple[int, int], grade: int):
    """45 is normal by a limit of 50: 130 is then judged by the limit of its own, 40."""
    assert grades_against("45", "130", limits=limits)[1][1] == grade


@pytest.mark.parametrize(
    ("scale", "answers", "score"),
    [
        ("GH", {29: 2, 30: 2}, 100 / 6),  # the published case: «17 %» is a mean answer of 2
        ("GH", {29: 4, 30: 4}, 50),
        ("PF", {1: 1, 2: 1, 3: 1, 4: 1, 5: 1}, 100),
        ("PF", {1: 4, 2: 4, 3: 4, 4: 4, 5: 4}, 0),
        ("PF", {1: 1, 2: 2, 3: 3}, 200 / 3),
        ("PF", {1: 1, 2: 2}, None),  # two of five answered
        ("NV", {14: 2}, 100 / 3),
        ("DI", {17: 4}, 100),
    ],
)
def test_qlq_c30_scores_from_answers(scale: str, answers: dict[int, int], score: float | None):
    found = scores_of(*((f"EORTC_QLQC30_Q{number}", answer) for number, answer in answers.items()))
    assert found == ({} if score is None else {f"EORTC_QLQC30_{scale}": pytest.approx(score)})


def test_the_summary_is_the_mean_of_thirteen_scales_with_symptoms_turned():
    """Functions at 100, symptoms at 0, fatigue at 65: (12 × 100 + 35) / 13; global health and money are not in it."""
    best = [(scale.code, 100 if scale.is_function else 0) for scale in SUMMARISED if not scale.code.endswith("FA")]
    others = [("EORTC_QLQC30_GH", 10), ("EORTC_QLQC30_FI", 90)]
    found = scores_of(*best, ("EORTC_QLQC30_FA", 65), *others)
    assert found[SUMMARY_CODE] == pytest.approx(1235 / 13)
    assert SUMMARY_CODE not in scores_of(*best, *others)  # fatigue is not known
    assert scores_of(*best, ("EORTC_QLQC30_FA", 65), (SUMMARY_CODE, 50))[SUMMARY_CODE] == 50


def test_each_question_belongs_to_one_scale_and_all_thirty_are_asked():
    asked = [number for scale in QUESTIONNAIRE_SCALES for number in scale.questions]
    assert sorted(asked) == list(range(1, 31))


def test_a_score_the_source_gives_stands_before_one_from_answers():
    found = scores_of(("EORTC_QLQC30_GH", 83), ("EORTC_QLQC30_Q29", 2), ("EORTC_QLQC30_Q30", 2), ("PAIN", 3))
    assert found == {"EORTC_QLQC30_GH": 83, "PAIN": 3}


def test_ten_points_of_quality_of_life_are_a_change():
    tables = accept_by_hand(
        TREATED
        | {
            "symptoms": """
                patient_id | date       | item            | value
                P1         | 2019-12-20 | EORTC_QLQC30_GH | 50
                P1         | 2019-12-20 | EORTC_QLQC30_FA | 50
                P1         | 2020-02-01 | EORTC_QLQC30_GH | 60
                P1         | 2020-02-01 | EORTC_QLQC30_FA | 60
                P1         | 2020-04-01 | EORTC_QLQC30_Q29 | 5
                P1         | 2020-04-01 | EORTC_QLQC30_Q30 | 4
                P1         | 2020-04-01 | PAIN            | 3
                """
        }
    )
    changes = derive_score_changes(tables, derive_lines(tables, Settings()).collect(), Settings())
    ScoreChanges.validate(changes)
    assert changes.select("item", "change", "verdict").rows() == [
        ("EORTC_QLQC30_FA", 10.0, "worse"),
        ("EORTC_QLQC30_GH", 10.0, "better"),
        ("EORTC_QLQC30_GH", pytest.approx(25 / 3), "same"),
        ("PAIN", None, None),
    ]
