"""Rules about single cells: codes, dates, numbers."""

from __future__ import annotations

from analytics.tables.findings import Rule

CELL_RULES: tuple[Rule, ...] = (
    Rule(
        "V09",
        "ERROR",
        "cell",
        "«{value}» is not a known {column}.{near}",
        "Use one of: {known}.",
    ),
    Rule(
        "V85",
        "ERROR",
        "row",
        "«{value}» is not a known {column}; the row is not used.{near}",
        "Use one of: {known}; an empty cell means final.",
    ),
    Rule(
        "V86",
        "ERROR",
        "cell",
        "«{value}» is not a known {column}.{near} It is taken as {taken}.",
        "Use one of: {known}.",
    ),
    Rule(
        "V10",
        "ERROR",
        "cell",
        "«{value}» is not a date{why}.",
        "Write 2023-04-17, 2023-04 or 2023; or say on the study sheet how dates are written (date_form, dd.mm.yyyy).",
    ),
    Rule(
        "V11",
        "ERROR",
        "cell",
        "«{value}» could be {a} or {b}.",
        "Say on the study sheet how dates are written (date_form, for example dd.mm.yyyy); a year needs four digits.",
    ),
    Rule(
        "V13",
        "ERROR",
        "cell",
        "{column} {value} is after {limit}, the day the data were taken.",
        "Correct the date.",
    ),
    Rule("V14", "ERROR", "cell", "{column} {value} is before the birth, {birth}.", "Correct the date."),
    Rule(
        "V15",
        "ERROR",
        "cell",
        "{column} {value} is after the death, {death}.",
        "Correct this date or the date of death.",
    ),
    Rule(
        "V16",
        "WARN",
        "cell",
        "{column} {value} may be after the death, {death}.",
        "Give the full dates if they are known.",
    ),
    Rule(
        "V17",
        "WARN",
        "cell",
        "{column} {value} looks mistyped: {why}.",
        "Check the year.",
    ),
    Rule(
        "V18",
        "INFO",
        "file",
        "Dates in {column} known only to the month or year: {n}. The {used} is used.",
        "Give full dates where they are known.",
    ),
    Rule("V19", "ERROR", "cell", "The end {value} is before the start {start}.", "Correct one of them."),
    Rule(
        "V20",
        "ERROR",
        "cell",
        "«{value}» in {column} cannot be read as a {kind}.",
        "Write a plain number; words belong in comment, and marks between thousands are declared (thousands_mark).",
    ),
    Rule(
        "V21",
        "ERROR",
        "cell",
        "«{value}» could be {a} or {b}.",
        "Say on the study sheet how numbers are written (decimal_mark, for example a comma; thousands_mark).",
    ),
    Rule(
        "V78",
        "ERROR",
        "cell",
        "«{value}» is no number of days from the patient's anchor{why}.",
        "Write whole days like 45 or -7, or set dates to calendar if the source has dates.",
    ),
    Rule(
        "V79",
        "ERROR",
        "cell",
        "Birth years beside days from an anchor: {n}. A year of the calendar cannot be set against them.",
        "Give birth_date in days from the anchor, for example -21915 for sixty years; without it no age is known.",
    ),
    Rule(
        "V80",
        "ERROR",
        "row",
        "The assay holds only for a period ({column} {value}), and days from each patient's anchor lie in none.",
        "Leave valid_from and valid_to empty, and give each period of the assay an assay_id of its own.",
    ),
    Rule(
        "V74",
        "ERROR",
        "row",
        "The cell {column} is empty, and the row means nothing without it.",
        "Fill it in.",
    ),
    Rule(
        "V22",
        "ERROR",
        "cell",
        "{what} cannot be {value}.{limits}",
        "Correct the value.",
    ),
)
