"""Worked cases of admiral and admiralonco: read, and run through our own functions."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

import polars as pl

from analytics.catalogue.endpoints import ENDPOINT_BY_CODE, RULE_SET_BY_CODE
from analytics.catalogue.settings import Settings
from analytics.endpoints.best_response import compute_best_responses
from analytics.endpoints.endpoint_times import Assessed, derive_endpoint_times
from analytics.endpoints.records import number_of, sort_rows

CASES = Path(__file__).parent / "cases"
OURS = {"NON-CR/NON-PD": "NON_CR_NON_PD", "ND": "NE"}
"""Not done counts as not evaluable here; there it is a value of its own."""


def read_case(case: str, name: str) -> list[dict[str, str]]:
    [path] = (CASES / case).glob(f"{name}*.csv")
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def assess(case: str, **changes: object) -> dict[str, dict[str, object]]:
    """Return the best responses of a case by subject; progression comes from its own parameter where given."""
    starts = {row["USUBJID"]: row.get("TRTSDT") or row.get("TRTSDTC") for row in read_case(case, "input_adsl")}
    rows = read_case(case, "input_adrs")
    cut = {row["USUBJID"]: row["ADT"] for row in rows if row["PARAMCD"] == "PD" and row["AVALC"] == "Y"}
    assessments = pl.DataFrame(
        [
            {
                "line": int(row["USUBJID"]),
                "start_date": starts[row["USUBJID"]],
                "date": row["ADT"],
                "response": OURS.get(row["AVALC"], row["AVALC"]),
            }
            for row in rows
            if row["PARAMCD"] == "OVR"
            and row["AVALC"] not in ("", "NA")
            and row["ADT"] <= cut.get(row["USUBJID"], "9999")
        ]
    ).with_columns(pl.col("start_date", "date").str.to_date(), pl.col("line").cast(pl.UInt32))
    found = compute_best_responses(assessments, Settings(sd_minimum_days=28, **changes))
    return {str(row["line"]): row for row in found.iter_rows(named=True)}


def expected_of(case: str) -> dict[str, tuple[str, str]]:
    return {row["USUBJID"]: (OURS.get(row["AVALC"], row["AVALC"]), row["ADT"]) for row in read_case(case, "expected")}


NAMES = ("start", "progression", "response", "death", "new_therapy", "data_cutoff", "alive")
NOT_HERE = ("end_of_treatment", "marker_progression", "last_marker_value")
RECORDS = pl.DataFrame(
    {"table": ["case"], "file": ["case.csv"], "row": [2], "is_imputed": [False]}, schema_overrides={"row": pl.UInt32}
)
"""The one record all dates of a case stand on."""


def record(name: str, day: str | None) -> dict[str, object]:
    return {name: dt.date.fromisoformat(day), number_of(name): 0} if day else {name: None, number_of(name): None}


def time_to(endpoint: str, subjects: dict[str, dict[str, str]], scans: list[tuple[str, str]]) -> pl.DataFrame:
    """Run one endpoint on the dates of each subject; keys of ``subjects`` are their numbers as text."""
    rows = [
        {"pid": int(code), "line_no": 1, "start_date": dt.date.fromisoformat(days["start"]), "is_lost": False}
        | {column: value for name in NAMES for column, value in record(name, days.get(name)).items()}
        for code, days in subjects.items()
    ]
    types = dict.fromkeys((*NAMES, *NOT_HERE), pl.Date)
    types |= {number_of(name): pl.UInt32 for name in (*NAMES, *NOT_HERE)}
    plain = {
        "pid": pl.UInt32,
        "line_no": pl.Int32,
        "start_date": pl.Date,
        "is_lost": pl.Boolean,
        "exclusion": pl.String,
    }
    observed = pl.DataFrame(rows, schema={**plain, **types})
    seen = pl.DataFrame(
        [{"pid": int(code), "date": dt.date.fromisoformat(day), "record_at": 0} for code, day in scans],
        schema={"pid": pl.UInt32, "date": pl.Date, "record_at": pl.UInt32},
    )
    assessed = Assessed(sort_rows(seen), RECORDS, pl.DataFrame(), Settings())
    return derive_endpoint_times(observed, ENDPOINT_BY_CODE[endpoint], RULE_SET_BY_CODE["default"], assessed)


def dates_of(found: pl.DataFrame) -> dict[int, tuple[str, bool, str]]:
    return {row["pid"]: (str(row["end_date"]), row["happened"], row["reason"]) for row in found.iter_rows(named=True)}


def changes_of(case: str, limit: int) -> tuple[dict[str, dict[str, str]], list[tuple[str, str]]]:
    """Read a case whose event is a change beyond ``limit``: an assessment without a value is not adequate."""
    subjects = {
        row["USUBJID"]: {"start": row["TRTSDT"], "data_cutoff": row["EOSDT"], "new_therapy": row["NEWDRGDT"]}
        for row in read_case(case, "input_adsl")
    }
    rows = [row for row in read_case(case, "input_adqs") if row["CHG"]]
    for row in rows:
        beyond = int(row["CHG"]) <= limit if limit < 0 else int(row["CHG"]) >= limit
        if beyond and row["ADT"] > subjects[row["USUBJID"]]["start"]:
            subjects[row["USUBJID"]].setdefault("response" if limit > 0 else "progression", row["ADT"])
    return subjects, [(row["USUBJID"], row["ADT"]) for row in rows]
