"""Marker against scans: which scan is matched with which value, the four counts, and the limits."""

from __future__ import annotations

from datetime import timedelta

import pytest

from analytics.export.disclosure import make_safe
from analytics.questions.ask import answer
from analytics.questions.question import Answer, Question
from analytics.tables.marker_results import ScanAgreementResult
from analytics.tables.model_results import AgreementResult
from analytics.tables.results import Refusal
from tests.questions.conftest import START, HandMadeStudy
from tests.questions.marked_lines import day_of, measured

SCHEMAS = {
    "responses": ("pid", "imaging_id", "response", "criteria", "reader", "date", "date_precision", "_file", "_row"),
    "imaging": ("pid", "imaging_id", "date", "date_precision", "adequate"),
}


class ScannedStudy:
    """A study made by hand with readers' responses beside it."""

    def __init__(self, by_hand: HandMadeStudy) -> None:
        self.study = by_hand
        self.scans: list[tuple[int, int, str, str]] = []

    def line(self, pid: int, scans: tuple[tuple[int, str], ...], *values: tuple[int, float], **more: object) -> None:
        """Give a person one line with (day, response) scans and (day, value) after a baseline of 10."""
        self.study.line(pid, **more)
        self.scans += [(pid, day, response, "Y") for day, response in scans]
        measured(self.study, pid, *values, series="a")

    def ask(self, **options: object) -> Answer | Refusal:
        import polars as pl

        built = self.study.build()
        responses = [
            (pid, f"S{pid}.{day}", response, "RECIST_1_1", "local", day_of(day), "D", "responses.csv", place)
            for place, (pid, day, response, _) in enumerate(self.scans)
        ]
        imaging = [(pid, f"S{pid}.{day}", day_of(day), "D", adequate) for pid, day, _, adequate in self.scans]
        for name, rows in (("responses", responses), ("imaging", imaging)):
            frame = pl.DataFrame(rows, schema=list(SCHEMAS[name]), orient="row")
            built.tables[name] = frame.with_columns(pl.col("pid").cast(pl.UInt32)).lazy()
        return answer(built, Question(kind="agreement", **options))

    def answered(self, **options: object) -> tuple[Answer, ScanAgreementResult]:
        given = self.ask(**options)
        assert isinstance(given, Answer), given
        assert isinstance(given.result, ScanAgreementResult)
        return given, given.result


@pytest.fixture
def scanned(by_hand: HandMadeStudy) -> ScannedStudy:
    """Ten people: three respond on the scan, of whom two in the marker; two progress, of whom one in the marker."""
    made = ScannedStudy(by_hand)
    made.line(0, ((90, "PR"),), (88, 4.0))
    made.line(1, ((90, "CR"),), (88, 5.0))
    made.line(2, ((90, "PR"),), (88, 8.0))
    made.line(3, ((90, "PD"),), (88, 20.0))
    made.line(4, ((90, "PD"),), (88, 9.0))
    for pid in (5, 6, 7, 8):
        made.line(pid, ((90, "SD"),), (88, 10.0))
    made.line(9, ((90, "SD"),), (88, 3.0))
    return made


def counts_of(result: ScanAgreementResult) -> tuple[tuple[int, ...], tuple[int, ...]]:
    return result.agreements[0].counts, result.agreements[1].counts


def test_four_counts_and_shares_by_hand(scanned: ScannedStudy) -> None:
    given, result = scanned.answered()
    assert (result.n_scans, result.n_matched) == (10, 10)
    assert counts_of(result) == ((2, 1, 1, 6), (1, 0, 1, 8))
    response, progression = result.agreements
    assert response.sensitivity.value == pytest.approx(2 / 3)
    assert response.specificity.value == pytest.approx(6 / 7)
    assert response.agreement.value == pytest.approx(8 / 10)
    assert progression.sensitivity.value == pytest.approx(1 / 2)
    assert progression.positive_predictive.value == pytest.approx(1.0)
    assert "2 both, 1 marker only, 1 scan only, 6 neither" in given.summary[1]


def test_kappa_by_hand(scanned: ScannedStudy) -> None:
    """Agreement 0.8; by chance 3/10 · 3/10 + 7/10 · 7/10 = 0.58; kappa (0.8 − 0.58) / 0.42."""
    _, result = scanned.answered()
    assert result.agreements[0].kappa.value == pytest.approx(0.22 / 0.42)


@pytest.mark.parametrize(("day", "is_matched"), [(-1, False), (0, True), (120, True), (121, False)])
def test_the_window_has_its_ends(day: int, *, is_matched: bool, scanned: ScannedStudy) -> None:
    """Window of 90 days before to 30 after a scan on day 90."""
    scanned.line(20, ((90 if day > 1 else 92 - day, "SD"),), (day if day > 1 else 2, 9.0))
    _, result = scanned.answered()
    assert result.n_matched == 10 + is_matched


def test_the_nearest_value_counts_and_the_earlier_of_two_as_near(scanned: ScannedStudy) -> None:
    scanned.line(20, ((90, "SD"),), (80, 4.0), (100, 10.0), (60, 10.0))
    given, _ = scanned.answered()
    assert given.subjects.filter(pid=20)["marker_days"].to_list() == [80]


def test_scans_after_the_first_progression_and_after_the_next_line_are_not_in(scanned: ScannedStudy) -> None:
    scanned.line(20, ((90, "PD"), (180, "PD")), (88, 9.0), (180, 9.0))
    scanned.line(21, ((90, "SD"), (200, "SD")), (88, 9.0), next_line_date=START + timedelta(days=100))
    _, result = scanned.answered()
    assert result.n_scans == 12


def test_a_scan_that_shows_nothing_is_none(scanned: ScannedStudy) -> None:
    scanned.line(20, ((90, "NE"),), (88, 9.0))
    scanned.line(21, ((90, "SD"),), (88, 9.0))
    scanned.scans[-1] = (21, 90, "SD", "N")
    _, result = scanned.answered()
    assert result.n_scans == 10


def test_a_value_at_a_limit_can_leave_one_question_open(scanned: ScannedStudy) -> None:
    """At most 8 after 10: it has not risen, but whether it fell by half is not known."""
    scanned.line(20, ((90, "SD"),), (88, 8.0))
    scanned.study.rows["marker_values"][-1]["day_low"] = 0.0
    given, result = scanned.answered()
    assert sum(result.agreements[0].counts) == 10
    assert sum(result.agreements[1].counts) == 11
    assert any(note.startswith("1 pair left open") for note in given.notes)


def test_several_scans_of_a_person_widen_the_limits(scanned: ScannedStudy) -> None:
    """Each of ten people says the same five times: the shares stay, and so do the limits of ten pairs, or wider."""
    _, once = scanned.answered()
    for pid, _, response, _ in list(scanned.scans):
        if response != "PD":
            scanned.scans += [(pid, 90 + place, response, "Y") for place in range(1, 5)]
    _, often = scanned.answered()

    def width(item: AgreementResult) -> float:
        assert item.specificity.low is not None
        assert item.specificity.high is not None
        return item.specificity.high - item.specificity.low

    assert often.n_matched > 4 * once.n_matched - 10
    assert width(often.agreements[0]) > 0.8 * width(once.agreements[0])


def test_a_rule_that_one_value_does_not_decide_is_refused(scanned: ScannedStudy) -> None:
    given = scanned.ask(response_rule="CLAR_AND")
    assert isinstance(given, Refusal)
    assert "ELECT50" in given.remedy


def test_no_value_near_a_scan_is_a_refusal_that_names_the_window(scanned: ScannedStudy) -> None:
    given = scanned.ask(days_before=0, days_after=0)
    assert isinstance(given, Refusal)
    assert "0 days before it to 0 days after it" in given.sentence


def test_safe_agreement_shows_no_small_cell(scanned: ScannedStudy) -> None:
    given, _ = scanned.answered()
    assert isinstance(make_safe(given, 5), Refusal)
    for copy in range(1, 6):
        for pid in range(10):
            scans = tuple((day, response) for who, day, response, _ in scanned.scans if who == pid)
            last = next(row for row in reversed(scanned.study.rows["marker_values"]) if row["pid"] == pid)
            scanned.line(100 * copy + pid, scans, (88, last["value"]))
    many, exact = scanned.answered()
    safe = make_safe(many, 5)
    assert isinstance(safe, Answer)
    assert isinstance(safe.result, ScanAgreementResult)
    assert safe.result.agreements[0].counts == exact.agreements[0].counts == (12, 6, 6, 36)
    assert safe.result.agreements[1].counts == (6, 0, 6, 48)
    assert safe.subjects.is_empty()
