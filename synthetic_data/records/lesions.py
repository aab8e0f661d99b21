"""Table lesions: targets as the reader measured them, other lesions, new ones, uptake on PET."""

from __future__ import annotations

import numpy as np
import polars as pl

from synthetic_data.care import LINES, NEVER
from synthetic_data.chance import Floats, Integers
from synthetic_data.patients import ORGANS
from synthetic_data.records.cells import constant, empty, name_patients, words
from synthetic_data.records.scans import name_scans
from synthetic_data.scans import ABSENT, IS_NODAL, SCANS_PER_LINE, TARGET_ORGANS, TARGETS, measure
from synthetic_data.world import World

OTHERS: tuple[tuple[str, float, float], ...] = (
    ("liver", 8.0, 1.0), ("liver", 7.0, 0.8), ("liver", 9.0, 0.6), ("lymph_node", 12.0, 0.8),
    ("bone", 14.0, 1.0), ("bone", 11.0, 0.7), ("peritoneum", 9.0, 0.8), ("skin", 9.0, 1.0),
)  # fmt: skip
"""Non-target lesions: organ, diameter in mm at the first treatment, share of patients with that organ (assumed)."""
NEW_ORGANS: tuple[str, ...] = ("liver", "lymph_node", "bone", "peritoneum", "lung")
NEW_SHARES = (0.5, 0.2, 0.15, 0.1, 0.05)
NEW_MM = 11.0
SLOTS = TARGETS + len(OTHERS) + LINES
LESION_NAMES: tuple[str, ...] = (
    *(f"T{place + 1:02d}" for place in range(TARGETS)),
    *(f"N{place + 1:02d}" for place in range(len(OTHERS))),
    *(f"W{line + 1:02d}" for line in range(LINES)),
)
_ROLE = np.repeat([0, 1, 2], [TARGETS, len(OTHERS), LINES])
_FIXED_ORGANS = (*TARGET_ORGANS, *(organ for organ, _, _ in OTHERS))
_ALL_ORGANS = (*_FIXED_ORGANS, *NEW_ORGANS)
_TOO_SMALL_MM = 5
_LONG_TO_SHORT = 1.4
_UPTAKE_SPREAD, _UPTAKE_NOISE = 0.30, 0.08
_LARGEST_SUV = 280.0


def record_lesions(world: World) -> pl.DataFrame:
    """Write down every lesion at every scan it was looked for."""
    scans = world.history.scans
    sizes = np.concatenate([scans.targets, _measure_others(world), _measure_new(world)], axis=1)
    scan, lesion = np.nonzero(sizes != ABSENT)
    size, patient = sizes[scan, lesion], scans.row[scan]
    is_target = lesion < TARGETS
    nodal = is_target & IS_NODAL[np.minimum(lesion, TARGETS - 1)]
    seen = size > 0
    text = pl.Series(size).cast(pl.String)
    long = pl.Series(np.rint(size * _LONG_TO_SHORT).astype(np.int64)).cast(pl.String)
    nothing = empty(len(scan))
    shown = scans.is_adequate[scan]
    measured = np.where(shown, np.where(size == 0, 2, np.where(size <= _TOO_SMALL_MM, 1, 0)), 3)
    mm = pl.Series(seen & shown)
    return pl.DataFrame(
        {
            "patient_id": name_patients(world.people).gather(patient),
            "imaging_id": name_scans(scans).gather(scan),
            "lesion_id": words(LESION_NAMES, lesion),
            "reader": constant("local", len(scan)),
            "role": words(("target", "non_target", "new"), _ROLE[lesion]),
            "organ": words(_ALL_ORGANS, _find_organs(world, patient, lesion)),
            "nodal": words(("N", "Y"), nodal.astype(np.int64)),
            "longest_mm": long.zip_with(pl.Series(nodal), text).zip_with(mm, nothing),
            "short_mm": text.zip_with(pl.Series(nodal & seen & shown), nothing),
            "measured": words(("yes", "too_small", "not_visible", "not_evaluable"), measured),
            "suv_max": _measure_uptake(world, scan, lesion, seen & shown),
        }
    )


def _find_organs(world: World, patient: Integers, lesion: Integers) -> Integers:
    first_new = len(_FIXED_ORGANS)
    organs = world.chance.uniform("lesions.new_organ", world.people.number, LINES)
    chosen = np.searchsorted(np.cumsum(NEW_SHARES)[:-1], organs)
    line = np.maximum(lesion - first_new, 0)
    return np.where(lesion < first_new, lesion, first_new + chosen[patient, line])


def _measure_others(world: World) -> Integers:
    """Return whole millimetres of the non-target lesions, -1 where a patient has none."""
    people, scans = world.people, world.history.scans
    shares = np.array([share for _, _, share in OTHERS])
    has = world.chance.uniform("lesions.others", people.number, len(OTHERS)) < shares
    has &= np.stack([people.organs[:, ORGANS.index(organ)] for organ, _, _ in OTHERS], axis=1)
    start = np.array([size for _, size, _ in OTHERS])
    size = start * np.exp(scans.log_volume[:, None] / 3.0)
    return measure(np.where(has[scans.row], np.minimum(size, 120.0), np.nan))


def _measure_new(world: World) -> Integers:
    """Return whole millimetres of each line's new lesion, from the scan that first showed it on."""
    scans = world.history.scans
    shape = (len(world.people.number), LINES)
    first, volume = np.full(shape, NEVER), np.zeros(shape)
    shows = np.flatnonzero(scans.has_new)[::-1]
    first[scans.row[shows], scans.line[shows]] = scans.day[shows]
    volume[scans.row[shows], scans.line[shows]] = scans.log_volume[shows]
    since = scans.day[:, None] >= first[scans.row]
    size: Floats = NEW_MM * np.exp((scans.log_volume[:, None] - volume[scans.row]) / 3.0)
    return measure(np.where(since, np.minimum(size, 120.0), np.nan))


def _measure_uptake(world: World, scan: Integers, lesion: Integers, shown: np.ndarray) -> pl.Series:
    """Return SUVmax on PET as text: the patient's level, the lesion's own, and what 8 % noise adds (assumed)."""
    people, scans = world.people, world.history.scans
    which = np.flatnonzero(scans.is_pet[scan] & shown)
    patient = scans.row[scan[which]]
    own = world.chance.normal("lesions.uptake", people.number, SLOTS)[patient, lesion[which]]
    slot = (scans.line * SCANS_PER_LINE + scans.visit)[scan[which]] * SLOTS + lesion[which]
    noise = world.chance.normal("reader.uptake", people.number[patient], 1, slot)[:, 0]
    level = people.suv[patient] * np.exp(_UPTAKE_SPREAD * own + _UPTAKE_NOISE * noise)
    level *= np.exp(0.12 * scans.log_volume[scan[which]])
    suv = np.full(len(scan), np.nan)
    suv[which] = np.clip(level, 0.5, _LARGEST_SUV)
    return pl.Series(suv, nan_to_null=True).round(1)
