"""Named rules of marker response; two wordings of one trial are two rules."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ResponseRule:
    """When a marker counts as responding.

    ``fall_pct`` is the fall from baseline that is enough (≥). ``needs_raised_baseline`` asks for a
    baseline above the upper limit. ``normalisation`` is «ignored», «required» or «sufficient».
    ``within_days`` limits the deciding value to a window after the start; empty tuple: any time before
    the next line.
    """

    rule_id: str
    name: str
    wording: str
    fall_pct: int
    needs_raised_baseline: bool
    normalisation: str
    source: str
    within_days: tuple[int, ...] = ()


RESPONSE_RULES: tuple[ResponseRule, ...] = (
    ResponseRule(
        "ELECT50",
        "50 % fall",
        "A fall of at least 50 % from baseline at any time before the next line.",
        50,
        False,
        "ignored",
        "clarinet_elect_pool",
    ),
    ResponseRule(
        "CLAR_AND",
        "50 % fall and normalisation",
        "Baseline above the upper limit, a fall of at least 50 % and a value at or below the limit.",
        50,
        True,
        "required",
        "clarinet_biomarkers",
    ),
    ResponseRule(
        "CLAR_OR",
        "50 % fall or normalisation",
        "Baseline above the upper limit, a fall of at least 50 % or a value at or below the limit.",
        50,
        True,
        "sufficient",
        "clarinet_biomarkers",
    ),
)

RESPONSE_RULE_BY_ID: dict[str, ResponseRule] = {rule.rule_id: rule for rule in RESPONSE_RULES}
