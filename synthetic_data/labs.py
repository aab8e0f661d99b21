"""Blood and urine taken: when, which analytes, and what the laboratory reports."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from synthetic_data.assays import ASSAYS, HOSPITAL_ASSAYS, REFERENCE_ULN
from synthetic_data.biomarkers import Spells, compute_egfr, compute_log_fold, is_under_ppi, sum_over_cycles
from synthetic_data.care import History
from synthetic_data.chance import Chance, Floats, Integers
from synthetic_data.cycles import Cycles
from synthetic_data.patients import DAYS_PER_YEAR, EPOCH_YEAR, Flags, People
from synthetic_data.scenario import Scenario
from synthetic_data.timeline import Timeline, compute_volume

ANALYTES: tuple[str, ...] = (
    "CGA", "5HIAA_U24", "NSE", "HB", "PLT", "NEUT", "LYMPH", "CREAT", "EGFR", "ALP",
)  # fmt: skip
UNITS: tuple[str, ...] = (
    "ng/mL", "umol/24h", "ng/mL", "g/L", "10^9/L", "10^9/L", "10^9/L", "umol/L", "mL/min/1.73m2", "U/L",
)  # fmt: skip
ULNS: tuple[float | None, ...] = (None, 41.6, 16.3, 170.0, 400.0, 7.5, 4.0, 105.0, None, 120.0)
LLNS: tuple[float | None, ...] = (None, None, None, 120.0, 150.0, 2.0, 1.0, None, 90.0, None)
DECIMALS: tuple[int, ...] = (1, 1, 1, 0, 0, 1, 1, 0, 0, 0)
_ROUTINE_SHARES = np.array([0.92, 0.10, 0.07, 0.12, 0.08, 0.05, 0.05, 0.12, 0.10, 0.12])
_BASELINE_SHARES = np.array([0.90, 0.15, 0.12, 0.40, 0.40, 0.25, 0.25, 0.40, 0.30, 0.30])
_SAFETY_SHARES = np.array([0.0, 0.0, 0.0, 0.6, 0.75, 0.45, 0.45, 0.40, 0.0, 0.0])
_CGA, _HIAA, _NSE, _HB, _PLT, _NEUT, _LYMPH, _CREAT, _EGFR, _ALP = range(10)
_ROUTINE_SLOT, _BASELINE_SLOT, _SAFETY_SLOT = 0, 1000, 2000
_FALL_BY_ANALYTE = {_HB: 0.30, _PLT: 1.0, _NEUT: 0.60, _LYMPH: 1.5}


@dataclass(frozen=True, slots=True)
class Samples:
    """One element an analyte measured; ``slot`` tells the samples of one patient apart."""

    row: Integers
    day: Integers
    slot: Integers
    analyte: Integers


def plan_samples(
    scenario: Scenario, chance: Chance, people: People, history: History, cycles: Cycles
) -> Samples:
    """Return when blood is taken: routinely, before each line, and before and after each PRRT cycle."""
    row, visit = _repeat(np.maximum(history.last // int(scenario.number("visits.lab_interval_days")), 0) + 1)
    jitter = scenario.number("visits.lab_jitter_days") * np.clip(
        chance.normal("labs.jitter", people.number[row], 2, visit)[:, 0], -2.5, 2.5
    )
    routine = np.rint(scenario.number("visits.lab_interval_days") * (visit + 0.6) + jitter).astype(np.int64)
    line_row = np.concatenate([line.row for line in history.lines])
    line_number = np.concatenate([np.full(len(line.row), line.number) for line in history.lines])
    line_start = np.concatenate([line.start for line in history.lines])
    before = 1 + np.floor(24 * chance.uniform("labs.baseline", people.number[line_row], 1, line_number)[:, 0])
    nadir = int(scenario.number("toxicity.nadir_days"))
    cycle_slot = _SAFETY_SLOT + 20 * cycles.line + 2 * cycles.number
    parts = (
        (row, routine, _ROUTINE_SLOT + visit, _ROUTINE_SHARES),
        (line_row, line_start - before.astype(np.int64), _BASELINE_SLOT + line_number, _BASELINE_SHARES),
        (cycles.row, cycles.day - 2, cycle_slot, _SAFETY_SHARES),
        (cycles.row, cycles.day + nadir, cycle_slot + 1, _SAFETY_SHARES),
    )
    found = [_pick_analytes(chance, people, history, *part) for part in parts]
    columns = [np.concatenate(column) for column in zip(*found, strict=True)]
    order = np.lexsort((columns[3], columns[2], columns[1], columns[0]))
    return Samples(*(column[order] for column in columns))


def _repeat(counts: Integers) -> tuple[Integers, Integers]:
    row = np.repeat(np.arange(len(counts)), counts)
    first = np.cumsum(counts) - counts
    return row, np.arange(len(row)) - first[row]


def _pick_analytes(
    chance: Chance, people: People, history: History, row: Integers, day: Integers, slot: Integers, shares: Floats
) -> tuple[Integers, Integers, Integers, Integers]:
    seen = day <= history.last[row]
    row, day, slot = row[seen], day[seen], slot[seen]
    odds = np.broadcast_to(shares, (len(row), len(ANALYTES))).copy()
    odds[:, _HIAA] *= np.where(people.functional[row], 5.0, 1.0)
    taken = chance.uniform("labs.taken", people.number[row], len(ANALYTES), slot) < odds
    at, analyte = np.nonzero(taken)
    return row[at], day[at], slot[at], analyte


def observe_labs(
    scenario: Scenario,
    chance: Chance,
    people: People,
    history: History,
    timeline: Timeline,
    cycles: Cycles,
    spells: Spells,
    has_ssa: Flags,
) -> pl.DataFrame:
    """Return lab results as numbers, one row a result: row, day, slot, analyte, value, unit, limits, assay.

    ``has_ssa`` says whether an SSA runs in each (patient, line).
    """
    samples = plan_samples(scenario, chance, people, history, cycles)
    row, day, analyte = samples.row, samples.day, samples.analyte
    noise = chance.normal("labs.noise", people.number[row], 2, samples.slot * 16 + analyte)[:, 0]
    value = np.zeros(len(row))
    volume, line = compute_volume(timeline, row, day)
    cga = np.flatnonzero(analyte == _CGA)
    fold = compute_log_fold(
        scenario, chance, people, timeline, cycles, spells, row[cga], day[cga], has_ssa[row[cga], line[cga]]
    )
    within = np.sqrt(np.log1p(scenario.number("marker.within_cv") ** 2))
    kit = find_assay(people, row[cga], day[cga])
    slopes, intercepts = np.array([a.slope for a in ASSAYS]), np.array([a.intercept for a in ASSAYS])
    level = REFERENCE_ULN * np.exp(np.clip(fold + within * noise[cga], -8, 11))
    value[cga] = slopes[kit] * level + intercepts[kit]
    for code in range(1, len(ANALYTES)):
        which = np.flatnonzero(analyte == code)
        value[which] = _measure(
            scenario, people, cycles, row[which], day[which], volume[which], noise[which], code
        )
    assay = np.full(len(row), -1)
    assay[cga] = kit
    return pl.DataFrame(
        {
            "row": row, "day": day, "slot": samples.slot, "analyte": analyte, "value": value, "assay": assay,
            "ppi": is_under_ppi(spells, row, day),
            "ppi_known": chance.uniform("labs.ppi_known", people.number[row], 1, samples.slot)[:, 0] < 0.8,
        }
    )  # fmt: skip


def find_assay(people: People, row: Integers, day: Integers) -> Integers:
    """Return which of ``ASSAYS`` the patient's hospital used on that day."""
    year = EPOCH_YEAR + (people.start_day[row] + day) / DAYS_PER_YEAR
    assay = np.zeros(len(row), dtype=np.int64)
    for hospital, uses in enumerate(HOSPITAL_ASSAYS):
        here = people.hospital[row] % len(HOSPITAL_ASSAYS) == hospital
        for since, which in uses:
            assay = np.where(here & (year >= since), which, assay)
    return assay


def _measure(
    scenario: Scenario,
    people: People,
    cycles: Cycles,
    row: Integers,
    day: Integers,
    volume: Floats,
    noise: Floats,
    code: int,
) -> Floats:
    """Return one blood value with a within-person variation of 5 to 15 % (assumed)."""
    male = people.is_male[row]
    personal = people.secretion[row] - people.secretion.dtype.type(1.0)
    if code in (_CREAT, _EGFR):
        egfr = compute_egfr(scenario, people, cycles, row, day)
        creatinine = np.where(male, 88.0, 70.0) * (85.0 / egfr) ** 0.83
        return (egfr if code == _EGFR else creatinine) * np.exp(0.05 * noise)
    if code == _HIAA:
        return np.where(people.functional[row], 130.0, 24.0) * np.exp(0.4 * volume + 0.3 * personal + 0.2 * noise)
    if code == _NSE:
        return 10.5 * np.exp(0.22 * (volume + people.burden[row]) + 0.13 * noise)
    if code == _ALP:
        return 82.0 * np.exp(0.16 * volume + 0.25 * people.organs[row, 2] + 0.12 * noise)
    dip = sum_over_cycles(
        cycles, len(people.number), row, day, "dip", scenario.number("toxicity.nadir_days")
    )
    fall = scenario.number("toxicity.platelet_fall") * _FALL_BY_ANALYTE[code] * people.blood_sensitivity[row]
    kept = np.exp(-np.minimum(fall * dip, 2.5))
    normal = {_HB: np.where(male, 143.0, 131.0), _PLT: 245.0, _NEUT: 4.1, _LYMPH: 1.75}[code]
    spread = 0.05 if code == _HB else 0.15
    return normal * kept * np.exp(spread * noise + 0.08 * np.sin(people.number[row]))
