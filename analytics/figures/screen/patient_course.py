"""The patient's own fitted curve behind the values: a line, and the range single values are expected in."""

from __future__ import annotations

from analytics.figures.screen.chart import Trace
from analytics.figures.screen.clock import Clock
from analytics.figures.screen.look import Look
from analytics.tables.history import PatientHistory

EXPECTED = "expected of single values<br>(95 %), from others' courses<br>and this patient's values"
FITTED = "own fitted curve"


def draw_own_courses(history: PatientHistory, unit: str, clock: Clock, look: Look) -> list[Trace]:
    """Return a band and a line for each treatment line; in multiples of the upper limit only."""
    if unit != "uln":
        return []
    traces: list[Trace] = []
    for index, course in enumerate(history.courses.partition_by("line_no", maintain_order=True)):
        x = clock.places(course["date"])
        edge: Trace = {"type": "scatter", "mode": "lines", "x": x, "hoverinfo": "skip", "line": {"width": 0}}
        legend = {"showlegend": index == 0}
        traces.append(edge | {"y": course["value_high"].to_list(), "name": f"{EXPECTED} top", "showlegend": False})
        band = {"fill": "tonexty", "fillcolor": look.colour(0, 0.1), "name": EXPECTED, "legendgroup": EXPECTED}
        traces.append(edge | band | legend | {"y": course["value_low"].to_list()})
        line = {"line": {"width": 1.6, "color": look.muted, "dash": "dot"}, "legendgroup": FITTED}
        traces.append(edge | line | legend | {"y": course["fitted"].to_list(), "name": FITTED})
    return traces
