"""What the laboratory finds in each sample: CgA through its assay, blood cells, kidney, other markers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synthetic_data.analytes import ANALYTES
from synthetic_data.assays import ASSAYS, CENTRAL_ASSAY, HOSPITAL_ASSAYS, REFERENCE_ULN
from synthetic_data.biomarkers import compute_egfr, compute_log_fold
from synthetic_data.blood import COUNT_BY_CODE, Count, compute_count
from synthetic_data.chance import Floats, Integers
from synthetic_data.patients import DAYS_PER_YEAR, EPOCH_YEAR, ORGANS, People
from synthetic_data.samples import plan_samples
from synthetic_data.scenario import Scenario
from synthetic_data.timeline import compute_volume
from synthetic_data.world import World


@dataclass(frozen=True, slots=True)
class Results:
    """Laboratory results as numbers, one element a result, ordered by patient and day.

    ``slot`` tells the samples of one patient apart, ``analyte`` and ``assay`` are places in ``ANALYTES``
    and ``ASSAYS`` (-1: no assay named).
    """

    row: Integers
    day: Integers
    slot: Integers
    analyte: Integers
    value: Floats
    assay: Integers


def observe_labs(world: World) -> Results:
    """Take blood and urine, and measure."""
    row, day, slot, analyte = plan_samples(world)
    people, scenario = world.people, world.scenario
    noise = world.chance.normal("labs.noise", people.number[row], 1, slot * 16 + analyte)[:, 0]
    value, assay = np.zeros(len(row)), np.full(len(row), -1)
    for place, facts in enumerate(ANALYTES):
        which = np.flatnonzero(analyte == place)
        if facts.code == "CGA":
            within = np.sqrt(np.log1p(scenario.number("marker.within_cv") ** 2))
            log_fold = compute_log_fold(world, row[which], day[which]) + within * noise[which]
            assay[which] = find_assay(scenario, people, row[which], day[which])
            value[which] = measure_cga(log_fold, assay[which])
        elif facts.code in COUNT_BY_CODE:
            value[which] = _measure_count(world, row[which], day[which], noise[which], COUNT_BY_CODE[facts.code])
        else:
            value[which] = _measure_chemistry(world, row[which], day[which], noise[which], facts.code)
    return Results(row, day, slot, analyte, value, assay)


def find_assay(scenario: Scenario, people: People, row: Integers, day: Integers) -> Integers:
    """Return which of ``ASSAYS`` the patient's hospital used on that day; a central laboratory uses one for all."""
    if scenario.number("marker.central_laboratory"):
        return np.full(len(row), CENTRAL_ASSAY)
    year = EPOCH_YEAR + (people.start_day[row] + day) / DAYS_PER_YEAR
    assay = np.zeros(len(row), dtype=np.int64)
    for hospital, uses in enumerate(HOSPITAL_ASSAYS):
        here = people.hospital[row] % len(HOSPITAL_ASSAYS) == hospital
        for since, which in uses:
            assay = np.where(here & (year >= since), which, assay)
    return assay


def measure_cga(log_fold: Floats, assay: Integers) -> Floats:
    """Return what each assay reads, in its own unit, for ln fold-ULN of the reference assay."""
    slopes, intercepts = np.array([a.slope for a in ASSAYS]), np.array([a.intercept for a in ASSAYS])
    return slopes[assay] * REFERENCE_ULN * np.exp(np.clip(log_fold, -8, 11)) + intercepts[assay]


def _measure_count(world: World, row: Integers, day: Integers, noise: Floats, count: Count) -> Floats:
    return compute_count(world, row, day, count) * np.exp(count.within * noise)


def _measure_chemistry(world: World, row: Integers, day: Integers, noise: Floats, code: str) -> Floats:
    """Return kidney and tumour chemistry; levels and slopes are assumed."""
    people = world.people
    if code in {"CREAT", "EGFR"}:
        egfr = compute_egfr(world, row, day)
        creatinine = np.where(people.is_male[row], 88.0, 70.0) * (85.0 / egfr) ** 0.83
        return (egfr if code == "EGFR" else creatinine) * np.exp(0.05 * noise)
    volume, _ = compute_volume(world.timeline, row, day)
    if code == "5HIAA_U24":
        level = np.where(people.functional[row], 130.0, 24.0)
        return level * np.exp(0.4 * volume + 0.3 * people.burden[row] + 0.2 * noise)
    if code == "NSE":
        return 10.5 * np.exp(0.22 * (volume + people.burden[row]) + 0.13 * noise)
    return 82.0 * np.exp(0.16 * volume + 0.25 * people.organs[row, ORGANS.index("bone")] + 0.12 * noise)
