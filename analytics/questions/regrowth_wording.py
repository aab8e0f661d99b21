"""Decay and regrowth in sentences: the curves of each group, their rates, and what they rest on."""

from __future__ import annotations

from analytics.estimation.regrowth import SIGNIFICANCE
from analytics.estimation.regrowth_models import MODELS
from analytics.questions.question import Question
from analytics.questions.wording import counted
from analytics.tables.marker_results import RateQuartiles, RegrowthGroup, RegrowthResult

MEANINGS = {model.name: model.meaning for model in MODELS}
SAID_RATES = ("growth rate g", "doubling time of growth", "decay rate d")


def describe_regrowth(result: RegrowthResult) -> tuple[str, ...]:
    """Say the curves chosen in each group, why lines have none, and the quartiles of the rates."""
    return tuple(sentence for group in result.groups for sentence in _describe_group(group, result.what))


def _describe_group(group: RegrowthGroup, what: str) -> list[str]:
    n_fitted = sum(n for _, n in group.models)
    curves = ", ".join(f"{MEANINGS.get(name, name)} {n}" for name, n in group.models)
    reasons = ", ".join(f"{reason} {n}" for reason, n in group.reasons)
    sentences = [
        f"{group.group}: {n_fitted} of {counted(group.n_lines, 'line')} with a curve of {what}"
        f"{f' ({curves})' if curves else ''}{f'; without one: {reasons}' if reasons else ''}."
    ]
    told = [_describe_rate(rate) for rate in group.rates if rate.rate in SAID_RATES and rate.median is not None]
    if told:
        sentences.append(f"{group.group}: {'; '.join(told)}.")
    if group.n_beyond:
        sentences.append(
            f"{group.group}: in {counted(group.n_beyond, 'line')} values beyond a quantitation limit were left out; "
            "what is said of these rests on their quantified values only."
        )
    return sentences


def _describe_rate(rate: RateQuartiles) -> str:
    lines = "" if rate.n_lines is None else f"; {counted(rate.n_lines, 'line')}"
    return (
        f"{rate.rate} {_say(rate.median)} {rate.unit} at the median "
        f"(quartiles {_say(rate.lower_quartile)} to {_say(rate.upper_quartile)}{lines})"
    )


def _say(value: float | None) -> str:
    """Say a rate or a time with two figures."""
    return "–" if value is None else f"{float(f'{value:.2g}'):g}"


def regrowth_notes(question: Question) -> tuple[str, ...]:
    """Return what a reader must know beside the numbers."""
    formulas = "; ".join(f"{model.meaning} ({model.name}): {model.formula}" for model in MODELS)
    values = (
        "complete sums of the targets of the line's baseline; new lesions are not in them"
        if question.measure == "diameters"
        else "assessable values of one assay, × ULN; values beyond a quantitation limit are bounds and are left out"
    )
    return (
        f"Value over that at the start, t in months of 30.4375 days from that value: {formulas}.",
        f"From the baseline to the start of the next line: {values}. Chosen is the curve with the lowest Akaike "
        f"criterion among those whose every parameter has p < {SIGNIFICANCE:g}.",
        "A curve with two or three parameters is fitted only to more later values than that; one through two values, "
        "at least 20 % apart, meets both and nothing judges it.",
        "g is known only of lines in which growth shows: of a group that falls for longer fewer lines have one, and "
        "those the fastest. Compare the counts of the curves with the rates.",
        "In the curve with φ, g is the rate of the part that grows, where the R package tumgr reports g·√(1 − φ); "
        "tumgr also counts the day of the first value as 1 in place of 0.",
        "The rates rest on the whole line and are not known at its start: what growth foretells is asked with growth, "
        "from a landmark on.",
    )
