"""Checks of laboratory values: readable, possible, in a known unit, with a limit to compare them by."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import polars as pl

from analytics.intake.checks import Check, number_text
from analytics.intake.codes import nearest
from analytics.intake.distinct import words_of_distinct
from analytics.intake.lab_values import FLAG
from analytics.intake.numbers import AMBIGUOUS
from analytics.intake.parse import problem

_N = {"n": pl.len()}


def lab_value_checks() -> Iterator[Check]:
    """Yield the checks a value must pass to be used at all."""
    why = pl.col(problem("value_text"))
    yield Check(
        "V21",
        "value_text",
        why == AMBIGUOUS,
        {"a": pl.col(problem("value_text", "a")), "b": pl.col(problem("value_text", "b"))},
    )
    yield Check("V20", "value_text", why.is_not_null() & (why != AMBIGUOUS), {"kind": "result"})
    value, may_be_zero = pl.col("value"), pl.col("_may_be_zero")
    yield Check(
        "V22",
        "value_text",
        (value < 0) | ((value == 0) & ~may_be_zero),
        {"what": pl.col("analyte"), "limits": ""},
    )
    has_value = value.is_not_null() & pl.col("analyte").is_not_null()
    known = {"analyte": pl.col("analyte"), "known": pl.col("_units")}
    yield Check("V25", "unit", has_value & pl.col("unit").is_null(), {**known, "value": pl.col("value_text")})
    yield Check("V26", "unit", has_value & pl.col("unit").is_not_null() & pl.col("_unit").is_null(), known)


def flag_checks(parsed: Collection[str]) -> Iterator[Check]:
    """Yield the checks of values beside which their laboratory set a flag, if ``parsed`` columns hold any.

    The flag is of use only as a question: where the value lies on the other side of its limit, one of them is wrong.
    """
    if FLAG not in parsed:
        return
    flag, value = pl.col(FLAG), pl.col("value")
    known = {"analyte": pl.col("analyte").first()}
    yield Check("V105", "value_text", flag.is_not_null() & value.is_not_null(), known, per=("analyte",), counts=_N)
    bound = pl.col("comparator").str.head(1).fill_null("")
    surely_low, surely_high = bound.is_in(["", "<"]), bound.is_in(["", ">"])
    uln, lln = pl.col("uln_used"), pl.col("lln")
    above = surely_high & (value > uln)
    upper = pl.format("the upper limit is {}", number_text("uln_used"))
    lower = pl.format("the lower limit is {}", number_text("lln"))
    says = (
        ("high", surely_low & (value <= uln), upper),
        ("low", surely_high & (value >= lln), lower),
        ("low", above & lln.is_null(), upper),
        ("normal", above, upper),
        ("normal", surely_low & (value < lln), lower),
    )
    fields = {"analyte": pl.col("analyte"), "flag": flag}
    for word, contradicts, why in says:
        yield Check("V106", "value_text", (flag == word) & contradicts, fields | {"why": why})


def assay_checks(assays: pl.DataFrame) -> Iterator[Check]:
    """Yield the checks of values whose assay the assays sheet should have, and of days too rough to tell its row."""
    if assays.is_empty():
        return
    named = frozenset(assays.get_column("assay_id"))
    near = words_of_distinct("assay_id", lambda text: nearest(text, named - {text}))
    is_listed = pl.col("analyte").is_in(assays.get_column("analyte").unique().implode())
    is_open = pl.col("_is_assay_open")
    yield Check(
        "V97",
        "assay_id",
        pl.col("value").is_not_null()
        & pl.col("assay_id").is_not_null()
        & is_listed
        & pl.col("_assay_found").is_null()
        & ~is_open,
        {"analyte": pl.col("analyte").first(), "assay": pl.col("assay_id").first(), "near": near.first()},
        per=("analyte", "assay_id"),
        counts={"n": pl.len()},
    )
    yield Check("V98", "collected", pl.col("value").is_not_null() & is_open, {"assay": pl.col("assay_id")})


def lab_limit_checks() -> Iterator[Check]:
    """Yield the checks of values that are used: plausible, convertible, with an upper limit."""
    has_value = pl.col("value").is_not_null()
    standard = pl.col("value_standard")
    yield Check(
        "V23",
        "value_text",
        (standard < pl.col("_low")) | (standard > pl.col("_high")),
        {
            "analyte": pl.col("analyte"),
            "unit": pl.col("unit"),
            "low": number_text("_low"),
            "high": number_text("_high"),
            "standard": pl.col("_standard"),
        },
    )
    yield Check(
        "V27",
        "unit",
        has_value & standard.is_null() & pl.col("_unit").is_not_null(),
        {
            "analyte": pl.col("analyte").first(),
            "unit": pl.col("_unit").first(),
            "standard": pl.col("_standard").first(),
        },
        per=("analyte", "_unit"),
        counts={"n": pl.len()},
    )
    yield Check(
        "V31",
        "uln",
        has_value & pl.col("uln_used").is_null() & pl.col("_is_marker"),
        {"analyte": pl.col("analyte").first()},
        per=("analyte",),
        counts={"n": pl.len()},
    )


def lookup_checks(table: str) -> Iterator[Check]:
    """Yield the checks of assays: limits of quantitation, which nothing reads, and rows that hold at once."""
    if table == "assays":
        fields = {"assay": pl.col("assay_id"), "analyte": pl.col("analyte"), "days": pl.col("_overlap")}
        yield Check("V99", "valid_to", pl.col("_overlap").is_not_null(), fields)
        has_limit = pl.col("lloq").is_not_null() | pl.col("uloq").is_not_null()
        yield Check("V91", "lloq", has_limit, per=(), counts={"n": pl.len()})
