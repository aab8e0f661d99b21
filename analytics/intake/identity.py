"""Who is who: rows without a patient, patients nobody declared, ids that look like one another."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from functools import cache

import polars as pl

from analytics.errors import LayoutError
from analytics.intake.checks import Check
from analytics.intake.distinct import words_of_distinct
from analytics.intake.rules.registry import RULES
from analytics.tables.findings import FINDING_COLUMNS

_PERSONAL = re.compile(
    r"[^\W\d_]{2,}(,\s*|\s+)[^\W\d_]{2,}([\s-][^\W\d_]{2,})*"  # two words: a name
    r"|\d{6}[-/+ ]\d{3,4}"  # birth number with its separator
    r"|\d{8}[-+]\d{4}"
    r"|(\+|00)\d[\d ()/-]{6,}"  # telephone number
)


def refuse_personal_ids(patient_ids: pl.DataFrame) -> None:
    """Stop the import when ids are names, birth numbers or telephone numbers.

    Parameters
    ----------
    patient_ids
        The parsed table ``patients``: ``patient_id``, ``_file``, ``_row``.

    Raises
    ------
    LayoutError
        With the number of rows and the line of the first, never with the value.
    """
    ids = patient_ids.get_column("patient_id").to_list()
    hits = [number for number, text in enumerate(ids) if text and _PERSONAL.fullmatch(text)]
    if hits:
        first = patient_ids.row(hits[0], named=True)
        rule = RULES["V03"]
        what = rule.message.format(place=first["_file"], n=len(hits), row=first["_row"])
        raise LayoutError(what, f"{first['_file']}, line {first['_row']}, patient_id", rule.suggestion)


def missing_patient_check() -> Check:
    """Return the check for rows that name no patient."""
    return Check("V05", "patient_id", pl.col("patient_id").is_null())


def unknown_patient_check(patient_ids: tuple[str, ...]) -> Check:
    """Return the check for rows whose patient is not on the patients sheet; look-alikes are named."""

    @cache
    def by_skeleton() -> dict[str, str]:
        return {_skeleton(patient_id): patient_id for patient_id in patient_ids}

    def look_alike(patient_id: str) -> str:
        known = by_skeleton().get(_skeleton(patient_id))
        return f" Did you mean «{known}»?" if known else ""

    fires = pl.col("patient_id").is_not_null() & ~pl.col("patient_id").is_in(patient_ids)
    return Check("V06", "patient_id", fires, {"near": words_of_distinct("patient_id", look_alike)})


def look_alike_findings(patients: pl.DataFrame) -> pl.DataFrame:
    """Return a finding for each group of patient ids that differ only in writing; none is merged."""
    groups: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
    for row in patients.unique("patient_id", maintain_order=True).iter_rows(named=True):
        groups[_skeleton(row["patient_id"])].append(row)
    return pl.DataFrame(list(_look_alikes(groups)), schema=FINDING_COLUMNS, orient="row")


def _look_alikes(groups: dict[str, list[dict[str, str]]]) -> Iterator[dict[str, str | None]]:
    rule = RULES["V07"]
    for rows in groups.values():
        if len(rows) > 1:
            names = " and ".join(f"«{row['patient_id']}»" for row in rows)
            first = rows[0]
            yield {
                "rule_id": rule.rule_id,
                "severity": rule.severity,
                "scope": rule.scope,
                "table": "patients",
                "patient_id": first["patient_id"],
                "key": "",
                "column": "patient_id",
                "value": names,
                "file": first["_file"],
                "sheet": first["_sheet"],
                "row": first["_row"],
                "message": rule.message.format(values=names),
                "suggestion": rule.suggestion,
            }


def _skeleton(patient_id: str) -> str:
    """Return what is left of an id without case, separators, invisible characters and leading zeros.

    Examples
    --------
    >>> _skeleton("Lu-007") == _skeleton("LU 7")
    True
    """
    visible = "".join(character for character in patient_id.casefold() if unicodedata.category(character) != "Cf")
    joined = re.sub(r"[\W_]+", "", visible)
    return re.sub(r"(?<!\d)0+(?=\d)", "", joined)
