"""A patient's state on any day: which line is in force and how large the tumour is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synthetic_data.care import LINES, NEVER, History
from synthetic_data.chance import Floats, Integers
from synthetic_data.disease import compute_log_volume
from synthetic_data.patients import Flags

_LARGEST_LOG_VOLUME = 6.0


@dataclass(frozen=True, slots=True)
class Timeline:
    """Lines laid out as matrices (patients, lines); ``start`` is NEVER where there is no such line."""

    start: Integers
    treatment: Integers
    log_volume: Floats
    responding: Floats
    shrink: Floats
    growth: Floats


def lay_out_lines(history: History) -> Timeline:
    """Arrange the lines of a history by patient."""
    shape = (len(history.last), LINES)
    start = np.full(shape, NEVER)
    treatment = np.full(shape, -1)
    numbers = {name: np.full(shape, 0.5) for name in ("log_volume", "responding", "shrink", "growth")}
    for line in history.lines:
        start[line.row, line.number] = line.start
        treatment[line.row, line.number] = line.treatment
        numbers["log_volume"][line.row, line.number] = line.log_volume
        for name in ("responding", "shrink", "growth"):
            numbers[name][line.row, line.number] = getattr(line.course, name)
    return Timeline(start, treatment, **numbers)


def find_line(timeline: Timeline, row: Integers, day: Integers) -> Integers:
    """Return the number of the line in force on ``day``; the first one also before it starts."""
    return np.maximum((timeline.start[row] <= day[:, None]).sum(axis=1) - 1, 0)


def compute_volume(timeline: Timeline, row: Integers, day: Integers) -> tuple[Floats, Integers]:
    """Return (ln volume relative to the first treatment, line in force) for each pair of patient and day."""
    line = find_line(timeline, row, day)
    since = np.maximum(day - timeline.start[row, line], 0).astype(np.float64)
    change = compute_log_volume(
        timeline.responding[row, line], timeline.shrink[row, line], timeline.growth[row, line], since
    )
    return np.minimum(timeline.log_volume[row, line] + change, _LARGEST_LOG_VOLUME), line


def is_treated(timeline: Timeline, row: Integers, line: Integers, choices: Flags) -> Flags:
    """Return whether the treatment of each (patient, line) is among ``choices`` (one flag a treatment code)."""
    return choices[timeline.treatment[row, line]]
