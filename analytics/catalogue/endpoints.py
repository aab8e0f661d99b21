"""Endpoints as data: what is an event, what ends observation, where a patient without event is censored."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A time-to-event endpoint of a treatment line.

    ``events`` and ``ends`` are ordered; on one day the event named first gives the words.
    ``censor_at`` names the record that dates a censored line. ``censor_codes`` numbers the reasons of
    censoring (0 is an event): ``open`` is a line simply without event.
    """

    code: str
    name: str
    events: tuple[str, ...]
    ends: tuple[str, ...]
    censor_at: str
    source: str
    censor_codes: tuple[tuple[str, int], ...] = (("open", 1),)


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        "PFS",
        "Progression-free survival",
        ("progression", "death"),
        ("new_therapy", "data_cutoff"),
        "last_adequate_scan",
        "fda_endpoints",
        (("open", 1), ("data_cutoff", 1), ("new_therapy", 2), ("nothing_seen", 3), ("missed", 4), ("lost", 5)),
    ),
    Endpoint(
        "PFS_ALL",
        "Progression-free survival, therapy ignored",
        ("progression", "death"),
        ("data_cutoff",),
        "last_adequate_scan",
        "ema_pfs",
        (("open", 1), ("data_cutoff", 1), ("nothing_seen", 3), ("missed", 4), ("lost", 5)),
    ),
    Endpoint(
        "OS",
        "Overall survival",
        ("death",),
        ("data_cutoff",),
        "last_known_alive",
        "fda_endpoints",
        (("open", 1), ("data_cutoff", 1), ("lost", 2)),
    ),
    Endpoint(
        "TTNT",
        "Time to next treatment",
        ("new_therapy",),
        ("death", "data_cutoff"),
        "last_known_alive",
        "house",
        (("open", 1), ("data_cutoff", 1), ("lost", 2), ("death", 3)),
    ),
)

ENDPOINT_BY_CODE: dict[str, Endpoint] = {endpoint.code: endpoint for endpoint in ENDPOINTS}

EVENT_WORDS: dict[str, tuple[str, str]] = {
    "progression": ("progression", "scan that shows progression"),
    "death": ("death", "day of death"),
    "new_therapy": ("next treatment", "start of the next line"),
}
"""What happened, and which record dates it."""

CENSOR_WORDS: dict[str, str] = {
    "open": "no event",
    "data_cutoff": "no event by the data cut-off",
    "new_therapy": "new therapy before progression",
    "death": "death before the next treatment",
    "nothing_seen": "no adequate scan after the start",
    "missed": "event after missed assessments",
    "lost": "lost to follow-up",
}

CENSOR_RECORD_WORDS: dict[str, str] = {
    "last_adequate_scan": "last adequate scan",
    "last_known_alive": "last day known alive",
}

RADIOLOGICAL_CRITERIA: tuple[str, ...] = ("RECIST_1_1", "RECIST_1_0", "mRECIST", "Choi", "PERCIST", "clinical")
"""Criteria whose responses count for progression, the preferred first; «clinical» only with its examination.

Of several assessments on one day the preferred criteria are used, then a central before a local reader,
then the worst response. Biochemical and symptomatic responses never make a radiological progression.
"""

ADEQUATE_RESPONSES: tuple[str, ...] = ("CR", "PR", "SD", "NON_CR_NON_PD")
"""Responses that show the disease was assessed and had not progressed."""

WORST_LAST: tuple[str, ...] = ("ND", "NE", "CR", "PR", "SD", "NON_CR_NON_PD", "PD")
"""Order of responses of one day; the last one is used."""
