"""What is seen: scans on a schedule, lesions a reader measures, the response a reader gives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synthetic_data.chance import Chance, Floats, Integers
from synthetic_data.disease import NEW_LESION, NON_TARGET, Course, compute_log_volume
from synthetic_data.patients import Flags, People
from synthetic_data.scenario import Scenario

TARGETS = 5
TARGET_ORGANS: tuple[str, ...] = ("liver", "liver", "lymph_node", "lymph_node", "peritoneum")
IS_NODAL = np.array([organ == "lymph_node" for organ in TARGET_ORGANS])
RESPONSES: tuple[str, ...] = ("CR", "PR", "SD", "PD", "NE")
CR, PR, SD, PD, NE = range(5)
SCANS_PER_LINE = 26
_ABSENT = -1
_LOOK_PAST_PROGRESSION = 540
_LARGEST_MM = 240.0
_NODE_NORMAL_MM = 10
_SEEN_FROM_MM = 2.0


@dataclass(frozen=True, slots=True)
class Scans:
    """Scans, one element a scan that took place, ordered by patient and time.

    ``row`` is the patient's place in the chunk, ``day`` counts from the patient's first treatment,
    ``targets`` holds whole millimetres (-1 where the patient has no such lesion), shape (scans, 5).
    """

    row: Integers
    line: Integers
    visit: Integers
    day: Integers
    log_volume: Floats
    is_adequate: Flags
    is_pet: Flags
    targets: Integers
    has_new: Flags
    non_target_grows: Flags
    response: Integers
    central_response: Integers


def simulate_target_sizes(scenario: Scenario, chance: Chance, people: People) -> Floats:
    """Return the target diameters in mm at the first treatment, shape (patients, 5); NaN where there is none."""
    scores = chance.normal("lesions.size", people.number, TARGETS)
    log_sd = scenario.number("disease.lesion_log_sd")
    burden = scenario.number("disease.burden_log_sd") * people.burden / 3.0
    sizes = scenario.number("disease.lesion_median_mm") * np.exp(log_sd * scores + burden[:, None])
    sizes = np.clip(sizes, np.where(IS_NODAL, 16.0, 11.0), 180.0)
    second = chance.uniform("lesions.count", people.number, TARGETS) < np.array([1.0, 0.75, 1.0, 0.5, 0.6])
    liver, node, peritoneum = people.organs[:, 0], people.organs[:, 1], people.organs[:, 3]
    exists = np.stack([liver, liver, node, node, peritoneum], axis=1) & second
    exists[:, 0] |= ~exists.any(axis=1)
    return np.where(exists, sizes, np.nan)


def plan_scans(
    scenario: Scenario, chance: Chance, people: People, line: int
) -> tuple[Integers, Flags, Flags]:
    """Return (days from the line's start, took place, adequate), each of shape (patients, scans)."""
    weeks = scenario.numbers("visits.scan_weeks")
    more = SCANS_PER_LINE - 1 - len(weeks)
    repeats = weeks[-1] + scenario.number("visits.scan_repeat_weeks") * np.arange(1, more + 1)
    targets = 7.0 * np.concatenate([weeks, repeats])
    scores = chance.normal("visits.jitter", people.number, SCANS_PER_LINE, line)
    jitter = np.clip(scenario.number("visits.scan_jitter_days") * scores, -25, 40)
    jitter[:, 1:] = np.where(targets[None, :] < 200, np.clip(jitter[:, 1:], -14, 14), jitter[:, 1:])
    days = np.rint(np.concatenate([np.zeros(1), targets])[None, :] + jitter).astype(np.int64)
    before = 1 + np.floor(20 * chance.uniform("visits.baseline", people.number, 1, line)[:, 0])
    days[:, 0] = -before.astype(np.int64)
    fates = chance.uniform("visits.fate", people.number, 2 * SCANS_PER_LINE, line)
    took_place = fates[:, :SCANS_PER_LINE] >= scenario.number("visits.missed_share")
    adequate = fates[:, SCANS_PER_LINE:] >= scenario.number("visits.inadequate_share")
    took_place[:, 0] = True
    adequate[:, 0] = True
    return days, took_place, adequate


def observe_line(
    scenario: Scenario,
    chance: Chance,
    people: People,
    sizes: Floats,
    place: Integers,
    line: int,
    course: Course,
    start: Integers,
    log_volume: Floats,
    horizon: Floats,
) -> tuple[Scans, Floats]:
    """Return the scans of a line and the days from its start to the scan where its reader calls progression.

    Parameters
    ----------
    place
        Place of each patient in the chunk.
    start, log_volume
        Day the line starts and ln volume there, relative to the first treatment.
    horizon
        Days from the line's start after which nothing is seen any more.
    """
    days, took_place, adequate = plan_scans(scenario, chance, people, line)
    limit = np.minimum(horizon, course.progression + _LOOK_PAST_PROGRESSION)
    row, visit = np.nonzero(took_place & (days < limit[:, None]))
    at = days[row, visit].astype(np.float64)
    since_start = np.maximum(at, 0.0)
    volume = log_volume[row] + compute_log_volume(
        course.responding[row], course.shrink[row], course.growth[row], since_start
    )
    number, slot = people.number[row], line * SCANS_PER_LINE + visit
    share = 1 + scenario.number("disease.lesion_spread") * chance.normal("lesions.share", people.number, TARGETS)
    truth = np.minimum(sizes[row] * np.exp(volume[:, None] / 3.0 * share[row]), _LARGEST_MM)
    noise = chance.normal("reader.size", number, 2 * TARGETS, slot) * scenario.number("visits.reader_cv")
    local, central = (
        _measure(truth * np.exp(noise[:, k * TARGETS : (k + 1) * TARGETS])) for k in (0, 1)
    )
    past = at >= course.progression[row]
    seen = chance.uniform("reader.event", number, 4, slot)
    shows = seen < scenario.number("visits.new_lesion_seen_share")
    is_new, is_other = past & (course.cause[row] == NEW_LESION), past & (course.cause[row] == NON_TARGET)
    readable = adequate[row, visit]
    grid = (len(start), SCANS_PER_LINE)
    response = _respond(local, readable, (is_new & shows[:, 0]) | (is_other & shows[:, 1]), row, visit, grid)
    central_response = _respond(
        central, readable, (is_new & shows[:, 2]) | (is_other & shows[:, 3]), row, visit, grid
    )
    first = np.full(len(start), np.inf)
    np.minimum.at(first, row[response == PD], at[response == PD])
    kept = at <= first[row]
    readings = Scans(
        row=place[row][kept],
        line=np.full(int(kept.sum()), line),
        visit=visit[kept],
        day=(start[row] + days[row, visit])[kept],
        log_volume=volume[kept],
        is_adequate=readable[kept],
        is_pet=(chance.uniform("visits.pet", number, 1, slot)[:, 0] < scenario.number("visits.pet_share"))[kept],
        targets=local[kept],
        has_new=(is_new & shows[:, 0] & readable)[kept],
        non_target_grows=(is_other & shows[:, 1] & readable)[kept],
        response=response[kept],
        central_response=central_response[kept],
    )
    return readings, first


def _measure(diameters: Floats) -> Integers:
    rounded = np.where(diameters < _SEEN_FROM_MM, 0.0, np.maximum(np.rint(diameters), 5.0))
    return np.where(np.isnan(diameters), _ABSENT, np.nan_to_num(rounded)).astype(np.int64)


def _respond(
    targets: Integers,
    readable: Flags,
    progresses_otherwise: Flags,
    row: Integers,
    visit: Integers,
    grid: tuple[int, int],
) -> Integers:
    """Return RECIST 1.1 overall responses as the reader gives them, from whole millimetres."""
    exists = targets != _ABSENT
    sums = np.where(exists, targets, 0).sum(axis=1)
    table = np.full(grid, np.iinfo(np.int64).max // 100, dtype=np.int64)
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


def merge_scans(parts: list[Scans]) -> Scans:
    """Return the scans of all lines as one, ordered by patient, line and day."""
    columns = [np.concatenate([getattr(part, name) for part in parts]) for name in Scans.__slots__]
    whole = Scans(*columns)
    return take_scans(whole, np.lexsort((whole.day, whole.line, whole.row)))


def take_scans(readings: Scans, rows: Integers) -> Scans:
    """Return the scans at ``rows``."""
    return Scans(*(getattr(readings, name)[rows] for name in Scans.__slots__))
