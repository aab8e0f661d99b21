"""What CgA shows of the tumour, and what else moves it: PPI, kidney, SSA, the rise after PRRT, slow wandering."""

from __future__ import annotations

import numpy as np

from synthetic_data.care import LINES
from synthetic_data.chance import Floats, Integers
from synthetic_data.cycles import Cycles
from synthetic_data.patients import DAYS_PER_YEAR
from synthetic_data.ppi import compute_ppi_factor
from synthetic_data.timeline import compute_volume
from synthetic_data.world import World

_RENAL_FROM = 60.0
_LOWEST_EGFR = 8.0
_LOOKBACK_DAYS = 400
_LOOKBACK_CYCLES = 6
_SSA_ONSET_DAYS = 30.0
_BLIND_ONSET_DAYS = 80.0
_FLARE_ONSET_DAYS = 10.0
_LARGEST_FLARE = 1.5
_FIRST_KEY_DAY = 10_000
_KEY_STEP = 100_000


def compute_log_fold(world: World, row: Integers, day: Integers) -> Floats:
    """Return ln of true CgA in fold-ULN for each (patient, day), before assay and measurement."""
    scenario, people, timeline = world.scenario, world.people, world.timeline
    change, line = compute_volume(timeline, row, day)
    volume = scenario.number("disease.burden_log_sd") * people.burden[row] + change
    since_line = np.maximum(day - timeline.start[row, line], 0)
    ssa = timeline.has_ssa[row, line] * (1 - np.exp(-np.maximum(day, 0) / _SSA_ONSET_DAYS))
    renal = np.log(np.maximum(_RENAL_FROM / compute_egfr(world, row, day), 1.0))
    blind = world.chance.normal("marker.blind", people.number, LINES)[row, line] ** 2
    return (
        people.secretion[row]
        + scenario.number("marker.burden_link") * volume
        + scenario.number("marker.blind_fall_log") * blind * (1 - np.exp(-since_line / _BLIND_ONSET_DAYS))
        + scenario.number("marker.ssa_effect_log") * ssa
        + np.log(compute_ppi_factor(scenario, world.spells, row, day))
        + scenario.number("marker.renal_exponent") * renal
        + _compute_flare(world, row, day)
        + _wander(world, row, day)
    )


def compute_egfr(world: World, row: Integers, day: Integers) -> Floats:
    """Return the true eGFR in mL/min/1.73 m²; it falls with time and with every PRRT cycle."""
    loss = world.scenario.number("toxicity.egfr_loss_per_year") * np.maximum(day, 0) / DAYS_PER_YEAR
    given = count_cycles(world.cycles, len(world.people.number), row, day)
    loss = loss + world.scenario.number("toxicity.egfr_loss_per_cycle") * given
    return np.maximum(world.people.egfr[row] - loss, _LOWEST_EGFR)


def count_cycles(cycles: Cycles, patients: int, row: Integers, day: Integers) -> Integers:
    """Return how many cycles each patient had had by ``day``."""
    first = np.searchsorted(cycles.row, np.arange(patients + 1))
    keys = cycles.row * _KEY_STEP + cycles.day + _FIRST_KEY_DAY
    return np.searchsorted(keys, row * _KEY_STEP + day + _FIRST_KEY_DAY, side="right") - first[row]


def find_days_since(cycles: Cycles, patients: int, row: Integers, day: Integers) -> Floats:
    """Return days since each of the last six cycles, shape (rows, 6); NaN where there was none or it is long ago."""
    first = np.searchsorted(cycles.row, np.arange(patients + 1))
    given = count_cycles(cycles, patients, row, day)
    since = np.full((len(row), _LOOKBACK_CYCLES), np.nan)
    for back in range(_LOOKBACK_CYCLES):
        which = np.flatnonzero(given > back)
        since[which, back] = day[which] - cycles.day[first[row[which]] + given[which] - 1 - back]
    return np.where(since < _LOOKBACK_DAYS, since, np.nan)


def _compute_flare(world: World, row: Integers, day: Integers) -> Floats:
    """Return the transient rise after PRRT cycles, ln, in the patients who have it."""
    scenario, people = world.scenario, world.people
    has_flare = world.chance.happens("marker.flare", people.number, scenario.number("marker.flare_share"))
    which = np.flatnonzero(has_flare[row])
    since = find_days_since(world.cycles, len(people.number), row[which], day[which])
    decay = np.exp2(-since / scenario.number("marker.flare_half_life_days"))
    rise = np.nansum(decay * np.minimum(since / _FLARE_ONSET_DAYS, 1.0), axis=1)
    flare = np.zeros(len(row))
    flare[which] = scenario.number("marker.flare_log") * np.minimum(rise, _LARGEST_FLARE)
    return flare


def _wander(world: World, row: Integers, day: Integers) -> Floats:
    """Return a slow individual wave with a period of one to three years."""
    chances = world.chance.uniform("marker.wander", world.people.number, 2)[row]
    period = 365 + 730 * chances[:, 0]
    wave = np.sin(2 * np.pi * (day / period + chances[:, 1]))
    return world.scenario.number("marker.wander_log_sd") * np.sqrt(2) * wave
