"""What was seen of a line, in the order of days: the records from which its endpoint was decided."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import polars as pl

from analytics.catalogue.endpoints import Endpoint, RuleSet
from analytics.catalogue.outcome_words import CENSOR_RECORD_WORDS
from analytics.catalogue.settings import Settings
from analytics.endpoints.after_complete_response import apply_reading_after_complete
from analytics.endpoints.assessments import derive_given_assessments
from analytics.endpoints.data_cutoff import derive_cutoffs
from analytics.tables.relative_days import say_day

SHOWN = 5
"""Records told of one line, the last ones; those before are counted."""

_MARKER = "CGA"


def tell_evidence(
    tables: Mapping[str, pl.LazyFrame],
    line: Mapping[str, Any],
    time: Mapping[str, Any],
    endpoint: Endpoint,
    rules: RuleSet,
    settings: Settings,
) -> str:
    """Return a sentence that lists what was seen from the start to the end of observation or the next line.

    Nothing after the data cut-off is told: it was not looked at.

    Parameters
    ----------
    tables
        The tables of a study, accepted and derived.
    line, time
        The rows of ``lines`` and ``times_to_event``.
    """
    mine = {name: table.filter(pl.col("pid") == line["pid"]) for name, table in tables.items() if _has_pid(table)}
    of_line = pl.col("line_no") == line["line_no"]
    own, of_study = derive_cutoffs(mine, settings)
    until = own.item(0, "data_cutoff") if own.height else of_study
    if endpoint.censor_at == "last_marker_value":
        seen = _select_values(mine["marker_values"].filter(of_line & (pl.col("analyte") == _MARKER)))
    elif endpoint.censor_at == "last_known_alive":
        seen = _select_contacts(mine, line, time, until)
    elif rules.progression_from == "lesions":
        new = pl.when("has_new_lesion").then(pl.lit(", new lesion")).otherwise(pl.lit(""))
        size = pl.format(" ({} mm)", "sum_mm").fill_null("") + new
        rows = mine["recist_assessments"].filter(of_line).sort("date").collect()
        said = pl.col("response") + _say_reading(rows, mine["lines"], settings) + size
        seen = rows.select("date", "file", "row", said=said)
    else:
        given = derive_given_assessments(mine, settings, with_clinical=rules.progression_from == "clinical")
        said = pl.col("response") + _say_reading(given, mine["lines"], settings)
        seen = given.select("date", "file", "row", said=said)
    return _list(_select_between(seen, line, time).filter(pl.col("date") <= (until or dt.date.max)))


def _say_reading(rows: pl.DataFrame, lines: pl.LazyFrame, settings: Settings) -> pl.Expr:
    """Return what a response is read as where the settings read it otherwise, else nothing; ``rows`` are in order."""
    asked = rows.select("pid", "date", "response", is_adequate=pl.lit(value=True))
    read = apply_reading_after_complete(asked, lines.collect(), settings)["response"]
    return pl.when(pl.col("response") != read).then(pl.format(" read as {}", pl.lit(read))).otherwise(pl.lit(""))


def _select_contacts(
    mine: Mapping[str, pl.LazyFrame], line: Mapping[str, Any], time: Mapping[str, Any], until: dt.date | None
) -> pl.DataFrame:
    """Return contacts and death, the end of the line and the next one, and the record that dates the outcome.

    Of a death after the cut-off nothing is told but that the patient was alive on it.
    """
    cutoff = pl.lit(until, dtype=pl.Date)
    is_later = ((pl.col("kind") == "death") & (pl.col("date") > cutoff)).fill_null(value=False)
    contacts = (
        mine["vital_status"]
        .select(
            date=pl.when(is_later).then(cutoff).otherwise("date"),
            said=pl.when(is_later).then(pl.lit("alive by a later death")).otherwise("kind"),
            file="_file",
            row="_row",
        )
        .collect()
    )
    told = [(line["end_date"], "end of the line", line["file"], line["row"])]
    proof = (time["end_date"], f"alive by {time['source_table']}", time["source_file"], time["source_row"])
    is_told = time["source_table"] == "vital_status" or (proof[0], *proof[2:]) == (told[0][0], *told[0][2:])
    if time["date_used"] == CENSOR_RECORD_WORDS["last_known_alive"] and not is_told:
        told.append(proof)
    following = mine["lines"].filter(
        (pl.col("start_date") == pl.lit(line["next_line_date"], dtype=pl.Date)) & (pl.col("line_no") != line["line_no"])
    )
    told += following.select("start_date", pl.lit("next line"), "file", "row").collect().rows()
    own = pl.DataFrame(
        told, schema={"date": pl.Date, "said": pl.String, "file": pl.String, "row": pl.UInt32}, orient="row"
    )
    return pl.concat([contacts, own.select(contacts.columns)], how="vertical_relaxed")


def _has_pid(table: pl.LazyFrame) -> bool:
    return "pid" in table.collect_schema()


def _select_values(values: pl.LazyFrame) -> pl.DataFrame:
    shown = pl.col("comparator").fill_null("") + pl.col("value").round(1).cast(pl.String)
    change = (
        pl.when("is_baseline")
        .then(pl.lit(" at baseline"))
        .otherwise(pl.format(" ({} %)", pl.col("change_pct").round(0).cast(pl.Int64)).fill_null(""))
    )
    raised = pl.when("is_assessable").then(pl.lit("")).otherwise(pl.lit(", not assessable"))
    unit = pl.lit(" ") + pl.col("unit").fill_null("")
    return values.select("date", "file", "row", said=shown + unit + change + raised).collect()


def _select_between(seen: pl.DataFrame, line: Mapping[str, Any], time: Mapping[str, Any]) -> pl.DataFrame:
    """Keep what lies before the next line starts or, where a rule looks further, before the outcome."""
    ends: list[dt.date] = [day for day in (line["next_line_date"], time["end_date"]) if day is not None]
    until = max(ends) if line["next_line_date"] is not None else None
    is_after = pl.col("said").str.contains("baseline") | (pl.col("date") > line["start_date"])
    is_before = pl.col("date") <= until if until is not None else pl.lit(value=True)
    return seen.filter(pl.col("date").is_not_null() & is_after & is_before).sort("date", "file", "row")


def _list(seen: pl.DataFrame) -> str:
    if seen.is_empty():
        return "Seen: nothing recorded after the start."
    told = [
        f"{row['said']} {say_day(row['date'])} ({row['file']}, line {row['row']})"
        for row in seen.tail(SHOWN).iter_rows(named=True)
    ]
    before = seen.height - len(told)
    return f"Seen: {f'{before} before, then ' if before else ''}{', '.join(told)}."
