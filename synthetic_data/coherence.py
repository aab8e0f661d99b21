"""Parameters that are possible one by one and impossible together."""

from __future__ import annotations

from analytics.errors import SettingsError
from synthetic_data.scenario import Scenario

FIXED: tuple[str, ...] = ("treatments.codes", "people.primary_sites")
"""Words the other lists are counted by; a scenario changes the numbers beside them, not the words."""
SHARES: tuple[str, ...] = (
    "people.primary_shares", "people.krenning_shares", "disease.cause_shares", "care.cycle_shares", "care.arm_shares",
)  # fmt: skip


def check_coherence(scenario: Scenario, default: Scenario, where: str) -> None:
    """Refuse a scenario whose parameters contradict each other.

    Raises
    ------
    SettingsError
        A fixed list of words was changed, dates run backwards, shares are all zero, an arm is no treatment.
    """
    for key in FIXED:
        if scenario.words(key) != default.words(key):
            raise SettingsError(f"«{key}» cannot be changed.", where, "Set the share or the odds of an entry instead.")
    dates = [scenario.number(f"calendar.{key}") for key in ("accrual_start", "accrual_end", "cutoff")]
    if not dates[0] <= dates[1] < dates[2]:
        hint = "accrual_start comes first, then accrual_end, then cutoff."
        raise SettingsError(f"The calendar runs backwards: {dates}.", where, hint)
    for key in SHARES:
        if scenario.numbers(key).sum() <= 0:
            raise SettingsError(f"The shares of «{key}» are all zero.", where, "One of them must be above zero.")
    weeks = scenario.numbers("visits.scan_weeks")
    if (weeks[1:] <= weeks[:-1]).any():
        raise SettingsError("«visits.scan_weeks» does not rise.", where, "Give the weeks in order.")
    strangers = [arm for arm in scenario.words("care.arms") if arm not in scenario.words("treatments.codes")]
    if strangers:
        hint = f"Known: {', '.join(scenario.words('treatments.codes'))}."
        raise SettingsError(f"«{strangers[0]}» in «care.arms» is not a treatment.", where, hint)
    if scenario.number("people.ki67_low") >= scenario.number("people.ki67_high"):
        raise SettingsError("«people.ki67_low» is not below «people.ki67_high».", where, "Leave room between them.")
