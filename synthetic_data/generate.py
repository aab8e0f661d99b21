"""From a scenario and a seed to the tables of a hospital, chunk by chunk, told in one page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from analytics.errors import SettingsError
from synthetic_data.blemish import blemish
from synthetic_data.chance import Chance, Integers
from synthetic_data.labs import observe_labs
from synthetic_data.lesions import list_lesions
from synthetic_data.records.labs import record_assays, record_labs
from synthetic_data.records.lesions import record_lesions
from synthetic_data.records.people import (
    record_concomitants,
    record_diagnoses,
    record_pathology,
    record_patients,
    record_vital_status,
)
from synthetic_data.records.scans import record_imaging, record_responses, record_schedule
from synthetic_data.records.symptoms import record_symptoms
from synthetic_data.records.toxicities import record_toxicities
from synthetic_data.records.treatments import record_cycles, record_treatments
from synthetic_data.scenario import Scenario
from synthetic_data.scenarios import describe_scenario, read_scenario
from synthetic_data.truth import reveal_counterfactuals, reveal_effects, reveal_lines, reveal_subjects
from synthetic_data.uptake import observe_glucose
from synthetic_data.world import World, simulate_world

CHUNK = 2_500
TABLES: tuple[str, ...] = (
    "patients", "diagnoses", "pathology", "concomitants", "labs", "treatments", "cycles", "imaging", "lesions",
    "responses", "symptoms", "toxicities", "vital_status", "assays", "schedule",
)  # fmt: skip
TRUTH_TABLES: tuple[str, ...] = ("subjects", "lines", "counterfactuals", "imperfections", "effects", "parameters")
Tables = dict[str, pl.DataFrame]


@dataclass(frozen=True, slots=True)
class Simulation:
    """The tables of a hospital, and the truth about the same patients."""

    tables: Tables
    truth: Tables


def simulate(scenario: Scenario | str, n_patients: int, seed: int) -> Simulation:
    """Return all tables of ``n_patients`` simulated patients and their truth.

    Raises
    ------
    SettingsError
        The scenario is unknown or impossible, or there are no patients.
    """
    chosen = read_scenario(scenario) if isinstance(scenario, str) else scenario
    parts = list(simulate_chunks(chosen, n_patients, seed))
    first = parts[0]
    return Simulation(
        {name: pl.concat([part.tables[name] for part in parts]) for name in first.tables} | record_lookups(chosen),
        {name: pl.concat([part.truth[name] for part in parts]) for name in first.truth}
        | reveal_settings(chosen, n_patients, seed),
    )


def simulate_chunks(scenario: Scenario, n_patients: int, seed: int, chunk: int = CHUNK) -> Iterator[Simulation]:
    """Return an iterator over patients 1 to ``n_patients``, ``chunk`` patients at a time, without the lookups.

    Raises
    ------
    SettingsError
        There are no patients.
    """
    if n_patients < 1:
        raise SettingsError(f"{n_patients} patients cannot be simulated.", "", "Ask for 1 or more.")
    firsts = range(1, n_patients + 1, chunk)
    return (
        simulate_some(scenario, Chance(seed), np.arange(first, min(first + chunk, n_patients + 1))) for first in firsts
    )


def simulate_some(scenario: Scenario, chance: Chance, numbers: Integers) -> Simulation:
    """Return the tables and the truth of the patients ``numbers``."""
    world = simulate_world(scenario, chance, numbers)
    tables, traces = blemish(scenario, chance, record_world(world))
    truth = {
        "subjects": reveal_subjects(world),
        "lines": reveal_lines(world),
        "counterfactuals": reveal_counterfactuals(world),
        "imperfections": traces,
    }
    return Simulation(tables, truth)


def record_world(world: World) -> Tables:
    """Return the patient tables of a chunk, clean."""
    listed = list_lesions(world)
    glucose = observe_glucose(world, listed)
    return {
        "patients": record_patients(world),
        "diagnoses": record_diagnoses(world),
        "pathology": record_pathology(world),
        "concomitants": record_concomitants(world),
        "labs": record_labs(world, observe_labs(world)),
        "treatments": record_treatments(world),
        "cycles": record_cycles(world),
        "imaging": record_imaging(world, glucose),
        "lesions": record_lesions(world, listed, glucose),
        "responses": record_responses(world),
        "symptoms": record_symptoms(world),
        "toxicities": record_toxicities(world),
        "vital_status": record_vital_status(world),
    }


def record_lookups(scenario: Scenario) -> Tables:
    """Return the lookup tables, the same for every chunk."""
    return {"assays": record_assays(), "schedule": record_schedule(scenario)}


def reveal_settings(scenario: Scenario, n_patients: int, seed: int) -> Tables:
    """Return what is true of the whole world: its effects and parameters."""
    return {"effects": reveal_effects(scenario), "parameters": describe_scenario(scenario, seed, n_patients)}
