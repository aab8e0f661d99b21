"""How fast the pages are on 10,000 simulated patients: run by hand or by `make bench`, never by pytest.

    python -m tests.benchmarks.dashboard_speed [STORE]

It reports, in Debian's Chromium on this machine: filter → repainted curve, the server's share of it, next
patient → repainted chart, bytes of the first load as they cross the wire, and eight first requests at once.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from urllib.request import urlopen

from playwright.sync_api import Page, sync_playwright
from waitress.server import create_server

from dashboards.app import create_app, warm_up
from dashboards.shelf import Shelf, open_shelf
from tests.browser.conftest import DESKTOP, FLAGS, NOWHERE, find_chromium

PATIENTS = 10_000
TARGETS = {
    "filter to repainted curve, p95": 250.0,
    "of which the server, p95": 80.0,
    "next patient to repainted chart, p95": 200.0,
    "first load, compressed": 2.2,
}
FILTERS = [
    f"?{site}&{grade}&endpoint={endpoint}"
    for site in ("primary_site=pancreas", "primary_site=small_bowel", "hospital=H1", "hospital=H2", "hospital=H3")
    for grade in ("grade=G1", "grade=G2", "treatment=all&grade=G1")
    for endpoint in ("PFS", "OS")
]
"""Views no answer is kept of: each is asked once; a third of them shows every treatment, six or seven curves."""
PATIENT_TURNS = 30

REPAINT = """([graph, act]) => new Promise(done => {
  const chart = document.querySelector(graph + ' .js-plotly-plot');
  const started = performance.now();
  chart.once('plotly_afterplot', () => requestAnimationFrame(() => done(performance.now() - started)));
  if (act.startsWith('?')) { window.dash_clientside.set_props('location', {search: act}); }
  else { document.querySelector(act).click(); }
})"""
QUIET = "() => performance.getEntriesByType('resource').length"


def make_store(folder: Path) -> Path:
    """Simulate and build the study the figures are about."""
    from analytics.build import build_study
    from analytics.intake.accept import no_progress
    from synthetic_data.write import write_world

    write_world("mixed-hospital-registry", folder / "source", PATIENTS, 1, lambda _done: None)
    build_study(folder / "source", folder / "store", None, no_progress, datetime.now(UTC))
    return folder / "store"


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which ``share`` of the values lie (nearest rank)."""
    return sorted(values)[min(len(values) - 1, round(share * len(values) + 0.5) - 1)]


def settle(page: Page) -> None:
    page.wait_for_load_state("networkidle")
    before = -1
    while before != (before := page.evaluate(QUIET)):
        page.wait_for_timeout(300)


def measure_repaints(page: Page, graph: str, acts: Sequence[str]) -> list[float]:
    """Return milliseconds from each act to the repainted chart, the page at rest before each."""
    times: list[float] = []
    for act in acts:
        settle(page)
        times.append(page.evaluate(REPAINT, [graph, act]))
    return times


def measure_first_load(page: Page, address: str) -> float:
    """Return megabytes as they cross the wire when nothing is kept from before."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    received: list[float] = []
    session.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    page.goto(address)
    settle(page)
    session.send("Network.setCacheDisabled", {"cacheDisabled": False})
    return sum(received) / 1e6


def measure_server(shelf: Shelf) -> tuple[list[float], list[float]]:
    """Return milliseconds, by the clock and of processor time, from a view never asked to the JSON of its curve."""
    app = create_app(shelf)
    client = app.server.test_client()
    output = next(name for name in app.callback_map if "curve-graph.figure" in name)
    times: list[float] = []
    processor: list[float] = []
    for search in FILTERS:
        asked = {
            "output": output,
            "outputs": [{"id": o.component_id, "property": o.component_property} for o in _curve_outputs()],
            "inputs": [
                {"id": "location", "property": "search", "value": f"{search}&choose=first_line"},
                {"id": "scheme", "property": "data", "value": "light"},
            ],
            "changedPropIds": ["location.search"],
        }
        started, used = time.perf_counter(), time.process_time()
        answer = client.post("/_dash-update-component", json=asked, base_url="http://127.0.0.1")
        times.append(1000 * (time.perf_counter() - started))
        processor.append(1000 * (time.process_time() - used))
        assert answer.status_code == 200, answer.get_data(as_text=True)
    return times, processor


def _curve_outputs():
    from dash import Output

    from dashboards.components.panel import panel_outputs

    return [*panel_outputs("curve"), Output("curve-answered", "data")]


def ask_at_once(address: str) -> list[int]:
    """Return the answers to eight first requests made together."""

    def ask(path: str) -> int:
        with urlopen(address + path) as answer:
            answer.read()
            return answer.status

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(ask, ["/", "/_dash-layout", "/_dash-dependencies", "/download/survival.csv"] * 2))


def report(name: str, value: float, unit: str) -> None:
    target = TARGETS.get(name)
    goal = "" if target is None else f"   target {target:g}   {'met' if value <= target else 'MISSED'}"
    print(f"{name:<42} {value:8.2f} {unit}{goal}")


def main(store: Path) -> None:
    shelf = open_shelf([store])
    app = create_app(shelf)
    server = create_server(app.server, host="127.0.0.1", port=0, threads=4)
    threading.Thread(target=server.run, daemon=True).start()
    address = f"http://127.0.0.1:{server.effective_port}"
    print(f"eight first requests at once: {ask_at_once(address)}")
    warm_up(app, shelf)
    on_server, processor = measure_server(shelf)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=[*FLAGS, NOWHERE])
        page = browser.new_context(viewport=DESKTOP).new_page()
        megabytes = measure_first_load(page, f"{address}/")
        filters = measure_repaints(page, "#curve-graph", FILTERS)
        page.goto(f"{address}/patient")
        patients = measure_repaints(page, "#marker-graph", ["#patient-next"] * PATIENT_TURNS)
        browser.close()
    server.close()
    report("filter to repainted curve, median", statistics.median(filters), "ms")
    report("filter to repainted curve, p95", percentile(filters, 0.95), "ms")
    report("of which the server, median", statistics.median(on_server), "ms")
    report("of which the server, p95", percentile(on_server, 0.95), "ms")
    report("of which processor time, p95", percentile(processor, 0.95), "ms")
    report("next patient to repainted chart, median", statistics.median(patients), "ms")
    report("next patient to repainted chart, p95", percentile(patients, 0.95), "ms")
    report("first load, compressed", megabytes, "MB")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as folder:
            main(make_store(Path(folder)))
