"""What is seen: scans on a schedule, lesions a reader measures, the response a reader gives."""

from __future__ import annotations

import numpy as np

from synthetic_data.chance import Chance, Floats, Integers
from synthetic_data.disease import NEW_LESION, NON_TARGET, Stay, compute_log_volume
from synthetic_data.patients import Flags, People
from synthetic_data.scans import (
    ABSENT,
    CR,
    IS_NODAL,
    LARGEST_LOG_VOLUME,
    LARGEST_MM,
    NE,
    PD,
    PR,
    SCANS_PER_LINE,
    SD,
    TARGETS,
    Scans,
    measure,
    take_scans,
)
from synthetic_data.scenario import Scenario

_NODE_NORMAL_MM = 10
_BASELINE_WITHIN_DAYS, _NEXT_BASELINE_WITHIN_DAYS = 20, 5


def simulate_target_sizes(scenario: Scenario, chance: Chance, people: People) -> Floats:
    """Return the target diameters in mm at the first treatment, shape (patients, 5); NaN where there is none."""
    scores = chance.normal("lesions.size", people.number, TARGETS)
    log_sd = scenario.number("disease.lesion_log_sd")
    burden = scenario.number("disease.burden_log_sd") * people.burden / 3.0
    sizes = scenario.number("disease.lesion_median_mm") * np.exp(log_sd * scores + burden[:, None])
    sizes = np.clip(sizes, np.where(IS_NODAL, 19.0, 13.0), 180.0)
    second = chance.uniform("lesions.count", people.number, TARGETS) < np.array([1.0, 0.75, 1.0, 0.5, 0.6])
    liver, node, peritoneum = people.organs[:, 0], people.organs[:, 1], people.organs[:, 3]
    exists = np.stack([liver, liver, node, node, peritoneum], axis=1) & second
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
    """Return the scans of a line and the days from its start to the scan where its reader calls progression.

    Parameters
    ----------
    sizes
        Target diameters in mm at the first treatment, one row a patient of ``stay``.
    """
    people, course = stay.people, stay.course
    days, took_place, adequate = plan_scans(scenario, chance, people, stay.number)
    limit = np.minimum(np.minimum(course.death, course.stop), stay.closes - stay.start)
    row, visit = np.nonzero(took_place & (days < limit[:, None]) & stay.is_scanned[:, None])
    at = days[row, visit].astype(np.float64)
    change = compute_log_volume(course.responding[row], course.shrink[row], course.growth[row], np.maximum(at, 0.0))
    volume = np.minimum(stay.log_volume[row] + change, LARGEST_LOG_VOLUME)
    number, slot = people.number[row], stay.number * SCANS_PER_LINE + visit
    readable = adequate[row, visit]
    local, central = _measure_targets(scenario, chance, people, sizes, row, volume, slot)
    past = at >= course.progression[row]
    is_new, is_other = past & (course.cause[row] == NEW_LESION), past & (course.cause[row] == NON_TARGET)
    shows = chance.uniform("reader.event", number, 4, slot) < scenario.number("visits.new_lesion_seen_share")
    seen_new, seen_other = is_new & shows[:, 0], is_other & shows[:, 1]
    seen_centrally = (is_new & shows[:, 2]) | (is_other & shows[:, 3])
    response = _respond(local, readable, seen_new | seen_other, row, visit)
    first = np.full(len(stay.row), np.inf)
    np.minimum.at(first, row[response == PD], at[response == PD])
    scans = Scans(
        row=stay.row[row],
        line=np.full(len(row), stay.number),
        visit=visit,
        day=stay.start[row] + days[row, visit],
        log_volume=volume,
        is_adequate=readable,
        is_pet=chance.happens("visits.pet", number, scenario.number("visits.pet_share"), slot),
        targets=local,
        has_new=seen_new & readable,
        non_target_grows=seen_other & readable,
        response=response,
        central_response=_respond(central, readable, seen_centrally, row, visit),
    )
    return take_scans(scans, np.flatnonzero(at <= first[row])), first


def _measure_targets(
    scenario: Scenario,
    chance: Chance,
    people: People,
    sizes: Floats,
    row: Integers,
    volume: Floats,
    slot: Integers,
) -> tuple[Integers, Integers]:
    """Return the whole millimetres of the local and of the central reader."""
    spread = scenario.number("disease.lesion_spread") * chance.normal("lesions.share", people.number, TARGETS)
    truth = np.minimum(sizes[row] * np.exp(volume[:, None] / 3.0 * (1 + spread[row])), LARGEST_MM)
    noise = scenario.number("visits.reader_cv") * chance.normal("reader.size", people.number[row], 2 * TARGETS, slot)
    return measure(truth * np.exp(noise[:, :TARGETS])), measure(truth * np.exp(noise[:, TARGETS:]))


def _respond(
    targets: Integers, readable: Flags, progresses_otherwise: Flags, row: Integers, visit: Integers
) -> Integers:
    """Return RECIST 1.1 overall responses as the reader gives them, from whole millimetres."""
    exists = targets != ABSENT
    sums = np.where(exists, targets, 0).sum(axis=1)
    table = np.full((int(row.max(initial=0)) + 1, SCANS_PER_LINE), np.iinfo(np.int64).max // 100, dtype=np.int64)
    table[row[readable], visit[readable]] = sums[readable]
    nadirs = np.minimum.accumulate(table, axis=1)
    nadir_before = nadirs[row, np.maximum(visit - 1, 0)]
    baseline = table[row, 0]
    grows = (visit > 0) & (10 * sums >= 12 * nadir_before) & (sums - nadir_before >= 5)
    gone = (~exists | (targets == 0) | (IS_NODAL & (targets < _NODE_NORMAL_MM))).all(axis=1)
    response = np.where(10 * sums <= 7 * baseline, PR, SD)
    response = np.where(gone, CR, response)
    response = np.where(grows | (progresses_otherwise & (visit > 0)), PD, response)
    return np.where(readable, response, NE)
