"""A patient's state on any day: which line is in force and how large the tumour is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synthetic_data.care import LINES, NEVER, History
from synthetic_data.chance import Chance, Floats, Integers
from synthetic_data.disease import compute_log_volume
from synthetic_data.patients import Flags, People
from synthetic_data.scans import LARGEST_LOG_VOLUME
from synthetic_data.scenario import Scenario

LOCAL_TREATMENTS: tuple[str, ...] = ("TARE", "TACE", "BLAND", "RESECTION", "ABLATION")


@dataclass(frozen=True, slots=True)
class Timeline:
    """Lines laid out as matrices (patients, lines); ``start`` is NEVER and ``treatment`` -1 where there is none."""

    start: Integers
    end: Integers
    seen: Integers
    ceased: Integers
    why: Integers
    reason: Integers
    treatment: Integers
    log_volume: Floats
    responding: Floats
    shrink: Floats
    growth: Floats
    has_ssa: Flags


def lay_out_lines(scenario: Scenario, chance: Chance, people: People, history: History) -> Timeline:
    """Arrange the lines of a history by patient, and say where an SSA runs, alone or beside."""
    shape = (len(history.last), LINES)
    whole = {
        name: np.full(shape, -1, dtype=np.int64) for name in ("end", "seen", "ceased", "why", "reason", "treatment")
    }
    whole["start"] = np.full(shape, NEVER)
    numbers = {name: np.full(shape, 0.5) for name in ("log_volume", "responding", "shrink", "growth")}
    for line in history.lines:
        for name, matrix in whole.items():
            matrix[line.row, line.number] = getattr(line, name)
        numbers["log_volume"][line.row, line.number] = line.log_volume
        for name in ("responding", "shrink", "growth"):
            numbers[name][line.row, line.number] = getattr(line.course, name)
    return Timeline(**whole, **numbers, has_ssa=_find_ssa(scenario, chance, people, whole["treatment"]))


def find_treatment(scenario: Scenario, treatment: Integers, *codes: str) -> Flags:
    """Return whether each treatment is one of ``codes``."""
    known = scenario.words("treatments.codes")
    return np.isin(treatment, [known.index(code) for code in codes])


def _find_ssa(scenario: Scenario, chance: Chance, people: People, treatment: Integers) -> Flags:
    """An SSA runs in its own lines, often beside PRRT or a local treatment, and may be carried on beside another."""
    is_prrt = find_treatment(scenario, treatment, "PRRT", "PRRT_AGAIN")
    may_carry = (treatment >= 0) & ~is_prrt & ~find_treatment(scenario, treatment, "PLACEBO")
    beside = chance.uniform("care.ssa_beside", people.number, LINES)
    has = find_treatment(scenario, treatment, "SSA", "SSA_HIGH")
    has |= is_prrt & (beside < scenario.number("care.ssa_with_prrt_share"))
    is_local = find_treatment(scenario, treatment, *LOCAL_TREATMENTS)
    has |= is_local & (beside < scenario.number("care.ssa_with_local_share"))
    carries = may_carry & (beside < scenario.number("care.ssa_with_other_share"))
    for line in range(1, LINES):
        has[:, line] |= has[:, line - 1] & carries[:, line]
    return has


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
    return np.minimum(timeline.log_volume[row, line] + change, LARGEST_LOG_VOLUME), line
