"""Choices an analyst could have made otherwise: each is run beside what was chosen, and the difference counted."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Choice:
    """One other way to derive the endpoints.

    ``dates`` is «earliest» or «latest» possible day of every partial date, or empty. ``settings`` are the
    settings changed. The endpoints are compared under ``rule_set``, where the choice matters.
    """

    code: str
    name: str
    source: str
    dates: str = ""
    settings: tuple[tuple[str, str], ...] = ()
    rule_set: str = "default"


CHOICES: tuple[Choice, ...] = (
    Choice("earliest_dates", "every partial date at its first possible day", "house", dates="earliest"),
    Choice("latest_dates", "every partial date at its last possible day", "house", dates="latest"),
    Choice(
        "recist_1_0",
        "RECIST 1.0 in place of the criteria chosen",
        "recist10",
        settings=(("size_criteria", "RECIST_1_0"),),
        rule_set="lesions",
    ),
    Choice(
        "recist_1_1",
        "RECIST 1.1 in place of the criteria chosen",
        "recist11",
        settings=(("size_criteria", "RECIST_1_1"),),
        rule_set="lesions",
    ),
    Choice(
        "normal_markers",
        "complete response only with normal markers",
        "recist11",
        settings=(("cr_needs_normal_markers", "Y"),),
        rule_set="lesions",
    ),
    Choice(
        "after_complete_response",
        "disease a reader sees after a complete response called progression",
        "recist11",
        settings=(("after_complete_response", "progression"),),
    ),
    Choice(
        "lesions_after_complete_response",
        "lesions seen after a complete response called progression",
        "recist11",
        settings=(("after_complete_response", "progression"),),
        rule_set="lesions",
    ),
    Choice(
        "earliest_scan",
        "progression dated by the first scan of its visit",
        "recist11",
        settings=(("pd_date_rule", "earliest_scan"),),
        rule_set="lesions",
    ),
    Choice(
        "latest_scan",
        "progression dated by the last scan of its visit",
        "fda_endpoints",
        settings=(("pd_date_rule", "latest_scan"),),
        rule_set="lesions",
    ),
    Choice(
        "scheduled_visit",
        "progression dated by the planned visit that follows it",
        "fda_endpoints",
        settings=(("pd_date_rule", "scheduled_visit"),),
        rule_set="lesions",
    ),
)
