"""The choices of a REDCap field as codes of ours; what cannot be told is left for a person."""

from __future__ import annotations

import json
from collections.abc import Iterator

from analytics.intake.codes import nearest, parse_code
from analytics.intake.redcap_fields import CHOICES, FIELD, TYPE, Row
from analytics.tables.columns import facts_of
from analytics.tables.registry import SOURCE_TABLES

YES_NO = (("1", "Yes"), ("0", "No"))
"""The choices of a field of the type yesno or truefalse, which the dictionary does not spell out."""


def choices_of(field: Row) -> tuple[tuple[str, str], ...]:
    """Return (code, label) of each choice of a field; none where it has no choices.

    Examples
    --------
    >>> choices_of({"field_type": "radio", "choices,_calculations,_or_slider_labels": "1, Female | 2, Male"})
    (('1', 'Female'), ('2', 'Male'))
    """
    if field.get(TYPE) in ("yesno", "truefalse"):
        return YES_NO
    if field.get(TYPE) in ("calc", "slider"):
        return ()
    parts = (choice.partition(",") for choice in field.get(CHOICES, "").split("|") if "," in choice)
    return tuple((code.strip(), label.strip()) for code, _, label in parts)


def say_choices(table: str, column: str, field: Row, *, is_box: bool) -> Iterator[str]:
    """Yield the lines that translate the choices of a field; a box to tick has a column for each choice."""
    facts = facts_of(SOURCE_TABLES[table])[column]
    choices = choices_of(field)
    if not choices or facts.kind not in ("code", "codes", "text"):
        return
    yield f"[tables.{table}.{'ticked' if is_box else 'codes'}.{column}]"
    for code, label in choices:
        ours = (
            label if facts.kind == "text" else parse_code(label, facts.code_list) or parse_code(code, facts.code_list)
        )
        key = json.dumps(f"{field[FIELD]}___{code.lower()}" if is_box else code, ensure_ascii=False)
        yield (
            f"{key} = {json.dumps(ours, ensure_ascii=False)}"
            if ours
            else f"# {key} = ?  «{label}»{nearest(label, facts.codes)}"
        )
