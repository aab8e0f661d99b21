"""A table written in any dialect comes back cell by cell, whatever stands in its cells."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

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
TINY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def write(path: Path, rows: list[tuple[str, ...]], dialect: dict, encoding: str) -> None:
    """Write a table as another program would."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, **dialect)
    writer.writerow(COLUMNS)
    writer.writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))


@TINY
@given(rows=ROWS, dialect=DIALECT, encoding=ENCODING)
def test_every_cell_comes_back(rows, dialect, encoding, tmp_path):
    path = tmp_path / "labs.csv"
    write(path, rows, dialect, encoding)
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


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(labs=st.lists(LAB, max_size=12), data=st.data())
def test_the_order_of_rows_does_not_change_what_is_taken(labs, data, tmp_path):
    (tmp_path / "patients.csv").write_text("patient_id,sex\nP1,F\nP2,M\n", encoding="utf-8")
    taken = []
    for rows in (labs, data.draw(st.permutations(labs))):
        lines = [f'{patient},{analyte},{day},"{value}",ng/mL' for patient, analyte, day, value in rows]
        text = "\n".join(["patient_id,analyte,collected,value_text,unit", *lines]) + "\n"
        (tmp_path / "labs.csv").write_text(text, encoding="utf-8")
        accepted = accept_source(tmp_path)
        kept = accepted.tables["labs"].drop("_row").sort("patient_id", "analyte", "collected_text", "value_text")
        taken.append((kept, accepted.ledger.sort("table"), accepted.findings["rule_id"].value_counts().sort("rule_id")))
    for before, after in zip(*taken, strict=True):
        assert before.equals(after)
