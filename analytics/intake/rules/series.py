"""Rules about values in a row of values: jumps, changes of unit and assay, what disturbs a marker."""

from __future__ import annotations

from analytics.tables.findings import Rule

SERIES_RULES: tuple[Rule, ...] = (
    Rule(
        "V12",
        "WARN",
        "patient",
        "{column} {value} may lie before or after the first treatment, {start}; it is no baseline.",
        "Give the full date if it is known.",
    ),
    Rule(
        "V24",
        "WARN",
        "cell",
        "{analyte} went from {before} to {value} {unit} in {days} days.",
        "Check the unit and the decimal mark of both.",
    ),
    Rule(
        "V28",
        "WARN",
        "cell",
        "{analyte} is in {value} here and in {usual} in the other values of this assay.",
        "Check the unit.",
    ),
    Rule(
        "V29",
        "WARN",
        "file",
        "{analyte} values that name no assay: {n}. They are compared only with each other.",
        "Name the assay, and list it on the assays sheet.",
    ),
    Rule(
        "V30",
        "WARN",
        "patient",
        "{analyte} is measured differently from here: {before}, then {now}. Change is not computed across.",
        "Nothing to do if the laboratory changed its assay.",
    ),
    Rule(
        "V101",
        "WARN",
        "file",
        "{analyte} values that name no specimen, of patients whose other values name one: {n}. They are not compared "
        "with each other.",
        "Name the specimen of every value, or a comparable_group of the assay on the assays sheet.",
    ),
    Rule(
        "V32",
        "WARN",
        "cell",
        "The upper limit {value} of {analyte} {why}.",
        "Correct the limit, or the assays sheet.",
    ),
    Rule(
        "V33",
        "INFO",
        "file",
        "{analyte} values beyond a limit of quantitation: {n} ({below} below, {above} above). Each is used as a bound.",
        "Nothing to do.",
    ),
    Rule(
        "V34",
        "WARN",
        "file",
        "CgA values taken under a proton-pump inhibitor: {n}. They decide no response and are drawn hollow.",
        "Nothing to do; a pause of two weeks before the sample makes it usable.",
    ),
    Rule(
        "V35",
        "WARN",
        "file",
        "CgA values taken with an eGFR below {limit}, which raises CgA: {n}. They decide no response.",
        "Nothing to do.",
    ),
    Rule(
        "V36",
        "WARN",
        "cell",
        "The 24 h collection had {value} mL, outside {low} to {high}; it may be incomplete.",
        "Check the volume and the collection.",
    ),
)
