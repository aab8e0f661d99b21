"""Readers: two people measure the same lesions, sometimes choose other targets, and give their responses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synthetic_data.chance import Chance, Floats, Integers
from synthetic_data.patients import Flags, People
from synthetic_data.scans import (
    ABSENT,
    CR,
    IS_NODAL,
    LARGEST_MM,
    NE,
    PD,
    PR,
    SCANS_PER_LINE,
    SD,
    TARGETS,
    measure,
)
from synthetic_data.scenario import Scenario

_NODE_NORMAL_MM = 10


@dataclass(frozen=True, slots=True)
class Viewed:
    """The scans of one line as they are laid before the readers, ordered by patient and visit.

    ``row`` and ``visit`` name the scan, ``slot`` tells it apart within the patient, ``volume`` is ln volume
    relative to the first treatment, ``has_new`` and ``has_other`` say what is there to be seen.
    """

    row: Integers
    visit: Integers
    slot: Integers
    volume: Floats
    is_readable: Flags
    has_new: Flags
    has_other: Flags


@dataclass(frozen=True, slots=True)
class Reading:
    """What one reader sees: whole millimetres of the five measurable lesions, shape (scans, 5), and the response."""

    sizes: Integers
    sees_new: Flags
    sees_other: Flags
    response: Integers


def choose_central_targets(scenario: Scenario, chance: Chance, people: People, exists: Flags) -> Flags:
    """Return which measurable lesions the central reader takes as targets: all, or for some patients one fewer.

    Parameters
    ----------
    exists
        Which of the five lesions each patient has, shape (patients, 5).
    """
    share = scenario.number("visits.other_targets_share")
    differs = chance.happens("reader.other_targets", people.number, share) & (exists.sum(axis=1) > 1)
    scores = np.where(exists, chance.uniform("reader.left_out", people.number, TARGETS), -1.0)
    left_out = (np.arange(TARGETS) == scores.argmax(axis=1)[:, None]) & differs[:, None]
    return exists & ~left_out


def read_scans(
    scenario: Scenario, chance: Chance, people: People, sizes: Floats, viewed: Viewed
) -> tuple[Reading, Reading]:
    """Return what the local and the central reader make of the same scans; ``sizes`` in mm at the first treatment."""
    number = people.number[viewed.row]
    local, central = _measure_lesions(scenario, chance, people, sizes, viewed)
    shows = chance.uniform("reader.event", number, 4, viewed.slot) < scenario.number("visits.new_lesion_seen_share")
    chosen = choose_central_targets(scenario, chance, people, ~np.isnan(sizes))[viewed.row]
    return (
        _read(local, local != ABSENT, viewed, viewed.has_new & shows[:, 0], viewed.has_other & shows[:, 1]),
        _read(
            central,
            chosen,
            viewed,
            _remember(viewed, viewed.has_new & shows[:, 2]),
            _remember(viewed, viewed.has_other & shows[:, 3]),
        ),
    )


def _measure_lesions(
    scenario: Scenario, chance: Chance, people: People, sizes: Floats, viewed: Viewed
) -> tuple[Integers, Integers]:
    row = viewed.row
    spread = scenario.number("disease.lesion_spread") * chance.normal("lesions.share", people.number, TARGETS)
    truth = np.minimum(sizes[row] * np.exp(viewed.volume[:, None] / 3.0 * (1 + spread[row])), LARGEST_MM)
    scores = chance.normal("reader.size", people.number[row], 2 * TARGETS, viewed.slot)
    noise = scenario.number("visits.reader_cv") * scores
    return measure(truth * np.exp(noise[:, :TARGETS])), measure(truth * np.exp(noise[:, TARGETS:]))


def _remember(viewed: Viewed, seen: Flags) -> Flags:
    """Return whether it was seen on this readable scan or one before: the central reader has them all at hand."""
    told = seen & viewed.is_readable
    first = np.full(int(viewed.row.max(initial=0)) + 1, SCANS_PER_LINE)
    np.minimum.at(first, viewed.row[told], viewed.visit[told])
    return viewed.visit >= first[viewed.row]


def _read(sizes: Integers, chosen: Flags, viewed: Viewed, sees_new: Flags, sees_other: Flags) -> Reading:
    targets = np.where(chosen, sizes, ABSENT)
    response = _respond(targets, viewed, sees_new | sees_other)
    return Reading(sizes, sees_new & viewed.is_readable, sees_other & viewed.is_readable, response)


def _respond(targets: Integers, viewed: Viewed, progresses_otherwise: Flags) -> Integers:
    """Return RECIST 1.1 overall responses as the reader gives them, from whole millimetres."""
    row, visit, readable = viewed.row, viewed.visit, viewed.is_readable
    exists = targets != ABSENT
    sums = np.where(exists, targets, 0).sum(axis=1)
    table = np.full((int(row.max(initial=0)) + 1, SCANS_PER_LINE), np.iinfo(np.int64).max // 100, dtype=np.int64)
    table[row[readable], visit[readable]] = sums[readable]
    nadirs = np.minimum.accumulate(table, axis=1)
    nadir_before = nadirs[row, np.maximum(visit - 1, 0)]
    baseline = table[row, 0]
    grows = (visit > 0) & (10 * sums >= 12 * nadir_before) & (sums - nadir_before >= 5)
    gone = (~exists | (targets == 0) | (IS_NODAL & (targets < _NODE_NORMAL_MM))).all(axis=1)
    response = np.where(10 * sums <= 7 * baseline, PR, SD)
    response = np.where(gone, CR, response)
    response = np.where(grows | (progresses_otherwise & (visit > 0)), PD, response)
    return np.where(readable, response, NE)
