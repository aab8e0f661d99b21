"""Rules about the course of a patient: scans compared, responses, cycles, follow-up, scores."""

from __future__ import annotations

from analytics.tables.findings import Rule

COURSE_RULES: tuple[Rule, ...] = (
    Rule(
        "V40",
        "ERROR",
        "patient",
        "Lesion {lesion}: {column} was {before}, now it is {value}.",
        "One lesion keeps its role, organ and kind; give another lesion another id.",
    ),
    Rule(
        "V41",
        "ERROR",
        "patient",
        "Target {lesion} measures {value} mm at its first examination; a target needs {limit} mm.",
        "Make it a non-target lesion, or correct the measurement.",
    ),
    Rule(
        "V42",
        "WARN",
        "patient",
        "{n} target lesions at the first examination ({organs}); RECIST allows {limit}, and {organ_limit} an organ.",
        "Choose the targets again, or say which criteria were used.",
    ),
    Rule(
        "V43",
        "WARN",
        "patient",
        "Not every target of the first examination was measured: {n} of {expected}. The sum is incomplete.",
        "Measure the others, or say in «measured» why not.",
    ),
    Rule(
        "V45",
        "WARN",
        "cell",
        "Lesion {lesion} is «measured: yes», but its diameter is {value}.",
        "Give the diameter, or write too_small or not_visible.",
    ),
    Rule(
        "V46",
        "WARN",
        "patient",
        "The response is {value}, but a new lesion is recorded: {new}.",
        "A new lesion is progression; correct one of them.",
    ),
    Rule("V48", "WARN", "patient", "{value} follows a complete response of {before}.", "Ask the reader."),
    Rule(
        "V49",
        "WARN",
        "patient",
        "No examination lies within {days} days of this response.",
        "Add the examination, or correct the date.",
    ),
    Rule(
        "V50",
        "WARN",
        "patient",
        "One reader gives {n} responses on {day} (lines {rows}): {values}. The worst is used.",
        "Keep the right one.",
    ),
    Rule(
        "V52",
        "WARN",
        "patient",
        "Uptake was measured with {before} before and with {value} now; the two are never compared.",
        "Nothing to do.",
    ),
    Rule(
        "V54",
        "WARN",
        "patient",
        "Cycle {value}: {why}.",
        "Check the numbers and dates of the cycles.",
    ),
    Rule(
        "V55",
        "WARN",
        "patient",
        "The activities of 177Lu add up to {total} GBq, more than {limit}.",
        "Check the units.",
    ),
    Rule(
        "V56",
        "ERROR",
        "patient",
        "Cycle {cycle} on {value} lies outside its treatment ({start} to {end}).",
        "Correct the cycle or the treatment.",
    ),
    Rule(
        "V60",
        "WARN",
        "patient",
        "The progression on {value} is after the last contact, {last}; the last contact is moved.",
        "Add the contact to vital_status.",
    ),
    Rule(
        "V61",
        "WARN",
        "file",
        "Patients without a dated vital status: {n}. The last day of any record is used.",
        "Ask the registry for the last contact.",
    ),
    Rule(
        "V62",
        "ERROR",
        "patient",
        "The patient has no index date and no dated treatment: no endpoint has a start.",
        "Give the start of a treatment, or the index date.",
    ),
    Rule(
        "V68",
        "WARN",
        "cell",
        "{item} {value} is outside {low} to {high}.",
        "Check the score and its instrument.",
    ),
    Rule(
        "V69",
        "WARN",
        "patient",
        "The birth year {value} is not that of the birth date {birth}.",
        "Correct one of them; the birth date is used.",
    ),
)
