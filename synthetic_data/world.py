"""A chunk of the world: who they are, what happened, what was given; everything observed is made from it."""

from __future__ import annotations

from dataclasses import dataclass

from synthetic_data.care import History, simulate_history
from synthetic_data.chance import Chance, Integers
from synthetic_data.cycles import Cycles, simulate_cycles
from synthetic_data.patients import People, simulate_people
from synthetic_data.ppi import Spells, simulate_spells
from synthetic_data.scenario import Scenario
from synthetic_data.timeline import Timeline, lay_out_lines


@dataclass(frozen=True, slots=True)
class World:
    """What is true of a chunk of patients, before anyone writes it down."""

    scenario: Scenario
    chance: Chance
    people: People
    history: History
    timeline: Timeline
    cycles: Cycles
    spells: Spells


def simulate_world(scenario: Scenario, chance: Chance, numbers: Integers) -> World:
    """Simulate the patients ``numbers``; each is the same whoever else is simulated with it."""
    people = simulate_people(scenario, chance, numbers)
    history = simulate_history(scenario, chance, people)
    return World(
        scenario=scenario,
        chance=chance,
        people=people,
        history=history,
        timeline=lay_out_lines(scenario, chance, people, history),
        cycles=simulate_cycles(scenario, chance, people, history),
        spells=simulate_spells(scenario, chance, people, history),
    )
