"""An endpoint explains itself, findings point to what to look at, and contradictions stop everything."""

from __future__ import annotations

import polars as pl
import pytest

from analytics.catalogue.settings import Settings
from analytics.endpoints.derive import derive_all
from analytics.endpoints.explain import explain_endpoint
from analytics.endpoints.findings import derive_findings
from analytics.endpoints.rule_changes import derive_rule_changes
from analytics.endpoints.self_check import ContradictionError, check_derived
from analytics.errors import UsageError
from analytics.tables.findings import FINDING_COLUMNS
from tests.by_hand import accept_by_hand

SOURCE = {
    "treatments": """
        patient_id | treatment_id | category     | agent          | start      | end
        P1         | T1           | targeted     | everolimus     | 2020-01-01 | 2021-06-01
        P1         | T2           | PRRT         | 177Lu-DOTATATE | 2021-01-01 |
        P2         | T1           | PRRT         | 177Lu-DOTATATE | 2020-01-01 |
        """,
    "imaging": """
        patient_id | imaging_id | date       | modality
        P2         | s0         | 2019-12-20 | CT
        P2         | s1         | 2020-06-20 | CT
        """,
    "lesions": """
        patient_id | imaging_id | lesion_id | role   | longest_mm | measured
        P2         | s0         | T01       | target | 30         | yes
        P2         | s1         | T01       | target | 40         | yes
        """,
    "responses": """
        patient_id | date       | criteria   | response
        P1         | 2020-06-01 | RECIST_1_1 | SD
        P1         | 2021-03-01 | RECIST_1_1 | PD
        P2         | 2020-06-20 | RECIST_1_1 | SD
        P2         | 2022-06-20 | RECIST_1_1 | PD
        """,
    "labs": """
        patient_id | analyte | collected  | value_text
        P2         | CGA     | 2020-03-01 | 100
        """,
}


@pytest.fixture(scope="module")
def tables() -> dict[str, pl.LazyFrame]:
    return accept_by_hand(SOURCE)


@pytest.fixture(scope="module")
def derived(tables) -> dict[str, pl.DataFrame]:
    return derive_all(tables, Settings(assessment_interval_days=180))


@pytest.fixture(scope="module")
def study(tables, derived) -> dict[str, pl.LazyFrame]:
    return tables | {name: table.lazy() for name, table in derived.items()}


def test_six_lines_tell_how_an_endpoint_came_about(study):
    assert explain_endpoint(study, "P1", "PFS", 1) == (
        "P1, line 1: everolimus; Progression-free survival (PFS).",
        "Time zero: 2020-01-01 (treatments.csv, line 2); the next line starts on 2021-01-01.",
        "Seen: SD 2020-06-01 (responses.csv, line 2).",
        "Outcome: censored after 153 days (5.0 months), new therapy before the event; dated by the last adequate scan "
        "on 2020-06-01, from responses.csv, line 2.",
        "Rule: progression or death counts; the next line or the data cut-off ends observation; decided by "
        "censored_at_last_adequate_scan of «Readers' responses; new therapy ends observation».",
        "Other rules: admiral, clinical, fda the same; ema event at 426 d; lesions censored at 1 d; "
        "lesions_earliest censored at 1 d; lesions_latest censored at 1 d.",
    )


def test_what_was_seen_reaches_as_far_as_the_rules_look(study):
    """EMA-style rules ignore the next line, and what they found after it is told."""
    told = explain_endpoint(study, "P1", "PFS", 1, "ema")
    assert told[2] == "Seen: SD 2020-06-01 (responses.csv, line 2), PD 2021-03-01 (responses.csv, line 3)."
    assert "event after 426 days" in told[3]
    assert explain_endpoint(study, "P2", "PFS", 1, "lesions")[2] == (
        "Seen: PD (40.0 mm) 2020-06-20 (imaging.csv, line 3)."
    )


def test_a_line_left_out_says_why_and_a_marker_its_values(study):
    told = explain_endpoint(study, "P2", "TTBR", 1)
    assert told[2] == "Seen: 100.0 ng/mL 2020-03-01 (labs.csv, line 2)."
    assert told[3] == "Outcome: left out, biochemical response could not be judged."
    assert told[5] == "Other rules: none for this endpoint."
    assert explain_endpoint(study, "P2", "PFS_ALL", 1)[2].startswith("Seen: SD 2020-06-20 (responses.csv, line 4)")


def test_survival_tells_what_life_is_known_by(study):
    """The end of a line and the start of the next, and the record that dates the last day known alive."""
    assert explain_endpoint(study, "P1", "OS", 1)[2] == (
        "Seen: next line 2021-01-01 (treatments.csv, line 3), end of the line 2021-06-01 (treatments.csv, line 2)."
    )
    assert explain_endpoint(study, "P2", "OS", 1)[2:4] == (
        "Seen: alive by responses 2022-06-20 (responses.csv, line 5).",
        "Outcome: censored after 902 days (29.6 months), no event; dated by the last day known alive on 2022-06-20, "
        "from responses.csv, line 5.",
    )


def test_a_death_after_the_cut_off_tells_that_the_patient_was_alive_on_it():
    deaths = "patient_id | date | kind\nP2 | 2020-03-01 | lost\nP2 | 2023-06-01 | death"
    tables, settings = accept_by_hand(SOURCE | {"vital_status": deaths}), Settings(data_cutoff="2020-12-31")
    study = tables | {name: table.lazy() for name, table in derive_all(tables, settings).items()}
    told = explain_endpoint(study, "P2", "OS", 1, settings=settings)
    assert told[2] == (
        "Seen: lost 2020-03-01 (vital_status.csv, line 2), alive by a later death 2020-12-31 "
        "(vital_status.csv, line 3)."
    )
    assert "no event by the data cut-off; dated by the end of observation on 2020-12-31" in told[3]


def test_a_response_that_is_read_otherwise_says_so():
    """Settings may call disease seen again after a complete response progression: the story tells both words."""
    responses = """
        patient_id | date       | criteria   | response
        P1         | 2020-06-01 | RECIST_1_1 | CR
        P1         | 2020-09-01 | RECIST_1_1 | PR
        """
    tables = accept_by_hand(SOURCE | {"responses": responses})
    settings = Settings(after_complete_response="progression")
    study = tables | {name: table.lazy() for name, table in derive_all(tables, settings).items()}
    told = explain_endpoint(study, "P1", "PFS", 1, settings=settings)
    assert told[2] == "Seen: CR 2020-06-01 (responses.csv, line 2), PR read as PD 2020-09-01 (responses.csv, line 3)."
    assert "event after 245 days" in told[3]


@pytest.mark.parametrize(
    ("patient", "endpoint", "line", "rules"),
    [("P9", "PFS", 1, "default"), ("P1", "XXX", 1, "default"), ("P1", "OS", 1, "fda")],
)
def test_what_is_not_known_is_said(study, patient: str, endpoint: str, line: int, rules: str):
    with pytest.raises(UsageError):
        explain_endpoint(study, patient, endpoint, line, rules)


def test_an_event_after_missed_assessments_is_censored_by_the_fda_rules_only(derived):
    answers = derived["times_to_event"].filter(pid=1, endpoint="PFS").select("rule_set", "happened", "days", "reason")
    by_rules = {row[0]: row[1:] for row in answers.iter_rows()}
    assert by_rules["default"] == (True, 902, "progression")
    assert by_rules["fda"] == (False, 172, "event after missed assessments")
    assert by_rules["lesions"] == (True, 172, "progression")


def test_an_event_lies_between_the_last_negative_scan_and_the_first_positive(derived):
    row = derived["times_to_event"].filter(pid=1, endpoint="PFS", rule_set="default").row(0, named=True)
    assert (str(row["last_negative_date"]), str(row["first_positive_date"])) == ("2020-06-20", "2022-06-20")


def test_what_each_choice_moves_is_told(derived):
    moved = derive_rule_changes(derived["times_to_event"]).filter(endpoint="PFS", rule_set="ema")
    assert sorted(moved["change"].to_list()) == ["event here, censored by the default", "unchanged", "unchanged"]


def test_findings_name_patient_and_problem(tables, derived):
    findings = derive_findings(tables, derived)
    assert dict(findings.schema) == FINDING_COLUMNS
    told = {row["rule_id"]: row["message"] for row in findings.iter_rows(named=True) if row["patient_id"]}
    assert told["V39"] == "No CGA in the days before line 1; change not computed."
    assert told["V47"] == "2020-06-20: reader SD, from lesions PD."
    assert told["V57"] == "Line 1 (everolimus) goes on after line 2 starts on 2021-01-01."
    assert told["V65"] == "Line 1: event on 2022-06-20 after missed assessments, no adequate scan since 2020-06-20."
    assert told["V66"] == "Line 1: censored at 2020-06-01, since new therapy began."


def test_a_contradiction_stops_everything(derived):
    check_derived(derived)
    broken = {**derived, "times_to_event": derived["times_to_event"].filter(pl.col("days") != 153)}
    with pytest.raises(ContradictionError, match="do not add up"):
        check_derived(broken)
    swapped = derived["times_to_event"].with_columns(
        days=pl.when(pl.col("endpoint") == "OS").then(1).otherwise("days").cast(pl.Int32)
    )
    with pytest.raises(ContradictionError, match="longer than survival"):
        check_derived({**derived, "times_to_event": swapped})
