"""Does the marker say what the scan says: response and progression of both, at scans with a value beside them."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from analytics.catalogue.response_rules import RESPONSE_RULE_BY_ID
from analytics.endpoints.assessments import derive_given_assessments
from analytics.endpoints.data_cutoff import select_until_cutoff
from analytics.estimation.agreement import estimate_agreement, match_to_scans
from analytics.questions.groups import GROUPINGS
from analytics.questions.marker_changes import RISE, derive_marker_changes, refuse_compound_rule
from analytics.questions.question import Answer, Question
from analytics.questions.response import refuse_unknown_marker
from analytics.questions.selection import Funnel, select_lines
from analytics.questions.wording import counted, number, share
from analytics.tables.marker_results import ScanAgreementResult
from analytics.tables.model_results import AgreementResult
from analytics.tables.results import Refusal
from analytics.tables.study import Study

RESPONDED, PROGRESSED = ("CR", "PR"), ("PD",)


def answer_agreement(study: Study, question: Question) -> Answer | Refusal:
    """Answer «how far does ``question.analyte`` agree with the scans», for response and for progression.

    Each scan of a line up to its first progression is matched with the value nearest to it, from
    ``question.days_before`` before it to ``question.days_after`` after it; the change is that from the line's baseline.
    """
    unsuitable = refuse_unknown_marker(question) or refuse_compound_rule(question)
    if unsuitable is not None:
        return unsuitable
    selected = select_lines(study, question.selection, GROUPINGS["none"])
    if selected.lines.is_empty():
        return Refusal("nobody_left", "No treatment line is left in this selection.", "Widen the selection.")
    scans = _derive_scans(study, selected.lines)
    matched = _match(scans, derive_marker_changes(study, selected.lines, question), question)
    funnel = Funnel(selected.lines, "selected")
    for table, label, reason in (
        (scans, "scanned on treatment", "no assessed scan before the next line"),
        (matched, "scan with a value beside it", f"no {question.analyte} value of a known change near a scan"),
    ):
        keys = table.select(pl.struct("pid", "line_no").alias("key"))["key"].unique()
        funnel.keep(pl.struct("pid", "line_no").is_in(keys.implode()), label, reason)
    flow = (*selected.flow, *funnel.flow[1:])
    if matched.is_empty():
        return Refusal(
            "no_pairs",
            f"No scan has a {question.analyte} value from {question.days_before} days before it to "
            f"{question.days_after} days after it whose change from baseline is known.",
            "Widen the window (days_before, days_after) or the selection.",
        )
    result = ScanAgreementResult(
        question.analyte, question.days_before, question.days_after, scans.height, matched.height,
        _estimate(matched, question),
    )  # fmt: skip
    return Answer(
        question=replace(question, by="none"),
        result=result,
        subjects=matched,
        flow=flow,
        summary=describe_agreements(result),
        notes=_notes(question, matched),
        study_name=study.name,
        study_version=study.version,
    )


def describe_agreements(result: ScanAgreementResult) -> tuple[str, ...]:
    """Say how many scans were matched, and each agreement."""
    first = (
        f"{result.n_matched} of {counted(result.n_scans, 'scan')} have a {result.analyte} value from "
        f"{result.days_before} days before to {result.days_after} days after them."
    )
    return (first, *(_describe(item) for item in result.agreements))


def _describe(item: AgreementResult) -> str:
    both, sign_only, reference_only, neither = item.counts
    kappa = item.kappa
    return (
        f"{item.sign} against {item.reference} ({both} both, {sign_only} marker only, {reference_only} scan only, "
        f"{neither} neither): sensitivity {share(item.sensitivity)}, specificity {share(item.specificity)}, "
        f"agreement {share(item.agreement)}, kappa {number(kappa.value)} ({number(kappa.low)} to {number(kappa.high)})."
    )


def _derive_scans(study: Study, lines: pl.DataFrame) -> pl.DataFrame:
    """Return the assessed scans of each line after its start, before the next, up to the first progression."""
    tables = {name: study.table(name) for name in ("responses", "imaging", "vital_status")}
    seen = select_until_cutoff(tables, study.settings)
    shows_something = pl.col("is_adequate") | pl.col("response").is_in(PROGRESSED)
    assessed = derive_given_assessments(seen, study.settings).filter(shows_something)
    progression = pl.col("date").filter(pl.col("response").is_in(PROGRESSED)).min().over("pid", "line_no")
    return (
        assessed.join(lines.select("pid", "line_no", "patient_id", "group", "start_date", "next_line_date"), on="pid")
        .filter(
            (pl.col("date") > pl.col("start_date"))
            & (pl.col("next_line_date").is_null() | (pl.col("date") <= pl.col("next_line_date")))
        )
        .filter((pl.col("date") <= progression).fill_null(value=True))
        .select(
            "pid", "line_no", "patient_id", "group", "response", scan_date="date",
            scan_days=(pl.col("date") - pl.col("start_date")).dt.total_days() + 1,
            scan_file="file", scan_row="row",
        )
        .sort("pid", "line_no", "scan_date")
    )  # fmt: skip


def _match(scans: pl.DataFrame, changes: pl.DataFrame, question: Question) -> pl.DataFrame:
    """Return each scan with a value beside it, and that value."""
    places = pl.concat([scans.select("pid", "line_no"), changes.select("pid", "line_no")]).select(
        pl.struct("pid", "line_no").rank("dense").cast(pl.Int64)
    )
    codes = places.to_series().to_numpy()
    pairs = match_to_scans(
        codes[: scans.height], scans["scan_days"].cast(pl.Int64).to_numpy(),
        codes[scans.height :], changes["marker_days"].cast(pl.Int64).to_numpy(),
        question.days_before, question.days_after,
    )  # fmt: skip
    beside = changes.drop("pid", "line_no")[pairs.marker]
    return pl.concat([scans[pairs.scan], beside], how="horizontal")


def _estimate(matched: pl.DataFrame, question: Question) -> tuple[AgreementResult, ...]:
    """Estimate both agreements, each on the pairs its limits decide."""
    rule = RESPONSE_RULE_BY_ID[question.response_rule]
    found: list[AgreementResult] = []
    for column, sign, reference, responses in (
        ("has_fallen", f"{question.analyte} fall of {rule.fall_pct} %", "response on the scan (CR, PR)", RESPONDED),
        ("has_risen", f"{question.analyte} rise of {RISE.rise_pct} %", "progression on the scan (PD)", PROGRESSED),
    ):
        decided = matched.drop_nulls(column)
        found.append(
            estimate_agreement(
                decided[column].to_numpy(), decided["response"].is_in(responses).to_numpy(),
                sign=sign, reference=reference, cluster=decided["pid"].to_numpy(),
            )
        )  # fmt: skip
    return tuple(found)


def _notes(question: Question, matched: pl.DataFrame) -> tuple[str, ...]:
    open_pairs = matched.filter(pl.col("has_fallen").is_null() | pl.col("has_risen").is_null()).height
    left_open = f"{counted(open_pairs, 'pair')} left open by a quantitation limit are in one comparison or in neither. "
    return (
        f"Matched windows: each scan up to the first progression with the {question.analyte} value nearest to it; "
        "values of another assay than the baseline's, under a PPI or with a low eGFR are left out.",
        *((left_open.strip(),) if open_pairs else ()),
        "Sensitivity: of the scans that show it, how many markers do; specificity: of the scans that do not, how many "
        "markers do not. Limits allow for several scans of a person.",
        "Only scans with a value beside them are here; where the marker was measured because of a suspicion, it agrees "
        "better than it would in routine.",
    )
