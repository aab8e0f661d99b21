"""Who they are: a chunk of patients with what can be seen of them and what cannot."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from synthetic_data.chance import Chance, Floats, Integers
from synthetic_data.scenario import Scenario

Flags = npt.NDArray[np.bool_]
DAYS_PER_YEAR = 365.25
EPOCH_YEAR = 1970.0
_LEAST_LOG_SD = 0.01
_SHORTEST_LEAD_DAYS = 20


@dataclass(frozen=True, slots=True)
class People:
    """Arrays of one length, one element a patient; days count from each patient's own first treatment.

    ``severity`` is the log hazard of progression that recorded covariates carry; ``frailty`` is what
    nobody recorded. ``burden`` is a standard score of log volume, ``secretion`` is ln fold-ULN at mean burden,
    ``lead`` days from diagnosis to the first treatment.
    """

    number: Integers
    start_day: Integers
    cutoff: Integers
    age: Floats
    is_male: Flags
    hospital: Integers
    primary: Integers
    is_nec: Flags
    ki67: Floats
    functional: Flags
    organs: Flags
    krenning: Integers
    suv: Floats
    burden: Floats
    frailty: Floats
    severity: Floats
    secretion: Floats
    blood_sensitivity: Floats
    egfr: Floats
    weight: Floats
    lead: Integers
    consents: Flags


ORGANS: tuple[str, ...] = ("liver", "lymph_node", "bone", "peritoneum", "skin", "lung")
"""The metastatic sites of the world, in the order of ``People.organs``."""


def simulate_people(scenario: Scenario, chance: Chance, numbers: Integers) -> People:
    """Draw the patients ``numbers``; each depends on its own number and the seed alone."""

    def normal(purpose: str) -> Floats:
        return chance.normal(f"people.{purpose}", numbers)[:, 0]

    def happens(purpose: str) -> Flags:
        return chance.happens(f"people.{purpose}", numbers, scenario.number(f"people.{purpose}"))

    def pick(purpose: str, shares: Floats) -> Integers:
        return chance.pick(f"people.{purpose}", numbers, shares)

    is_nec = happens("nec_share")
    ki67 = _draw_ki67(scenario, normal("ki67"), normal("ki67_nec"), is_nec)
    organs = np.stack([happens(f"{organ.removeprefix('lymph_')}_share") for organ in ORGANS], axis=1)
    organs[:, 0] |= ~organs.any(axis=1)
    primary = pick("primary", scenario.numbers("people.primary_shares"))
    is_pancreas = primary == scenario.words("people.primary_sites").index("pancreas")
    burden = normal("burden")
    krenning = pick("krenning", scenario.numbers("people.krenning_shares"))
    start, cutoff = _calendar(scenario, chance, numbers)
    return People(
        number=numbers,
        start_day=start,
        cutoff=cutoff,
        age=np.clip(scenario.number("people.age_mean") + scenario.number("people.age_sd") * normal("age"), 18, 92),
        is_male=happens("male_share"),
        hospital=pick("hospital", np.ones(len(scenario.words("people.hospitals")))),
        primary=primary,
        is_nec=is_nec,
        ki67=ki67,
        functional=happens("functional_share") & ~is_nec,
        organs=organs,
        krenning=krenning + 2,
        suv=scenario.numbers("people.suv_medians")[krenning]
        * np.exp(scenario.number("people.suv_log_sd") * normal("suv")),
        burden=burden,
        frailty=scenario.number("disease.frailty_sd") * normal("frailty"),
        severity=_add_severity(scenario, burden, ki67, organs[:, ORGANS.index("bone")], is_pancreas, is_nec),
        secretion=np.log(scenario.number("marker.secretion_median"))
        + scenario.number("marker.secretion_log_sd") * normal("secretion")
        + scenario.number("marker.pancreas_log_shift") * is_pancreas,
        blood_sensitivity=np.exp(scenario.number("toxicity.sensitivity_log_sd") * normal("blood")),
        egfr=np.clip(scenario.number("people.egfr_mean") + scenario.number("people.egfr_sd") * normal("egfr"), 18, 125),
        weight=np.clip(
            scenario.number("people.weight_mean") + scenario.number("people.weight_sd") * normal("weight"), 42, 130
        ),
        lead=_simulate_lead(scenario, chance, numbers),
        consents=happens("consent_share"),
    )


def _draw_ki67(scenario: Scenario, score: Floats, carcinoma_score: Floats, is_nec: Flags) -> Floats:
    """Return Ki-67 in per cent: log-normal within the scenario's limits, 40 and more in carcinomas (assumed)."""
    usual = scenario.number("people.ki67_median") * np.exp(scenario.number("people.ki67_log_sd") * score)
    usual = _fold_back(usual, scenario.number("people.ki67_low"), scenario.number("people.ki67_high"))
    return np.where(is_nec, np.minimum(40 + 12 * np.abs(carcinoma_score), 95), usual)


def _add_severity(
    scenario: Scenario, burden: Floats, ki67: Floats, has_bone: Flags, is_pancreas: Flags, is_nec: Flags
) -> Floats:
    """Return what recorded covariates add to the log hazard of progression."""
    spread = max(scenario.number("people.ki67_log_sd"), _LEAST_LOG_SD)
    score = np.log(ki67 / scenario.number("people.ki67_median")) / spread
    return (
        scenario.number("disease.burden_effect") * burden
        + scenario.number("disease.ki67_effect") * np.clip(score, -3, 3)
        + scenario.number("disease.bone_effect") * has_bone
        + scenario.number("disease.pancreas_effect") * is_pancreas
        + scenario.number("disease.nec_effect") * is_nec
    )


def _fold_back(values: Floats, low: float, high: float) -> Floats:
    """Bring values beyond a limit back inside by folding the log scale once, so no mass piles up there."""
    logs, bottom, top = np.log(values), np.log(max(low, 0.1)), np.log(high)
    folded = np.where(logs > top, 2 * top - logs, np.where(logs < bottom, 2 * bottom - logs, logs))
    return np.exp(np.clip(folded, bottom, top))


def _calendar(scenario: Scenario, chance: Chance, numbers: Integers) -> tuple[Integers, Integers]:
    first, last, end = (
        (scenario.number(f"calendar.{key}") - EPOCH_YEAR) * DAYS_PER_YEAR
        for key in ("accrual_start", "accrual_end", "cutoff")
    )
    start = np.floor(first + (last - first) * chance.uniform("people.start", numbers)[:, 0]).astype(np.int64)
    return start, (np.int64(end) - start).astype(np.int64)


def _simulate_lead(scenario: Scenario, chance: Chance, numbers: Integers) -> Integers:
    """Return days from diagnosis to the first treatment."""
    more = -scenario.number("people.lead_days_mean") * np.log(chance.uniform("people.lead", numbers)[:, 0])
    return np.floor(_SHORTEST_LEAD_DAYS + more).astype(np.int64)


def take_people(people: People, rows: Integers) -> People:
    """Return the patients at ``rows``."""
    return People(*(getattr(people, name)[rows] for name in People.__slots__))
