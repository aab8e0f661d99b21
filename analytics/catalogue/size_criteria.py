"""Criteria of tumour size: how much smaller is a response, how much larger is progression."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SizeCriteria:
    """Thresholds on the sum of target diameters; lengths in tenths of a millimetre, so that ties are exact.

    Response: at most ``response_pct`` of the baseline. Progression: at least ``progression_pct`` of the
    nadir and at least ``least_rise_tenths`` above it. A node measured on its short axis is normal below
    ``normal_node_tenths``; ``too_small_tenths`` stands for a lesion too small to measure.
    """

    criteria: str
    response_pct: int
    progression_pct: int
    least_rise_tenths: int
    normal_node_tenths: int
    too_small_tenths: int
    uses_short_axis: bool
    source: str


SIZE_CRITERIA: tuple[SizeCriteria, ...] = (
    SizeCriteria("RECIST_1_1", 70, 120, 50, 100, 50, True, "recist11"),
    SizeCriteria("RECIST_1_0", 70, 120, 0, 1, 50, False, "recist10"),
)

SIZE_CRITERIA_BY_CODE: dict[str, SizeCriteria] = {entry.criteria: entry for entry in SIZE_CRITERIA}
