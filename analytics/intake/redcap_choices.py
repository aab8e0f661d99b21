"""The choices of a REDCap field as codes of ours; what cannot be told is left for a person."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator

from analytics.intake.codes import nearest, parse_code
from analytics.intake.redcap_fields import CHOICES, FIELD, TYPE, Row, box_column, plain_label
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
    return tuple((code.strip(), plain_label(label)) for code, _, label in parts)


def say_choices(table: str, column: str, field: Row, boxes: Collection[str] | None = None) -> Iterator[str]:
    """Yield the lines that translate the choices of a field; of one with ``boxes`` each choice is a column of those."""
    facts = facts_of(SOURCE_TABLES[table])[column]
    choices = choices_of(field)
    if not choices or facts.kind not in ("code", "codes", "text"):
        return
    yield f"[tables.{table}.{'codes' if boxes is None else 'ticked'}.{column}]"
    for code, label in choices:
        name = code if boxes is None else box_column(field[FIELD], code)
        if boxes is not None and name not in boxes:
            yield f"# {_quoted(name)} is not in the export  «{label}»"
            continue
        ours = label if facts.kind == "text" else parse_code(label, facts.code_list)
        alone = None if ours else parse_code(code, facts.code_list)
        if ours or (alone and len(code) > 1):
            yield f"{_quoted(name)} = {_quoted(ours or alone)}"
        elif alone and boxes is None:
            # «M» may be «Mujer»: as the letter alone would be read, the line says that it is not known
            yield f'{_quoted(name)} = "?"  # «{label}»: write {_quoted(alone)} if that is meant'
        elif boxes is not None:
            # half a list would mislead, so that a box nobody translated makes all of it unknown
            yield f'{_quoted(name)} = "?"  # «{label}»{nearest(label, facts.codes)}'
        else:
            yield f"# {_quoted(name)} = ?  «{label}»{nearest(label, facts.codes)}"


def _quoted(text: str | None) -> str:
    return json.dumps(text, ensure_ascii=False)
