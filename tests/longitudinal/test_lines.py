"""Lines of therapy: what makes a line, what joins one, and when it starts."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from analytics.catalogue.grades import GRADE_EDITION_BY_NAME
from analytics.catalogue.settings import Settings
from analytics.errors import SettingsError
from analytics.longitudinal.covariates import compute_grade
from analytics.longitudinal.lines import derive_lines
from analytics.tables.derived import Lines
from tests.by_hand import accept_by_hand


def lines_of(treatments: str, cycles: str = "", **settings: object) -> pl.DataFrame:
    grids = {"treatments": treatments} | ({"cycles": cycles} if cycles else {})
    return derive_lines(accept_by_hand(grids), Settings(**settings)).collect()


def shown(lines: pl.DataFrame) -> list[tuple[int, str, str, str]]:
    """Return (number, group, agents, start) of each line."""
    return [
        (row["line_no"], row["treatment"], row["agents"], str(row["start_date"])) for row in lines.iter_rows(named=True)
    ]


def test_prrt_with_ssa_carried_through_and_resumed_is_one_line():
    lines = lines_of(
        """
        patient_id | treatment_id | category | agent          | start      | end
        P1         | T1           | SSA      | octreotide_LAR | 2018-01-10 | 2019-05-01
        P1         | T2           | PRRT     | 177Lu-DOTATATE | 2019-06-01 | 2019-11-20
        P1         | T3           | SSA      | lanreotide     | 2019-06-02 |
        """,
        """
        patient_id | treatment_id | cycle_no | date       | activity_gbq
        P1         | T2           | 1        | 2019-06-03 | 7.4
        P1         | T2           | 2        | 2019-08-01 | 7.3
        """,
    )
    assert shown(lines) == [
        (1, "SSA", "lanreotide + octreotide_LAR", "2018-01-10"),
        (2, "PRRT", "177Lu-DOTATATE + lanreotide", "2019-06-03"),
    ]
    prrt = lines.row(1, named=True)
    assert prrt["has_concurrent_ssa"]
    assert prrt["treatment_ids"] == ["T2", "T3"]
    assert prrt["n_cycles"] == 2
    assert prrt["cumulative_activity_gbq"] == pytest.approx(14.7)
    assert lines["next_line_date"].to_list() == [dt.date(2019, 6, 3), None]
    Lines.validate(lines)


def test_a_sum_of_activities_is_not_given_where_one_is_unknown():
    lines = lines_of(
        """
        patient_id | treatment_id | category | agent          | start
        P1         | T2           | PRRT     | 177Lu-DOTATATE | 2019-06-01
        """,
        """
        patient_id | treatment_id | cycle_no | date       | activity_gbq
        P1         | T2           | 1        | 2019-06-03 | 7.4
        P1         | T2           | 2        | 2019-08-01 |
        """,
    )
    assert lines.select("n_cycles", "cumulative_activity_gbq").row(0) == (2, None)


def test_everolimus_with_octreotide_is_one_line_named_by_the_drug():
    lines = lines_of(
        """
        patient_id | treatment_id | category | agent          | start      | end
        P1         | T1           | SSA      | octreotide_LAR | 2018-01-10 | 2019-05-01
        P1         | T2           | targeted | everolimus     | 2018-01-20 | 2019-05-01
        """
    )
    assert shown(lines) == [(1, "targeted", "everolimus + octreotide_LAR", "2018-01-20")]


def test_an_ssa_started_soon_after_prrt_is_its_maintenance():
    treatments = """
        patient_id | treatment_id | category | agent          | start      | end
        P1         | T1           | PRRT     | 177Lu-DOTATATE | 2018-01-10 | 2018-07-01
        P1         | T2           | SSA      | lanreotide     | {start}    |
        """
    assert shown(lines_of(treatments.format(start="2018-09-30"))) == [
        (1, "PRRT", "177Lu-DOTATATE + lanreotide", "2018-01-10")
    ]
    assert shown(lines_of(treatments.format(start="2018-10-01"))) == [
        (1, "PRRT", "177Lu-DOTATATE", "2018-01-10"),
        (2, "SSA", "lanreotide", "2018-10-01"),
    ]


def test_supportive_drugs_and_radiotherapy_of_a_painful_site_are_no_line():
    lines = lines_of(
        """
        patient_id | treatment_id | category        | agent       | start      | intent     | anticancer
        P1         | T1           | SSA             | lanreotide  | 2018-01-10 |            |
        P1         | T2           | bone_protecting | zoledronate | 2018-06-01 |            |
        P1         | T3           | symptomatic     | telotristat | 2018-07-01 |            |
        P1         | T4           | EBRT            | EBRT        | 2018-08-01 | palliative |
        P1         | T5           | EBRT            | EBRT        | 2019-08-01 | curative   |
        P1         | T6           | targeted        | everolimus  | 2019-09-01 |            | N
        """
    )
    assert [row[1:] for row in shown(lines)] == [
        ("SSA", "lanreotide", "2018-01-10"),
        ("radiotherapy", "EBRT + lanreotide", "2019-08-01"),
    ]


def test_prrt_given_again_after_the_pause_allowed_is_a_new_line():
    treatments = """
        patient_id | treatment_id | category | agent          | start      | end
        P1         | T1           | PRRT     | 177Lu-DOTATATE | 2018-01-01 |
        """
    cycles = """
        patient_id | treatment_id | cycle_no | date       | activity_gbq
        P1         | T1           | 1        | 2018-01-01 | 7.4
        P1         | T1           | 2        | 2018-03-01 | 7.4
        P1         | T1           | 3        | {third}    | 7.0
        """
    assert shown(lines_of(treatments, cycles.format(third="2018-08-31"))) == [
        (1, "PRRT", "177Lu-DOTATATE", "2018-01-01")
    ]
    again = lines_of(treatments, cycles.format(third="2018-09-01"))
    assert shown(again) == [
        (1, "PRRT", "177Lu-DOTATATE", "2018-01-01"),
        (2, "PRRT", "177Lu-DOTATATE", "2018-09-01"),
    ]
    assert again["n_cycles"].to_list() == [2, 1]
    assert again["cumulative_activity_gbq"].to_list() == [14.8, 7.0]
    assert again["end_date"].to_list() == [dt.date(2018, 3, 1), dt.date(2018, 9, 1)]


def test_sessions_of_embolisation_are_one_line_and_a_switch_of_drug_is_a_new_one():
    lines = lines_of(
        """
        patient_id | treatment_id | category | agent       | start      | end
        P1         | T1           | TACE     | TACE        | 2018-01-10 |
        P1         | T2           | TACE     | TACE        | 2018-03-10 |
        P1         | T3           | targeted | everolimus  | 2018-05-01 | 2018-12-01
        P1         | T4           | targeted | everolimus  | 2019-01-15 | 2019-03-01
        P1         | T5           | targeted | sunitinib   | 2019-03-02 |
        """
    )
    assert shown(lines) == [
        (1, "liver_directed", "TACE", "2018-01-10"),
        (2, "targeted", "everolimus", "2018-05-01"),
        (3, "targeted", "sunitinib", "2019-03-02"),
    ]


def test_numbers_typed_by_the_hospital_are_kept_and_undated_lines_stay():
    lines = lines_of(
        """
        patient_id | treatment_id | category           | agent          | line | stop_reason
        P1         | T1           | surgery_metastasis | metastasectomy | 1    |
        P1         | T2           | targeted           | everolimus     | 2    | progression
        P1         | T3           | SSA                | octreotide_LAR | 2    | progression
        P1         | T4           | PRRT               |                | 3    |
        """,
        """
        patient_id | treatment_id | cycle_no
        P1         | T4           | 1
        P1         | T4           | 2
        """,
    )
    assert shown(lines) == [
        (1, "surgery", "metastasectomy", "None"),
        (2, "targeted", "everolimus + octreotide_LAR", "None"),
        (3, "PRRT", "PRRT", "None"),
    ]
    assert lines["n_cycles"].to_list() == [0, 0, 2]
    assert lines["stop_reason"].to_list() == [None, "progression", None]
    assert lines["has_concurrent_ssa"].to_list() == [False, True, False]
    Lines.validate(lines)


def test_high_numbers_typed_by_the_hospital_do_not_reach_the_next_patient():
    found = lines_of(
        """
        patient_id | treatment_id | category | start      | line
        P1         | T1           | SSA      | 2020-01-01 | 1001
        P2         | T1           | PRRT     | 2020-02-01 | 1
        """
    )
    assert [(row["patient_id"], row["line_no"]) for row in found.iter_rows(named=True)] == [("P1", 1001), ("P2", 1)]


def test_a_cycle_known_only_by_its_year_does_not_come_before_the_first():
    lines = lines_of(
        """
        patient_id | treatment_id | category | agent          | start   | end
        P1         | T1           | PRRT     | 177Lu-DOTATATE | 2017-03 | 2017-10
        """,
        """
        patient_id | treatment_id | cycle_no | date
        P1         | T1           | 1        | 2017-03
        P1         | T1           | 2        | 2017
        P1         | T1           | 3        | 2017-10
        """,
    )
    line = lines.row(0, named=True)
    assert (line["start_date"], line["start_precision"]) == (dt.date(2017, 3, 1), "M")
    assert (line["start_lo"], line["start_hi"]) == (dt.date(2017, 3, 1), dt.date(2017, 3, 31))


def grade_of(ki67: float | None, mitoses: float | None, edition: str, per: str | None = "2_mm2") -> str | None:
    specimen = pl.DataFrame(
        {"ki67_pct": [ki67], "mitoses": [mitoses]}, schema=dict.fromkeys(["ki67_pct", "mitoses"], pl.Float64)
    ).with_columns(mitoses_per=pl.lit(per, dtype=pl.String))
    return specimen.select(compute_grade(GRADE_EDITION_BY_NAME[edition])).item()


@pytest.mark.parametrize(
    ("ki67", "mitoses", "grade"),
    [
        (2.9, 1, "G1"),
        (3, None, "G2"),
        (20, None, "G2"),
        (20.1, 0, "G3"),
        (1, 2, "G2"),
        (None, 21, "G3"),
        (None, None, None),
    ],
)
def test_grade_by_the_higher_of_ki67_and_mitoses(ki67: float | None, mitoses: float | None, grade: str | None):
    assert grade_of(ki67, mitoses, "2019") == grade


@pytest.mark.parametrize(
    ("ki67", "before", "after"), [(2, "G1", "G1"), (2.5, "G2", "G1"), (3, "G2", "G2"), (21, "G3", "G3")]
)
def test_the_edition_says_where_grade_2_begins(ki67: float, before: str, after: str):
    """WHO 2010: up to 2 % is grade 1; WHO 2019: below 3 %."""
    assert (grade_of(ki67, 0, "2010"), grade_of(ki67, 0, "2019")) == (before, after)


def test_mitoses_over_an_area_that_is_not_told_are_no_rate():
    """Decision 1: five in 10 high-power fields are grade 2, five in an unknown area are not known to be any."""
    assert [grade_of(None, 5, "2019", per) for per in ("10_hpf", "2_mm2", None)] == ["G2", "G2", None]
    assert grade_of(1, 30, "2019", None) == "G1"


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_of_two_specimens_of_one_day_the_higher_grade_and_ki67_count(order: tuple[int, int]):
    """A primary of grade 1 and a metastasis of grade 2, in either order."""
    tables = accept_by_hand(
        {
            "pathology": f"""
                patient_id | specimen_no | date       | ki67_pct | differentiation
                P1         | {order[0]}  | 2016-05-01 | 15       | well
                P1         | {order[1]}  | 2016-05-01 | 1        | well
                """,
            "treatments": "patient_id | treatment_id | category | start\nP1 | T1 | SSA | 2021-07-01",
        }
    )
    [line] = derive_lines(tables, Settings()).collect().iter_rows(named=True)
    assert (line["ki67_pct"], line["grade_computed"]) == (15.0, "G2")


def test_an_edition_that_is_not_known_is_refused():
    with pytest.raises(SettingsError, match="no WHO edition"):
        lines_of("patient_id | treatment_id | category | start\nP1 | T1 | PRRT | 2020-01-01", who_edition="1980")


def test_covariates_are_those_known_at_the_start():
    tables = accept_by_hand(
        {
            "patients": """
                patient_id | birth_year | sex | site   | consent_to_research
                P1         | 1950       | F   | Brno   | Y
                """,
            "diagnoses": """
                patient_id | diagnosis_no | diagnosis_date | primary_site | grade | ki67_pct
                P1         | 1            | 2015-01-01     | pancreas     | G1    | 2
                P1         | 2            | 2020-01-01     |              | G3    | 30
                """,
            "pathology": """
                patient_id | specimen_no | date       | ki67_pct
                P1         | 1           | 2016-05-01 | 8
                """,
            "treatments": """
                patient_id | treatment_id | category | agent          | start
                P1         | T1           | SSA      | lanreotide     | 2016-07-01
                P1         | T2           | PRRT     | 177Lu-DOTATATE | 2021-07-01
                """,
        }
    )
    first, second = derive_lines(tables, Settings()).collect().iter_rows(named=True)
    assert first["age_years"] == pytest.approx(66.0, abs=0.01)
    assert (first["grade"], first["ki67_pct"]) == ("G1", 8.0)
    assert (second["grade"], second["ki67_pct"]) == ("G3", 30.0)
    assert second["primary_site"] == "pancreas"
    assert second["prior_lines"] == 1


@pytest.mark.parametrize(("site", "grade"), [("pancreas", "G2"), ("lung", None), ("thymus", None), ("", "G2")])
def test_no_grade_is_computed_where_ki67_does_not_define_it(site: str, grade: str | None):
    """Carcinoids of lung and thymus are told apart by mitoses and necrosis (WHO 2021)."""
    tables = accept_by_hand(
        {
            "diagnoses": f"patient_id | diagnosis_no | primary_site\nP1 | 1 | {site}",
            "pathology": """
                patient_id | specimen_no | date       | ki67_pct | differentiation
                P1         | 1           | 2016-05-01 | 8        | well
                """,
            "treatments": """
                patient_id | treatment_id | category | agent          | start
                P1         | T1           | PRRT     | 177Lu-DOTATATE | 2021-07-01
                """,
        }
    )
    assert derive_lines(tables, Settings()).collect()["grade_computed"].to_list() == [grade]
