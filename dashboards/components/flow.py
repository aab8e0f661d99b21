"""Who is in: the steps from everybody to those counted, with the reason at each."""

from __future__ import annotations

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from analytics.tables.cohort_results import FlowStep
from dashboards.words import count


def build_flow(steps: Sequence[FlowStep]) -> list[Component]:
    """Return the first and last step and every step between that took somebody out."""
    shown = [step for at, step in enumerate(steps) if at in (0, len(steps) - 1) or step.n_lines_removed]
    return [_build_step(step) for step in shown]


def _build_step(step: FlowStep) -> Component:
    removed = [html.Span(f"−{step.n_lines_removed:,}: {step.reason}", className="flow-removed")] if step.reason else []
    return html.Li(
        [
            html.Span(step.label, className="flow-label"),
            html.Strong(count(step.n_lines, "line")),
            html.Span(f"of {step.n_patients:,} people" if step.n_patients is not None else ""),
            *removed,
        ],
        className="flow-step",
    )
