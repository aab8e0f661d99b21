"""A check is a rule looking at one table; applying it writes findings and takes out what cannot be used."""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from analytics.intake.parse import STATUS, raw
from analytics.intake.rules.registry import RULES
from analytics.intake.tallies import counted, to_fill
from analytics.tables.columns import facts_of
from analytics.tables.findings import Rule
from analytics.tables.registry import SOURCE_TABLES
from analytics.tables.relative_days import say_days, with_days_said

Fields = Mapping[str, pl.Expr | str]

KEYS: dict[str, tuple[str, ...]] = {
    "patients": (),
    "diagnoses": ("diagnosis_no",),
    "pathology": ("specimen_no",),
    "concomitants": ("kind", "start"),
    "labs": ("analyte", "collected", "specimen", "assay_id", "source_id"),
    "treatments": ("treatment_id",),
    "cycles": ("treatment_id", "cycle_no"),
    "imaging": ("imaging_id",),
    "lesions": ("imaging_id", "reader", "lesion_id"),
    "responses": ("date", "imaging_id", "criteria", "reader"),
    "symptoms": ("item", "date"),
    "toxicities": ("term", "start"),
    "vital_status": ("kind", "date"),
    "assays": ("assay_id", "analyte", "valid_from"),
    "schedule": ("schedule_id", "phase"),
    "study": ("setting",),
}
"""What names a row within its patient, and on the lookup sheets; shown as the key of a finding."""


@dataclass(frozen=True, slots=True)
class Check:
    """One rule looking at one table.

    Attributes
    ----------
    rule_id
        Which rule.
    column
        The column concerned; empty when it is the row as a whole.
    fires
        Boolean expression on the parsed table; null counts as false.
    fields
        What the message names: expressions on the parsed table, or words.
    per
        Columns of which each combination gets one finding with a count, instead of one a row. With ``per``
        the expressions of ``fields`` are aggregations.
    counts
        Aggregations the message names that are added up over the parts of a study (see `tallies`); with
        ``per`` only.
    """

    rule_id: str
    column: str
    fires: pl.Expr
    fields: Fields = field(default_factory=dict[str, "pl.Expr | str"])
    per: tuple[str, ...] | None = None
    counts: Mapping[str, pl.Expr] = field(default_factory=dict[str, pl.Expr])


def apply_checks(table: str, frame: pl.DataFrame, *stages: Sequence[Check]) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """Apply checks stage by stage, those of each to the rows the stages before have left accepted.

    Where the checks fire is found for all stages at once, and again only for what a stage before has changed.

    Returns
    -------
    The table, with the cells of errors of scope cell emptied and the rows of errors of scope row marked
    rejected (also where an essential cell was emptied), and the findings of each check.
    """
    findings: list[pl.DataFrame] = []
    if frame.height == 0 or not any(stages):
        return frame, findings
    masks = iter(_masks(frame, [check for stage in stages for check in stage]))
    emptied: set[str] = set()
    for stage in stages:
        before = frame
        stale = [bool(emptied) and not emptied.isdisjoint(check.fires.meta.root_names()) for check in stage]
        again = iter(_masks(before, [check for check, is_stale in zip(stage, stale, strict=True) if is_stale]))
        rejected: pl.Series | None = None
        for check, is_stale in zip(stage, stale, strict=True):
            mask = next(masks)
            mask = next(again) if is_stale else mask
            if not mask.any():
                continue
            mask = mask.fill_null(value=False) & before.get_column(STATUS).is_null()
            if mask.any():
                shown = frame.select(_shown_columns(table, check, frame.columns))
                findings.append(findings_of(check, table, shown[mask.arg_true()]))
                names = _emptied_columns(table, check)
                if names is None:
                    rejected = mask if rejected is None else rejected | mask
                elif names:
                    frame = frame.with_columns(pl.when(~mask).then(pl.col(name)).alias(name) for name in names)
                    emptied.update(names)
        if rejected is not None:
            marked = pl.when(rejected).then(pl.lit("rejected")).otherwise(pl.col(STATUS)).alias(STATUS)
            frame = frame.with_columns(marked)
    return frame, findings


def _masks(frame: pl.DataFrame, checks: Sequence[Check]) -> list[pl.Series]:
    if not checks:
        return []
    return frame.select(check.fires.alias(str(number)) for number, check in enumerate(checks)).get_columns()


def _shown_columns(table: str, check: Check, columns: Sequence[str]) -> list[str]:
    """Return the columns that the findings of a check show."""
    words = [expr for expr in (*check.fields.values(), *check.counts.values()) if isinstance(expr, pl.Expr)]
    texts = map(raw, (check.column, *KEYS[table]))
    shown = {"patient_id", "_file", "_sheet", "_row", *texts, *(check.per or ())}
    shown.update(name for expr in words for name in expr.meta.root_names())
    return [name for name in columns if name in shown]


def _emptied_columns(table: str, check: Check) -> list[str] | None:
    """Return the columns of which an error takes the cells, none if it takes nothing, None if it takes the row."""
    rule, facts = RULES[check.rule_id], facts_of(SOURCE_TABLES[table])
    if rule.severity != "ERROR" or rule.scope not in ("cell", "row"):
        return []
    if rule.scope == "row" or (check.column in facts and facts[check.column].is_essential):
        return None
    is_date = facts[check.column].kind == "partial_date"
    return [check.column, *(f"{check.column}_{part}" for part in ("lo", "hi", "precision") if is_date)]


def findings_of(check: Check, table: str, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the findings of ``check`` on rows of ``table`` where it fires, in the common form."""
    rule = RULES[check.rule_id]
    facts = facts_of(SOURCE_TABLES[table])
    value = pl.col(raw(check.column)) if check.column in facts else pl.lit(None, dtype=pl.String())
    fields: dict[str, pl.Expr | str] = {"column": check.column, "table": table, "value": value, **check.fields}
    if check.per is not None:
        fields = {name: expr for name, expr in fields.items() if name != "value" or "value" in check.fields}
        return _grouped(check, rule, table, rows, fields)
    has_patient = "patient_id" in facts
    return rows.select(
        *_common(check, rule, table),
        (pl.col("patient_id") if has_patient else pl.lit(None, dtype=pl.String())).alias("patient_id"),
        key_of(table).alias("key"),
        pl.lit(check.column or None, dtype=pl.String()).alias("column"),
        value.alias("value"),
        *(pl.col(f"_{name}").alias(name) for name in ("file", "sheet", "row")),
        fill(rule.message, fields).alias("message"),
        fill(rule.suggestion, fields).alias("suggestion"),
    )


def fill(template: str, fields: Fields) -> pl.Expr:
    """Return the message with its named fields filled in; a missing value is shown as «?»."""
    parts: list[pl.Expr | str] = []
    for literal, name, _, _ in string.Formatter().parse(template):
        found = fields[name] if name is not None else ""
        words = found if isinstance(found, str) else found.cast(pl.String()).fill_null("?")
        parts.extend(part for part in (literal, words) if isinstance(part, pl.Expr) or part)
    said = [part for part in parts if isinstance(part, str)]
    if len(said) == len(parts):
        return pl.lit(say_days("".join(said)))
    return with_days_said(pl.concat_str([pl.lit(part) if isinstance(part, str) else part for part in parts]))


def key_of(table: str) -> pl.Expr:
    """Return the words that name a row of ``table`` within its patient."""
    columns = [pl.col(raw(name)) for name in KEYS[table]]
    return pl.concat_str(columns, separator=" ", ignore_nulls=True) if columns else pl.lit("")


def number_text(column: str | pl.Expr) -> pl.Expr:
    """Return a number as text without a needless «.0»."""
    values = pl.col(column) if isinstance(column, str) else column
    return values.cast(pl.String()).str.strip_suffix(".0")


def codes_text(codes: Iterable[str]) -> str:
    """Return a list of codes for a message."""
    return ", ".join(codes)


def _common(check: Check, rule: Rule, table: str) -> list[pl.Expr]:
    """Return what all findings of a check share; where a row means nothing without the cell, the row is lost."""
    scope = "row" if _emptied_columns(table, check) is None else rule.scope
    return [
        pl.lit(rule.rule_id).alias("rule_id"),
        pl.lit(rule.severity).alias("severity"),
        pl.lit(scope).alias("scope"),
        pl.lit(table).alias("table"),
    ]


def _grouped(check: Check, rule: Rule, table: str, rows: pl.DataFrame, fields: Fields) -> pl.DataFrame:
    """Return one finding a group of ``check.per`` and file, with its counts still to be filled in.

    The row shown is the first.
    """
    by = ["_file", "_sheet", *(check.per or ())]
    named = {name: expr for name, expr in fields.items() if isinstance(expr, pl.Expr)}
    groups = rows.group_by(by, maintain_order=True).agg(
        pl.col("_row").min().alias("_row"),
        *(expr.alias(f"!{name}") for name, expr in named.items()),
        *(expr.cast(pl.UInt32).alias(counted(name)) for name, expr in check.counts.items()),
    )
    filled: dict[str, pl.Expr | str] = {
        name: pl.col(f"!{name}") if name in named else expr for name, expr in fields.items()
    } | {name: to_fill(name) for name in check.counts}
    patient = pl.col("patient_id") if "patient_id" in by else pl.lit(None, dtype=pl.String())
    empty = pl.lit(None, dtype=pl.String())
    return groups.select(
        *_common(check, rule, table),
        patient.alias("patient_id"),
        empty.alias("key"),
        pl.lit(check.column or None, dtype=pl.String()).alias("column"),
        empty.alias("value"),
        *(pl.col(f"_{name}").alias(name) for name in ("file", "sheet", "row")),
        fill(rule.message, filled).alias("message"),
        fill(rule.suggestion, filled).alias("suggestion"),
        *(pl.col(counted(name)) for name in check.counts),
    )
