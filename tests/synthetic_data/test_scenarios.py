"""A scenario says what it assumes, and refuses what cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from analytics.errors import SettingsError
from synthetic_data.scenarios import DEFAULT, FOLDER, SCENARIOS, describe_scenario, read_scenario


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_parameter_has_a_unit_and_a_source(name: str):
    scenario = read_scenario(name)
    assert scenario.name == name
    assert scenario.title
    for key, parameter in scenario.parameters.items():
        assert parameter.unit, key
        assert parameter.source, key


def test_every_scenario_file_is_listed():
    assert {path.stem for path in FOLDER.glob("*.toml")} == set(SCENARIOS)


def test_a_scenario_names_only_what_differs_and_inherits_the_rest():
    trial, later_trial, default = (read_scenario(name) for name in ("netter-1", "netter-2", DEFAULT))
    assert trial.number("care.is_randomised") == 1
    assert later_trial.number("care.is_randomised") == 1  # through its base
    assert later_trial.number("people.ki67_low") == 10
    assert trial.number("marker.ppi_factor") == default.number("marker.ppi_factor")


def _write(folder: Path, text: str) -> str:
    path = folder / "mine.toml"
    path.write_text(f'name = "mine"\ntitle = "Mine"\n{text}', encoding="utf-8")
    return str(path)


def test_a_researcher_changes_one_value_in_a_file_of_their_own(tmp_path: Path):
    path = _write(tmp_path, '[marker]\nppi_factor = { value = 3, source = "assumed" }\n')
    assert read_scenario(path).number("marker.ppi_factor") == 3


WRONG = {
    "an unknown parameter": ('[marker]\nppi_facter = { value = 3, source = "x" }', "marker.ppi_factor"),
    "a value beyond its limits": ('[marker]\nppi_factor = { value = 0.5, source = "x" }', "from 1 to 20"),
    "a word for a number": ('[marker]\nppi_factor = { value = "high", source = "x" }', "is a number"),
    "yes for a number": ('[marker]\nppi_factor = { value = true, source = "x" }', "is a number"),
    "a number for a word": ('[people]\nhospitals = { value = [1, 2, 3], source = "x" }', "made of words"),
    "one value for a list": ('[people]\nsuv_medians = { value = 4, source = "x" }', "a list of 3 values"),
    "a list for one value": ('[marker]\nppi_factor = { value = [2, 3], source = "x" }', "one value"),
    "a list too short": ('[people]\nsuv_medians = { value = [4, 5], source = "x" }', "a list of 3 values"),
    "no source": ("[marker]\nppi_factor = { value = 3 }", "has no source"),
    "no value": ('[marker]\nppi_factor = { source = "x" }', "has no value"),
    "a bare number": ("[marker]\nppi_factor = 3", "has no value"),
    "another unit": ('[marker]\nppi_half_life_days = { value = 1, unit = "hours", source = "x" }', "not in hours"),
    "a stray line": ("ppi_factor = 3", "outside a section"),
    "no TOML at all": ("[marker", "not a TOML file"),
    "an unknown base": ('base = "netter-9"', "no scenario «netter-9»"),
    "a calendar backwards": ('[calendar]\ncutoff = { value = 2010.0, source = "x" }', "runs backwards"),
    "shares that are all zero": ('[care]\narm_shares = { value = [0, 0], source = "x" }', "all zero"),
    "an arm that is no treatment": ('[care]\narms = { value = ["PRRT", "tea"], source = "x" }', "not a treatment"),
    "weeks out of order": ('[visits]\nscan_weeks = { value = [12, 12, 36, 48], source = "x" }', "does not rise"),
    "other treatments": (
        f'[treatments]\ncodes = {{ value = {["SSA"] * 15}, source = "x" }}',
        "cannot be changed",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_is_refused_with_the_remedy(case: str, tmp_path: Path):
    text, expected = WRONG[case]
    with pytest.raises(SettingsError) as caught:
        read_scenario(_write(tmp_path, text))
    assert expected in str(caught.value)
    assert "mine.toml" in caught.value.where


def test_a_misspelt_scenario_gets_the_nearest_name():
    with pytest.raises(SettingsError, match="Did you mean «netter-1»"):
        read_scenario("neter-1")


def test_the_truth_lists_every_parameter_with_its_source():
    table = describe_scenario(read_scenario("tiny"), seed=4, n_patients=9)
    assert table.height == 3 + len(read_scenario("tiny").parameters)
    assert table.filter(table["parameter"] == "marker.ppi_factor").row(0) == (
        "marker.ppi_factor", "2.5", "ratio", "mosli2012",
    )  # fmt: skip
