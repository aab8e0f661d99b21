"""The sentences of the pages that are the same everywhere."""

from __future__ import annotations

PURPOSE = "Research use, not for treatment decisions."
NAME = "Lutetia"

LABELS: dict[str, str] = {
    "every_line": "every line",
    "first_line": "first line of each patient",
    "decision_point": "started after progression on SSA",
    "none": "nobody: one curve",
    "primary_site": "primary site",
    "concurrent_ssa": "concurrent SSA",
    "bone_metastases": "bone metastases",
    "liver_only": "liver only",
    "small_bowel": "small intestine",
    "presacral_retroperitoneal": "presacral or retroperitoneal",
    "liver_directed": "liver-directed",
    "uln": "× ULN",
    "reported": "amount",
    "start": "from time zero",
    "date": "calendar",
}


def label(code: str) -> str:
    """Return a code as a person reads it."""
    return LABELS.get(code, code.replace("_", " "))


def options(codes: tuple[str, ...]) -> list[dict[str, str]]:
    """Return codes as the options of a list."""
    return [{"value": code, "label": label(code)} for code in codes]


def count(number: int | None, noun: str) -> str:
    """Say a number of things.

    >>> count(1, "line"), count(1203, "line")
    ('1 line', '1,203 lines')
    """
    if number is None:
        return f"{noun}s withheld"
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
