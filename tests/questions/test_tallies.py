"""Counts by topic: rule sets and choices, readings, toxicity, symptoms, surveillance."""

from __future__ import annotations

import polars as pl
import pytest

from analytics.errors import UsageError
from analytics.questions.ask import answer
from analytics.questions.question import Answer, Question, Selection
from analytics.questions.rule_changes import describe_moved, say_moved
from analytics.tables.results import Refusal
from analytics.tables.study import Study
from analytics.tables.tally_results import TallyResult
from tests.questions.derived_study import derive_study

TREATED = {
    "treatments": """
        patient_id | treatment_id | category | agent          | start      | end
        P1         | T1           | PRRT     | 177Lu-DOTATATE | 2020-01-01 |
        P1         | T2           | targeted | everolimus     | 2020-08-01 |
        P2         | T1           | PRRT     | 177Lu-DOTATATE | 2020-01    |
        P3         | T1           | SSA      | lanreotide     | 2020-01-01 |
        """,
    "responses": """
        patient_id | date       | criteria   | response
        P1         | 2020-04-01 | RECIST_1_1 | SD
        P1         | 2020-09-01 | RECIST_1_1 | PD
        P2         | 2020-04-01 | RECIST_1_1 | PD
        """,
    "imaging": """
        patient_id | imaging_id | date       | modality
        P1         | s0         | 2019-12-20 | CT
        P1         | s1         | 2020-04-01 | CT
        P2         | s0         | 2019-12-20 | CT
        P2         | s1         | 2020-04-01 | CT
        """,
    "lesions": """
        patient_id | imaging_id | lesion_id | role   | longest_mm | measured
        P1         | s0         | T01       | target | 20         | yes
        P1         | s1         | T01       | target | 24         | yes
        P2         | s0         | T01       | target | 30         | yes
        P2         | s1         | T01       | target | 40         | yes
        """,
    "labs": """
        patient_id | analyte | collected  | value_text | lln | uln
        P1         | PLT     | 2019-12-20 | 20         | 150 |
        P1         | PLT     | 2020-03-01 | 49         | 150 |
        P1         | PLT     | 2020-04-01 | 74         | 150 |
        P2         | PLT     | 2020-03-01 | 160        | 150 |
        P1         | CGA     | 2020-03-01 | 100        |     | 100
        """,
    "toxicities": """
        patient_id | term    | grade | start      | serious
        P1         | Fatigue | 1     | 2020-02-01 |
        P1         | Fatigue | 3     | 2020-03-01 | Y
        P1         | Nausea  | 2     | 2019-12-01 |
        """,
    "symptoms": """
        patient_id | date       | item           | value
        P1         | 2019-12-20 | EORTC_QLQC30_GH | 50
        P1         | 2020-03-01 | EORTC_QLQC30_GH | 40
        P1         | 2020-05-01 | EORTC_QLQC30_GH | 60
        P2         | 2020-05-01 | ECOG           | 1
        """,
    "vital_status": """
        patient_id | date       | kind
        P1         | 2020-05-01 | alive_contact
        """,
}


@pytest.fixture(scope="module")
def study() -> Study:
    return derive_study(TREATED)


def tally(study: Study, kind: str, by: str = "none", **options: object) -> TallyResult:
    given = answer(study, Question(kind=kind, by=by, **options))
    assert isinstance(given, Answer), given
    assert isinstance(given.result, TallyResult)
    return given.result


def counted(result: TallyResult, topic: str) -> dict[str, int]:
    return dict(result.counts.filter(topic=topic).select("category", "n").rows())


def test_rule_changes_count_every_line_once_a_rule_set(study: Study):
    result = tally(study, "rule_changes")
    assert counted(result, "PFS by the rules «ema»") == {"event here, censored by the default": 1, "unchanged": 3}
    assert set(result.counts.group_by("topic").agg(pl.col("n").sum())["n"]) == {4}
    assert result.details.filter(rule_set="ema").select("patient_id", "usual_happened", "happened").rows() == [
        ("P1", False, True)
    ]


def test_a_note_beside_the_curve_says_what_other_rules_would_move(study: Study):
    lines = study.table("lines").collect()
    assert describe_moved(study, lines, "PFS")[0].startswith(
        "People whose PFS other rule sets would change, in any line: admiral "
    )
    assert "ema fewer than 5" in describe_moved(study, lines, "PFS")[0]
    assert describe_moved(study, lines, "OS") == ()


def test_the_people_moved_are_said_few_of_them_only_as_few(study: Study):
    given = answer(study, Question(kind="rule_changes", by="none"))
    assert isinstance(given, Answer)
    assert "PFS by the rules «clinical» none, PFS by the rules «ema» fewer than 5" in given.notes[0]


@pytest.mark.parametrize(
    ("moved", "people", "said"),
    [
        (0, 20, "none"),
        (4, 20, "fewer than 5"),
        (5, 20, "5"),
        (15, 20, "15"),
        (16, 20, "all but fewer than 5"),
        (20, 20, "20"),
    ],
)
def test_few_people_are_never_counted(moved: int, people: int, said: str):
    changed = pl.DataFrame(
        {
            "pid": list(range(people)),
            "change": ["the same on another day"] * moved + ["unchanged"] * (people - moved),
            "rule_set": ["ema"] * people,
        }
    )
    assert say_moved(changed, "rule_set", 5) == f"ema {said}"


def test_an_endpoint_without_other_rules_is_refused(study: Study):
    given = answer(study, Question(kind="rule_changes", endpoint="OS"))
    assert isinstance(given, Refusal)


def test_choices_derive_the_endpoints_anew(study: Study):
    """P2 began in January of 2020 on an unknown day: 92 days to progression at the earliest, 62 at the latest."""
    result = tally(study, "choices")
    dates = counted(result, "PFS: every partial date at its last possible day")
    assert dates == {"the same on another day": 1, "unchanged": 3}
    moved = result.details.filter(choice="every partial date at its last possible day")
    assert moved.select("patient_id", "usual_days", "days").rows() == [("P2", 92, 62)]
    assert counted(result, "PFS: every partial date at its first possible day") == {"unchanged": 4}
    size = counted(result, "PFS: RECIST 1.0 in place of the criteria chosen")
    assert size == {"event here, censored by the default": 1, "unchanged": 3}


def test_what_disease_after_a_complete_response_would_move_is_counted():
    """R8: left as the reader called it, and how many lines the reading of RECIST 1.1 would move is told."""
    again = (
        "patient_id | date | criteria | response\nP1 | 2020-04-01 | RECIST_1_1 | CR\nP1 | 2020-07-01 | RECIST_1_1 | PR"
    )
    result = tally(derive_study(TREATED | {"responses": again}), "choices")
    moved = counted(result, "PFS: disease a reader sees after a complete response called progression")
    assert moved == {"event here, censored by the default": 1, "unchanged": 3}
    assert counted(result, "PFS: lesions seen after a complete response called progression") == {"unchanged": 4}


def test_a_choice_that_cannot_be_run_is_said(study: Study):
    given = answer(study, Question(kind="choices", by="none"))
    assert isinstance(given, Answer)
    assert any(note.startswith("Not run: progression dated by the planned visit") for note in given.notes)


def test_readings_stand_beside_what_lesions_say():
    """P1: 20 → 24 mm is stable; the reader says a response."""
    said = TREATED["responses"].replace("2020-04-01 | RECIST_1_1 | SD", "2020-04-01 | RECIST_1_1 | PR")
    differing = TREATED | {"responses": said}
    result = tally(derive_study(differing), "readings")
    assert counted(result, "best response") == {
        "PR by readers, SD from lesions": 1,
        "the same": 1,
        "no lesions measured": 1,
        "no reader": 1,
    }
    [row] = result.details.to_dicts()
    assert (row["patient_id"], row["reader_response"], row["lesion_response"], row["sum_mm"]) == ("P1", "PR", "SD", 24)
    assert (row["file"], row["row"]) == ("responses.csv", 2)


def test_toxicity_is_the_worst_after_the_start(study: Study):
    """The 20 of before the start is the baseline; nausea began before; no value is not grade 0."""
    result = tally(study, "toxicity")
    assert counted(result, "Platelet count decreased") == {"grade 0": 1, "grade 3": 1, "no value": 2}
    assert counted(result, "Fatigue (reported)") == {"grade 3": 1, "none reported": 3}
    assert "Nausea (reported)" not in set(result.counts["topic"])


def test_symptoms_at_the_last_score_against_the_baseline(study: Study):
    result = tally(study, "symptoms")
    assert counted(result, "QLQ-C30 global health status") == {"better": 1, "no later score": 3}
    assert counted(result, "ECOG performance status") == {"no baseline score": 1, "no later score": 3}


def test_surveillance_counts_people_by_their_line_on_that_day(study: Study):
    result = tally(study, "surveillance", by="treatment", as_of="2020-10-15")
    assert result.unit == "person"
    imaging = result.counts.filter(topic="imaging").select("group", "category", "n").rows()
    assert imaging == [("PRRT", "due", 1), ("SSA", "late", 1), ("targeted", "due", 1)]
    asked = Question(kind="surveillance", by="none", as_of="2020-10-15", selection=Selection(treatments=("SSA",)))
    given = answer(study, asked)
    assert isinstance(given, Answer)
    assert given.subjects["patient_id"].unique().to_list() == ["P3"]
    assert given.flow[-1].n_lines_removed == 2


def test_surveillance_needs_a_day_and_a_known_schedule(study: Study):
    assert isinstance(answer(study, Question(kind="surveillance")), Refusal)
    assert isinstance(answer(study, Question(kind="surveillance", as_of="2020-10-15", schedule="x")), Refusal)
    with pytest.raises(UsageError, match="not a date"):
        answer(study, Question(kind="surveillance", as_of="15.10.2020"))


@pytest.mark.parametrize("kind", ["rule_changes", "choices", "readings", "toxicity", "symptoms", "surveillance"])
def test_the_categories_of_a_topic_add_up_to_its_group(study: Study, kind: str):
    result = tally(study, kind, by="treatment", as_of="2020-10-15")
    sums = result.counts.group_by("topic", "group").agg(pl.col("n").sum(), pl.col("share").sum())
    per_group = sums.group_by("group").agg(pl.col("n").n_unique())
    assert set(per_group["n"]) == {1}
    assert sums["share"].to_list() == pytest.approx([1.0] * sums.height)


def test_best_response_counts_the_evaluable_and_all(study: Study):
    """Readers: P1 stable then progressing in the next line, P2 progressing, P3 without an assessment."""
    given = answer(study, Question(kind="best_response", by="none"))
    assert isinstance(given, Answer)
    assert isinstance(given.result, TallyResult)
    assert counted(given.result, "best response by readers") == {"PD": 2, "SD": 1, "no assessment": 1}
    assert counted(given.result, "objective response by readers") == {"no": 3, "not evaluable": 1}
    assert counted(given.result, "disease control by readers") == {"no": 2, "yes": 1, "not evaluable": 1}
    assert "Disease control by readers, all: 1 of 3 evaluable, 33% (1% to 91%); 1 of 4 in all." in given.summary


def test_an_unconfirmed_response_is_no_confirmed_one():
    responded = TREATED | {
        "responses": """
            patient_id | date       | criteria   | response
            P1         | 2020-04-01 | RECIST_1_1 | PR
            P2         | 2020-04-01 | RECIST_1_1 | PR
            P2         | 2020-04-29 | RECIST_1_1 | PR
            """
    }
    result = tally(derive_study(responded), "best_response")
    assert counted(result, "objective response by readers") == {"yes": 2, "not evaluable": 2}
    assert counted(result, "confirmed objective response by readers") == {"yes": 1, "no": 1, "not evaluable": 2}


def test_shares_have_exact_limits(study: Study):
    row = (
        tally(study, "best_response")
        .counts.filter(topic="disease control by readers", category="yes")
        .row(0, named=True)
    )
    assert (row["n"], row["share"]) == (1, 0.25)
    assert (row["low"], row["high"]) == pytest.approx((0.00631, 0.80588), abs=1e-5)  # R: binom.test(1, 4)$conf.int
