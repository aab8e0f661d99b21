"""What is true and nobody in the hospital knows: kept apart, for judging an analysis afterwards."""

from __future__ import annotations

import numpy as np
import polars as pl

from synthetic_data.care import PROGRESSION
from synthetic_data.chance import Floats, Integers
from synthetic_data.disease import compute_progression_log_hazard, simulate_death, simulate_progression
from synthetic_data.patients import take_people
from synthetic_data.records.cells import empty, name_patients, to_dates, words
from synthetic_data.scenario import Scenario
from synthetic_data.timeline import find_treatment
from synthetic_data.visits import find_planned_days
from synthetic_data.world import World

CAUSES: tuple[str, ...] = ("target_growth", "new_lesion", "non_target")
REASONS: tuple[str, ...] = ("progression", "stopped", "death", "end_of_observation")
DECIMALS = 6


def reveal_subjects(world: World) -> pl.DataFrame:
    """Return the true parameters of each patient; ``severity`` is what recorded covariates add to the log hazard."""
    people = world.people
    flare = world.chance.happens("marker.flare", people.number, world.scenario.number("marker.flare_share"))
    return pl.DataFrame(
        {
            "patient_id": name_patients(people),
            "severity_log_hazard": people.severity,
            "frailty_log_hazard": people.frailty,
            "burden_z": people.burden,
            "ki67_pct": people.ki67,
            "secretion_fold_uln": np.exp(people.secretion),
            "krenning": people.krenning,
            "blood_sensitivity": people.blood_sensitivity,
            "rises_after_prrt": flare,
            "last_day": world.history.last,
        }
    ).with_columns(pl.col(pl.Float64).round(DECIMALS))


def reveal_lines(world: World) -> pl.DataFrame:
    """Return the latent course of every line: when it truly failed, how, and what the tumour did."""
    parts: list[pl.DataFrame] = []
    codes = world.scenario.words("treatments.codes")
    for line in world.history.lines:
        people = take_people(world.people, line.row)
        log_hazard = compute_progression_log_hazard(world.scenario, people, line.treatment, line.number)
        latent = np.minimum(line.course.progression, 1e6)
        seen = line.seen <= line.end
        parts.append(
            pl.DataFrame(
                {
                    "_row": line.row,
                    "patient_id": name_patients(people),
                    "line": np.full(len(line.row), line.number + 1),
                    "treatment": words(codes, line.treatment),
                    "start": to_dates(world.people, line.row, line.start),
                    "log_hazard": log_hazard,
                    "latent_progression_days": latent,
                    "cause": words(CAUSES, line.course.cause),
                    "seen": to_dates(world.people, line.row, np.where(seen, line.seen, 0), seen),
                    "ended_by": words(REASONS, line.reason),
                    "log_volume_at_start": line.log_volume,
                    "responding_share": line.course.responding,
                    "shrink_per_day": line.course.shrink,
                    "growth_per_day": line.course.growth,
                }
            )
        )
    table = pl.concat(parts).sort("_row", "line").drop("_row")
    return table.with_columns(pl.col(pl.Float64).round(DECIMALS))


def reveal_counterfactuals(world: World) -> pl.DataFrame:
    """Return what SSA and what PRRT would have done to the same patient at the same moment.

    Moments are the first line, and the line after progression on SSA. ``pfs_days`` is the earlier of death
    and the first planned scan at or after latent progression, nothing censored, days as date - start + 1.
    """
    timeline, everyone = world.timeline, np.arange(len(world.people.number))
    after_ssa = np.flatnonzero(
        (timeline.treatment[:, 1] >= 0)
        & (timeline.reason[:, 0] == PROGRESSION)
        & find_treatment(world.scenario, timeline.treatment[:, 0], "SSA", "SSA_HIGH")
    )
    parts = [_compare_treatments(world, everyone, 0), _compare_treatments(world, after_ssa, 1)]
    table = pl.concat(parts).sort("_row", "line").drop("_row")
    return table.with_columns(pl.col(pl.Float64).round(DECIMALS))


def _compare_treatments(world: World, rows: Integers, line: int) -> pl.DataFrame:
    codes = world.scenario.words("treatments.codes")
    people = take_people(world.people, rows)
    columns: dict[str, Floats | Integers | pl.Series] = {
        "_row": rows,
        "patient_id": name_patients(people),
        "line": np.full(len(rows), line + 1),
        "moment": empty(len(rows)).fill_null(("first_line", "after_progression_on_ssa")[line]),
        "given": words(codes, world.timeline.treatment[rows, line]),
    }
    for code in ("SSA", "PRRT"):
        treatment = np.full(len(rows), codes.index(code))
        progression = simulate_progression(world.scenario, world.chance, people, treatment, line)
        death = simulate_death(world.scenario, world.chance, people, treatment, line)
        planned = find_planned_days(world.scenario)
        place = np.minimum(np.searchsorted(planned, progression), len(planned) - 1)
        seen = np.where(progression <= planned[-1], planned[place], np.ceil(progression))
        name = code.lower()
        columns[f"{name}_progression_days"] = np.minimum(progression, 1e6)
        columns[f"{name}_death_days"] = np.minimum(death, 1e6)
        columns[f"{name}_pfs_days"] = (np.floor(np.minimum(np.minimum(seen, death), 1e6)) + 1).astype(np.int64)
        columns[f"{name}_pfs_event"] = words(("progression", "death"), (death < seen).astype(np.int64))
    return pl.DataFrame(columns)


def reveal_effects(scenario: Scenario) -> pl.DataFrame:
    """Return the true effects: of each treatment on the hazard, of severity on its choice, of the marker.

    The marker's association is the slope of the log hazard on ln CgA before treatment, all else averaged
    over: covariance over variance of the two linear forms in burden and location.
    """
    codes = scenario.words("treatments.codes")
    rows: list[tuple[str, str, float]] = []
    on_progression = scenario.numbers("treatments.log_hazard_ratio")
    on_death = scenario.number("death.treatment_effect") * on_progression
    for values, name in (
        (on_progression, "log hazard ratio of progression against SSA"),
        (on_death, "log hazard ratio of death during the line against SSA"),
        (scenario.numbers("care.severity_to_choice"), "log odds of being chosen per unit of severity"),
    ):
        rows += [(code, name, float(value)) for code, value in zip(codes, values, strict=True)]
    volume = scenario.number("marker.burden_link") * scenario.number("disease.burden_log_sd")
    shares = scenario.numbers("people.primary_shares")
    pancreas = float(shares[scenario.words("people.primary_sites").index("pancreas")] / shares.sum())
    shift = scenario.number("marker.pancreas_log_shift")
    spread = pancreas * (1 - pancreas)
    variance = volume**2 + scenario.number("marker.secretion_log_sd") ** 2 + shift**2 * spread
    covariance = (
        volume * scenario.number("disease.burden_effect") + shift * scenario.number("disease.pancreas_effect") * spread
    )
    slope = covariance / variance if variance else 0.0
    rows.append(("CGA", "log hazard of progression per ln of CgA before treatment", slope))
    table = pl.DataFrame(rows, schema=["of", "effect", "value"], orient="row")
    return table.with_columns(pl.col("value").round(DECIMALS))
