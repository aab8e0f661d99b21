"""Conditions on what was known at the start of a line: «netpet=P1», «ki67_pct<20», «egfr>=60»."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any

import polars as pl

from analytics.errors import UsageError
from analytics.questions.groups import GROUPINGS
from analytics.tables.derived import Lines
from analytics.tables.derived_lines import LineBaselines

NUMBERS: tuple[str, ...] = (
    "age_years", "ki67_pct", "prior_lines", "cga_fold_uln", "alp_fold_uln", "egfr", "target_sum_mm", "n_lesions",
    "krenning", "growth_before_pct",
)  # fmt: skip
"""Numbers of a line, or of its baseline, that a condition may compare; in the unit their column says."""

_LEVELS = {grouping.name: grouping.column for grouping in GROUPINGS.values() if grouping.column}
_COMPARE: dict[str, Callable[[Any, Any], pl.Expr]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
    "=": operator.eq,
}
_FORM = re.compile(r"\s*(\w+)\s*(>=|<=|!=|>|<|=)\s*(.+?)\s*")


def parse_condition(text: str) -> pl.Expr:
    """Return the expression that keeps the lines ``text`` speaks of; a line without the value is not kept.

    Raises
    ------
    UsageError
        If the words are no condition, or name nothing that was known at the start.
    """
    found = _FORM.fullmatch(text)
    if found is None:
        raise UsageError(f"«{text}» is not a condition.", "--where", "Write it as ki67_pct<20 or netpet=P1.")
    name, sign, value = found.groups()
    if name in NUMBERS:
        return _COMPARE[sign](pl.col(name), _read_number(value, text))
    if name in _LEVELS and sign in ("=", "!="):
        return _COMPARE[sign](pl.col(_LEVELS[name]).cast(pl.String), value)
    known = ", ".join((*_LEVELS, *NUMBERS))
    raise UsageError(f"«{name}» cannot be asked with «{sign}».", "--where", f"Known: {known}; levels only = and !=.")


def describe_condition(text: str) -> str:
    """Return the condition with the unit of its number."""
    found = _FORM.fullmatch(text)
    if found is None:
        return text
    name, sign, value = found.groups()
    column = (Lines.columns() | LineBaselines.columns()).get(name)
    unit = (column.metadata or {}).get("unit", "") if column is not None else ""
    return f"{name} {sign} {value} {unit}".rstrip()


def _read_number(value: str, text: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise UsageError(f"«{value}» in «{text}» is not a number.", "--where", "Write it as ki67_pct<20.") from None
