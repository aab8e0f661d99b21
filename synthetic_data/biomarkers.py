"""What CgA shows of the tumour, and what else moves it: assay, PPI, kidney, SSA, the rise after PRRT, chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synthetic_data.care import History
from synthetic_data.chance import Chance, Floats, Integers
from synthetic_data.cycles import Cycles
from synthetic_data.patients import DAYS_PER_YEAR, Flags, People
from synthetic_data.scenario import Scenario
from synthetic_data.timeline import Timeline, compute_volume

PPI_SPELLS = 2
_PPI_ONSET_DAYS = 3.0
_RENAL_FROM = 60.0
_FLARE_LOOKBACK_DAYS = 400
_SSA_ONSET_DAYS = 30.0
_BLIND_ONSET_DAYS = 80.0


@dataclass(frozen=True, slots=True)
class Spells:
    """PPI spells, shape (patients, 2); a spell that never was has a start after its end."""

    start: Integers
    end: Integers


def simulate_spells(scenario: Scenario, chance: Chance, people: People, history: History) -> Spells:
    """Give PPI spells to a share of patients, anywhere from a year before to the end of observation."""
    chances = chance.uniform("ppi.spells", people.number, 2 + 2 * PPI_SPELLS)
    takes = chances[:, :1] < scenario.number("people.ppi_share")
    second = np.array([True, False])[None, :] | (chances[:, 1:2] < 0.4)
    span = history.last[:, None] + 365
    start = np.floor(-365 + span * chances[:, 2:4]).astype(np.int64)
    length = np.floor(30 + 500 * -np.log(chances[:, 4:6])).astype(np.int64)
    start.sort(axis=1)
    end = np.minimum(start + length, history.last[:, None])
    end[:, 0] = np.minimum(end[:, 0], start[:, 1] - 20)
    exists = takes & second & (end > start)
    return Spells(np.where(exists, start, 1), np.where(exists, end, 0))


def is_under_ppi(spells: Spells, row: Integers, day: Integers, after: int = 14) -> Flags:
    """Return whether a PPI was taken on ``day`` or within ``after`` days before."""
    at = day[:, None]
    return ((spells.start[row] <= at) & (at <= spells.end[row] + after) & (spells.end[row] >= spells.start[row])).any(1)


def compute_egfr(scenario: Scenario, people: People, cycles: Cycles, row: Integers, day: Integers) -> Floats:
    """Return the true eGFR in mL/min/1.73 m²; it falls with time and with every PRRT cycle."""
    loss = scenario.number("toxicity.egfr_loss_per_year") * np.maximum(day, 0) / DAYS_PER_YEAR
    given = count_cycles(cycles, len(people.number), row, day)
    return np.maximum(people.egfr[row] - loss - scenario.number("toxicity.egfr_loss_per_cycle") * given, 8.0)


def count_cycles(cycles: Cycles, patients: int, row: Integers, day: Integers) -> Integers:
    """Return how many cycles each patient had had by ``day``."""
    first = np.searchsorted(cycles.row, np.arange(patients + 1))
    key = cycles.row * 100_000 + cycles.day + 10_000
    return np.searchsorted(key, row * 100_000 + day + 10_000, side="right") - first[row]


def sum_over_cycles(cycles: Cycles, patients: int, row: Integers, day: Integers, shape: str, time: float) -> Floats:
    """Return the summed effect of earlier cycles.

    ``shape`` «half_life» decays from 1 with half-life ``time``; «dip» rises to 1 at ``time`` days and fades.
    """
    first = np.searchsorted(cycles.row, np.arange(patients + 1))
    seen = count_cycles(cycles, patients, row, day)
    total = np.zeros(len(row))
    for back in range(6):
        which = np.flatnonzero(seen > back)
        since = (day[which] - cycles.day[first[row[which]] + seen[which] - 1 - back]).astype(np.float64)
        near = since < _FLARE_LOOKBACK_DAYS
        if shape == "half_life":
            effect = np.exp2(-since / time) * np.minimum(since / 10.0, 1.0)
        else:
            effect = since / time * np.exp(1 - since / time)
        total[which] += np.where(near, effect, 0.0)
    return total


def compute_log_fold(
    scenario: Scenario,
    chance: Chance,
    people: People,
    timeline: Timeline,
    cycles: Cycles,
    spells: Spells,
    row: Integers,
    day: Integers,
    has_ssa: Flags,
) -> Floats:
    """Return ln of true CgA in fold-ULN for each (patient, day), before assay and measurement noise."""
    change, line = compute_volume(timeline, row, day)
    volume = scenario.number("disease.burden_log_sd") * people.burden[row] + change
    since = np.maximum(day - timeline.start[row, line], 0).astype(np.float64)
    ppi = _compute_ppi_factor(scenario, spells, row, day)
    egfr = compute_egfr(scenario, people, cycles, row, day)
    flare = np.where(
        chance.happens("marker.flare", people.number, scenario.number("marker.flare_share")),
        scenario.number("marker.flare_log"),
        0.0,
    )
    rise = sum_over_cycles(
        cycles, len(people.number), row, day, "half_life", scenario.number("marker.flare_half_life_days")
    )
    blind = scenario.number("marker.blind_fall_log") * chance.normal("marker.blind", people.number, 5)[row, line] ** 2
    return (
        people.secretion[row]
        + scenario.number("marker.burden_link") * volume
        + blind * (1 - np.exp(-since / _BLIND_ONSET_DAYS))
        + scenario.number("marker.ssa_effect_log") * has_ssa * (1 - np.exp(-np.maximum(day, 0) / _SSA_ONSET_DAYS))
        + np.log(ppi)
        + scenario.number("marker.renal_exponent") * np.log(np.maximum(_RENAL_FROM / egfr, 1.0))
        + flare[row] * np.minimum(rise, 1.5)
        + _wander(scenario, chance, people, row, day)
    )


def _compute_ppi_factor(scenario: Scenario, spells: Spells, row: Integers, day: Integers) -> Floats:
    excess = scenario.number("marker.ppi_factor") - 1
    factor = np.ones(len(row))
    for spell in range(PPI_SPELLS):
        start, end = spells.start[row, spell], spells.end[row, spell]
        exists = end >= start
        onset = 1 - np.exp(-np.clip(day - start, 0, 1000) / _PPI_ONSET_DAYS)
        washout = np.exp2(-np.clip(day - end, 0, 1000) / scenario.number("marker.ppi_half_life_days"))
        factor += np.where(exists, excess * onset * washout, 0.0)
    return factor


def _wander(scenario: Scenario, chance: Chance, people: People, row: Integers, day: Integers) -> Floats:
    """Return a slow individual wave with a period of one to three years."""
    chances = chance.uniform("marker.wander", people.number, 2)[row]
    period = 365 + 730 * chances[:, 0]
    return scenario.number("marker.wander_log_sd") * np.sqrt(2) * np.sin(2 * np.pi * (day / period + chances[:, 1]))
