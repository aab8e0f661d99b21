"""What is seen: the lesions a patient has, scans on a schedule, and when the local reader calls progression."""

from __future__ import annotations

import numpy as np

from synthetic_data.chance import Chance, Floats, Integers
from synthetic_data.disease import NEW_LESION, NON_TARGET, Stay, compute_log_volume
from synthetic_data.patients import ORGANS, Flags, People
from synthetic_data.readers import Viewed, read_scans
from synthetic_data.scans import (
    IS_NODAL,
    LARGEST_LOG_VOLUME,
    PD,
    SCANS_PER_LINE,
    TARGET_ORGANS,
    TARGETS,
    Scans,
    take_scans,
)
from synthetic_data.scenario import Scenario

_BASELINE_WITHIN_DAYS, _NEXT_BASELINE_WITHIN_DAYS = 20, 5


def simulate_target_sizes(scenario: Scenario, chance: Chance, people: People) -> Floats:
    """Return the target diameters in mm at the first treatment, shape (patients, 5); NaN where there is none."""
    scores = chance.normal("lesions.size", people.number, TARGETS)
    log_sd = scenario.number("disease.lesion_log_sd")
    burden = scenario.number("disease.burden_log_sd") * people.burden / 3.0
    sizes = scenario.number("disease.lesion_median_mm") * np.exp(log_sd * scores + burden[:, None])
    sizes = np.clip(sizes, np.where(IS_NODAL, 19.0, 13.0), 180.0)
    second = chance.uniform("lesions.count", people.number, TARGETS) < np.array([1.0, 0.75, 1.0, 0.5, 0.6])
    exists = np.stack([people.organs[:, ORGANS.index(organ)] for organ in TARGET_ORGANS], axis=1) & second
    exists[:, 0] |= ~exists.any(axis=1)
    return np.where(exists, sizes, np.nan)


def find_planned_days(scenario: Scenario) -> Floats:
    """Return the planned days of the scans after the start of a line."""
    weeks = scenario.numbers("visits.scan_weeks")
    repeats = weeks[-1] + scenario.number("visits.scan_repeat_weeks") * np.arange(1, SCANS_PER_LINE - len(weeks))
    return 7.0 * np.concatenate([weeks, repeats])


def plan_scans(scenario: Scenario, chance: Chance, people: People, line: int) -> tuple[Integers, Flags, Flags]:
    """Return (days from the line's start, took place, adequate), each of shape (patients, scans)."""
    targets = find_planned_days(scenario)
    scores = chance.normal("visits.jitter", people.number, SCANS_PER_LINE, line)
    jitter = np.clip(scenario.number("visits.scan_jitter_days") * scores, -25, 40)
    jitter[:, 1:] = np.where(targets[None, :] < 200, np.clip(jitter[:, 1:], -14, 14), jitter[:, 1:])
    days = np.rint(np.concatenate([np.zeros(1), targets])[None, :] + jitter).astype(np.int64)
    within = _BASELINE_WITHIN_DAYS if line == 0 else _NEXT_BASELINE_WITHIN_DAYS
    before = 1 + np.floor(within * chance.uniform("visits.baseline", people.number, 1, line)[:, 0])
    days[:, 0] = -before.astype(np.int64)
    fates = chance.uniform("visits.fate", people.number, 2 * SCANS_PER_LINE, line)
    took_place = fates[:, :SCANS_PER_LINE] >= scenario.number("visits.missed_share")
    adequate = fates[:, SCANS_PER_LINE:] >= scenario.number("visits.inadequate_share")
    took_place[:, 0] = True
    adequate[:, 0] = True
    return days, took_place, adequate


def observe_line(scenario: Scenario, chance: Chance, stay: Stay, sizes: Floats) -> tuple[Scans, Floats]:
    """Return the scans of a line and the days from its start to the scan where the local reader calls progression.

    Parameters
    ----------
    sizes
        Diameters in mm of the measurable lesions at the first treatment, one row a patient of ``stay``.
    """
    people, course = stay.people, stay.course
    days, took_place, adequate = plan_scans(scenario, chance, people, stay.number)
    limit = np.minimum(np.minimum(course.death, course.stop), stay.closes - stay.start)
    row, visit = np.nonzero(took_place & (days < limit[:, None]) & stay.is_scanned[:, None])
    at = days[row, visit].astype(np.float64)
    change = compute_log_volume(course.responding[row], course.shrink[row], course.growth[row], np.maximum(at, 0.0))
    past = at >= course.progression[row]
    viewed = Viewed(
        row=row,
        visit=visit,
        slot=stay.number * SCANS_PER_LINE + visit,
        volume=np.minimum(stay.log_volume[row] + change, LARGEST_LOG_VOLUME),
        is_readable=adequate[row, visit],
        has_new=past & (course.cause[row] == NEW_LESION),
        has_other=past & (course.cause[row] == NON_TARGET),
    )
    local, central = read_scans(scenario, chance, people, sizes, viewed)
    first = np.full(len(stay.row), np.inf)
    np.minimum.at(first, row[local.response == PD], at[local.response == PD])
    pet_share = scenario.number("visits.pet_share")
    scans = Scans(
        row=stay.row[row],
        line=np.full(len(row), stay.number),
        visit=visit,
        day=stay.start[row] + days[row, visit],
        log_volume=viewed.volume,
        is_adequate=viewed.is_readable,
        is_pet=chance.happens("visits.pet", people.number[row], pet_share, viewed.slot),
        targets=local.sizes,
        has_new=local.sees_new,
        non_target_grows=local.sees_other,
        response=local.response,
        central_sizes=central.sizes,
        central_new=central.sees_new,
        central_response=central.response,
    )
    return take_scans(scans, np.flatnonzero(at <= first[row])), first
