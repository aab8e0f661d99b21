"""How fast a marker or the diameters grow, and what the rate says of the time to come."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from analytics.catalogue.settings import Settings
from analytics.export.disclosure import make_safe
from analytics.questions.ask import answer
from analytics.questions.question import Answer, Question
from analytics.tables.marker_results import GrowthGroup, GrowthResult
from analytics.tables.regression_results import ModelResult
from analytics.tables.results import Refusal
from tests.questions.conftest import START, HandMadeStudy
from tests.questions.marked_lines import measured

LENIENT = Settings(min_group_patients=1, min_group_events=1, min_events_per_parameter=1)
MONTH = 30.4375
DOUBLED = 122  # days: four months after day 0 are 121.75
LABS = {
    "pid": pl.UInt32, "analyte": pl.String, "collected": pl.Date, "fold_uln": pl.Float64, "comparator": pl.String,
    "assay_group": pl.String, "ppi_within_2w": pl.String, "_file": pl.String, "_sheet": pl.String, "_row": pl.UInt32,
}  # fmt: skip


class GrowingStudy:
    """A study made by hand with laboratory rows beside it."""

    def __init__(self, by_hand: HandMadeStudy) -> None:
        self.study = by_hand
        self.labs: list[tuple[object, ...]] = []

    def line(self, pid: int, days: int, *values: tuple[int, float], happened: bool = True, **more: object) -> None:
        """Give a person a line that ends on day ``days``, a baseline of 10 and later (day, value)."""
        self.study.line(pid, **more)
        self.study.time(pid, days, happened=happened)
        measured(self.study, pid, *values, series="a")

    def lab(self, pid: int, day: int, fold: float, **more: str) -> None:
        """Add a laboratory value ``day`` days after the start, negative before it."""
        row = {"comparator": None, "assay_group": "a", "ppi_within_2w": "N"} | more
        when = START + timedelta(days=day)
        self.labs.append((pid, "CGA", when, fold, *row.values(), "labs.csv", None, 10_000 + len(self.labs)))

    def ask(self, **options: object) -> Answer | Refusal:
        built = self.study.build(LENIENT)
        built.tables["labs"] = pl.DataFrame(self.labs, schema=LABS, orient="row").lazy()
        asked = {"by": "none", "landmark_days": 200} | options
        return answer(built, Question(kind="growth", **asked))

    def answered(self, **options: object) -> tuple[Answer, GrowthResult]:
        given = self.ask(**options)
        assert isinstance(given, Answer), given
        assert isinstance(given.result, GrowthResult)
        return given, given.result


@pytest.fixture
def growing(by_hand: HandMadeStudy) -> GrowingStudy:
    """Six people whose marker grows by 0, 10, 20 … % a month on treatment; the faster, the sooner the event."""
    made = GrowingStudy(by_hand)
    for pid in range(6):
        rate = 1 + pid / 10
        values = ((day, 10 * rate ** ((day - 1) / MONTH)) for day in (60, 120, 180))
        made.line(pid, 900 - 100 * pid, *values)
    return made


def group_of(result: GrowthResult, period: str) -> GrowthGroup:
    return next(group for group in result.groups if group.period == period)


def test_rates_on_treatment_by_hand(growing: GrowingStudy) -> None:
    given, result = growing.answered()
    steps = [float(np.log(1 + pid / 10) / np.log(1.1)) for pid in range(6)]
    assert given.subjects["growth_on_treatment"].to_list() == pytest.approx(steps)
    group = group_of(result, "on treatment")
    assert (group.n_lines, group.n_without) == (6, 0)
    assert (group.lower_quartile, group.median, group.upper_quartile) == pytest.approx((12.5, 25.0, 37.5))


def test_a_faster_marker_foretells_an_earlier_event(growing: GrowingStudy) -> None:
    """All but one pair in order would do; here every faster line ends sooner, so the ratio runs away and is refused."""
    _, result = growing.answered()
    model = dict(result.models)["on treatment"]
    assert isinstance(model, Refusal)
    growing.line(20, 250, *((day, 10 * 0.9 ** ((day - 1) / MONTH)) for day in (60, 120, 180)))
    given, again = growing.answered()
    found = dict(again.models)["on treatment"]
    assert isinstance(found, ModelResult)
    assert found.n_lines == 7
    assert found.columns[0].step == "10 % a month"
    assert any("Growth on treatment and time from day 200" in sentence for sentence in given.summary)
    assert found.methods[0].options == (("landmark_days", "200"),)


def test_who_ended_by_the_landmark_or_was_measured_later_is_not_in_the_model(growing: GrowingStudy) -> None:
    growing.line(20, 250, *((day, 10 * 0.9 ** ((day - 1) / MONTH)) for day in (60, 120, 180)))
    growing.line(21, 200, (60, 9.0), (120, 8.0), (180, 7.0))
    growing.line(22, 700, (60, 9.0), (220, 80.0), (240, 800.0))
    given, result = growing.answered()
    model = dict(result.models)["on treatment"]
    assert isinstance(model, ModelResult)
    assert model.n_lines == 7
    assert group_of(result, "on treatment").n_without == 1
    assert given.subjects.filter(pid=22)["growth_on_treatment"].to_list() == [None]


def test_values_at_a_limit_do_not_make_a_rate(growing: GrowingStudy) -> None:
    growing.line(20, 700, (60, 9.0), (180, 2.0))
    growing.study.rows["marker_values"][-1]["day_low"] = 0.0
    given, _ = growing.answered()
    assert given.subjects.filter(pid=20)["growth_on_treatment"].to_list() == [None]


def test_growth_before_treatment_is_that_of_the_year_before_in_one_assay(growing: GrowingStudy) -> None:
    for day, fold in ((-DOUBLED, 5.0), (-DOUBLED // 2, 5 * 2**0.5), (0, 10.0)):
        growing.lab(0, day, fold)
    growing.lab(0, -400, 0.001)
    growing.lab(0, -30, 900.0, assay_group="b")
    growing.lab(0, -31, 900.0, ppi_within_2w="Y")
    growing.lab(0, -32, 900.0, comparator=">")
    given, result = growing.answered()
    doubling_in_four_months = float(np.log(2) / (DOUBLED / MONTH) / np.log(1.1))
    assert given.subjects.filter(pid=0)["growth_before"].to_list() == pytest.approx([doubling_in_four_months])
    group = group_of(result, "before treatment")
    assert (group.n_lines, group.n_without) == (1, 5)
    assert isinstance(dict(result.models)["before treatment"], Refusal)


def test_diameters_grow_on_the_targets_of_their_line(growing: GrowingStudy) -> None:
    visits = growing.study.rows["recist_assessments"]
    for day, size in ((60, 44.0), (120, 48.4)):
        visits.append(_visit(0, day, size))
    visits.append(_visit(0, 150, 900.0) | {"is_complete": False})
    given, result = growing.answered(measure="diameters")
    assert result.what == "sum of diameters"
    assert given.subjects.filter(pid=0)["growth_on_treatment"].to_list() == pytest.approx(
        [float(np.log(1.1) / (60 / MONTH) / np.log(1.01))]
    )
    assert given.subjects.filter(pid=1)["growth_on_treatment"].to_list() == [None]


def _visit(pid: int, day: int, size: float) -> dict[str, object]:
    """A complete sum ``day`` days after a baseline of 40 mm on the day of the start."""
    when = START + timedelta(days=day)
    sums = {"baseline_date": START, "baseline_mm": 40.0, "sum_mm": size, "is_complete": True, "is_inadequate": False}
    return {"pid": pid, "line_no": 1, "date": when} | sums


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"measure": "weight"}, "unknown_measure"),
        ({"endpoint": "DOR"}, "clock_not_from_start"),
        ({"analyte": "X"}, "unknown_analyte"),
    ],
)
def test_refusals(options: dict[str, object], code: str, growing: GrowingStudy) -> None:
    given = growing.ask(**options)
    assert isinstance(given, Refusal)
    assert given.code == code


def test_safe_growth_shows_quartiles_of_many_only(growing: GrowingStudy) -> None:
    given, _ = growing.answered()
    assert isinstance(make_safe(given, 5), Refusal)
    for pid in range(100, 130):
        rate = 1 + (pid % 7) / 50
        values = ((day, 10 * rate ** ((day - 1) / MONTH)) for day in (60, 120, 180))
        growing.line(pid, 300 + 7 * (pid * 37 % 60), *values, happened=pid % 3 != 0)
    many, _ = growing.answered()
    safe = make_safe(many, 5)
    assert isinstance(safe, Answer)
    assert isinstance(safe.result, GrowthResult)
    on_treatment, before = group_of(safe.result, "on treatment"), group_of(safe.result, "before treatment")
    assert on_treatment.median == pytest.approx(6.0, abs=2.1)
    assert before.median is None
    assert isinstance(dict(safe.result.models)["on treatment"], ModelResult)
    assert safe.subjects.is_empty()
