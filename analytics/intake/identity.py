"""Who is who: rows without a patient, patients nobody declared, ids that look like one another."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping

import polars as pl

from analytics.intake.checks import Check
from analytics.intake.distinct import words_of_distinct
from analytics.intake.rules.registry import RULES
from analytics.tables.findings import FINDING_COLUMNS

_LATIN_TWINS = str.maketrans("авеѕіјкмнорстухαβεζηικμνορτυχ", "abesijkmhopctyxabezhikmnoptyx")
"""Cyrillic and Greek letters in lower case → the Latin ones they are taken for."""


def missing_patient_check() -> Check:
    """Return the check for rows that name no patient."""
    return Check("V05", "patient_id", pl.col("patient_id").is_null())


def unknown_patient_check(known: pl.Series, look_alikes: Mapping[str, str]) -> Check:
    """Return the check for rows whose patient is not on the patients sheet; look-alikes are named.

    Parameters
    ----------
    known
        ``pid`` of the accepted patients.
    look_alikes
        Unknown id → the known id that looks like it.
    """

    def words(patient_id: str) -> str:
        if patient_id not in look_alikes:
            return ""
        return f" Did you mean «{look_alikes[patient_id]}»?{_unseen(patient_id, ' The id has', '.')}"

    is_known = pl.col("pid").is_in(known.implode()).fill_null(value=False)
    fires = pl.col("patient_id").is_not_null() & ~is_known
    return Check("V06", "patient_id", fires, {"near": words_of_distinct("patient_id", words)})


def find_look_alikes(patient_ids: pl.Series, known: pl.Series) -> dict[str, str]:
    """Return for each id the known one that differs from it only in writing, where there is one."""
    if len(patient_ids) == 0:
        return {}
    skeletons = pl.DataFrame({"known": known, "skeleton": _skeletons(known)}).unique("skeleton", keep="last")
    asked = pl.DataFrame({"asked": patient_ids, "skeleton": _skeletons(patient_ids)})
    return dict(asked.join(skeletons, on="skeleton").select("asked", "known").iter_rows())


def select_look_alikes(known: pl.Series) -> pl.Series:
    """Return the ids that differ from another one only in writing."""
    return known.filter(_skeletons(known).is_duplicated())


def look_alike_findings(patients: pl.DataFrame) -> pl.DataFrame:
    """Return a finding for each group of patient ids that differ only in writing; none is merged.

    Parameters
    ----------
    patients
        ``patient_id``, ``_file``, ``_sheet`` and ``_row`` of accepted patients.
    """
    groups: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
    for row in patients.unique("patient_id", maintain_order=True).iter_rows(named=True):
        groups[_skeleton(row["patient_id"])].append(row)
    return pl.DataFrame(list(_look_alikes(groups)), schema=FINDING_COLUMNS, orient="row")


def _look_alikes(groups: dict[str, list[dict[str, str]]]) -> Iterator[dict[str, str | None]]:
    rule = RULES["V07"]
    for rows in groups.values():
        if len(rows) > 1:
            names = " and ".join(f"«{row['patient_id']}»{_unseen(row['patient_id'], ' with')}" for row in rows)
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


def _unseen(patient_id: str, word: str, end: str = "") -> str:
    r"""Return ``word`` and the characters of an id that cannot be seen or look like Latin letters; else nothing.

    Examples
    --------
    >>> _unseen("A1\u200b", " with")
    ' with U+200B ZERO WIDTH SPACE'
    """
    strange = [
        f"U+{ord(character):04X} {unicodedata.name(character, 'without a name')}"
        for character in dict.fromkeys(patient_id)
        if unicodedata.category(character) == "Cf" or ord(character.casefold()[0]) in _LATIN_TWINS
    ]
    return f"{word} {', '.join(strange)}{end}" if strange else ""


def _skeletons(patient_ids: pl.Series) -> pl.Series:
    """Return the skeleton of each id; only those that are not plain letters and digits are looked at one by one."""
    ids = patient_ids.alias("id").to_frame()
    is_plain = pl.col("id").str.len_bytes() == pl.col("id").str.len_chars()
    bare = pl.col("id").str.to_lowercase().str.strip_suffix(".0").str.replace_all(r"[^a-z0-9]+", "")
    plain = bare.str.replace_all(r"(^|[a-z])0+([0-9])", "${1}${2}")
    return ids.select(pl.when(is_plain).then(plain).otherwise(words_of_distinct("id", _skeleton))).to_series()


def _skeleton(patient_id: str) -> str:
    """Return what is left of an id without case, separators, invisible characters, leading zeros and «.0».

    Letters of other alphabets that look like Latin ones count as these.

    Examples
    --------
    >>> _skeleton("Lu-007") == _skeleton("LU 7") == _skeleton("LU7.0")
    True
    """
    latin = patient_id.casefold().translate(_LATIN_TWINS).removesuffix(".0")
    visible = "".join(character for character in latin if unicodedata.category(character) != "Cf")
    joined = re.sub(r"[\W_]+", "", visible)
    return re.sub(r"(?<!\d)0+(?=\d)", "", joined)
