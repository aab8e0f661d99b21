"""When blood and urine are taken: routinely, before each line, before and after each PRRT cycle."""

from __future__ import annotations

import numpy as np

from synthetic_data.analytes import ANALYTES, CODES
from synthetic_data.chance import Integers
from synthetic_data.world import World

_SLOTS_BEFORE_LINE, _SLOTS_AT_CYCLE = 1_000, 2_000
_FUNCTIONAL_HIAA = 6.0
_LONGEST_BEFORE_DAYS = 24


def plan_samples(world: World) -> tuple[Integers, Integers, Integers, Integers]:
    """Return (patient, day, slot, analyte) of every result: routine, before each line, around each PRRT cycle."""
    people, cycles, scenario = world.people, world.cycles, world.scenario
    interval = scenario.number("visits.lab_interval_days")
    row, visit = _repeat((world.history.last // interval).astype(np.int64) + 1)
    scores = world.chance.normal("labs.jitter", people.number[row], 1, visit)[:, 0]
    jitter = scenario.number("visits.lab_jitter_days") * np.clip(scores, -2.5, 2.5)
    routine = np.rint(interval * (visit + 0.6) + jitter).astype(np.int64)
    line_row, line = np.nonzero(world.timeline.treatment >= 0)
    early = world.chance.uniform("labs.baseline", people.number[line_row], 1, line)[:, 0]
    before = 1 + np.floor(_LONGEST_BEFORE_DAYS * early).astype(np.int64)
    slot = _SLOTS_AT_CYCLE + 20 * cycles.line + 2 * cycles.number
    nadir = int(scenario.number("toxicity.nadir_days"))
    found = [
        _pick(world, row, routine, visit, [analyte.routine for analyte in ANALYTES]),
        _pick(
            world,
            line_row,
            world.timeline.start[line_row, line] - before,
            _SLOTS_BEFORE_LINE + line,
            [analyte.baseline for analyte in ANALYTES],
        ),
        _pick(world, cycles.row, cycles.day - 2, slot, [analyte.safety for analyte in ANALYTES]),
        _pick(world, cycles.row, cycles.day + nadir, slot + 1, [analyte.safety for analyte in ANALYTES]),
    ]
    columns = [np.concatenate(column) for column in zip(*found, strict=True)]
    order = np.lexsort((columns[3], columns[2], columns[1], columns[0]))
    rows, days, slots, analytes = (column[order] for column in columns)
    return rows, days, slots, analytes


def _repeat(counts: Integers) -> tuple[Integers, Integers]:
    row = np.repeat(np.arange(len(counts)), counts)
    return row, np.arange(len(row)) - (np.cumsum(counts) - counts)[row]


def _pick(
    world: World, row: Integers, day: Integers, slot: Integers, shares: list[float]
) -> tuple[Integers, Integers, Integers, Integers]:
    seen = day <= world.history.last[row]
    row, day, slot = row[seen], day[seen], slot[seen]
    odds = np.tile(np.array(shares), (len(row), 1))
    odds[:, CODES.index("5HIAA_U24")] *= np.where(world.people.functional[row], _FUNCTIONAL_HIAA, 1.0)
    taken = world.chance.uniform("labs.taken", world.people.number[row], len(ANALYTES), slot) < odds
    at, analyte = np.nonzero(taken)
    return row[at], day[at], slot[at], analyte
