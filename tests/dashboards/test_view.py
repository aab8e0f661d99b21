"""The address: what is looked at goes in and comes out again, strange words do not."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from dashboards.components.filters import FIELDS as COHORT_FIELDS
from dashboards.components.patient_controls import FIELDS as PATIENT_FIELDS
from dashboards.shelf import FILTERS
from dashboards.view import CHOICES, DEFAULTS, parse_view, spell_search
from tests.dashboards.hand_made import make_shelf

SHELF = make_shelf("first", "second")


def test_an_empty_address_asks_for_pfs_of_prrt_against_ssa():
    question = parse_view("", SHELF).question("survival")
    assert (question.endpoint, question.by) == ("PFS", "treatment")
    assert question.selection.treatments == ("PRRT", "SSA")
    assert spell_search(parse_view("", SHELF), SHELF) == ""


def test_filters_come_back_out_of_the_address():
    search = "?endpoint=OS&grade=G1&grade=G2&from=2020-01-03"
    view = parse_view(search, SHELF)
    assert view.question("survival").selection.grades == ("G1", "G2")
    assert view.question("survival").selection.started_from == "2020-01-03"
    assert spell_search(view, SHELF) == search


def test_all_treatments_is_said_in_so_many_words():
    view = parse_view("?treatment=all", SHELF)
    assert view.question("survival").selection.treatments == ()
    assert spell_search(view, SHELF) == "?treatment=all"


def test_strange_words_are_passed_over_and_never_passed_on():
    view = parse_view("?grade=G1&grade=<script>&endpoint=DROP&from=soon&patient=EDGE&study=nowhere", SHELF)
    assert view == parse_view("?grade=G1", SHELF)
    assert spell_search(view, SHELF) == "?grade=G1"


@settings(deadline=None)
@given(
    words=st.fixed_dictionaries({name: st.sampled_from(values) for name, values in CHOICES.items()}),
    study=st.sampled_from(["first", "second"]),
    grades=st.sets(st.sampled_from(["G1", "G2"])),
)
def test_every_view_survives_its_own_address(words: dict[str, str], study: str, grades: set[str]):
    search = f"?study={study}&" + "&".join(
        [f"{name}={value}" for name, value in words.items()] + [f"grade={grade}" for grade in grades]
    )
    view = parse_view(search, SHELF)
    assert dict(view.words) == words and view.study == study
    assert parse_view(spell_search(view, SHELF), SHELF) == view


@settings(deadline=None)
@given(st.text())
def test_no_text_in_an_address_breaks_it(text: str):
    assert parse_view(text, SHELF).study in ("first", "second")


def test_the_browser_knows_the_same_fields_and_starts():
    from importlib import resources

    script = (resources.files("dashboards") / "assets" / "lutetia.js").read_text(encoding="utf-8")

    def listed(name: str) -> list[str]:
        found = re.search(rf"const {name} = \[(.*?)\]", script)
        assert found
        return re.findall(r'"(.*?)"', found[1])

    assert listed("COHORT") == list(COHORT_FIELDS) and listed("PATIENT") == list(PATIENT_FIELDS)
    for name in PATIENT_FIELDS:
        assert f'{name}: "{DEFAULTS[name]}"' in script
    assert set(FILTERS) < set(COHORT_FIELDS)
