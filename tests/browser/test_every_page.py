"""What must hold on every page, in light and dark, on a desk and on a telephone."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe

from dashboards.shelf import Shelf
from dashboards.words import PURPOSE

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
LIGHT_AND_DARK = [{"color_scheme": "light"}, {"color_scheme": "dark"}]
PATHS = {"cohort": "/", "patient": "/patient/{edge}", "data": "/data", "refusal": "/?from=2031-01-01"}


def path_of(name: str, shelf: Shelf) -> str:
    return PATHS[name].format(edge=shelf.opened("first").opaque["EDGE"])


@pytest.mark.parametrize("watched", LIGHT_AND_DARK, indirect=True, ids=["light", "dark"])
@pytest.mark.parametrize("name", PATHS)
def test_no_rule_of_wcag_is_broken(watched, shelf: Shelf, name: str):
    page = watched.open(path_of(name, shelf))
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}}).response["violations"]
    assert [(rule["id"], [node["target"] for node in rule["nodes"]]) for rule in found] == []


@pytest.mark.parametrize("watched", [{"viewport": {"width": 320, "height": 640}}], indirect=True)
@pytest.mark.parametrize("name", PATHS)
def test_a_page_reflows_at_320_pixels(watched, shelf: Shelf, name: str):
    page = watched.open(path_of(name, shelf))
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("name", PATHS)
def test_a_page_says_what_it_is_not_for_and_from_which_data(watched, shelf: Shelf, name: str):
    page = watched.open(path_of(name, shelf))
    assert page.get_by_text(PURPOSE).is_visible()
    assert page.get_by_text("data version 0123456789ab, built 2026-11-20").is_visible()


@pytest.mark.parametrize("name", ["cohort", "patient"])
def test_no_chart_can_be_sent_away(watched, shelf: Shelf, name: str):
    page = watched.open(path_of(name, shelf))
    assert page.locator(".modebar-btn").count() > 0
    titles = page.locator(".modebar-btn").evaluate_all("all => all.map(one => one.dataset.title || '')")
    assert [title for title in titles if "hare" in title or "loud" in title] == []
    assert page.locator("a[href*='plotly'], a[href*='cloud']").count() == 0


def test_the_first_tab_skips_to_the_content(watched):
    page = watched.open("/")
    page.keyboard.press("Tab")
    focused = page.evaluate("document.activeElement.textContent")
    assert focused == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "page"


@pytest.mark.parametrize("watched", [{"locale": "en-GB"}], indirect=True)
def test_light_and_dark_are_kept(watched):
    page = watched.open("/")
    page.get_by_role("button", name="Dark").click()
    page.locator("html[data-scheme=dark]").wait_for()
    page.reload()
    watched.settle()
    assert page.get_by_role("button", name="Light").is_visible()
    ground = page.locator("#curve-graph .main-svg").first.evaluate("one => getComputedStyle(one).backgroundColor")
    assert ground == "rgb(36, 36, 36)"


def test_the_other_study_is_one_click_away_and_says_its_name(watched):
    page = watched.open("/")
    page.get_by_role("link", name="Study: second").click()
    page.get_by_text("Study second, data version").first.wait_for()
    page.get_by_role("link", name="Data", exact=True).click()
    page.get_by_role("heading", name="Effective settings").wait_for()
    assert page.url.endswith("/data?study=second")
    assert page.get_by_text("Study second, data version").is_visible()


@pytest.mark.parametrize(("search", "key"), [("", "first"), ("?study=first", "first"), ("?study=second", "second")])
def test_the_header_marks_page_and_study(watched, search: str, key: str):
    page = watched.open(f"/data{search}")
    marked = page.locator("nav .menu-link[aria-current=page]")
    marked.filter(has_text=f"Study: {key}").wait_for()
    assert marked.all_text_contents() == ["Data", f"Study: {key}"]


def test_eight_first_requests_at_once_are_all_answered(browser, address: str):
    from concurrent.futures import ThreadPoolExecutor
    from urllib.request import urlopen

    def ask(path: str) -> int:
        with urlopen(address + path) as answer:
            answer.read()
            return answer.status

    with ThreadPoolExecutor(8) as pool:
        assert (
            list(pool.map(ask, ["/", "/_dash-layout", "/_dash-dependencies", "/download/survival.csv"] * 2))
            == [200] * 8
        )
