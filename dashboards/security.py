"""What the server promises a browser, and what it refuses to answer."""

from __future__ import annotations

import logging
import secrets
import traceback
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from dash import Dash
from flask import Flask, Response, abort, request
from polars.exceptions import PanicException
from werkzeug.exceptions import HTTPException

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

LARGEST_REQUEST = 1_000_000
"""Bytes; the largest honest request is a callback with a page's filters."""
LOOPBACK = ("127.0.0.1", "localhost")

HEADERS: dict[str, str] = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
KEPT_BY_BROWSER = ("/_dash-component-suites/", "/assets/", "/_favicon.ico")
"""The same for everybody and without a patient: a browser may keep these."""
A_DAY = 86_400
log = logging.getLogger("lutetia.dashboard")


def protect(app: Dash) -> None:
    """Put the guards around an app whose callbacks are all registered (their hashes enter the policy)."""
    server: Flask = app.server
    policy = spell_policy(app.csp_hashes())
    server.config.update(MAX_CONTENT_LENGTH=LARGEST_REQUEST, TRUSTED_HOSTS=list(LOOPBACK))
    server.before_request(_refuse_strangers)
    server.errorhandler(Exception)(_hide_details)
    _contain_panics(server)

    @server.after_request
    def add_headers(response: Response) -> Response:  # pyright: ignore[reportUnusedFunction]
        response.headers.update(HEADERS | {"Content-Security-Policy": policy})
        if not request.path.startswith(KEPT_BY_BROWSER):
            response.headers["Cache-Control"] = "no-store"
        elif "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = f"max-age={A_DAY}"
        return response


def spell_policy(script_hashes: Sequence[str]) -> str:
    """Return the content security policy: nothing from elsewhere, no script but ours."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' {' '.join(script_hashes)}",
            # plotly writes its styles into the page; without this its buttons shrink below a finger
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self'",
            "connect-src 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "form-action 'none'",
            "object-src 'none'",
        )
    )


def _refuse_strangers() -> None:
    """Refuse requests another site makes through the reader's browser."""
    site = request.headers.get("Sec-Fetch-Site", "none")
    origin = request.headers.get("Origin")
    if site not in ("same-origin", "none") or (origin is not None and origin != request.host_url.rstrip("/")):
        abort(403)


def _contain_panics(server: Flask) -> None:
    """Answer a panic of polars like any error: it is no ``Exception``, and would end the thread that serves."""
    answer = server.wsgi_app

    def contained(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        try:
            return answer(environ, start_response)
        except PanicException as panic:
            return Response(_report(panic), 500, HEADERS)(environ, start_response)

    server.wsgi_app = contained


def _hide_details(problem: Exception) -> HTTPException | tuple[str, int]:
    """Answer an unexpected error with a number to look up; its details stay in the log."""
    if isinstance(problem, HTTPException):
        return problem
    return _report(problem), 500


def _report(problem: BaseException) -> str:
    """Log an incident and return what the reader is told."""
    incident = secrets.token_hex(4)
    # neither the message nor the values of the frames: either may hold patient data
    frames = [f"{frame.name} line {frame.lineno}" for frame in traceback.extract_tb(problem.__traceback__)[-3:]]
    log.error("incident %s: %s in %s", incident, type(problem).__name__, ", ".join(frames))
    return f"Something went wrong (our bug). Please report incident {incident}."
