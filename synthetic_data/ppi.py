"""Proton-pump inhibitors: spells of a drug that raises CgA without tumour growth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synthetic_data.care import History
from synthetic_data.chance import Chance, Floats, Integers
from synthetic_data.patients import Flags, People
from synthetic_data.scenario import Scenario

SPELLS = 2
REMEMBERED_DAYS = 14
_ONSET_DAYS = 3.0
_FIRST_DAY = -365
_SECOND_SPELL_SHARE = 0.4
_SHORTEST_DAYS, _MEAN_MORE_DAYS, _FREE_DAYS = 30, 500, 20


@dataclass(frozen=True, slots=True)
class Spells:
    """PPI spells, shape (patients, 2); a spell that never was ends before it starts."""

    start: Integers
    end: Integers


def simulate_spells(scenario: Scenario, chance: Chance, people: People, history: History) -> Spells:
    """Give PPI spells to a share of patients, anywhere from a year before to the end of observation."""
    chances = chance.uniform("ppi.spells", people.number, 6)
    takes = chances[:, :1] < scenario.number("people.ppi_share")
    second = np.stack([np.ones(len(takes), dtype=np.bool_), chances[:, 1] < _SECOND_SPELL_SHARE], axis=1)
    span = history.last[:, None] - _FIRST_DAY
    start = np.floor(_FIRST_DAY + span * chances[:, 2:4]).astype(np.int64)
    start.sort(axis=1)
    length = np.floor(_SHORTEST_DAYS - _MEAN_MORE_DAYS * np.log(chances[:, 4:6])).astype(np.int64)
    end = np.minimum(start + length, history.last[:, None])
    end[:, 0] = np.where(second[:, 1], np.minimum(end[:, 0], start[:, 1] - _FREE_DAYS), end[:, 0])
    exists = takes & second & (end > start)
    return Spells(np.where(exists, start, 1), np.where(exists, end, 0))


def is_remembered(spells: Spells, row: Integers, day: Integers) -> Flags:
    """Return whether a PPI was taken on ``day`` or within the two weeks before."""
    start, end = spells.start[row], spells.end[row]
    covers = (start <= day[:, None]) & (day[:, None] <= end + REMEMBERED_DAYS) & (end >= start)
    return covers[:, 0] | covers[:, 1]


def compute_ppi_factor(scenario: Scenario, spells: Spells, row: Integers, day: Integers) -> Floats:
    """Return the ratio by which PPIs raise CgA: within days of the start, fading after the end."""
    excess = scenario.number("marker.ppi_factor") - 1
    factor = np.ones(len(row))
    for spell in range(SPELLS):
        start, end = spells.start[row, spell], spells.end[row, spell]
        onset = 1 - np.exp(-np.clip(day - start, 0, 1000) / _ONSET_DAYS)
        washout = np.exp2(-np.clip(day - end, 0, 1000) / scenario.number("marker.ppi_half_life_days"))
        factor += np.where(end >= start, excess * onset * washout, 0.0)
    return factor
