"""Uptake on PET: SUVmax of each lesion with the hospital's receptor tracer and with FDG, and the NETPET grade of both.

Grades follow Chan et al., Theranostics 2017;7:1149 (doi 10.7150/thno.18068); that uptakes within a quarter of
each other count as equal, and below which SUVmax a lesion is negative, is assumed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synthetic_data.chance import Floats, Integers
from synthetic_data.lesions import LOCAL, SLOTS, Listed
from synthetic_data.scans import SCANS_PER_LINE
from synthetic_data.world import World

RECEPTOR_TRACERS: tuple[str, ...] = ("68Ga-DOTATATE", "68Ga-DOTATOC", "68Ga-DOTANOC")
GLUCOSE_TRACER = "18F-FDG"
GRADES: tuple[str, ...] = ("P0", "P1", "P2", "P3", "P4a", "P4b", "P5")
_RATIO_OF_TRACERS = np.array([1.0, 0.9, 0.85])
"""SUVmax of the same lesion with each receptor tracer (assumed)."""
_LESION_SPREAD, _NOISE, _GROWTH_EXPONENT = 0.30, 0.08, 0.12
_LOWEST_SUV, _LARGEST_SUV = 0.5, 280.0
_FDG_LESION_SPREAD = 0.35
_REFERENCE_KI67 = 5.0
_FDG_AVID_FROM, _RECEPTOR_POSITIVE_FROM = 3.0, 2.0
_EQUAL_WITHIN = 1.25
_FEW = 2
_HIGHER_KI67 = 10.0
_LATEST_DAYS = 7


@dataclass(frozen=True, slots=True)
class GlucoseScans:
    """FDG PETs, each beside a receptor PET before a line; ``grade`` is a place in ``GRADES``.

    ``scan`` is the receptor PET's place in the history, ``day`` counts from the first treatment. The avid
    lesions stand in ``of`` (place of the FDG PET), ``lesion`` and ``suv``.
    """

    scan: Integers
    day: Integers
    grade: Integers
    of: Integers
    lesion: Integers
    suv: Floats


def measure_receptor_uptake(world: World, scan: Integers, lesion: Integers) -> Floats:
    """Return SUVmax on a receptor PET: the patient's level, the lesion's own, tracer, and 8 % noise (assumed)."""
    people, scans = world.people, world.history.scans
    patient = scans.row[scan]
    own = world.chance.normal("lesions.uptake", people.number, SLOTS)[patient, lesion]
    noise = world.chance.normal("reader.uptake", people.number[patient], 1, _find_slot(world, scan, lesion))[:, 0]
    level = people.suv[patient] * np.exp(_LESION_SPREAD * own + _NOISE * noise)
    level *= np.exp(_GROWTH_EXPONENT * scans.log_volume[scan]) * _RATIO_OF_TRACERS[find_tracer(world, scan)]
    return np.clip(level, _LOWEST_SUV, _LARGEST_SUV)


def find_tracer(world: World, scan: Integers) -> Integers:
    """Return the receptor tracer of the hospital that made each scan, as a place in ``RECEPTOR_TRACERS``."""
    return world.people.hospital[world.history.scans.row[scan]] % len(RECEPTOR_TRACERS)


def observe_glucose(world: World, listed: Listed) -> GlucoseScans:
    """Make FDG PETs beside some receptor PETs, the more often the higher the Ki-67, and read both together."""
    scan, day = _plan_glucose(world)
    place = np.full(len(world.history.scans.row), -1)
    place[scan] = np.arange(len(scan))
    rows = np.flatnonzero((place[listed.scan] >= 0) & (listed.reader == LOCAL) & (listed.size > 0))
    of, lesion = place[listed.scan[rows]], listed.lesion[rows]
    suv = _measure_glucose(world, scan[of], lesion)
    receptor = measure_receptor_uptake(world, scan[of], lesion)
    avid = suv >= _FDG_AVID_FROM
    grade = grade_pairs(len(scan), of, suv, receptor)
    return GlucoseScans(scan, day, grade, of[avid], lesion[avid], suv[avid])


def _plan_glucose(world: World) -> tuple[Integers, Integers]:
    """Return which receptor PETs before a line an FDG PET follows, within a week and before treatment, and its day."""
    people, scans = world.people, world.history.scans
    room = world.timeline.start[scans.row, scans.line] - scans.day - 1
    before = np.flatnonzero(scans.is_pet & (scans.visit == 0) & (room > 0))
    number, slot = people.number[scans.row[before]], scans.line[before]
    shares = world.scenario.numbers("visits.fdg_shares")
    share = shares[(people.ki67[scans.row[before]] >= _HIGHER_KI67).astype(np.int64)]
    chances = world.chance.uniform("visits.fdg", number, 2, slot)
    later = 1 + np.floor(np.minimum(room[before], _LATEST_DAYS) * chances[:, 1]).astype(np.int64)
    made = chances[:, 0] < share
    return before[made], (scans.day[before] + later)[made]


def _measure_glucose(world: World, scan: Integers, lesion: Integers) -> Floats:
    people, scenario = world.people, world.scenario
    patient = world.history.scans.row[scan]
    own = world.chance.normal("lesions.glucose", people.number, SLOTS)[patient, lesion]
    level = scenario.number("people.fdg_log_sd") * world.chance.normal("people.glucose", people.number)[patient, 0]
    grade = scenario.number("people.fdg_ki67_effect") * np.log(people.ki67[patient] / _REFERENCE_KI67)
    noise = world.chance.normal("reader.glucose", people.number[patient], 1, _find_slot(world, scan, lesion))[:, 0]
    logs = level + grade + _FDG_LESION_SPREAD * own + _NOISE * noise
    return np.clip(scenario.number("people.fdg_median") * np.exp(logs), _LOWEST_SUV, _LARGEST_SUV)


def _find_slot(world: World, scan: Integers, lesion: Integers) -> Integers:
    scans = world.history.scans
    return (scans.line[scan] * SCANS_PER_LINE + scans.visit[scan]) * SLOTS + lesion


def grade_pairs(count: int, of: Integers, glucose: Floats, receptor: Floats) -> Integers:
    """Return the NETPET grade of each pair of PETs by its most discordant lesion; P4 by how many there are.

    Parameters
    ----------
    count
        How many pairs.
    of, glucose, receptor
        For each lesion its pair, SUVmax on FDG PET and SUVmax on receptor PET.
    """
    avid, positive = glucose >= _FDG_AVID_FROM, receptor >= _RECEPTOR_POSITIVE_FROM
    ratio = glucose / receptor
    each = np.where(ratio < 1 / _EQUAL_WITHIN, 2, np.where(ratio <= _EQUAL_WITHIN, 3, 4))
    each = np.where(positive, np.where(avid, each, 1), np.where(avid, GRADES.index("P5"), 0))
    worst = np.zeros(count, dtype=np.int64)
    np.maximum.at(worst, of, each)
    higher = np.bincount(of[each == GRADES.index("P4a")], minlength=count)
    return np.where((worst == GRADES.index("P4a")) & (higher > _FEW), GRADES.index("P4b"), worst)
