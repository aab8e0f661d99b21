"""Builders of schema columns: each column says its kind, unit, codes and one-sentence meaning.

Two words about need: a column is *required* when a source without it cannot be used, and *essential*
when a row without a usable value in it cannot be used.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import dataframely as dy

from analytics.catalogue.codes import CODE_LISTS

Kind = Literal["text", "code", "codes", "number", "integer", "partial_date"]


@dataclass(frozen=True, slots=True)
class ColumnFacts:
    """What intake and the data dictionary know of a column beyond its type."""

    kind: Kind
    meaning: str
    unit: str = ""
    code_list: str = ""
    is_required: bool = False
    is_essential: bool = False
    low: float | None = None
    high: float | None = None

    @property
    def codes(self) -> tuple[str, ...]:
        """Return the allowed values of a code column, none for the other kinds."""
        return CODE_LISTS[self.code_list].values if self.code_list else ()


def _arguments(facts: ColumnFacts, *, key: bool) -> dict[str, Any]:
    return {
        "nullable": not facts.is_essential,
        "primary_key": key,
        "metadata": {"facts": facts},
        "description": facts.meaning,
    }


def text(meaning: str, *, required: bool = False, essential: bool = False, key: bool = False) -> dy.String:
    """Declare a free-text column."""
    facts = ColumnFacts("text", meaning, is_required=required or essential, is_essential=essential)
    return dy.String(**_arguments(facts, key=key))


def code(
    code_list: str, meaning: str, *, required: bool = False, essential: bool = False, key: bool = False
) -> dy.String:
    """Declare a column that holds one value of a closed list."""
    facts = ColumnFacts("code", meaning, code_list=code_list, is_required=required or essential, is_essential=essential)
    return dy.String(**_arguments(facts, key=key))


def codes(code_list: str, meaning: str) -> dy.List:
    """Declare a column that holds several values of a closed list, written with «;» between them."""
    facts = ColumnFacts("codes", meaning, code_list=code_list)
    return dy.List(dy.String(), **_arguments(facts, key=False))


def number(
    meaning: str,
    unit: str = "",
    *,
    low: float | None = None,
    high: float | None = None,
    essential: bool = False,
) -> dy.Float64:
    """Declare a numeric column with its unit and the limits of what can be."""
    facts = ColumnFacts("number", meaning, unit, is_required=essential, is_essential=essential, low=low, high=high)
    return dy.Float64(**_arguments(facts, key=False))


def integer(
    meaning: str,
    unit: str = "",
    *,
    low: float | None = None,
    high: float | None = None,
    essential: bool = False,
    key: bool = False,
) -> dy.Int64:
    """Declare a whole-number column."""
    facts = ColumnFacts("integer", meaning, unit, is_required=essential, is_essential=essential, low=low, high=high)
    return dy.Int64(**_arguments(facts, key=key))


def partial_date(meaning: str, *, required: bool = False) -> dy.Date:
    """Declare a date that may be known only to the month or year.

    The accepted table holds the date used in analysis under this name and, beside it, ``<name>_lo`` and
    ``<name>_hi`` (the range the text allows), ``<name>_precision`` (D, M, Y) and ``<name>_text``.
    """
    return dy.Date(**_arguments(ColumnFacts("partial_date", meaning, is_required=required), key=False))


@cache
def facts_of(schema: type[dy.Schema]) -> dict[str, ColumnFacts]:
    """Return what is known of each declared column of ``schema``: its own first, the common ones last."""
    found: dict[str, ColumnFacts] = {}
    for name, column in schema.columns().items():
        if column.metadata is None:
            raise AssertionError(f"column {name} was declared without facts")
        found[name] = column.metadata["facts"]
    common = ("source_id", "status", "comment")
    return {name: found[name] for name in (*(n for n in found if n not in common), *(n for n in common if n in found))}
