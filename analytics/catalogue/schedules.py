"""Named follow-up schedules: what is due how often."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SurveillanceSchedule:
    """Intervals in days; ``caution`` is shown wherever the schedule is used."""

    schedule_id: str
    name: str
    visit_days: int
    imaging_days: int
    marker_days: int
    caution: str
    source: str


SCHEDULES: tuple[SurveillanceSchedule, ...] = (
    SurveillanceSchedule(
        "skin_guidance_metastatic",
        "Metastatic disease, visits every 3 months, imaging and CgA at least every 6",
        91,
        183,
        183,
        "unreviewed source",
        "skin_guidance",
    ),
)
