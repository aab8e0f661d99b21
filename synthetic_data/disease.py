"""Latent disease: when a line of treatment fails, and the tumour volume that passes through that moment.

A line's latent progression time is Weibull with proportional hazards. The volume relative to the line's
start is the sum of a part that responds and a part that grows,

    V(t) / V(0) = s exp(-d t) + (1 - s) exp(g t),

the two-population form of Stein and Fojo (2008) on volume. Given s, d and the progression time, g is solved
so that the diameter (the cube root) stands 20 % above its nadir exactly then. Deaths come from a clock of
their own, which runs the slower the better a treatment holds the tumour.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.catalogue.calendar import DAYS_PER_MONTH
from synthetic_data.chance import Chance, Floats, Integers
from synthetic_data.patients import Flags, People
from synthetic_data.scenario import Scenario

PROGRESSION_RATIO = 1.2**3
"""Volume over nadir when the diameter stands 20 % above it."""
LATER_GROWTH = 1.6
"""Where a new or a non-target lesion is the progression, the targets cross 20 % this much later."""
TARGET_GROWTH, NEW_LESION, NON_TARGET = 0, 1, 2
_BISECTIONS = 30
_SLOWEST_GROWTH = 1e-7
_REFERENCE_KI67 = 5.0


@dataclass(frozen=True, slots=True)
class Course:
    """What a line of treatment would do to a patient who stays on it; days from the line's start.

    ``responding`` is the share s of volume that shrinks at ``shrink`` per day while the rest grows at
    ``growth`` per day; ``cause`` is how progression shows (target growth, new lesion, non-target).
    """

    progression: Floats
    death: Floats
    stop: Floats
    cause: Integers
    responding: Floats
    shrink: Floats
    growth: Floats


@dataclass(frozen=True, slots=True)
class Stay:
    """A line of treatment as it begins, one element a patient.

    ``row`` is the patient's place in the chunk, ``start`` the day since the first treatment, ``closes`` the
    day observation ends for other reasons, ``log_volume`` ln volume relative to the first treatment,
    ``is_scanned`` whether anyone still looks at the tumour.
    """

    number: int
    people: People
    row: Integers
    treatment: Integers
    start: Integers
    closes: Integers
    log_volume: Floats
    course: Course
    is_scanned: Flags


def compute_progression_log_hazard(scenario: Scenario, people: People, treatment: Integers, line: int) -> Floats:
    """Return the log hazard ratio of each patient on ``treatment`` against SSA first line at mean covariates."""
    codes = scenario.words("treatments.codes")
    is_prrt = np.isin(treatment, [codes.index("PRRT"), codes.index("PRRT_AGAIN")])
    receptor = scenario.number("disease.receptor_effect") * (people.krenning - 3) * is_prrt
    return (
        people.severity
        + people.frailty
        + scenario.numbers("treatments.log_hazard_ratio")[treatment]
        + scenario.numbers("disease.line_effect")[line]
        + receptor
    )


def simulate_progression(scenario: Scenario, chance: Chance, people: People, treatment: Integers, line: int) -> Floats:
    """Return latent days to progression; the same patient and line share one chance under every treatment."""
    exponential = -np.log(chance.uniform("disease.progression", people.number, 1, line)[:, 0])
    log_hazard = compute_progression_log_hazard(scenario, people, treatment, line)
    scale = scenario.number("disease.scale_months") * DAYS_PER_MONTH
    return scale * (exponential * np.exp(-log_hazard)) ** (1.0 / scenario.number("disease.shape"))


def simulate_death(scenario: Scenario, chance: Chance, people: People, treatment: Integers, line: int) -> Floats:
    """Return days from the line's start to death on the separate clock, if the line went on for ever."""
    care_only = treatment == scenario.words("treatments.codes").index("CARE_ONLY")
    exponential = -np.log(chance.uniform("disease.death", people.number, 1, line)[:, 0])
    ratio = scenario.numbers("death.line_multipliers")[line] * np.where(
        care_only, scenario.number("death.care_only_multiplier"), 1.0
    )
    severity = scenario.number("death.severity_effect") * (people.severity + people.frailty)
    held = scenario.number("death.treatment_effect") * scenario.numbers("treatments.log_hazard_ratio")[treatment]
    rate = scenario.number("death.rate_per_month") / DAYS_PER_MONTH * ratio * np.exp(severity + held)
    return exponential / np.maximum(rate, 1e-12)


def simulate_course(scenario: Scenario, chance: Chance, people: People, treatment: Integers, line: int) -> Course:
    """Return the latent course of every patient on ``treatment`` as line number ``line`` (from 0)."""
    progression = simulate_progression(scenario, chance, people, treatment, line)
    mean = scenario.numbers("treatments.sensitive_share")[treatment]
    score = chance.normal("disease.responding", people.number, 1, line)[:, 0]
    logit = np.log(mean / (1 - mean)) + scenario.number("treatments.sensitive_logit_sd") * score
    responding = np.clip(1 / (1 + np.exp(-logit)), 0.001, 0.999)
    shrink = scenario.numbers("treatments.shrink_per_month")[treatment] / DAYS_PER_MONTH
    fastest = compute_fastest_growth(scenario, people)
    cause = chance.pick("disease.cause", people.number, scenario.numbers("disease.cause_shares"), line)
    # what cannot grow that fast fails early by a new lesion
    is_too_early = _log_over_nadir(responding, shrink, fastest, progression) < np.log(PROGRESSION_RATIO)
    cause = np.where(is_too_early & (cause == TARGET_GROWTH), NEW_LESION, cause)
    crossing = progression * np.where(cause == TARGET_GROWTH, 1.0, LATER_GROWTH)
    stop_rate = scenario.numbers("treatments.stop_per_month")[treatment] / DAYS_PER_MONTH
    exponential = -np.log(chance.uniform("disease.stop", people.number, 1, line)[:, 0])
    return Course(
        progression=progression,
        death=simulate_death(scenario, chance, people, treatment, line),
        stop=exponential / np.maximum(stop_rate, 1e-12),
        cause=cause,
        responding=responding,
        shrink=shrink,
        growth=_solve_growth(responding, shrink, crossing, fastest),
    )


def compute_fastest_growth(scenario: Scenario, people: People) -> Floats:
    """Return the fastest growth of volume per day a tumour of this Ki-67 is capable of."""
    doubling = scenario.number("disease.fastest_doubling_days") * np.sqrt(_REFERENCE_KI67 / people.ki67)
    return np.log(2.0) / doubling


def compute_log_volume(responding: Floats, shrink: Floats, growth: Floats, days: Floats) -> Floats:
    """Return ln of the volume relative to the line's start, ``days`` after it."""
    grown = np.minimum(growth * days, 40.0)
    return np.log(responding * np.exp(-shrink * days) + (1 - responding) * np.exp(grown))


def _log_over_nadir(responding: Floats, shrink: Floats, growth: Floats, days: Floats) -> Floats:
    balance = np.log(responding * shrink / ((1 - responding) * growth)) / (shrink + growth)
    nadir_day = np.clip(balance, 0.0, days)
    return compute_log_volume(responding, shrink, growth, days) - compute_log_volume(
        responding, shrink, growth, nadir_day
    )


def _solve_growth(responding: Floats, shrink: Floats, crossing: Floats, fastest: Floats) -> Floats:
    """Return the growth rate per day that puts the volume at the progression ratio over nadir at ``crossing``."""
    low = np.full(len(crossing), np.log(_SLOWEST_GROWTH))
    high = np.log(fastest)
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        reached = _log_over_nadir(responding, shrink, np.exp(middle), crossing) > np.log(PROGRESSION_RATIO)
        high = np.where(reached, middle, high)
        low = np.where(reached, low, middle)
    return np.exp(0.5 * (low + high))
