"""Administrations of PRRT: day, activity, delay, reduction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synthetic_data.care import History
from synthetic_data.chance import Chance, Floats, Integers
from synthetic_data.patients import Flags, People
from synthetic_data.scenario import Scenario

MOST_CYCLES = 6
_RETREATMENT_CYCLES = 2


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
    codes = scenario.words("treatments.codes")
    prrt, again = codes.index("PRRT"), codes.index("PRRT_AGAIN")
    parts: list[tuple[Integers | Floats | Flags, ...]] = []
    for line in history.lines:
        given = np.flatnonzero((line.treatment == prrt) | (line.treatment == again))
        numbers = people.number[line.row[given]]
        count = 1 + chance.pick("cycles.count", numbers, scenario.numbers("care.cycle_shares"), line.number)
        count = np.where(line.treatment[given] == again, _RETREATMENT_CYCLES, count)
        chances = chance.uniform("cycles.fate", numbers, 2 * MOST_CYCLES, line.number)
        scores = chance.normal("cycles.interval", numbers, MOST_CYCLES, line.number)
        late = chances[:, :MOST_CYCLES] < scenario.number("care.delay_share")
        length = -np.log(chance.uniform("cycles.delay", numbers, MOST_CYCLES, line.number))
        delay = np.where(late, np.rint(7 + scenario.number("care.delay_days_mean") * np.minimum(length, 2.5)), 0)
        sd = scenario.number("care.cycle_interval_sd")
        interval = scenario.number("care.cycle_interval_days") + np.clip(sd * scores, -7, 7)
        steps = np.rint(interval).astype(np.int64) + delay.astype(np.int64)
        steps[:, 0], delay[:, 0] = 0, 0
        day = line.start[given][:, None] + np.cumsum(steps, axis=1)
        reduced = chances[:, MOST_CYCLES:] < scenario.number("care.reduced_share")
        reduced[:, 0] = False
        which = np.arange(MOST_CYCLES)[None, :] < count[:, None]
        which &= (day < line.end[given][:, None]) | (np.arange(MOST_CYCLES) == 0)
        at, cycle = np.nonzero(which)
        spread = 1 + 0.01 * chance.normal("cycles.activity", numbers, MOST_CYCLES, line.number)
        activity = scenario.number("care.activity_gbq") * spread * np.where(reduced, 0.5, 1.0)
        parts.append(
            (line.row[given][at], np.full(len(at), line.number), cycle + 1, day[at, cycle],
             delay[at, cycle].astype(np.int64), activity[at, cycle], reduced[at, cycle])
        )  # fmt: skip
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    order = np.lexsort((columns[2], columns[1], columns[0]))
    return Cycles(*(column[order] for column in columns))
