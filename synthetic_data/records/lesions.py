"""Table lesions: sizes by each reader, uptake on receptor PET, the avid lesions on FDG PET."""

from __future__ import annotations

import numpy as np
import polars as pl

from synthetic_data.care import LINES
from synthetic_data.chance import Floats, Integers
from synthetic_data.lesions import ALL_ORGANS, LOCAL, OTHERS, Listed, find_organs
from synthetic_data.patients import Flags
from synthetic_data.records.cells import constant, empty, name_patients, words
from synthetic_data.records.scans import name_glucose_scans, name_scans
from synthetic_data.scans import IS_NODAL, TARGETS
from synthetic_data.uptake import GlucoseScans, measure_receptor_uptake
from synthetic_data.world import World

LESION_NAMES: tuple[str, ...] = (
    *(f"T{place + 1:02d}" for place in range(TARGETS)),
    *(f"N{place + 1:02d}" for place in range(len(OTHERS))),
    *(f"W{line + 1:02d}" for line in range(LINES)),
)
_READERS = ("local", "central")
_ROLES = ("target", "non_target", "new")
_TOO_SMALL_MM = 5
_LONG_TO_SHORT = 1.4


def record_lesions(world: World, listed: Listed, glucose: GlucoseScans) -> pl.DataFrame:
    """Write down every lesion at every scan it was looked for, and what takes up FDG."""
    measured = _record_measured(world, listed)
    avid = _record_avid(world, glucose, measured.schema)
    return pl.concat([measured, avid]).sort("_row", maintain_order=True).drop("_row")


def _record_measured(world: World, listed: Listed) -> pl.DataFrame:
    scans = world.history.scans
    scan, lesion, size = listed.scan, listed.lesion, listed.size
    patient, nodal = scans.row[scan], _is_nodal(lesion)
    shown = scans.is_adequate[scan]
    text = pl.Series(size).cast(pl.String)
    long = pl.Series(np.rint(size * _LONG_TO_SHORT).astype(np.int64)).cast(pl.String)
    nothing = empty(len(scan))
    measured = np.where(shown, np.where(size == 0, 2, np.where(size <= _TOO_SMALL_MM, 1, 0)), 3)
    mm = pl.Series((size > 0) & shown)
    return pl.DataFrame(
        {
            "patient_id": name_patients(world.people).gather(patient),
            "imaging_id": name_scans(scans).gather(scan),
            "lesion_id": words(LESION_NAMES, lesion),
            "reader": words(_READERS, listed.reader),
            "role": words(_ROLES, listed.role),
            "organ": words(ALL_ORGANS, find_organs(world, patient, lesion)),
            "nodal": words(("N", "Y"), nodal.astype(np.int64)),
            "longest_mm": long.zip_with(pl.Series(nodal), text).zip_with(mm, nothing),
            "short_mm": text.zip_with(pl.Series(nodal) & mm, nothing),
            "measured": words(("yes", "too_small", "not_visible", "not_evaluable"), measured),
            "suv_max": _print_uptake(world, listed),
            "_row": patient,
        }
    )


def _is_nodal(lesion: Integers) -> Flags:
    return (lesion < TARGETS) & IS_NODAL[np.minimum(lesion, TARGETS - 1)]


def _print_uptake(world: World, listed: Listed) -> pl.Series:
    scans = world.history.scans
    shown = scans.is_pet[listed.scan] & scans.is_adequate[listed.scan] & (listed.size > 0)
    which = np.flatnonzero(shown & (listed.reader == LOCAL))
    suv: Floats = np.full(len(listed.scan), np.nan)
    suv[which] = measure_receptor_uptake(world, listed.scan[which], listed.lesion[which])
    return pl.Series(suv, nan_to_null=True).round(1)


def _record_avid(world: World, glucose: GlucoseScans, schema: pl.Schema) -> pl.DataFrame:
    """Write down what takes up FDG: a size is not read from these scans."""
    patient, lesion = world.history.scans.row[glucose.scan[glucose.of]], glucose.lesion
    role = np.searchsorted([TARGETS, TARGETS + len(OTHERS)], lesion, side="right")
    count = len(lesion)
    return pl.DataFrame(
        {
            "patient_id": name_patients(world.people).gather(patient),
            "imaging_id": name_glucose_scans(world, glucose).gather(glucose.of),
            "lesion_id": words(LESION_NAMES, lesion),
            "reader": constant("local", count),
            "role": words(_ROLES, role),
            "organ": words(ALL_ORGANS, find_organs(world, patient, lesion)),
            "nodal": words(("N", "Y"), _is_nodal(lesion).astype(np.int64)),
            "longest_mm": empty(count),
            "short_mm": empty(count),
            "measured": constant("not_assessed", count),
            "suv_max": pl.Series(glucose.suv).round(1),
            "_row": patient,
        },
        schema=schema,
    )
