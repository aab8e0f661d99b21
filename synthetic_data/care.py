"""What is given: lines of treatment, chosen by severity, until death, loss or the end of the data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.catalogue.calendar import DAYS_PER_MONTH
from synthetic_data.chance import Chance, Floats, Integers
from synthetic_data.disease import Course, Stay, compute_log_volume, simulate_course
from synthetic_data.patients import ORGANS, Flags, People, take_people
from synthetic_data.scans import LARGEST_LOG_VOLUME, Scans, merge_scans
from synthetic_data.scenario import Scenario
from synthetic_data.visits import observe_line, simulate_target_sizes

LINES = 5
PROGRESSION, STOPPED, DEATH, CENSORED = range(4)
NEVER = 9_999_999
SHORTEST_GAP_DAYS = 7
_PRRT_HELD_DAYS = 18 * DAYS_PER_MONTH
_IN_LIVER = ("TARE", "TACE", "BLAND", "ABLATION")
_FOR_CARCINOMA = ("NEC_CHEMO", "CAPTEM", "CARE_ONLY")
_RARELY = 5.0
"""Log odds by which a carcinoma is kept from what is meant for well-differentiated tumours (assumed)."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of treatment of the patients at ``row``; days count from each patient's first treatment.

    ``seen`` is the day progression was called (NEVER if it was not), ``ceased`` the day the treatment was
    given up and ``why``, ``end`` the last day of the line (the next one begins then) and ``reason`` why,
    ``log_volume`` ln volume at its start relative to the first treatment.
    """

    number: int
    row: Integers
    treatment: Integers
    start: Integers
    end: Integers
    seen: Integers
    ceased: Integers
    why: Integers
    reason: Integers
    course: Course
    log_volume: Floats


@dataclass(frozen=True, slots=True)
class Situation:
    """What a choice of treatment is made on beside the patient: treatments ``used``, shape (patients, treatments).

    ``held`` is how many days PRRT lasted, ``burden`` the tumour burden now, as a standard score.
    """

    used: Flags
    held: Floats
    burden: Floats


@dataclass(frozen=True, slots=True)
class History:
    """All that happened to a chunk; ``death`` and ``lost`` are NEVER where not observed."""

    lines: list[Line]
    scans: Scans
    sizes: Floats
    death: Integers
    lost: Integers
    last: Integers


def simulate_history(scenario: Scenario, chance: Chance, people: People) -> History:
    """Give, watch and change treatment until each patient dies, is lost or reaches the cut-off."""
    count = len(people.number)
    lost = _simulate_loss(scenario, chance, people)
    closes = np.minimum(lost, people.cutoff)
    sizes = simulate_target_sizes(scenario, chance, people)
    rows, start = np.arange(count), np.zeros(count, dtype=np.int64)
    volume, death = np.zeros(count), np.full(count, NEVER)
    used = np.zeros((count, len(scenario.words("treatments.codes"))), dtype=np.bool_)
    held = np.zeros(count)
    lines: list[Line] = []
    parts: list[Scans] = []
    for number in range(LINES):
        alive = start < closes[rows]
        rows, start, volume = rows[alive], start[alive], volume[alive]
        some = take_people(people, rows)
        now = some.burden + volume / scenario.number("disease.burden_log_sd")
        treatment = choose_treatment(scenario, chance, some, number, Situation(used[rows], held[rows], now))
        used[rows, treatment] = True
        course = simulate_course(scenario, chance, some, treatment, number)
        cared = ~_is(scenario, treatment, "CARE_ONLY")
        stay = Stay(number, some, rows, treatment, start, closes[rows], volume, course, is_scanned=cared)
        seen_scans, seen = observe_line(scenario, chance, stay, sizes[rows])
        line = _close_line(scenario, chance, stay, seen)
        lines.append(line)
        parts.append(seen_scans)
        death[rows] = np.where(line.reason == DEATH, line.end, death[rows])
        held[rows] = np.where(_is(scenario, treatment, "PRRT"), line.end - start, held[rows])
        goes_on = np.isin(line.reason, [PROGRESSION, STOPPED]) & cared
        days = (line.end - start).astype(np.float64)
        volume = volume + compute_log_volume(course.responding, course.shrink, course.growth, days)
        rows, start, volume = rows[goes_on], line.end[goes_on], np.minimum(volume[goes_on], LARGEST_LOG_VOLUME)
    lost = np.where(lost < people.cutoff, lost, NEVER)
    return History(lines, merge_scans(parts), sizes, death, lost, np.minimum(death, closes))


def _is(scenario: Scenario, treatment: Integers, code: str) -> Flags:
    return treatment == scenario.words("treatments.codes").index(code)


def _simulate_loss(scenario: Scenario, chance: Chance, people: People) -> Integers:
    rate = scenario.number("visits.lost_per_month") / DAYS_PER_MONTH
    ratio = np.exp(scenario.number("visits.lost_severity_effect") * (people.severity + people.frailty))
    exponential = -np.log(chance.uniform("visits.lost", people.number)[:, 0])
    return np.minimum(1 + exponential / np.maximum(rate * ratio, 1e-12), NEVER).astype(np.int64)


def _close_line(scenario: Scenario, chance: Chance, stay: Stay, seen: Floats) -> Line:
    """End the line by what comes first: the next line after progression or stop, death, or the end of sight."""
    chances = chance.uniform("care.gap", stay.people.number, 1, stay.number)[:, 0]
    gap = SHORTEST_GAP_DAYS + scenario.number("care.gap_days_mean") * -np.log(chances)
    is_last = (stay.number == LINES - 1) | _is(scenario, stay.treatment, "CARE_ONLY")
    closes = (stay.closes - stay.start).astype(np.float64)
    ends = np.stack([seen + gap, stay.course.stop + gap, stay.course.death, closes], axis=1)
    ends[is_last, :2] = np.inf
    days = np.maximum(np.floor(ends.min(axis=1)), 1.0).astype(np.int64)
    stop = np.where(is_last, np.inf, stay.course.stop)
    ceased = np.minimum(np.minimum(seen, stop), days)
    reason = ends.argmin(axis=1).astype(np.int64)
    why = np.where(ceased == seen, PROGRESSION, np.where(ceased == stop, STOPPED, reason))
    is_seen = seen <= days
    seen_day = np.where(is_seen, stay.start + np.where(is_seen, seen, 0.0), NEVER).astype(np.int64)
    return Line(
        number=stay.number,
        row=stay.row,
        treatment=stay.treatment,
        start=stay.start,
        end=stay.start + days,
        seen=seen_day,
        ceased=stay.start + np.floor(ceased).astype(np.int64),
        why=why,
        reason=reason,
        course=stay.course,
        log_volume=stay.log_volume,
    )


def choose_treatment(scenario: Scenario, chance: Chance, people: People, line: int, situation: Situation) -> Integers:
    """Return the treatment given as line ``line``: randomised, or by log odds that rise with severity.

    Severity is what recorded covariates say, so the confounding can be adjusted for.
    """
    codes = scenario.words("treatments.codes")
    if line == 0 and scenario.number("care.is_randomised"):
        arms = np.array([codes.index(arm) for arm in scenario.words("care.arms")])
        return arms[chance.pick("care.arm", people.number, scenario.numbers("care.arm_shares"))]
    odds = scenario.numbers("care.first_options" if line == 0 else "care.later_options")
    odds = odds + scenario.numbers("care.severity_to_choice") * np.minimum(people.severity, 3.0)[:, None]
    odds = odds + scenario.numbers("care.burden_to_choice") * situation.burden[:, None]
    odds = np.where(situation.used, -30.0, odds)
    odds[:, [code in _IN_LIVER for code in codes]] -= np.where(people.organs[:, ORGANS.index("liver")], 0.0, 30.0)[
        :, None
    ]
    odds[:, [code not in _FOR_CARCINOMA for code in codes]] -= _RARELY * people.is_nec[:, None]
    fresh = ~situation.used
    odds[:, codes.index("NEC_CHEMO")] = np.where(people.is_nec & fresh[:, codes.index("NEC_CHEMO")], 6.0, -30.0)
    again = chance.happens("care.again", people.number, scenario.number("care.retreatment_share"), line)
    odds[:, codes.index("PRRT_AGAIN")] = np.where(again & (situation.held >= _PRRT_HELD_DAYS), 3.0, -30.0)
    odds[:, codes.index("CARE_ONLY")] = np.maximum(odds[:, codes.index("CARE_ONLY")], -20.0)
    if line == 1 and scenario.number("care.is_randomised"):
        arm = codes.index(scenario.words("care.arms")[0])
        crosses = chance.happens("care.crossover", people.number, scenario.number("care.crossover_share"))
        odds[:, arm] = np.where(crosses & fresh[:, arm], 30.0, -30.0)
    return chance.pick("care.choice", people.number, np.exp(odds), line)
