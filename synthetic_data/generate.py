"""From a scenario and a seed to the tables of a hospital, chunk by chunk, told in one page."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from analytics.errors import SettingsError
from synthetic_data.biomarkers import simulate_spells
from synthetic_data.care import simulate_history
from synthetic_data.chance import Chance, Integers
from synthetic_data.cycles import simulate_cycles
from synthetic_data.labs import observe_labs
from synthetic_data.patients import simulate_people
from synthetic_data.records.labs import record_assays, record_labs
from synthetic_data.records.people import (
    record_concomitants,
    record_diagnoses,
    record_patients,
    record_vital_status,
)
from synthetic_data.records.scans import record_imaging, record_responses
from synthetic_data.records.treatments import find_concurrent_ssa, record_cycles, record_treatments
from synthetic_data.scenario import Scenario
from synthetic_data.scenarios import read_scenario
from synthetic_data.timeline import lay_out_lines

CHUNK = 5_000
Tables = dict[str, pl.DataFrame]


def simulate(scenario: Scenario | str, n_patients: int, seed: int) -> Tables:
    """Return all tables of ``n_patients`` simulated patients.

    Raises
    ------
    SettingsError
        The scenario is unknown or impossible, or there are no patients.
    """
    world = read_scenario(scenario) if isinstance(scenario, str) else scenario
    chunks = list(simulate_chunks(world, n_patients, seed))
    return {name: pl.concat([chunk[name] for chunk in chunks]) for name in chunks[0]} | record_lookups(world)


def simulate_chunks(
    scenario: Scenario, n_patients: int, seed: int, chunk: int = CHUNK
) -> Iterator[Tables]:
    """Yield the patient tables of patients 1 to ``n_patients``, ``chunk`` patients at a time."""
    if n_patients < 1:
        raise SettingsError(f"{n_patients} patients cannot be simulated.", "", "Ask for 1 or more.")
    for first in range(1, n_patients + 1, chunk):
        numbers = np.arange(first, min(first + chunk, n_patients + 1))
        yield simulate_some(scenario, Chance(seed), numbers)


def record_lookups(scenario: Scenario) -> Tables:
    """Return the lookup tables, the same for every chunk."""
    return {"assays": record_assays(scenario)}


def simulate_some(scenario: Scenario, chance: Chance, numbers: Integers) -> Tables:
    """Return the patient tables of the patients ``numbers``."""
    people = simulate_people(scenario, chance, numbers)
    history = simulate_history(scenario, chance, people)
    timeline = lay_out_lines(history)
    cycles = simulate_cycles(scenario, chance, people, history)
    spells = simulate_spells(scenario, chance, people, history)
    has_ssa = find_concurrent_ssa(scenario, chance, people, timeline)
    results = observe_labs(scenario, chance, people, history, timeline, cycles, spells, has_ssa)
    labs = record_labs(people, results).drop("value", "decimals", "_row")
    return {
        "patients": record_patients(scenario, people),
        "diagnoses": record_diagnoses(scenario, chance, people),
        "concomitants": record_concomitants(people, spells, history),
        "labs": labs,
        "treatments": record_treatments(scenario, chance, people, history, timeline, cycles, has_ssa),
        "cycles": record_cycles(people, cycles, chance),
        "imaging": record_imaging(chance, people, history.scans),
        "responses": record_responses(scenario, chance, people, history.scans),
        "vital_status": record_vital_status(chance, people, history),
    }
