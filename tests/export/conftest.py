"""Small answers made by hand: a few lines typed out, and larger ones from a fixed formula."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import polars as pl
import pytest

from analytics.estimation.response import estimate_response
from analytics.estimation.time_to_event import estimate_time_to_event
from analytics.questions.cohort import describe_characteristics
from analytics.questions.question import Answer, Question
from analytics.questions.survival import survival_notes
from analytics.questions.trajectory import compute_bands
from analytics.tables.cohort_results import CohortResult, EndpointsResult, FlowStep, TrajectoryResult
from analytics.tables.survival_results import SurvivalResult
from tests import drafts

draft = drafts.draft
Line = tuple[int, str, int, bool]


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture
def make_survival() -> Callable[..., Answer]:
    """Build a survival answer from (pid, group, days, happened); an answer to one question of one study."""

    def make(lines: list[Line], flow: tuple[FlowStep, ...] | None = None) -> Answer:
        subjects = pl.DataFrame(
            [(pid, place, *rest) for place, (pid, *rest) in enumerate(lines, start=1)],
            schema={
                "pid": pl.UInt32,
                "line_no": pl.Int32,
                "group": pl.String,
                "days": pl.Int32,
                "happened": pl.Boolean,
            },
            orient="row",
        ).with_columns(
            patient_id="P" + pl.col("pid").cast(pl.String),
            start_date=pl.lit(date(2020, 1, 1)),
            end_date=pl.lit(date(2020, 1, 1)) + pl.duration(days=pl.col("days") - 1),
            code=pl.when("happened").then(0).otherwise(2),
            reason=pl.when("happened").then(pl.lit("progression")).otherwise(pl.lit("no event")),
            date_used=pl.lit("last adequate scan"),
            source_table=pl.lit("responses"),
            source_row=pl.col("pid") + 2,
        )
        frame = subjects.select("group", "days", "happened", patient="pid")
        result = estimate_time_to_event(frame, endpoint="PFS", rule_set="default")
        assert isinstance(result, SurvivalResult)
        people = subjects["pid"].n_unique()
        question = Question(kind="survival")
        return Answer(
            question=question,
            result=result,
            subjects=subjects,
            flow=flow or (FlowStep("all treatment lines", people, len(lines), 0, ""),),
            summary=("exact sentence",),
            notes=survival_notes(question, result.n_patients_in_several_groups),
            study_name="by hand",
            study_version="0001",
        )

    return make


@pytest.fixture
def two_arms(make_survival: Callable[..., Answer]) -> Answer:
    """60 and 50 people, one line each: every third is censored, times spread evenly."""
    prrt = [(n, "PRRT", 40 + 25 * n, n % 3 != 0) for n in range(60)]
    ssa = [(100 + n, "SSA", 20 + 16 * n, n % 3 != 0) for n in range(50)]
    return make_survival(prrt + ssa)


@pytest.fixture
def make_response() -> Callable[..., Answer]:
    """Build a response answer of one group from the numbers of its parts."""

    def make(confirmed: int, unconfirmed: int, other: int, not_evaluable: int, reasons: int = 1) -> Answer:
        statuses = (
            ["responder"] * (confirmed + unconfirmed) + ["non_responder"] * other + ["not_evaluable"] * not_evaluable
        )
        n = len(statuses)
        subjects = pl.DataFrame(
            {
                "pid": pl.Series(range(n), dtype=pl.UInt32),
                "line_no": pl.Series([1] * n, dtype=pl.Int32),
                "group": ["PRRT"] * n,
                "line_key": [f"{number:05d}" for number in range(n)],
                "status": statuses,
                "reason": [f"reason {number % reasons}" for number in range(n)],
                "is_confirmed": [number < confirmed for number in range(n)],
                "best_change_pct": [
                    -80.0 if status == "responder" else 10.0 if status == "non_responder" else None
                    for status in statuses
                ],
                "best_is_bound": [False] * n,
            }
        )
        return Answer(
            question=Question(kind="response"),
            result=estimate_response(subjects, analyte="CGA", rule_id="ELECT50"),
            subjects=subjects,
            flow=(FlowStep("all treatment lines", n, n, 0, ""),),
            summary=("exact sentence",),
            notes=(),
            study_name="by hand",
            study_version="0001",
        )

    return make


@pytest.fixture
def cohort() -> Answer:
    """40 PRRT lines, 3 of them of men, and 4 targeted lines."""
    n = 44
    lines = pl.DataFrame(
        {
            "pid": pl.Series(range(n), dtype=pl.UInt32),
            "line_no": pl.Series([1] * n, dtype=pl.Int32),
            "group": ["PRRT"] * 40 + ["targeted"] * 4,
            "sex": ["M"] * 3 + ["F"] * 41,
            "primary_site": ["pancreas"] * 20 + ["lung"] * 2 + ["skin"] * 1 + ["small_bowel"] * 21,
            "histology": ["NET"] * n,
            "grade": [None] * 10 + ["G2"] * 34,
            "has_bone_metastases": [None] * n,
            "is_liver_only": [True] * n,
            "extent": ["liver_only"] * n,
            "sstr_status": ["positive"] * n,
            "fdg_status": [None] * n,
            "netpet": [None] * n,
            "cga_fold_uln": [None] * n,
            "alp_fold_uln": [None] * n,
            "egfr": [None] * n,
            "has_concurrent_ssa": [False] * n,
            "age_years": [60.0] * n,
            "ki67_pct": [5.0] * n,
            "prior_lines": [1] * n,
        },
        schema_overrides={
            "has_bone_metastases": pl.Boolean,
            **dict.fromkeys(("fdg_status", "netpet"), pl.String),
            **dict.fromkeys(("cga_fold_uln", "alp_fold_uln", "egfr"), pl.Float64),
        },
    )
    return Answer(
        question=Question(kind="cohort"),
        result=CohortResult(n, n, (("PRRT", 40, 40), ("targeted", 4, 4)), describe_characteristics(lines)),
        subjects=lines,
        flow=(
            FlowStep("all treatment lines", 60, 60, 0, ""),
            FlowStep("consent to research", 58, 58, 2, "no consent to research"),
            FlowStep("NET cohort", 44, 44, 14, "Merkel cell carcinoma"),
        ),
        summary=("44 treatment lines of 44 people.",),
        notes=(),
        study_name="by hand",
        study_version="0001",
    )


@pytest.fixture
def trajectory() -> Answer:
    """One value a window for 60, 24, 12 and 4 people."""
    sampled = {-1: 60, 91: 24, 182: 12, 273: 4}
    values = pl.DataFrame(
        [(pid, 1, "PRRT", days, 1.0 + pid / 7, pid) for days, n in sampled.items() for pid in range(n)],
        schema={
            "pid": pl.UInt32,
            "line_no": pl.Int32,
            "group": pl.String,
            "days": pl.Int32,
            "fold_uln": pl.Float64,
            "row": pl.Int64,
        },
        orient="row",
    ).with_columns(series=pl.lit("one assay"))
    return Answer(
        question=Question(kind="trajectory"),
        result=TrajectoryResult("CGA", compute_bands(values, 5), 5, ()),
        subjects=values,
        flow=(FlowStep("all treatment lines", 60, 60, 0, ""),),
        summary=("exact sentence",),
        notes=(),
        study_name="by hand",
        study_version="0001",
    )


@pytest.fixture
def endpoints() -> Answer:
    """PFS: 20 events, 18 censored, 2 excluded; PFS without regard to therapy: 2 events more."""
    rows: list[tuple[int, int, str, str, str, str, str]] = []
    for code, events in (("PFS", 20), ("PFS_ALL", 22)):
        for pid in range(40):
            status = "event" if pid < events else "censored" if pid < 38 else "excluded"
            reason = {"event": "death" if pid < 3 else "progression", "censored": "last scan", "excluded": "no date"}
            rows.append((pid, 1, "PRRT", code, "default", status, reason[status]))
    subjects = pl.DataFrame(
        rows,
        schema=["pid", "line_no", "group", "endpoint", "rule_set", "status", "reason"],
        orient="row",
    )
    counts = (
        subjects.group_by("endpoint", "rule_set", "group", "status", "reason")
        .agg(n_lines=pl.len().cast(pl.Int64))
        .sort("endpoint", "rule_set", "group", "status", "reason")
    )
    return Answer(
        question=Question(kind="endpoints"),
        result=EndpointsResult(counts),
        subjects=subjects,
        flow=(FlowStep("all treatment lines", 40, 40, 0, ""),),
        summary=("exact sentence",),
        notes=(),
        study_name="by hand",
        study_version="0001",
    )
