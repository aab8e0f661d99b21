"""What each setting can be: its words, its days, its least and its greatest number."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date

from analytics.catalogue.grades import GRADE_EDITION_BY_NAME
from analytics.catalogue.response_rules import PROGRESSION_RULE_BY_ID, RESPONSE_RULE_BY_ID
from analytics.catalogue.settings import Settings
from analytics.catalogue.size_criteria import SIZE_CRITERIA_BY_CODE
from analytics.errors import SettingsError
from analytics.intake.dates import FIRST_YEAR, LAST_YEAR, RELATIVE, check_form
from analytics.intake.encodings import parse_encoding

WORDS: dict[str, tuple[str, ...]] = {
    "decimal_mark": ("", ".", ","),
    "thousands_mark": ("", ".", ",", "'", " "),
    "duplicate_rule": ("refuse", "latest_status"),
    "dates": ("calendar", RELATIVE),
    "confirmation_accepts_sd": ("N", "Y"),
    "cr_needs_normal_markers": ("N", "Y"),
    "pd_date_rule": ("first_sign", "earliest_scan", "latest_scan", "scheduled_visit"),
    "after_complete_response": ("leave", "progression"),
    "index_rule": ("first_administration",),
    "who_edition": tuple(GRADE_EDITION_BY_NAME),
    "size_criteria": tuple(SIZE_CRITERIA_BY_CODE),
    "response_rule": tuple(RESPONSE_RULE_BY_ID),
    "marker_progression_rule": tuple(PROGRESSION_RULE_BY_ID),
}
"""The settings that know only these words."""

MARKS = ("decimal_mark", "thousands_mark")
SPOKEN = {"space": " ", "apostrophe": "'", "comma": ",", "point": "."}
"""Marks by name: a cell of a sheet that holds a blank alone looks empty."""

DAYS = ("extract_date", "data_cutoff")
"""The settings that are a day, or empty."""

OF_THE_CALENDAR = (*DAYS, "date_form")
"""The settings that mean nothing where dates are days from each patient's anchor."""

MOST = 1_000_000.0
RANGES: dict[str, tuple[float, float]] = {
    "floor_patients": (1, MOST),
    "min_group_patients": (1, MOST),
    "max_targets": (1, MOST),
    "max_targets_per_organ": (1, MOST),
    "jump_factor": (1.01, MOST),  # at 1 every pair of values would be a jump
    "first_believed_year": (FIRST_YEAR, LAST_YEAR),
}
"""Least and greatest number of a setting; of those not named here 0 and a million."""

IN_ORDER = (("min_urine_volume_ml", "max_urine_volume_ml"), ("min_cycle_gap_days", "max_cycle_gap_days"))
"""Settings of which the first is not above the second."""


def name_marks(settings: Settings) -> Settings:
    """Return the settings with marks that are given by their names, «space», as the marks."""
    said = {name: getattr(settings, name) for name in MARKS}
    return replace(settings, **{name: SPOKEN.get(word.casefold(), word) for name, word in said.items()})


def refuse_impossible(settings: Settings) -> None:
    """Refuse a setting that no study can have.

    Raises
    ------
    SettingsError
        Naming the setting, what it is, and what it can be.
    """
    check_form(settings.date_form)
    if settings.encoding:
        parse_encoding(settings.encoding)
    for name, allowed in WORDS.items():
        if getattr(settings, name) not in allowed:
            words = ("space" if word == " " else repr(word) for word in allowed)
            raise _impossible(settings, name, f"Use one of: {', '.join(words)}.")
    for name in DAYS:
        if getattr(settings, name) and not _is_day(getattr(settings, name)):
            raise _impossible(settings, name, "Write it like 2026-03-31.")
    _refuse_numbers(settings)
    if settings.decimal_mark and settings.decimal_mark == settings.thousands_mark:
        raise _impossible(settings, "thousands_mark", "It is the decimal mark already.")
    given = [name for name in OF_THE_CALENDAR if getattr(settings, name)]
    if settings.dates == RELATIVE and given:
        raise SettingsError(
            f"Setting «{given[0]}» is of the calendar; the dates of this source are days from each patient's anchor.",
            "",
            "Leave it empty, or set dates to calendar.",
        )


def _refuse_numbers(settings: Settings) -> None:
    for item in fields(settings):
        value = getattr(settings, item.name)
        least, most = RANGES.get(item.name, (0, MOST))
        if isinstance(value, int | float) and not least <= value <= most:
            unit = f" {item.metadata['unit']}".rstrip()
            raise _impossible(settings, item.name, f"It is a number from {least:g}{unit} to {most:,.0f}{unit}.")
    for low, high in IN_ORDER:
        if getattr(settings, low) > getattr(settings, high):
            raise _impossible(settings, low, f"{high} is {getattr(settings, high):g}: it cannot be less.")


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _impossible(settings: Settings, name: str, hint: str) -> SettingsError:
    return SettingsError(f"Setting «{name}» cannot be «{getattr(settings, name)}».", "", hint)
