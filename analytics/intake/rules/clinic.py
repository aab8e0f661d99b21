"""Rules about scans, treatments, cycles, toxicities, scores and vital status."""

from __future__ import annotations

from analytics.tables.findings import Rule

CLINIC_RULES: tuple[Rule, ...] = (
    Rule(
        "V44",
        "ERROR",
        "cell",
        "Lesion {lesion}: {column} {value} mm is not possible{why}.",
        "Was it measured in cm, or were the two diameters exchanged?",
    ),
    Rule(
        "V51",
        "ERROR",
        "cell",
        "Lesion {lesion}: {column} {value} is not possible{why}.",
        "Check the number and the tracer of the examination.",
    ),
    Rule(
        "V53",
        "ERROR",
        "cell",
        "Cycle {cycle}: an activity of {value} GBq of {nuclide} is not possible (at most {limit}).",
        "Was it written in MBq or mCi?",
    ),
    Rule(
        "V53M",
        "WARN",
        "file",
        "Cycles of radionuclide therapy without an administered activity: {n}.",
        "Add activity_gbq; the cumulative activity is left out where one is missing.",
    ),
    Rule(
        "V58",
        "ERROR",
        "patient",
        "The patient has {n} dates of death: {values}. The death is used as lying between them.",
        "Keep the right one.",
    ),
    Rule(
        "V59",
        "ERROR",
        "row",
        "The patient is reported alive on {value}, after the death on {death}.",
        "Correct the contact or the death.",
    ),
    Rule(
        "V67",
        "ERROR",
        "row",
        "{term}: «{value}» is not a grade from 1 to 5.",
        "Write the CTCAE grade.",
    ),
    Rule(
        "V67D",
        "ERROR",
        "row",
        "{term} has grade 5 (death), but no death is recorded for the patient.",
        "Record the death in vital_status, or correct the grade.",
    ),
)
