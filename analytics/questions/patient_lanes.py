"""What one patient was given and how it was looked at, as spells and events in lanes."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl

from analytics.catalogue.treatments import AGENTS, CATEGORY_BY_CODE
from analytics.catalogue.variation import RAISES_CGA
from analytics.questions.patient_cards import say_criteria
from analytics.questions.patient_values import drawn_day
from analytics.tables.history import HISTORY_SPELLS

LANE_NAMES = {
    "PRRT": "PRRT",
    "SSA": "SSA",
    "systemic": "Systemic",
    "procedure": "Procedures",
    "supportive": "Supportive",
}
LETTERS = {"NON_CR_NON_PD": "NN"}
"""Response codes too long for a mark; all others stand as they are."""
_MODALITIES = {"PET_CT": "PET/CT", "PET_MR": "PET/MR"}
_AGENT_NAMES = {agent.code: agent.name for agent in AGENTS}

Row = dict[str, Any]


def derive_spells(rows: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """Derive the lanes of one patient (schema ``HISTORY_SPELLS``) from the rows of its tables."""
    spells = [
        *_treatment_spells(rows["treatments"], rows["cycles"]),
        *_cycle_events(rows["cycles"], rows["treatments"]),
        *_concomitant_spells(rows["concomitants"]),
        *_scan_events(rows["imaging"], rows["responses"]),
    ]
    return pl.DataFrame(spells, schema=HISTORY_SPELLS, orient="row").sort(
        "start", "lane", nulls_last=True, maintain_order=True
    )


def _spell(lane: str, label: str, row: Row, start: date | None, end: date | None, detail: str, **more: Any) -> Row:
    spell: Row = {
        "lane": lane,
        "label": label,
        "start": start,
        "end": end,
        "start_lo": row.get("lo"),
        "start_hi": row.get("hi"),
        "is_ongoing": False,
        "is_event": False,
        "is_confounder": False,
        "letters": "",
        "detail": detail,
        "comment": row.get("comment") or "",
    }
    return spell | more


def _dated(rows: pl.DataFrame, column: str) -> list[Row]:
    """Return the rows with ``day``, ``lo``, ``hi`` and ``words`` of a partial date."""
    return rows.with_columns(
        day=drawn_day(column),
        lo=pl.coalesce(f"{column}_lo", column),
        hi=pl.coalesce(f"{column}_hi", column),
        words=pl.coalesce(f"{column}_text", pl.col(column).cast(pl.String), pl.lit("date not known")),
    ).to_dicts()


def _treatment_spells(treatments: pl.DataFrame, cycles: pl.DataFrame) -> list[Row]:
    spells: list[Row] = []
    for row in _dated(treatments.with_columns(last=drawn_day("end")), "start"):
        category = CATEGORY_BY_CODE[row["category"]]
        name = _AGENT_NAMES.get(row["agent"], row["agent"]) or category.name
        given = cycles.filter(pl.col("treatment_id") == row["treatment_id"])
        is_ongoing = row["ongoing"] == "Y" and row["last"] is None
        label = f"{name}{_total_activity(given)}"
        until = "ongoing" if is_ongoing else row["end_text"] or "end not recorded"
        dose = f", {row['dose']:g} {row['dose_unit'] or ''}" if row["dose"] is not None else ""
        stop = f", stopped: {row['stop_reason']}" if row["stop_reason"] else ""
        is_event = category.lane == "procedure" or (row["last"] is None and not is_ongoing)
        spells.append(
            _spell(
                LANE_NAMES[category.lane],
                label,
                row,
                row["day"],
                row["last"],
                f"{category.name}: {label}{dose}, {row['words']}" + ("" if is_event else f" to {until}{stop}"),
                is_ongoing=is_ongoing,
                is_event=is_event,
            )
        )
    return spells


def _total_activity(cycles: pl.DataFrame) -> str:
    activity = cycles["activity_gbq"].drop_nulls()
    if cycles.is_empty():
        return ""
    if activity.is_empty():
        return f", {cycles.height} cycles"
    if activity.n_unique() == 1 and len(activity) == cycles.height:
        return f", {cycles.height} × {activity[0]:g} = {activity.sum():.1f} GBq"
    return f", {cycles.height} cycles, {activity.sum():.1f} GBq"


def _cycle_events(cycles: pl.DataFrame, treatments: pl.DataFrame) -> list[Row]:
    lanes = {row["treatment_id"]: row["category"] for row in treatments.to_dicts()}
    events: list[Row] = []
    for treatment in cycles.sort("cycle_no").partition_by("treatment_id", maintain_order=True):
        for row in place_in_order(_dated(treatment, "date")):
            category = CATEGORY_BY_CODE[lanes.get(row["treatment_id"], "other")]
            activity = "activity not recorded" if row["activity_gbq"] is None else f"{row['activity_gbq']:g} GBq"
            nuclide = f" {row['nuclide']}" if row["nuclide"] else ""
            detail = f"{category.code} cycle {row['cycle_no']}, {row['words']}: {activity}{nuclide}"
            lane = LANE_NAMES[category.lane]
            letters = str(row["cycle_no"])
            label = f"cycle {letters}"
            events.append(_spell(lane, label, row, row["day"], None, detail, is_event=True, letters=letters))
    return events


def place_in_order(cycles: list[Row]) -> list[Row]:
    """Narrow vague days by the order of the cycles and spread those with one range evenly inside it."""
    low, high = date.min, date.max
    for row in cycles:
        if row["lo"] is not None:
            low = row["lo"] = max(low, row["lo"])
    for row in reversed(cycles):
        if row["hi"] is not None:
            high = row["hi"] = min(high, row["hi"])
    for row in cycles:
        alike = [other for other in cycles if (other["lo"], other["hi"]) == (row["lo"], row["hi"])]
        if row["lo"] is not None and (len(alike) > 1 or row["day"] < row["lo"]):
            share = (alike.index(row) + 1) / (len(alike) + 1)
            row["day"] = row["lo"] + timedelta(days=round((row["hi"] - row["lo"]).days * share))
    return cycles


def _concomitant_spells(concomitants: pl.DataFrame) -> list[Row]:
    spells: list[Row] = []
    for row in _dated(concomitants.with_columns(last=drawn_day("end")), "start"):
        name = str(row["kind"]).replace("_", " ")
        raises = RAISES_CGA.get(row["kind"])
        until = row["end_text"] or "no end recorded"
        detail = f"{name}, {row['words']} to {until}" + (f": {raises} may raise CgA" if raises else "")
        spells.append(
            _spell(
                "Concomitant",
                name,
                row,
                row["day"],
                row["last"],
                detail,
                is_ongoing=row["last"] is None,
                is_event=row["day"] is not None and row["day"] == row["last"],
                is_confounder=raises is not None,
            )
        )
    return spells


def _scan_events(imaging: pl.DataFrame, responses: pl.DataFrame) -> list[Row]:
    given = responses.to_dicts()
    events: list[Row] = []
    for row in _dated(imaging, "date"):
        of_scan = [item for item in given if item["imaging_id"] == row["imaging_id"]]
        tracer = f" {row['tracer']}" if row["tracer"] not in (None, "none") else ""
        new = ", new lesion" if row["new_lesion"] == "Y" else ""
        label = f"{_MODALITIES.get(row['modality'], row['modality'].replace('_', ' '))}{tracer}"
        events.append(_scan(label, row, of_scan, f"{label}, {row['words']}{new}"))
    scans = set(imaging["imaging_id"])
    apart = responses.filter(~pl.col("imaging_id").fill_null("").is_in(list(scans)))
    events += [_scan("assessment", row, [row], f"assessment, {row['words']}") for row in _dated(apart, "date")]
    return merge_same_day(events)


def _scan(label: str, row: Row, responses: list[Row], detail: str) -> Row:
    letters = "/".join(dict.fromkeys(LETTERS.get(str(item["response"]), str(item["response"])) for item in responses))
    said = "".join(f": {item['response']} ({say_criteria(item['criteria'])})" for item in responses)
    return _spell("Scans", label, row, row["day"], None, detail + said, is_event=True, letters=letters)


def merge_same_day(events: list[Row]) -> list[Row]:
    """Join the scans of one day into one mark, their words under each other; undated ones stay apart."""
    merged: list[Row] = []
    for event in events:
        day = event["start"]
        twin = next((other for other in merged if day is not None and other["start"] == day), None)
        if twin is None:
            merged.append(event)
            continue
        twin["label"] = f"{twin['label']} + {event['label']}"
        twin["detail"] = f"{twin['detail']}; {event['detail']}"
        twin["letters"] = twin["letters"] or event["letters"]
    return merged
