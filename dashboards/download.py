"""Downloads: the numbers behind a chart as CSV, under an address without patient identifiers."""

from __future__ import annotations

import io
from typing import cast

import polars as pl
from flask import Flask, Response, abort, request

from analytics.questions.question import Answer
from analytics.tables.cohort_results import CohortResult, TrajectoryResult
from analytics.tables.response_results import ResponseResult
from analytics.tables.results import Refusal
from analytics.tables.survival_results import SurvivalResult
from dashboards.shelf import Shelf
from dashboards.view import parse_view

KINDS: dict[str, str] = {
    "survival": "survival",
    "trajectory": "trajectory",
    "response": "response",
    "waterfall": "response",
    "cohort": "cohort",
}
"""Download → the question it holds the answer of."""
_FORMULA_START = "^[=+@\t\r-]"


def register_downloads(server: Flask, shelf: Shelf) -> None:
    """Serve the downloads of the cohort, of one patient and of the findings."""

    @server.get("/download/<kind>.csv")
    def send_answer(kind: str) -> Response:  # pyright: ignore[reportUnusedFunction]
        view = parse_view(request.query_string.decode(), shelf)
        if kind == "findings":
            return as_csv(shelf.opened(view.study).study.findings, kind)
        given = shelf.ask(view.study, view.question(KINDS[kind])) if kind in KINDS else abort(404)
        if isinstance(given, Refusal):
            abort(404)
        return as_csv(tabulate(kind, given), kind)

    @server.get("/download/patient/<opaque>.csv")
    def send_patient(opaque: str) -> Response:  # pyright: ignore[reportUnusedFunction]
        view = parse_view(request.query_string.decode(), shelf)
        code = shelf.opened(view.study).codes.get(opaque) or abort(404)
        history = shelf.tell(view.study, code, view.word("analyte"))
        if isinstance(history, Refusal):
            abort(404)
        return as_csv(history.values.with_columns(pl.col("flags").list.join("; ")), f"patient-{opaque}")


def tabulate(kind: str, answer: Answer) -> pl.DataFrame:
    """Return the table of a download."""
    result = answer.result
    if kind == "survival":
        return _curves(cast("SurvivalResult", result))
    if kind == "trajectory":
        return cast("TrajectoryResult", result).bands
    if kind == "cohort":
        return cast("CohortResult", result).characteristics
    response = cast("ResponseResult", result)
    return response.best_changes if kind == "waterfall" else _responses(response)


def _curves(result: SurvivalResult) -> pl.DataFrame:
    return pl.concat(
        pl.DataFrame(
            {
                "group": [group.group] * len(group.curve.time),
                "time_days": group.curve.time,
                "n_risk": group.curve.n_risk,
                "n_event": group.curve.n_event,
                "n_censor": group.curve.n_censor,
                "survival": group.curve.survival,
                "low": group.curve.low,
                "high": group.curve.high,
            }
        )
        for group in result.groups
    )


def _responses(result: ResponseResult) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "group": group.group,
            "all": group.n_all,
            "evaluable": group.n_evaluable,
            "not_evaluable": group.n_not_evaluable,
            "responders": group.n_responders,
            "confirmed": group.n_confirmed,
            "share_of_evaluable": group.share_of_evaluable.value,
            "low": group.share_of_evaluable.low,
            "high": group.share_of_evaluable.high,
        }
        for group in result.groups
    )


def as_csv(rows: pl.DataFrame, name: str) -> Response:
    """Return rows as a CSV file; a text a spreadsheet would run as a formula gets an apostrophe before it."""
    text = pl.col(pl.String)
    safe = rows.with_columns(pl.when(text.str.contains(_FORMULA_START)).then("'" + text).otherwise(text).name.keep())
    buffer = io.BytesIO()
    safe.write_csv(buffer)
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response(buffer.getvalue(), mimetype="text/csv; charset=utf-8", headers=headers)
