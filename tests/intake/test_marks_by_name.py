"""Marks that a cell cannot show, a blank between thousands, are declared by their names."""

from __future__ import annotations

import pytest

from analytics.errors import SettingsError

LABS = "patient_id;analyte;collected;value_text;unit;uln\n"
STUDY = "setting;value\ndecimal_mark;{}\nthousands_mark;{}\n"


@pytest.mark.parametrize("text", ["1 234,5", "1\u00a0234,5", "1\u202f234,5", "< 1 234,5"])
def test_a_blank_between_thousands_can_be_declared_on_the_study_sheet(text, deliver):
    labs = f"{LABS}P1;CGA;2020-01-10;{text};ng/mL;85\n"
    accepted = deliver({"study": STUDY.format("comma", "Space"), "labs": labs})
    assert accepted.tables["labs"]["value"].to_list() == [1234.5]
    assert accepted.settings.thousands_mark == " "


def test_an_apostrophe_can_be_declared_by_name(deliver):
    labs = f"{LABS}P1;CGA;2020-01-10;1’234.5;ng/mL;85\n"
    accepted = deliver({"study": STUDY.format("point", "apostrophe"), "labs": labs})
    assert accepted.tables["labs"]["value"].to_list() == [1234.5]


def test_another_word_is_refused_with_those_that_are_known(deliver):
    with pytest.raises(SettingsError, match=r"Use one of: .* space\."):
        deliver({"study": STUDY.format(",", "blank"), "labs": f"{LABS}P1;CGA;2020-01-10;5;ng/mL;85\n"})
