"""Files of one delivery that are written in different ways, each as its own part of the layout says."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from analytics.errors import LayoutError, SettingsError
from analytics.intake.accept import accept_source

HEAD = 'columns = { patient_id = "Case", analyte = "Test", collected = "Day", value_text = "Result", unit = "Unit" }'
LAYOUT = f"""
[settings]
date_form = "dd.mm.yyyy"
decimal_mark = ","
thousands_mark = "."

[tables.patients]
file = "p.csv"
columns = {{ patient_id = "Case", sex = "Sex", birth_date = "Born" }}

[[tables.labs]]
file = "de.csv"
{HEAD}

[[tables.labs]]
file = "us.csv"
written = {{ date_form = "mm/dd/yyyy", decimal_mark = ".", thousands_mark = "," }}
{HEAD}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "p.csv").write_text("Case;Sex;Born\nP1;F;17.04.1950\n", encoding="utf-8")
    (tmp_path / "de.csv").write_text("Case;Test;Day;Result;Unit\nP1;CGA;05.03.2020;1.234,5;ng/mL\n", encoding="utf-8")
    (tmp_path / "us.csv").write_text('Case,Test,Day,Result,Unit\nP1,CGA,05/03/2020,"1,234.5",ng/mL\n', encoding="utf-8")
    (tmp_path / "layout.toml").write_text(LAYOUT, encoding="utf-8")
    return tmp_path


def test_each_file_is_read_as_it_is_written(folder):
    accepted = accept_source(folder)
    labs = accepted.tables["labs"].sort("_file").select("_file", "collected", "value")
    assert labs.rows() == [("de.csv", date(2020, 3, 5), 1234.5), ("us.csv", date(2020, 5, 3), 1234.5)]
    assert accepted.settings.date_form == "dd.mm.yyyy"
    assert accepted.tables["patients"]["birth_date"].to_list() == [date(1950, 4, 17)]


@pytest.mark.parametrize(
    ("written", "error", "words"),
    [
        ('{ data_cutoff = "2020-01-01" }', LayoutError, "not said by «data_cutoff».*Use date_form, decimal_mark"),
        ('{ date_form = "dd.mm/yyyy" }', SettingsError, "cannot be «dd.mm/yyyy»"),
        ('{ decimal_mark = ",", thousands_mark = "," }', SettingsError, "the decimal mark already"),
    ],
)
def test_what_no_file_can_be_written_with_is_refused(written, error, words, folder):
    plain = LAYOUT.partition("written = ")
    (folder / "layout.toml").write_text(plain[0] + f"written = {written}\n{HEAD}\n", encoding="utf-8")
    with pytest.raises(error, match=words):
        accept_source(folder)
