"""A real browser on a real server of hand-made studies; skipped where no Chromium exists, required in CI."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Iterator
from urllib.parse import urlparse

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from waitress.server import create_server

from dashboards.app import create_app, warm_up
from dashboards.shelf import Shelf
from tests.dashboards.hand_made import make_shelf

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
NOWHERE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
"""Every name but this machine's own leads nowhere: what a page tries to fetch from outside fails and shows."""
PATIENCE_MS = 20_000
SETTLED = """() => [...document.querySelectorAll('.panel')].every(panel => {
  const refusal = panel.querySelector('.refusal'), chart = panel.querySelector('.js-plotly-plot');
  const isRefused = refusal && refusal.textContent !== '' && refusal.offsetParent !== null;
  return isRefused || (chart && chart._fullData && chart._fullData.length > 0);
})"""
DESKTOP = {"width": 1280, "height": 900}


def find_chromium() -> str | None:
    """Return the path of Debian's Chromium, or of the browser named in LUTETIA_CHROMIUM."""
    return os.environ.get("LUTETIA_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = find_chromium()
    if path is None:
        reason = "no Chromium: install Debian's package chromium, or name one in LUTETIA_CHROMIUM"
        if os.environ.get("CI"):
            pytest.fail(f"{reason} (required in continuous integration)")
        pytest.skip(reason)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=[*FLAGS, NOWHERE])
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def shelf() -> Shelf:
    return make_shelf("first", "second")


@pytest.fixture(scope="session")
def address(shelf: Shelf) -> Iterator[str]:
    app = create_app(shelf)
    warm_up(app, shelf)
    server = create_server(app.server, host="127.0.0.1", port=0, threads=4, ident=None)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"  # pyright: ignore[reportAttributeAccessIssue]
    server.close()


class Watched:
    """A page that remembers what went wrong and what it asked of others."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        page.set_default_timeout(PATIENCE_MS)
        self.address = address
        self.errors: list[str] = []
        self.outside: list[str] = []
        page.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", self._note_request)

    def _note_request(self, request) -> None:
        if urlparse(request.url).scheme not in ("data", "blob") and not request.url.startswith(self.address):
            self.outside.append(request.url)

    def open(self, path: str) -> Page:
        self.page.goto(self.address + path)
        self.settle()
        return self.page

    def settle(self) -> None:
        """Wait until every panel shows its chart or its refusal."""
        self.page.locator("main h1").wait_for()
        until = time.monotonic() + PATIENCE_MS / 1000
        while not self.page.evaluate(SETTLED):
            assert time.monotonic() < until, "the page did not come to rest"
            self.page.wait_for_timeout(50)


@pytest.fixture(scope="session")
def contexts(browser: Browser) -> Iterator[dict[str, BrowserContext]]:
    """One context a setting, so that the scripts are read once."""
    opened: dict[str, BrowserContext] = {}
    yield opened
    for context in opened.values():
        context.close()


@pytest.fixture
def watched(
    browser: Browser, contexts: dict[str, BrowserContext], address: str, request: pytest.FixtureRequest
) -> Iterator[Watched]:
    options = {"viewport": DESKTOP, "color_scheme": "light"} | getattr(request, "param", {})
    if str(options) not in contexts:
        contexts[str(options)] = browser.new_context(**options)
    page = Watched(contexts[str(options)].new_page(), address)
    yield page
    page.page.close()
    assert page.errors == []
    assert page.outside == []
