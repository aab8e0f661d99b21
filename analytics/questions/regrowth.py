"""How fast a marker or the diameters fall and grow again on treatment: the best of four curves for each line."""

from __future__ import annotations

import polars as pl

from analytics.estimation.methods import describe_method
from analytics.estimation.regrowth import REASONS, SIGNIFICANCE, STEIN, TUMGR, estimate_regrowth
from analytics.estimation.regrowth_models import MODELS
from analytics.questions.groups import find_grouping
from analytics.questions.question import Answer, Question
from analytics.questions.regrowth_values import derive_regrowth_values
from analytics.questions.regrowth_wording import describe_regrowth, regrowth_notes
from analytics.questions.response import refuse_unknown_marker
from analytics.questions.selection import select_lines
from analytics.questions.wording import counted
from analytics.tables.marker_results import RateQuartiles, RegrowthGroup, RegrowthResult
from analytics.tables.results import Method, Refusal
from analytics.tables.study import Study

RATES = {
    "growth_per_month": ("growth rate g", "a month"),
    "doubling_months": ("doubling time of growth", "months"),
    "decay_per_month": ("decay rate d", "a month"),
    "halving_months": ("halving time of decay", "months"),
    "decaying_share": ("decaying share φ", "share"),
}
"""Column of a line's rates: what it is called, and its unit."""


def answer_regrowth(study: Study, question: Question) -> Answer | Refusal:
    """Answer «how fast does it fall on treatment, and grow again», by ``question.by``."""
    grouping = find_grouping(question.by)
    if isinstance(grouping, Refusal):
        return grouping
    unsuitable = _refuse_unsuitable(question)
    if unsuitable is not None:
        return unsuitable
    selected = select_lines(study, question.selection, grouping)
    if selected.lines.is_empty():
        return Refusal("nobody_left", "No treatment line is left in this selection.", "Widen the selection.")
    subjects = _fit_lines(study, question, selected.lines)
    refusal = _refuse_few(subjects, study.settings.min_group_patients, name_measure(question))
    if refusal is not None:
        return refusal
    fewest = study.settings.min_group_patients
    parts = subjects.sort("group").partition_by("group", maintain_order=True)
    groups = tuple(_describe_group(part, fewest) for part in parts)
    result = RegrowthResult(name_measure(question), groups, (_regrowth_method(),))
    return Answer(
        question=question,
        result=result,
        subjects=subjects,
        flow=selected.flow,
        summary=describe_regrowth(result),
        notes=regrowth_notes(question),
        study_name=study.name,
        study_version=study.version,
    )


def name_measure(question: Question) -> str:
    """Return what is measured, in words."""
    return "sum of diameters" if question.measure == "diameters" else question.analyte


def _refuse_unsuitable(question: Question) -> Refusal | None:
    if question.measure not in ("marker", "diameters"):
        return Refusal("unknown_measure", f"There is no measure «{question.measure}».", "Choose marker or diameters.")
    return refuse_unknown_marker(question)


def _fit_lines(study: Study, question: Question, lines: pl.DataFrame) -> pl.DataFrame:
    """Return one row a line: its keys, the columns of `estimate_regrowth`, and ``n_beyond`` values left out."""
    keys = ["pid", "line_no"]
    values = derive_regrowth_values(study, lines, question.measure, question.analyte)
    # every ratio is to the value at the start: without that one there is nothing to fit
    has_start = pl.col("is_known").sort_by("day").first().over(keys)
    places = lines.select(*keys, "group", "patient_id").with_row_index("line")
    known = values.filter(has_start & pl.col("is_known")).join(places, on=keys)
    found = estimate_regrowth(lines.height, known["line"], known["day"], known["value"])
    beyond = values.filter(~pl.col("is_known")).group_by(keys).agg(n_beyond=pl.len().cast(pl.Int64))
    return (
        pl.concat([places.drop("line"), found.drop("line")], how="horizontal")
        .join(beyond, on=keys, how="left", maintain_order="left")
        .with_columns(pl.col("n_beyond").fill_null(0))
    )


def _refuse_few(subjects: pl.DataFrame, fewest: int, what: str) -> Refusal | None:
    """Refuse where curves of fewer people are found than a group is asked to have, and say why the others have none."""
    fitted = subjects.filter(pl.col("model").is_not_null())
    n_people = fitted["pid"].n_unique()
    if n_people >= fewest:
        return None
    reasons = ", ".join(f"{reason} {n}" for reason, n in _count(subjects, "reason", REASONS))
    return Refusal(
        "too_few_curves",
        f"Curves of {what} were found for {counted(n_people, 'person')}; at least {fewest} are needed"
        + (f" (without one: {reasons})." if reasons else "."),
        "Widen the selection, or look at the patients' own values on their pages.",
    )


def _describe_group(lines: pl.DataFrame, fewest: int) -> RegrowthGroup:
    return RegrowthGroup(
        str(lines["group"][0]), lines.height, _count(lines, "model", [model.name for model in MODELS]),
        _count(lines, "reason", REASONS), int((lines["n_beyond"] > 0).sum()),
        tuple(_find_quartiles(lines, column, fewest) for column in RATES),
    )  # fmt: skip


def _count(lines: pl.DataFrame, column: str, order: list[str] | tuple[str, ...]) -> tuple[tuple[str, int], ...]:
    """Return the values of a column with their lines, in the order given; none that no line has."""
    counts = dict(lines.drop_nulls(column).group_by(column).len().iter_rows())
    return tuple((name, int(counts[name])) for name in order if name in counts)


def _find_quartiles(lines: pl.DataFrame, column: str, fewest: int) -> RateQuartiles:
    """Return the quartiles of a rate where at least ``fewest`` people have it."""
    name, unit = RATES[column]
    known = lines.drop_nulls(column)
    enough = not known.is_empty() and known["pid"].n_unique() >= fewest
    low, middle, high = (known[column].quantile(share, "linear") if enough else None for share in (0.25, 0.5, 0.75))
    return RateQuartiles(name, unit, known.height, low, middle, high)


def _regrowth_method() -> Method:
    return describe_method(
        "Decay and regrowth: the best of four curves by least squares", f"{STEIN}; {TUMGR}",
        significance=str(SIGNIFICANCE), criterion="Akaike", curves=", ".join(model.name for model in MODELS),
    )  # fmt: skip
