"""What the server promises and refuses, without a browser."""

from __future__ import annotations

import ast
import logging
from importlib import resources
from pathlib import Path

import pytest
from dash import Dash
from flask.testing import FlaskClient
from polars.exceptions import PanicException

from dashboards.security import LARGEST_REQUEST
from dashboards.shelf import Shelf

PAGES = ["/", "/patient", "/data", "/_dash-layout", "/_dash-dependencies", "/download/findings.csv"]


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_carries_the_guards(client: FlaskClient, path: str):
    answer = client.get(path)
    assert answer.status_code == 200
    policy = dict(part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'" and policy["frame-ancestors"] == "'none'"
    assert policy["connect-src"] == "'self'" and policy["object-src"] == "'none'"
    assert "unsafe" not in policy["script-src"] and policy["script-src"].startswith("'self'")
    assert "http" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "same-origin"


def test_only_what_is_the_same_for_everybody_is_kept_by_the_browser(client: FlaskClient):
    assert "max-age" in client.get("/_favicon.ico").headers["Cache-Control"]
    assert client.get("/download/survival.csv").headers["Cache-Control"] == "no-store"


def test_the_page_says_its_language_and_lets_one_skip_the_menu(client: FlaskClient):
    page = client.get("/").get_data(as_text=True)
    assert '<html lang="en">' in page and 'class="skip-link" href="#page"' in page
    assert "https://" not in page and "http://" not in page


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_cannot_ask_through_the_readers_browser(client: FlaskClient, site: str):
    assert client.get("/", headers={"Sec-Fetch-Site": site}).status_code == 403


def test_a_foreign_origin_cannot_post(client: FlaskClient):
    headers = {"Origin": "https://example.org"}
    assert client.post("/_dash-update-component", json={}, headers=headers).status_code == 403


def test_a_foreign_host_name_is_refused(client: FlaskClient):
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 400


def test_a_request_beyond_the_limit_is_refused(client: FlaskClient):
    body = b"x" * (LARGEST_REQUEST + 1)
    answer = client.post("/_dash-update-component", data=body, content_type="application/json")
    assert answer.status_code in (400, 413)


def test_there_is_no_door_for_machines(client: FlaskClient, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DASH_MCP_ENABLED", "true")
    assert b"jsonrpc" not in client.post("/_mcp", json={"jsonrpc": "2.0", "id": 1, "method": "initialize"}).data


def test_debug_is_off_and_no_background_callbacks_exist(app: Dash):
    assert not app.server.debug
    assert not any(entry.get("background") for entry in app.callback_map.values())


def test_nothing_is_kept_that_runs_when_it_is_read():
    room = Path(str(resources.files("dashboards")))
    sources = [path.read_text(encoding="utf-8") for path in room.rglob("*.py")]
    imported = {
        name.split(".")[0]
        for source in sources
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names])
    }
    assert "flask" in imported
    assert not imported & {"pickle", "shelve", "marshal", "joblib", "dill", "diskcache", "cloudpickle"}


def test_a_panic_of_polars_is_an_incident_and_not_the_end_of_a_thread(
    shelf: Shelf, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def panic(*_: object) -> None:
        raise PanicException("row of EDGE")

    monkeypatch.setattr(shelf, "ask", panic)
    with caplog.at_level(logging.ERROR):
        answer = client.get("/download/survival.csv")
    assert answer.status_code == 500 and "report incident" in answer.get_data(as_text=True)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "PanicException" in caplog.text and "EDGE" not in caplog.text


def test_a_broken_request_shows_and_logs_no_detail(client: FlaskClient, caplog: pytest.LogCaptureFixture):
    broken = {"output": "page.children", "inputs": [{"id": "secret-EDGE"}], "changedPropIds": []}
    with caplog.at_level(logging.ERROR):
        answer = client.post("/_dash-update-component", json=broken)
    assert answer.status_code >= 400
    assert "Traceback" not in answer.get_data(as_text=True) and "EDGE" not in answer.get_data(as_text=True)
    assert "EDGE" not in caplog.text
