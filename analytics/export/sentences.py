"""The words that travel with the numbers: endpoint, time zero, methods for the paper, caption."""

from __future__ import annotations

from analytics.catalogue.endpoints import ENDPOINT_BY_CODE
from analytics.export.release import Release
from analytics.questions.wording import describe_months
from analytics.tables.results import Estimate, Method
from analytics.tables.survival_results import SurvivalResult

TIME_ZERO = "the first administration of the line"
ORIGINS = {
    "start": TIME_ZERO,
    "response": "the first response",
    "confirmed_response": "the first response that was confirmed",
    "lasting_marker_response": "the biochemical response",
}
"""Time zero in words, by the origin of an endpoint's clock."""
CAPTION_NOTES = (
    "Treatments were not randomised", "Landmark day", "Until the day of", "Response was not randomised",
    "Every value of", "Late entry:", "Lines are weighted",
)  # fmt: skip
"""How the notes begin without which a figure would mislead."""
MONTHS = "Months are days / 30.4375; days are date − start + 1."


def describe_methods(methods: tuple[Method, ...]) -> str:
    """Return the methods as one paragraph for a paper, each with its software and reference.

    >>> describe_methods((Method("Log-rank test", "Mantel 1966", "lutetia", "0.1.0"),))
    'Log-rank test (lutetia 0.1.0) [Mantel 1966].'
    """
    return " ".join(_describe(method) for method in methods)


def describe_endpoint(code: str) -> dict[str, object]:
    """Return what the endpoint counts, what ends observation and where it censors."""
    endpoint = ENDPOINT_BY_CODE.get(code)
    if endpoint is None:
        return {"code": code, "name": code}
    return {
        "code": endpoint.code,
        "name": endpoint.name,
        "events": list(endpoint.events),
        "observation_ends_at": list(endpoint.ends),
        "censored_at": endpoint.censor_at,
        "source": endpoint.source,
    }


def name_endpoint(code: str) -> str:
    """Return the endpoint's full name, or its code when the catalogue has none."""
    endpoint = ENDPOINT_BY_CODE.get(code)
    return code if endpoint is None else endpoint.name


def say_months(estimate: Estimate) -> str:
    """Say a time given in days as months with its limits; whole months are written without a decimal.

    >>> say_months(Estimate(24 * 30.4375, 21 * 30.4375, None, "days"))
    '24 months (21 to not reached)'
    """
    return describe_months(estimate).replace(".0 ", " ").replace(".0)", ")")


def name_time_zero(code: str) -> str:
    """Return what the endpoint's clock starts at."""
    endpoint = ENDPOINT_BY_CODE.get(code)
    return TIME_ZERO if endpoint is None else ORIGINS.get(endpoint.origin, endpoint.origin)


def name_clock_start(result: SurvivalResult) -> str:
    """Return what the times of a result count from: time zero of its endpoint, or its landmark."""
    if result.landmark_days is None:
        return name_time_zero(result.endpoint)
    return f"the landmark, day {result.landmark_days} of the line"


def caption_survival(release: Release, result: SurvivalResult) -> str:
    """Return the caption: method and limits, what is drawn how, n, data version, notes."""
    curve = result.groups[0].curve
    limits = f"pointwise {100 * curve.level:g} % limits ({curve.interval})"
    if release.is_safe:
        drawn = (
            f"Life-table estimate with {limits}. Points are months merged until they speak of nobody or of at least "
            f"{release.settings.floor_patients} people; lines between them are straight. Counts stand at those months. "
            "«Not reached»: not within the table."
        )
    else:
        drawn = (
            f"Kaplan–Meier estimate with {limits}. Vertical ticks: censored. Counts: just before each time. "
            "Faint: fewer than 10, or 10 % of the group, at risk."
        )
    n = sum(group.n_lines for group in result.groups)
    if release.answer.question.kind == "switching":
        at_full = "Ticks: censored. Counts: just before each time. Faint: fewer than 10, or 10 % of the group, at risk."
        counted = drawn if release.is_safe else at_full
        drawn = (
            f"Simon–Makuch curves with {limits}. A line that responds goes over to the other curve; «censored» counts "
            f"it as leaving the first. {counted}"
        )
        n = release.answer.flow[-1].n_lines
    return f"{drawn} n = {n} treatment lines. {MONTHS} {_provenance(release)}"


def caption_aggregate(release: Release, what: str) -> str:
    """Return the caption of a figure that shows ``what``."""
    return f"{what} {_provenance(release)}"


def _provenance(release: Release) -> str:
    answer = release.answer
    notes = " ".join(note for note in answer.notes if note.startswith(CAPTION_NOTES))
    return f"{notes} Study {answer.study_name}, data version {answer.study_version}.".strip()


def _describe(method: Method) -> str:
    details = [f"{method.interval} limits"] if method.interval else []
    details += [f"ties by {method.ties}"] if method.ties else []
    details += [f"{name}: {value}" for name, value in method.options]
    said = f"{method.name}, {'; '.join(details)}" if details else method.name
    return f"{said} ({method.library} {method.version}) [{method.citation}]."
