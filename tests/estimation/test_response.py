"""Response shares: responders of the evaluable and of all, with the not evaluable beside them."""

from __future__ import annotations

import polars as pl
import pytest

from analytics.estimation.response import estimate_response

SCHEMA = {
    "group": pl.String, "line_key": pl.String, "status": pl.String, "reason": pl.String, "is_confirmed": pl.Boolean,
    "best_change_pct": pl.Float64, "best_is_bound": pl.Boolean,
}  # fmt: skip

LINES = pl.DataFrame(
    [
        ("PRRT", "a", "responder", "fell by half", True, -80.0, False),
        ("PRRT", "b", "responder", "fell by half", False, -55.0, True),
        ("PRRT", "c", "non_responder", "never fell by half", None, 10.0, None),
        ("PRRT", "d", "not_evaluable", "no baseline", None, None, None),
        ("PRRT", "e", "undetermined", "at the limit of quantitation", None, -40.0, True),
        ("SSA", "f", "not_evaluable", "no baseline", None, None, None),
    ],
    schema=SCHEMA,
    orient="row",
)


def test_counts_by_hand():
    result = estimate_response(LINES, analyte="CGA", rule_id="ELECT50")
    prrt, ssa = result.groups
    counted = (prrt.n_all, prrt.n_evaluable, prrt.n_not_evaluable, prrt.n_responders, prrt.n_confirmed)
    assert counted == (5, 3, 2, 2, 1)
    assert prrt.share_of_evaluable.value == pytest.approx(2 / 3)
    assert prrt.share_of_all.value == pytest.approx(2 / 5)
    assert prrt.confirmed_share_of_evaluable.value == pytest.approx(1 / 3)
    assert (ssa.n_evaluable, ssa.share_of_evaluable.value) == (0, None)


def test_the_not_evaluable_have_reasons():
    result = estimate_response(LINES, analyte="CGA", rule_id="ELECT50")
    assert result.not_evaluable_reasons == (
        ("PRRT", "at the limit of quantitation", 1),
        ("PRRT", "no baseline", 1),
        ("SSA", "no baseline", 1),
    )


def test_best_changes_hold_the_evaluable_lines_from_deepest():
    best = estimate_response(LINES, analyte="CGA", rule_id="ELECT50").best_changes
    assert best.columns == ["line_key", "group", "best_change_pct", "is_bound", "responded"]
    assert best["line_key"].to_list() == ["a", "b", "c"]
    assert best["is_bound"].to_list() == [False, True, False]


def test_nobody_gives_no_groups():
    result = estimate_response(LINES.clear(), analyte="CGA", rule_id="ELECT50")
    assert result.groups == ()
