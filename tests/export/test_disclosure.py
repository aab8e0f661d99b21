"""The safe level: what may leave, what is merged, what is withheld, and an attempt to get it back."""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import astuple
from datetime import datetime
from itertools import combinations, product
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.catalogue.settings import Settings
from analytics.errors import RefusedError
from analytics.export.disclosure import make_safe
from analytics.export.linked_tables import Lines, Part, Shown
from analytics.export.merging import Cell, merge_cells, merge_flow
from analytics.export.release import Release
from analytics.export.summary import summarise
from analytics.export.write import write_answer
from analytics.questions.question import Answer
from analytics.tables.cohort_results import CohortResult, EndpointsResult, FlowStep, TrajectoryResult
from analytics.tables.response_results import ResponseResult
from analytics.tables.results import Refusal, TestResult
from analytics.tables.survival_results import HazardRatio, SurvivalResult

FLOOR = 5


def lines(people: Iterable[int]) -> Lines:
    return frozenset((pid, 1) for pid in people)


def safe(answer: Answer, floor: int = FLOOR) -> Answer:
    made = make_safe(answer, floor)
    assert isinstance(made, Answer)
    return made


def survival(answer: Answer) -> SurvivalResult:
    return cast("SurvivalResult", answer.result)


def test_nothing_of_a_person_is_left(two_arms: Answer) -> None:
    made = safe(two_arms)
    assert made.subjects.is_empty()
    assert "exact sentence" not in made.summary


def test_steps_are_of_nobody_or_of_the_floor_and_add_up(two_arms: Answer) -> None:
    for group in survival(safe(two_arms)).groups:
        curve = group.curve
        assert group.n_lines == curve.n_risk[0]
        assert all(n == 0 or n >= FLOOR for n in (*curve.n_event, *curve.n_censor))
        left = curve.n_risk - curve.n_event - curve.n_censor
        assert (curve.n_risk[1:] == left[:-1]).all()
        assert (left >= FLOOR).all()
        later_events = group.n_events - curve.n_event.sum()
        later_censored = left[-1] - later_events
        assert all(n == 0 or n >= FLOOR for n in (later_events, later_censored))


def test_medians_are_whole_months_near_the_exact_ones(two_arms: Answer) -> None:
    for exact, coarse in zip(survival(two_arms).groups, survival(safe(two_arms)).groups, strict=True):
        assert exact.median.value is not None
        assert coarse.median.value is not None
        months = coarse.median.value / 30.4375
        assert months == round(months)
        assert abs(coarse.median.value - exact.median.value) < 3 * 30.4375  # rows are a few months wide here


def test_follow_up_is_said_from_the_coarse_table_alone(two_arms: Answer) -> None:
    for group in survival(safe(two_arms)).groups:
        assert all(
            part is None or part / 30.4375 == round(part / 30.4375)
            for part in (group.follow_up.value, group.follow_up.low, group.follow_up.high)
        )


def test_a_ratio_leaves_with_two_figures_and_a_p_value_with_one(two_arms: Answer) -> None:
    made = survival(safe(two_arms))
    ratio, test = made.hazard_ratios[0], made.test
    assert isinstance(ratio, HazardRatio)
    assert isinstance(test, TestResult)
    for number, figures in ((ratio.ratio.value, 2), (ratio.ratio.low, 2), (ratio.p_value, 1), (test.p_value, 1)):
        assert number is not None
        assert number == float(f"{number:.{figures}g}")


def test_no_ratio_leaves_where_a_group_has_few_events(make_survival: Callable[..., Answer]) -> None:
    few = [(n, "PRRT", 40 + 25 * n, n % 7 == 0) for n in range(60)]
    many = [(100 + n, "SSA", 20 + 16 * n, True) for n in range(50)]
    made = survival(safe(make_survival(few + many)))
    assert isinstance(made.hazard_ratios[0], Refusal)
    assert isinstance(made.test, Refusal)
    assert not re.search(r"\b9\b", made.test.sentence)  # PRRT has 9 events


def test_a_small_group_leaves_no_trace_in_the_totals(make_survival: Callable[..., Answer]) -> None:
    large = [(n, "PRRT", 40 + 25 * n, n % 3 != 0) for n in range(60)]
    small = [(100 + n, "SSA", 100 + n, True) for n in range(3)]
    made = safe(make_survival(large + small))
    assert [group.group for group in survival(made).groups] == ["PRRT"]
    assert [step.n_lines for step in made.flow] == [60]
    assert isinstance(survival(made).test, Refusal)
    assert "SSA" not in json.dumps([made.summary, made.notes, [step.reason for step in made.flow]])


def test_when_no_group_may_be_shown_the_answer_is_refused(
    make_survival: Callable[..., Answer], tmp_path: Path, now: datetime
) -> None:
    answer = make_survival([(n, "PRRT", 100 + n, True) for n in range(4)])
    refusal = make_safe(answer, FLOOR)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "below_floor"
    with pytest.raises(RefusedError):
        write_answer(answer, tmp_path / "out", "safe", call="", now=now)
    assert not (tmp_path / "out").exists()


def test_the_people_in_several_groups_are_said_only_from_the_floor_up(make_survival: Callable[..., Answer]) -> None:
    def shared(n: int) -> Answer:
        prrt = [(pid, "PRRT", 40 + 25 * pid, pid % 3 != 0) for pid in range(60)]
        ssa = [(60 - n + pid, "SSA", 20 + 16 * pid, pid % 3 != 0) for pid in range(50)]
        return make_survival(prrt + ssa)

    for n, said in ((0, 0), (3, None), (8, 8)):
        made = safe(shared(n))
        assert survival(made).n_patients_in_several_groups == said
        assert not any(f"{n} people are" in note for note in made.notes)


def test_late_entry_has_no_safe_form_yet(two_arms: Answer) -> None:
    survival(two_arms).groups[0].curve.n_enter[3] = 1
    refusal = make_safe(two_arms, FLOOR)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "late_entry"


@pytest.mark.parametrize(
    ("parts", "shown"),
    [
        #  confirmed, unconfirmed, no response, not evaluable → all, evaluable, not evaluable, responders, confirmed
        ((10, 8, 30, 6), (54, 48, 6, 18, 10)),
        ((16, 2, 30, 6), (54, 48, 6, 18, None)),
        ((10, 8, 30, 2), (50, None, None, 18, None)),
        ((2, 1, 30, 6), (39, 33, 6, None, None)),
        ((2, 1, 30, 2), (35, None, None, None, None)),
        ((0, 0, 30, 0), (30, 30, 0, 0, 0)),
    ],
)
def test_a_response_is_split_as_far_as_its_parts_may_be_shown(
    make_response: Callable[..., Answer],
    parts: tuple[int, int, int, int],
    shown: tuple[int | None, ...],
) -> None:
    group = cast("ResponseResult", safe(make_response(*parts)).result).groups[0]
    assert (group.n_all, group.n_evaluable, group.n_not_evaluable, group.n_responders, group.n_confirmed) == shown
    assert (group.share_of_evaluable.value is None) == (group.n_evaluable is None or group.n_responders is None)
    assert (group.share_of_all.value is None) == (group.n_responders is None)


def test_best_changes_stay_inside_and_rare_reasons_are_merged(make_response: Callable[..., Answer]) -> None:
    made = cast("ResponseResult", safe(make_response(10, 8, 30, 12, reasons=4)).result)
    assert made.best_changes.is_empty()
    assert made.not_evaluable_reasons == (("PRRT", "other reasons together", 12),)


def test_categories_are_merged_until_each_is_of_enough_people(cohort: Answer) -> None:
    made = cast("CohortResult", safe(cohort).result)
    assert made.groups == (("PRRT", 40, 40),)
    counts = {
        name: dict(part.select("category", "n").rows())
        for (name,), part in made.characteristics.group_by("characteristic")
    }
    assert counts["Sex"] == {"other categories together": 40}  # 3 men: with two categories neither can be shown
    assert counts["Primary site"] == {"pancreas": 20, "other categories together": 20}  # 2 lung + 1 skin + 17
    assert counts["Grade"] == {"not recorded": 10, "G2": 30}
    assert all(sum(part.values()) == 40 for part in counts.values())


def test_two_tables_about_the_same_people_are_held_against_each_other() -> None:
    histology = [Part(("NEC",), lines(range(10))), Part(("NET",), lines(range(10, 60)))]
    grade = [Part(("NEC small",), lines(range(8))), Part(("G1",), lines(range(8, 60)))]
    site = [Part(("lung",), lines(range(5))), Part(("pancreas",), lines(range(5, 60)))]
    shown = Shown(lines(range(60)), FLOOR)
    together = [Part(("all",), lines(range(60)))]
    assert shown.choose(histology, together) == histology
    assert shown.choose(grade, together) == together  # 10 carcinomas less 8 small-cell ones are 2
    assert shown.choose(site, together) == site  # 10 less 5 are of the floor


def test_steps_that_remove_too_few_are_merged_with_the_next(cohort: Answer) -> None:
    made = safe(cohort)
    assert [(step.n_lines, step.n_lines_removed) for step in made.flow] == [(60, 0), (40, 20)]
    assert made.flow[1].reason.startswith("no consent to research; Merkel cell carcinoma; in a group too small")


def test_a_flow_that_loses_too_few_in_all_is_its_last_step() -> None:
    flow = (FlowStep("all", 52, 52, 0, ""), FlowStep("consent", 50, 50, 2, "no consent"))
    assert merge_flow(flow, FLOOR) == (FlowStep("consent", 50, 50, 0, ""),)


def test_people_beside_lines_are_counted_only_where_they_are_as_many() -> None:
    flow = (FlowStep("all", 60, 62, 0, ""), FlowStep("first line", 50, 50, 12, "a later line"))
    assert [step.n_patients for step in merge_flow(flow, FLOOR)] == [None, 50]


@settings(deadline=None)
@given(st.lists(st.integers(0, 20), max_size=8), st.integers(1, 10))
def test_merged_cells_keep_the_sum_and_are_of_enough_people(counts: list[int], floor: int) -> None:
    cells = [Cell(str(place), n, n) for place, n in enumerate(counts)]
    merged = merge_cells(cells, floor, "together")
    assert sum(cell.n_lines for cell in merged) == sum(counts)
    if sum(counts) >= floor:
        assert all(cell.n_people == 0 or cell.n_people >= floor for cell in merged)


def test_an_endpoint_that_differs_by_two_people_from_another_shows_no_split(endpoints: Answer) -> None:
    counts = cast("EndpointsResult", safe(endpoints).result).counts
    pfs = counts.filter(counts["endpoint"] == "PFS")
    assert sorted(pfs.select("status", "reason", "n_lines").rows()) == [
        ("all together", "", 20),  # 2 excluded must be hidden among the censored
        ("event", "other reasons together", 20),  # 3 deaths must be hidden among the progressions
    ]
    other = counts.filter(counts["endpoint"] == "PFS_ALL")
    assert other.select("status", "n_lines").rows() == [("all together", 40)]


def test_a_quantile_needs_people_beyond_it(trajectory: Answer) -> None:
    bands = cast("TrajectoryResult", safe(trajectory).result).bands
    shown = {
        row["n_lines"]: [row[name] is not None for name in ("q10", "q25", "median", "q75", "q90")]
        for row in bands.to_dicts()
    }
    assert shown == {
        60: [True] * 5,
        20: [False, True, True, True, False],  # 24 sampled, rounded down
        10: [False, False, True, False, False],  # 12 sampled
    }
    assert all(value is None or value == float(f"{value:.2g}") for value in bands["median"])


def test_no_exact_sentence_survives(
    two_arms: Answer, cohort: Answer, trajectory: Answer, endpoints: Answer, make_response: Callable[..., Answer]
) -> None:
    for answer in (two_arms, trajectory, endpoints, make_response(10, 8, 30, 6)):
        assert "exact sentence" not in safe(answer).summary
    assert "44" not in " ".join(safe(cohort).summary)


def numbers_of(value: Any) -> list[int]:
    if isinstance(value, dict):
        items = cast("dict[str, Any]", value).items()
        return [n for key, part in items if key not in ("months", "degrees_of_freedom") for n in numbers_of(part)]
    if isinstance(value, list):
        return [n for part in cast("list[Any]", value) for n in numbers_of(part)]
    return [value] if isinstance(value, int) and not isinstance(value, bool) else []


lines_of_a_cohort = st.lists(
    st.tuples(st.integers(0, 25), st.sampled_from(["PRRT", "SSA", "targeted"]), st.integers(1, 900), st.booleans()),
    min_size=1,
    max_size=80,
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=lines_of_a_cohort, floor=st.integers(2, 8))
def test_who_subtracts_exported_counts_finds_nobody_below_the_floor(
    make_survival: Callable[..., Answer], now: datetime, lines: list[tuple[int, str, int, bool]], floor: int
) -> None:
    """Rebuild people from the tables: every count, and every difference of nested counts, is 0 or of the floor."""
    from analytics.export.survival_tables import write_curve, write_guyot, write_risk_table

    answer = make_survival(lines, (FlowStep("all", 100, 130, 0, ""), FlowStep("some", 90, len(lines), 1, "other")))
    made = make_safe(answer, floor)
    if isinstance(made, Refusal):
        return
    release = Release(answer=made, level="safe", settings=Settings(floor_patients=floor), call="", now=now)
    curve = list(csv.DictReader(io.StringIO(write_curve(release)["curve.csv"].decode())))
    risk = list(csv.DictReader(io.StringIO(write_risk_table(release)["risk_table.csv"].decode())))
    write_guyot(release)
    said = summarise(release)
    for group in said["groups"]:
        steps = [row for row in curve if row["strata"] == group["group"]]
        events = [int(row["cum.event"]) for row in steps] + [group["n_events"]]
        censored = [int(row["cum.censor"]) for row in steps] + [group["n_lines"] - group["n_events"]]
        at_risk = [int(row["n.risk.after"]) for row in risk if row["strata"] == group["group"]]
        for counts in (events, censored):
            differences = {later - earlier for place, earlier in enumerate(counts) for later in counts[place:]}
            assert all(n == 0 or n >= floor for n in differences)
        assert all(n >= floor for n in at_risk)
        # the exact people behind each step are as many as claimed
        exact = [line for line in lines if line[1] == group["group"]]
        for earlier, later in itertools.pairwise(steps):
            inside = [line for line in exact if int(earlier["days"]) < line[2] <= int(later["days"])]
            for happened, column in ((True, "n.event"), (False, "n.censor")):
                people = {pid for pid, _, _, event in inside if event == happened}
                assert len(people) == 0 or len(people) >= floor
                assert int(later[column]) == sum(event == happened for *_, event in inside)
        extra = 0 if group["n_patients"] is None else group["n_lines"] - group["n_patients"]
        assert extra == 0 or extra >= floor
    flow = [step["n_lines"] for step in said["flow"]]
    assert all(n == 0 or n >= floor for n in (a - b for a, b in itertools.pairwise(flow)))
    assert flow[-1] == sum(group["n_lines"] for group in said["groups"])
    assert all(n == 0 or n >= floor for n in numbers_of(said["groups"]) if n not in (365, 730, 1096))


def test_ratios_leave_between_the_groups_that_are_shown(make_survival: Callable[..., Answer]) -> None:
    prrt = [(n, "PRRT", 40 + 25 * n, n % 3 != 0) for n in range(60)]
    ssa = [(100 + n, "SSA", 20 + 16 * n, n % 3 != 0) for n in range(50)]
    few = [(200 + n, "targeted", 100 + n, True) for n in range(4)]
    made = survival(safe(make_survival(prrt + ssa + few)))
    ratios = [item for item in made.hazard_ratios if isinstance(item, HazardRatio)]
    assert [(item.group, item.reference) for item in ratios] == [("SSA", "PRRT")]
    assert isinstance(made.hazard_ratios[-1], Refusal)
    assert isinstance(made.test, Refusal)


@pytest.mark.parametrize(("n", "floor"), [(9, 3), (12, 4), (14, 5)])
def test_no_small_part_of_a_response_can_be_worked_out(
    make_response: Callable[..., Answer], n: int, floor: int
) -> None:
    """Each way n lines can fall into the four parts is made safe; those that look alike must differ below the floor."""
    classes: dict[object, list[tuple[int, ...]]] = defaultdict(list)
    for confirmed, unconfirmed, other in product(range(n + 1), repeat=3):
        parts = (confirmed, unconfirmed, other, n - confirmed - unconfirmed - other)
        if parts[-1] < 0:
            continue
        group = cast("ResponseResult", safe(make_response(*parts), floor).result).groups[0]
        classes[astuple(group)].append(parts)
    assert len(classes) > 10
    for alike in classes.values():
        for size in (1, 2, 3):
            for chosen in combinations(range(4), size):
                counts = {sum(parts[place] for place in chosen) for parts in alike}
                assert len(counts) > 1 or not 0 < min(counts) < floor
