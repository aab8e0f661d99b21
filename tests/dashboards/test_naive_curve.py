"""Groups that form after time zero are no curve on a page either: the page says why, and what to ask instead."""

from __future__ import annotations

import pytest

from analytics.questions.groups import AFTER_TIME_ZERO
from analytics.tables.results import Refusal
from dashboards.shelf import Shelf
from dashboards.view import parse_view, spell_search


@pytest.mark.parametrize("by", sorted(AFTER_TIME_ZERO))
def test_an_address_that_asks_for_it_is_answered_with_the_three_remedies(by: str, shelf: Shelf) -> None:
    view = parse_view(f"?by={by}", shelf)
    assert spell_search(view, shelf) == f"?by={by}"
    given = shelf.ask("first", view.question("survival"))
    assert isinstance(given, Refusal)
    assert given.code == "groups_after_time_zero"
    for remedy in ("landmark", "switching", "time_dependent"):
        assert f"lutetia ask {remedy}" in given.remedy
