"""Lesions: where they sit, who lists which, and what each reader measures at each scan."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synthetic_data.care import LINES, NEVER
from synthetic_data.chance import Floats, Integers
from synthetic_data.patients import ORGANS, Flags
from synthetic_data.readers import choose_central_targets
from synthetic_data.scans import ABSENT, SCANS_PER_LINE, TARGET_ORGANS, TARGETS, measure
from synthetic_data.world import World

OTHERS: tuple[tuple[str, float, float], ...] = (
    ("liver", 8.0, 1.0), ("liver", 7.0, 0.8), ("liver", 9.0, 0.6), ("liver", 6.0, 0.5),
    ("lymph_node", 12.0, 0.9), ("lymph_node", 11.0, 0.7), ("lymph_node", 10.0, 0.5),
    ("bone", 14.0, 1.0), ("bone", 11.0, 0.7), ("peritoneum", 9.0, 0.8), ("peritoneum", 7.0, 0.6),
    ("skin", 9.0, 1.0), ("lung", 8.0, 1.0), ("lung", 6.0, 0.5),
)  # fmt: skip
"""Lesions nobody takes as targets: organ, mm at the first treatment, share of patients with that organ (assumed)."""
NEW_ORGANS: tuple[str, ...] = ("liver", "lymph_node", "bone", "peritoneum", "lung")
NEW_SHARES = (0.5, 0.2, 0.15, 0.1, 0.05)
SLOTS = TARGETS + len(OTHERS) + LINES
ALL_ORGANS: tuple[str, ...] = (*TARGET_ORGANS, *(organ for organ, _, _ in OTHERS), *NEW_ORGANS)
LOCAL, CENTRAL = range(2)
TARGET, NON_TARGET, NEW = range(3)
_ROLES = np.repeat([TARGET, NON_TARGET, NEW], [TARGETS, len(OTHERS), LINES])
_FIRST_NEW = TARGETS + len(OTHERS)
_NEW_MM = 11.0
_LARGEST_OTHER_MM = 120.0


@dataclass(frozen=True, slots=True)
class Listed:
    """What readers wrote down, one element a lesion of a reader at a scan, ordered by scan, reader and lesion.

    ``scan`` is a place in the scans of the history, ``lesion`` one of ``SLOTS``, ``size`` whole millimetres
    (0: not visible).
    """

    scan: Integers
    lesion: Integers
    size: Integers
    reader: Integers
    role: Integers


def find_centrally_read(world: World) -> Flags:
    """Return whether each scan was also read centrally: all scans of a patient, or none."""
    share = world.scenario.number("visits.central_share")
    return world.chance.happens("responses.central", world.people.number, share)[world.history.scans.row]


def list_lesions(world: World) -> Listed:
    """Return every lesion each reader looked for at each scan."""
    scans, sizes = world.history.scans, world.history.sizes
    chosen = choose_central_targets(world.scenario, world.chance, world.people, ~np.isnan(sizes))
    readings = (
        (LOCAL, np.arange(len(scans.row)), scans.targets, scans.has_new),
        (CENTRAL, np.flatnonzero(find_centrally_read(world)), scans.central_sizes, scans.central_new),
    )
    parts: list[tuple[Integers, ...]] = []
    for reader, which, measurable, sees_new in readings:
        seen = [measurable[which], _measure_others(world, which, reader), _measure_new(world, sees_new)[which]]
        found = np.concatenate(seen, axis=1)
        place, lesion = np.nonzero(found != ABSENT)
        scan = which[place]
        left_out = (reader == CENTRAL) & (lesion < TARGETS)
        left_out &= ~chosen[scans.row[scan], np.minimum(lesion, TARGETS - 1)]
        role = np.where(left_out, NON_TARGET, _ROLES[lesion])
        parts.append((scan, lesion, found[place, lesion], np.full(len(scan), reader), role))
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    order = np.argsort(2 * columns[0] + columns[3], kind="stable")
    return Listed(*(column[order] for column in columns))


def find_organs(world: World, patient: Integers, lesion: Integers) -> Integers:
    """Return the place in ``ALL_ORGANS`` of each lesion; a new one appears in an organ by chance."""
    organs = world.chance.uniform("lesions.new_organ", world.people.number, LINES)
    chosen = np.searchsorted(np.cumsum(NEW_SHARES)[:-1], organs)
    line = np.maximum(lesion - _FIRST_NEW, 0)
    return np.where(lesion < _FIRST_NEW, lesion, _FIRST_NEW + chosen[patient, line])


def _measure_others(world: World, which: Integers, reader: int) -> Integers:
    """Return whole millimetres of the other lesions at the scans ``which``, -1 where a patient has none."""
    people, scans = world.people, world.history.scans
    shares = np.array([share for _, _, share in OTHERS])
    has = world.chance.uniform("lesions.others", people.number, len(OTHERS)) < shares
    has &= np.stack([people.organs[:, ORGANS.index(organ)] for organ, _, _ in OTHERS], axis=1)
    row, start = scans.row[which], np.array([size for _, size, _ in OTHERS])
    size: Floats = start * np.exp(scans.log_volume[which, None] / 3.0)
    slot = scans.line[which] * SCANS_PER_LINE + scans.visit[which]
    scores = world.chance.normal(
        ("reader.others", "reader.others_central")[reader], people.number[row], len(OTHERS), slot
    )
    size *= np.exp(world.scenario.number("visits.reader_cv") * scores)
    return measure(np.where(has[row], np.minimum(size, _LARGEST_OTHER_MM), np.nan))


def _measure_new(world: World, sees_new: Flags) -> Integers:
    """Return whole millimetres of each line's new lesion, from the scan that first showed it to this reader."""
    scans = world.history.scans
    shape = (len(world.people.number), LINES)
    first, volume = np.full(shape, NEVER), np.zeros(shape)
    shows = np.flatnonzero(sees_new)[::-1]
    first[scans.row[shows], scans.line[shows]] = scans.day[shows]
    volume[scans.row[shows], scans.line[shows]] = scans.log_volume[shows]
    since = scans.day[:, None] >= first[scans.row]
    size: Floats = _NEW_MM * np.exp((scans.log_volume[:, None] - volume[scans.row]) / 3.0)
    return measure(np.where(since, np.minimum(size, _LARGEST_OTHER_MM), np.nan))
