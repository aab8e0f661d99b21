"""Whatever values a few people have, a question about the marker ends in an answer that can be written or a refusal."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from analytics.export.disclosure import make_safe
from analytics.questions.ask import answer
from analytics.questions.question import Answer, Question, Selection
from analytics.tables.results import Refusal
from analytics.tables.study import Study
from tests.export.test_any_small_study import FLOOR, write_and_draw
from tests.questions.conftest import START, HandMadeStudy
from tests.questions.marked_lines import day_of
from tests.questions.test_agreement import SCHEMAS
from tests.questions.test_growth import LABS

QUESTIONS: dict[str, dict[str, object]] = {
    "last value": {"kind": "time_dependent", "covariates": ("age_years",)},
    "slope": {"kind": "time_dependent", "changing": "slope", "by": "none"},
    "straight course": {"kind": "course", "spline_df": 1},
    "bent course": {"kind": "course", "by": "none"},
    "agreement": {"kind": "agreement", "days_before": 400, "days_after": 400},
    "growth": {"kind": "growth", "landmark_days": 300, "by": "none"},
    "growth of diameters": {"kind": "growth", "measure": "diameters"},
    "regrowth": {"kind": "regrowth"},
    "regrowth of diameters": {"kind": "regrowth", "measure": "diameters", "by": "none"},
    "response": {"kind": "response_model", "covariates": ("age_years",), "linear": ("age_years",)},
    "penalised response": {"kind": "response_model", "model": "firth"},
    "repeated response": {"kind": "response_model", "model": "gee"},
    "ordered response": {"kind": "response_model", "model": "ordinal"},
    "imputation": {"kind": "imputation", "covariates": ("age_years",), "n_imputations": 2},
    "landmark": {"kind": "landmark", "landmark_days": 60},
    "switching": {"kind": "switching", "landmark_days": 60},
}

VALUE = st.tuples(st.integers(1, 500), st.sampled_from([0.2, 1.0, 4.0, 10.0, 60.0]), st.sampled_from(["", "<", ">"]))
PERSON = st.tuples(
    st.integers(1, 900),
    st.booleans(),
    st.sampled_from(["PRRT", "SSA"]),
    st.one_of(st.none(), st.integers(30, 90)),
    st.lists(VALUE, max_size=4),
    st.sampled_from(["CR", "PR", "SD", "PD", "NE"]),
    st.integers(1, 2),
)


SLOPES_THAT_SEPARATE: list[tuple[object, ...]] = [
    (691, False, "SSA", 62, [(210, 10.0, "<")], "SD", 1),
    (496, True, "PRRT", None, [(47, 60.0, "<"), (1, 1.0, "<"), (131, 4.0, ">"), (134, 10.0, "<")], "CR", 2),
    (668, False, "PRRT", 36, [(332, 60.0, ">")], "PD", 2),
    (152, False, "PRRT", 86, [], "NE", 1),
]
"""Risks so far apart that the information of a Cox model cannot be added up."""


VALUES_WITHOUT_SCATTER: list[tuple[object, ...]] = [
    (885, False, "PRRT", 73, [(245, 4.0, "<")], "PR", 1),
    (569, True, "PRRT", None, [(167, 0.2, ">")], "PR", 2),
]
"""Two values a patient, on a straight line each: the search for slopes runs to where rounding is all there is."""


def build(people: list[tuple[object, ...]], copies: int) -> Study:
    """Each person ``copies`` times, a day later each time."""
    made = HandMadeStudy()
    scans: list[tuple[object, ...]] = []
    for copy in range(copies):
        for place, (days, happened, treatment, age, values, response, n_lines) in enumerate(people):
            pid = 1000 * copy + place
            for line_no in range(1, n_lines + 1):
                made.line(pid, line_no, treatment, age_years=age, prior_lines=line_no - 1)
                reason = "progression" if happened else "no event"
                made.time(pid, days + copy, happened, line_no=line_no, reason=reason)
                add_values(made, pid, line_no, values)
                status = "responder" if (pid + line_no) % 3 == 0 else "non_responder"
                made.response(pid, status, line_no, response_date=day_of(50) if status == "responder" else None)
                best = {"pid": pid, "line_no": line_no, "source": "given", "best_response": response}
                made.rows["best_responses"].append(best)
            scans.append((pid, 90 + copy, response))
    return complete(made, scans)


def add_values(made: HandMadeStudy, pid: int, line_no: int, values: list[tuple[int, float, str]]) -> None:
    for day, fold, sign in sorted({value[0]: value for value in [(1, 10.0, ""), *values]}.values()):
        bounds = {"day_low": 0.0 if sign == "<" else fold, "day_high": float("inf") if sign == ">" else fold}
        known = {"pid": pid, "line_no": line_no, "analyte": "CGA", "days": day, "date": day_of(day), "series": "a"}
        verdict = {"is_baseline": day == 1, "is_assessable": True, "compared_uln": 1.0, "fold_uln": fold, "value": fold}
        made.rows["marker_values"].append(known | bounds | verdict)


def complete(made: HandMadeStudy, scans: list[tuple[object, ...]]) -> Study:
    """Return the study with scans and an empty laboratory beside it."""
    study = made.build()
    rows = {
        "responses": [
            (pid, f"S{pid}", response, "RECIST_1_1", "local", START + timedelta(days=day), "D", "r.csv", place)
            for place, (pid, day, response) in enumerate(scans)
        ],
        "imaging": [(pid, f"S{pid}", START + timedelta(days=day), "D", "Y") for pid, day, _ in scans],
    }
    types = {"pid": pl.UInt32, "date": pl.Date, "_row": pl.Int64}
    for name, columns in SCHEMAS.items():
        schema = {column: types.get(column, pl.String) for column in columns}
        study.tables[name] = pl.DataFrame(rows[name], schema=schema, orient="row").lazy()
    study.tables["labs"] = pl.DataFrame(schema=LABS).lazy()
    return study


@pytest.mark.parametrize("name", QUESTIONS)
@settings(
    deadline=None,
    max_examples=5,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
@example(people=SLOPES_THAT_SEPARATE, copies=12, one_line=False)
@example(people=VALUES_WITHOUT_SCATTER, copies=12, one_line=True)
@given(people=st.lists(PERSON, max_size=10), copies=st.sampled_from([1, 4, 12]), one_line=st.booleans())
def test_an_answer_or_a_refusal_with_a_remedy(
    name: str, people: list[tuple[object, ...]], copies: int, *, one_line: bool
) -> None:
    selection = Selection(choose="first_line" if one_line else "every_line")
    asked = answer(build(people, copies), Question(**QUESTIONS[name], selection=selection))
    if isinstance(asked, Refusal):
        assert asked.sentence.endswith(".")
        assert asked.remedy
        return
    write_and_draw(asked, "full")
    safe = make_safe(asked, FLOOR)
    if isinstance(safe, Answer):
        assert safe.subjects.is_empty()
        write_and_draw(safe, "safe")
