"""The four cards of a patient: where the marker is, what it has done, what the scans say, what to mind."""

from __future__ import annotations

import re
from typing import Any

import polars as pl

from analytics.catalogue.calendar import DAYS_PER_MONTH
from analytics.catalogue.variation import REFERENCE_CHANGE_BY_ANALYTE
from analytics.tables.history import Card

Row = dict[str, Any]


def describe_now(values: pl.DataFrame) -> Card:
    """Say the latest dated value against its own limit of normal."""
    dated = values.drop_nulls("date")
    if dated.is_empty():
        return Card("NOW", "no dated value", ())
    last = dated.row(-1, named=True)
    amount = say_amount(last["value"], last["comparator"], last["unit"] or "")
    assay = f"assay {last['assay']}" if last["assay"] else "assay not named"
    if last["fold_uln"] is None:
        return Card("NOW", amount, (say_day(last), f"{assay}, no upper limit given"))
    fold = say_amount(round(last["fold_uln"], 2), last["comparator"], "× ULN")
    return Card("NOW", fold, (amount, say_day(last), f"{assay}, ULN {last['uln']:g}"))


def describe_since_nadir(values: pl.DataFrame, analyte: str) -> Card:
    """Say how far the latest value lies above the lowest comparable one, and whether that is noise."""
    title = "SINCE NADIR"
    dated = values.drop_nulls("date")
    if dated.is_empty():
        return Card(title, "no dated value", ())
    last = dated.row(-1, named=True)
    series = dated.filter(
        pl.col("assay_group").eq_missing(last["assay_group"]) & pl.col("amount_unit").eq_missing(last["amount_unit"])
    )
    if series.height < 2:
        return Card(title, "nothing to compare", ("only one value of this assay",))
    nadir = series.sort("amount", "date").row(0, named=True)
    months = (last["date"] - nadir["date"]).days / DAYS_PER_MONTH
    assay = "assay not named" if last["assay"] is None else "same assay"
    span = f"{series.height} values, {assay}"
    if str(last["comparator"]).startswith("<"):
        return Card(title, "below quantitation", ("a fall further down cannot be seen", span))
    if last["amount"] <= nadir["amount"]:
        change = last["change_from_previous_pct"]
        before = () if change is None else (f"{say_change(change)} from the value before{say_noise(change, analyte)}",)
        return Card(title, "at its lowest", (*before, span))
    if last["is_bound"]:
        return Card(title, "not known", ("the latest value is a quantitation limit", span))
    change = (last["amount"] / nadir["amount"] - 1) * 100
    at_least = "at least " if nadir["is_bound"] else ""
    since = f"since {nadir['date_text'] or nadir['date']} ({months:.0f} months)"
    return Card(title, f"{at_least}{say_change(change)}", (say_noise(change, analyte).lstrip(", "), since, span))


def say_noise(change_pct: float, analyte: str) -> str:
    """Say whether a change is more than the reference change; nothing for analytes without one."""
    noise = REFERENCE_CHANGE_BY_ANALYTE.get(analyte)
    if noise is None:
        return ""
    is_beyond = change_pct >= noise.rise_pct or change_pct <= noise.fall_pct
    return ", more than noise" if is_beyond else ", within noise"


def describe_assessments(responses: pl.DataFrame) -> Card:
    """Say the latest response of a reader, its criteria, and when progression was last recorded."""
    if responses.is_empty():
        return Card("RECIST", "no assessment", ("no reader's response is recorded",))
    ordered = responses.sort("date", nulls_last=False, maintain_order=True)
    last = ordered.row(-1, named=True)
    criteria = say_criteria(last["criteria"])
    is_recist = criteria.startswith("RECIST")
    headline = last["response"] if is_recist else f"{last['response']} ({criteria})"
    progressions = ordered.filter(pl.col("response") == "PD")
    progressed = (
        "no progression recorded"
        if progressions.is_empty()
        else f"last progression {say_day(progressions.row(-1, named=True))}"
    )
    basis = criteria if is_recist else f"{criteria} criteria, not RECIST"
    return Card("RECIST", headline, (say_day(last), basis, progressed))


def say_criteria(code: str) -> str:
    """Say response criteria as they are printed.

    >>> say_criteria("RECIST_1_1"), say_criteria("clinical")
    ('RECIST 1.1', 'clinical')
    """
    return re.sub(r"(\d)_(\d)", r"\1.\2", code).replace("_", " ")


def describe_cautions(values: pl.DataFrame, notes: tuple[str, ...]) -> Card:
    """Gather what stands in the way of reading the latest value at its face."""
    dated = values.drop_nulls("date")
    flags: list[str] = [] if dated.is_empty() else [f"latest value: {flag}" for flag in dated["flags"][-1]]
    cautions = (*flags, *notes)
    words = {0: "nothing noted", 1: "1 caution"}.get(len(cautions), f"{len(cautions)} cautions")
    return Card("READ WITH CARE", words, cautions)


def describe_conditions(spells: pl.DataFrame, values: pl.DataFrame) -> tuple[str, ...]:
    """Name the conditions that may raise the marker and were there on the day of the latest value.

    A proton-pump inhibitor is not named here: the value carries its own flag, which knows the washout.
    """
    latest = values["date"].drop_nulls().max()
    if latest is None:
        return ()
    there = spells.filter(
        pl.col("is_confounder")
        & (pl.col("label") != "PPI")
        & (pl.col("start") <= latest)
        & (pl.col("is_ongoing") | (pl.col("end") >= latest))
    )
    return tuple(f"{label} (may raise CgA)" for label in there["label"].unique(maintain_order=True))


def describe_series(values: pl.DataFrame) -> tuple[str, ...]:
    """Say what limits the series as a whole: assay changes, missing limits, dates and assays."""
    if values.is_empty():
        return ("no value of this analyte",)
    notes: list[str] = []
    dated = values.drop_nulls("date")
    changed = dated.filter(pl.col("assay_group") != pl.col("assay_group").shift(1))
    notes += [f"assay changed {say_day(row)} to {row['assay_group']}" for row in changed.iter_rows(named=True)]
    for count, words in (
        (dated.filter(pl.col("assay").is_null()).height, "without an assay name"),
        (values["fold_uln"].null_count(), "without an upper limit of normal"),
        (dated.filter(pl.col("date_lo") != pl.col("date_hi")).height, "dated to the month or year only"),
        (values["date"].null_count(), "without a date, in the table only"),
        (dated.filter("is_bound").height, "at a quantitation limit"),
    ):
        if count:
            notes.append(f"{count} of {values.height} values {words}")
    return tuple(notes)


def say_change(change_pct: float) -> str:
    """Say a change in per cent with its sign.

    >>> say_change(-90.0), say_change(352.4)
    ('−90 %', '+352 %')
    """
    return f"{change_pct:+.0f} %".replace("-", "−")


def say_amount(value: float, comparator: str | None, unit: str) -> str:
    """Say an amount with its qualifier: «at most 0.24 × ULN», «about 121 ng/mL»."""
    words = {"<": "below ", "<=": "at most ", ">": "above ", ">=": "at least ", "~": "about "}
    return f"{words.get(comparator or '', '')}{value:g} {unit}".strip()


def say_day(row: Row) -> str:
    """Say a day as far as it is known."""
    return str(row.get("date_text") or row["date"] or "date not known")
