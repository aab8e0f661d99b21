"""The truth judges an analysis: counterfactuals, confounding with a known direction, a marker that may be blind."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from synthetic_data.analytes import CODES
from synthetic_data.care import NEVER
from synthetic_data.chance import Chance
from synthetic_data.labs import observe_labs
from synthetic_data.records.treatments import record_treatments
from synthetic_data.scenarios import read_scenario
from synthetic_data.timeline import find_treatment
from synthetic_data.truth import reveal_counterfactuals, reveal_effects, reveal_lines, reveal_subjects
from synthetic_data.world import World, simulate_world
from tests.synthetic_data.trial_figures import compute_hazard_ratio

PATIENTS = np.arange(1, 6_001)


def _world(name: str) -> World:
    return simulate_world(read_scenario(name), Chance(11), PATIENTS)


@pytest.fixture(scope="module")
def registry() -> World:
    return _world("mixed-hospital-registry")


@pytest.fixture(scope="module")
def trial() -> World:
    return _world("netter-1")


@pytest.fixture(scope="module")
def blind() -> World:
    return _world("no-information")


def test_the_naive_comparison_understates_prrt_because_the_sicker_get_it(registry: World):
    table = reveal_counterfactuals(registry).filter((pl.col("line") == 1) & pl.col("given").is_in(["SSA", "PRRT"]))
    prrt, ssa = (table[f"{name}_pfs_days"].to_numpy().astype(np.float64) for name in ("prrt", "ssa"))
    assert (prrt >= ssa).all()  # PRRT helps everyone by construction
    given_prrt = (table["given"] == "PRRT").to_numpy()
    everyone, nobody = np.ones(len(prrt), dtype=np.bool_), np.zeros(len(prrt), dtype=np.bool_)
    both = np.concatenate([everyone, everyone])
    true = compute_hazard_ratio(np.concatenate([prrt, ssa]), both, np.concatenate([everyone, nobody]))
    naive = compute_hazard_ratio(np.where(given_prrt, prrt, ssa), everyone, given_prrt)
    error = np.sqrt(1 / given_prrt.sum() + 1 / (~given_prrt).sum())  # of the log hazard ratio: all have the event
    assert true < 0.5
    assert np.log(naive / true) > 3 * error
    severity = reveal_subjects(registry).join(table, on="patient_id")
    means = dict(severity.group_by("given").agg(pl.col("severity_log_hazard").mean()).iter_rows())
    assert means["PRRT"] > means["SSA"] + 0.2


def test_chance_alone_decides_who_gets_prrt_among_the_equally_severe(registry: World):
    """Confounding can be adjusted for: what nobody recorded does not decide."""
    table = reveal_subjects(registry).join(reveal_counterfactuals(registry), on="patient_id")
    table = table.filter((pl.col("line") == 1) & pl.col("given").is_in(["SSA", "PRRT"]))
    frailty = table["frailty_log_hazard"].to_numpy()
    given = (table["given"] == "PRRT").to_numpy()
    error = frailty.std() * np.sqrt(1 / given.sum() + 1 / (~given).sum())
    assert abs(frailty[given].mean() - frailty[~given].mean()) < 4 * error


def test_randomisation_leaves_no_difference_in_severity(trial: World):
    line = trial.history.lines[0]
    prrt = find_treatment(trial.scenario, line.treatment, "PRRT")
    severity = trial.people.severity + trial.people.frailty
    error = severity.std() * np.sqrt(1 / prrt.sum() + 1 / (~prrt).sum())
    assert abs(severity[prrt].mean() - severity[~prrt].mean()) < 4 * error


def test_what_was_given_is_one_of_the_counterfactuals(trial: World):
    table = reveal_counterfactuals(trial).filter((pl.col("line") == 1) & (pl.col("given") == "PRRT"))
    lines = reveal_lines(trial).filter(pl.col("line") == 1)
    both = table.join(lines, on="patient_id")
    assert (both["prrt_progression_days"] == both["latent_progression_days"]).all()


def test_counterfactual_progression_is_seen_at_a_planned_scan_or_is_a_death(trial: World):
    table = reveal_counterfactuals(trial).filter(pl.col("line") == 1)
    planned = {7 * week + 1 for week in range(12, 12 * 26, 12)}  # days are date - start + 1
    seen = table.filter((pl.col("ssa_pfs_event") == "progression") & (pl.col("ssa_pfs_days") <= max(planned)))
    assert set(seen["ssa_pfs_days"]) <= planned
    assert (seen["ssa_pfs_days"] > seen["ssa_progression_days"]).all()
    deaths = table.filter(pl.col("ssa_pfs_event") == "death")
    assert (deaths["ssa_pfs_days"] == deaths["ssa_death_days"].floor() + 1).all()


def test_no_scan_of_a_line_shows_progression_before_it_ends_twice(registry: World):
    lines = reveal_lines(registry)
    seen = lines.filter(pl.col("seen").is_not_null())
    assert (seen["seen"] > seen["start"]).all()
    assert lines.filter(pl.col("ended_by") == "progression")["seen"].null_count() == 0


def test_the_lost_are_sicker_where_loss_is_informative(registry: World):
    lost = registry.history.lost < NEVER
    severity = registry.people.severity + registry.people.frailty
    assert severity[lost].mean() > severity[~lost].mean()


def test_effects_hold_the_marker_association_computed_by_hand():
    """With 0.65 ln CgA per ln volume, 1.1 ln volume per SD, 0.30 log hazard per SD, and location counted."""
    effects = reveal_effects(read_scenario("mixed-hospital-registry"))
    volume, spread = 0.65 * 1.1, 0.3 * 0.7
    covariance = volume * 0.30 - 0.9 * 0.20 * spread
    variance = volume**2 + 1.15**2 + 0.9**2 * spread
    assert effects.filter(pl.col("of") == "CGA")["value"][0] == pytest.approx(covariance / variance, abs=1e-6)
    blind_one = reveal_effects(read_scenario("no-information"))
    assert blind_one.filter(pl.col("of") == "CGA")["value"][0] == 0


def _first_changes(world: World) -> tuple[np.ndarray, np.ndarray]:
    """Return ln change of CgA from before to 60-270 days of the first SSA line, and ln days to progression."""
    results = observe_labs(world)
    is_ssa = find_treatment(world.scenario, world.timeline.treatment[:, 0], "SSA")
    cga = (results.analyte == CODES.index("CGA")) & is_ssa[results.row]
    table = pl.DataFrame(
        {"row": results.row[cga], "day": results.day[cga], "value": results.value[cga], "assay": results.assay[cga]}
    )
    early = table.filter(pl.col("day") <= 0).group_by("row").agg(pl.last("value", "assay"))
    late = table.filter(pl.col("day").is_between(60, 270)).group_by("row").agg(pl.last("value", "assay"))
    both = early.join(late, on=["row", "assay"], suffix="_late").sort("row")
    line = world.history.lines[0]
    return np.log(both["value_late"] / both["value"]).to_numpy(), np.log(
        line.course.progression[both["row"].to_numpy()]
    )


def test_a_blind_marker_falls_at_random_and_knows_nothing_of_the_outcome(blind: World):
    change, progression = _first_changes(blind)
    assert (change < np.log(0.5)).mean() > 0.15  # there are responders
    correlation = np.corrcoef(change, progression)[0, 1]
    assert abs(correlation) < 4 / np.sqrt(len(change))  # four standard errors


def test_the_usual_marker_knows_something(registry: World):
    change, progression = _first_changes(registry)
    assert np.corrcoef(change, progression)[0, 1] < -0.05


def test_written_treatments_carry_the_ssa_through_prrt(registry: World):
    treatments = record_treatments(registry)
    prrt = treatments.filter(pl.col("category") == "PRRT").select("patient_id", "start", "end")
    ssa = treatments.filter(pl.col("category") == "SSA").select("patient_id", ssa_start="start", ssa_end="end")
    through = prrt.join(ssa, on="patient_id").filter(
        (pl.col("ssa_start") <= pl.col("start")) & (pl.col("ssa_end").is_null() | (pl.col("ssa_end") >= pl.col("end")))
    )
    share = through.select("patient_id", "start").unique().height / prrt.height
    assert 0.6 < share < 0.95  # asked for: 0.8


def test_a_carcinoma_gets_chemotherapy_first_and_fails_within_a_year(registry: World):
    line = registry.history.lines[0]
    carcinoma = registry.people.is_nec[line.row]
    given = find_treatment(registry.scenario, line.treatment, "NEC_CHEMO", "CAPTEM")
    assert given[carcinoma].mean() > 0.95
    assert np.median((line.end - line.start)[carcinoma]) < 365
    assert find_treatment(registry.scenario, line.treatment, "NEC_CHEMO")[~carcinoma].sum() == 0


def test_prrt_cut_short_long_before_progression_names_another_reason(registry: World):
    treatments = record_treatments(registry)
    cut_short = treatments.filter((pl.col("category") == "PRRT") & (pl.col("stop_reason") == "progression"))
    seen = reveal_lines(registry).select("patient_id", "line", "seen")
    waits = cut_short.join(seen, on=["patient_id", "line"]).select((pl.col("seen") - pl.col("end")).dt.total_days())
    assert waits.height > 0
    assert waits.to_series().max() <= 112  # 16 weeks, the longest delay the label allows
