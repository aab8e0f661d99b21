"""Whatever the study, a question ends in an answer that can be written and drawn, or in a refusal with a remedy."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.catalogue.settings import Settings
from analytics.export.disclosure import make_safe
from analytics.export.figure_files import draw_main_figure
from analytics.export.formats import FORMATS
from analytics.export.release import Level, Release
from analytics.export.summary import as_json, summarise
from analytics.questions.ask import answer
from analytics.questions.question import Answer, Question
from analytics.tables.results import Refusal
from tests.questions.conftest import START, HandMadeStudy

FLOOR = 5
KINDS = ("regression", "competing_risks", "interval_censored", "comparison", "subgroups", "sensitivity")
DRAWN_APART = (
    "figure",
    "areas",
    "Schoenfeld figure",
    "effect figure",
    "adjusted figure",
    "influence figure",
)  # rendering is tested elsewhere, and slow

PERSON = st.tuples(
    st.integers(1, 900),
    st.sampled_from(["progression", "death", "no event"]),
    st.sampled_from(["PRRT", "SSA"]),
    st.sampled_from(["G1", "G2", "G3"]),
    st.one_of(st.none(), st.integers(30, 90)),
    st.integers(0, 400),
    st.integers(1, 2),
)


def build(people: list[tuple[int, str, str, str, int | None, int, int]], copies: int) -> HandMadeStudy:
    """Each person ``copies`` times, a day later each time: small lists make larger studies with ties and patterns."""
    made = HandMadeStudy()
    for copy in range(copies):
        for place, (days, reason, treatment, grade, age, gap, n_lines) in enumerate(people):
            end = START + timedelta(days=days + copy - 1)
            negative = max(end - timedelta(days=gap), START) if reason == "progression" else end
            for line_no in range(1, n_lines + 1):
                pid = 1000 * copy + place
                made.line(pid, line_no, treatment, grade=grade, age_years=age, prior_lines=line_no - 1)
                made.time(
                    pid,
                    days + copy,
                    happened=reason != "no event",
                    line_no=line_no,
                    reason=reason,
                    last_negative_date=negative,
                    first_positive_date=end if reason != "no event" else None,
                )
    return made


@pytest.mark.parametrize("kind", KINDS)
@settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.too_slow])
@given(
    people=st.lists(PERSON, max_size=12),
    copies=st.sampled_from([1, 3, 9]),
    model=st.sampled_from(["cox", "weibull", "spline"]),
    covariates=st.sampled_from([(), ("age_years",), ("grade", "prior_lines")]),
)
def test_an_answer_or_a_refusal_with_a_remedy(
    kind: str,
    people: list[tuple[int, str, str, str, int | None, int, int]],
    copies: int,
    model: str,
    covariates: tuple[str, ...],
) -> None:
    question = Question(kind=kind, model=model, covariates=covariates, subgroups=("grade",), linear=covariates[:1])
    asked = answer(build(people, copies).build(), question)
    if isinstance(asked, Refusal):
        assert asked.sentence.endswith(".")
        assert asked.remedy
        return
    write_and_draw(asked, "full")
    safe = make_safe(asked, FLOOR)
    if isinstance(safe, Answer):
        assert safe.subjects.is_empty()
        write_and_draw(safe, "safe")


def write_and_draw(leaving: Answer, level: Level) -> None:
    now = datetime(2026, 11, 20, tzinfo=UTC)
    release = Release(answer=leaving, level=level, settings=Settings(), call="test", now=now)
    assert as_json(summarise(release))  # refuses a number that is none
    for form in FORMATS:
        if form.serves(release) and not form.name.startswith(DRAWN_APART):
            form.write(release)
    if not (leaving.question.kind == "comparison" and level == "safe"):
        assert draw_main_figure(release).axes
