"""How fast a marker or the diameters fall and grow again: curves by line, counts by group, and why lines have none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import exp, log

import polars as pl
import pytest

from analytics.catalogue.settings import Settings
from analytics.export.disclosure import make_safe
from analytics.export.figure_files import draw_main_figure
from analytics.export.formats import FORMATS
from analytics.export.regrowth_tables import regrowth_model_table, regrowth_table
from analytics.export.release import Level, Release
from analytics.questions.ask import answer
from analytics.questions.question import Answer, Question
from analytics.tables.marker_results import RateQuartiles, RegrowthGroup, RegrowthResult
from analytics.tables.results import Refusal
from tests.questions.conftest import START, HandMadeStudy
from tests.questions.marked_lines import measured

MONTH = 30.4375
VISITS = (61, 122, 183, 274, 366, 457)
FEW = Settings(min_group_patients=1)


def curve(day: int, growth: float, decay: float) -> float:
    """Return 10 times decay and regrowth with rates a month, the baseline lying on day 1."""
    months = (day - 1) / MONTH
    return 10 * (exp(-decay * months) + exp(growth * months) - 1)


def bend(study: HandMadeStudy, pid: int, growth: float, decay: float, treatment: str = "PRRT") -> None:
    study.line(pid, treatment=treatment)
    measured(study, pid, *((day, curve(day, growth, decay)) for day in VISITS), series="a")


def drop(study: HandMadeStudy, pid: int, *values: tuple[int, float], treatment: str = "PRRT", **more: object) -> None:
    study.line(pid, treatment=treatment)
    measured(study, pid, *values, series="a", **more)


def ask(study: HandMadeStudy, settings: Settings = FEW, **options: object) -> Answer | Refusal:
    return answer(study.build(settings), Question(kind="regrowth", **{"by": "none"} | options))


def answered(study: HandMadeStudy, settings: Settings = FEW, **options: object) -> tuple[Answer, RegrowthResult]:
    given = ask(study, settings, **options)
    assert isinstance(given, Answer), given
    assert isinstance(given.result, RegrowthResult)
    return given, given.result


def rate_of(group: RegrowthGroup, name: str) -> RateQuartiles:
    return next(rate for rate in group.rates if rate.rate == name)


def release(given: Answer, level: Level = "full") -> Release:
    return Release(answer=given, level=level, settings=FEW, call="", now=datetime(2026, 11, 29, tzinfo=UTC))


def row_of(given: Answer, pid: int) -> dict[str, object]:
    return given.subjects.filter(pid=pid).row(0, named=True)


@pytest.fixture
def bent(by_hand: HandMadeStudy) -> HandMadeStudy:
    """Five people under PRRT whose marker falls by 0.5 a month and grows by 0.01, 0.02 … 0.05; two that only fall."""
    for pid in range(5):
        bend(by_hand, pid, growth=0.01 * (pid + 1), decay=0.5)
    for pid in (10, 11):
        drop(by_hand, pid, *((day, 10 * exp(-0.1 * (day - 1) / MONTH)) for day in VISITS))
    return by_hand


def test_each_line_has_its_curve_and_each_group_its_quartiles(bent: HandMadeStudy) -> None:
    given, result = answered(bent)
    assert row_of(given, 2)["growth_per_month"] == pytest.approx(0.03, rel=1e-6)
    assert row_of(given, 2)["decay_per_month"] == pytest.approx(0.5, rel=1e-6)
    (group,) = result.groups
    assert (group.n_lines, group.models, group.reasons) == (7, (("dx", 2), ("gd", 5)), ())
    growth = rate_of(group, "growth rate g")
    assert (growth.n_lines, growth.unit) == (5, "a month")
    assert (growth.lower_quartile, growth.median, growth.upper_quartile) == pytest.approx((0.02, 0.03, 0.04), rel=1e-6)
    doubling = rate_of(group, "doubling time of growth")
    assert (doubling.median, doubling.unit) == (pytest.approx(log(2) / 0.03, rel=1e-6), "months")
    decay = rate_of(group, "decay rate d")
    assert (decay.n_lines, decay.median) == (7, pytest.approx(0.5, rel=1e-6))
    assert "7 of 7 lines with a curve of CGA (decay alone 2, decay and regrowth 5)" in given.summary[0]
    assert "growth rate g 0.03 a month at the median (quartiles 0.02 to 0.04; 5 lines)" in given.summary[1]
    assert "doubling time of growth 23 months" in given.summary[1]


def test_groups_stand_apart(bent: HandMadeStudy) -> None:
    bend(bent, 20, growth=0.2, decay=0.5, treatment="SSA")
    _, result = answered(bent, by="treatment")
    assert [(group.group, group.n_lines) for group in result.groups] == [("PRRT", 7), ("SSA", 1)]
    table = regrowth_model_table(result)
    assert table.filter(group="PRRT")["n_lines"].sum() == 7
    assert set(regrowth_table(result)["unit"]) == {"a month", "months", "share"}


def test_quartiles_of_a_few_people_are_not_given(bent: HandMadeStudy) -> None:
    bend(bent, 20, growth=0.2, decay=0.5, treatment="SSA")
    given, result = answered(bent, Settings(), by="treatment")
    growth = rate_of(result.groups[1], "growth rate g")
    assert (growth.n_lines, growth.median) == (1, None)
    assert given.summary[-1] == "SSA: 1 of 1 line with a curve of CGA (decay and regrowth 1)."


def test_each_reason_is_counted(bent: HandMadeStudy) -> None:
    bent.line(30)
    drop(bent, 31)
    drop(bent, 32, (61, 8.1))
    drop(bent, 33, (61, 10.0), (122, 10.0))
    drop(bent, 34, (30, 60.0), (60, 2.0), (90, 70.0), (120, 1.0))
    drop(bent, 35, (61, 8.0))
    given, result = answered(bent)
    (group,) = result.groups
    assert group.reasons == (
        ("no quantified value at the start", 1),
        ("one evaluation only", 1),
        ("two evaluations less than 20 % apart", 1),
        ("the same value at every evaluation", 1),
        ("not fit", 1),
    )
    assert group.models == (("dx", 3), ("gd", 5))
    assert sum(n for _, n in (*group.models, *group.reasons)) == group.n_lines == 13
    assert "one evaluation only 1" in given.summary[0]


def test_values_beyond_a_limit_are_left_out_and_said_to_be(bent: HandMadeStudy) -> None:
    bent.rows["marker_values"][-1]["day_low"] = 0.0  # the last of person 11: at most the limit
    given, result = answered(bent)
    assert (row_of(given, 11)["n_beyond"], row_of(given, 11)["n_values"]) == (1, 6)
    assert result.groups[0].n_beyond == 1
    assert any("in 1 line values beyond a quantitation limit were left out" in sentence for sentence in given.summary)


def test_a_baseline_beyond_a_limit_is_no_start(bent: HandMadeStudy) -> None:
    first = next(row for row in bent.rows["marker_values"] if row["pid"] == 11 and row["days"] == 1)
    first["day_high"] = float("inf")
    given, _ = answered(bent)
    assert (row_of(given, 11)["reason"], row_of(given, 11)["n_beyond"]) == ("no quantified value at the start", 1)


def test_another_assay_is_not_compared(bent: HandMadeStudy) -> None:
    """The regrowth was measured by another assay: the line has the values of its baseline's assay only."""
    for row in bent.rows["marker_values"]:
        if row["pid"] == 4 and row["days"] > 200:
            row["series"] = "b"
    given, _ = answered(bent)
    assert row_of(given, 4)["n_values"] == 4


def test_time_counts_from_a_baseline_before_the_start(bent: HandMadeStudy) -> None:
    """The baseline of day −30 is 61 days before day 31: there is no day 0."""
    bent.line(40)
    known = {"pid": 40, "line_no": 1, "analyte": "CGA", "is_assessable": True, "series": "a", "compared_uln": 1.0}
    for days, value in ((-30, 8.0), (31, 4.0)):
        row = {"days": days, "day_low": value, "day_high": value, "is_baseline": days < 0, "date": START}
        bent.rows["marker_values"].append(known | row)
    given, _ = answered(bent)
    assert row_of(given, 40)["span_days"] == 60
    assert row_of(given, 40)["halving_months"] == pytest.approx(60 / MONTH)


def test_diameters_may_be_gone(bent: HandMadeStudy) -> None:
    visits = bent.rows["recist_assessments"]
    for day, size in ((90, 8.0), (180, 0.0), (270, 0.0)):
        when = START + timedelta(days=day)
        sums = {
            "baseline_date": START,
            "baseline_mm": 40.0,
            "sum_mm": size,
            "is_complete": True,
            "is_inadequate": False,
        }
        visits.append({"pid": 0, "line_no": 1, "date": when} | sums)
    visits.append(visits[-1] | {"date": START + timedelta(days=360), "sum_mm": 90.0, "is_complete": False})
    given, result = answered(bent, measure="diameters")
    assert (row_of(given, 0)["model"], row_of(given, 0)["n_values"]) == ("dx", 4)
    assert result.what == "sum of diameters"
    assert row_of(given, 1)["reason"] == "no quantified value at the start"


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"measure": "weight"}, "unknown_measure"),
        ({"analyte": "X"}, "unknown_analyte"),
        ({"by": "response"}, "groups_after_time_zero"),
        ({"measure": "diameters"}, "too_few_curves"),
    ],
)
def test_refusals(options: dict[str, object], code: str, bent: HandMadeStudy) -> None:
    given = ask(bent, **options)
    assert isinstance(given, Refusal)
    assert given.code == code
    assert given.remedy


def test_too_few_curves_are_refused_with_the_reasons(by_hand: HandMadeStudy) -> None:
    bend(by_hand, 1, growth=0.02, decay=0.5)
    drop(by_hand, 2)
    given = ask(by_hand, Settings())
    assert isinstance(given, Refusal)
    assert given.sentence == (
        "Curves of CGA were found for 1 person; at least 5 are needed (without one: one evaluation only 1)."
    )
    nobody = ask(HandMadeStudy())
    assert isinstance(nobody, Refusal)
    assert nobody.code == "nobody_left"


def test_rates_of_single_lines_leave_at_the_full_level_only(bent: HandMadeStudy) -> None:
    given, _ = answered(bent)
    served = [
        form.write(release(given)) for form in FORMATS if form.serves(release(given)) and "figure" not in form.name
    ]
    files = {name: content.decode() for part in served for name, content in part.items()}
    assert "growth_per_month" in files["subjects.csv"].splitlines()[0]
    assert {"regrowth.csv", "regrowth_models.csv", "summary.json", "flow.csv"} <= set(files)
    assert not any(form.name == "subjects" and form.serves(release(given, "safe")) for form in FORMATS)


def test_safe_counts_are_merged_and_quartiles_are_of_many(bent: HandMadeStudy) -> None:
    for pid in range(100, 125):
        bend(bent, pid, growth=0.01 + 0.001 * (pid % 7), decay=0.5)
    for pid in range(200, 206):
        drop(bent, pid)
    drop(bent, 300, (61, 9.0))
    bend(bent, 400, growth=0.2, decay=0.5, treatment="SSA")
    exact, _ = answered(bent, by="treatment")
    safe = make_safe(exact, 5)
    assert isinstance(safe, Answer)
    assert isinstance(safe.result, RegrowthResult)
    (group,) = safe.result.groups
    assert group.group == "PRRT"
    assert group.models == (("other curves together", 32),)  # two lines that only fall are too few to be told
    assert group.reasons == (("other reasons together", 7),)
    growth = rate_of(group, "growth rate g")
    assert (growth.n_lines, growth.median) == (None, pytest.approx(0.014))
    assert safe.subjects.is_empty()
    assert not any("39" in sentence and "SSA" in sentence for sentence in safe.summary)


def test_safe_counts_of_enough_people_are_told(by_hand: HandMadeStudy) -> None:
    for pid in range(25):
        bend(by_hand, pid, growth=0.02, decay=0.5)
    for pid in range(100, 106):
        drop(by_hand, pid, *((day, 10 * exp(-0.1 * (day - 1) / MONTH)) for day in VISITS))
    exact, _ = answered(by_hand)
    safe = make_safe(exact, 5)
    assert isinstance(safe, Answer)
    assert isinstance(safe.result, RegrowthResult)
    assert safe.result.groups[0].models == (("dx", 6), ("gd", 25))
    assert rate_of(safe.result.groups[0], "growth rate g").n_lines == 25
    assert safe.result.groups[0].n_beyond == 0


@pytest.mark.parametrize("level", ["full", "safe"])
def test_the_figure_is_of_quartiles(level: Level, bent: HandMadeStudy) -> None:
    given, _ = answered(bent)
    figure = draw_main_figure(release(given, level))
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert "Growth rate g" in texts
    assert "0.03 (0.02 to 0.04)" in texts


def test_the_order_of_rows_changes_nothing(bent: HandMadeStudy) -> None:
    before, _ = answered(bent)
    for rows in bent.rows.values():
        rows.reverse()
    after, _ = answered(bent)
    assert after.subjects.sort("pid").equals(before.subjects.sort("pid"))
    assert after.summary == before.summary
    assert isinstance(before.subjects, pl.DataFrame)
