"""The cohort page in a browser: filters live in the address, Back brings them back."""

from __future__ import annotations

GRADES_CHOSEN = ".mantine-MultiSelect-root:has(#filter-grade) .mantine-Pill-root"
CHOOSE_G1 = "?grade=G1"
READ_ROWS = """() => {
  const chart = document.querySelector('#curve-graph .js-plotly-plot');
  const counts = chart._fullData.find(one => one.name === 'PRRT counts');
  const rows = new Map();
  counts.y.forEach((at, place) => rows.set(at, [...(rows.get(at) || []), Number(counts.text[place])]));
  return [...rows];
}"""
PLACES = """() => [...document.querySelectorAll('#curve-graph .textpoint text')]
  .filter(one => /^[0-9]+$/.test(one.textContent))
  .map(one => { const box = one.getBoundingClientRect(); return [one.textContent, box.x + box.width / 2]; })"""
TICKS = """() => [...document.querySelectorAll('#curve-graph .xaxislayer-above .xtick text')]
  .map(one => { const box = one.getBoundingClientRect(); return box.x + box.width / 2; })"""
HALF_A_DIGIT = 4.0
"""Pixels a number may stand beside its tick."""


def legend(page) -> list[str]:
    return page.locator("#curve-graph .legendtext").all_text_contents()


def test_the_curve_its_numbers_and_the_flow_are_there(watched):
    page = watched.open("/")
    assert legend(page) == ["SSA (9)", "PRRT (9)"]
    assert page.get_by_role("list", name="Who is in").locator("li").count() >= 2
    assert page.locator("#curve-beside tbody tr").count() == 2
    for panel in ("curve", "response", "waterfall"):
        assert page.locator(f"#{panel}-graph .main-svg").first.is_visible()


def test_the_rows_add_up_and_stand_under_their_ticks(watched):
    page = watched.open("/")
    rows = dict(page.evaluate(READ_ROWS))
    sums = [sum(column) for column in zip(*rows.values(), strict=True)]
    assert len(rows) == 3 and set(sums) == {9}
    ticks = page.evaluate(TICKS)
    numbers = page.evaluate(PLACES)
    assert len(numbers) == 2 * 3 * len(ticks)
    for _, x in numbers:
        assert min(abs(x - tick) for tick in ticks) < HALF_A_DIGIT


def test_a_filter_goes_into_the_address_and_back_takes_it_out(watched):
    page = watched.open("/")
    page.locator(".mantine-MultiSelect-input:has(#filter-grade)").click()
    page.get_by_role("option", name="G1").click()
    page.wait_for_url(f"**/{CHOOSE_G1}")
    page.locator("#curve-graph .legendtext", has_text="PRRT (4)").wait_for()
    page.go_back()
    page.locator("#curve-graph .legendtext", has_text="PRRT (9)").wait_for()
    assert "grade" not in page.url
    assert page.locator(GRADES_CHOSEN).count() == 0
    page.go_forward()
    page.locator("#curve-graph .legendtext", has_text="PRRT (4)").wait_for()


def test_an_address_restores_the_filters(watched):
    page = watched.open("/?grade=G1&endpoint=OS&by=none")
    assert page.locator("#filter-endpoint").input_value() == "OS"
    assert page.get_by_text("Overall survival (OS)").is_visible()
    assert page.locator(GRADES_CHOSEN).all_text_contents() == ["G1"]


def test_a_refusal_is_words_and_not_an_empty_chart(watched):
    page = watched.open("/?from=2031-01-01")
    refusal = page.locator("#curve-refusal")
    assert refusal.is_visible() and "Widen the selection" in refusal.inner_text()
    assert not page.locator("#curve-box").is_visible()


def test_the_same_numbers_stand_in_a_table_and_a_file(watched):
    page = watched.open("/?grade=G1")
    page.locator("#curve-box summary").click()
    page.locator("#curve-table tbody tr").first.wait_for()
    with page.expect_download() as download:
        page.locator("#curve-download").click()
    lines = download.value.path().read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("group,time_days,n_risk") and len(lines) > 2


def test_an_open_table_follows_the_filters_and_a_closed_one_is_empty(watched):
    page = watched.open("/")
    rows = page.locator("#response-table tbody tr")
    assert rows.count() == 0
    page.locator("#response-box summary").click()
    page.locator("#response-table td", has_text="9").first.wait_for()
    page.locator(".mantine-MultiSelect-input:has(#filter-grade)").click()
    page.get_by_role("option", name="G1").click()
    page.locator("#response-table td", has_text="4").first.wait_for()
    page.locator("#response-box summary").click()
    rows.first.wait_for(state="detached")


def test_the_picture_is_a_drawing_with_text(watched):
    page = watched.open("/")
    with page.expect_download() as download:
        page.locator("#curve-picture").click()
    assert download.value.suggested_filename == "survival.svg"
    picture = download.value.path().read_text(encoding="utf-8")
    assert picture.startswith("<svg") and "Months since the start" in picture


def test_the_command_can_be_copied(watched):
    page = watched.open("/?grade=G1")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("#curve-copy").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.locator("#curve-call").inner_text()
    assert copied.startswith("lutetia ask survival first-store") and "--grade G1" in copied
