"""The data page in a browser: findings by filter, everything accounted for."""

from __future__ import annotations


def test_findings_are_filtered_and_counted(watched):
    page = watched.open("/data")
    page.get_by_text("3 findings of 3.").wait_for()
    page.locator(".mantine-MultiSelect-input:has(#finding-severity)").click()
    page.get_by_role("option", name="ERROR").click()
    page.get_by_text("2 findings of 3.").wait_for()
    page.get_by_label("Contains").fill("cycles")
    page.get_by_text("1 finding of 3.").wait_for()
    assert page.locator("#data-findings tbody tr").count() == 1


def test_all_findings_can_be_downloaded(watched):
    page = watched.open("/data")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download all findings").click()
    assert download.value.suggested_filename == "findings.csv"


def test_settings_say_value_unit_meaning_and_source(watched):
    page = watched.open("/data")
    row = page.locator("#data-settings").get_by_role("row", name="gap_days 183 days", exact=False).first
    assert row.inner_text().split("\t")[:3] == ["gap_days", "183", "days"]
