"""The face for notebooks: open a study, ask a question, see a table and a figure.

>>> from analytics import api                                                          # doctest: +SKIP
>>> api.check("my-study.xlsx")                                                         # doctest: +SKIP
>>> api.build("my-study.xlsx", "my-store")                                             # doctest: +SKIP
>>> study = api.open_study("lutetia-demo/simulated-store")                             # doctest: +SKIP
>>> answer = api.ask(study, "survival", by="treatment", treatments=("PRRT", "SSA"))    # doctest: +SKIP
>>> api.table(answer)                                                                  # doctest: +SKIP
>>> api.figure(answer).savefig("pfs.svg")                                              # doctest: +SKIP
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
from matplotlib.figure import Figure

from analytics import store as stores
from analytics.build import build_study, describe_build
from analytics.catalogue.settings import Settings
from analytics.errors import RefusedError, UsageError
from analytics.export.aggregate_tables import response_table
from analytics.export.comparison_tables import mean_table, sensitivity_table, subgroup_table
from analytics.export.competing_tables import incidence_table, interval_median_table
from analytics.export.course_tables import course_table
from analytics.export.figure_files import draw_main_figure
from analytics.export.marker_tables import agreement_table, growth_table, imputation_table
from analytics.export.model_tables import coefficient_table
from analytics.export.regrowth_tables import regrowth_table
from analytics.export.release import Release
from analytics.export.survival_tables import curve_table
from analytics.export.template import write_template
from analytics.figures.screen.course import draw_course
from analytics.figures.screen.look import LOOKS, Look
from analytics.figures.screen.model import draw_model_charts
from analytics.figures.screen.response import draw_response
from analytics.figures.screen.survival import draw_survival
from analytics.figures.screen.trajectory import draw_trajectory
from analytics.intake.accept import check_source, no_progress
from analytics.intake.prepare import Order
from analytics.questions.ask import answer
from analytics.questions.question import Answer, Question, Selection
from analytics.tables.cohort_results import CohortResult, EndpointsResult, TrajectoryResult
from analytics.tables.comparison_results import MeanSurvivalResult, SensitivityResult, SubgroupsResult
from analytics.tables.competing_results import CompetingRisksResult, IntervalSurvivalResult
from analytics.tables.marker_results import GrowthResult, ImputationResult, RegrowthResult, ScanAgreementResult
from analytics.tables.model_results import MarkerCourseResult
from analytics.tables.regression_results import ModelResult
from analytics.tables.response_results import ResponseResult
from analytics.tables.results import Refusal
from analytics.tables.study import Study
from analytics.tables.survival_results import SurvivalResult

SELECTION_WORDS = frozenset(item.name for item in fields(Selection))
QUESTION_WORDS = frozenset(item.name for item in fields(Question)) - {"kind", "selection"}


def template(path: str | Path) -> None:
    """Write an empty workbook to fill, as `lutetia template` does."""
    write_template(Path(path))


def check(source: str | Path, layout: str | Path | None = None, **settings: Any) -> pl.DataFrame:
    """Read a source as `build` would and return every finding, worst first; nothing is stored.

    Returns
    -------
    polars.DataFrame
        One row a finding, with the columns of `analytics.tables.findings.FINDING_COLUMNS`.

    Raises
    ------
    UserError
        If the source cannot be read at all.
    """
    laid_out = Path(layout) if layout else None
    return check_source(Order(Path(source), settings, laid_out, datetime.now(UTC).date(), None)).findings


def build(source: str | Path, store: str | Path, layout: str | Path | None = None, **settings: Any) -> str:
    """Build a source into a store and return what was taken and turned away, as text to print.

    Raises
    ------
    UserError
        If the source cannot be built; the version before stays.
    """
    laid_out = Path(layout) if layout else None
    report = build_study(Path(source), Path(store), settings, no_progress, datetime.now(UTC), laid_out)
    return "\n".join(describe_build(report))


def open_study(path: str | Path) -> Study:
    """Open the newest whole version of a study store.

    Raises
    ------
    StoreError
        If there is no store at ``path``, or none of its versions is whole.
    """
    return stores.open_study(Path(path))


def ask(study: Study, kind: str, **options: Any) -> Answer:
    """Ask a question; words of `Question` and of `Selection` go side by side.

    Raises
    ------
    RefusedError
        If the data cannot answer; the message says why and what would help.
    UsageError
        If an option is not one.
    """
    unknown = sorted(set(options) - SELECTION_WORDS - QUESTION_WORDS)
    if unknown:
        known = ", ".join(sorted(QUESTION_WORDS | SELECTION_WORDS))
        raise UsageError(f"«{unknown[0]}» is not an option of a question.", "", f"Known: {known}.")
    selection = Selection(**{name: value for name, value in options.items() if name in SELECTION_WORDS})
    words = {name: value for name, value in options.items() if name in QUESTION_WORDS}
    given = answer(study, Question(kind=kind, selection=selection, **words))
    if isinstance(given, Refusal):
        raise RefusedError(given.sentence, "", given.remedy)
    return given


def table(given: Answer) -> pl.DataFrame:
    """Return the main table of an answer, as its export has it: the curve, shares, bands, counts or ratios."""
    return _TABLES[type(given.result)](given.result)


def figure(given: Answer) -> Figure:
    """Draw the answer as its export does.

    Raises
    ------
    RefusedError
        If this kind of answer is a table only.
    """
    made = Release(answer=given, level="full", settings=Settings(), call="", now=datetime.now(UTC))
    return draw_main_figure(made)


def charts(given: Answer, look: str = "light") -> dict[str, dict[str, Any]]:
    """Draw an answer for the screen: charts by name, each for ``plotly.graph_objects.Figure``; {} for tables.

    Of a regression there is a forest of the ratios, a curve for each continuous variable, adjusted curves, and for
    Cox's model a chart for each term of whether its effect keeps its size. ``look`` is light or dark.
    """
    result, shown = given.result, LOOKS[look]
    if isinstance(result, ModelResult):
        return draw_model_charts(result, shown)
    for kind, name, draw in _CHARTS:
        if isinstance(result, kind):
            return {name: draw(result, shown)}
    return {}


def _survival_table(result: SurvivalResult) -> pl.DataFrame:
    return pl.concat(curve_table(group, result.endpoint, "survival", is_coarse=False) for group in result.groups)


_CHARTS: tuple[tuple[type[Any], str, Callable[[Any, Look], dict[str, Any]]], ...] = (
    (SurvivalResult, "curves", draw_survival),
    (ResponseResult, "shares", draw_response),
    (TrajectoryResult, "bands", draw_trajectory),
    (MarkerCourseResult, "course", draw_course),
)

_TABLES: dict[type[Any], Callable[[Any], pl.DataFrame]] = {
    SurvivalResult: _survival_table,
    ResponseResult: response_table,
    TrajectoryResult: lambda result: result.bands,
    EndpointsResult: lambda result: result.counts,
    CohortResult: lambda result: result.characteristics,
    ModelResult: coefficient_table,
    CompetingRisksResult: incidence_table,
    IntervalSurvivalResult: interval_median_table,
    MeanSurvivalResult: mean_table,
    SubgroupsResult: subgroup_table,
    SensitivityResult: sensitivity_table,
    MarkerCourseResult: course_table,
    ScanAgreementResult: agreement_table,
    GrowthResult: growth_table,
    RegrowthResult: regrowth_table,
    ImputationResult: imputation_table,
}
"""The main table of each kind of result."""
