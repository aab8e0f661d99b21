"""Numbers as sentences: medians, limits, ratios and shares as a person says them."""

from __future__ import annotations

from analytics.catalogue.calendar import DAYS_PER_MONTH
from analytics.tables.response_results import ProportionDifference, ResponseGroup
from analytics.tables.results import Estimate, Refusal, TestResult
from analytics.tables.survival_results import GroupSurvival, HazardRatio, SurvivalResult


def describe_group_survival(group: GroupSurvival) -> str:
    """Say how many, how many events, and the median with its limits in months."""
    return (
        f"{group.group}: {counted(group.n_lines, 'line')} of {counted(group.n_patients, 'person')}, "
        f"{counted(group.n_events, 'event')}, "
        f"median {describe_months(group.median)}."
    )


def describe_months(estimate: Estimate) -> str:
    """Say an estimate given in days as months with its limits.

    >>> describe_months(Estimate(None, 694.0, None, "days"))
    'not reached (lower limit 22.8 months)'
    >>> describe_months(Estimate(864.4, 733.5, 1004.4, "days"))
    '28.4 months (24.1 to 33.0)'
    """
    if estimate.value is None:
        low = "" if estimate.low is None else f" (lower limit {estimate.low / DAYS_PER_MONTH:.1f} months)"
        return f"not reached{low}"
    low = "–" if estimate.low is None else f"{estimate.low / DAYS_PER_MONTH:.1f}"
    high = "not reached" if estimate.high is None else f"{estimate.high / DAYS_PER_MONTH:.1f}"
    return f"{estimate.value / DAYS_PER_MONTH:.1f} months ({low} to {high})"


def describe_comparison(result: SurvivalResult) -> tuple[str, ...]:
    """Say the hazard ratios and the test, or why they are not given."""
    sentences = [refused(item) if isinstance(item, Refusal) else describe_ratio(item) for item in result.hazard_ratios]
    if isinstance(result.test, Refusal):
        sentences.append(refused(result.test))
    elif result.test is not None:
        sentences.append(describe_test(result.test))
    return tuple(dict.fromkeys(sentences))


def describe_ratio(item: HazardRatio) -> str:
    """Say one hazard ratio with its limits."""
    ratio = item.ratio
    robust = ", errors clustered by patient" if item.is_robust else ""
    return (
        f"Hazard ratio {item.group} against {item.reference}: {number(ratio.value)} "
        f"({number(ratio.low)} to {number(ratio.high)}{robust}), {p_value(item.p_value)}."
    )


def describe_test(test: TestResult) -> str:
    """Say a test with its statistic and p value."""
    return f"{test.name}: chi-squared {test.statistic:.2f} on {test.degrees_of_freedom} df, {p_value(test.p_value)}."


def describe_response(group: ResponseGroup) -> str:
    """Say responders over evaluable, the not evaluable beside them, and responders over all."""
    if group.n_evaluable == 0:
        return f"{group.group}: nobody evaluable; not evaluable {group.n_not_evaluable}."
    return (
        f"{group.group}: {group.n_responders}/{group.n_evaluable} evaluable = {share(group.share_of_evaluable)}, "
        f"confirmed {group.n_confirmed}; not evaluable {group.n_not_evaluable}; of all {share(group.share_of_all)}."
    )


def share(estimate: Estimate) -> str:
    """Say a share as a percentage with limits.

    >>> share(Estimate(0.5, 0.448, 0.552, "share"))
    '50.0 % (44.8 to 55.2)'
    """
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return "not estimable"
    return f"{100 * estimate.value:.1f} % ({100 * estimate.low:.1f} to {100 * estimate.high:.1f})"


def describe_share_difference(item: ProportionDifference) -> str:
    """Say the difference and the ratio of two shares with their limits and the exact test."""
    difference = " to ".join(f"{100 * (part or 0):+.1f}" for part in (item.difference.low, item.difference.high))
    return (
        f"{item.group} against {item.reference}: {100 * (item.difference.value or 0):+.1f} percentage points "
        f"({difference}), ratio {number(item.ratio.value)} ({number(item.ratio.low)} to {number(item.ratio.high)}), "
        f"Fisher's exact {p_value(item.p_value)}."
    )


def refused(refusal: Refusal) -> str:
    """Say a refusal with its remedy."""
    return f"{refusal.sentence} {refusal.remedy}".strip()


def number(value: float | None) -> str:
    """Say a ratio with two decimals."""
    return "–" if value is None else f"{value:.2f}"


def p_value(value: float) -> str:
    """Say a p value.

    >>> p_value(0.00002), p_value(0.0413)
    ('p < 0.001', 'p = 0.041')
    """
    return "p < 0.001" if value < 0.001 else f"p = {value:.3f}"


def counted(count: int | None, thing: str) -> str:
    """Say a count with its noun; a withheld count is said to be few.

    >>> counted(1, "line"), counted(3, "person"), counted(None, "event")
    ('1 line', '3 people', 'few events')
    """
    plural = "people" if thing == "person" else f"{thing}s"
    if count is None:
        return f"few {plural}"
    return f"{count} {thing if count == 1 else plural}"
