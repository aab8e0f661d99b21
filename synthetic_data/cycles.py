"""Administrations of PRRT: day, activity, delay, reduction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synthetic_data.care import History, Line
from synthetic_data.chance import Chance, Floats, Integers
from synthetic_data.patients import Flags, People
from synthetic_data.scenario import Scenario

MOST_CYCLES = 6
_RETREATMENT_CYCLES = 2
_ACTIVITY_SPREAD = 0.01


@dataclass(frozen=True, slots=True)
class Cycles:
    """One element a cycle given, ordered by patient, line and cycle; ``activity`` in GBq."""

    row: Integers
    line: Integers
    number: Integers
    day: Integers
    delay: Integers
    activity: Floats
    is_reduced: Flags


def simulate_cycles(scenario: Scenario, chance: Chance, people: People, history: History) -> Cycles:
    """Give the cycles of every PRRT line until the line ends."""
    parts = [_give_cycles(scenario, chance, people, line) for line in history.lines]
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    order = np.lexsort((columns[2], columns[1], columns[0]))
    return Cycles(*(column[order] for column in columns))


def _give_cycles(
    scenario: Scenario, chance: Chance, people: People, line: Line
) -> tuple[Integers | Floats | Flags, ...]:
    """Return the columns of ``Cycles`` for one line; whose blood falls further waits more often, and gets less."""
    codes = scenario.words("treatments.codes")
    given = np.flatnonzero(np.isin(line.treatment, [codes.index("PRRT"), codes.index("PRRT_AGAIN")]))
    numbers = people.number[line.row[given]]
    count = 1 + chance.pick("cycles.count", numbers, scenario.numbers("care.cycle_shares"), line.number)
    count = np.where(line.treatment[given] == codes.index("PRRT_AGAIN"), _RETREATMENT_CYCLES, count)
    chances = chance.uniform("cycles.fate", numbers, 2 * MOST_CYCLES, line.number)
    mean_sensitivity = np.exp(0.5 * scenario.number("toxicity.sensitivity_log_sd") ** 2)
    prone = people.blood_sensitivity[line.row[given], None] / mean_sensitivity
    late = chances[:, :MOST_CYCLES] < scenario.number("care.delay_share") * prone
    reduced = chances[:, MOST_CYCLES:] < scenario.number("care.reduced_share") * prone
    reduced[:, 0] = False
    delay, steps = _space_cycles(scenario, chance, numbers, line.number, late)
    day = line.start[given][:, None] + np.cumsum(steps, axis=1)
    which = np.arange(MOST_CYCLES)[None, :] < count[:, None]
    which &= (day < line.end[given][:, None]) | (np.arange(MOST_CYCLES) == 0)
    at, cycle = np.nonzero(which)
    spread = 1 + _ACTIVITY_SPREAD * chance.normal("cycles.activity", numbers, MOST_CYCLES, line.number)
    activity = scenario.number("care.activity_gbq") * spread * np.where(reduced, 0.5, 1.0)
    where = (line.row[given][at], np.full(len(at), line.number), cycle + 1, day[at, cycle])
    return (*where, delay[at, cycle], activity[at, cycle], reduced[at, cycle])


def _space_cycles(
    scenario: Scenario, chance: Chance, numbers: Integers, line: int, late: Flags
) -> tuple[Integers, Integers]:
    """Return days of delay of each cycle and days since the one before, both of shape (rows, cycles)."""
    scores = chance.normal("cycles.interval", numbers, MOST_CYCLES, line)
    length = -np.log(chance.uniform("cycles.delay", numbers, MOST_CYCLES, line))
    wait = np.rint(7 + scenario.number("care.delay_days_mean") * np.minimum(length, 2.5)).astype(np.int64)
    delay = np.where(late, wait, 0)
    around = np.clip(scenario.number("care.cycle_interval_sd") * scores, -7, 7)
    steps = np.rint(scenario.number("care.cycle_interval_days") + around).astype(np.int64) + delay
    steps[:, 0], delay[:, 0] = 0, 0
    return delay, steps
