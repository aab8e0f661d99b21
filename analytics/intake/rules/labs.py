"""Rules about laboratory values, their units, assays and limits."""

from __future__ import annotations

from analytics.tables.findings import Rule

LAB_RULES: tuple[Rule, ...] = (
    Rule(
        "V91",
        "INFO",
        "file",
        "Assays with limits of quantitation (lloq, uloq), which are not used: {n}. A value beyond them counts "
        "as reported.",
        "Report such values with their comparator, as «<5».",
    ),
    Rule(
        "V97",
        "WARN",
        "file",
        "{analyte} values of the assay «{assay}», of which the assays sheet has no row for their day: {n}.{near}",
        "Add the assay to the assays sheet, or correct its assay_id or the days on which it holds.",
    ),
    Rule(
        "V98",
        "WARN",
        "cell",
        "The assays sheet has different rows of «{assay}» for the days that {value} may be. What it says is left out.",
        "Give the full date if it is known.",
    ),
    Rule(
        "V99",
        "WARN",
        "row",
        "Another row of «{assay}» for {analyte} holds on the same days, {days}. The one that begins later is used.",
        "Let valid_to end before the next row begins.",
    ),
    Rule(
        "V105",
        "INFO",
        "file",
        "{analyte} values with a flag of the laboratory beside the number, as in «588 (H)»: {n}. The number is used, "
        "the flag is not.",
        "Nothing to do.",
    ),
    Rule(
        "V106",
        "WARN",
        "cell",
        "{analyte} «{value}» is flagged as {flag}, but {why}.",
        "Check the decimal mark, the unit and the limit.",
    ),
    Rule(
        "V23",
        "WARN",
        "cell",
        "{analyte} {value} {unit} is outside {low} to {high} {standard}.",
        "Check the unit and the decimal mark.",
    ),
    Rule(
        "V25",
        "ERROR",
        "row",
        "The {analyte} value {value} has no unit.",
        "Write the unit the laboratory reports, one of: {known}.",
    ),
    Rule(
        "V26",
        "ERROR",
        "row",
        "«{value}» is not a unit of {analyte}.",
        "Use one of: {known}.",
    ),
    Rule(
        "V27",
        "WARN",
        "file",
        "{analyte} in {unit} cannot be turned into {standard} without a factor of the assay (values: {n}); "
        "it is compared only as a multiple of the upper limit, or among itself.",
        "Give factor_to_standard on the assays sheet if the maker states one.",
    ),
    Rule(
        "V31",
        "WARN",
        "file",
        "{analyte} values without an upper limit of normal: {n}. Their multiple of it is left out.",
        "Give uln with the value, or the assay and its limit on the assays sheet.",
    ),
)
