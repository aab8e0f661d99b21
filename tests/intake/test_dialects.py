"""A table written in any dialect comes back cell by cell, whatever stands in its cells."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from pathlib import Path
from unittest.mock import patch

import polars as pl
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from analytics.intake import blocks
from analytics.intake.accept import accept_source
from analytics.intake.delimited import read_delimited
from analytics.intake.headers import Delivery
from analytics.intake.text_table import ROW

COLUMNS = ("patient_id", "value_text", "comment")
CELL = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00\ufeff\r"), max_size=12)
IDS = st.text("ABC0123", min_size=1, max_size=4)
ROWS = st.lists(st.tuples(IDS, CELL, CELL), max_size=8)
DIALECT = st.fixed_dictionaries(
    {
        "delimiter": st.sampled_from(",;\t|"),
        "quoting": st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
        "lineterminator": st.sampled_from(["\n", "\r\n"]),
    }
)
ENCODING = st.sampled_from(["utf-8", "utf-8-sig", "utf-16"])
LABOR = """
[tables.labs]
file = "labor.csv"
constants = { analyte = "CGA", unit = "ng/mL" }
columns = { patient_id = "Fall", collected = "Tag", value_text = "Wert", comment = "Notiz", source_id = "Nr" }
"""
TINY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def write(path: Path, rows: list[tuple[str, ...]], dialect: dict, encoding: str) -> None:
    """Write a table as another program would."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, **dialect)
    writer.writerow(COLUMNS)
    writer.writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))


@TINY
@given(rows=ROWS, dialect=DIALECT, encoding=ENCODING, block_bytes=st.sampled_from([5, 40, blocks.BLOCK_BYTES]))
def test_every_cell_comes_back(rows, dialect, encoding, block_bytes, tmp_path):
    path = tmp_path / "labs.csv"
    write(path, rows, dialect, encoding)
    with patch.object(blocks, "BLOCK_BYTES", block_bytes):
        table, facts = read_delimited(Delivery(path, "labs.csv", "labs", frozenset(COLUMNS)), "")
    assert table.rows.drop(ROW).rows() == [tuple(cell or None for cell in row) for row in rows]
    assert table.ragged.height == 0
    assert facts.size == path.stat().st_size


LAB = st.tuples(
    st.sampled_from(["P1", "P2", "P3"]),
    st.sampled_from(["CGA", "NSE", "HB", "nonsense"]),
    st.sampled_from(["2020-01-10", "2020-02", "2019", "rubbish", ""]),
    st.sampled_from(["5", "<5", "12,5", "1,234", "pending", "-1", ""]),
)


def write_labs(folder: Path, rows: list[tuple[str, ...]]) -> None:
    """Write laboratory rows as they are."""
    lines = [f'{patient},{analyte},{day},"{value}",ng/mL' for patient, analyte, day, value in rows]
    text = "\n".join(["patient_id,analyte,collected,value_text,unit", *lines]) + "\n"
    (folder / "labs.csv").write_text(text, encoding="utf-8")


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(labs=st.lists(LAB, max_size=12), data=st.data())
def test_the_order_of_rows_does_not_change_what_is_taken(labs, data, tmp_path):
    (tmp_path / "patients.csv").write_text("patient_id,sex\nP1,F\nP2,M\n", encoding="utf-8")
    taken = []
    for rows in (labs, data.draw(st.permutations(labs))):
        write_labs(tmp_path, rows)
        accepted = accept_source(tmp_path)
        kept = accepted.tables["labs"].drop("_row").sort("patient_id", "analyte", "collected_text", "value_text")
        taken.append((kept, accepted.ledger.sort("table"), accepted.findings["rule_id"].value_counts().sort("rule_id")))
    for before, after in zip(*taken, strict=True):
        assert before.equals(after)


NUMBERED = st.tuples(
    st.sampled_from(["P1", "P2", "Ä3"]),
    st.dates(date(1990, 1, 1), date(2025, 12, 31)),
    st.integers(1, 999_999),
    st.text("aéµß1 ,;|\t'\"", max_size=6),
)
HABITS = st.fixed_dictionaries(
    {
        "date_form": st.sampled_from(["", "dd.mm.yyyy", "mm/dd/yyyy", "yyyy/mm/dd", "dd-mm-yyyy"]),
        "decimal_mark": st.sampled_from([".", ","]),
        "encoding": st.sampled_from(["", "cp1252", "latin-1"]),
    }
)
LINE_ENDS = st.sampled_from(["\n", "\r\n", "\r"])
FORMS = {"dd": "%d", "mm": "%m", "yyyy": "%Y"}


def is_utf_8(text: bytes) -> bool:
    """Say whether bytes can be read as UTF-8."""
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def spell_day(day: date, form: str) -> str:
    """Write a day as a hospital does."""
    for part, code in FORMS.items():
        form = form.replace(part, code)
    return day.strftime(form or "%Y-%m-%d")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(NUMBERED, max_size=6), dialect=DIALECT, line_end=LINE_ENDS, habits=HABITS)
def test_a_table_in_any_hospitals_habits_comes_back_equal(rows, dialect, line_end, habits, tmp_path):
    """Delimiter, quotes, line ends, encoding, decimal mark and date form: declared in a layout, read as meant."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, **(dialect | {"lineterminator": line_end}))
    writer.writerow(["Fall", "Tag", "Wert", "Notiz", "Nr"])
    for number, (patient, day, hundredths, note) in enumerate(rows):
        amount = f"{hundredths // 100}{habits['decimal_mark']}{hundredths % 100:02d}"
        writer.writerow([patient, spell_day(day, habits["date_form"]), amount, note, number])
    delivered = text.getvalue().encode(habits["encoding"] or "utf-8")
    # what is sound UTF-8 is read as that, whatever was declared for the files that are not
    assume(delivered.isascii() or not habits["encoding"] or not is_utf_8(delivered))
    (tmp_path / "labor.csv").write_bytes(delivered)
    (tmp_path / "patients.csv").write_text("patient_id,sex\nP1,F\nP2,M\nÄ3,F\n", encoding="utf-8")
    declared = "\n".join(f"{name} = {json.dumps(value)}" for name, value in habits.items())
    (tmp_path / "layout.toml").write_text(f"[settings]\n{declared}\n{LABOR}", encoding="utf-8")
    labs = accept_source(tmp_path).tables["labs"].sort(pl.col("source_id").cast(pl.Int64))
    assert labs.select("patient_id", "collected", "value", "comment").rows() == [
        (patient, day, hundredths / 100, note.strip() or None) for patient, day, hundredths, note in rows
    ]
