"""``summary.json``: what the answer says, in numbers and in words, with method, flow and notes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, cast

from analytics.catalogue.calendar import DAYS_PER_MONTH
from analytics.export.aggregate_tables import flow_table, response_comparison_table, response_table
from analytics.export.course_tables import say_course
from analytics.export.marker_tables import say_agreement, say_growth, say_imputation
from analytics.export.model_summary import (
    say_competing,
    say_intervals,
    say_means,
    say_model,
    say_sensitivity,
    say_subgroups,
)
from analytics.export.regrowth_tables import say_regrowth
from analytics.export.release import Release
from analytics.export.sentences import (
    MONTHS,
    TIME_ZERO,
    describe_endpoint,
    describe_methods,
    name_clock_start,
    say_months,
)
from analytics.export.tally_tables import say_tally
from analytics.tables.cohort_results import CohortResult, EndpointsResult, TrajectoryResult
from analytics.tables.comparison_results import MeanSurvivalResult, SensitivityResult, SubgroupsResult
from analytics.tables.competing_results import CompetingRisksResult, IntervalSurvivalResult
from analytics.tables.marker_results import GrowthResult, ImputationResult, RegrowthResult, ScanAgreementResult
from analytics.tables.model_results import MarkerCourseResult
from analytics.tables.regression_results import ModelResult
from analytics.tables.response_results import ResponseResult
from analytics.tables.results import Estimate, Refusal, TestResult
from analytics.tables.survival_results import GroupSurvival, HazardRatio, Landmark, SurvivalResult
from analytics.tables.tally_results import TallyResult


def write_summary(release: Release) -> dict[str, bytes]:
    """Write ``summary.json``."""
    return {"summary.json": as_json(summarise(release))}


def as_json(content: object) -> bytes:
    """Return JSON a person can read, the same bytes for the same content; a number that is none is refused."""
    return (json.dumps(content, ensure_ascii=False, indent=2, allow_nan=False) + "\n").encode("utf-8")


def summarise(release: Release) -> dict[str, Any]:
    """Return the summary as plain values."""
    answer = release.answer
    weighting = answer.weighting
    methods = (*getattr(answer.result, "methods", ()), *(() if weighting is None else (weighting.method,)))
    return {
        "question": answer.question.as_dict(),
        "level": release.level,
        "floor_patients": release.settings.floor_patients if release.is_safe else None,
        "study": {"name": answer.study_name, "version": answer.study_version},
        "time_zero": name_clock_start(answer.result) if isinstance(answer.result, SurvivalResult) else TIME_ZERO,
        "time_unit": MONTHS,
        "summary": list(answer.summary),
        "notes": list(answer.notes),
        **_SAY[type(answer.result)](answer.result),
        **({} if weighting is None else {"weighting": asdict(weighting)}),
        "flow": flow_table(answer.flow).to_dicts(),
        "methods": [asdict(method) for method in methods],
        "methods_sentence": describe_methods(methods),
    }


def _say_survival(result: SurvivalResult) -> dict[str, Any]:
    return {
        "endpoint": describe_endpoint(result.endpoint) | {"rule_set": result.rule_set},
        "landmark_days": result.landmark_days,
        "groups": [_say_group(group) for group in result.groups],
        "n_patients_in_several_groups": result.n_patients_in_several_groups,
        "test": None if result.test is None else _say_test(result.test),
        "hazard_ratios": [_say_ratio(item) for item in result.hazard_ratios],
    }


def _say_group(group: GroupSurvival) -> dict[str, Any]:
    return {
        "group": group.group,
        "n_lines": group.n_lines,
        "n_patients": group.n_patients,
        "n_events": group.n_events,
        "interval": group.curve.interval,
        "median": _say_months(group.median),
        "quartiles": [{"share": share, **_say_months(at)} for share, at in group.quartiles],
        "landmarks": [_say_landmark(mark) for mark in group.landmarks],
        "follow_up_reverse_kaplan_meier": _say_months(group.follow_up),
    }


def _say_months(estimate: Estimate) -> dict[str, Any]:
    value, low, high = (
        None if part is None else round(part / DAYS_PER_MONTH, 6)
        for part in (estimate.value, estimate.low, estimate.high)
    )
    return {
        "months": value,
        "low": low,
        "high": high,
        "days": estimate.value,
        "level": estimate.level,
        "is_reached": value is not None,
        "words": say_months(estimate),
    }


def _say_landmark(mark: Landmark) -> dict[str, Any]:
    is_beyond = mark.survival.value is None
    return {
        "months": round(mark.days / DAYS_PER_MONTH),
        "days": mark.days,
        "survival": mark.survival.value,
        "low": mark.survival.low,
        "high": mark.survival.high,
        "n_risk": None if is_beyond else mark.n_risk,
        "words": "beyond follow-up" if is_beyond else f"{100 * cast('float', mark.survival.value):.1f} %",
    }


def _say_test(test: TestResult | Refusal) -> dict[str, Any]:
    if isinstance(test, Refusal):
        return {"refused": asdict(test)}
    return {
        "name": test.name,
        "statistic": test.statistic,
        "degrees_of_freedom": test.degrees_of_freedom,
        "p_value": test.p_value,
    }


def _say_ratio(item: HazardRatio | Refusal) -> dict[str, Any]:
    if isinstance(item, Refusal):
        return {"refused": asdict(item)}
    return {
        "group": item.group,
        "reference": item.reference,
        "hazard_ratio": item.ratio.value,
        "low": item.ratio.low,
        "high": item.ratio.high,
        "level": item.ratio.level,
        "p_value": item.p_value,
        "is_robust": item.is_robust,
        "ties": item.method.ties,
    }


def _say_response(result: ResponseResult) -> dict[str, Any]:
    return {
        "analyte": result.analyte,
        "rule": result.rule_id,
        "groups": response_table(result).to_dicts(),
        "comparisons": response_comparison_table(result).to_dicts(),
        "not_evaluable_reasons": [
            {"group": group, "reason": reason, "n_lines": n} for group, reason, n in result.not_evaluable_reasons
        ],
    }


def _say_cohort(result: CohortResult) -> dict[str, Any]:
    return {
        "n_patients": result.n_patients,
        "n_lines": result.n_lines,
        "groups": [{"group": group, "n_patients": people, "n_lines": n} for group, people, n in result.groups],
    }


def _say_trajectory(result: TrajectoryResult) -> dict[str, Any]:
    return {"analyte": result.analyte, "unit": "fold_uln", "windows": result.bands.to_dicts()}


def _say_endpoints(result: EndpointsResult) -> dict[str, Any]:
    return {"counts": result.counts.to_dicts()}


_SAY: dict[type[Any], Callable[[Any], dict[str, Any]]] = {
    SurvivalResult: _say_survival,
    ResponseResult: _say_response,
    CohortResult: _say_cohort,
    TrajectoryResult: _say_trajectory,
    EndpointsResult: _say_endpoints,
    ModelResult: say_model,
    MarkerCourseResult: say_course,
    ScanAgreementResult: say_agreement,
    GrowthResult: say_growth,
    RegrowthResult: say_regrowth,
    ImputationResult: say_imputation,
    CompetingRisksResult: say_competing,
    IntervalSurvivalResult: say_intervals,
    MeanSurvivalResult: say_means,
    SubgroupsResult: say_subgroups,
    SensitivityResult: say_sensitivity,
    TallyResult: say_tally,
}
