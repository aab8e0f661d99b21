"""The figures of marker answers: courses, people's own curves, residuals."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from analytics.errors import RefusedError
from analytics.export.figure_files import draw_files
from analytics.export.release import Release
from analytics.export.sentences import TIME_ZERO, caption_aggregate
from analytics.tables.marker_results import MarkerResult
from analytics.tables.model_results import MarkerCourseResult

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_marker_answer(release: Release, result: MarkerResult) -> Figure:
    """Draw the answer."""
    match result:
        case MarkerCourseResult():
            return _draw_course(release, result)
        case _:
            raise RefusedError("This answer has no figure.", "", "Look at its table.")


def write_own_course_figures(release: Release) -> dict[str, bytes]:
    """Write ``own_courses.*`` and, where residuals are judged, ``residuals.*``; full level only."""
    from analytics.figures.paper.course import draw_own_courses, draw_residuals

    result = cast("MarkerCourseResult", release.answer.result)
    what = (
        "People's own fitted curves (grey; at most 150 a group) around the typical one. A person with few values is "
        "drawn towards the typical curve."
    )
    caption = caption_aggregate(release, what)
    values = release.answer.subjects
    files = draw_files("own_courses", lambda: draw_own_courses(result, values, TIME_ZERO, caption))
    check = result.model.residuals
    if check is None:
        return files
    told = caption_aggregate(
        release, "Quantiles of the residuals of the mixed model against a normal distribution; on the line: as assumed."
    )
    return files | draw_files("residuals", lambda: draw_residuals(check, told))


def _draw_course(release: Release, result: MarkerCourseResult) -> Figure:
    from analytics.figures.paper.course import draw_course

    what = (
        "Typical person's curve of a mixed model with 95 % limits of the average (band) and of a single value of a new "
        "person (dotted). A curve ends where fewer than 10 people are still measured."
    )
    return draw_course(result, TIME_ZERO, caption_aggregate(release, what))
