"""Parquet and Arrow files: typed values come as a person would write them, and pass through the same rules."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from analytics.errors import SourceError
from analytics.intake.accept import accept_source

PATIENTS = pl.DataFrame({"patient_id": ["P1", "P2"], "sex": ["F", "M"], "consent_to_research": [True, False]})
LABS = pl.DataFrame(
    {
        "patient_id": ["P1", "P1", "P2"],
        "analyte": pl.Series(["CGA", "HB", "CGA"], dtype=pl.Categorical),
        "collected": [date(2020, 1, 10), date(2020, 1, 10), None],
        "value_text": [1.234, 120.0, None],
        "unit": ["ng/mL", "g/L", "ng/mL"],
        "uln": pl.Series([85, None, 85], dtype=pl.Int32),
    }
)
DIAGNOSES = pl.DataFrame(
    {
        "patient_id": ["P1"],
        "diagnosis_no": [1],
        "diagnosis_date": [datetime(2019, 5, 1)],
        "metastatic_sites": [["liver", "bone"]],
    }
)


@pytest.fixture(params=["parquet", "arrow"])
def write(request, tmp_path: Path):
    """Write tables in each of the formats."""

    def write(tables: dict[str, pl.DataFrame]) -> Path:
        for name, table in tables.items():
            path = tmp_path / f"{name}.{request.param}"
            table.write_parquet(path) if request.param == "parquet" else table.write_ipc(path)
        return tmp_path

    return write


def test_typed_values_are_read_as_what_they_are(write):
    tables = accept_source(write({"patients": PATIENTS, "labs": LABS, "diagnoses": DIAGNOSES})).tables
    assert tables["patients"]["consent_to_research"].to_list() == ["Y", "N"]
    assert tables["labs"].select("analyte", "collected", "value", "uln", "_row").rows() == [
        ("CGA", date(2020, 1, 10), 1.234, 85.0, 2),
        ("HB", date(2020, 1, 10), 120.0, None, 3),
    ]
    assert tables["diagnoses"].select("diagnosis_date", "metastatic_sites").rows() == [
        (date(2019, 5, 1), ["liver", "bone"])
    ]


def test_the_same_rules_look_at_them(write):
    findings = accept_source(write({"patients": PATIENTS, "labs": LABS})).findings
    assert findings.filter(pl.col("rule_id") == "V74").select("row", "column").rows() == [(4, "value_text")]


def test_a_damaged_file_stops(write, tmp_path):
    write({"patients": PATIENTS})
    for name in ("parquet", "arrow"):
        (tmp_path / f"labs.{name}").write_bytes(b"PAR1 nonsense")
    with pytest.raises(SourceError, match="cannot be read"):
        accept_source(tmp_path)


def test_a_column_of_text_is_read_as_the_same_texts_in_a_plain_file_are(write, tmp_path: Path):
    """Text is what a person typed, whatever file holds it: its marks are declared or told by itself."""
    texts = LABS.with_columns(value_text=pl.Series(["1.234", "12,5", "7.5"]), collected=pl.lit("2020-01-10"))
    folder = write({"patients": PATIENTS, "labs": texts})
    plain = tmp_path / "plain"
    plain.mkdir()
    PATIENTS.write_csv(plain / "patients.csv")
    texts.cast(pl.String).write_csv(plain / "labs.csv")
    columns, lines = (accept_source(source) for source in (folder, plain))
    assert columns.tables["labs"]["value"].to_list() == lines.tables["labs"]["value"].to_list() == [12.5, 7.5]
    for accepted in (columns, lines):
        assert accepted.findings.filter(rule_id="V21").select("row", "value").rows() == [(2, "1.234")]


@pytest.mark.parametrize(
    ("days", "text"),
    [
        (pl.Series([2**31 - 1], dtype=pl.Int32).cast(pl.Date), "2147483647"),
        (pl.Series([-9999999999999999]).cast(pl.Datetime("ms")), "-9999999999999999"),
    ],
)
def test_a_date_beyond_the_calendar_is_turned_away_with_its_cell(write, days, text):
    labs = LABS.head(1).with_columns(collected=days)
    accepted = accept_source(write({"patients": PATIENTS, "labs": labs}))
    assert accepted.findings.filter(rule_id="V10").select("row", "value").rows() == [(2, text)]


@pytest.mark.parametrize("cell", [timedelta(days=1), [[1, 2]], b"\xff"])
def test_a_column_no_text_can_be_made_of_matters_where_it_is_needed(write, cell):
    sheets = {"patients": PATIENTS, "labs": LABS.head(1).with_columns(shoes=pl.Series([cell]))}
    accepted = accept_source(write(sheets))
    assert accepted.findings.filter(rule_id="V04")["column"].to_list() == ["shoes"]
    assert accepted.tables["labs"].height == 1
    with pytest.raises(SourceError, match="column «value_text»"):
        accept_source(write(sheets | {"labs": LABS.head(1).with_columns(value_text=pl.Series([cell]))}))
