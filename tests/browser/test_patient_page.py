"""The patient page in a browser: where things are drawn, and how they are reached without a mouse."""

from __future__ import annotations

import pytest

from dashboards.shelf import Shelf

HALF_A_LINE = 2.0
"""Pixels between a drawn line and the place of its value."""
LABEL_REACH = 24.0
"""Pixels from the limit of normal to the middle of its label, which stands just above the line."""
LIMIT = """() => {
  const chart = document.querySelector('#marker-graph .js-plotly-plot');
  const axis = chart._fullLayout.yaxis, top = chart.getBoundingClientRect().y;
  const label = [...chart.querySelectorAll('.textpoint text')].find(one => one.textContent === 'ULN');
  const box = label.getBoundingClientRect();
  const limit = chart._fullData.find(one => one.name === 'ULN');
  const line = chart.querySelector('.scatterlayer .trace' + limit.uid + ' .js-line')
    .getBoundingClientRect();
  return {expected: top + axis._offset + axis.d2p(1), line: line.y + line.height / 2,
          label: box.y + box.height / 2, type: axis.type, title: axis.title.text};
}"""
BOUND = """() => {
  const chart = document.querySelector('#marker-graph .js-plotly-plot');
  const axis = chart._fullLayout.yaxis, top = chart.getBoundingClientRect().y;
  const trace = chart._fullData.find(one => /below quantitation,<br>drawn at the limit$/.test(one.name));
  const mark = chart.querySelector('.scatterlayer .trace' + trace.uid + ' .point').getBoundingClientRect();
  return {expected: top + axis._offset + axis.d2p(20 / 85), mark: mark.y + mark.height / 2,
          height: mark.height, symbol: trace.marker.symbol};
}"""
PIECES = """(name) => {
  const chart = document.querySelector('#marker-graph .js-plotly-plot');
  const trace = chart._fullData.find(one => one.name === name);
  return [...chart.querySelectorAll('.scatterlayer .trace' + trace.uid + ' .js-line')]
    .map(one => one.getAttribute('d').split(/(?=M)/).length).reduce((sum, one) => sum + one, 0);
}"""
RING = """() => {
  const chart = document.querySelector('#marker-graph .js-plotly-plot');
  const ring = chart._fullData.find(one => one.name === 'chosen value');
  return [ring.x[0], ring.y[0]];
}"""


@pytest.fixture
def page(watched, shelf: Shelf):
    return watched.open(f"/patient/{shelf.opened('first').opaque['EDGE']}")


@pytest.mark.parametrize("scale", ["log", "linear"])
def test_the_limit_of_normal_stands_at_one_with_its_label_beside_it(watched, shelf: Shelf, scale: str):
    page = watched.open(f"/patient/{shelf.opened('first').opaque['EDGE']}?scale={scale}")
    found = page.evaluate(LIMIT)
    assert found["type"] == scale and f"{scale} scale" in found["title"]
    assert abs(found["line"] - found["expected"]) < HALF_A_LINE
    assert abs(found["label"] - found["expected"]) < LABEL_REACH


def test_a_value_below_quantitation_is_a_triangle_at_its_limit(page):
    found = page.evaluate(BOUND)
    assert found["symbol"] == "triangle-down-open"
    assert abs(found["mark"] - found["expected"]) < found["height"] / 2


def test_the_line_of_an_assay_is_broken_and_ends_with_the_assay(page):
    # four values, two, one alone: two pieces with a line, and another assay apart
    assert page.evaluate(PIECES, "assay A line") >= 2
    assert page.evaluate(PIECES, "assay B line") == 1


def test_the_scale_is_switched_without_losing_the_title(watched, page):
    page.locator("#control-scale").get_by_text("linear", exact=True).click()
    page.wait_for_url("**scale=linear")
    page.locator("#marker-graph .ytitle", has_text="linear scale").wait_for()
    page.go_back()
    page.locator("#marker-graph .ytitle", has_text="log scale").wait_for()
    assert page.locator("#control-scale input[value=log]").is_checked()


def test_values_are_reached_by_keyboard_and_read_out(page):
    page.locator("#value-next").focus()
    page.keyboard.press("Enter")
    status = page.locator("#value-status")
    status.get_by_text("1 of 12: 2021-12-01; 850 ng/mL").wait_for()
    page.keyboard.press("ArrowRight")
    status.get_by_text("2 of 12: 2022-02-01").wait_for()
    assert status.get_attribute("role") == "status"
    first = page.evaluate(RING)
    page.keyboard.press("ArrowLeft")
    status.get_by_text("1 of 12").wait_for()
    assert page.evaluate(RING) != first


def test_patients_are_turned_by_keyboard(watched, page, shelf: Shelf):
    page.keyboard.press("Alt+PageDown")
    page.get_by_role("heading", name="Patient C00").wait_for()
    assert page.url.endswith(shelf.opened("first").opaque["C00"])
    page.keyboard.press("Alt+PageUp")
    page.get_by_role("heading", name="Patient EDGE").wait_for()
    page.go_back()
    page.get_by_role("heading", name="Patient C00").wait_for()


def test_a_patient_is_found_by_study_code_and_the_address_does_not_say_it(watched, shelf: Shelf):
    page = watched.open("/patient")
    page.get_by_label("Study code").press_sequentially("EDGE")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Patient EDGE").wait_for()
    assert page.url.endswith(shelf.opened("first").opaque["EDGE"]) and "EDGE" not in page.url


def test_a_code_that_is_nobodys_is_said(watched):
    page = watched.open("/patient")
    page.get_by_label("Study code").fill("nobody")
    page.get_by_role("button", name="Find patient").click()
    page.get_by_text("No patient with this study code").wait_for()


def test_the_four_cards_and_the_table_of_values_are_there(page):
    titles = page.locator(".card-title").all_text_contents()
    assert titles == ["NOW", "SINCE NADIR", "RECIST", "READ WITH CARE"]
    page.locator("#marker-box summary").click()
    page.locator("#marker-table tbody tr").first.wait_for()
    assert page.locator("#marker-table tbody tr").count() == 12
    assert page.locator("#marker-table").get_by_text("<20", exact=True).is_visible()


def test_another_marker_is_one_choice_away(watched, page):
    page.locator("#control-analyte").click()
    page.get_by_role("option", name="Platelets").click()
    page.wait_for_url("**analyte=PLT")
    page.get_by_text("Platelets (× ULN), 1 value").wait_for()
    assert page.get_by_role("heading", name="Patient EDGE").is_visible()


def test_an_address_of_nobody_is_said(watched):
    page = watched.open("/patient/0000000000000000")
    assert page.get_by_text("There is no patient at this address.").is_visible()
