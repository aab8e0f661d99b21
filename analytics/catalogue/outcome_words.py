"""Words and numbers of outcomes: what happened, what ended observation, and which record dates it."""

from __future__ import annotations

CENSOR_CODES: dict[str, int] = {
    "open": 1,
    "data_cutoff": 1,
    "new_therapy": 2,
    "nothing_seen": 3,
    "no_value": 3,
    "missed": 4,
    "lost": 5,
    "death": 6,
    "progression": 7,
    "no_baseline": 8,
    "assay_change": 9,
}
"""Number of each reason of censoring; 0 is an event."""

SURVIVAL_CODES: dict[str, int] = {"open": 1, "data_cutoff": 1, "lost": 2}
"""Overall survival numbers its reasons apart: alive, or lost."""

EVENT_WORDS: dict[str, tuple[str, str]] = {
    "progression": ("progression", "scan that shows progression"),
    "death": ("death", "day of death"),
    "new_therapy": ("next treatment", "start of the next line"),
    "response": ("response", "first scan that shows response"),
    "confirmed_response": ("confirmed response", "first scan that shows the response"),
    "end_of_treatment": ("end of treatment", "last day of the line"),
    "marker_progression": ("biochemical progression", "first value that satisfies the rule"),
    "marker_response": ("biochemical response", "first value that satisfies the rule"),
    "benefit": ("clinical benefit", "first scan that shows response or stability"),
}
"""What happened, and which record dates it."""

HAVE_THEIR_DAY: tuple[str, ...] = ("death", "new_therapy", "end_of_treatment")
"""Events whose day is known; the others lie between two looks at the patient."""

END_WORDS: dict[str, str] = {
    "new_therapy": "the next line",
    "death": "death",
    "data_cutoff": "the data cut-off",
    "progression": "progression",
    "assay_change": "a change of assay",
}
"""What ends observation."""

CENSOR_WORDS: dict[str, str] = {
    "open": "no event",
    "data_cutoff": "no event by the data cut-off",
    "new_therapy": "new therapy before the event",
    "death": "death before the event",
    "progression": "progression before the event",
    "nothing_seen": "no adequate assessment after the start",
    "no_value": "no comparable value after the start",
    "missed": "event after missed assessments",
    "lost": "lost to follow-up",
    "no_baseline": "no baseline assessment",
    "assay_change": "change of assay before the event",
}

CENSOR_RECORD_WORDS: dict[str, str] = {
    "last_adequate_scan": "last adequate scan",
    "last_known_alive": "last day known alive",
    "last_marker_value": "last comparable value",
    "end_of_observation": "end of observation",
    "start": "start of the line",
}

START_OF_RESPONSE = "start of the response"
"""The same of a duration of response, whose clock starts there."""
