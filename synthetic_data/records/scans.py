"""Tables imaging, responses and schedule."""

from __future__ import annotations

import numpy as np
import polars as pl

from synthetic_data.lesions import find_centrally_read
from synthetic_data.records.cells import constant, empty, label, name_patients, to_dates, words, yes_no
from synthetic_data.scans import RESPONSES, SCANS_PER_LINE, Scans
from synthetic_data.scenario import Scenario
from synthetic_data.uptake import GLUCOSE_TRACER, GRADES, RECEPTOR_TRACERS, GlucoseScans, find_tracer
from synthetic_data.world import World

_CT_SHARE = 0.7
_NAMES = tuple(f"I{line + 1}-{visit:02d}" for line in range(9) for visit in range(SCANS_PER_LINE))


def name_scans(scans: Scans) -> pl.Series:
    """Return ids of scans such as «I2-05»: line, then visit."""
    return words(_NAMES, scans.line * SCANS_PER_LINE + scans.visit)


def name_glucose_scans(world: World, glucose: GlucoseScans) -> pl.Series:
    """Return ids of FDG PETs such as «F2», by line."""
    return label("F", world.history.scans.line[glucose.scan] + 1)


def record_imaging(world: World, glucose: GlucoseScans) -> pl.DataFrame:
    """Write down every scan that took place, in the order of its days."""
    structural = _record_structural(world)
    functional = _record_glucose(world, glucose, structural.schema)
    return pl.concat([structural, functional]).sort("_row", "date", maintain_order=True).drop("_row")


def _record_structural(world: World) -> pl.DataFrame:
    people, scans = world.people, world.history.scans
    count = len(scans.row)
    slot = scans.line * SCANS_PER_LINE + scans.visit
    is_ct = world.chance.happens("imaging.ct", people.number[scans.row], _CT_SHARE, slot)
    non_target = np.where(scans.non_target_grows, 1, np.where(scans.is_adequate, 0, 2))
    scored = scans.is_pet & (scans.visit == 0)
    tracer = find_tracer(world, np.arange(count))
    return pl.DataFrame(
        {
            "patient_id": name_patients(people).gather(scans.row),
            "imaging_id": name_scans(scans),
            "date": to_dates(people, scans.row, scans.day),
            "modality": words(("CT", "MRI", "PET_CT"), np.where(scans.is_pet, 2, np.where(is_ct, 0, 1))),
            "tracer": words((*RECEPTOR_TRACERS, "none"), np.where(scans.is_pet, tracer, len(RECEPTOR_TRACERS))),
            "timepoint": words(("baseline",), np.where(scans.visit == 0, 0, -1)),
            "scheduled": constant("Y", count),
            "adequate": yes_no(scans.is_adequate),
            "reader": constant("local", count),
            "krenning": words(("0", "1", "2", "3", "4"), np.where(scored, people.krenning[scans.row], -1)),
            "netpet": empty(count),
            "new_lesion": yes_no(scans.has_new),
            "non_target": words(("NON_CR_NON_PD", "PD", "NE"), non_target),
            "_row": scans.row,
        }
    )


def _record_glucose(world: World, glucose: GlucoseScans, schema: pl.Schema) -> pl.DataFrame:
    """Write down the FDG PETs; no response is read from them."""
    row, count = world.history.scans.row[glucose.scan], len(glucose.scan)
    return pl.DataFrame(
        {
            "patient_id": name_patients(world.people).gather(row),
            "imaging_id": name_glucose_scans(world, glucose),
            "date": to_dates(world.people, row, glucose.day),
            "modality": constant("PET_CT", count),
            "tracer": constant(GLUCOSE_TRACER, count),
            "timepoint": empty(count),
            "scheduled": constant("Y", count),
            "adequate": constant("Y", count),
            "reader": constant("local", count),
            "krenning": empty(count),
            "netpet": words(GRADES, glucose.grade),
            "new_lesion": empty(count),
            "non_target": empty(count),
            "_row": row,
        },
        schema=schema,
    )


def record_responses(world: World) -> pl.DataFrame:
    """Write down the response at each scan but the baseline, by the local and for some the central reader."""
    people, scans = world.people, world.history.scans
    after = np.flatnonzero(scans.visit > 0)
    central = after[find_centrally_read(world)[after]]
    which = np.concatenate([after, central])
    reader = np.repeat([0, 1], [len(after), len(central)])
    order = np.lexsort((reader, which))
    which, reader = which[order], reader[order]
    response = np.where(reader == 0, scans.response[which], scans.central_response[which])
    new = np.where(reader == 0, scans.has_new[which], scans.central_new[which]).astype(np.int64)
    return pl.DataFrame(
        {
            "patient_id": name_patients(people).gather(scans.row[which]),
            "imaging_id": name_scans(scans).gather(which),
            "date": to_dates(people, scans.row[which], scans.day[which]),
            "criteria": constant("RECIST_1_1", len(which)),
            "reader": words(("local", "central"), reader),
            "response": words(RESPONSES, response),
            "new": words(("N", "Y"), new),
        }
    )


def record_schedule(scenario: Scenario) -> pl.DataFrame:
    """Write down the planned scans: one phase a named week, then one without end."""
    weeks = scenario.numbers("visits.scan_weeks").astype(np.int64)
    repeat = int(scenario.number("visits.scan_repeat_weeks"))
    steps = [*(int(step) for step in np.diff(weeks)), repeat]
    phases = len(weeks)
    return pl.DataFrame(
        {
            "schedule_id": ["scans"] * phases,
            "phase": list(range(1, phases + 1)),
            "anchor": ["last_treatment_start"] * phases,
            "start_offset_days": [7 * int(week) for week in weeks],
            "interval_days": [7 * step for step in steps],
            "early_days": [14] * phases,
            "late_days": [28] * phases,
            "repeats": [1] * (phases - 1) + [None],
        }
    )
