"""How a marker moves from the start of a line: quantiles of fold-ULN in windows, with n in each."""

from __future__ import annotations

import polars as pl

from analytics.catalogue.calendar import DAYS_PER_MONTH
from analytics.questions.groups import find_grouping
from analytics.questions.question import Answer, Question
from analytics.questions.response import refuse_unknown_marker
from analytics.questions.selection import select_lines
from analytics.questions.wording import counted
from analytics.tables.cohort_results import TrajectoryResult
from analytics.tables.results import Method, Refusal
from analytics.tables.study import Study

WINDOWS: tuple[tuple[str, int, int], ...] = (
    ("baseline", -90, 1),
    ("month 3", 46, 136),
    ("month 6", 137, 228),
    ("month 9", 229, 319),
    ("month 12", 320, 410),
    ("month 18", 411, 639),
    ("month 24", 640, 822),
    ("month 36", 823, 1187),
)
"""(label, first day, last day) on the scale date − start + 1; the baseline window ends on the day of the start."""

SAID_WINDOWS = ("baseline", "month 3", "month 6", "month 12")

QUANTILES = {"q10": 0.10, "q25": 0.25, "median": 0.50, "q75": 0.75, "q90": 0.90}


def answer_trajectory(study: Study, question: Question) -> Answer | Refusal:
    """Answer «where is ``question.analyte`` in time since the start, by ``question.by``»."""
    grouping = find_grouping(question.by)
    if isinstance(grouping, Refusal):
        return grouping
    unknown = refuse_unknown_marker(question)
    if unknown is not None:
        return unknown
    selected = select_lines(study, question.selection, grouping)
    values = (
        study.table("marker_values")
        .filter((pl.col("analyte") == question.analyte) & pl.col("fold_uln").is_not_null())
        .collect()
        .join(selected.lines.select("pid", "line_no", "group", "patient_id"), on=["pid", "line_no"])
        .sort("pid", "line_no", "date", "row")
    )
    if values.is_empty():
        return Refusal(
            "no_values",
            f"No {question.analyte} value with an upper limit of normal lies in this selection.",
            "Give the limit with each result or on the assays sheet, or widen the selection.",
        )
    floor = study.settings.floor_patients
    bands = compute_bands(values, floor)
    drawn = bands.filter(pl.col("median").is_not_null())
    if drawn.is_empty():
        return Refusal(
            "below_floor",
            f"No window of this selection holds {question.analyte} values of at least {floor} lines.",
            "Widen the selection; one patient's course is on the patient page.",
        )
    return Answer(
        question=question,
        result=TrajectoryResult(question.analyte, bands, floor, (_quantile_method(),)),
        subjects=values,
        flow=selected.flow,
        summary=tuple(_describe(part) for part in drawn.partition_by("group", maintain_order=True)),
        notes=(
            "Fold-ULN reduces but does not remove differences between assays.",
            "One value a line and window, the one nearest its middle; a quantitation limit enters as the limit.",
            "People leave the bands when they die, start another treatment or are no longer sampled.",
        ),
        study_name=study.name,
        study_version=study.version,
    )


def compute_bands(values: pl.DataFrame, floor: int) -> pl.DataFrame:
    """Compute quantiles of fold-ULN by group and window; null where fewer than ``floor`` lines are sampled."""
    middle = (pl.col("from_day") + pl.col("to_day")) / 2
    windows = pl.DataFrame(WINDOWS, schema=["window", "from_day", "to_day"], orient="row").with_row_index("order")
    placed = (
        values.join_where(windows, pl.col("days") >= pl.col("from_day"), pl.col("days") <= pl.col("to_day"))
        .with_columns(distance=(middle - pl.col("days")).abs())
        .with_columns(distance=pl.when(pl.col("order") == 0).then(-pl.col("days")).otherwise(pl.col("distance")))
        .sort("pid", "line_no", "order", "distance", "days", "row")
        .unique(["pid", "line_no", "order"], keep="first", maintain_order=True)
    )
    enough = pl.len() >= floor
    return (
        placed.group_by("group", "order", "window", "from_day", "to_day")
        .agg(
            n_lines=pl.len().cast(pl.Int64),
            **{
                name: pl.when(enough).then(pl.col("fold_uln").quantile(share, "linear"))
                for name, share in QUANTILES.items()
            },
        )
        .sort("group", "order")
        .with_columns(mid_months=pl.when(pl.col("order") == 0).then(0.0).otherwise(middle / DAYS_PER_MONTH))
        .select("group", "window", "from_day", "to_day", "mid_months", "n_lines", *QUANTILES)
    )


def _describe(bands: pl.DataFrame) -> str:
    said = (
        f"{row['median']:.2f} at {row['window']} ({counted(row['n_lines'], 'line')})"
        for row in bands.iter_rows(named=True)
        if row["window"] in SAID_WINDOWS
    )
    return f"{bands['group'][0]}: median × ULN {', '.join(said)}."


def _quantile_method() -> Method:
    return Method(
        "Quantiles with linear interpolation (type 7)",
        "Hyndman and Fan, Am Stat 1996;50:361-365, doi:10.1080/00031305.1996.10473566",
        "polars",
        pl.__version__,
    )
