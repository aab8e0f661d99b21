"""Dates that name their month, as hospitals of several languages and SAS write them."""

from __future__ import annotations

from datetime import date

import pytest

from analytics.intake.dates import parse_date
from analytics.intake.month_names import MONTH_WORDS, read_named_month

DAYS = {
    "12-Jan-2020": date(2020, 1, 12),
    "12 Jan 2020": date(2020, 1, 12),
    "12JAN2020": date(2020, 1, 12),
    "12JAN2020:08:30:00": date(2020, 1, 12),
    "12-Jan-2020 8:30 AM": date(2020, 1, 12),
    "Jan 12, 2020": date(2020, 1, 12),
    "2020-Jan-12": date(2020, 1, 12),
    "12th March 2020": date(2020, 3, 12),
    "12. März 2020": date(2020, 3, 12),
    "12. ma\u0308rz 2020": date(2020, 3, 12),
    "5. Jän. 2020": date(2020, 1, 5),
    "1er mars 2020": date(2020, 3, 1),
    "12 août 2020": date(2020, 8, 12),
    "12/janv./2020": date(2020, 1, 12),
    "3. maj 2020": date(2020, 5, 3),
    "3 okt 2020": date(2020, 10, 3),
    "17. mai 2020": date(2020, 5, 17),
    "5. tammikuuta 2020": date(2020, 1, 5),
}


@pytest.mark.parametrize("text", DAYS)
def test_a_named_month_settles_the_order(text):
    for form in ("", "mm/dd/yyyy", "dd.mm.yyyy"):
        found = parse_date(text, form)
        assert (found.lo, found.hi, found.precision) == (DAYS[text], DAYS[text], "D")


@pytest.mark.parametrize("text", ["Jan 2020", "JAN2020", "2020-Jan", "jan. 2020"])
def test_a_named_month_without_a_day_is_the_month(text):
    found = parse_date(text, "")
    assert (found.lo, found.hi, found.precision) == (date(2020, 1, 1), date(2020, 1, 31), "M")


@pytest.mark.parametrize(
    "text", ["Jan", "12 Jan", "12 jui 2020", "Jan 122020", "Jan 2020 08:30", "12 Jan 2020 25:00", "12-Jan-020"]
)
def test_what_is_not_a_whole_date_is_none(text):
    assert parse_date(text, "").problem == ""


def test_each_word_means_one_month():
    words = [word for line in MONTH_WORDS for word in line.split()]
    assert len(MONTH_WORDS) == 12
    assert len(words) == len(set(words))
    for month, line in enumerate(MONTH_WORDS, start=1):
        for word in line.split():
            found = read_named_month(f"12 {word.upper()} 2020", "")
            assert found is not None
            assert found.month == month


def test_days_from_an_anchor_name_no_month():
    assert parse_date("12-Jan-2020", "relative").problem == "not days"


def test_midnight_of_sas_is_no_time(deliver):
    """Two values of one day may stand beside each other unless a time says that they are one sample."""
    labs = "patient_id,analyte,collected,value_text,unit,uln\n"
    for time, n_used in (("00:00:00", 2), ("08:30:00", 0)):
        rows = "".join(f"P1,CGA,12JAN2020:{time},{value},ng/mL,85\n" for value in (400, 500))
        assert deliver({"labs": labs + rows}).tables["labs"].height == n_used
