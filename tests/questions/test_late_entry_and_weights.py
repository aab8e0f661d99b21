"""Late entry and weights: who is at risk from when, what is said of it, what leaves, who refuses them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from analytics.export.write import hold_to_level, write_answer
from analytics.questions.ask import QUESTIONS, answer
from analytics.questions.question import Answer, Question
from analytics.tables.regression_results import ModelResult
from analytics.tables.results import Refusal
from analytics.tables.study import Study
from analytics.tables.survival_results import HazardRatio, SurvivalResult
from tests.questions.conftest import START, HandMadeStudy

SAME_FIT = 1e-9  # two ways to the same maximum of one likelihood
PEOPLE = 80


def with_records(study: HandMadeStudy, scans: dict[int, int], labs: dict[int, int] | None = None) -> Study:
    """Build, with the first scan (and laboratory value) of a patient so many days after the start."""
    made = study.build()
    records = {
        table: pl.LazyFrame(
            [{"pid": pid, column: START + timedelta(days=day)} for pid, day in days.items()],
            schema={"pid": pl.Int64, column: pl.Date},
        )
        for table, column, days in (("imaging", "date", scans), ("labs", "collected", labs or {}))
    }
    for name, table in records.items():
        made.tables[name] = table
    return made


def survival_of(given: Answer | Refusal) -> SurvivalResult:
    assert isinstance(given, Answer), given
    assert isinstance(given.result, SurvivalResult)
    return given.result


@pytest.fixture
def five(by_hand: HandMadeStudy) -> HandMadeStudy:
    for pid, days in enumerate((10, 20, 30, 40, 50)):
        by_hand.line(pid).time(pid, days, happened=True)
    return by_hand


def test_late_entry_by_hand(five: HandMadeStudy) -> None:
    """First scans on days 1, 25, 5, never and 60 of the line (date − start + 1): entry 0, 25, 5 and out, out.

    Patient 0 (day 10) and 2 (entry 5) are at risk on day 10; the second enters after day 25 but has ended on day 20.
    """
    study = with_records(five, {0: 0, 1: 24, 2: 4, 4: 59})
    given = answer(study, Question(kind="survival", by="none", entry="first_scan"))
    (group,) = survival_of(given).groups
    assert group.n_lines == 2
    at = int(np.flatnonzero(group.curve.time == 10)[0])
    assert (group.curve.n_risk[at], group.curve.survival[at]) == (2, 0.5)
    assert isinstance(given, Answer)
    assert [(step.reason, step.n_lines_removed) for step in given.flow if step.n_lines_removed] == [
        ("no scan", 1),
        ("ended before the first scan", 2),
    ]
    assert any("at risk from the first scan" in note for note in given.notes)
    assert given.subjects["entry"].to_list() == [0, 5]


def test_a_record_is_a_scan_or_a_laboratory_value(five: HandMadeStudy) -> None:
    study = with_records(five, {0: 5}, {0: 2, 1: 9, 2: -40, 3: 0, 4: 12})
    given = answer(study, Question(kind="survival", by="none", entry="first_record"))
    assert isinstance(given, Answer)
    assert given.subjects["entry"].to_list() == [3, 10, 0, 0, 13]


@pytest.fixture
def channelled(by_hand: HandMadeStudy) -> HandMadeStudy:
    """Eighty people: PRRT goes to those with more lines before, who progress sooner; PRRT itself does nothing."""
    stream = np.random.default_rng(5)
    for pid in range(PEOPLE):
        prior = pid % 4
        is_prrt = stream.random() < 0.2 + 0.2 * prior
        by_hand.line(pid, treatment="PRRT" if is_prrt else "SSA", prior_lines=prior, grade=f"G{1 + pid % 2}")
        by_hand.time(pid, int(np.ceil(stream.exponential(900 / (1 + prior)))), happened=pid % 7 != 0)
    return by_hand


def test_weights_bring_the_groups_together(channelled: HandMadeStudy) -> None:
    plain = answer(channelled.build(), Question(kind="survival"))
    given = answer(channelled.build(), Question(kind="survival", weights="overlap", balance=("prior_lines", "grade")))
    (naive,), (weighted,) = survival_of(plain).hazard_ratios, survival_of(given).hazard_ratios
    assert isinstance(naive, HazardRatio)
    assert isinstance(weighted, HazardRatio)
    assert naive.ratio.value is not None
    assert weighted.ratio.value is not None
    assert abs(np.log(weighted.ratio.value)) < abs(np.log(naive.ratio.value))
    assert weighted.is_robust
    assert isinstance(given, Answer)
    assert given.weighting is not None
    before, after = ([abs(getattr(row, when)) for row in given.weighting.balance] for when in ("before", "after"))
    assert max(before) > 0.5
    assert max(after) < 1e-6  # overlap weights make the means equal
    assert "the comparison is weighted" in given.notes[0]
    assert sum(size for _, _, size in given.weighting.effective_sizes) < PEOPLE


def test_the_weighted_regression_is_the_ratio_of_the_weighted_survival_answer(channelled: HandMadeStudy) -> None:
    asked = Question(kind="survival", weights="inverse", balance=("prior_lines",))
    (ratio,) = survival_of(answer(channelled.build(), asked)).hazard_ratios
    model = answer(channelled.build(), Question(kind="regression", weights="inverse", balance=("prior_lines",)))
    assert isinstance(model, Answer)
    assert isinstance(model.result, ModelResult)
    assert isinstance(ratio, HazardRatio)
    assert model.result.fit.terms[0].ratio.value == pytest.approx(ratio.ratio.value, rel=SAME_FIT)
    assert dict(model.result.fit.method.options)["weights"]


KINDS = ("survival", "regression", "comparison", "competing_risks", "subgroups", "sensitivity")


@pytest.mark.parametrize("kind", KINDS)
def test_every_question_about_times_takes_both(channelled: HandMadeStudy, kind: str, tmp_path: Path) -> None:
    for row in channelled.rows["times_to_event"]:
        row["reason"] = ("progression" if row["pid"] % 3 else "death") if row["happened"] else "last adequate scan"
    study = with_records(channelled, {pid: 3 * (pid % 2) for pid in range(PEOPLE)})
    asked = Question(kind=kind, entry="first_scan", weights="overlap", balance=("prior_lines",), subgroups=("grade",))
    given = answer(study, asked)
    assert isinstance(given, Answer), given
    notes = " ".join(given.notes)
    assert "Late entry" in notes
    assert "overlap weights" in notes
    files = write_answer(given, tmp_path / "out", "full", call="", now=datetime(2026, 11, 20, tzinfo=UTC))
    assert not any(path.name.startswith("guyot") for path in files)
    if kind != "sensitivity":
        assert (tmp_path / "out" / "balance.csv").exists()
    safe = hold_to_level(given, "safe", study.settings)
    if kind in {"survival", "competing_risks"}:
        assert isinstance(safe, Refusal)
        assert safe.code == "curve_not_from_counts"


def test_other_questions_do_not_pass_over_them_in_silence(two_groups: HandMadeStudy) -> None:
    for kind in set(QUESTIONS) - set(KINDS):
        given = answer(two_groups.build(), Question(kind=kind, entry="first_scan"))
        assert isinstance(given, Refusal), kind
        assert given.code == "option_not_used"


REFUSALS = [
    ({"entry": "birth"}, "unknown_entry"),
    ({"weights": "equal", "balance": ("grade",)}, "unknown_weights"),
    ({"weights": "overlap"}, "nothing_to_balance"),
    ({"weights": "overlap", "balance": ("treatment",)}, "balance_of_group"),
    ({"weights": "overlap", "balance": ("n_cycles",)}, "covariate_after_time_zero"),
    ({"weights": "overlap", "balance": ("prior_lines",), "by": "none"}, "not_two_groups"),
    ({"model": "weibull", "weights": "overlap", "balance": ("prior_lines",)}, "no_weights"),
]


@pytest.mark.parametrize(("options", "code"), REFUSALS, ids=[code for _, code in REFUSALS])
def test_words_that_mean_nothing_are_refused(channelled: HandMadeStudy, options: dict[str, object], code: str) -> None:
    given = answer(channelled.build(), Question(kind="regression", **options))
    assert isinstance(given, Refusal), given
    assert given.code == code
    assert given.remedy


def test_a_level_of_one_group_alone_is_left_out_with_its_reason(channelled: HandMadeStudy) -> None:
    for pid in range(200, 207):
        channelled.line(pid, treatment="SSA", prior_lines=1, grade="NEC_small").time(pid, 90 + pid, happened=True)
    given = answer(channelled.build(), Question(kind="survival", weights="overlap", balance=("grade",)))
    assert isinstance(given, Answer), given
    assert ("grade NEC_small: few in one of the groups", 7) in [
        (step.reason, step.n_lines_removed) for step in given.flow
    ]
    assert given.subjects.height == PEOPLE
