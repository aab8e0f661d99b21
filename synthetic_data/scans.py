"""Scans and the lesions on them, as arrays: what a reader can see, in whole millimetres."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synthetic_data.chance import Floats, Integers
from synthetic_data.patients import Flags

TARGETS = 5
TARGET_ORGANS: tuple[str, ...] = ("liver", "liver", "lymph_node", "lymph_node", "peritoneum")
IS_NODAL = np.array([organ == "lymph_node" for organ in TARGET_ORGANS])
RESPONSES: tuple[str, ...] = ("CR", "PR", "SD", "PD", "NE")
CR, PR, SD, PD, NE = range(5)
SCANS_PER_LINE = 26
ABSENT = -1
LARGEST_MM = 240.0
LARGEST_LOG_VOLUME = 3.3
"""ln of the largest volume relative to the first treatment: diameters three times as large (assumed)."""
_SEEN_FROM_MM = 4.0


@dataclass(frozen=True, slots=True)
class Scans:
    """Scans, one element a scan that took place, ordered by patient and time.

    ``row`` is the patient's place in the chunk, ``day`` counts from the patient's first treatment,
    ``targets`` and ``central_sizes`` hold the whole millimetres of the local and of the central reader (-1 where
    the patient has no such lesion), shape (scans, 5).
    """

    row: Integers
    line: Integers
    visit: Integers
    day: Integers
    log_volume: Floats
    is_adequate: Flags
    is_pet: Flags
    targets: Integers
    has_new: Flags
    non_target_grows: Flags
    response: Integers
    central_sizes: Integers
    central_new: Flags
    central_response: Integers


def measure(diameters: Floats) -> Integers:
    """Return whole millimetres as read: 5 where too small to measure, 0 where not seen, -1 where absent."""
    rounded = np.where(diameters < _SEEN_FROM_MM, 0.0, np.maximum(np.rint(diameters), 5.0))
    return np.where(np.isnan(diameters), ABSENT, np.nan_to_num(rounded)).astype(np.int64)


def merge_scans(parts: list[Scans]) -> Scans:
    """Return the scans of all lines as one, ordered by patient, line and day."""
    columns = [np.concatenate([getattr(part, name) for part in parts]) for name in Scans.__slots__]
    whole = Scans(*columns)
    return take_scans(whole, np.lexsort((whole.day, whole.line, whole.row)))


def take_scans(readings: Scans, rows: Integers) -> Scans:
    """Return the scans at ``rows``."""
    return Scans(*(getattr(readings, name)[rows] for name in Scans.__slots__))
