"""Rules about files, sheets, columns, records and corrections."""

from __future__ import annotations

from analytics.tables.findings import Rule

STRUCTURE_RULES: tuple[Rule, ...] = (
    Rule(
        "V01",
        "STOP",
        "file",
        "{place} has no column {columns}. Found: {found}.{near}",
        "Add the column, or rename the one that holds it.",
    ),
    Rule(
        "V02",
        "ERROR",
        "cell",
        "The cell in {column} holds the spreadsheet error {value}.",
        "Mend the formula, or paste the value in its place.",
    ),
    Rule(
        "V03",
        "STOP",
        "file",
        "Column patient_id of {place} seems to hold personal names, birth numbers, telephone numbers or addresses "
        "({count}).",
        "Replace them by study codes before the data leave the hospital.",
    ),
    Rule("V04", "WARN", "file", "{what} is not used.{near}", "Rename it if it holds something that is needed."),
    Rule("V05", "ERROR", "row", "The row names no patient.", "Write the study code in patient_id."),
    Rule(
        "V06",
        "ERROR",
        "row",
        "Patient «{value}» is not on the patients sheet.{near}",
        "Add the patient there, or correct the code.",
    ),
    Rule(
        "V07",
        "WARN",
        "patient",
        "{values} may be one patient written in different ways; they are kept apart.",
        "Write one code for one patient everywhere.",
    ),
    Rule(
        "V08",
        "ERROR",
        "row",
        "The correction of {column} was not applied: {why}.",
        "Correct the corrections sheet; the source itself stays as it is.",
    ),
    Rule(
        "V77",
        "INFO",
        "cell",
        "{column} was corrected from «{old}» to «{new}»: {reason}.",
        "Nothing to do; the source itself was not changed.",
    ),
    Rule(
        "V71",
        "WARN",
        "file",
        "There is no table «{table}»: {missing}.",
        "Add the file or sheet when the data exist.",
    ),
    Rule(
        "V72",
        "ERROR",
        "row",
        "The header has {expected} fields, this record {fields}.",
        "Look for a missing or an extra delimiter, or a decimal comma outside quotation marks.",
    ),
    Rule(
        "V73",
        "INFO",
        "file",
        "Lines starting with «#», passed over as notes: {n} (in {tables}).",
        "Nothing to do if they are notes.",
    ),
    Rule(
        "V87",
        "WARN",
        "file",
        "Lines that start with «#» and are filled like records, passed over as notes: {n} (lines {lines}).",
        "If they are records, write ids that do not start with «#».",
    ),
    Rule(
        "V81",
        "INFO",
        "file",
        "Columns that the layout names nowhere, which are not used: {n} ({columns}).",
        "Add to the layout those that are needed.",
    ),
    Rule(
        "V82",
        "WARN",
        "file",
        "Rows that no table of the layout takes: {n}. This is the first.",
        "Look at where, filled and any_filled in the layout.",
    ),
    Rule(
        "V75",
        "WARN",
        "file",
        "The cells {reference} are merged; only the first of them has the value, the others are empty.",
        "Take the cells apart and write the value in each of them.",
    ),
    Rule(
        "V88",
        "ERROR",
        "cell",
        "The cell in {column} shows another thing than it holds: {value}. It is not used.",
        "Write in the cell what is meant, and format it as a plain number or as text.",
    ),
    Rule(
        "V89",
        "ERROR",
        "cell",
        "The formula in {column} was never calculated; the cell is empty.",
        "Open the workbook in the spreadsheet program and save it, or paste the value in the formula's place.",
    ),
    Rule(
        "V90",
        "ERROR",
        "cell",
        "The cell in {column} is formatted as a date and holds {value}, which is none. It is not used.",
        "Write the date, or format the cell as a plain number.",
    ),
    Rule(
        "V37",
        "INFO",
        "file",
        "Repeated rows of {table}, counted once: {n}.",
        "Nothing to do; remove the repeats at the source if you can.",
    ),
    Rule(
        "V107",
        "INFO",
        "cell",
        "The patient has several rows, of which only this one and equal ones give {column}: {value}. It is used in the "
        "first.",
        "Nothing to do.",
    ),
    Rule(
        "V38",
        "ERROR",
        "row",
        "{n} rows say different things of {key}: {values}. {then}",
        "Keep the right one, or mark it corrected in the column status.",
    ),
    Rule(
        "V83",
        "ERROR",
        "row",
        "The row of {key} marked {status} may stand for any of several rows or several for one (rows: {n}, "
        "in lines {lines}). None of them is used.",
        "Give the rows their source_id, or the time of the sample.",
    ),
    Rule(
        "V84",
        "INFO",
        "row",
        "The row is not used: {why}.",
        "Nothing to do; the row stays in the source.",
    ),
)
