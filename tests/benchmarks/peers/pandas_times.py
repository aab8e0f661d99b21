"""Progression-free and overall survival in pandas, as `times.sql` derives them, with the row each stands on."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tests.benchmarks.peers.pandas_courses import Tables
from tests.benchmarks.peers.pandas_observation import ADEQUATE, SOURCE, derive_assessments, derive_cutoffs, observe


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
