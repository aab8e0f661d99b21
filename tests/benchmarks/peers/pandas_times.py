"""Progression-free and overall survival in pandas, as `times.sql` derives them, with the row each stands on."""

from __future__ import annotations

import numpy as np
import pandas as pd

Tables = dict[str, pd.DataFrame]

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


def find_scan(
    lines: pd.DataFrame, day: pd.Series, rows: pd.DataFrame, name: str, *, after: bool = False, exact: bool = True
) -> pd.DataFrame:
    """Add the last of ``rows`` up to ``day``, or the first after it, with its source."""
    asked = lines[["pid", "line_no"]].assign(asked=day).dropna().sort_values("asked")
    renamed = rows.rename(columns={"day": name, **{part: f"{name}_{part}" for part in SOURCE}}).drop(columns="response")
    found = pd.merge_asof(
        asked, renamed.sort_values(name), left_on="asked", right_on=name, by="pid",
        direction="forward" if after else "backward", allow_exact_matches=exact,
    )  # fmt: skip
    return lines.merge(found.drop(columns="asked"), on=["pid", "line_no"], how="left")


def choose(lines: pd.DataFrame, holds: list[pd.Series], records: list[str]) -> dict[str, np.ndarray]:
    """Return the source of the record of the first condition that holds, of the last record otherwise."""
    return {
        f"source_{part}": np.select(
            holds, [lines[f"{name}_{part}"].astype(object) for name in records[:-1]], lines[f"{records[-1]}_{part}"]
        )
        for part in SOURCE
    }


def derive_pfs(observed: pd.DataFrame, assessments: pd.DataFrame) -> pd.DataFrame:
    closed = np.fmin(observed["next_line_date"], observed["cutoff"])
    progressed = assessments[assessments["response"] == "PD"]
    adequate = assessments[assessments["response"].isin(ADEQUATE)]
    lines = find_scan(
        observed.assign(closed=closed), observed["start_date"], progressed, "progression", after=True, exact=False
    )
    progression = lines["progression"].where(~(lines["progression"] > lines["closed"]))
    death = lines["death"].where(~(lines["death"] > lines["closed"]))
    event = np.fmin(progression, death)
    lines = find_scan(lines, lines["closed"].fillna(1e9), adequate, "scan")
    lines = find_scan(lines, event, adequate, "negative", exact=False)
    start = lines["start_date"]
    last_scan = lines["scan"].where(lines["scan"] > start)
    is_progression, happened, is_seen = event == progression, event.notna(), last_scan.notna()
    reaches = (lines["alive"] >= lines["closed"]) | (lines["death"] >= lines["closed"])
    is_cut = (lines["cutoff"] == lines["closed"]) & (~lines["is_lost"] | reaches)
    closing = np.select(
        [lines["next_line_date"] == lines["closed"], is_cut, lines["is_lost"]],
        ["new therapy before the event", "no event by the data cut-off", "lost to follow-up"], "no event",
    )  # fmt: skip
    holds = [is_progression, happened, is_seen]

    def say(*words: str | np.ndarray) -> np.ndarray:
        return np.select(holds, list(words[:3]), words[3])

    return pd.DataFrame(
        {
            **lines[["pid", "line_no", "start_date", "start_imputed", "exclusion"]], "endpoint": "PFS",
            "happened": happened, "record": event.fillna(last_scan).fillna(start),
            "last_negative": lines["negative"].where(lines["negative"] > start, start), "is_look": is_progression,
            **choose(lines, holds, ["progression", "death", "scan", "start"]),
            "reason": say("progression", "death", closing, "no adequate assessment after the start"),
            "date_used": say("scan that shows progression", "day of death", "last adequate scan", "start of the line"),
            "rule_id": say("first_progression", "first_death", "censored_at_last_adequate_scan", "censored_at_start"),
        }
    )  # fmt: skip


def derive_survival(observed: pd.DataFrame) -> pd.DataFrame:
    death, cutoff = observed["death"], observed["cutoff"]
    happened = death.notna() & ~(death > cutoff)
    reaches = (observed["alive"] >= cutoff) | (death >= cutoff)
    holds = [happened, reaches, observed["alive"].notna()]
    open_end = np.where(observed["is_lost"], "lost to follow-up", "no event")
    return pd.DataFrame(
        {
            **observed[["pid", "line_no", "start_date", "start_imputed", "exclusion"]], "endpoint": "OS",
            "happened": happened,
            "record": np.select(holds, [death, cutoff, observed["alive"]], observed["start_date"]),
            "last_negative": np.nan, "is_look": False, **choose(observed, holds, ["death", "cutoff", "alive", "start"]),
            "reason": np.select(holds[:2], ["death", "no event by the data cut-off"], open_end),
            "date_used": np.select(holds[:2], ["day of death", "end of observation"], "last day known alive"),
            "rule_id": np.select(
                holds[:2], ["first_death", "censored_at_end_of_observation"], "censored_at_last_known_alive"
            ),
        }
    )  # fmt: skip


def derive_times(tables: Tables, lines: pd.DataFrame) -> pd.DataFrame:
    cutoffs = derive_cutoffs(tables["vital_status"])
    observed = observe(tables, lines, cutoffs)
    decided = pd.concat(
        [derive_pfs(observed, derive_assessments(tables, cutoffs)), derive_survival(observed)], ignore_index=True
    )
    is_in, happened, reason = decided["exclusion"] == "", decided["happened"], decided["reason"]
    day = np.fmax(decided["record"], decided["start_date"]).where(is_in)
    code = np.select(
        [happened, reason.str.startswith("no event"), reason == "new therapy before the event",
         reason.str.startswith("no adequate")],
        [0, 1, 2, 3], np.where(decided["endpoint"] == "OS", 2, 5),
    )  # fmt: skip
    imputed = decided["start_imputed"].astype(bool) | (is_in & decided["source_imputed"].eq(True))
    return pd.DataFrame(
        {
            **decided[["pid", "line_no", "endpoint", "start_date"]], "rule_set": "default", "end_date": day,
            "days": day - decided["start_date"] + 1, "happened": happened.astype(object).where(is_in, None),
            "reason": reason.where(is_in, decided["exclusion"]), "code": pd.Series(code).where(is_in),
            "date_used": decided["date_used"].where(is_in, None),
            "rule_id": decided["rule_id"].where(is_in, "excluded"),
            **{f"source_{part}": decided[f"source_{part}"].where(is_in, None) for part in ("table", "file", "row")},
            "is_imputed": imputed,
            "last_negative_date": day.mask(happened & decided["is_look"] & is_in, decided["last_negative"]),
            "first_positive_date": day.where(happened),
        }
    )  # fmt: skip
