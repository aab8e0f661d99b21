"""Findings that need lines and endpoints: each found where it should be, and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
import pytest

from analytics.catalogue.settings import Settings
from analytics.endpoints.derive import derive_all
from analytics.endpoints.findings import RULES, count_exclusions, derive_exclusion_findings, derive_findings
from analytics.endpoints.self_check import ContradictionError, check_derived
from tests.by_hand import accept_by_hand

EVEROLIMUS_PRRT = """
    patient_id | treatment_id | category | agent          | start      | end
    P1         | T1           | targeted | everolimus     | 2020-01-01 | {end}
    P1         | T2           | PRRT     | 177Lu-DOTATATE | 2021-01-01 |
    """
ONE_LINE = """
    patient_id | treatment_id | category | agent          | start
    P1         | T1           | PRRT     | 177Lu-DOTATATE | 2020-01-01
    """
SSA_LINE = EVEROLIMUS_PRRT.replace("targeted | everolimus    ", "SSA      | lanreotide    ")
SCANS = """
    patient_id | imaging_id | date       | modality
    P1         | s0         | 2019-12-20 | CT
    P1         | s1         | 2020-06-20 | CT
    """
LESIONS = """
    patient_id | imaging_id | lesion_id | role   | longest_mm | measured
    P1         | s0         | T01       | target | 30         | yes
    P1         | s1         | T01       | target | 40         | yes
    """


def responses(*rows: str) -> str:
    return "\n".join(["patient_id | date | criteria | response", *(f"P1 | {row}" for row in rows)])


def labs(*rows: str) -> str:
    return "\n".join(["patient_id | analyte | collected | value_text", *(f"P1 | CGA | {row}" for row in rows)])


def readers(*rows: str) -> str:
    return "\n".join(["patient_id | date | criteria | reader | response", *(f"P1 | {row}" for row in rows)])


A_STABLE = "2020-04-01 | RECIST_1_1 | A | SD"
STABLE = "2020-04-01 | RECIST_1_1 | SD"
READ = {"treatments": ONE_LINE, "imaging": SCANS, "lesions": LESIONS}

CASES: list[tuple[str, Mapping[str, str], Mapping[str, str], dict[str, Any]]] = [
    (
        "V39",
        {"treatments": ONE_LINE, "labs": labs("2020-03-01 | 100")},
        {"treatments": ONE_LINE, "labs": labs("2019-12-20 | 90", "2020-03-01 | 100")},
        {},
    ),
    (
        "V47",
        READ | {"responses": responses("2020-06-20 | RECIST_1_1 | SD")},
        READ | {"responses": responses("2020-06-20 | RECIST_1_1 | PD")},
        {},
    ),
    (
        "V57",
        {"treatments": EVEROLIMUS_PRRT.format(end="2021-01-02")},
        {"treatments": EVEROLIMUS_PRRT.format(end="2021-01-01")},
        {},
    ),
    (
        "V57",
        {"treatments": EVEROLIMUS_PRRT.format(end="2021-06-01")},
        {"treatments": SSA_LINE.format(end="2021-06-01")},  # an SSA may go on beside the next line
        {},
    ),
    (
        "V63",
        {"treatments": ONE_LINE, "vital_status": "patient_id | date | kind\nP1 | 2019-12-31 | death"},
        {"treatments": ONE_LINE, "vital_status": "patient_id | date | kind\nP1 | 2020-01-01 | death"},
        {},
    ),
    (
        "V65",
        {"treatments": ONE_LINE, "responses": responses(STABLE, "2020-11-01 | RECIST_1_1 | PD")},
        {"treatments": ONE_LINE, "responses": responses(STABLE, "2020-08-01 | RECIST_1_1 | PD")},
        {"assessment_interval_days": 84},
    ),
    (
        "V66",
        {"treatments": EVEROLIMUS_PRRT.format(end=""), "responses": responses("2020-04-01 | RECIST_1_1 | SD")},
        {"treatments": EVEROLIMUS_PRRT.format(end=""), "responses": responses("2020-04-01 | RECIST_1_1 | PD")},
        {},
    ),
    (
        "V102",
        {"treatments": ONE_LINE, "responses": readers(A_STABLE, "2020-04-03 | RECIST_1_1 | B | PD")},
        # of one day one reader counts
        {"treatments": ONE_LINE, "responses": readers(A_STABLE, "2020-04-01 | RECIST_1_1 | B | PD")},
        {},
    ),
    (
        "V103",
        {"treatments": ONE_LINE, "responses": readers(A_STABLE)},
        {"treatments": ONE_LINE, "responses": readers("2020-04-01 | RECIST_1_1 | Central | SD")},
        {"response_reader": "central"},
    ),
]  # fmt: skip


def found_in(grids: Mapping[str, str], rule_id: str, **settings: Any) -> pl.DataFrame:
    tables = accept_by_hand(grids)
    chosen = Settings(**settings)
    return derive_findings(tables, derive_all(tables, chosen), chosen).filter(rule_id=rule_id)


@pytest.mark.parametrize(("rule_id", "triggering", "sound", "settings"), CASES)
def test_a_finding_is_made_where_it_should_be_and_only_there(
    rule_id: str, triggering: Mapping[str, str], sound: Mapping[str, str], settings: dict[str, Any]
):
    assert found_in(triggering, rule_id, **settings)["patient_id"].to_list() == ["P1"]
    assert found_in(sound, rule_id, **settings).is_empty()


def test_lines_left_out_are_counted_by_reason_without_naming_anybody():
    """V64."""

    def counted(treatments: str) -> list[tuple[object, ...]]:
        times = derive_all(accept_by_hand({"treatments": treatments}), Settings())["times_to_event"]
        found = derive_exclusion_findings(count_exclusions(times))
        return found.filter(pl.col("message").str.contains("in PFS:")).select("patient_id", "message").rows()

    undated = ONE_LINE + "P2 | T1 | PRRT | 177Lu-DOTATATE |\n"
    assert counted(undated) == [(None, "1 of 2 lines are not in PFS: no start date.")]
    assert counted(ONE_LINE) == []


def test_what_other_rules_leave_out_is_counted_too():
    """V64: the FDA-style rules need a schedule; reasons that hold by the default rules are told once."""
    undated = ONE_LINE + "P2 | T1 | PRRT | 177Lu-DOTATATE |\n"
    answered = "patient_id | date | criteria | response\nP1 | 2020-04-01 | RECIST_1_1 | PD"
    tables = accept_by_hand({"treatments": undated, "responses": answered})
    found = derive_exclusion_findings(count_exclusions(derive_all(tables, Settings())["times_to_event"]))
    told = found.filter(pl.col("message").str.contains("in PFS[:,]"))["message"].to_list()
    assert told == [
        "1 of 2 lines are not in PFS: no start date.",
        "1 of 2 lines are not in PFS, rules fda: no assessment schedule or interval is known.",
    ]


def test_every_rule_here_has_a_case():
    assert {rule.rule_id for rule in RULES} == {case[0] for case in CASES} | {"V64"}


@pytest.fixture(scope="module")
def derived() -> dict[str, pl.DataFrame]:
    grids = READ | {
        "responses": responses("2020-06-20 | RECIST_1_1 | PR", "2020-12-20 | RECIST_1_1 | SD"),
        "labs": labs("2019-12-20 | 400", "2020-03-01 | 100", "2020-05-01 | 100"),
        "vital_status": "patient_id | date | kind\nP1 | 2021-01-01 | death",
    }
    return derive_all(accept_by_hand(grids), Settings())


def of_endpoint(code: str) -> pl.Expr:
    return (pl.col("endpoint") == code) & (pl.col("rule_set") == "default")


SPOILT: dict[str, tuple[str, dict[str, pl.Expr], str]] = {
    "a time of less than a day": (
        "times_to_event",
        {"days": pl.when(of_endpoint("PFS")).then(0).otherwise("days").cast(pl.Int32)},
        "do not add up",
    ),
    "an event with the code of a censoring": (
        "times_to_event",
        {"code": pl.when(of_endpoint("OS")).then(1).otherwise("code").cast(pl.Int32)},
        "do not add up",
    ),
    "progression after death": (
        "times_to_event",
        {"days": pl.when(of_endpoint("PFS")).then(pl.lit(9999)).otherwise("days").cast(pl.Int32)},
        "longer than survival",
    ),
    "a confirmed marker response that is none": (
        "marker_responses",
        {"status": pl.lit("non_responder"), "is_confirmed": pl.lit(value=True)},
        "confirmed marker responses",
    ),
    "a confirmed response without a response": (
        "best_responses",
        {"confirmed_response_date": pl.lit("2020-06-20").str.to_date(), "response_date": pl.lit(None, dtype=pl.Date)},
        "confirmed responses without",
    ),
}


def test_a_sound_study_passes_its_self_check(derived: dict[str, pl.DataFrame]):
    """V70: events, censored and excluded add up to the lines, for every endpoint."""
    check_derived(derived)


@pytest.mark.parametrize("name", SPOILT)
def test_a_contradiction_stops_the_study(derived: dict[str, pl.DataFrame], name: str):
    """V70."""
    table, changes, message = SPOILT[name]
    with pytest.raises(ContradictionError, match=message):
        check_derived({**derived, table: derived[table].with_columns(**changes)})


def test_the_order_of_the_times_decides_no_self_check(derived: dict[str, pl.DataFrame]):
    """V70: a sound study passes in any order of rows, and a repeated row is found in any."""
    lines = pl.concat([derived["lines"], derived["lines"].with_columns(line_no=pl.lit(2, dtype=pl.Int32))])
    times = derived["times_to_event"]
    both = pl.concat([times, times.with_columns(line_no=pl.lit(2, dtype=pl.Int32))])
    for seed in range(5):
        shuffled = both.sample(fraction=1, shuffle=True, seed=seed)
        check_derived({**derived, "lines": lines, "times_to_event": shuffled})
        spoilt = pl.concat([shuffled.slice(1), shuffled.slice(5, 1)])
        with pytest.raises(ContradictionError, match="do not add up"):
            check_derived({**derived, "lines": lines, "times_to_event": spoilt})


def test_a_line_without_a_row_of_an_endpoint_stops_the_study(derived: dict[str, pl.DataFrame]):
    """V70."""
    times = derived["times_to_event"]
    with pytest.raises(ContradictionError, match="do not add up"):
        check_derived({**derived, "times_to_event": pl.concat([times, times.filter(of_endpoint("TTNT"))])})
    lines = pl.concat([derived["lines"], derived["lines"].with_columns(line_no=pl.lit(2, dtype=pl.Int32))])
    with pytest.raises(ContradictionError, match="do not add up"):
        check_derived({**derived, "lines": lines})


def test_readers_of_one_line_after_the_other_are_not_pooled():
    """A reader a line: each line has its own."""
    read = readers(A_STABLE, "2021-04-01 | RECIST_1_1 | B | SD")
    assert found_in({"treatments": EVEROLIMUS_PRRT.format(end=""), "responses": read}, "V102").is_empty()


def test_readers_are_named_in_the_finding():
    pooled = readers(A_STABLE, "2020-04-03 | RECIST_1_1 | B | PD", "2020-05-01 | RECIST_1_1 || SD")
    [told] = found_in({"treatments": ONE_LINE, "responses": pooled}, "V102")["message"]
    assert told == "Line 1: responses of A and B and nobody named stand on different days and count together."
    [told] = found_in({"treatments": ONE_LINE, "responses": pooled}, "V103", response_reader="C")["message"]
    assert told == (
        "Line 1: nothing is read by «C», whom the settings name; responses of A and B and nobody named do not count."
    )
