"""What was observed of each line in pandas: deaths, contacts, assessments, each with the row it stands on."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tests.benchmarks.peers.pandas_courses import Tables

PROOFS = [
    ("vital_status", "date"), ("labs", "collected"), ("imaging", "date"), ("responses", "date"),
    ("treatments", "start"), ("treatments", "end"), ("cycles", "date"), ("symptoms", "date"), ("toxicities", "start"),
]  # fmt: skip


PREFERRED = ["RECIST_1_1", "RECIST_1_0", "mRECIST", "Choi", "PERCIST", "clinical"]


WORST_LAST = ["ND", "NE", "CR", "PR", "SD", "NON_CR_NON_PD", "PD"]


ADEQUATE = ["CR", "PR", "SD", "NON_CR_NON_PD"]


SOURCE = ["table", "file", "row", "imputed"]


def name_source(rows: pd.DataFrame, table: str, precision: str) -> pd.DataFrame:
    """Return ``pid`` and the source of each row: its table, file and line, and whether its day was filled in."""
    return pd.DataFrame(
        {
            "pid": rows["pid"], "table": table, "file": rows["_file"].astype(object), "row": rows["_row"],
            "imputed": rows[precision] != "D",
        }
    )  # fmt: skip


def derive_deaths(status: pd.DataFrame) -> pd.DataFrame:
    """Return the day each patient died; of two days the earlier one, as if it had been filled in."""
    deaths = status[(status["kind"] == "death") & status["date"].notna()].sort_values(["pid", "date", "_file", "_row"])
    found = name_source(deaths, "vital_status", "date_precision").assign(day=deaths["date"])
    found["imputed"] |= deaths.groupby("pid")["date"].transform("nunique") > 1
    return found.drop_duplicates("pid")


def derive_cutoffs(status: pd.DataFrame) -> pd.DataFrame:
    own = status[(status["kind"] == "data_cutoff") & status["date"].notna()]
    own = own.sort_values(["pid", "date", "_file", "_row"]).drop_duplicates("pid")
    return name_source(own, "vital_status", "date_precision").assign(day=own["date"])


def derive_last_alive(tables: Tables) -> pd.DataFrame:
    """Return the last day each patient was known alive: of one day the table named last, of one table the first row."""
    status = tables["vital_status"]
    living = {**tables, "vital_status": status[status["kind"].isin(["alive_contact", "lost", "study_end"])]}
    parts: list[pd.DataFrame] = []
    for place, (table, column) in enumerate(PROOFS):
        rows = living[table]
        rows = rows[rows[column] == rows.groupby("pid")[column].transform("max")]
        parts.append(name_source(rows, table, f"{column}_precision").assign(day=rows[column], place=-place))
    proofs = pd.concat(parts)
    proofs = proofs[proofs["day"] == proofs.groupby("pid")["day"].transform("max")]
    last = proofs.sort_values(["pid", "place", "file", "row"]).drop_duplicates("pid")
    lost = status[status["kind"] == "lost"]
    lost = lost.assign(date=lost["date"].fillna(np.inf)).groupby("pid")["date"].max()
    return last.assign(is_lost=last["pid"].map(lost) >= last["day"]).drop(columns="place")


def derive_assessments(tables: Tables, cutoffs: pd.DataFrame) -> pd.DataFrame:
    """Return one response a patient and day: preferred criteria, then a central reader, then the worst."""
    responses, imaging = tables["responses"], tables["imaging"]
    rests_on_scan = (responses["criteria"] != "clinical") | responses["imaging_id"].notna()
    responses = responses[rests_on_scan & responses["criteria"].isin(PREFERRED)]
    asked = responses.loc[responses["date"].isna() & responses["imaging_id"].notna(), "pid"]
    is_poor = imaging["adequate"] == "N"
    examined = imaging.loc[is_poor | imaging["pid"].isin(asked), ["pid", "imaging_id", "date", "date_precision"]]
    examined = examined.assign(is_poor=is_poor).rename(
        columns={"date": "scan_date", "date_precision": "scan_precision"}
    )
    given = responses.merge(examined, on=["pid", "imaging_id"], how="left")
    given["day"] = given["date"].fillna(given["scan_date"])
    precision = given["date_precision"].astype(object).fillna(given["scan_precision"].astype(object))
    shown = given["response"].astype(object)
    shown = shown.where(~(given["is_poor"].eq(True) & shown.isin(ADEQUATE)), "NE")
    given = name_source(given.assign(precision=precision.fillna("D")), "responses", "precision").assign(
        day=given["day"], response=shown,
        preferred=given["criteria"].astype(object).map({name: -place for place, name in enumerate(PREFERRED)}),
        is_central=given["reader"].astype(object).str.lower() == "central",
        worst=shown.map({name: place for place, name in enumerate(WORST_LAST)}).fillna(len(WORST_LAST)),
    )  # fmt: skip
    cutoff = given["pid"].map(cutoffs.set_index("pid")["day"])
    given = given[given["day"].notna() & ~(given["day"] > cutoff)]
    ordered = given.sort_values(["pid", "day", "preferred", "is_central", "worst", "file", "row"])
    return ordered.drop_duplicates(["pid", "day"], keep="last")[["pid", "day", "response", *SOURCE]]


def observe(tables: Tables, lines: pd.DataFrame, cutoffs: pd.DataFrame) -> pd.DataFrame:
    """Return each line with the days that may end it and their sources, and why it is in no endpoint."""
    observed = lines[
        ["pid", "line_no", "start_date", "next_line_date", "start_precision", "consent_to_research", "histology"]
    ].assign(start_table="treatments", start_file=lines["file"], start_row=lines["row"])
    observed["start_imputed"] = observed["start_precision"] != "D"
    for name, found in (
        ("death", derive_deaths(tables["vital_status"])), ("alive", derive_last_alive(tables)), ("cutoff", cutoffs),
    ):  # fmt: skip
        renamed = found.rename(columns={"day": name, **{part: f"{name}_{part}" for part in SOURCE}})
        observed = observed.merge(renamed, on="pid", how="left")
    start = observed["start_date"]
    reasons = [
        (observed["consent_to_research"] == "N", "no consent to research"),
        (
            observed["histology"] == "Merkel_cell_carcinoma",
            "Merkel cell carcinoma is a primary skin tumour, not a metastasis of a visceral NET",
        ),
        (start.isna(), "no start date"),
        (start > observed["cutoff"], "started after the data cut-off"),
        (start > observed["death"], "start after death"),
    ]
    exclusion = np.select([holds for holds, _ in reasons], [reason for _, reason in reasons], "")
    return observed.assign(is_lost=observed["is_lost"].eq(True), exclusion=exclusion)
