"""Do groups differ, whatever the shape of the curves: restricted means, the log-rank family, every pair."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from analytics.catalogue.calendar import DAYS_PER_MONTH
from analytics.estimation.comparison import compare_pairs, compare_survival
from analytics.estimation.restricted_mean import estimate_restricted_means
from analytics.estimation.survival import estimate_group_survival
from analytics.estimation.weighted_log_rank import Weighting
from analytics.questions.covariates import derive_covariates
from analytics.questions.follow_up import observe_lines
from analytics.questions.model_lines import TOO_RARE, find_strata
from analytics.questions.model_wording import say_design
from analytics.questions.observed import ObservedLines, select_observed_lines
from analytics.questions.question import Answer, Question
from analytics.questions.selection import Funnel
from analytics.questions.survival import refuse_nobody
from analytics.questions.wording import counted, describe_months, p_value, refused
from analytics.tables.comparison_results import MeanSurvivalResult
from analytics.tables.results import Method, Refusal, TestResult
from analytics.tables.study import Study
from analytics.tables.survival_results import PairwiseTest, RestrictedMeanContrast, RestrictedMeanResult

WEIGHTINGS: tuple[tuple[Weighting, str], ...] = (
    ("log-rank", "all times alike"),
    ("peto", "early differences"),
    ("tarone-ware", "early differences, less so"),
    ("late", "late differences"),
)


def answer_comparison(study: Study, question: Question) -> Answer | Refusal:
    """Answer «do groups differ in time to ``question.endpoint``» up to ``question.horizon_months``.

    A horizon of 0 is the last day on which every group has 10 lines, and a tenth of them, at risk.
    """
    observed = select_observed_lines(study, question)
    if isinstance(observed, Refusal):
        return observed
    stratified = _stratify(study, question, _leave_out_small(observed, study))
    if isinstance(stratified, Refusal):
        return stratified
    observed, strata = stratified
    if not observed.labels:
        return refuse_nobody(question.endpoint, observed.flow)
    lines = observed.lines
    labels = lines["group"].to_numpy()
    observations = observe_lines(lines)
    horizon = _find_horizon(observed, question)
    means = estimate_restricted_means(observations, labels, horizon, observed.labels[0])
    if isinstance(means, Refusal):
        return means
    curves = tuple(estimate_group_survival(observe_lines(part), label).curve for label, part in observed.parts())
    several = len(observed.labels) > 1
    tests = tuple((said, compare_survival(observations, labels, strata, weighting)) for weighting, said in WEIGHTINGS)
    if observations.needs_robust_errors:
        tests = (("people with several lines", tests[0][1]),)
    pairs = compare_pairs(observations, labels, strata) if len(observed.labels) > 2 else ()
    result = MeanSurvivalResult(
        endpoint=question.endpoint,
        rule_set=question.rule_set,
        means=means,
        curves=curves,
        counts=tuple((label, part.height, int(part["happened"].sum())) for label, part in observed.parts()),
        tests=tests if several else (),
        pairs=pairs,
        methods=_methods(means, tests, pairs),
    )
    return Answer(
        question=question,
        result=result,
        subjects=lines.select("pid", "line_no", "group", "patient_id", "days", "happened", "reason"),
        flow=observed.flow,
        summary=describe_means(result),
        notes=(
            "The mean is that of the time without the event up to the horizon; it needs no proportional hazards.",
            "Several tests of one comparison: the one that was planned counts.",
            *(f"Left out: {step.reason}." for step in observed.flow if step.reason.endswith(TOO_RARE)),
            *((f"Tests stratified by {', '.join(question.strata)}; means are not.",) if question.strata else ()),
            *say_design(question, ()),
        ),
        study_name=study.name,
        study_version=study.version,
        weighting=observed.weighting,
    )


def _methods(
    means: RestrictedMeanResult, tests: tuple[tuple[str, TestResult | Refusal], ...], pairs: tuple[PairwiseTest, ...]
) -> tuple[Method, ...]:
    used = (test.method for _, test in tests if isinstance(test, TestResult))
    return tuple(dict.fromkeys((means.method, *used, *(pair.correction for pair in pairs))))


def _find_horizon(observed: ObservedLines, question: Question) -> int:
    if question.horizon_months > 0:
        return round(question.horizon_months * DAYS_PER_MONTH)
    return min(_last_well_followed(part["days"].sort(descending=True).to_list()) for _, part in observed.parts())


def _last_well_followed(days: list[int]) -> int:
    """Return the last day with at least 10 lines, and a tenth of them, at risk; the last of all in a small group."""
    enough = max(10, -(-len(days) // 10))
    return days[enough - 1] if len(days) >= enough else days[0]


def _stratify(
    study: Study, question: Question, observed: ObservedLines
) -> tuple[ObservedLines, list[str] | None] | Refusal:
    """Return the lines whose strata are known, and the stratum of each in words."""
    strata = find_strata(question)
    if isinstance(strata, Refusal):
        return strata
    if not strata:
        return observed, None
    names = [stratum.name for stratum in strata]
    funnel = Funnel(derive_covariates(study, observed.lines, strata), "selected")
    for name in names:
        funnel.keep(pl.col(name).is_not_null(), f"{name} known", f"{name} not known")
    flow = (*observed.flow, *(step for step in funnel.flow[1:] if step.n_lines_removed))
    stratum = funnel.lines.select(pl.concat_str(names, separator=" | "))[names[0]].to_list()
    return replace(observed, lines=funnel.lines, flow=flow), stratum


def _leave_out_small(observed: ObservedLines, study: Study) -> ObservedLines:
    """Leave out groups with too few people or events to be compared, in steps that say so."""
    funnel = Funnel(observed.lines, "selected")
    limits = study.settings
    for label, part in observed.parts():
        few = part["pid"].n_unique() < limits.min_group_patients or part["happened"].sum() < limits.min_group_events
        if few and len(observed.labels) > 1:
            funnel.keep(pl.col("group") != label, "groups large enough to compare", f"{label}{TOO_RARE}")
    labels = tuple(label for label in observed.labels if label in set(funnel.lines["group"]))
    return replace(observed, lines=funnel.lines, labels=labels, flow=(*observed.flow, *funnel.flow[1:]))


def describe_means(result: MeanSurvivalResult) -> tuple[str, ...]:
    """Say the means, their contrasts, the tests and the pairs."""
    months = result.means.days / DAYS_PER_MONTH
    counts = {label: (n, events) for label, n, events in result.counts}
    sentences = [
        f"{label}: {counted(counts[label][0], 'line')}, {counted(counts[label][1], 'event')}, restricted mean to month "
        f"{months:.1f}: {describe_months(mean)}."
        for label, mean in result.means.means
    ]
    sentences.extend(_describe_contrast(contrast) for contrast in result.means.contrasts)
    for said, test in result.tests:
        sentences.append(
            refused(test) if isinstance(test, Refusal) else f"{test.name} ({said}): {p_value(test.p_value)}."
        )
    sentences.extend(
        f"{pair.group} against {pair.reference}: {p_value(pair.p_adjusted)} after Holm."
        for pair in result.pairs
        if pair.p_adjusted is not None
    )
    return tuple(dict.fromkeys(sentences))


def _describe_contrast(contrast: RestrictedMeanContrast) -> str:
    difference, ratio = contrast.difference, contrast.ratio
    value, low, high = (
        0.0 if part is None else part / DAYS_PER_MONTH for part in (difference.value, difference.low, difference.high)
    )
    return (
        f"{contrast.group} against {contrast.reference}: {value:+.1f} months ({low:+.1f} to {high:+.1f}), "
        f"{p_value(contrast.p_difference)}; ratio {ratio.value:.2f} ({ratio.low:.2f} to {ratio.high:.2f})."
    )
