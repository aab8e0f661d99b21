"""How much CPU the derivations take on accepted tables: run by hand, never by pytest.

    python -m tests.benchmarks.derive_speed [PATIENTS]

Prints CPU seconds of each stage on one core (three lines, 25 CgA values, 8 scans with five lesions a patient), the
same scaled to 100,000 patients, and an idiomatic pandas doing the CgA baseline, the 50 % fall and PFS in the same run.
"""

from __future__ import annotations

import os

os.environ["POLARS_MAX_THREADS"] = "1"

import resource
import sys
import time
from collections.abc import Callable

import numpy as np
import pandas as pd
import polars as pl

from analytics.catalogue.response_rules import PROGRESSION_RULES, RESPONSE_RULE_BY_ID
from analytics.catalogue.settings import Settings
from analytics.endpoints.recist import derive_recist_assessments
from analytics.endpoints.times import derive_times_to_event
from analytics.longitudinal.lines import derive_lines
from analytics.longitudinal.marker_progressions import derive_marker_progressions
from analytics.longitudinal.marker_responses import derive_marker_responses
from analytics.longitudinal.marker_values import derive_marker_values
from analytics.tables.accepted import accepted_columns
from analytics.tables.registry import SOURCE_TABLES

LINES, VALUES, SCANS, LESIONS = 3, 25, 8, 5
FIRST_DAY = 16_000
Columns = dict[str, object]


def fill_table(name: str, columns: Columns) -> pl.DataFrame:
    """Return an accepted table: columns not given are null."""
    given = pl.DataFrame(columns).with_columns(
        pl.lit(f"{name}.csv").alias("_file"), pl.int_range(2, pl.len() + 2, dtype=pl.UInt32).alias("_row")
    )
    types = accepted_columns(name, SOURCE_TABLES[name])
    return given.select(
        (pl.col(column) if column in given.columns else pl.lit(None)).cast(kind).alias(column)
        for column, kind in types.items()
    )


def date_columns(name: str, days: np.ndarray) -> Columns:
    dates = pl.Series(days.astype("int32")).cast(pl.Date)
    return {name: dates, f"{name}_lo": dates, f"{name}_hi": dates, f"{name}_precision": ["D"] * len(days)}


def simulate_tables(patients: int, seed: int = 1) -> dict[str, pl.LazyFrame]:
    chance = np.random.default_rng(seed)
    codes = np.char.mod("P%07d", np.arange(patients))
    first = FIRST_DAY + chance.integers(0, 1_500, patients)

    def spread(times: int) -> tuple[Columns, np.ndarray, np.ndarray]:
        pid, place = np.repeat(np.arange(patients), times), np.tile(np.arange(times), patients)
        return {"pid": pid, "patient_id": codes[pid]}, pid, place

    of_line, pid, place = spread(LINES)
    starts = first[pid] + place * 600 + chance.integers(0, 100, len(pid))
    treatments: Columns = of_line | {
        "treatment_id": np.char.mod("T%d", place),
        "category": np.array(["SSA", "PRRT", "targeted"])[place],
        "agent": np.array(["lanreotide", "177Lu-DOTATATE", "everolimus"])[place],
        **date_columns("start", starts),
        **date_columns("end", starts + 500),
    }
    of_value, pid, place = spread(VALUES)
    values = np.round(np.exp(chance.normal(5, 1, len(pid))), 1)
    labs: Columns = of_value | {
        "analyte": ["CGA"] * len(pid),
        **date_columns("collected", first[pid] + place * 85 - 60 + chance.integers(0, 20, len(pid))),
        "value": values,
        "value_standard": values,
        "unit_standard": ["ng/mL"] * len(pid),
        "uln_used": np.full(len(pid), 100.0),
        "assay_group": chance.choice(["K", "K", "K", "C"], len(pid)),
    }
    of_scan, pid, place = spread(SCANS)
    scan: Columns = {"imaging_id": np.char.mod("s%d", place)}
    days = date_columns("date", first[pid] + place * 200 - 20)
    seen = {
        "criteria": ["RECIST_1_1"] * len(pid),
        "response": chance.choice(["SD", "PR", "PD"], len(pid), p=[0.6, 0.2, 0.2]),
    }
    each = np.repeat(np.arange(len(pid)), LESIONS)
    number = np.tile(np.arange(LESIONS), len(pid))
    lesions: Columns = {
        "pid": pid[each],
        "patient_id": codes[pid[each]],
        "imaging_id": scan["imaging_id"][each],  # type: ignore[index]
        "lesion_id": np.char.mod("L%d", number),
        "role": np.where(number < LESIONS - 1, "target", "non_target"),
        "longest_mm": np.round(chance.random(len(each)) * 50 + 10, 1),
        "measured": ["yes"] * len(each),
    }
    of_patient, _, _ = spread(1)
    filled = {
        "patients": of_patient | {"birth_year": chance.integers(1940, 1980, patients)},
        "treatments": treatments,
        "labs": labs,
        "imaging": of_scan | scan | days | {"modality": ["CT"] * len(pid)},
        "responses": of_scan | scan | days | seen,
        "lesions": lesions,
        "vital_status": of_patient | date_columns("date", first + 2_500) | {"kind": ["death"] * patients},
    }
    empty = {name: pl.DataFrame(schema=accepted_columns(name, SOURCE_TABLES[name])) for name in SOURCE_TABLES}
    return {name: table.lazy() for name, table in (empty | {n: fill_table(n, c) for n, c in filled.items()}).items()}


def hand_over(table: pl.DataFrame) -> pd.DataFrame:
    dates = [name for name, kind in table.schema.items() if kind == pl.Date]
    return pd.DataFrame(table.with_columns(pl.col(dates).cast(pl.Datetime("ns"))).to_dict(as_series=False)).astype(
        dict.fromkeys(dates, "datetime64[ns]")
    )


def derive_with_pandas(lines: pd.DataFrame, labs: pd.DataFrame, responses: pd.DataFrame) -> int:
    """Do the CgA baseline, the first fall of 50 % and the first progression of each line the usual way."""
    near = labs.merge(lines, on="pid")
    near = near[near["date"] < near["next_line_date"].fillna(pd.Timestamp.max)]
    before = near[(near["date"] <= near["start_date"]) & (near["date"] >= near["start_date"] - pd.Timedelta(days=90))]
    key = ["pid", "line_no", "assay_group"]
    baseline = before.sort_values("date").groupby(key)["value"].last().rename("baseline").reset_index()
    after = near[near["date"] > near["start_date"]].merge(baseline, on=key)
    fell = after[after["value"] * 2 <= after["baseline"]].groupby(["pid", "line_no"])["date"].min()
    scans = responses.merge(lines, on="pid")
    scans = scans[(scans["date"] > scans["start_date"]) & (scans["response"] == "PD")]
    return len(fell) + len(scans.groupby(["pid", "line_no"])["date"].min())


def measure(patients: int) -> None:
    tables, settings = simulate_tables(patients), Settings()
    spent: dict[str, float] = {}

    def timed(name: str, work: Callable[[], object]) -> object:
        begun = time.process_time()
        made = work()
        spent[name] = time.process_time() - begun
        return made

    lines = timed("lines", lambda: derive_lines(tables, settings).collect())
    assert isinstance(lines, pl.DataFrame)
    lazy = lines.lazy()
    values = timed("marker values", lambda: derive_marker_values(tables, lazy, settings).collect())
    assert isinstance(values, pl.DataFrame)
    elect50 = [RESPONSE_RULE_BY_ID["ELECT50"]]
    responses = timed("one response rule", lambda: derive_marker_responses(values.lazy(), lazy, elect50, settings).collect())
    rises = timed("marker progressions", lambda: derive_marker_progressions(values.lazy(), PROGRESSION_RULES).collect())
    recist = timed("RECIST", lambda: derive_recist_assessments(tables, lazy, settings).collect())
    assert isinstance(responses, pl.DataFrame)
    assert isinstance(rises, pl.DataFrame)
    assert isinstance(recist, pl.DataFrame)
    made = {
        "marker_responses": responses.lazy(),
        "marker_progressions": rises.lazy(),
        "recist_assessments": recist.lazy(),
    }
    timed("all endpoints and rules", lambda: derive_times_to_event(tables, lazy, settings, made).collect())
    peer = (
        hand_over(lines.select("pid", "line_no", "start_date", "next_line_date")),
        hand_over(tables["labs"].select("pid", "value", "assay_group", date="collected").collect()),
        hand_over(tables["responses"].select("pid", "date", "response").collect()),
    )
    timed("pandas: baseline, fall, PFS", lambda: derive_with_pandas(*peer))
    for name, seconds in spent.items():
        print(f"{name:30s} {seconds:7.2f} CPU s   {seconds * 100_000 / patients:7.2f} a 100,000 patients")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GiB")


if __name__ == "__main__":
    measure(int(sys.argv[1]) if len(sys.argv) > 1 else 25_000)
