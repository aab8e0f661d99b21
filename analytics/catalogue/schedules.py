"""Named follow-up schedules: what is due how often."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SurveillanceSchedule:
    """Intervals in days; ``caution`` is shown wherever the schedule is used.

    What is late by more than ``tolerance_days`` is overdue, by more than a whole interval missed.
    """

    schedule_id: str
    name: str
    visit_days: int
    imaging_days: int
    marker_days: int
    caution: str
    source: str
    tolerance_days: int = 14


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
    SurveillanceSchedule(
        "esmo_g1_g2",
        "Grade 1 and 2, every 6 to 12 months (the longer interval)",
        365,
        365,
        365,
        "read from a secondary source",
        "esmo2020",
    ),
    SurveillanceSchedule(
        "esmo_nec",
        "Carcinoma of grade 3, every 2 to 3 months (the longer interval)",
        91,
        91,
        91,
        "read from a secondary source",
        "esmo2020",
    ),
    SurveillanceSchedule(
        "netter_12_weeks", "As in NETTER-1: imaging every 12 weeks", 84, 84, 84, "a trial, not a guideline", "netter1"
    ),
)

SCHEDULE_BY_ID: dict[str, SurveillanceSchedule] = {entry.schedule_id: entry for entry in SCHEDULES}
