"""Endpoints as data: what is an event, what ends observation, where a patient without event is censored."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A time-to-event endpoint of a treatment line.

    ``events`` and ``ends`` are ordered; on one day the event named first gives the words.
    ``censor_at`` names the record that dates a censored line.
    """

    code: str
    name: str
    events: tuple[str, ...]
    ends: tuple[str, ...]
    censor_at: str
    source: str


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        "PFS",
        "Progression-free survival",
        ("progression", "death"),
        ("new_therapy", "data_cutoff"),
        "last_adequate_scan",
        "fda_endpoints",
    ),
    Endpoint(
        "PFS_ALL",
        "Progression-free survival, therapy ignored",
        ("progression", "death"),
        ("data_cutoff",),
        "last_adequate_scan",
        "ema_pfs",
    ),
    Endpoint("OS", "Overall survival", ("death",), ("data_cutoff",), "last_known_alive", "fda_endpoints"),
    Endpoint(
        "TTNT",
        "Time to next treatment",
        ("new_therapy",),
        ("death", "data_cutoff"),
        "last_known_alive",
        "house",
    ),
)

ENDPOINT_BY_CODE: dict[str, Endpoint] = {endpoint.code: endpoint for endpoint in ENDPOINTS}
