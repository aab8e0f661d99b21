"""Table symptoms: how patients do at scan visits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from synthetic_data.chance import Floats
from synthetic_data.patients import ORGANS, Flags
from synthetic_data.records.cells import name_patients, to_dates, words
from synthetic_data.scans import SCANS_PER_LINE
from synthetic_data.world import World


@dataclass(frozen=True, slots=True)
class Item:
    """A score: share of scored visits it is taken at, level, rise per ln volume, noise, range (all assumed)."""

    code: str
    share: float
    level: float
    slope: float
    noise: float
    low: float
    high: float
    of: str = "all"


ITEMS: tuple[Item, ...] = (
    Item("ECOG", 0.9, 0.5, 0.45, 0.5, 0, 4),
    Item("EORTC_QLQC30_GH", 0.35, 66.0, -9.0, 14.0, 0, 100),
    Item("WEIGHT_KG", 0.6, 0.0, -1.2, 1.5, 38, 200),
    Item("PAIN", 0.8, 2.0, 0.8, 1.2, 0, 10, "bone"),
    Item("FLUSHING_PER_DAY", 0.7, 3.5, 0.8, 1.5, 0, 40, "functional"),
    Item("STOOLS_PER_DAY", 0.7, 4.0, 0.8, 1.4, 0, 30, "functional"),
)
CODES = tuple(item.code for item in ITEMS)
_STEP_OF_QLQ = 100 / 12


def record_symptoms(world: World) -> pl.DataFrame:
    """Write down scores taken at a share of the scan visits."""
    people, scans = world.people, world.history.scans
    number, slot = people.number[scans.row], scans.line * SCANS_PER_LINE + scans.visit
    scored = world.chance.uniform("symptoms.taken", number, 1 + len(ITEMS), slot)
    asked = scored[:, :1] < world.scenario.number("visits.symptom_share")
    taken = asked & (scored[:, 1:] < np.array([item.share for item in ITEMS]))
    for place, item in enumerate(ITEMS):
        taken[:, place] &= _concerns(world, item)[scans.row]
    scan, place = np.nonzero(taken)
    noise = world.chance.normal("symptoms.noise", number[scan], 1, slot[scan] * 8 + place)[:, 0]
    value = _score(world, scan, place, noise)
    return pl.DataFrame(
        {
            "patient_id": name_patients(people).gather(scans.row[scan]),
            "date": to_dates(people, scans.row[scan], scans.day[scan]),
            "item": words(CODES, place),
            "value": np.round(value, 1),
            "instrument_version": words(("3",), np.where(place == CODES.index("EORTC_QLQC30_GH"), 0, -1)),
        }
    )


def _concerns(world: World, item: Item) -> Flags:
    if item.of == "bone":
        return world.people.organs[:, ORGANS.index("bone")]
    return world.people.functional if item.of == "functional" else np.ones(len(world.people.number), dtype=np.bool_)


def _score(world: World, scan: np.ndarray, place: np.ndarray, noise: Floats) -> Floats:
    people, scans = world.people, world.history.scans
    row = scans.row[scan]
    level, slope, sd, low, high = (
        np.array([getattr(item, name) for item in ITEMS])[place] for name in ("level", "slope", "noise", "low", "high")
    )
    level = np.where(place == CODES.index("WEIGHT_KG"), people.weight[row], level)
    raw = np.clip(level + slope * (scans.log_volume[scan] + 0.5 * people.burden[row]) + sd * noise, low, high)
    is_qlq, is_weight = place == CODES.index("EORTC_QLQC30_GH"), place == CODES.index("WEIGHT_KG")
    stepped = np.where(is_qlq, np.rint(raw / _STEP_OF_QLQ) * _STEP_OF_QLQ, np.rint(raw))
    return np.where(is_weight, raw, stepped)
